# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetches the next part of something long while the caller works on the one before."""

from __future__ import annotations

import typing
from collections.abc import Iterator

Part = typing.TypeVar("Part")


def prefetch(parts: Iterator[Part]) -> Iterator[Part]:
    """Yield `parts`; each is fetched, in a thread, as soon as the one before it is there.

    What goes wrong with a part is raised where that part would be yielded.
    """
    # not at the top: tasks on a single user have nothing to fetch ahead
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as fetcher:
        coming = fetcher.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = fetcher.submit(next, parts, None)
            yield part
