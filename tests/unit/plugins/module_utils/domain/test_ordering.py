# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many plans together: who is meant, who is left over, who goes before whom."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.definitions import Definition
from ansible_collections.superoffice.crm.plugins.module_utils.domain.entries import (
    desired_user,
    parse_entry,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.findings import SourceLocation
from ansible_collections.superoffice.crm.plugins.module_utils.domain.matching import (
    match_definitions,
    unmatched_users,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import CurrentUser, Role
from ansible_collections.superoffice.crm.plugins.module_utils.domain.names import name_key
from ansible_collections.superoffice.crm.plugins.module_utils.domain.ordering import order_steps
from ansible_collections.superoffice.crm.plugins.module_utils.domain.plan import (
    Action,
    Step,
    plan_prune_step,
    plan_step,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.protection import (
    Caller,
    protect,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.selection import Selection
from ansible_collections.superoffice.crm.plugins.module_utils.domain.user_index import UserIndex

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

PARTNER, VENDOR = Role(5, "Partner"), Role(6, "Vendor")


def user(number: int, name: str, person: int | None = None, role: Role = PARTNER) -> CurrentUser:
    return CurrentUser(
        number, person or 1000 + number, name, role.role_id, role.name, is_active=True,
        associate_name=name,
    )  # fmt: skip


def declared(*entries: dict[str, Any]) -> list[Definition]:
    return [
        Definition(desired_user(parse_entry(one)), SourceLocation("users", n))
        for n, one in enumerate(entries)
    ]


def steps_of(people: list[CurrentUser], *entries: dict[str, Any]) -> list[Step]:
    matched, findings = match_definitions(declared(*entries), UserIndex(people))
    assert findings == []
    return [
        plan_step(one.definition.desired, one.current, PARTNER)._replace(
            key=key, location=one.definition.location
        )
        for key, one in enumerate(matched)
    ]


PEOPLE = [user(1, "anna"), user(2, "bo"), user(3, "cilla", 1002)]  # cilla is bo's second login


def test_definition_matches_user() -> None:
    cases: list[tuple[dict[str, Any], int | None]] = [
        ({"user_name": "ANNA"}, 1),
        ({"associate_id": 2, "user_name": "new"}, 2),
        ({"person_id": 1001}, 1),
        ({"person_id": 1001, "user_name": "new"}, 1),
        ({"person_id": 1002, "user_name": "cilla"}, 3),
        ({"user_name": "new", "previous_user_names": ["old", "BO"]}, 2),
        ({"user_name": "nobody"}, None),
        ({"associate_id": 9}, None),
        ({"person_id": 1001, "user_name": "other", "state": "absent"}, None),
    ]
    for entry, found in cases:
        [one], findings = match_definitions(declared(entry), UserIndex(PEOPLE))
        assert findings == []
        assert (one.current.associate_id if one.current else None) == found


def test_definition_without_a_distinct_user_is_refused() -> None:
    cases: list[tuple[list[dict[str, Any]], str]] = [
        ([{"user_name": "anna"}, {"associate_id": 1}], "duplicate"),
        ([{"user_name": "anna"}, {"person_id": 1001}], "duplicate"),
        ([{"user_name": "anna"}, {"user_name": "x", "previous_user_names": ["anna"]}], "duplicate"),
        ([{"user_name": "anna"}, {"associate_id": 1, "state": "absent"}], "duplicate"),
        ([{"user_name": "bo"}, {"person_id": 1002}], "ambiguous"),
        ([{"user_name": "bo"}, {"person_id": 1002, "user_name": "third"}], "ambiguous"),
        ([{"user_name": "bo"}, {"associate_id": 1, "person_id": 1002}], "conflict"),
        (
            [{"user_name": "bo"}, {"associate_id": 1, "user_name": "cilla", "state": "absent"}],
            "conflict",
        ),
    ]
    for entries, kind in cases:
        matched, [finding] = match_definitions(declared(*entries), UserIndex(PEOPLE))
        assert len(matched) == 1
        assert (finding.kind, finding.where) == (kind, "users[1]")
        if kind == "duplicate":
            assert "users[0]" in finding.message


def test_logins_with_definitions_of_their_own_are_not_renamed() -> None:
    entries = [{"person_id": 1002, "user_name": name} for name in ("bo", "third", "cilla")]
    matched, findings = match_definitions(declared(*entries), UserIndex(PEOPLE))
    assert findings == []
    assert [one.current and one.current.associate_id for one in matched] == [2, None, 3]


def test_undefined_users_in_scope_are_pruned() -> None:
    matched, _findings = match_definitions(declared({"user_name": "bo"}), UserIndex(PEOPLE))
    for scope, expected in (
        (Selection(), [1, 3]),
        (Selection(person_ids=frozenset({1002})), [3]),
        (Selection(user_names=("a*",), role_ids=frozenset({6})), []),
    ):
        left = unmatched_users(UserIndex(PEOPLE), matched, scope)
        assert [one.associate_id for one in left] == expected


def test_prune_modes() -> None:
    cases: list[tuple[str, bool, Action, str]] = [
        ("delete", True, Action.DELETE, "deleted"),
        ("delete", False, Action.DELETE, "deleted"),
        ("deactivate", True, Action.MODIFY, "deactivated"),
        ("deactivate", False, Action.NONE, "unchanged"),
    ]
    for mode, active, action, status in cases:
        step = plan_prune_step(PEOPLE[0]._replace(is_active=active), mode)
        assert (step.action, step.planned_status, step.where) == (action, status, "prune")


def test_protected_names_and_calling_user() -> None:
    cases: list[tuple[dict[str, Any], list[str], str, int | None, bool]] = [
        ({"user_name": "anna", "state": "absent"}, ["A*"], "", None, True),
        ({"user_name": "anna", "state": "absent"}, ["b*"], "", None, False),
        ({"user_name": "anna", "state": "absent"}, [], "ANNA", None, True),
        ({"user_name": "anna", "state": "absent"}, [], "", 1, True),
        ({"user_name": "anna", "state": "absent"}, [], "an", 2, False),
        ({"associate_id": 1, "user_name": "boss"}, ["boss"], "", None, True),
        ({"associate_id": 1, "user_name": "boss"}, [], "boss", None, True),
    ]
    for entry, globs, own, own_id, protected in cases:
        [step] = steps_of(PEOPLE, entry)
        assert protect(step, globs, Caller(own, own_id)).protected is protected
        assert protect(step, globs, Caller(own, own_id)).acts is not protected


def test_calling_user_is_recognized_by_associate_name() -> None:
    split = PEOPLE[0]._replace(associate_name="EXT00001")
    [step] = steps_of([split], {"user_name": "anna", "state": "absent"})
    assert protect(step, (), Caller("ext00001")).protected


NEW = {"person_id": 7, "password": "x", "role": "Partner"}


def test_order_of_actions() -> None:
    people = [user(n, name) for n, name in enumerate("abcdef", 1)]
    steps = steps_of(
        people,
        {"user_name": "f", "state": "absent"},
        {"user_name": "e", "is_active": False},
        {"user_name": "b", **NEW},
        {"user_name": "c", "role": "x"},
        {"associate_id": 2, "user_name": "z"},
        {"associate_id": 4, "state": "absent"},
        {"associate_id": 1, "user_name": "d"},
    )
    steps[3] = plan_step(steps[3].desired, people[2], VENDOR)._replace(
        key=3, location=steps[3].location
    )
    order, findings = order_steps(steps, UserIndex(people))
    assert findings == []
    assert [[step.user_name for step in wave] for wave in order.waves] == [
        ["d", "z"],  # the deletion of d and the rename of b free their names
        ["c", "d"],
        ["b"],
        ["e"],
        ["f"],
    ]


def test_skipped_steps_free_no_name() -> None:
    steps = steps_of(
        PEOPLE, {"associate_id": 1, "user_name": "bo"}, {"associate_id": 2, "user_name": "free"}
    )
    steps[1] = steps[1]._replace(protected=True)
    _order, [finding] = order_steps(steps, UserIndex(PEOPLE))
    assert (finding.kind, finding.where) == ("conflict", "users[0]")


@given(st.data())
def test_order_never_assigns_a_name_in_use(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 7))
    people = [user(n, f"n{n}") for n in range(1, size + 1)]
    names = [f"n{n}" for n in range(1, size + 3)]
    wanted = data.draw(st.permutations(names))
    entries: list[dict[str, Any]] = []
    for number in range(1, size + 1):
        kind = data.draw(st.sampled_from(["rename", "rename", "absent", "none"]))
        if kind == "rename":
            entries.append({"associate_id": number, "user_name": wanted[number - 1]})
        elif kind == "absent":
            entries.append({"associate_id": number, "state": "absent"})
    if data.draw(st.booleans()):
        entries.append({**NEW, "user_name": wanted[size]})
    steps = steps_of(people, *data.draw(st.permutations(entries)))
    order, findings = order_steps(steps, UserIndex(people))
    held = {one.associate_id: name_key(one.user_name) for one in people}
    in_order = [step for wave in order.waves for step in wave]
    assert sorted(step.key for step in in_order) == [step.key for step in steps if step.acts]
    if findings:
        # refused rightly: in the end two would have one name, or the renames form a cycle
        assert _clashes(held, steps) or _has_cycle(people, steps)
        return
    # within a wave any order is good, since its steps are carried out at once
    for step in itertools.chain.from_iterable(data.draw(st.permutations(w)) for w in order.waves):
        key = step.before.associate_id if step.before else -1
        held.pop(key, None)
        if step.after is not None:
            assert name_key(step.user_name) not in held.values()
            held[key] = name_key(step.user_name)


def _end(held: dict[int | None, str], steps: list[Step]) -> list[str]:
    end = dict(held)
    for number, step in enumerate(steps):
        key = step.before.associate_id if step.before else -number - 1
        if step.after is None:
            end.pop(key, None)
        else:
            end[key] = name_key(step.user_name)
    return list(end.values())


def _clashes(held: dict[int | None, str], steps: list[Step]) -> bool:
    end = _end(held, steps)
    return len(end) != len(set(end))


def _has_cycle(people: list[CurrentUser], steps: list[Step]) -> bool:
    to = {
        name_key(step.before.user_name): name_key(step.user_name)
        for step in steps
        if step.before and step.after and step.renames
    }
    for start, name in to.items():
        for _number in people:
            if name == start:
                return True
            name = to.get(name, "")  # noqa: PLW2901 - walks on
    return False
