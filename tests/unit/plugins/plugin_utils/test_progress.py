# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rate and the time left that a long task shows."""

from __future__ import annotations

import re
import time

from ansible_collections.superoffice.crm.plugins.plugin_utils.progress import (
    FIRST_SHOWN,
    Progress,
)


class Recorder:
    """A screen that keeps what it is told to show."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def display(self, msg: str, *, screen_only: bool, newline: bool) -> None:
        assert screen_only
        assert newline
        self.shown.append(msg)


def test_rate_does_not_count_what_was_done_before_the_first_report() -> None:
    screen = Recorder()
    progress = Progress(screen, "here")
    began = time.monotonic()
    progress("validate", 40, 40)
    progress("write", 9000, 10_000)
    time.sleep(FIRST_SHOWN + 0.01)
    progress("write", 9500, 10_000)
    seconds = time.monotonic() - began
    progress("write", 9600, 10_000)
    (line,) = screen.shown
    found = re.fullmatch(r"\[here\] writing 9,500 of 10,000 users, (\d+)/s, (\d+) s left", line)
    assert found, line
    rate, left = map(int, found.groups())
    assert 500 / seconds - 1 <= rate <= 500 / FIRST_SHOWN
    assert FIRST_SHOWN - 1 <= left <= seconds + 1
