# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs through reverse proxies to a service whose process is killed after it took a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.netserver import Entry
from tests.proxies.agreement import OPERATIONS, Workload, workload
from tests.proxies.conftest import ADMIN, Gateway, Verified, outcome
from tests.proxies.daemon import free_port, meanwhile
from tests.proxies.haproxy import HAProxy
from tests.proxies.nginx import Nginx
from tests.proxies.service import ServiceProcess

PROXIES: dict[str, Nginx | HAProxy] = {"nginx": Nginx(), "HAProxy": HAProxy(backend="retries 0")}
OPERATION_OF = dict(zip(("create", "modify", "delete"), OPERATIONS, strict=True))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    process = ServiceProcess(tmp_path, free_port(), ADMIN)
    yield process
    process.daemon.kill()
    process.tenant.close()


@pytest.fixture
def work(work_name: str, service: ServiceProcess) -> Workload:
    return workload(service.tenant, work_name)


def is_struck(entry: Entry) -> bool:
    return entry.fault == "delay" and entry.committed


@pytest.mark.parametrize("comes_back", [True, False], ids=["restarted", "gone"])
@pytest.mark.parametrize("name", ["nginx", pytest.param("HAProxy", marks=pytest.mark.slow)])
def test_a_service_that_is_killed_after_a_change_took_effect(
    name: str, comes_back: bool, work_name: str, reverse_proxy: Callable[..., Gateway],
    service: ServiceProcess, work: Workload, verified: Verified,
) -> None:  # fmt: skip
    operation = OPERATION_OF.get(work_name, "SetExternalUserInfo")
    service.add_fault(f"delay:{operation}:when=after,seconds=20")
    service.daemon.start()
    gateway = reverse_proxy(PROXIES[name], upstream=service.daemon.port)

    def crash() -> None:
        service.journal.wait(is_struck, timeout=20)
        service.daemon.kill()
        if comes_back:
            service.recover()

    with meanwhile(crash):
        result = verified(service, work, gateway, retries=6 if comes_back else 1)
    if comes_back:
        assert outcome(result) == "changed"
    else:
        assert result["failed"] is True
