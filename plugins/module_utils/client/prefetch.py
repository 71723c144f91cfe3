# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prefetching of pages."""

from __future__ import annotations

import threading
import typing
from collections.abc import Callable

if typing.TYPE_CHECKING:
    from concurrent.futures import Future

Page = typing.TypeVar("Page")


class Prefetch(typing.Generic[Page]):
    """Pages of a list that are fetched, up to `most` at once, before the caller needs them.

    A page is known by its place, the number that `fetch` takes. Each is fetched in a daemon thread:
    an executor's threads would be waited for at exit. A caller that stops early waits for nothing.
    """

    def __init__(self, fetch: Callable[[int], Page], most: int) -> None:
        self._fetch = fetch
        self._most = most
        self._coming: dict[int, Future[Page]] = {}

    def expect(self, places: range) -> None:
        """Fetch the pages at these places, in this order, as far as `most` allows.

        What is being fetched for another place is dropped when it arrives.
        """
        self._coming = {place: one for place, one in self._coming.items() if place in places}
        for place in places[: self._most]:
            if place not in self._coming:
                self._coming[place] = self._started(place)

    def take(self, place: int) -> Page:
        """Return the page at a place, which is fetched now if it was not expected.

        Raises:
            Exception: whatever ended fetching it.
        """
        coming = self._coming.pop(place, None)
        return self._fetch(place) if coming is None else coming.result()

    def _started(self, place: int) -> Future[Page]:
        # not at the top: tasks on a single user prefetch nothing
        from concurrent.futures import Future

        coming: Future[Page] = Future()

        def run() -> None:
            try:
                coming.set_result(self._fetch(place))
            except BaseException as error:  # noqa: BLE001 - raised in the thread that takes it
                coming.set_exception(error)

        threading.Thread(target=run, daemon=True, name="superoffice-prefetch").start()
        return coming
