# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adaptive limit of concurrent requests (AIMD).

Each response increases the limit a little (additive increase); a service that asks for a pause
halves it (multiplicative decrease) and makes all requests wait until the pause is over. The level
at which the service asked for it is avoided at first, and tried again after longer and longer.

A limit that finds its own level also grows while responses take no longer than they did with fewer
requests in flight.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing
from collections.abc import Iterator

from .cancellation import CancelToken

# how many responses a level that works is kept for before a higher one is tried, which the service
# refused; doubled each time that it refuses it again
FIRST_PATIENCE = 32
MAX_PATIENCE = 1024
# how much longer than in the fastest round responses may take for the limit to grow, or must take
# for it to shrink
STEADY, SLOWER = 1.2, 1.5


class Concurrency(typing.NamedTuple):
    """How many requests may be in flight: `most`, or as many as turn out well, from `first` on."""

    most: int
    first: int = 0


ONE_AT_A_TIME = Concurrency(1)


class ConcurrencyLimit:
    """The number of requests that any number of threads may have in flight, up to `maximum`.

    With `first`, that many at the start, and more while the response times stay.
    """

    def __init__(
        self, maximum: int, cancel_token: CancelToken | None = None, *, first: int = 0
    ) -> None:
        self._maximum = float(maximum)
        self._limit = float(first or maximum)
        self._first = float(first or maximum)
        # the highest level that is tried at the moment, and for how many responses
        self._ceiling = self._maximum
        self._patience = self._responses_left = FIRST_PATIENCE
        # the highest level that worked for that long
        self._proven = 0
        self._doubles = True
        self._rounds: dict[str, _Rounds] = {}
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
        """Halve the limit and start no request for `pause` seconds: the service is overloaded.

        What was in flight at the same time is often refused together, and halves it once.
        """
        with self._changed:
            now = time.monotonic()
            if now >= self._not_before:
                self._reduce()
            self._not_before = max(self._not_before, now + pause)

    def increase(self, kind: str = "", seconds: float = 0.0) -> None:
        """Increase the limit a little: the service responded to a request of a kind in time."""
        if self._limit >= self._maximum == self._first:
            return
        with self._changed:
            bound = min(self._ceiling, self._maximum)
            before = int(self._limit)
            if self._limit < min(bound, self._first):
                self._limit = min(bound, self._limit + 1 / self._limit)
            elif self._first < self._maximum:
                self._follow_latency(kind, seconds, bound)
            if self._limit >= self._ceiling < self._maximum:
                self._wait_below_ceiling()
            if int(self._limit) > before:
                self._changed.notify_all()

    def _reduce(self) -> None:
        refused = int(self._limit)
        if refused <= self._proven:
            self._proven = 0
        is_known = refused == self._proven + 1 > 1
        self._patience = min(2 * self._patience, MAX_PATIENCE) if is_known else FIRST_PATIENCE
        self._responses_left = self._patience
        self._limit = max(1.0, self._limit / 2, float(self._proven))
        self._ceiling = max(1.0, refused - 1.0)
        self._doubles = False

    def _wait_below_ceiling(self) -> None:
        """Count a response at the highest level; try a higher one after enough of them."""
        self._responses_left -= 1
        if self._responses_left <= 0:
            self._proven = int(self._ceiling)
            self._ceiling = self._maximum

    def _follow_latency(self, kind: str, seconds: float, bound: float) -> None:
        """Change the limit at the end of a round by how long its responses took."""
        rounds = self._rounds.setdefault(kind, _Rounds())
        growth = rounds.growth(seconds, int(self._limit))
        if growth is None:
            return
        if growth <= STEADY:
            step = self._limit if self._doubles else max(1.0, self._limit / 8)
            self._limit = min(bound, self._limit + step)
        else:
            self._doubles = False
            if growth > SLOWER:
                self._limit = max(min(self._first, bound), self._limit * 0.75)

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


class _Rounds:
    """The response times of one kind of request, in rounds of as many as may be in flight."""

    def __init__(self) -> None:
        self._fastest = 0.0
        self._restart()

    def _restart(self) -> None:
        self._count = 0
        self._sum = 0.0

    def growth(self, seconds: float, limit: int) -> float | None:
        """Count a response; at the end of a round, return its average by that of the fastest one.

        The first half of a round was in flight before it, and counts for nothing.
        """
        self._count += 1
        if self._count <= limit:
            return None
        self._sum += seconds
        if self._count < 2 * limit:
            return None
        average = self._sum / (self._count - limit)
        self._restart()
        self._fastest = min(self._fastest or average, average)
        return average / self._fastest if self._fastest else 1.0
