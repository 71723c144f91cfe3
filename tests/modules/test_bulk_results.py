# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bulk run returns, and how it uses its connections."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

GOOD = "Good-pass-1"


@pytest.fixture
def forty_changes(tenant: Any) -> list[dict[str, Any]]:
    """Definitions that change the role of forty_changes users."""
    tenant.add_external_users({"user_name": f"u{n:02}"} for n in range(40))
    return [{"user_name": f"u{n:02}", "role": "Vendor"} for n in range(40)]


def test_results_list_changes_or_all_users_sorted_by_name(
    bulk: Run, tenant: Any, forty_changes: list[dict[str, Any]]
) -> None:
    users = [
        *reversed(forty_changes[:3]),
        *[{"user_name": one["user_name"]} for one in forty_changes[3:6]],
    ]
    changes = bulk(users=users, check=True)
    everything = bulk(users=users, check=True, list_results="all")
    assert [row["user_name"] for row in changes["results"]] == ["u00", "u01", "u02"]
    assert [row["user_name"] for row in everything["results"]] == [f"u0{n}" for n in range(6)]
    assert changes["summary"] == everything["summary"]
    assert everything["results"][0] == {
        "user_name": "u00",
        "associate_id": tenant.user("u00").associate_id,
        "person": "u00 External",
        "company": "Northwind Traders",
        "action": "modify",
        "modification": ["Role"],
        "status": "modified",
        "error": None,
        "password_status": "unchanged",
    }
    assert everything["results"][5]["status"] == "unchanged"
    assert sum(v for k, v in everything["summary"].items() if k != "total") == 6


def test_diff_contains_managed_fields_of_the_same_users(bulk: Run, tenant: Any) -> None:
    tenant.add_external_user("anna", role_id=5)
    tenant.add_external_user("bo", role_id=5)
    person = tenant.add_person()
    result = bulk(
        users=[
            {"user_name": "anna", "is_active": False},
            {"user_name": "bo", "state": "absent"},
            {"user_name": "new", "person_id": person, "role": "Partner", "password": GOOD},
        ]
    )
    diff = result["diff"]
    everything = {"person_id", "user_name", "role", "role_id", "is_active"}
    assert diff["before"]["anna"] == {"user_name": "anna", "is_active": True}
    assert diff["after"]["anna"] == {"user_name": "anna", "is_active": False}
    assert set(diff["before"]["bo"]) == everything
    assert diff["after"]["bo"] == diff["before"]["new"] == {}
    assert set(diff["after"]["new"]) == {*everything, "password"}
    assert diff["after"]["new"]["password"] == "(set)"
    assert list(diff["before"]) == list(diff["after"]) == ["anna", "bo", "new"]


def test_omitted_options_are_not_managed(bulk: Run, tenant: Any, writes: Any) -> None:
    tenant.add_external_user("anna", role_id=5, is_active=False, password=GOOD)
    start = tenant.snapshot()
    users: list[dict[str, Any]] = [
        {"user_name": "anna"},
        {"user_name": "anna", "role": None, "is_active": None, "password": None},
        {"user_name": "anna", "password": "Other-pass-1"},
    ]
    for one in users:
        assert bulk(users=[one])["changed"] is False
    assert tenant.snapshot() == start
    bulk(users=[{"user_name": "anna", "role": "Vendor"}])
    assert writes() == [("SetExternalUserInfo", "Role")]
    assert tenant.user("anna").is_active is False


def test_each_password_is_probed_once_and_set_only_on_mismatch(
    bulk: Run, tenant: Any, journal: Any
) -> None:
    for name in ("right", "wrong", "closed"):
        tenant.add_external_user(name, password=GOOD, is_active=name != "closed")
    users = [
        {"user_name": name, "password": GOOD if name == "right" else "Other-pass-1"}
        for name in ("right", "wrong", "closed")
    ]
    options = {"users": users, "defaults": {"update_password": "when_changed"}}
    predicted = bulk(**options, check=True, list_results="all")
    mark = journal.mark()
    result = bulk(**options, list_results="all")
    told = {row["user_name"]: row["password_status"] for row in result["results"]}
    assert told == {"closed": "not_verifiable", "right": "verified", "wrong": "set"}
    assert [row["password_status"] for row in predicted["results"]] == list(told.values())
    assert tenant.password_matches("wrong", "Other-pass-1")
    assert tenant.password_matches("closed", GOOD)
    # two login probes, one more for the password that was set, and the id of the calling login
    assert len([e for e in journal.since(mark) if e.operation == "User/currentPrincipal"]) == 4
    again = bulk(**options)
    assert again["changed"] is False


def test_parallel_requests_are_all_counted(bulk: Run, tenant: Any, journal: Any) -> None:
    count = 150
    tenant.add_external_users({"user_name": f"u{n}", "password": None} for n in range(count))
    users = [{"user_name": f"u{n}", "password": GOOD} for n in range(count)]
    options = {"defaults": {"update_password": "when_changed"}, "limits": {"password": None}}
    result = bulk(users=users, **options, concurrency=32, check=True)
    assert sum(result["requests"].values()) == len(journal.entries)
    assert result["summary"]["modified"] == count


def test_writes_run_in_parallel_and_reuse_connections(
    bulk: Run, server: NetServer, journal: Any, forty_changes: list[dict[str, Any]], tenant: Any
) -> None:
    server.latency = 0.05
    partners = [{**one, "role": "Partner"} for one in forty_changes]
    for concurrency, users in ((1, forty_changes), (8, partners)):
        mark = journal.mark()
        result = bulk(users=users, concurrency=concurrency)
        assert result["summary"]["modified"] == 40
        entries = journal.since(mark)
        connections = {entry.connection for entry in entries if entry.writes}
        assert (len(connections) > 1) is (concurrency > 1)
        assert len({entry.connection for entry in entries}) <= concurrency
        assert len(journal.committed) == 40 * (1 + (concurrency == 8))
    assert {user.role_name for user in tenant.users()} == {"Partner"}


@pytest.mark.parametrize("concurrency", [1, 3])
def test_requests_in_flight_do_not_exceed_concurrency(
    concurrency: int, bulk: Run, server: NetServer, forty_changes: list[dict[str, Any]]
) -> None:
    server.latency = 0.01
    with server.using(parallel=str(concurrency)):
        result = bulk(users=forty_changes, concurrency=concurrency)
    assert "failed" not in result, result["msg"]


@pytest.mark.parametrize("concurrency", [0, 33, -1, "many", True, "8.5", [8]])
def test_concurrency_out_of_range_is_refused(concurrency: object, bulk: Run, journal: Any) -> None:
    assert "from 1 to 32, or auto" in bulk(users=[], concurrency=concurrency)["msg"]
    assert journal.entries == []


@pytest.fixture
def many_changes(tenant: Any) -> list[dict[str, Any]]:
    tenant.add_external_users({"user_name": f"v{n:03}", "role_id": 5} for n in range(300))
    return [{"user_name": f"v{n:03}", "role": "Vendor"} for n in range(300)]


def test_auto_uses_more_connections_while_the_latency_stays(
    bulk: Run, server: NetServer, journal: Any, many_changes: list[dict[str, Any]]
) -> None:
    server.latency = 0.1
    result = bulk(users=many_changes, concurrency="auto")
    assert result["summary"]["modified"] == 300
    assert 16 < len({entry.connection for entry in journal.writes}) <= 32


def test_auto_is_gentle_with_a_service_that_throttles(
    bulk: Run, server: NetServer, journal: Any, many_changes: list[dict[str, Any]]
) -> None:
    server.latency = 0.005
    with server.using(parallel="4"):
        result = bulk(users=many_changes, concurrency="auto", retries=4)
    assert result["summary"]["modified"] == 300
    refused = [entry for entry in journal.entries if entry.status == 503]
    assert 0 < len(refused) <= 30


def test_empty_run_returns_all_values(bulk: Run) -> None:
    # before a user is taken for absent, its name is asked for afresh
    for users, asked in (([], {}), ([{"user_name": "nobody", "state": "absent"}], {"user": 1})):
        result = bulk(users=users)
        assert result["changed"] is result["drift"] is False
        assert result["summary"]["total"] == len(users)
        assert result["results"] == result["plan"]["entries"] == []
        assert result["requests"] == {"roles": 1, "archive": 1, **asked}


SPELLINGS = [
    {"flags": "integer"},
    {"flags": "names"},
    {"flags": "single"},
    {"flags": "integer", "flags_refusal": "server-error"},
    {"flags": "single", "flags_refusal": "null", "void_reply": "null-200"},
    {"void_reply": "null-204"},
    {"void_reply": "null-200"},
    {"void_reply": "empty-200"},
    {"create_reply": "string"},
    {"create_reply": "null-but-created"},
    {"errors": "null"},
    {"errors": "object"},
    {"unused_properties": "required"},
    {"name_column": "username"},
    {"name_column": "name"},
    {"byte_order_mark": "yes"},
    {"primary_key": "number"},
    {"boolean_form": "string"},
]


@pytest.mark.parametrize("dialect", SPELLINGS, ids=str)
def test_bulk_run_is_idempotent_with_every_profile(
    dialect: dict[str, str], bulk: Run, server: NetServer, tenant: Any
) -> None:
    tenant.add_external_users({"user_name": f"u{n}", "role_id": 5} for n in range(12))
    persons = [tenant.add_person() for _number in range(3)]
    users: list[dict[str, Any]] = [
        *[{"user_name": f"u{n}", "role": "Vendor", "is_active": False} for n in range(6)],
        *[{"user_name": f"u{n}", "state": "absent"} for n in range(6, 9)],
        *[
            {"user_name": f"n{n}", "person_id": person, "role": "Supplier", "password": GOOD}
            for n, person in enumerate(persons)
        ],
    ]
    options = {"users": users, "limits": {"deactivate": 6, "delete": 3}}
    with server.using(**dialect):
        result = bulk(**options)
        again = bulk(**options)
    assert "failed" not in result, result["msg"]
    assert again["changed"] is False, again["diff"]
    kinds = sorted((u.role_id, u.is_active) for u in tenant.users())
    assert kinds == [(5, True)] * 3 + [(6, False)] * 6 + [(7, True)] * 3
