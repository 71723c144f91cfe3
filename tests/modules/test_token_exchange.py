# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""auth_exchange_token: logging in once in a task that sends many requests."""

from __future__ import annotations

import collections
import json
from typing import Any

import pytest

from tests.modules.conftest import ADMIN, Run
from tests.modules.execution_paths import Result
from tests.netserver import NetServer

COUNT = 80
BEFORE = 25
PASSWORD = "Another-admin-password-1"


@pytest.fixture
def changes(tenant: Any) -> list[Result]:
    names = [f"u{n:02}" for n in range(COUNT)]
    tenant.add_external_users({"user_name": name, "role_id": 5} for name in names)
    return [{"user_name": name, "role": "Vendor"} for name in names]


def exchanges(journal: Any) -> list[Any]:
    return [one for one in journal.entries if one.operation == "User/currentToken"]


def assert_applied(result: Result, journal: Any, tenant: Any) -> None:
    """Everything was written, once, and every request was counted; no secret is shown."""
    assert "failed" not in result, result["msg"]
    assert result["summary"]["modified"] == COUNT
    assert {user.role_name for user in tenant.users() if user.is_external} == {"Vendor"}
    written = collections.Counter(one.argument("AssociateId") for one in journal.committed)
    assert set(written.values()) == {1}
    assert sum(result["requests"].values()) == len(journal.entries)
    assert_no_secret(result)


def assert_no_secret(result: Result) -> None:
    shown = json.dumps(result)
    assert "8A:" not in shown
    assert ADMIN[1] not in shown


@pytest.mark.parametrize("concurrency", [1, 8, "auto"])
def test_long_task_logs_in_once(
    concurrency: object, bulk: Run, journal: Any, tenant: Any, changes: list[Result]
) -> None:
    result = bulk(users=changes, auth_exchange_token=True, concurrency=concurrency)
    assert_applied(result, journal, tenant)
    assert len(exchanges(journal)) == 1
    # those that were on their way meanwhile
    schemes = collections.Counter(one.scheme for one in journal.entries)
    assert BEFORE < schemes["basic"] <= BEFORE + 1 + 32
    assert schemes["bearer"] > 20
    assert {one.login for one in journal.entries} == {ADMIN[0]}
    assert result["requests"]["login"] == 2


def test_short_task_and_task_that_is_not_asked_to_get_no_token(
    bulk: Run, journal: Any, tenant: Any, changes: list[Result]
) -> None:
    assert "failed" not in bulk(users=changes[:2], auth_exchange_token=True)
    assert "failed" not in bulk(users=changes)
    assert not exchanges(journal)
    assert {one.scheme for one in journal.entries} == {"basic"}


@pytest.mark.parametrize("concurrency", [1, 8])
def test_token_that_expires_is_replaced(
    concurrency: int, bulk: Run, server: NetServer, tenant: Any, changes: list[Result]
) -> None:
    # while one request gets a token, the others go on with user name and password
    lifetime = "20" if concurrency == 1 else "10"
    with server.using(session_requests=lifetime):
        result = bulk(users=changes, auth_exchange_token=True, concurrency=concurrency)
    assert_applied(result, server.journal, tenant)
    assert len(exchanges(server.journal)) >= 3
    refused = [one for one in server.journal.entries if one.status == 401]
    assert {one.scheme for one in refused} == {"bearer"}


def test_token_that_is_not_accepted_is_not_replaced(
    bulk: Run, server: NetServer, tenant: Any, changes: list[Result]
) -> None:
    with server.using(bearer="refused"):
        result = bulk(users=changes, auth_exchange_token=True)
    assert_applied(result, server.journal, tenant)
    assert len(exchanges(server.journal)) == 1
    assert server.journal.entries[-1].scheme == "basic"


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("status", {"status": 404}),
        ("status", {"status": 500}),
        ("html", {}),
        ("drop_after", {}),
        ("garbage", {"body": '{"Token": ""}'}),
        ("garbage", {"body": '"two\\nlines"'}),
        ("garbage", {"body": "null"}),
    ],
)
def test_service_that_gives_no_token_is_used_without(
    kind: str, options: dict[str, Any], bulk: Run, server: NetServer, tenant: Any,
    changes: list[Result],
) -> None:  # fmt: skip
    server.faults.add(kind, operation="User/currentToken", times=None, **options)
    result = bulk(users=changes, auth_exchange_token=True)
    assert_applied(result, server.journal, tenant)
    assert len(exchanges(server.journal)) == 1
    assert {one.scheme for one in server.journal.entries} == {"basic"}


def test_wrong_login_is_reported_as_one(bulk: Run, journal: Any, changes: list[Result]) -> None:
    result = bulk(users=changes, auth_exchange_token=True, auth_password="wrong-password")
    assert result["error"]["kind"] == "unauthorized"
    assert "Check auth_username and auth_password" in result["msg"]
    assert not exchanges(journal)


def test_login_that_ends_during_the_task_is_reported_as_one(
    bulk: Run, server: NetServer, tenant: Any, changes: list[Result]
) -> None:
    def end(s: Any) -> None:
        s.tenant.change_user(ADMIN[0], password=PASSWORD)
        s.tenant.expire_sessions()

    server.changes.add(end, after=40, operation="SetExternalUserInfo")
    result = bulk(users=changes, auth_exchange_token=True, concurrency=1, max_failures=1)
    assert result["failed"]
    assert "The login worked before" in result["msg"]
    assert len(server.journal.committed) == 40
    assert len(exchanges(server.journal)) == 2
    assert_no_secret(result)


def test_token_in_an_error_of_the_service_is_masked(
    bulk: Run, server: NetServer, changes: list[Result]
) -> None:
    server.faults.add("echo", operation="SetExternalUserInfo", skip=60, times=None)
    result = bulk(users=changes, auth_exchange_token=True)
    assert result["failed"]
    assert_no_secret(result)
    # of a long text, its two ends are shown
    assert "Host: " in result["msg"]


def test_login_probes_use_the_password(bulk: Run, tenant: Any, journal: Any) -> None:
    password = "Good-enough-password-1"
    tenant.add_external_users({"user_name": f"u{n}", "password": password} for n in range(60))
    users = [{"user_name": f"u{n}", "password": password} for n in range(60)]
    options = {"defaults": {"update_password": "when_changed"}, "auth_exchange_token": True}
    result = bulk(users=users, **options)
    assert result["changed"] is False
    assert result["requests"]["login_probe"] == 60
    assert {one.login for one in journal.entries if one.operation == "User/currentPrincipal"} >= {
        f"u{n}" for n in range(60)
    }


def test_other_methods_have_nothing_to_exchange(bulk: Run, journal: Any, tenant: Any) -> None:
    token = {"auth_method": "bearer", "auth_token": tenant.issue_token(ADMIN[0])}
    result = bulk(users=[], **token, auth_exchange_token=True)
    assert "auth_exchange_token (SUPEROFFICE_AUTH_EXCHANGE_TOKEN)" in result["msg"]
    assert not journal.entries


def test_environment_and_a_single_user(
    user: Run, journal: Any, changes: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPEROFFICE_AUTH_EXCHANGE_TOKEN", "true")
    assert user(**changes[0])["changed"] is True
    assert not exchanges(journal)
