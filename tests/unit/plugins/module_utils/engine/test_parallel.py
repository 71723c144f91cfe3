# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing the same to many things at once, with real threads."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.engine.parallel import (
    FailureBudget,
    in_parallel,
)


@pytest.mark.parametrize("workers", [1, 2, 7, 32])
@pytest.mark.parametrize("number", [0, 1, 2, 100])
def test_results_keep_the_order_of_items(workers: int, number: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.001 * (item % 3))
        return item * item

    assert in_parallel(work, range(number), workers) == [n * n for n in range(number)]


@pytest.mark.parametrize("workers", [2, 5, 16])
def test_exactly_the_given_workers_run_at_once(workers: int) -> None:
    together = threading.Barrier(workers)
    busy = most = 0
    counting = threading.Lock()

    def work(_item: int) -> None:
        nonlocal busy, most
        with counting:
            busy += 1
            most = max(most, busy)
        together.wait(timeout=10)
        with counting:
            busy -= 1

    in_parallel(work, range(workers * 3), workers)
    assert most == workers


@pytest.mark.parametrize("workers", [1, 4])
def test_first_exception_stops_further_items(workers: int) -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 10:
            raise KeyError(item)
        time.sleep(0.002)

    with pytest.raises(KeyError, match="10"):
        in_parallel(work, range(1000), workers)
    assert 11 <= len(begun) <= 11 + 2 * workers


def test_every_item_is_taken_once() -> None:
    taken: list[int] = []
    in_parallel(taken.append, range(5000), 16)
    assert sorted(taken) == list(range(5000))


@pytest.mark.parametrize(("most", "failures", "spent"), [
    (0, 0, False), (0, 1000, False), (1, 0, False), (1, 1, True), (3, 2, False), (3, 3, True),
    (3, 9, True),
])  # fmt: skip
def test_failure_budget_is_spent_after_its_count(most: int, failures: int, spent: bool) -> None:
    budget = FailureBudget(most)
    in_parallel(lambda _item: budget.charge(), range(failures), 8)
    assert budget.is_spent is spent
