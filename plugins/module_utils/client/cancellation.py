# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cancellation of a run."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterator

from .errors import Cancelled


class CancelToken:
    """A flag that ends all waits of a run, and lets no new request start.

    One token is shared by everything that belongs to a run. `cancel` may be called from any thread
    and from a signal handler: it takes no lock that the interrupted code could hold.

    `may_have_written` tells whether the run has sent a write: whatever ends it after that must not
    say that nothing was changed.
    """

    def __init__(self) -> None:
        self.may_have_written = False
        self._cancelled = False
        self._wakers: set[Callable[[], None]] = set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Cancel the run: every wait raises `Cancelled`, now and later."""
        self._cancelled = True
        for wake in list(self._wakers):
            wake()

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` if `cancel` was called."""
        if self._cancelled:
            raise Cancelled("The run was interrupted")

    def wait(self, seconds: float) -> None:
        """Sleep for some seconds.

        Raises:
            Cancelled: `cancel` was called before the time was over.
        """
        # put() is reentrant, so that a signal handler can call it at any moment
        woken: queue.SimpleQueue[None] = queue.SimpleQueue()
        with self.waking(lambda: woken.put(None)), contextlib.suppress(queue.Empty):
            woken.get(timeout=max(0.0, seconds))
        self.raise_if_cancelled()

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` if the run is cancelled, or has been, while the block runs.

        `wake` runs in the thread that cancels, and must not wait.
        """
        self._wakers.add(wake)
        try:
            if self._cancelled:
                wake()
            yield
        finally:
            self._wakers.discard(wake)
