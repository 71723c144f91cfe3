# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault matrix: after every fault the state is right, or the task reports what is unknown.

A cell is a module, a fault, the operation that it strikes, and how often. What the service holds
afterwards is looked up in its database, and every claim of the result is compared with that.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.reliability import figures
from tests.reliability.fault_proxy import (
    FaultProxy,
    ProxiedRequest,
    ProxiedResponse,
    Reply,
    fault_proxy,
)
from tests.reliability.workloads import (
    BULK,
    DEFINITIONS,
    MANY,
    MODIFY,
    ONE,
    SINGLE,
    UserStates,
    add_users,
    assert_none_twice,
    row_for,
    user_states,
)

WRITES = tuple(SINGLE)
# the first read of users, the next one, and the first request of all
READS = {
    "archive read": ("Archive/ExternalUsers", 0),
    "second archive read": ("Archive/ExternalUsers", 1),
    "role read": ("GetAllRoles", 0),
}
OPERATIONS = (*WRITES, *READS)
# a delayed effect comes after the read that follows the timeout, and before the end of the test
PATIENT, IMPATIENT, DELAY = 10.0, 0.25, 0.6
ERROR_OBJECT = json.dumps({"Error": True, "ErrorType": "SoServerException", "Message": "Broken."})


@dataclasses.dataclass(frozen=True)
class Case:
    """A fault of the embedded server; `heals` says that a further try or a look gets over it."""

    kind: str
    error: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    status: int | None = None
    timeout: float = PATIENT
    heals_reads: bool = True
    heals_writes: bool = True
    quick: bool = False


def status(
    code: int, after: object = None, *, commit: bool = False, quick: bool = False
) -> tuple[str, Case]:
    turned_away = code == 429 or (code == 503 and after is not None)
    name = f"{code}" + (f", Retry-After {after}" if after is not None else "")
    options = {"status": code, "retry_after": after, "commit": commit}
    return name + (" after the effect" if commit else ""), Case(
        "status",
        "throttled" if turned_away else "unavailable",
        options,
        status=code,
        quick=quick,
    )


FAULTS = dict(
    [
        ("dropped before", Case("drop_before", "connection_lost", quick=True)),
        ("dropped after", Case("drop_after", "connection_lost", quick=True)),
        status(408, quick=True),
        status(408, 1),
        status(429, quick=True),
        status(429, 1, quick=True),
        status(429, "Wed, 21 Oct 2015 07:28:00 GMT"),
        status(500, quick=True),
        status(500, 1),
        status(500, commit=True),
        status(502, quick=True),
        status(502, 1),
        status(502, commit=True),
        status(503, quick=True),
        status(503, 1, quick=True),
        status(503, commit=True),
        status(504, quick=True),
        status(504, 1),
        status(504, commit=True, quick=True),
        (
            "500 with an error object",
            Case(
                "status",
                "server_error",
                {"status": 500, "body": ERROR_OBJECT},
                status=500,
                heals_reads=False,
                heals_writes=False,
            ),
        ),
        (
            "slow, effect late",
            Case("delay", "timeout", {"seconds": DELAY}, timeout=IMPATIENT, quick=True),
        ),
        (
            "slow, effect at once",
            Case("delay", "timeout", {"seconds": DELAY, "when": "after"}, timeout=IMPATIENT),
        ),
        (
            "truncated, length",
            Case("truncate", "connection_lost", {"how": "length"}, quick=True),
        ),
        (
            "truncated, JSON",
            Case(
                "truncate",
                "not_understood",
                {"how": "json"},
                status=200,
                quick=True,
            ),
        ),
        (
            "wrong content type",
            Case("content_type", "not_understood", status=200, heals_reads=False, quick=True),
        ),
        (
            "HTML with 200",
            Case(
                "html",
                "not_understood",
                status=200,
                heals_reads=False,
                heals_writes=False,
                quick=True,
            ),
        ),
        (
            "session expired",
            Case(
                "expire_session",
                "unauthorized",
                status=401,
                heals_reads=False,
                heals_writes=False,
                quick=True,
            ),
        ),
        (
            "redirected",
            Case(
                "redirect",
                "redirect",
                status=302,
                heals_reads=False,
                heals_writes=False,
                quick=True,
            ),
        ),
    ]
)


def cells() -> list[Any]:
    return list(_cells())


def _cells() -> Iterator[Any]:
    for number, (name, case) in enumerate(FAULTS.items()):
        for place, operation in enumerate(OPERATIONS):
            for module in (ONE, MANY):
                for times in (1, None):
                    # in short: each of these faults once for each module, at changing operations
                    is_turn = (number + 3 * (module == MANY)) % len(OPERATIONS) == place
                    quick = case.quick and times == 1 and is_turn
                    marks = () if quick else (pytest.mark.slow,)
                    label = f"{name}-{operation}-{module}-{'once' if times else 'always'}"
                    yield pytest.param(name, operation, module, times, marks=marks, id=label)


def task_of(module: str, operation: str) -> Result:
    if module == MANY:
        # one at a time, so that it is certain which request a fault strikes
        return {**BULK, "concurrency": 1}
    return SINGLE.get(operation, MODIFY)


def calm_end(server: NetServer, module: str, task: Result, connection: Result) -> UserStates:
    """What the task leads to if nothing happens."""
    add_users(server)
    result = run_in_process(module, {**connection, **task}, False)
    assert not result.get("failed"), result
    end = user_states(server)
    server.reset()
    return end


@pytest.mark.parametrize(("name", "operation", "module", "times"), cells())
def test_fault_is_recovered_or_reported(
    name: str,
    operation: str,
    module: str,
    times: int | None,
    server: NetServer,
    connection: Result,
) -> None:
    case = FAULTS[name]
    task = task_of(module, operation)
    end = calm_end(server, module, task, connection)
    add_users(server)
    before = user_states(server)
    struck, skip = READS.get(operation, (operation, 0))
    server.faults.add(case.kind, operation=struck, times=times, skip=skip, **case.options)
    options = {**connection, **task, "timeout": case.timeout}
    result = run_in_process(module, options, False)
    if case.kind == "delay":
        time.sleep(DELAY)  # what is still under way comes to its end
    after = user_states(server)
    verdict = judge(result, before, after, end, module)
    # values that came late come after the try that repeated them, and say the same
    late = "SetExternalUserInfo" if case.kind == "delay" else ""
    assert_none_twice(entry for entry in server.journal.entries if entry.operation != late)
    heals = case.heals_writes if operation in WRITES else case.heals_reads
    # what took effect is found by a look, however often its response is spoiled
    commits = operation in WRITES and server_commits(case)
    should_heal = (heals and times == 1) or (commits and heals)
    if operation in ("archive read", "second archive read") and case.error == "server_error":
        # the list is read again without names of persons, which the service may have refused
        should_heal = should_heal or times == 1
    if name == "truncated, JSON" and operation == "CreateExternalUser":
        # the first digits of an id are an id, and nobody's; of two ids, they are the same
        kind = "several" if module == MANY and times is None else "not_applied"
        should_heal, case = False, dataclasses.replace(case, error=kind, status=None)
    assert (verdict == "ok") is should_heal, (verdict, result.get("msg"), result.get("results"))
    if verdict != "ok":
        assert_named(result, case, module)
    figures.cell(module, name, operation, "once" if times else "always", verdict)


def server_commits(case: Case) -> bool:
    committing = case.kind in ("content_type", "drop_after", "truncate", "delay")
    return bool(case.options.get("commit", committing))


def judge(
    result: Result, before: UserStates, after: UserStates, end: UserStates, module: str
) -> str:
    """Compare what the result claims with what is; return what the cell comes to."""
    failed = bool(result.get("failed"))
    for name in {*before, *after, *end}:
        assert after.get(name) in (before.get(name), end.get(name)), (name, after.get(name))
    if not failed:
        assert after == end
        assert result["changed"] is (before != end)
        return "ok"
    if module == ONE:
        assert_honest(result["changed"], result["msg"], before != after)
    else:
        assert_rows_honest(result, before, after, end)
    return "fails, done" if after == end else "fails, partly" if after != before else "fails"


def assert_honest(changed: bool, message: str, has_changed: bool) -> None:
    if changed != has_changed:
        assert "not known" in message or "may still" in message, (changed, has_changed, message)
    if "Nothing was changed" in message or "did not take effect" in message:
        assert not has_changed, message


def assert_rows_honest(
    result: Result, before: UserStates, after: UserStates, end: UserStates
) -> None:
    if "results" not in result:
        assert not result["changed"]
        assert before == after
        return
    for name in (str(entry["user_name"]) for entry in DEFINITIONS):
        row = row_for(result, name)
        has_changed = before.get(name) != after.get(name)
        if row is None or row["status"] in ("unchanged", "skipped"):
            assert not has_changed, (name, row)
        elif row["status"] == "failed":
            message = row["error"]["msg"]
            if "did not take effect" in message or "Nothing was changed" in message:
                assert not has_changed, message
        else:
            assert after.get(name) == end.get(name), (name, row)
    if not result["changed"] and before != after:
        assert "not known" in result["msg"] or "may still" in result["msg"]


def assert_named(result: Result, case: Case, module: str) -> None:
    """The error says what it was, where, and which status it had."""
    assert result["error"]["kind"] == case.error, result
    assert result["error"]["operation"] or case.error in ("not_applied", "several")
    assert result["error"]["status"] == case.status
    assert len(result["msg"]) > 40
    if case.status:
        assert str(case.status) in result["msg"]
    assert "Traceback" not in json.dumps(result)


# --- refused connections: nothing listens for a while, or from then on


def _refused_cells() -> Iterator[Any]:
    for operation in OPERATIONS:
        for module in (ONE, MANY):
            for times in ("once", "always"):
                is_turn = operation in ("CreateExternalUser", "role read")
                marks = () if times == "once" and is_turn else (pytest.mark.slow,)
                label = f"{operation}-{module}-{times}"
                yield pytest.param(operation, module, times, marks=marks, id=label)


@pytest.mark.parametrize(("operation", "module", "times"), list(_refused_cells()))
def test_refused_connection_is_recovered_or_reported(
    operation: str, module: str, times: str, server: NetServer, connection: Result
) -> None:
    task = task_of(module, operation)
    struck, skip = READS.get(operation, (operation, 0))
    add_users(server)
    with fault_proxy(server.url) as calm:
        run_in_process(module, {**connection, **task, "url": calm.url}, False)
        names = [request.operation for request in calm.requests]
        end = user_states(server)
    matching = [number for number, name in enumerate(names) if name == struck]
    server.reset()
    add_users(server)
    before = user_states(server)
    with fault_proxy(server.url) as closed:
        shut_before(closed, matching[skip], 0.06 if times == "once" else None)
        result = run_in_process(module, {**connection, **task, "url": closed.url}, False)
    verdict = judge(result, before, user_states(server), end, module)
    assert_none_twice(server.journal.entries)
    assert (verdict == "ok") is (times == "once"), result
    if verdict != "ok":
        assert result["error"]["kind"] == "unreachable"
        assert "Could not connect to" in result["msg"]
    figures.cell(module, "connection refused", operation, times, verdict)


def shut_before(proxy: FaultProxy, number: int, seconds: float | None) -> None:
    """Refuse connections from the response before the request of this number on."""
    if number == 0:
        proxy.refuse(seconds)
        return

    def rule(request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Reply:
        response = forward()
        if request.number == number:
            proxy.refuse(seconds)
            response.headers["Connection"] = "close"
        return response

    proxy.rule = rule
