# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress of a long task on the terminal.

A task that runs alone updates one line, which is erased when the task ends. Hosts that run in
parallel share the terminal, so each of them writes complete lines with its name, less often.
"""

from __future__ import annotations

import sys
import threading
import time
import typing

# Ansible runs tasks in processes that are cut off from the terminal. This is read before that, when
# the process that owns the terminal loads the action plugin.
IS_TERMINAL = bool(sys.stdout and sys.stdout.isatty())
FIRST_SHOWN = 2.0
INTERVAL = 0.25
# of complete lines, which stay on the terminal
INTERVAL_OF_LINES = 5.0
WORDS = {
    "read": "reading",
    "look_up": "looking up",
    "validate": "validating",
    "write": "writing",
    "verify": "verifying",
}


class Screen(typing.Protocol):
    """The part of Ansible's Display that shows progress."""

    def display(self, msg: str, *, screen_only: bool, newline: bool) -> None:
        """Show a text."""


class Progress:
    """Shows users done of all, rate and time left, once a task has run for some seconds.

    With a `host` it writes complete lines. It may be called from any thread, and often.
    """

    def __init__(self, screen: Screen, host: str = "") -> None:
        self._screen = screen
        self._host = host
        self._phase = ""
        # when the phase was first reported, and how far it was then
        self._first = (0.0, 0)
        self._next = time.monotonic() + FIRST_SHOWN
        self._width = 0
        self._lock = threading.Lock()

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Report how far a phase is; `total` is 0 while it is not known."""
        now = time.monotonic()
        with self._lock:
            if self._phase != phase:
                self._phase, self._first = phase, (now, done)
            if now < self._next:
                return
            self._next = now + (INTERVAL_OF_LINES if self._host else INTERVAL)
            first_seen, first_done = self._first
            passed = now - first_seen
            rate = (done - first_done) / passed if passed > 0 else 0.0
            self._show(text_of(phase, done, total, rate))

    def end(self) -> None:
        """Erase the line that was updated."""
        if self._width:
            self._screen.display("\r" + " " * self._width + "\r", screen_only=True, newline=False)

    def _show(self, text: str) -> None:
        if self._host:
            self._screen.display(f"[{self._host}] {text}", screen_only=True, newline=True)
            return
        text = f"  {text}"
        self._screen.display("\r" + text.ljust(self._width), screen_only=True, newline=False)
        self._width = max(self._width, len(text))


def text_of(phase: str, done: int, total: int, rate: float) -> str:
    """Return how far a phase is, at so many users a second."""
    word = WORDS.get(phase, phase)
    count = f"{done:,} of {total:,} users" if total else f"{done:,} users"
    if rate <= 0:
        return f"{word} {count}"
    text = f"{word} {count}, {rate:,.0f}/s"
    return f"{text}, {_duration((total - done) / rate)} left" if total else text


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
