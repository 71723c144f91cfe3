# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adaptive concurrency limit."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.cancellation import CancelToken
from ansible_collections.superoffice.crm.plugins.module_utils.client.concurrency import (
    ConcurrencyLimit,
)
from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import Cancelled


def most_in_flight(
    limit: ConcurrencyLimit, requests: int, seconds: float = 0.005, threads: int = 16
) -> int:
    """Send requests from many threads; return the most that were in flight at once."""
    busy = most = 0
    counting = threading.Lock()

    def send(_number: int) -> None:
        nonlocal busy, most
        with limit.slot():
            with counting:
                busy += 1
                most = max(most, busy)
            time.sleep(seconds)
            with counting:
                busy -= 1

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(requests)))
    return most


def test_at_most_the_maximum_is_in_flight() -> None:
    for most in [1, 2, 8]:
        assert most_in_flight(ConcurrencyLimit(most), 60) == most


def test_each_decrease_halves_the_limit_down_to_one() -> None:
    limit = ConcurrencyLimit(16)
    seen = []
    for _number in range(6):
        limit.decrease(0)
        seen.append(limit.limit)
    assert seen == [8, 4, 2, 1, 1, 1]
    assert most_in_flight(limit, 10) == 1


def test_responses_increase_the_limit_slowly_up_to_the_maximum() -> None:
    limit = ConcurrencyLimit(8)
    for _number in range(4):
        limit.decrease(0)
    seen = []
    for _number in range(60):
        limit.increase()
        seen.append(limit.limit)
    assert seen == sorted(seen)
    assert seen[0] == 2
    assert seen[-1] == 8
    assert seen.index(8) > 20
    assert most_in_flight(limit, 60) == 8


def test_no_request_starts_during_a_pause() -> None:
    limit = ConcurrencyLimit(8)
    limit.decrease(0.2)
    limit.decrease(0.05)  # a shorter one does not shorten it
    started = time.monotonic()
    most_in_flight(limit, 4, 0)
    assert 0.19 <= time.monotonic() - started < 30


def test_waiting_requests_start_after_pauses() -> None:
    limit = ConcurrencyLimit(4)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(most_in_flight, limit, 200, 0.002)
        for _number in range(5):
            time.sleep(0.02)
            limit.decrease(0.03)
            limit.increase()
        assert 1 <= work.result(timeout=60) <= 4
    assert time.monotonic() - started < 60


def test_failed_request_frees_its_slot() -> None:
    limit = ConcurrencyLimit(1)
    for _number in range(3):
        with pytest.raises(KeyError), limit.slot():
            raise KeyError
    assert most_in_flight(limit, 3) == 1


def cancelled_wait(limit: ConcurrencyLimit, token: CancelToken) -> float:
    """Cancel while a thread waits for a slot; return the seconds until the wait ended."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limit.slot().__enter__)
        time.sleep(0.1)
        assert not waiting.done()
        started = time.monotonic()
        token.cancel()
        with pytest.raises(Cancelled):
            waiting.result(timeout=30)
    return time.monotonic() - started


def test_cancelling_ends_the_wait_for_a_pause() -> None:
    token = CancelToken()
    limit = ConcurrencyLimit(8, token)
    limit.decrease(60)
    assert cancelled_wait(limit, token) < 1


def test_cancelling_ends_the_wait_for_a_slot() -> None:
    token = CancelToken()
    limit = ConcurrencyLimit(1, token)
    with limit.slot():
        assert cancelled_wait(limit, token) < 1
