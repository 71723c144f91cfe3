# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests may be on their way at once, so that a busy service is not pressed harder.

When the service turns a request away, all who send slow down together: half as many requests at
once, none before the pause is over. Every answer after that lets one more in, little by little.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator


class ConcurrencyLimit:
    """A gate for the requests of one run, for any number of threads."""

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self._allowed = float(most)
        self._under_way = 0
        self._not_before = 0.0
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """How many requests may be under way at once, at this moment."""
        return int(self._allowed)

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Wait for a place, and keep it while a request is under way."""
        with self._changed:
            while (wait := self._wait()) != 0:
                self._changed.wait(wait)
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def slow_down(self, pause: float) -> None:
        """Take note that the service turned a request away, and wants `pause` seconds of rest."""
        with self._changed:
            self._allowed = max(1.0, self._allowed / 2)
            self._not_before = max(self._not_before, time.monotonic() + pause)

    def speed_up(self) -> None:
        """Take note that the service answered."""
        if self._allowed >= self._most:
            return
        with self._changed:
            self._allowed = min(self._most, self._allowed + 1 / self._allowed)
            self._changed.notify()

    def _wait(self) -> float | None:
        """Return how long to wait: not at all (0), some seconds, or until something changes."""
        pause = self._not_before - time.monotonic()
        if pause > 0:
            return pause
        return 0 if self._under_way < int(self._allowed) else None
