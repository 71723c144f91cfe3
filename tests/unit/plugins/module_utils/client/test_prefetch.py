# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prefetching: in order, one part at a time, with errors where they belong."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.prefetch import prefetch


def test_parts_come_in_order() -> None:
    assert list(prefetch(iter([[1], [2], []]))) == [[1], [2], []]


def test_next_part_is_prefetched() -> None:
    fetched = threading.Event()

    def parts() -> Iterator[int]:
        yield 1
        fetched.set()
        yield 2

    fetched_parts = prefetch(parts())
    assert next(fetched_parts) == 1
    assert fetched.wait(5)
    assert list(fetched_parts) == [2]


def test_only_one_part_is_prefetched() -> None:
    taken: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    fetched_parts = prefetch(parts())
    assert next(fetched_parts) == 0
    fetched_parts.close()  # type: ignore[attr-defined]
    assert taken in ([0], [0, 1])


def test_error_is_raised_after_earlier_parts() -> None:
    def parts() -> Iterator[int]:
        yield 1
        raise OSError("the second part is lost")

    fetched_parts = prefetch(parts())
    assert next(fetched_parts) == 1
    with pytest.raises(OSError, match="the second part"):
        next(fetched_parts)


def test_caller_that_stops_does_not_wait() -> None:
    release = threading.Event()

    def parts() -> Iterator[int]:
        yield 1
        release.wait(60)

    fetched_parts = prefetch(parts())
    assert next(fetched_parts) == 1
    started = time.monotonic()
    fetched_parts.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 30
    release.set()


def test_hanging_part_does_not_keep_the_process_alive() -> None:
    program = f"""
import sys, threading
sys.path[:] = {sys.path}
from ansible_collections.superoffice.crm.plugins.module_utils.client.prefetch import prefetch

def parts():
    yield 1
    threading.Event().wait(60)

print(next(prefetch(parts())))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True
    )
    assert ended.stdout == "1\n"
