# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two bulk runs at once on one installation, each in a process of its own with a login of its own.

No lost update goes unreported: where a run reports that a user is in sync, the user was in sync
when the run read it for the last time. If it is not in the end, the other run wrote after that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.archive import EVERY_ROW

from tests.modules.execution_paths import Result
from tests.netserver import NetServer
from tests.netserver.journal import Entry
from tests.reliability import figures
from tests.reliability.limited_process import GIGABYTE, start
from tests.reliability.workloads import MANY, NEW, OLD, row_for, user_states

OTHER = ("second", "long-enough-Admin-2-password")
ROLES = {"Partner": 5, "Vendor": 6}
EXISTING = [f"user{number}" for number in range(8)]
COMMON: Result = {"limits": {"delete": None, "deactivate": None}, "max_failures": 0}


def definitions(role: str, active: bool, *, first: bool) -> list[Result]:
    users: list[Result] = [
        {"user_name": name, "role": role, "is_active": active} for name in EXISTING
    ]
    users += [
        {"user_name": f"new{number}", "person_id": 1001 + number, "role": role, "password": NEW}
        for number in range(6)
    ]
    return users if first else users[::-1]


def together(folder: Path, tasks: list[Result]) -> list[Result]:
    running = []
    for number, task in enumerate(tasks):
        (folder / str(number)).mkdir()
        running.append(start(MANY, task, folder / str(number), 4 * GIGABYTE))
    return [one.wait().result for one in running]


def server_with_users(server: NetServer) -> None:
    for number, name in enumerate(EXISTING):
        server.tenant.add_external_user(name, role_id=2, password=OLD, person_id=1011 + number)
    server.tenant.add_internal_user(OTHER[0], "System", password=OTHER[1])
    server.latency = 0.004  # so that the two meet


def tasks_of(server: NetServer, one: list[Result], two: list[Result]) -> list[Result]:
    logins = [server.admin, OTHER]
    return [
        {
            "url": server.url,
            "auth_username": name,
            "auth_password": password,
            "users": users,
            **COMMON,
        }
        for (name, password), users in zip(logins, (one, two), strict=True)
    ]


ROUNDS = [pytest.param(n, marks=() if n == 0 else pytest.mark.slow) for n in range(12)]


@pytest.mark.parametrize("number", ROUNDS)
def test_concurrent_runs_with_different_definitions(
    number: int, server: NetServer, tmp_path: Path
) -> None:
    server_with_users(server)
    one = definitions("Partner", True, first=True)
    two = definitions("Vendor", False, first=number % 2 == 0)
    results = together(tmp_path, tasks_of(server, one, two))
    server.latency = 0
    after = user_states(server)
    for result, users, (login, other) in zip(
        results,
        (one, two),
        ((server.admin[0], OTHER[0]), (OTHER[0], server.admin[0])),
        strict=True,
    ):
        assert "summary" in result or result["failed"], result
        for wanted in users:
            lost = not is_as(after.get(wanted["user_name"]), wanted)
            if lost and says_done(result, wanted["user_name"]):
                assert wrote_later(server, login, other, wanted["user_name"]), (wanted, result)
                figures.count("concurrent runs: users changed after the last read")
            elif lost:
                figures.count("concurrent runs: changes overwritten and reported")
    figures.count("concurrent runs: rounds")


@pytest.mark.parametrize("number", ROUNDS)
def test_concurrent_runs_with_equal_definitions(
    number: int, server: NetServer, tmp_path: Path
) -> None:
    server_with_users(server)
    users = definitions("Partner", False, first=True)
    results = together(tmp_path, tasks_of(server, users, users))
    server.latency = 0
    after = user_states(server)
    assert all(is_as(after.get(wanted["user_name"]), wanted) for wanted in users)
    created = [e for e in server.journal.committed if e.operation == "CreateExternalUser"]
    assert len(created) == 6
    for wanted in users:
        # who did not do it does not say so, but found it done or says what came in between
        claims = [row for result in results if (row := row_for(result, wanted["user_name"]))]
        assert sum(row["status"] == "created" for row in claims) <= 1
    figures.count("concurrent runs: rounds")


def is_as(found: Any, wanted: Result) -> bool:
    if found is None:
        return False
    _person, role_id, active, _password = found
    return bool(role_id == ROLES[wanted["role"]] and active is wanted.get("is_active", True))


def says_done(result: Result, name: str) -> bool:
    if "summary" not in result:
        return False  # refused as a whole: nothing is claimed
    row = row_for(result, name)
    return row is None or row["status"] not in ("failed", "skipped")


def wrote_later(server: NetServer, login: str, other: str, name: str) -> bool:
    """Whether the other run wrote to a user after the first one looked for the last time."""
    user = server.tenant.user(name)
    assert user
    entries = server.journal.entries
    looks = [e.sequence for e in entries if e.login == login and shows(e, name, user.associate_id)]
    writes = [
        e.sequence
        for e in entries
        if e.login == other and e.committed and is_about(e, name, user.associate_id)
    ]
    return bool(writes) and max(writes) > max(looks)


def shows(entry: Entry, name: str, associate_id: int) -> bool:
    """Whether a read shows this user; the first page has all, and the one after it none."""
    if entry.operation != "Archive/ExternalUsers":
        return False
    restriction = entry.query["$filter"]
    is_of_all = restriction == EVERY_ROW and entry.query.get("$skip") == "0"
    return is_of_all or name in restriction or str(associate_id) in restriction


def is_about(entry: Entry, name: str, associate_id: int) -> bool:
    meant = {entry.argument("UserName"), entry.argument("AssociateId")}
    return bool(meant & {name, associate_id})
