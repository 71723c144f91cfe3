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
    for _number in range(80):
        limit.increase()
        seen.append(limit.limit)
    assert seen == sorted(seen)
    assert seen[0] == 1
    assert seen[-1] == 8
    assert seen.index(8) > 20
    assert most_in_flight(limit, 60) == 8


def refusals(limit: ConcurrencyLimit, allowed: int, requests: int) -> int:
    """Send requests to a service that refuses more than so many at once; count the refusals."""
    refused = 0
    for _number in range(requests):
        if limit.limit > allowed:
            limit.decrease(0)
            refused += 1
        limit.increase("modify", 0.05)
    assert allowed // 2 <= limit.limit <= allowed + 1
    return refused


@pytest.mark.parametrize("first", [0, 8])
@pytest.mark.parametrize("allowed", [2, 4, 6])
def test_level_that_is_refused_is_tried_again_after_longer_and_longer(
    allowed: int, first: int
) -> None:
    few = refusals(ConcurrencyLimit(32 if first else 8, first=first), allowed, 250)
    many = refusals(ConcurrencyLimit(32 if first else 8, first=first), allowed, 2000)
    assert few <= 6
    assert many <= few + 4


def test_requests_refused_together_halve_the_limit_once() -> None:
    limit = ConcurrencyLimit(8)
    for _number in range(4):
        limit.decrease(0.01)
    assert limit.limit == 4


def test_service_that_recovers_is_used_as_before() -> None:
    for limit in (ConcurrencyLimit(16), ConcurrencyLimit(32, first=16)):
        assert refusals(limit, 4, 500) > 0
        for _number in range(2000):
            limit.increase("modify", 0.05)
        assert limit.limit >= 16


def levels(limit: ConcurrencyLimit, kind: str, requests: int, busy_from: int) -> list[int]:
    """Send requests to a service that answers no more than so many at once in parallel."""
    found = []
    for _number in range(requests):
        limit.increase(kind, 0.05 * max(1.0, limit.limit / busy_from))
        found.append(limit.limit)
    return found


def test_limit_grows_while_the_response_times_stay() -> None:
    found = levels(ConcurrencyLimit(32, first=8), "modify", 200, 1000)
    assert found[0] == 8
    assert found == sorted(found)
    assert found.index(32) < 60


def test_limit_returns_when_responses_take_longer() -> None:
    for busy_from in (4, 8):
        found = levels(ConcurrencyLimit(32, first=8), "modify", 1000, busy_from)
        assert max(found) <= 16
        assert min(found) == 8
        assert found[-1] <= 12


def test_limit_finds_the_level_between() -> None:
    found = levels(ConcurrencyLimit(32, first=8), "modify", 2000, 20)
    assert min(found[500:]) >= 16
    assert max(found[500:]) <= 30


def test_response_times_of_different_requests_are_not_compared() -> None:
    limit = ConcurrencyLimit(32, first=8)
    for _number in range(100):
        limit.increase("archive", 0.01)
        limit.increase("modify", 0.5)
    assert limit.limit == 32


def test_limit_that_does_not_find_its_level_never_exceeds_the_maximum() -> None:
    assert max(levels(ConcurrencyLimit(8), "modify", 500, 1000)) == 8


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
