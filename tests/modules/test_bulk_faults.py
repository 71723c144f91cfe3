# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures in bulk runs: max_failures, faults while writing, verification."""

from __future__ import annotations

import collections
import time
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

NUMBER = 20
GOOD = "Good-pass-1"


@pytest.fixture
def role_changes(tenant: Any) -> list[dict[str, Any]]:
    return add_users(tenant)


def add_users(tenant: Any) -> list[dict[str, Any]]:
    """Add users u00 to u19; return definitions that make each of them a vendor."""
    names = [f"u{n:02}" for n in range(NUMBER)]
    tenant.add_external_users({"user_name": name, "role_id": 5} for name in names)
    return [{"user_name": name, "role": "Vendor"} for name in names]


def vendors(tenant: Any) -> list[str]:
    return [user.user_name for user in tenant.users() if user.role_name == "Vendor"]


REFUSAL = '{"Error": true, "ErrorType": "SoValidationException", "Message": "No."}'


def refuse(server: NetServer, times: int | None, body: str = REFUSAL, **options: Any) -> None:
    server.faults.add(
        "status", operation="SetExternalUserInfo", status=400, body=body, times=times, **options
    )


def statuses(result: Any) -> dict[str, int]:
    return {name: count for name, count in result["summary"].items() if count and name != "total"}


# --- max_failures


def test_one_failed_user_fails_the_task_after_all_others_are_written(
    bulk: Run, server: NetServer, tenant: Any, role_changes: list[dict[str, Any]]
) -> None:
    refuse(server, 1, skip=7)
    result = bulk(users=role_changes, concurrency=1, list_results="all")
    assert result["failed"] is result["changed"] is result["drift"] is True
    assert statuses(result) == {"modified": 19, "failed": 1}
    assert len(result["results"]) == NUMBER
    [bad] = [row for row in result["results"] if row["status"] == "failed"]
    assert bad["user_name"] == "u07"
    assert bad["error"]["kind"] == result["error"]["kind"] == "refused"
    assert bad["error"]["status"] == result["error"]["status"] == 400
    assert bad["error"]["operation"] == result["error"]["operation"] == "SetExternalUserInfo"
    for fact in ("u07", "SoValidationException", "1 of 20 users failed", "19 modified"):
        assert fact in result["msg"]
    assert {"plan", "diff", "requests", "summary"} <= set(result)
    assert len(result["plan"]["entries"]) == len(result["diff"]["after"]) == NUMBER
    assert len(vendors(tenant)) == 19
    assert statuses(bulk(users=role_changes)) == {"modified": 1, "unchanged": 19}


@pytest.mark.parametrize(
    ("options", "tried"),
    [
        ({"on_error": "stop"}, 1),
        ({"max_failures": 1}, 1),
        ({"max_failures": 3}, 3),
        ({}, 10),
        ({"max_failures": 0}, NUMBER),
    ],
    ids=str,
)
def test_run_stops_at_max_failures(
    options: dict[str, Any], tried: int, bulk: Run, server: NetServer, tenant: Any, journal: Any,
    role_changes: list[dict[str, Any]],
) -> None:  # fmt: skip
    refuse(server, None)
    result = bulk(users=role_changes, concurrency=1, **options)
    assert len(journal.writes) == tried
    assert result["summary"]["failed"] == tried
    assert result["summary"]["skipped"] == NUMBER - tried
    assert result["changed"] is False
    assert len(result["results"]) == NUMBER
    kinds = collections.Counter(row["error"]["kind"] for row in result["results"])
    assert kinds == {k: v for k, v in (("refused", tried), ("skipped", NUMBER - tried)) if v}


@pytest.mark.parametrize("concurrency", [2, 8, 32])
def test_run_stops_after_requests_in_flight(
    concurrency: int, bulk: Run, server: NetServer, journal: Any, role_changes: list[dict[str, Any]]
) -> None:
    server.latency = 0.02
    refuse(server, None)
    result = bulk(users=role_changes, concurrency=concurrency, on_error="stop")
    assert 1 <= len(journal.writes) <= concurrency
    assert result["summary"]["failed"] == len(journal.writes)


# --- faults while writing

KINDS = {
    "modify": "SetExternalUserInfo",
    "create": "CreateExternalUser",
    "delete": "DeleteExternalUser",
}
PASSING = [
    ("drop_before", {}),
    ("drop_after", {}),
    ("status", {"status": 429, "retry_after": 0}),
    ("status", {"status": 503, "retry_after": 0}),
    ("status", {"status": 503}),
    ("status", {"status": 502}),
    ("status", {"status": 500, "body": "oops"}),
    ("truncate", {"how": "length"}),
    ("garbage", {}),
    ("delay", {"seconds": 0.3, "when": "after"}),
    ("slow_drip", {"seconds": 0.2}),
    ("content_type", {}),
    ("status", {"status": 401}),
]
FAULTS = [pytest.param(kind, options, id=f"{kind} {options}") for kind, options in PASSING]


@pytest.fixture
def definitions(tenant: Any) -> dict[str, list[dict[str, Any]]]:
    return add_users_and_persons(tenant)


def add_users_and_persons(tenant: Any) -> dict[str, list[dict[str, Any]]]:
    """Add users and persons; return definitions that modify, create and delete eight users."""
    role_changes = add_users(tenant)
    new = {"role": "Vendor", "password": GOOD}
    persons = [tenant.add_person() for _number in range(8)]
    return {
        "modify": role_changes[:8],
        "create": [{"user_name": f"n{n}", "person_id": p, **new} for n, p in enumerate(persons)],
        "delete": [{"user_name": one["user_name"], "state": "absent"} for one in role_changes[:8]],
    }


def end_state(tenant: Any) -> list[tuple[Any, ...]]:
    return sorted((u.user_name, u.role_name, u.is_active, u.person_id) for u in tenant.users())


@pytest.mark.parametrize(("kind", "options"), FAULTS)
def test_transient_fault_is_recovered_without_a_second_write(
    kind: str,
    options: dict[str, Any],
    bulk: Run,
    server: NetServer,
    tenant: Any,
    journal: Any,
    subtests: pytest.Subtests,
) -> None:
    for operation in sorted(KINDS):
        with subtests.test(operation=operation):
            server.reset()
            definitions = add_users_and_persons(tenant)
            # a login that is refused twice in a row is no good
            times = 1 if options.get("status") == 401 else 2
            server.faults.add(kind, operation=KINDS[operation], times=times, skip=3, **options)
            timeout = 0.15 if kind in ("delay", "slow_drip") else 30
            before = {user.user_name for user in tenant.users()}
            result = bulk(
                users=definitions[operation],
                retries=2,
                timeout=timeout,
                concurrency=2,
                limits={"delete": 8},
            )
            assert "failed" not in result, result["msg"]
            names = {one["user_name"] for one in definitions[operation]}
            if operation == "delete":
                assert {user.user_name for user in tenant.users()} == before - names
            else:
                assert set(vendors(tenant)) == names
            written = collections.Counter(
                (e.argument("AssociateId"), e.argument("UserName")) for e in journal.committed
            )
            assert len(written) == len(names)
            assert set(written.values()) == {1}
            again = bulk(users=definitions[operation])
            assert again["changed"] is False


RETRIED = ("echo", "modified")


@pytest.mark.parametrize("kind", ["html", "redirect", "echo", "drop_before"])
def test_permanent_fault_fails_only_its_users_and_reports_no_effect(
    kind: str, bulk: Run, server: NetServer, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for operation in sorted(KINDS):
        with subtests.test(operation=operation):
            server.reset()
            definitions = add_users_and_persons(tenant)
            server.faults.add(kind, operation=KINDS[operation], times=3)
            options = {"users": definitions[operation], "limits": {"delete": 8}}
            result = bulk(**options, concurrency=1)
            done = {"modify": "modified", "create": "created", "delete": "deleted"}[operation]
            found = statuses(result)
            # a 500 may be about the spelling of the flags, so that one user has several tries
            assert found == {
                done: 8 - found["failed"],
                "failed": 1 if (kind, done) == RETRIED else 3,
            }
            failed = [row["error"]["msg"] for row in result["results"] if row["status"] == "failed"]
            assert all("effect" in text or "Nothing was changed" in text for text in failed)
            assert len(journal.committed) == found[done]
            assert statuses(bulk(**options))[done] == found["failed"]


def test_creation_with_lost_response_keeps_password_and_id(
    bulk: Run, server: NetServer, tenant: Any, definitions: dict[str, list[dict[str, Any]]]
) -> None:
    server.faults.add("drop_after", operation="CreateExternalUser", times=None)
    result = bulk(users=definitions["create"])
    assert statuses(result) == {"created": 8}
    for row in result["results"]:
        assert row["associate_id"] == tenant.user(row["user_name"]).associate_id
        assert tenant.password_matches(row["user_name"], GOOD)


def test_truncated_id_of_a_new_user_is_detected(
    bulk: Run, server: NetServer, tenant: Any, definitions: dict[str, list[dict[str, Any]]]
) -> None:
    others = end_state(tenant)
    server.faults.add("truncate", operation="CreateExternalUser", how="json")
    result = bulk(users=definitions["create"][:2], concurrency=1)
    assert statuses(result) == {"created": 1, "failed": 1}
    assert result["error"]["kind"] == "not_applied"
    assert set(others) < set(end_state(tenant))
    assert bulk(users=definitions["create"][:2])["changed"] is False


def test_expired_sessions_are_renewed_during_parallel_requests(
    bulk: Run, server: NetServer, tenant: Any, role_changes: list[dict[str, Any]]
) -> None:
    # with this latency all eight are under way when the first is turned away
    server.latency = 0.1
    server.faults.add("status", operation="SetExternalUserInfo", status=401, times=8, body="{}")
    result = bulk(users=role_changes, concurrency=8)
    assert "failed" not in result, result["msg"]
    assert len(vendors(tenant)) == NUMBER


def test_expired_ticket_fails_the_run_and_reports_what_was_written(
    bulk: Run, server: NetServer, tenant: Any, role_changes: list[dict[str, Any]], journal: Any
) -> None:
    ticket = tenant.issue_ticket(server.admin[0])
    login = {"auth_method": "soticket", "auth_ticket": ticket}
    server.faults.add("expire_session", operation="SetExternalUserInfo", skip=5)
    result = bulk(users=role_changes, concurrency=1, max_failures=2, **login)
    assert result["failed"] is result["changed"] is True
    # the first refused login ends the run
    assert result["summary"]["skipped"] == NUMBER - 5 - 1
    # the five could not be verified: they count as failed, with what is known of them
    rows = {row["user_name"]: row for row in result["results"]}
    assert all(rows[f"u{n:02}"]["error"]["status"] == 401 for n in range(6))
    assert "The ticket has expired" in result["msg"]
    assert len(journal.committed) == len(vendors(tenant)) == 5


@pytest.mark.parametrize("dialect", [{"throttle": "25"}, {"parallel": "3"}], ids=str)
def test_throttling_reduces_the_requests_of_all_workers(
    dialect: dict[str, str], bulk: Run, server: NetServer, tenant: Any, journal: Any,
    role_changes: list[dict[str, Any]],
) -> None:  # fmt: skip
    server.latency = 0.005
    with server.using(**dialect):
        result = bulk(users=role_changes, concurrency=6, retries=4)
    assert "failed" not in result, result["msg"]
    assert len(vendors(tenant)) == NUMBER
    assert len(journal.committed) == NUMBER
    refused = [entry for entry in journal.entries if entry.status in (429, 503)]
    assert 0 < len(refused) <= 32


def test_one_retry_after_pauses_all_workers(
    bulk: Run, server: NetServer, journal: Any, role_changes: list[dict[str, Any]]
) -> None:
    server.faults.add("status", operation="SetExternalUserInfo", status=429, retry_after=1, skip=4)
    started = time.monotonic()
    result = bulk(users=role_changes, concurrency=2, retries=1, preflight="offline")
    assert "failed" not in result
    assert time.monotonic() - started >= 1.0
    assert len(journal.committed) == NUMBER


def test_late_refusal_does_not_change_a_confirmed_flag_spelling(
    bulk: Run, server: NetServer, tenant: Any, journal: Any
) -> None:
    tenant.add_external_users({"user_name": name, "role_id": 5} for name in ("u0", "u1"))
    users = [{"user_name": name, "role": "Vendor"} for name in ("u0", "u1")]
    # a refusal without a type could be one of the spelling of the flags, which the other user
    # has proved by the time that it comes
    refuse(server, 1, body='{"Message": "No."}', seconds=0.5)
    result = bulk(users=users, concurrency=2)
    assert statuses(result) == {"modified": 1, "failed": 1}
    assert journal.counts()["SetExternalUserInfo"] == 2


# --- verification


@pytest.mark.parametrize(
    ("ignored", "change", "told"),
    [
        ("role", {"role": "Vendor"}, "role_id is 5 instead of 6"),
        ("active", {"is_active": False}, "is_active is True instead of False"),
        ("user_name", {"user_name": "new"}, "user_name is 'u00' instead of 'new'"),
    ],
)
def test_ignored_change_fails_with_field_expected_and_actual_value(
    ignored: str, change: dict[str, Any], told: str, bulk: Run, server: NetServer, tenant: Any,
    role_changes: list[dict[str, Any]],
) -> None:  # fmt: skip
    first = tenant.user("u00").associate_id
    start = tenant.snapshot()
    users = [{"associate_id": first, **change}, {"user_name": "u01"}]
    with server.using(silent_ignore=ignored):
        result = bulk(users=users)
    assert result["error"]["kind"] == "not_applied"
    assert told in result["msg"]
    assert result["changed"] is False
    assert result["summary"]["failed"] == result["summary"]["unchanged"] == 1
    assert tenant.snapshot() == start
    with server.using(silent_ignore=ignored):
        assert "failed" not in bulk(users=users, verify=False)


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_stale_list_is_read_again(
    lag: int, bulk: Run, server: NetServer, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for operation in sorted(KINDS):
        with subtests.test(operation=operation):
            server.reset()
            definitions = add_users_and_persons(tenant)
            with server.using(read_lag=str(lag)):
                result = bulk(users=definitions[operation][:1])
            assert "failed" not in result, result["msg"]
            assert result["changed"] is True
            assert len(journal.committed) == 1


@pytest.mark.parametrize("delete", ["retire", "deactivate"])
def test_retired_user_counts_as_deleted_and_deactivated_user_does_not(
    delete: str, bulk: Run, server: NetServer, definitions: dict[str, list[dict[str, Any]]]
) -> None:
    options = {"users": definitions["delete"], "limits": {"delete": 8}}
    with server.using(delete=delete):
        result = bulk(**options)
        again = bulk(**options)
    if delete == "retire":
        assert statuses(result) == {"deleted": 8}
        assert again["changed"] is False
    else:
        assert statuses(result) == {"failed": 8}
        assert result["error"]["kind"] == "not_applied"


def test_failed_verification_reports_what_was_written(
    bulk: Run, server: NetServer, tenant: Any, role_changes: list[dict[str, Any]]
) -> None:
    server.faults.add("status", operation="Archive/*", status=500, skip=2, times=None)
    result = bulk(users=role_changes)
    assert result["failed"] is result["changed"] is True
    assert statuses(result) == {"failed": NUMBER}
    assert "could not be read back" in result["msg"]
    assert len(vendors(tenant)) == NUMBER


@pytest.mark.parametrize("kind", ["drop_before", "html", "garbage", "status", "truncate"])
def test_failed_read_prevents_all_writes(
    kind: str, bulk: Run, server: NetServer, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for operation in ["GetAllRoles", "Archive/ExternalUsers", "GetUser", "GetUserInfoList", "Is*"]:
        with subtests.test(operation=operation):
            server.reset()
            role_changes = add_users(tenant)
            server.faults.add(kind, operation=operation, times=None)
            start = tenant.snapshot()
            users = [*role_changes, {"user_name": "u00x", "previous_user_names": ["u00"]}]
            result = bulk(users=users[1:])
            assert result["failed"] is True
            assert result["changed"] is False
            assert tenant.snapshot() == start
            assert journal.writes == []
