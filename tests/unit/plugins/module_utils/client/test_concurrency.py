# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of requests: all slow down together, and speed up again."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.concurrency import (
    ConcurrencyLimit,
)


def crowd(pace: ConcurrencyLimit, requests: int, seconds: float = 0.005, threads: int = 16) -> int:
    """Send requests from many threads; return the most that were under way at once."""
    busy = most = 0
    counting = threading.Lock()

    def send(_number: int) -> None:
        nonlocal busy, most
        with pace.request():
            with counting:
                busy += 1
                most = max(most, busy)
            time.sleep(seconds)
            with counting:
                busy -= 1

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(requests)))
    return most


@pytest.mark.parametrize("most", [1, 2, 8])
def test_as_many_as_allowed_are_under_way_and_no_more(most: int) -> None:
    assert crowd(ConcurrencyLimit(most), 60) == most


def test_each_refusal_halves_the_number_down_to_one() -> None:
    pace = ConcurrencyLimit(16)
    seen = []
    for _number in range(6):
        pace.slow_down(0)
        seen.append(pace.allowed)
    assert seen == [8, 4, 2, 1, 1, 1]
    assert crowd(pace, 10) == 1


def test_answers_bring_the_number_back_little_by_little_and_never_above() -> None:
    pace = ConcurrencyLimit(8)
    for _number in range(4):
        pace.slow_down(0)
    seen = []
    for _number in range(60):
        pace.speed_up()
        seen.append(pace.allowed)
    assert seen == sorted(seen)
    assert seen[0] == 2
    assert seen[-1] == 8
    assert seen.index(8) > 20
    assert crowd(pace, 60) == 8


def test_nobody_sends_before_the_pause_is_over() -> None:
    pace = ConcurrencyLimit(8)
    pace.slow_down(0.2)
    pace.slow_down(0.05)  # a shorter one does not shorten it
    started = time.monotonic()
    crowd(pace, 4, 0)
    assert 0.19 <= time.monotonic() - started < 2


def test_those_who_wait_for_a_place_get_it_after_a_pause_too() -> None:
    pace = ConcurrencyLimit(4)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(crowd, pace, 200, 0.002)
        for _number in range(5):
            time.sleep(0.02)
            pace.slow_down(0.03)
            pace.speed_up()
        assert 1 <= work.result(timeout=20) <= 4
    assert time.monotonic() - started < 10


def test_a_request_that_fails_gives_its_place_back() -> None:
    pace = ConcurrencyLimit(1)
    for _number in range(3):
        with pytest.raises(KeyError), pace.request():
            raise KeyError
    assert crowd(pace, 3) == 1
