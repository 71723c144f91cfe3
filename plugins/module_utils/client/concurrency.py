# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adaptive limit of concurrent requests (AIMD).

Each response increases the limit a little (additive increase); a service that asks for a pause
halves it (multiplicative decrease) and makes all requests wait until the pause is over.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from .cancellation import CancelToken


class ConcurrencyLimit:
    """The number of requests that any number of threads may have in flight, up to `maximum`."""

    def __init__(self, maximum: int, cancel_token: CancelToken | None = None) -> None:
        self._maximum = float(maximum)
        self._limit = float(maximum)
        self._in_flight = 0
        self._not_before = 0.0
        # its lock is reentrant: a signal handler may cancel while this thread holds it
        self._changed = threading.Condition()
        self._cancel_token = cancel_token or CancelToken()

    @property
    def limit(self) -> int:
        """How many requests may be in flight at this moment."""
        return int(self._limit)

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """Wait until a request may start, and count it as in flight while the block runs.

        Raises:
            Cancelled: the run was cancelled during the wait.
        """
        with self._changed:
            if self._delay() != 0:
                self._wait()
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify()

    def decrease(self, pause: float) -> None:
        """Halve the limit and start no request for `pause` seconds: the service is overloaded."""
        with self._changed:
            self._limit = max(1.0, self._limit / 2)
            self._not_before = max(self._not_before, time.monotonic() + pause)

    def increase(self) -> None:
        """Increase the limit by its reciprocal: the service responded."""
        if self._limit >= self._maximum:
            return
        with self._changed:
            self._limit = min(self._maximum, self._limit + 1 / self._limit)
            self._changed.notify()

    def _wait(self) -> None:
        with self._cancel_token.waking(self._wake):
            while (delay := self._delay()) != 0:
                self._cancel_token.raise_if_cancelled()
                self._changed.wait(delay)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _delay(self) -> float | None:
        """Return the seconds to wait: 0 for none, None until something changes."""
        pause = self._not_before - time.monotonic()
        if pause > 0:
            return pause
        return 0 if self._in_flight < int(self._limit) else None
