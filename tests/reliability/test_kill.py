# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bulk run that is killed at a request boundary, and then run again.

The module runs in a process of its own behind a fault proxy, which kills it when a
request has arrived, or when it took effect and the response is due.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.reliability import figures
from tests.reliability.fault_proxy import ProxiedRequest, ProxiedResponse, Reply, fault_proxy
from tests.reliability.limited_process import RunningModule, start
from tests.reliability.workloads import (
    BULK,
    MANY,
    UserStates,
    add_users,
    assert_none_twice,
    effects,
    user_states,
)

WRITES = ("CreateExternalUser", "SetExternalUserInfo", "DeleteExternalUser")
# at least as many as the requests of the calm run
BOUNDARIES = 20


def calm_run(server: NetServer, options: Result) -> tuple[UserStates, list[str]]:
    """Where the run leads if nothing kills it, and the requests that it takes."""
    add_users(server)
    with fault_proxy(server.url) as calm:
        result = run_in_process(MANY, {**options, "url": calm.url}, False)
        names = [request.operation for request in calm.requests]
    assert not result.get("failed"), result
    end = user_states(server)
    server.reset()
    add_users(server)
    return end, names


def killed_at(
    server: NetServer, options: Result, folder: Path, number: int, *, after: bool
) -> list[ProxiedRequest]:
    """Run the module and kill it at a request, before or after that took effect."""
    running: list[RunningModule] = []

    def rule(request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Reply:
        if request.number < number:
            return forward()
        if request.number == number and after:
            forward()
        running[0].kill()
        return None

    with fault_proxy(server.url, rule) as deadly:
        running.append(start(MANY, {**options, "url": deadly.url}, folder, memory=4 * 1024**3))
        ended = running[0].wait()
        assert running[0].process.returncode == -signal.SIGKILL, ended
        assert ended.result == {}
        return deadly.requests


def points() -> list[Any]:
    rows = []
    for number in range(1, BOUNDARIES + 1):
        for after in (False, True):
            quick = number in (8, 11, 14)
            marks = () if quick else (pytest.mark.slow,)
            when = "after" if after else "before"
            rows.append(pytest.param(number, after, marks=marks, id=f"{number}-{when}"))
    return rows


@pytest.mark.parametrize(("number", "after"), points())
def test_killed_run_is_completed_by_the_next_run(
    number: int, after: bool, server: NetServer, connection: Result, tmp_path: Path
) -> None:
    options = {**connection, **BULK, "concurrency": 1}
    end, names = calm_run(server, options)
    assert len(names) <= BOUNDARIES, names
    if number > len(names):
        return
    killed_at(server, options, tmp_path, number, after=after)
    done = len(effects(server.journal.entries))
    written = sum(name in WRITES for name in names[: number if after else number - 1])
    assert done == written
    again = run_in_process(MANY, options, False)
    assert not again.get("failed"), again
    assert user_states(server) == end
    assert_none_twice(server.journal.entries)
    assert len(effects(server.journal.entries)) == sum(name in WRITES for name in names)
    third = run_in_process(MANY, options, False)
    assert third["changed"] is False
    figures.count("kill: points, one request at a time")


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=() if n == 12 else pytest.mark.slow) for n in range(9, 21)]
)
def test_run_killed_with_several_requests_in_flight(
    number: int, server: NetServer, connection: Result, tmp_path: Path
) -> None:
    options = {**connection, **BULK, "concurrency": 4}
    end, names = calm_run(server, options)
    killed_at(server, options, tmp_path, min(number, len(names)), after=True)
    again = run_in_process(MANY, options, False)
    assert not again.get("failed"), again
    assert user_states(server) == end
    assert_none_twice(server.journal.entries)
    figures.count("kill: points, several requests at a time")


def test_password_of_a_killed_run_is_set_again(
    server: NetServer, connection: Result, tmp_path: Path
) -> None:
    """What cannot be read back is the one thing that is repeated."""
    words = {"password": "Another-password-1", "update_password": "always"}
    users = [{"user_name": name, "is_active": False, **words} for name in ("anna", "bob")]
    options = {**connection, **BULK, "users": users, "concurrency": 1}
    _end, names = calm_run(server, options)
    killed_at(server, options, tmp_path, names.index("SetExternalUserInfo") + 1, after=True)
    assert not run_in_process(MANY, options, False).get("failed")
    flags = [effect.what for effect in effects(server.journal.entries)]
    assert flags == ["Password, Active", "Password", "Password, Active"]
    assert all(server.tenant.password_matches(n, words["password"]) for n in ("anna", "bob"))
