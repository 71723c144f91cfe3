# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs through squid: a forward proxy with a login, for http and as a tunnel (CONNECT) to TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.netserver import NetServer
from tests.proxies import squid
from tests.proxies.agreement import Workload, workload
from tests.proxies.certificates import Certificates
from tests.proxies.conftest import Gateway, Verified, outcome
from tests.proxies.scenarios import break_once_for_some_users, kill_after_a_change_took_effect

Start = Callable[..., Gateway]


class Way(NamedTuple):
    """The service behind the proxy, and how squid logs a request to it."""

    name: str
    server: NetServer
    logged: str


@pytest.fixture(params=["http", "CONNECT"])
def way(request: pytest.FixtureRequest) -> Way:
    name = str(request.param)
    server = request.getfixturevalue("server" if name == "http" else "secure_server")
    return Way(name, server, "POST http" if name == "http" else "CONNECT ")


@pytest.fixture
def work(work_name: str, way: Way) -> Workload:
    return workload(way.server.tenant, work_name)


@pytest.fixture
def proxy(forward_proxy: Start, certificates: Certificates) -> Start:
    def start_proxy(rules: str = "") -> Gateway:
        gateway = forward_proxy(rules)
        gateway.options["ca_path"] = str(certificates.ca)
        return gateway

    return start_proxy


def test_a_run_through_a_proxy_with_a_login_changes_everything(
    proxy: Start, way: Way, work: Workload, verified: Verified
) -> None:
    gateway = proxy()
    assert outcome(verified(way.server, work, gateway, retries=0)) == "changed"
    assert gateway.has_logged(way.logged)
    assert f" {squid.LOGIN[0]} " in gateway.log()


@pytest.mark.parametrize("login", ["", "proxy-user:another-Secret-2-long@", "stranger:x-Secret-3@"])
def test_a_login_that_the_proxy_does_not_know_is_told(
    login: str, proxy: Start, way: Way, work: Workload, verified: Verified
) -> None:
    gateway = proxy()
    address = f"http://{login}127.0.0.1:{gateway.daemon.port}"
    result = verified(way.server, work, gateway, proxy=address, retries=0)
    assert result["changed"] is False
    assert gateway.has_logged("TCP_DENIED/407")


def test_an_address_that_the_proxy_does_not_allow_is_told(
    proxy: Start, way: Way, work: Workload, verified: Verified
) -> None:
    gateway = proxy("acl service dst 127.0.0.1\nhttp_access deny service")
    result = verified(way.server, work, gateway, retries=0)
    assert result["changed"] is False
    assert gateway.has_logged("TCP_DENIED/403")


@pytest.mark.parametrize("way", ["http"], indirect=True)
def test_writes_that_the_proxy_does_not_allow_change_nothing(
    proxy: Start, way: Way, work: Workload, verified: Verified
) -> None:
    gateway = proxy("http_access deny writes")
    result = verified(way.server, work, gateway)
    assert result["changed"] is False
    assert "403" in result["msg"]


# --- what breaks behind it

BREAKS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "the connection is closed before the effect": ("", {"kind": "drop_before"}, {}),
    "the connection is closed after the effect": ("", {"kind": "drop_after"}, {}),
    "the response is cut": ("", {"kind": "truncate", "how": "length"}, {}),
    "the response is late": (
        "read_timeout 1 second",
        {"kind": "delay", "when": "after", "seconds": 2.0},
        {},
    ),
}

SLOW = {"the response is late"}


@pytest.mark.parametrize(
    "case",
    [pytest.param(one, marks=[pytest.mark.slow] if one in SLOW else []) for one in BREAKS],
)
def test_a_service_that_breaks_once_for_each_of_some_users(
    case: str, proxy: Start, way: Way, work: Workload, verified: Verified,
) -> None:  # fmt: skip
    rules, fault, options = BREAKS[case]
    break_once_for_some_users(way.server, work, proxy(rules), verified, fault, options)


# --- what breaks itself


@pytest.mark.parametrize("comes_back", [True, False], ids=["restarted", "gone"])
def test_squid_that_dies_after_a_change_took_effect(
    comes_back: bool, proxy: Start, way: Way, work: Workload, verified: Verified,
) -> None:  # fmt: skip
    kill_after_a_change_took_effect(way.server, work, proxy(), verified, comes_back=comes_back)
