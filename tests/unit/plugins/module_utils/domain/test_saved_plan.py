# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saved plans: there and back again, fingerprints of what may move, and no secret."""

from __future__ import annotations

import copy
import datetime
import json
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.conditions import Conditions
from ansible_collections.superoffice.crm.plugins.module_utils.domain.definitions import Definition
from ansible_collections.superoffice.crm.plugins.module_utils.domain.entries import (
    desired_user,
    parse_entry,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.findings import SourceLocation
from ansible_collections.superoffice.crm.plugins.module_utils.domain.limits import parse_limits
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    CurrentUser,
    DesiredUser,
    Modification,
    Role,
    Secret,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.periods import declared_at
from ansible_collections.superoffice.crm.plugins.module_utils.domain.plan import (
    Action,
    Step,
    plan_prune_step,
    plan_step,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.saved_plan import (
    checksum,
    definition_fingerprint,
    from_document,
    restore_steps,
    state_fingerprint,
    to_document,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.selection import Scope
from ansible_collections.superoffice.crm.plugins.module_utils.domain.user_index import UserIndex

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.timezone.utc)
HERE = "https://crm.example.com/api"
SECRET = "never-to-be-seen-4711"
CONDITIONS = Conditions(parse_limits({"create": 9}), ("boss*",), Scope(roles=("Partner",)))
VENDOR = Role(6, "Vendor")
ANNA = CurrentUser(1, 1001, "anna", 5, "Partner", is_active=True, associate_name="anna")
BO = CurrentUser(2, 1002, "bo", 5, "Partner", is_active=True, associate_name="bo")

ENTRIES: list[dict[str, Any]] = [
    {"user_name": "anna", "role": "Vendor", "password": SECRET, "update_password": "always"},
    {"user_name": "new", "person_id": 1003, "role": "Vendor", "password": SECRET},
    {"user_name": "made", "person_id": 1004, "role": "Vendor", "generate_password": True},
]
DECLARED = [
    Definition(desired_user(parse_entry(one)), SourceLocation("users", index))
    for index, one in enumerate(ENTRIES)
]


def steps() -> list[Step]:
    planned = [
        plan_step(one.desired, ANNA if index == 0 else None, VENDOR)._replace(location=one.location)
        for index, one in enumerate(DECLARED)
    ]
    planned[2] = planned[2]._replace(generated=Secret(SECRET))
    return [*planned, plan_prune_step(BO, "deactivate")]


def document() -> dict[str, Any]:
    return to_document(steps(), HERE, CONDITIONS)


def revive(
    users: list[CurrentUser],
    declared: list[Definition] | None = DECLARED,
    now: datetime.datetime = NOW,
    **passwords: str,
) -> tuple[dict[str, Step], list[str]]:
    entries = from_document(json.loads(json.dumps(document())), HERE).users
    secrets = {name: Secret(text) for name, text in passwords.items()}
    again, findings = restore_steps(entries, UserIndex(users), declared, secrets, now)
    return {step.user_name: step for step in again}, [str(finding) for finding in findings]


def test_saved_plan_is_read_back_unchanged() -> None:
    again, findings = revive([ANNA, BO])
    assert findings == []
    assert list(again) == ["anna", "bo", "made", "new"]
    for step in steps():
        other = again[step.user_name]
        for name in ("action", "modification", "password_status", "before", "after"):
            assert getattr(other, name) == getattr(step, name)
        assert again[step.user_name].acts
    assert again["anna"].desired.password == Secret(SECRET)


def test_saved_plan_contains_actions_sorted_by_name() -> None:
    idle = plan_step(DesiredUser(user_name="anna"), ANNA)
    shielded = [step._replace(protected=True) for step in steps()]
    assert to_document([idle, *shielded], HERE, CONDITIONS)["entries"] == []
    names = [entry["user_name"] for entry in document()["entries"]]
    assert names == ["anna", "bo", "made", "new"]
    assert to_document(reversed(steps()), HERE, CONDITIONS) == document()


def test_saved_plan_contains_no_secret_and_no_digest_of_one() -> None:
    assert SECRET not in json.dumps(document())
    for one in DECLARED:
        other = one.desired._replace(password=Secret("another"))
        assert definition_fingerprint(other) == definition_fingerprint(one.desired)


def test_state_fingerprint_covers_all_fields() -> None:
    for field in ["person_id", "user_name", "role_id", "is_active"]:
        values: dict[str, Any] = {"is_active": False, "user_name": "Anna"}
        moved = ANNA._replace(**{field: values.get(field, 99)})
        assert state_fingerprint(moved) != state_fingerprint(ANNA)


def test_state_fingerprint_ignores_role_language() -> None:
    assert state_fingerprint(ANNA._replace(role="Geschaeftspartner")) == state_fingerprint(ANNA)


def test_definition_fingerprint_covers_all_options() -> None:
    cases: list[dict[str, Any]] = [
        {"role": "Partner"},
        {"is_active": False},
        {"update_password": "when_changed"},
        {"user_name": "Anna"},
        {"previous_user_names": ["x"]},
        {"person_id": 5},
        {"state": "absent"},
        {"active_from": "2026-06-01"},
        {"active_until": "2026-06-30"},
    ]
    for change in cases:
        entry = {"user_name": "anna", "role": "Vendor", "password": SECRET}
        one, other = (desired_user(parse_entry(each)) for each in (entry, {**entry, **change}))
        assert definition_fingerprint(one) != definition_fingerprint(other)


LAST_SECOND = datetime.datetime(2026, 11, 30, 23, 59, 59, tzinfo=datetime.timezone.utc)


def test_a_plan_is_stale_for_a_user_whose_period_has_begun_or_ended_since() -> None:
    second = datetime.timedelta(seconds=1)
    for period, before, told in (
        ({"active_until": "2026-11-30"}, ANNA._replace(is_active=False), "ended"),
        ({"active_from": "2026-12-01"}, ANNA, "begun"),
    ):
        desired = desired_user(parse_entry({"user_name": "anna", "owner": "Kari", **period}))
        one = plan_step(declared_at(desired, NOW), before)._replace(
            desired=desired,
            location=SourceLocation("users", 0),
            valid_until=LAST_SECOND + second,
        )
        assert one.modification is Modification.ACTIVE
        plan = json.loads(json.dumps(to_document([one], HERE, CONDITIONS)))
        assert plan["entries"][0].items() >= period.items()
        entries = from_document(plan, HERE).users
        for definitions in (None, [Definition(desired, SourceLocation("users", 0))]):
            users = UserIndex([before])
            [fresh], _none = restore_steps(entries, users, definitions, {}, LAST_SECOND)
            [stale], _none = restore_steps(entries, users, definitions, {}, LAST_SECOND + second)
            assert fresh.acts
            assert not stale.acts
            assert stale.stale == f"its period has {told} since the plan was made"
            assert fresh.desired.about == stale.desired.about == {"owner": "Kari", **period}
            # whoever is as planned already is left alone
            done = UserIndex([before._replace(is_active=not before.is_active)])
            [idle], _none = restore_steps(entries, done, definitions, {}, LAST_SECOND + second)
            assert not idle.changes
            assert not idle.stale


def test_only_a_new_user_can_get_a_mail() -> None:
    plan = document()
    by_name = {entry["user_name"]: entry for entry in plan["entries"]}
    for name, is_possible in (("new", True), ("anna", False), ("bo", False)):
        edited = copy.deepcopy(plan)
        for entry in edited["entries"]:
            if entry["user_name"] == name:
                entry["send_password_email"] = True
        edited["checksum"] = checksum(edited)
        assert name in by_name
        if is_possible:
            assert [one.sends_email for one in from_document(edited, HERE).users].count(True) == 1
            continue
        with pytest.raises(UserError, match="cannot be read"):
            from_document(edited, HERE)


def test_a_boundary_without_an_offset_is_no_part_of_a_plan() -> None:
    for edited in ("2026-12-01T00:00:00", "soon", 7):
        plan = document()
        plan["entries"][0]["valid_until"] = edited
        with pytest.raises(UserError, match="cannot be read"):
            from_document({**plan, "checksum": checksum(plan)}, HERE)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key in value for leaf in leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [
            leaf for index in range(len(value)) for leaf in leaves(value[index], (*path, index))
        ]
    return [path]


@given(st.data())
def test_any_edited_value_is_detected(data: st.DataObject) -> None:
    plan = copy.deepcopy(document())
    *path, last = data.draw(st.sampled_from(leaves(plan)))
    target = plan
    for step in path:
        target = target[step]
    target[last] = data.draw(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text()).filter(
            lambda value: json.dumps(value) != json.dumps(target[last])
        )
    )
    with pytest.raises(UserError) as caught:
        from_document(plan, HERE)
    assert caught.value.kind == "plan"


@given(st.one_of(st.none(), st.text(), st.lists(st.integers()), st.dictionaries(
    st.sampled_from(["format", "installation", "entries", "checksum"]),
    st.one_of(st.just(1), st.just(HERE), st.lists(st.one_of(st.none(), st.dictionaries(
        st.text(), st.text())))))))  # fmt: skip
def test_invalid_plan_with_valid_checksum_is_refused(plan: Any) -> None:
    if isinstance(plan, dict):
        plan = {**plan, "checksum": checksum(plan)}
        if plan.get("entries") == [] and plan.get("format") == 1:
            return
    with pytest.raises(UserError) as caught:
        from_document(plan, HERE)
    assert caught.value.kind == "plan"


def test_plan_of_another_installation_names_both() -> None:
    with pytest.raises(UserError, match=rf"{HERE}, and this is https://other"):
        from_document(document(), "https://other")


def test_only_changed_users_are_stale() -> None:
    cases: list[tuple[list[CurrentUser], list[str]]] = [
        ([ANNA, BO], []),
        ([ANNA._replace(role_id=2), BO], ["anna"]),
        ([BO], ["anna"]),
        ([ANNA, BO._replace(user_name="boo", associate_name="boo")], ["bo"]),
        ([ANNA, BO, CurrentUser(9, 1003, "new", 2, "x", is_active=True)], ["new"]),
    ]
    for people, stale in cases:
        again, _findings = revive(people)
        assert sorted(name for name, step in again.items() if step.stale) == stale
        assert not [step for step in again.values() if step.stale and step.acts]


def test_changed_definitions_are_stale() -> None:
    moved = [
        Definition(
            desired_user({"user_name": "anna", "role": "Partner"}), SourceLocation("users", 0)
        ),
        *DECLARED[1:],
        Definition(desired_user({"user_name": "bo"}), SourceLocation("users", 3)),
    ]
    again, _findings = revive([ANNA, BO], moved)
    assert sorted(name for name, step in again.items() if step.stale) == ["anna", "bo"]
    assert "definition" in again["bo"].stale


def test_applied_steps_are_not_repeated_except_passwords() -> None:
    done = [
        ANNA._replace(role_id=6, role="Vendor"),
        BO._replace(is_active=False),
        CurrentUser(8, 1003, "new", 6, "Vendor", is_active=True),
    ]
    again, findings = revive(done)
    assert findings == []
    acts = {name: step.action for name, step in again.items() if step.acts}
    assert acts == {"anna": Action.MODIFY, "made": Action.CREATE}
    assert again["anna"].modification is Modification.PASSWORD
    assert not [step for step in again.values() if step.stale]


def test_missing_passwords_of_a_plan_are_findings() -> None:
    again, findings = revive([ANNA, BO], None, NEW=SECRET)
    assert len(findings) == 1
    assert "'anna'" in findings[0]
    assert "passwords" in findings[0]
    assert again["made"].desired.generate_password
    assert revive([ANNA, BO], None, new=SECRET, anna=SECRET)[1] == []


def test_laxer_conditions_than_those_of_a_plan_are_told() -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        ({"limits": {"create": 1, "delete": "5%", "rename": 0}}, []),
        ({"limits": {"create": None}}, ["limits.create was 9 and is lifted now"]),
        ({"limits": {"create": 10}}, ["limits.create was 9 and is 10 now"]),
        ({"limits": {"create": 9, "delete": "11%"}}, ["limits.delete was 10 % and is 11 % now"]),
        ({"limits": {"create": 9, "delete": 3}}, ["limits.delete was 10 % and is 3 now"]),
        ({"protect": ("other", "boss*")}, []),
        ({"protect": ()}, ["protect had 'boss*' and does not have it now"]),
        ({"scope": Scope()}, ["prune_scope was another one"]),
        ({"only": ("a*",)}, ["only was not given and is a* now"]),
    ]
    for now, reasons in cases:
        planned = from_document(json.loads(json.dumps(document())), HERE).conditions
        assert planned == CONDITIONS
        limits = parse_limits(now.pop("limits", {"create": 9}))
        assert CONDITIONS._replace(limits=limits, **now).laxer_than(planned) == reasons


def test_a_plan_of_some_users_is_applied_to_the_same_users_only() -> None:
    planned = CONDITIONS._replace(only=("a*", "b*"))
    assert planned._replace(only=("b*", "a*")).laxer_than(planned) == []
    for only in ((), ("b*",), ("a*", "c*")):
        assert len(planned._replace(only=only).laxer_than(planned)) == 1


def test_a_plan_that_contradicts_itself_is_refused_even_with_a_right_checksum() -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("anna", {"modification": ["Role"]}),
        ("anna", {"password": "unchanged"}),
        ("anna", {"modification": ["Password"]}),
        ("anna", {"modification": ["Password", "Role", "Active"]}),
        ("anna", {"modification": ["Password", "Role", "Everything"]}),
        ("anna", {"action": "rename"}),
        ("anna", {"action": "none"}),
        ("anna", {"action": "create"}),
        ("anna", {"after": None}),
        ("bo", {"action": "delete"}),
        ("bo", {"before": None}),
        ("new", {"action": "modify"}),
        ("new", {"password": "unchanged"}),
    ]
    for name, edit in cases:
        plan = document()
        entry = next(one for one in plan["entries"] if one["user_name"] == name)
        entry.update(edit)
        plan["checksum"] = checksum(plan)
        with pytest.raises(UserError, match="plan cannot be read") as caught:
            from_document(plan, HERE)
        assert caught.value.kind == "plan"
