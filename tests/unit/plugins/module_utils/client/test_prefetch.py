# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetching ahead: in order, one part and no more, with errors where they belong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.prefetch import prefetch


def test_all_parts_come_in_order() -> None:
    assert list(prefetch(iter([[1], [2], []]))) == [[1], [2], []]


def test_the_next_part_is_fetched_while_one_is_worked_on() -> None:
    fetched = threading.Event()

    def parts() -> Iterator[int]:
        yield 1
        fetched.set()
        yield 2

    ahead = prefetch(parts())
    assert next(ahead) == 1
    assert fetched.wait(5)
    assert list(ahead) == [2]


def test_no_more_than_one_part_is_fetched() -> None:
    taken: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    ahead = prefetch(parts())
    assert next(ahead) == 0
    ahead.close()  # type: ignore[attr-defined]
    assert taken in ([0], [0, 1])


def test_an_error_is_raised_after_the_parts_before_it() -> None:
    def parts() -> Iterator[int]:
        yield 1
        raise OSError("the second part is lost")

    ahead = prefetch(parts())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="the second part"):
        next(ahead)
