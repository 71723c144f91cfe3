# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided for one user, as tables: definition and current state in, plan out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.fields import (
    FIELDS,
    fields_of,
    flag_names,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    CurrentUser,
    DesiredUser,
    LoginProbe,
    Modification,
    Role,
    Secret,
    State,
    UpdatePassword,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.plan import (
    Action,
    PasswordStatus,
    differences,
    needs_login_probe,
    plan_step,
    remaining,
)

PARTNER = Role(5, "Partner")
VENDOR = Role(6, "Vendor")
ANNA = CurrentUser(42, 1001, "anna", 5, "Partner", is_active=True, associate_name="anna")
PASSWORD = Secret("Correct-Horse-1")
EVERYTHING = ~Modification.NONE
ALWAYS, WHEN_CHANGED = UpdatePassword.ALWAYS, UpdatePassword.WHEN_CHANGED


def wanting(**options: Any) -> DesiredUser:
    return DesiredUser(**{"user_name": "anna", **options})


def test_only_differences_are_changed() -> None:
    cases: list[tuple[dict[str, Any], Role | None, Modification]] = [
        ({}, None, Modification.NONE),
        ({"user_name": "anna"}, None, Modification.NONE),
        ({"role": "Partner"}, PARTNER, Modification.NONE),
        ({"is_active": True}, None, Modification.NONE),
        ({"role": "Vendor"}, VENDOR, Modification.ROLE),
        ({"is_active": False}, None, Modification.ACTIVE),
        ({"associate_id": 42, "user_name": "berta"}, None, Modification.USER_NAME),
        ({"associate_id": 42, "user_name": "Anna"}, None, Modification.NONE),
        ({"user_name": "ANNA"}, None, Modification.NONE),
        (
            {"user_name": "ANNA", "previous_user_names": ("anna",)},
            None,
            Modification.USER_NAME,
        ),
        ({"role": "Vendor", "is_active": False}, VENDOR, Modification.ROLE | Modification.ACTIVE),
        ({"password": PASSWORD}, None, Modification.NONE),
        ({"password": PASSWORD, "update_password": ALWAYS}, None, Modification.PASSWORD),
        (
            {
                "associate_id": 42,
                "user_name": "b",
                "role_id": 6,
                "is_active": False,
                "password": PASSWORD,
                "update_password": ALWAYS,
            },
            VENDOR,
            EVERYTHING,
        ),
    ]
    for options, role, change in cases:
        plan = plan_step(wanting(**options), ANNA, role)
        assert plan.modification == change
        if change & Modification.USER_NAME:
            assert plan.action is Action.RENAME
        else:
            assert plan.action is (Action.MODIFY if change else Action.NONE)
        assert plan.changes is bool(change)


def test_every_given_password_has_a_status() -> None:
    cases: list[tuple[UpdatePassword, LoginProbe, PasswordStatus]] = [
        (UpdatePassword.ON_CREATE, LoginProbe.MISMATCH, PasswordStatus.NOT_APPLIED),
        (ALWAYS, LoginProbe.MATCH, PasswordStatus.SET),
        (WHEN_CHANGED, LoginProbe.MATCH, PasswordStatus.VERIFIED),
        (WHEN_CHANGED, LoginProbe.MISMATCH, PasswordStatus.SET),
        (WHEN_CHANGED, LoginProbe.NOT_VERIFIABLE, PasswordStatus.NOT_VERIFIABLE),
    ]
    for update_password, login_probe, event in cases:
        desired = wanting(password=PASSWORD, update_password=update_password)
        plan = plan_step(desired, ANNA, None, login_probe)
        assert plan.password_status is event
        assert plan.sets_password is (event is PasswordStatus.SET)
        assert bool(plan.modification & Modification.PASSWORD) is plan.sets_password


def test_omitted_password_is_never_changed() -> None:
    for when in UpdatePassword:
        plan = plan_step(wanting(update_password=when), ANNA)
        assert plan.password_status is PasswordStatus.UNCHANGED


def test_refused_login_of_an_inactive_user_is_inconclusive() -> None:
    desired = wanting(password=PASSWORD, update_password=WHEN_CHANGED)
    inactive = ANNA._replace(is_active=False)
    assert not needs_login_probe(desired, inactive)
    plan = plan_step(desired, inactive, None, LoginProbe.MISMATCH)
    assert plan.password_status is PasswordStatus.NOT_VERIFIABLE


def test_login_is_probed_only_if_needed() -> None:
    cases: list[tuple[dict[str, Any], CurrentUser | None, bool]] = [
        ({"password": PASSWORD, "update_password": WHEN_CHANGED}, ANNA, True),
        ({"password": PASSWORD, "update_password": WHEN_CHANGED}, None, False),
        ({"update_password": WHEN_CHANGED}, ANNA, False),
        ({"password": PASSWORD, "update_password": ALWAYS}, ANNA, False),
        ({"password": PASSWORD}, ANNA, False),
        (
            {"password": PASSWORD, "update_password": WHEN_CHANGED, "state": State.ABSENT},
            ANNA,
            False,
        ),
    ]
    for options, current, needed in cases:
        assert needs_login_probe(wanting(**options), current) is needed


def test_creation_plans_all_fields() -> None:
    desired = wanting(person_id=1001, role="Partner", password=PASSWORD)
    plan = plan_step(desired, None, PARTNER)
    assert plan.action is Action.CREATE
    assert plan.before is None
    assert plan.after == CurrentUser(None, 1001, "anna", 5, "Partner", True, "anna")
    assert plan.password_status is PasswordStatus.SET
    assert plan.modification is Modification.NONE


def test_new_user_is_active_by_default() -> None:
    cases: list[tuple[dict[str, Any], bool]] = [({}, True), ({"is_active": False}, False)]
    for given, active in cases:
        desired = wanting(person_id=1, password=PASSWORD, **given)
        after = plan_step(desired, None, PARTNER).after
        assert after is not None
        assert after.is_active is active


def test_incomplete_creation_names_missing_options() -> None:
    cases: list[tuple[dict[str, Any], Role | None, str]] = [
        ({"person_id": 1, "password": PASSWORD}, None, "role or role_id"),
        ({"person_id": 1}, PARTNER, "password or generate_password"),
        ({"password": PASSWORD}, PARTNER, "person_id or person_email"),
        ({}, None, "person_id or person_email, role or role_id, password or generate_password"),
    ]
    for options, role, missing in cases:
        with pytest.raises(
            UserError, match=f"'anna'.* does not exist. To create it, set {missing}"
        ) as caught:
            plan_step(wanting(**options), None, role)
        assert caught.value.kind == "not_found"


def test_creation_without_user_name_is_refused() -> None:
    desired = DesiredUser(person_id=7, password=PASSWORD)
    with pytest.raises(UserError, match=r"person 7.*set user_name\."):
        plan_step(desired, None, PARTNER)


def test_generate_password_completes_a_creation() -> None:
    desired = wanting(person_id=1, generate_password=True)
    assert plan_step(desired, None, PARTNER).action is Action.CREATE


def test_unknown_associate_id_is_never_created() -> None:
    desired = wanting(associate_id=9, person_id=1, password=PASSWORD)
    with pytest.raises(UserError, match="no external user with the associate id 9") as caught:
        plan_step(desired, None, PARTNER)
    assert caught.value.kind == "not_found"


def test_absent_deletes_only_existing_users() -> None:
    cases: list[tuple[CurrentUser | None, Action]] = [(ANNA, Action.DELETE), (None, Action.NONE)]
    for current, action in cases:
        plan = plan_step(wanting(state=State.ABSENT, role="Vendor", password=PASSWORD), current)
        assert plan.action is action
        assert plan.after is None
        assert plan.modification is Modification.NONE


def test_either_name_column_matches() -> None:
    split = ANNA._replace(associate_name="berta")
    assert not plan_step(wanting(associate_id=42, user_name="Berta"), split).changes
    assert not plan_step(wanting(associate_id=42, user_name="anna"), split).changes
    assert plan_step(wanting(associate_id=42, user_name="clara"), split).renames


def test_login_of_a_person_is_renamed_with_previous_user_names() -> None:
    cases: list[tuple[str, ...]] = [("anna",), ("x", "ANNA")]
    for former in cases:
        desired = DesiredUser(person_id=1001, user_name="berta", previous_user_names=former)
        assert plan_step(desired, ANNA).action is Action.RENAME
        with pytest.raises(
            UserError, match="If another person is meant, correct person_id"
        ) as caught:
            plan_step(desired._replace(previous_user_names=("x",)), ANNA)
        assert caught.value.kind == "rename"
        assert "previous_user_names: ['anna']" in str(caught.value)


def test_verification_compares_each_field() -> None:
    cases: list[tuple[dict[str, Any], Modification, list[str]]] = [
        ({}, Modification.NONE, []),
        ({"role_id": 6}, Modification.ROLE, ["role_id is 6 instead of 5"]),
        ({"is_active": False}, Modification.ACTIVE, ["is_active is False instead of True"]),
        (
            {"user_name": "berta", "associate_name": "berta"},
            Modification.USER_NAME,
            ["user_name is 'berta' instead of 'anna'"],
        ),
        ({"person_id": 7}, Modification.NONE, ["person_id is 7 instead of 1001"]),
    ]
    for found, left, said in cases:
        user = ANNA._replace(**found)
        assert remaining(ANNA, user) == left
        assert differences(ANNA, user) == said


def test_field_table_contains_every_flag_once() -> None:
    assert [field.bit for field in fields_of(~Modification.NONE)] == [f.bit for f in FIELDS]
    assert flag_names(
        Modification.USER_NAME | Modification.PASSWORD | Modification.ROLE | Modification.ACTIVE
    ) == [
        "UserName",
        "Password",
        "Role",
        "Active",
    ]
    assert flag_names(Modification.NONE) == []


def test_secret_is_masked_in_repr() -> None:
    plan = plan_step(wanting(password=PASSWORD, update_password=ALWAYS), ANNA)
    assert PASSWORD.value not in f"{plan!r} {plan} {PASSWORD!r} {PASSWORD}"
