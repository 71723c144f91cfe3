# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cancellation of waits."""

from __future__ import annotations

import signal
import threading
import time

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.cancellation import CancelToken
from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import Cancelled


def test_wait_lasts_unless_cancelled() -> None:
    token = CancelToken()
    started = time.monotonic()
    token.wait(0.1)
    token.wait(0)
    token.wait(-1)
    assert 0.1 <= time.monotonic() - started < 30
    token.raise_if_cancelled()
    assert not token.cancelled


def test_cancelling_ends_current_and_later_waits() -> None:
    token = CancelToken()
    ended: list[float] = []

    def wait() -> None:
        with pytest.raises(Cancelled):
            token.wait(60)
        ended.append(time.monotonic())

    threads = [threading.Thread(target=wait, daemon=True) for _number in range(5)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    started = time.monotonic()
    token.cancel()
    token.cancel()
    for thread in threads:
        thread.join(5)
    assert len(ended) == 5
    assert max(ended) - started < 1
    assert token.cancelled
    with pytest.raises(Cancelled):
        token.wait(60)
    with pytest.raises(Cancelled):
        token.raise_if_cancelled()


def test_signal_handler_cancels_the_wait_of_its_thread() -> None:
    token = CancelToken()
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: token.cancel())
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Cancelled):
            token.wait(60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 30


def test_callback_runs_once_inside_the_block() -> None:
    token = CancelToken()
    woken: list[str] = []
    with token.waking(lambda: woken.append("left")):
        pass
    with token.waking(lambda: woken.append("inside")):
        token.cancel()
    with token.waking(lambda: woken.append("late")):
        pass
    assert woken == ["inside", "late"]
