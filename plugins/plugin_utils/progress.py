# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a long task is, in one line of the terminal that is gone when the task ends."""

from __future__ import annotations

import sys
import threading
import time
import typing

# Ansible runs tasks in processes that are cut off from the terminal; this is read before that,
# when the process that owns it loads the action plugin
IS_TERMINAL = bool(sys.stdout and sys.stdout.isatty())
FIRST_SHOWN = 2.0
INTERVAL = 0.25
WORDS = {"read": "reading", "write": "changing", "verify": "verifying"}


class Line(typing.Protocol):
    """Where the line is shown: Ansible's Display."""

    def display(self, msg: str, *, screen_only: bool, newline: bool) -> None:
        """Show a text."""


class Progress:
    """Shows users done of all, rate and time left, once a task has run for some seconds.

    May be called from any thread, and as often as one likes.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._begun = time.monotonic()
        self._phase = ("", self._begun)
        self._next = self._begun + FIRST_SHOWN
        self._width = 0
        self._lock = threading.Lock()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take note of how far the task is; `total` is 0 while it is not known."""
        now = time.monotonic()
        with self._lock:
            if self._phase[0] != what:
                self._phase = (what, now)
            if now < self._next:
                return
            self._next = now + INTERVAL
            self._show(text_of(what, done, total, now - self._phase[1]))

    def end(self) -> None:
        """Take the line away."""
        if self._width:
            self._line.display("\r" + " " * self._width + "\r", screen_only=True, newline=False)

    def _show(self, text: str) -> None:
        self._line.display("\r" + text.ljust(self._width), screen_only=True, newline=False)
        self._width = max(self._width, len(text))


def text_of(what: str, done: int, total: int, seconds: float) -> str:
    """Say how far a phase is that has run for `seconds`."""
    word = WORDS.get(what, what)
    count = f"{done:,} of {total:,} users" if total else f"{done:,} users"
    if not done or seconds <= 0:
        return f"  {word} {count}"
    rate = done / seconds
    text = f"  {word} {count}, {rate:,.0f}/s"
    return f"{text}, {_duration((total - done) / rate)} left" if total else text


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
