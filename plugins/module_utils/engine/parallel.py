# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does the same to many things at once, keeps their order, and stops where it is told to."""

from __future__ import annotations

import collections
import threading
import typing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

Item = typing.TypeVar("Item")
Value = typing.TypeVar("Value")


def in_parallel(work: Callable[[Item], Value], items: Sequence[Item], workers: int) -> list[Value]:
    """Return what `work` makes of each item, in their order; the first exception ends it all."""
    if workers == 1 or len(items) <= 1:
        return [work(item) for item in items]
    results: list[typing.Any] = [None] * len(items)
    # a lock around a counter would have the threads queue where the work itself is short
    waiting = collections.deque(range(len(items)))

    # a thread takes one item after the other: a future each would cost more than the bookkeeping
    def drain() -> None:
        while waiting:
            try:
                number = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[number] = work(items[number])
            except BaseException:
                waiting.clear()
                raise

    with ThreadPoolExecutor(max_workers=min(workers, len(items))) as pool:
        for future in [pool.submit(drain) for _worker in range(min(workers, len(items)))]:
            future.result()
    return results


def meanwhile(work: Callable[[], Value]) -> Callable[[], Value]:
    """Begin `work` in a thread; what is returned waits for its end, and returns or raises its own.

    Whoever is interrupted before need not wait.
    """
    coming: Future[Value] = Future()

    def run() -> None:
        try:
            coming.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it belongs to the one who waits
            coming.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return coming.result


class Budget:
    """How many users may fail before the rest is left alone; 0 is no end."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._failed = 0
        self._lock = threading.Lock()

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be begun."""
        return 0 < self._most <= self._failed

    def charge(self) -> None:
        """Take note of a failure."""
        with self._lock:
            self._failed += 1
