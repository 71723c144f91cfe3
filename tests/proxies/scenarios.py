# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens in the same way behind each gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.netserver import NetServer
from tests.proxies.agreement import OPERATIONS, WRITES, Workload
from tests.proxies.conftest import Gateway, Verified, outcome
from tests.proxies.daemon import meanwhile


def break_once_for_some_users(
    server: NetServer,
    work: Workload,
    gateway: Gateway,
    verified: Verified,
    fault: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    gateway_repeats_writes: bool = False,
) -> None:
    """Break the service in one way, once per operation and user, and verify that a run copes.

    A creation that the gateway sent twice is refused the second time, as that of a user whom
    another run has created; the result must not claim it.
    """
    # two faults could strike one creation and its repetition, and nobody would refuse it
    times = 1 if work.is_single or gateway_repeats_writes else 2
    for operation in OPERATIONS:
        server.faults.add(operation=operation, times=times, **fault)
    result = verified(server, work, gateway, is_sent_once=not gateway_repeats_writes, **options)
    creates = any("person_id" in user for user in work.users)
    if gateway_repeats_writes and creates:
        assert "Whether this request created it is not known" in str(result)
        assert result["changed"] is True
    else:
        assert outcome(result) == "changed"


def kill_after_a_change_took_effect(
    server: NetServer, work: Workload, gateway: Gateway, verified: Verified, *, comes_back: bool
) -> None:
    """Kill the gateway before it can pass on the response to a write."""
    server.faults.add(
        "delay", operation=WRITES, when="after", seconds=1.0, skip=0 if work.is_single else 10
    )

    def crash() -> None:
        server.journal.wait(1, timeout=20, matching=lambda entry: entry.fault == "delay")
        gateway.daemon.kill()
        if comes_back:
            gateway.daemon.start()

    with meanwhile(crash):
        result = verified(server, work, gateway, retries=4 if comes_back else 1)
    if comes_back:
        assert outcome(result) == "changed"
    else:
        assert "Connection refused" in result["msg"]
