# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prefetching: the expected pages, no more at once than allowed, with errors where they belong."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.prefetch import Prefetch


class Pages:
    """Pages that are their places, and what was asked for."""

    def __init__(self, *, held: bool = False) -> None:
        self.fetched: list[int] = []
        self.release = threading.Event()
        self._lock = threading.Lock()
        if not held:
            self.release.set()

    def __call__(self, place: int) -> int:
        with self._lock:
            self.fetched.append(place)
        assert self.release.wait(30)
        if place < 0:
            raise OSError(f"page {place} is lost")
        return place

    def fetched_become(self, places: list[int]) -> bool:
        """Wait until these places were asked for, and see that no others are."""
        end = time.monotonic() + 10
        while sorted(self.fetched) != places and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(0.05)
        return sorted(self.fetched) == places


def test_page_that_was_not_expected_is_fetched() -> None:
    pages = Pages()
    assert Prefetch(pages, 1).take(7) == 7
    assert pages.fetched == [7]


def test_expected_pages_are_fetched_at_once_and_once_each() -> None:
    pages = Pages(held=True)
    prefetch = Prefetch(pages, 3)
    prefetch.expect(range(0, 10, 2))
    assert pages.fetched_become([0, 2, 4])
    pages.release.set()
    assert prefetch.take(0) == 0
    prefetch.expect(range(2, 10, 2))
    assert pages.fetched_become([0, 2, 4, 6])
    assert [prefetch.take(place) for place in (2, 4, 6)] == [2, 4, 6]
    assert pages.fetched_become([0, 2, 4, 6])


def test_page_at_another_place_than_expected_is_fetched() -> None:
    pages = Pages()
    prefetch = Prefetch(pages, 2)
    prefetch.expect(range(0, 100, 10))
    assert prefetch.take(3) == 3
    prefetch.expect(range(10, 100, 10))
    assert prefetch.take(10) == 10
    assert pages.fetched_become([0, 3, 10, 20])


def test_error_is_raised_where_the_page_is_taken() -> None:
    prefetch = Prefetch(Pages(), 2)
    prefetch.expect(range(-1, 1))
    assert prefetch.take(0) == 0
    with pytest.raises(OSError, match="page -1 is lost"):
        prefetch.take(-1)


def test_hanging_page_does_not_keep_the_process_alive() -> None:
    program = f"""
import sys, threading
sys.path[:] = {sys.path}
from ansible_collections.superoffice.crm.plugins.module_utils.client.prefetch import Prefetch

def fetch(place):
    return threading.Event().wait(60) if place else place

prefetch = Prefetch(fetch, 2)
prefetch.expect(range(2))
print(prefetch.take(0))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True
    )
    assert ended.stdout == "0\n"
