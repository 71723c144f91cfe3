# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs through nginx: a TLS reverse proxy with client certificates and a path prefix."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.netserver import NetServer
from tests.proxies.agreement import WRITES, Workload
from tests.proxies.certificates import Certificates
from tests.proxies.conftest import Gateway, Verified, outcome
from tests.proxies.daemon import free_port, meanwhile
from tests.proxies.nginx import Nginx
from tests.proxies.scenarios import break_once_for_some_users, kill_after_a_change_took_effect

Start = Callable[..., Gateway]

# --- what a healthy proxy does

HEALTHY = {
    "mutual TLS and a path prefix": Nginx(),
    "gzip": Nginx(server="gzip on; gzip_min_length 1; gzip_proxied any;"
                         " gzip_types application/json;"),
    "no buffering": Nginx(location="proxy_buffering off; proxy_request_buffering off;"),
    "keepalive_requests 10": Nginx(server="keepalive_requests 10;"),
    "no keep-alive": Nginx(server="keepalive_timeout 0;"),
    "connections to the service are not kept": Nginx(location="proxy_set_header Connection close;"),
}  # fmt: skip


@pytest.mark.parametrize("case", HEALTHY)
def test_a_run_through_a_healthy_proxy_changes_everything(
    case: str, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(HEALTHY[case])
    result = verified(server, work, gateway, retries=0)
    assert outcome(result) == "changed"
    log = gateway.log()
    assert "tls=SUCCESS" in log
    assert "tls=NONE" not in log
    if case == "gzip":
        assert "gzip=-" not in log.replace("204 upstream=204 tls=SUCCESS gzip=-", "")


def test_a_proxy_that_closes_idle_connections_while_the_service_asks_for_a_pause(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    # the pause and the limit of nginx are both one second: the connection closes as it is used
    gateway = reverse_proxy(Nginx(server="keepalive_timeout 1s;"))
    server.faults.add(
        "status", operation=WRITES, status=429, retry_after=1, times=1 if work.is_single else 4
    )
    assert outcome(verified(server, work, gateway)) == "changed"


def test_a_proxy_that_loads_its_configuration_anew_all_the_time(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(Nginx())
    server.latency = 0.02
    done = threading.Event()

    def reload() -> None:
        while not done.wait(0.1):
            gateway.daemon.signal(signal.SIGHUP)

    with meanwhile(reload):
        try:
            result = verified(server, work, gateway)
        finally:
            done.set()
    assert outcome(result) == "changed"


# --- what it refuses

LATER = "add_header Retry-After 1 always; default_type text/html; return {} '<h1>later</h1>';"


def limited(status: int, rate: int, burst: int, *, retry_after: bool) -> Nginx:
    """Return a limit of requests a second, and of those that may exceed it for a moment."""
    page = f"error_page {status} @later; location @later {{ {LATER.format(status)} }}"
    return Nginx(
        http=f"limit_req_zone $server_port zone=all:1m rate={rate}r/s;",
        server=f"limit_req_status {status}; " + (page if retry_after else ""),
        location=f"limit_req zone=all burst={burst} nodelay;",
    )


@pytest.mark.parametrize("retry_after", [True, False], ids=["Retry-After", "no Retry-After"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_limit_of_requests(
    status: int, retry_after: bool, reverse_proxy: Start, server: NetServer, work: Workload,
    verified: Verified,
) -> None:  # fmt: skip
    limit = (3, 2) if work.is_single else (30, 10)
    gateway = reverse_proxy(limited(status, *limit, retry_after=retry_after))
    result = verified(server, work, gateway, retries=6)
    assert outcome(result) == "changed"
    assert f" {status} upstream=-" in gateway.log()


def test_a_limit_of_the_size_of_a_body(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(Nginx(server="client_max_body_size 100;"))
    result = verified(server, work, gateway)
    if work.names == ["delete-00"]:  # its bodies are short
        assert outcome(result) == "changed"
    else:
        assert "413" in result["msg"]


def test_http_is_redirected_and_the_redirect_is_not_followed(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(Nginx())
    url = gateway.options["url"].replace("https:", "http:")
    result = verified(server, work, gateway, url=url)
    assert outcome(result) == "redirect"
    assert "https://127.0.0.1" in result["msg"]
    assert "upstream=2" not in gateway.log()


@pytest.mark.parametrize("shown", ["none", "of another authority"])
def test_a_client_certificate_is_required(
    shown: str, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified,
    certificates: Certificates,
) -> None:  # fmt: skip
    gateway = reverse_proxy(Nginx())
    client = None if shown == "none" else str(certificates.stranger)
    result = verified(server, work, gateway, client_cert=client)
    assert "HTTP 400" in result["msg"]
    assert "upstream=2" not in gateway.log()


def test_a_proxy_with_a_certificate_of_another_authority_gets_nothing(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified,
    certificates: Certificates,
) -> None:  # fmt: skip
    gateway = reverse_proxy(Nginx())
    result = verified(server, work, gateway, ca_path=str(certificates.stranger_ca))
    assert outcome(result) == "tls"
    assert " POST " not in gateway.log()


# --- what breaks behind it


def test_a_service_that_is_not_there(
    reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(Nginx(), upstream=free_port())
    result = verified(server, work, gateway, retries=1)
    assert outcome(result) == "unavailable"
    assert "HTTP 502" in result["msg"]


PAGE = f"error_page 502 504 =503 @busy; location @busy {{ {LATER.format(503)} }}"
BREAKS: dict[str, tuple[Nginx, dict[str, Any], dict[str, Any]]] = {
    "502 before the effect": (Nginx(), {"kind": "drop_before"}, {}),
    "502 after the effect": (Nginx(), {"kind": "drop_after"}, {}),
    "504 after the effect": (
        Nginx(location="proxy_read_timeout 1s;"),
        {"kind": "delay", "when": "after", "seconds": 1.5},
        {},
    ),
    "503 with Retry-After before the effect": (Nginx(server=PAGE), {"kind": "drop_before"}, {}),
    "503 with Retry-After after the effect": (Nginx(server=PAGE), {"kind": "drop_after"}, {}),
    "the response is cut": (Nginx(), {"kind": "truncate", "how": "length"}, {}),
    "the response is cut, and not buffered": (
        Nginx(location="proxy_buffering off;"),
        {"kind": "truncate", "how": "length"},
        {},
    ),
    "the response trickles": (Nginx(), {"kind": "slow_drip", "seconds": 0.3}, {}),
    "the client does not wait": (
        Nginx(),
        {"kind": "delay", "when": "after", "seconds": 1.5},
        {"timeout": 1},
    ),
    "nginx sends it again": (
        Nginx(
            peers="server 127.0.0.1:{upstream} max_fails=0;" * 2,
            location="proxy_next_upstream error timeout http_502 non_idempotent;",
        ),
        {"kind": "drop_after"},
        {},
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_service_that_breaks_once_for_each_of_some_users(
    case: str, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    configuration, fault, options = BREAKS[case]
    gateway = reverse_proxy(configuration)
    repeats = case == "nginx sends it again"
    break_once_for_some_users(
        server, work, gateway, verified, fault, options, gateway_repeats_writes=repeats
    )


# --- what breaks itself


@pytest.mark.parametrize("comes_back", [True, False], ids=["restarted", "gone"])
def test_nginx_that_dies_after_a_change_took_effect(
    comes_back: bool, reverse_proxy: Start, server: NetServer, work: Workload, verified: Verified
) -> None:
    gateway = reverse_proxy(Nginx())
    kill_after_a_change_took_effect(server, work, gateway, verified, comes_back=comes_back)
