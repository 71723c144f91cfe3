# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prefetching iterator."""

from __future__ import annotations

import threading
import typing
from collections.abc import Iterator

if typing.TYPE_CHECKING:
    from concurrent.futures import Future

Part = typing.TypeVar("Part")


def prefetch(parts: Iterator[Part]) -> Iterator[Part]:
    """Yield `parts`, and fetch the next one in a thread while the caller works on the present one.

    An error in fetching a part is raised where that part would be yielded. A caller that stops
    early does not wait for the part that is being fetched.
    """
    coming = _fetch(parts)
    while (part := coming.result()) is not None:
        coming = _fetch(parts)
        yield part


def _fetch(parts: Iterator[Part]) -> Future[Part | None]:
    # not at the top: tasks on a single user prefetch nothing
    from concurrent.futures import Future

    coming: Future[Part | None] = Future()

    def run() -> None:
        try:
            coming.set_result(next(parts, None))
        except BaseException as error:  # noqa: BLE001 - raised in the thread that wants the part
            coming.set_exception(error)

    # a daemon: an executor's thread would be waited for at exit
    threading.Thread(target=run, daemon=True, name="superoffice-prefetch").start()
    return coming
