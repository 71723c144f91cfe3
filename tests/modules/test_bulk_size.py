# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten thousand users: what a run costs in requests, writes and memory."""

from __future__ import annotations

import collections
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.modules.conftest import ADMIN
from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer

USERS = 10_000


@pytest.fixture(scope="module")
def large_server() -> Iterator[NetServer]:
    with NetServer(users=USERS, persons=200, admin=ADMIN) as server:
        yield server


def name(number: int) -> str:
    return f"user{number:05}@example.com"


def run(server: NetServer, *, check: bool = False, **options: Any) -> Result:
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    return run_in_process("superoffice_external_users", {**connection, **options}, check)


def test_thousand_changes_among_ten_thousand_users_cost_one_request_each(
    large_server: NetServer,
) -> None:
    large_server.reset()
    persons = [11_001 + number for number in range(200)]
    users = [
        *[{"user_name": name(n), "role": "Partner"} for n in range(1, 401)],
        *[{"user_name": name(n), "is_active": False} for n in range(401, 601)],
        *[{"user_name": name(n), "state": "absent"} for n in range(601, 701)],
        *[{"user_name": f"x{n}", "previous_user_names": [name(n)]} for n in range(701, 801)],
        *[
            {"user_name": f"new{p}", "person_id": p, "role": "Vendor", "password": "Good-pass-1"}
            for p in persons
        ],
        *[{"user_name": name(n), "role": "External user"} for n in range(801, USERS + 1)],
    ]
    result = run(large_server, users=users)
    assert "failed" not in result, result["msg"]
    assert result["summary"] == {
        "unchanged": 9200, "created": 200, "modified": 400, "renamed": 100, "deactivated": 200,
        "deleted": 100, "failed": 0, "skipped": 0, "protected": 0, "total": 10_200,
    }  # fmt: skip
    assert len(result["results"]) == 1000
    assert collections.Counter(entry.operation for entry in large_server.journal.committed) == {
        "SetExternalUserInfo": 700,
        "CreateExternalUser": 200,
        "DeleteExternalUser": 100,
    }
    assert len(large_server.journal.writes) == len(large_server.journal.committed)
    assert sum(result["requests"].values()) == len(large_server.journal.entries)
    assert result["requests"] == {
        "roles": 1,
        "login": 1,
        # the pages, the written users in batches of their ids, the logins of 200 persons afresh,
        # and again after the modifications
        "archive": 11 + 6 + 4 + 4,
        # GetUser for the first and GetUserInfoList for the other 799 that exist, and for all 10,000
        # users, of which percentages count only those that can be changed, and for those to delete
        # once more
        "user": 2 + 10 + 1,
        # a name and a password for each new user, a name for each renamed one
        "validate": 200 * 2 + 100,
        # some fifty ids fit into a query
        "person": 4,
        "create": 200,
        "modify": 700,
        "delete": 100,
    }
    assert len({entry.connection for entry in large_server.journal.entries}) <= 8
    mark = large_server.journal.mark()
    again = run(large_server, users=users)
    assert again["changed"] is False
    assert again["summary"]["unchanged"] == 10_200
    # the list is read again before 100 users are taken for absent
    assert again["requests"] == {"roles": 1, "archive": 11 + 11}
    assert len(large_server.journal.since(mark)) == 23


def test_ten_thousand_users_in_sync_cost_twelve_requests(
    large_server: NetServer,
) -> None:
    large_server.reset()
    users = [{"user_name": name(n), "role": "External user"} for n in range(1, USERS + 1)]
    passwords = {name(n): f"Secret-of-{n:05}-Xy1" for n in range(1, USERS + 1)}
    result = run(large_server, users=users, passwords=passwords)
    assert "failed" not in result, result["msg"]
    assert result["summary"]["unchanged"] == result["summary"]["total"] == USERS
    assert result["requests"] == {"roles": 1, "archive": 11}
    assert len(large_server.journal.entries) == 12
    assert large_server.journal.writes == []
    text = json.dumps(result)
    assert len(text) < 10_000
    assert "Secret-of-" not in text


def test_run_over_ten_thousand_users_uses_little_memory(
    large_server: NetServer,
) -> None:
    large_server.reset()
    users = [
        {"user_name": name(n), "role": "External user", "password": f"Secret-{n}"}
        for n in range(1, 2001)
    ]
    tracemalloc.start()
    run(large_server, users=users, check=True)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 1024 * 1024
