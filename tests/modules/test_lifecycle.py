# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, modify and delete one user: predicted, applied, idempotent.

Each step is verified by its result, the server state and the request journal.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.modules.conftest import Run

OLD, NEW = "Old-password-1", "New-password-1"
ALWAYS = {"password": NEW, "update_password": "always"}
WHEN_CHANGED = {"password": NEW, "update_password": "when_changed"}


@dataclasses.dataclass(frozen=True)
class Case:
    """One change of an existing user: options in, flags on the wire, the user afterwards."""

    name: str
    options: dict[str, Any]
    modification: list[str]
    user: dict[str, Any]
    diff: dict[str, tuple[Any, Any]]
    password: str = "unchanged"
    again: dict[str, Any] = dataclasses.field(default_factory=lambda: {"changed": False})


# an existing user anna: role Partner (5), active, password OLD
CHANGES = [
    Case("role by name", {"role": "Vendor"}, ["Role"], {"role_id": 6, "role": "Vendor"},
         {"role": ("Partner", "Vendor"), "role_id": (5, 6)}),
    Case("role by id", {"role_id": 6}, ["Role"], {"role_id": 6, "role": "Vendor"},
         {"role": ("Partner", "Vendor"), "role_id": (5, 6)}),
    Case("closed", {"is_active": False}, ["Active"], {"is_active": False},
         {"is_active": (True, False)}),
    Case("password always", ALWAYS, ["Password"], {},
         {"password": ("(unchanged)", "(set)")}, "set",
         {"changed": True, "password_status": "set"}),
    Case("password when changed", WHEN_CHANGED, ["Password"], {},
         {"password": ("(unchanged)", "(set)")}, "set",
         {"changed": False, "password_status": "verified"}),
    Case("all at once", {"role": "Vendor", "is_active": False, **ALWAYS},
         ["Password", "Role", "Active"], {"role_id": 6, "role": "Vendor", "is_active": False},
         {"role": ("Partner", "Vendor"), "role_id": (5, 6), "is_active": (True, False),
          "password": ("(unchanged)", "(set)")}, "set",
         {"changed": True, "password_status": "set"}),
]  # fmt: skip


@pytest.fixture
def anna(tenant: Any) -> int:
    person = tenant.add_person(first_name="Anna", last_name="Berg")
    associate_id: int = tenant.add_external_user("anna", person, 5, password=OLD)
    return associate_id


def facts(tenant: Any, associate_id: int) -> dict[str, Any]:
    """The user as the tenant has it, in the words of results."""
    record = tenant.user(associate_id)
    return {
        "associate_id": record.associate_id,
        "person_id": record.person_id,
        "user_name": record.user_name,
        "role": record.role_name,
        "role_id": record.role_id,
        "is_active": record.is_active,
        **person("Anna Berg"),
    }


def person(full_name: str) -> dict[str, Any]:
    """Who a person without an address is, in the words of results."""
    company = {
        "company": "Northwind Traders",
        "company_name": "Northwind Traders",
        "company_id": 2,
    }
    return {"full_name": full_name, "email": "", **company}


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.name)
def test_change_is_predicted_sent_in_one_call_and_idempotent(
    case: Case, user: Run, tenant: Any, journal: Any, anna: int
) -> None:
    start = tenant.snapshot()
    before = facts(tenant, anna)
    foreseen = [user(user_name="anna", check=True, **case.options) for _number in range(2)]
    assert tenant.snapshot() == start
    assert journal.writes == []
    assert foreseen[0] == foreseen[1]

    done = user(user_name="anna", **case.options)
    assert done["changed"] is True
    assert done["action"] == "modify"
    assert done["modification"] == case.modification
    assert done["user"] == facts(tenant, anna) == {**before, **case.user}
    assert done["password_status"] == case.password
    for side, at in (("before", 0), ("after", 1)):
        managed = {"user_name": "anna", **{name: pair[at] for name, pair in case.diff.items()}}
        assert done["diff"][side] == managed
        assert list(done["diff"][side]) == list(managed)
    [write] = journal.writes
    assert write.operation == "SetExternalUserInfo"
    assert write.argument("ExternalUserInfoModification") == ", ".join(case.modification)
    for name in ("changed", "action", "modification", "user", "password_status", "diff"):
        assert foreseen[0][name] == done[name]
    assert tenant.password_matches(anna, NEW if case.password == "set" else OLD)

    after, mark = tenant.snapshot(), journal.mark()
    again = user(user_name="anna", **case.options)
    assert {name: again[name] for name in case.again} == case.again
    assert tenant.snapshot() == after
    if not case.again["changed"]:
        assert not [entry for entry in journal.since(mark) if entry.writes]
        assert again["action"] == "none"
        assert again["modification"] == []


def test_role_change_sends_one_call_with_one_flag(
    user: Run, journal: Any, tenant: Any, anna: int
) -> None:
    # the password is for a new user, and not for this one
    user(user_name="anna", role="Vendor", password=NEW)
    [write] = journal.writes
    assert write.body == {
        "AssociateId": anna,
        "UserName": "anna",
        "Password": "",
        "IsActive": True,
        "RoleId": 6,
        "ExternalUserInfoModification": "Role",
    }


def test_user_in_sync_is_not_written(user: Run, tenant: Any, journal: Any, anna: int) -> None:
    start = tenant.snapshot()
    result = user(user_name="anna", role="Partner", is_active=True, password=NEW)
    assert result["changed"] is False
    assert result["action"] == "none"
    assert result["modification"] == []
    assert result["password_status"] == "not_applied"
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result["user"] == facts(tenant, anna)
    assert tenant.snapshot() == start
    assert journal.writes == []


@pytest.mark.parametrize(
    ("given", "active"), [({}, True), ({"is_active": True}, True), ({"is_active": False}, False)]
)
def test_creation_is_predicted_sent_in_one_call_and_idempotent(
    given: dict[str, Any], active: bool, user: Run, tenant: Any, journal: Any
) -> None:
    berta = tenant.add_person(first_name="Berta", last_name="Falk")
    declared = {"person_id": berta, "user_name": "Berta@example.com", "password": NEW,
                "role": "Supplier", **given}  # fmt: skip
    start = tenant.snapshot()
    foreseen = [user(check=True, **declared) for _number in range(2)]
    assert tenant.snapshot() == start
    assert journal.writes == []
    assert foreseen[0] == foreseen[1]

    done = user(**declared)
    assert done["changed"] is True
    assert done["action"] == "create"
    assert done["modification"] == []
    assert done["password_status"] == "set"
    [record] = tenant.users()
    assert done["user"] == {
        "associate_id": record.associate_id, "person_id": berta,
        "user_name": "Berta@example.com", "role": "Supplier", "role_id": 7, "is_active": active,
        **person("Berta Falk"),
    }  # fmt: skip
    assert (record.user_name, record.role_id, record.is_active) == ("Berta@example.com", 7, active)
    assert record.person_id == berta
    assert tenant.password_matches(record.associate_id, NEW)
    assert done["diff"]["before"] == {}
    assert done["diff"]["after"]["password"] == "(set)"
    [write] = journal.writes
    assert write.operation == "CreateExternalUser"
    assert write.argument("Password") == journal.digest(NEW)
    for name in ("changed", "action", "modification", "password_status", "diff"):
        assert foreseen[0][name] == done[name]
    assert foreseen[0]["user"] == {**done["user"], "associate_id": None}

    after = tenant.snapshot()
    again = user(**declared)
    assert again["changed"] is False
    assert again["user"] == done["user"]
    assert tenant.snapshot() == after
    assert len(journal.writes) == 1


@pytest.mark.parametrize("key", ["user_name", "person_id", "associate_id"])
def test_deletion_is_predicted_sent_in_one_call_and_idempotent(
    key: str, user: Run, tenant: Any, journal: Any, anna: int
) -> None:
    keys = {key: facts(tenant, anna)[key]}
    start = tenant.snapshot()
    foreseen = [user(state="absent", check=True, **keys) for _number in range(2)]
    assert tenant.snapshot() == start
    assert journal.writes == []
    assert foreseen[0] == foreseen[1]

    done = user(state="absent", **keys)
    assert done["changed"] is True
    assert done["action"] == "delete"
    assert done["user"] is None
    assert done["diff"]["after"] == {}
    assert done["diff"]["before"]["user_name"] == "anna"
    assert tenant.user(anna) is None
    [write] = journal.writes
    assert write.operation == "DeleteExternalUser"
    assert write.body == {"AssociateId": anna}
    for name in ("changed", "action", "modification", "user", "password_status", "diff"):
        assert foreseen[0][name] == done[name]

    after = tenant.snapshot()
    again = user(state="absent", **keys)
    assert again["changed"] is False
    assert again["user"] is None
    assert again["diff"]["before"] == again["diff"]["after"] == {}
    assert tenant.snapshot() == after
    assert len(journal.writes) == 1


def test_verify_false_skips_reading_back(user: Run, tenant: Any, journal: Any, anna: int) -> None:
    result = user(user_name="anna", role="Vendor", verify=False)
    assert result["changed"] is True
    assert result["user"] == facts(tenant, anna)
    assert journal.entries[-1].operation == "SetExternalUserInfo"


def test_deletion_keeps_the_person(user: Run, tenant: Any, anna: int) -> None:
    person = tenant.user(anna).person_id
    user(user_name="anna", state="absent")
    people = dict(tenant.snapshot())["person"]
    assert person in {row[0] for row in people}
