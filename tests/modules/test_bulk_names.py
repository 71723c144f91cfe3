# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renames in bulk runs: chains, cycles, reused names, several logins of a person."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

GOOD = "Good-pass-1"


def owners(tenant: Any) -> dict[str, int]:
    return {user.user_name: user.associate_id for user in tenant.users()}


@pytest.fixture
def ids(tenant: Any) -> dict[str, int]:
    """Users a to f, and their associate ids."""
    return {name: tenant.add_external_user(name, password=GOOD) for name in "abcdef"}


@pytest.mark.parametrize("concurrency", [1, 8])
def test_rename_chain_starts_at_its_free_end(
    concurrency: int, bulk: Run, tenant: Any, journal: Any, ids: dict[str, int]
) -> None:
    links = dict(zip("abcdef", "bcdefg", strict=True))
    users = [{"associate_id": ids[old], "user_name": new} for old, new in links.items()]
    options = {"users": users, "limits": {"rename": 6}, "concurrency": concurrency}
    predicted = bulk(**options, check=True)
    result = bulk(**options)
    assert "failed" not in result, result["msg"]
    assert result["diff"] == predicted["diff"]
    assert owners(tenant) == {new: ids[old] for old, new in links.items()}
    order = [entry.argument("UserName") for entry in journal.committed]
    assert order == list("gfedcb")
    assert all(entry.status == 204 for entry in journal.writes)
    assert all(tenant.password_matches(name, GOOD) for name in "bcdefg")
    assert bulk(users=users)["changed"] is False


@pytest.mark.parametrize("size", [2, 3, 6])
def test_rename_cycle_is_refused_before_any_write(
    size: int, bulk: Run, tenant: Any, journal: Any, ids: dict[str, int]
) -> None:
    names = "abcdef"[:size]
    rotated = names[1:] + names[0]
    users = [
        {"associate_id": ids[old], "user_name": new}
        for old, new in zip(names, rotated, strict=True)
    ]
    start = tenant.snapshot()
    result = bulk(users=[*users, {"user_name": "f", "role": "Vendor"}] if size < 6 else users)
    assert result["error"]["kind"] == "conflict"
    assert [finding["where"] for finding in result["findings"]] == [
        f"users[{index}]" for index in range(size)
    ]
    assert "cycle" in result["msg"]
    assert tenant.snapshot() == start
    assert journal.writes == []


def test_name_of_a_deleted_user_is_reused_in_the_same_run(
    bulk: Run, tenant: Any, journal: Any, ids: dict[str, int]
) -> None:
    person = tenant.add_person()
    users = [
        {"associate_id": ids["a"], "state": "absent"},
        {"person_id": person, "user_name": "A", "role": "Partner", "password": GOOD},
        {"associate_id": ids["b"], "state": "absent"},
        {"associate_id": ids["c"], "user_name": "b"},
    ]
    predicted = bulk(users=users, limits={"delete": 2}, check=True)
    result = bulk(users=users, limits={"delete": 2})
    assert "failed" not in result, result["msg"]
    assert owners(tenant)["b"] == ids["c"]
    assert tenant.user("A").person_id == person
    assert [entry.operation[:6] for entry in journal.committed][:2] == ["Delete", "Delete"]
    assert result["diff"] == predicted["diff"]
    # the one who goes and the one who gets the name are two entries of the diff
    assert result["diff"]["before"][f"b (associate {ids['b']})"]["user_name"] == "b"
    assert result["diff"]["after"][f"b (associate {ids['b']})"] == {}
    assert len(result["diff"]["before"]) == 4


def test_rename_that_depends_on_a_failed_rename_is_skipped(
    bulk: Run, server: NetServer, tenant: Any, journal: Any, ids: dict[str, int]
) -> None:
    server.faults.add("status", operation="SetExternalUserInfo", status=400, body="{}", times=3)
    users = [
        {"associate_id": ids[old], "user_name": new}
        for old, new in (("a", "b"), ("b", "c"), ("c", "x"), ("d", "y"))
    ]
    result = bulk(users=users, concurrency=1, limits={"rename": 4})
    rows = {row["associate_id"]: (row["status"], (row["error"] or {}).get("kind")) for row in
            result["results"]}  # fmt: skip
    assert rows == {
        ids["a"]: ("skipped", "skipped"),
        ids["b"]: ("skipped", "skipped"),
        ids["c"]: ("failed", "refused"),
        ids["d"]: ("renamed", None),
    }
    assert sorted(owners(tenant)) == ["a", "b", "c", "e", "f", "y"]
    again = bulk(users=users, limits={"rename": 4})
    assert again["summary"]["renamed"] == 3
    assert sorted(owners(tenant)) == ["b", "c", "e", "f", "x", "y"]


@pytest.mark.parametrize(
    "holder",
    [{}, {"role": "Vendor"}, {"is_active": False}],
    ids=["not declared", "declared otherwise", "deactivated"],
)
def test_rename_to_a_name_in_use_is_refused(
    holder: dict[str, Any], bulk: Run, tenant: Any, journal: Any, ids: dict[str, int]
) -> None:
    start = tenant.snapshot()
    users: list[dict[str, Any]] = [{"associate_id": ids["a"], "user_name": "b"}]
    if holder:
        users.append({"associate_id": ids["b"], **holder})
    result = bulk(users=users)
    assert result["error"]["kind"] == "conflict"
    assert f"associate {ids['b']}" in result["msg"]
    assert tenant.snapshot() == start


def test_rename_that_changes_case_only_needs_the_current_spelling(
    bulk: Run, tenant: Any, writes: Any, ids: dict[str, int]
) -> None:
    assert bulk(users=[{"user_name": "A"}, {"user_name": "b"}])["changed"] is False
    result = bulk(users=[{"user_name": "A", "previous_user_names": ["a"]}, {"user_name": "b"}])
    assert writes() == [("SetExternalUserInfo", "UserName")]
    assert result["summary"]["renamed"] == result["summary"]["unchanged"] == 1
    assert "A" in owners(tenant)


def test_previous_user_names_rename_instead_of_create(
    bulk: Run, tenant: Any, writes: Any, ids: dict[str, int]
) -> None:
    users = [{"user_name": "anna@example.com", "previous_user_names": ["anna", "A"]}]
    assert bulk(users=users)["summary"]["renamed"] == 1
    assert owners(tenant)["anna@example.com"] == ids["a"]
    assert bulk(users=users)["changed"] is False
    assert writes() == [("SetExternalUserInfo", "UserName")]


def test_several_logins_of_one_person_are_created(bulk: Run, tenant: Any, journal: Any) -> None:
    person = tenant.add_person()
    declared = [
        {"person_id": person, "user_name": name, "role": "Partner", "password": GOOD}
        for name in ("first", "second", "third")
    ]
    assert bulk(users=declared[:1])["summary"]["created"] == 1
    result = bulk(users=declared)
    assert "failed" not in result, result["msg"]
    assert (result["summary"]["created"], result["summary"]["unchanged"]) == (2, 1)
    assert bulk(users=declared)["changed"] is False
    assert sorted(owners(tenant)) == ["first", "second", "third"]
    # alone it could be another name for the login that there is, which needs consent
    tenant.remove_user("second")
    tenant.remove_user("third")
    assert bulk(users=declared[1:2])["error"]["kind"] == "rename"
    consenting = {**declared[1], "previous_user_names": ["first"]}
    assert bulk(users=[consenting])["results"][0]["modification"] == ["UserName"]


def test_name_of_an_internal_user_is_refused(bulk: Run, tenant: Any, journal: Any) -> None:
    person = tenant.add_person()
    users = [{"user_name": "rj", "person_id": person, "role": "Partner", "password": GOOD}]
    for preflight in ("service", "offline"):
        result = bulk(users=users, preflight=preflight)
        assert result["failed"] is True
        assert not tenant.users()
    assert not journal.committed


def test_order_is_rename_modify_create_deactivate_delete(
    bulk: Run, tenant: Any, journal: Any, ids: dict[str, int]
) -> None:
    person = tenant.add_person()
    users = [
        {"user_name": "f", "state": "absent"},
        {"user_name": "e", "is_active": False},
        {"person_id": person, "user_name": "a", "role": "Partner", "password": GOOD},
        {"user_name": "d", "role": "Vendor"},
        {"associate_id": ids["a"], "user_name": "z"},
        {"user_name": "c", "role": "Vendor", "is_active": True},
    ]
    bulk(users=users, concurrency=1)
    wrote = [
        (e.operation, e.argument("AssociateId"), e.argument("ExternalUserInfoModification"))
        for e in journal.committed
    ]
    assert wrote == [
        ("SetExternalUserInfo", ids["a"], "UserName"),
        ("SetExternalUserInfo", ids["c"], "Role"),
        ("SetExternalUserInfo", ids["d"], "Role"),
        ("CreateExternalUser", None, None),
        ("SetExternalUserInfo", ids["e"], "Active"),
        ("DeleteExternalUser", ids["f"], None),
    ]
