# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that close after any byte of a write or of its response.

The words of the result agree with the server, and a write takes effect once at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.proxies import certificates
from tests.reliability.closing_proxy import ClosingProxy, Cut
from tests.reliability.workloads import BULK, MANY, ONE, SINGLE, add_users, user_states

WAYS = ("http", "https", "CONNECT")
# a request with its head, and a response with its head, are shorter
LONGEST = {"request": 640, "response": 420}


@pytest.fixture(params=WAYS)
def proxied(
    request: pytest.FixtureRequest, server: NetServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ClosingProxy, Result]]:
    """A fault proxy in front of the server, and the options that lead through it."""
    options: Result = {}
    if request.param == "http":
        proxy = ClosingProxy(server.url)
        options["allow_http"] = True
    else:
        paths = certificates.make(tmp_path_factory.mktemp("certificates"))
        proxy = ClosingProxy(server.url, paths.server_both)
        options["ca_path"] = str(paths.ca)
    if request.param == "CONNECT":
        options["proxy"] = f"http://127.0.0.1:{proxy.port}"
    yield proxy, {**options, "url": proxy.url}
    proxy.close()


def sizes(side: str, step: int) -> range:
    return range(0, LONGEST[side], step)


def check(
    server: NetServer, proxy: ClosingProxy, options: Result, cut: Cut, *, always: bool, many: bool
) -> None:
    """Run a task whose connection is cut, once or always, and compare its result."""
    server.reset()
    add_users(server)
    before = user_states(server)
    proxy.cut, proxy.times = cut, 1000 if always else 1
    task = BULK if many else SINGLE[cut.operation]
    result = run_in_process(MANY if many else ONE, {**options, **task}, False)
    after = user_states(server)
    made = [(entry.operation, str(entry.body or entry.query)) for entry in server.journal.committed]
    case = (cut, always, many, result.get("msg"), made)
    assert len(made) == len(set(made)), case
    if not always:
        assert proxy.times == 0, case
        assert "failed" not in result, case
    if not result["changed"]:
        assert after == before, case
    if after == before:
        assert not result["changed"] or result.get("failed"), case
    if not many and result.get("failed"):
        told = result["msg"]
        if "Nothing was changed" in told or "did not take effect" in told:
            assert after == before, case


@pytest.mark.parametrize("side", ["request", "response"])
def test_write_through_a_connection_that_closes(
    side: str, proxied: tuple[ClosingProxy, Result], server: NetServer, connection: Result
) -> None:
    proxy, way = proxied
    options: dict[str, Any] = {**connection, **way, "retries": 1, "timeout": 5}
    for operation in SINGLE:
        for size in sizes(side, 149):
            check(server, proxy, options, Cut(operation, side, size), always=False, many=False)
    check(server, proxy, options, Cut("SetExternalUserInfo", side, 60), always=True, many=False)
    check(server, proxy, options, Cut("SetExternalUserInfo", side, 60), always=False, many=True)
    check(server, proxy, options, Cut("CreateExternalUser", side, 60), always=True, many=True)


@pytest.mark.slow
@pytest.mark.parametrize("operation", SINGLE)
@pytest.mark.parametrize("side", ["request", "response"])
def test_write_through_a_connection_that_closes_after_any_byte(
    side: str,
    operation: str,
    proxied: tuple[ClosingProxy, Result],
    server: NetServer,
    connection: Result,
) -> None:
    proxy, way = proxied
    options: dict[str, Any] = {**connection, **way, "retries": 1, "timeout": 5}
    # TLS and CONNECT are slower, and differ in little else
    for size in sizes(side, 11 if "ca_path" in way else 1):
        check(server, proxy, options, Cut(operation, side, size), always=False, many=False)
    for size in sizes(side, 37):
        check(server, proxy, options, Cut(operation, side, size), always=True, many=False)
        check(server, proxy, options, Cut(operation, side, size), always=False, many=True)
        check(server, proxy, options, Cut(operation, side, size), always=True, many=True)
