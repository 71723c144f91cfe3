# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ordered parallel map with early stop, and work in the background.

The threads are daemons and never joined: whoever is interrupted need not wait for a request that
hangs.
"""

from __future__ import annotations

import collections
import threading
import typing
from collections.abc import Callable, Sequence
from concurrent.futures import Future

Item = typing.TypeVar("Item")
Value = typing.TypeVar("Value")


def in_parallel(work: Callable[[Item], Value], items: Sequence[Item], workers: int) -> list[Value]:
    """Return the result of `work` for each item, in their order.

    The first exception, or an interruption of the caller, ends it: no further item is started.
    """
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

    try:
        for wait in [in_background(drain) for _worker in range(min(workers, len(items)))]:
            wait()
    finally:
        waiting.clear()
    return results


def in_background(work: Callable[[], Value]) -> Callable[[], Value]:
    """Start `work` in a thread, and return a function that waits for its result or exception."""
    pending: Future[Value] = Future()

    def run() -> None:
        try:
            pending.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it belongs to the one who waits
            pending.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return pending.result


class FailureBudget:
    """How many users may fail before no further one is started; 0 means any number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._failed = 0
        self._lock = threading.Lock()

    @property
    def is_spent(self) -> bool:
        """Whether no further user is to be started."""
        return 0 < self._most <= self._failed

    def charge(self) -> None:
        """Count a failure."""
        with self._lock:
            self._failed += 1
