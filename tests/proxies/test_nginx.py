# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs through nginx: a TLS reverse proxy with client certificates and a path prefix."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.netserver import NetServer
from tests.proxies.agreement import WRITES, Workload
from tests.proxies.certificates import Certificates
from tests.proxies.conftest import Disagreement, Gateway, Verified, outcome
from tests.proxies.daemon import free_port, meanwhile
from tests.proxies.nginx import Nginx

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
