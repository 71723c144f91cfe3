# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs through HAProxy: resets, a queue, idle connections, its own retries, its own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.netserver import NetServer
from tests.proxies.agreement import WRITES, Workload
from tests.proxies.certificates import Certificates
from tests.proxies.conftest import Gateway, Verified, outcome
from tests.proxies.daemon import free_port
from tests.proxies.haproxy import HAProxy
from tests.proxies.scenarios import break_once_for_some_users, kill_after_a_change_took_effect

Start = Callable[..., Gateway]
OUTPUT = "haproxy.out"

# --- what passes

# counts the writing requests, so that a rule can strike each third of them
COUNTER = """
backend counter
    stick-table type integer size 1 expire 1m store gpc0
"""
COUNTING = """
    acl write path_reg (Create|Set|Delete)ExternalUser
    http-request track-sc0 int(1) table counter if write
    http-request sc-inc-gpc0(0) if write
"""
PASSING: dict[str, HAProxy] = {
    "mutual TLS": HAProxy(),
    "one request at a time, the others wait": HAProxy(server="maxconn 1"),
    "connections are closed after each response": HAProxy(defaults="option httpclose"),
    "connections to the service are shared": HAProxy(defaults="http-reuse always"),
    "the first write and each third are reset before the effect": HAProxy(
        defaults="option nolinger",
        frontend=COUNTING + "    http-request reject if write { sc_get_gpc0(0),mod(3) eq 1 }",
        more=COUNTER,
    ),
}


@pytest.mark.parametrize("case", PASSING)
def test_a_run_changes_everything(
    case: str, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(PASSING[case])
    if "wait" in case:
        server.latency = 0.01
    assert outcome(verified(server, work, gateway)) == "changed"
    if "reset" in case:
        assert " PR-- " in gateway.log(OUTPUT)


def test_a_proxy_that_closes_idle_connections_while_the_service_asks_for_a_pause(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    # the pause and the limit of HAProxy are both one second: the connection closes as it is used
    gateway = reverse_proxy(HAProxy(defaults="timeout http-keep-alive 1s"))
    times = 1 if work.is_single else 4
    server.faults.add("status", operation=WRITES, status=429, retry_after=1, times=times)
    assert outcome(verified(server, work, gateway)) == "changed"


# --- what it refuses


def test_a_queue_that_is_too_slow_is_told_or_waited_for(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(HAProxy(server="maxconn 1", defaults="timeout queue 50ms"))
    server.latency = 0.03
    verified(server, work, gateway)
    if not work.is_single:
        assert " 503 " in gateway.log(OUTPUT)


@pytest.mark.parametrize("shown", ["none", "of another authority"])
def test_a_client_certificate_is_required(
    shown: str, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified,
    certificates: Certificates,
) -> None:  # fmt: skip
    gateway = reverse_proxy(HAProxy())
    client = None if shown == "none" else str(certificates.stranger)
    result = verified(server, work, gateway, client_cert=client, retries=1)
    # whether the alert arrives before the connection is reset is a matter of chance
    assert outcome(result) in {"tls", "connection_lost"}
    assert " POST " not in gateway.log(OUTPUT)


PAGE = """HTTP/1.1 503 Service Unavailable
Content-Type: text/html
Retry-After: 1
Content-Length: 14

<h1>later</h1>"""


@pytest.mark.parametrize("retry_after", [True, False], ids=["Retry-After", "no Retry-After"])
def test_a_service_that_is_not_there(
    retry_after: bool, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    page = "errorfile 503 {folder}/503.http" if retry_after else ""
    configuration = HAProxy(defaults=page, backend="retries 0", pages=(("503.http", PAGE),))
    gateway = reverse_proxy(configuration, upstream=free_port())
    result = verified(server, work, gateway, retries=1)
    assert "HTTP 503" in result["msg"]


# --- what breaks behind it

CLOSE = "option httpclose"
# HAProxy sends again what it has as a whole, and what is not of a connection that the client keeps
RETRIES = HAProxy(
    defaults=f"{CLOSE}\n    option http-buffer-request",
    backend="retries 3\n    retry-on all-retryable-errors",
)
BREAKS: dict[str, tuple[HAProxy, dict[str, Any], dict[str, Any]]] = {
    # of a connection that it keeps, HAProxy passes on the end, and no page
    "the connection is closed before the effect": (HAProxy(), {"kind": "drop_before"}, {}),
    "the connection is closed after the effect": (HAProxy(), {"kind": "drop_after"}, {}),
    "502 before the effect": (HAProxy(defaults=CLOSE), {"kind": "drop_before"}, {}),
    "502 after the effect": (HAProxy(defaults=CLOSE), {"kind": "drop_after"}, {}),
    "504 after the effect": (
        HAProxy(backend="timeout server 1s"),
        {"kind": "delay", "when": "after", "seconds": 1.5},
        {},
    ),
    "503 with Retry-After after the effect": (
        HAProxy(
            defaults=f"{CLOSE}\n    errorfile 502 {{folder}}/502.http",
            pages=(("502.http", PAGE),),
        ),
        {"kind": "drop_after"},
        {},
    ),
    "the response is cut": (HAProxy(), {"kind": "truncate", "how": "length"}, {}),
    "the response is dropped": (
        HAProxy(backend="http-response silent-drop if { status 418 }"),
        {"kind": "status", "status": 418, "commit": True},
        {"timeout": 1},
    ),
    "HAProxy sends it again": (RETRIES, {"kind": "drop_after"}, {}),
    "HAProxy sends again what did not take effect": (
        RETRIES,
        {"kind": "drop_before"},
        {},
    ),
    "HAProxy sends a 503 again": (
        RETRIES,
        {"kind": "status", "status": 503},
        {},
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_service_that_breaks_once_for_each_of_some_users(
    case: str, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    configuration, fault, options = BREAKS[case]
    gateway = reverse_proxy(configuration)
    repeats = case == "HAProxy sends it again"
    break_once_for_some_users(
        server, work, gateway, verified, fault, options, gateway_repeats_writes=repeats
    )


# --- what breaks itself


@pytest.mark.parametrize("comes_back", [True, False], ids=["restarted", "gone"])
def test_haproxy_that_dies_after_a_change_took_effect(
    comes_back: bool, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(HAProxy(defaults="option nolinger"))
    kill_after_a_change_took_effect(server, work, gateway, verified, comes_back=comes_back)
