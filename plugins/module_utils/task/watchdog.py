# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detection of tasks whose result is no longer awaited.

Where Ansible gives up on a task, it does not always end the process of it: a module goes on after
the task keyword `timeout`, and so does a worker whose controller was killed.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

from ..client.cancellation import CancelToken

INTERVAL_SECONDS = 0.1


@contextlib.contextmanager
def watching(is_abandoned: Callable[[], bool], token: CancelToken) -> Iterator[None]:
    """Cancel `token` as soon as `is_abandoned` returns true, while the block runs."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(INTERVAL_SECONDS):
            if is_abandoned():
                token.cancel()
                return

    threading.Thread(target=watch, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextlib.contextmanager
def signals_cancel(token: CancelToken) -> Iterator[None]:
    """Let SIGTERM, SIGINT and SIGHUP cancel `token` instead of ending the process."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, lambda *_unused: token.cancel()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def controller_watch() -> Callable[[], bool]:
    """Return a function that tells whether the parent or the controller has ended since.

    A module is started by a worker, which Ansible forks from the controller: the first ancestor
    with the command line of its own parent. A worker whose controller is killed gets another
    parent. Where there is no /proc only the parent is watched.
    """
    parent = os.getppid()
    worker, controller = _worker_and_controller(parent)

    def has_ended() -> bool:
        return os.getppid() != parent or (worker > 0 and _parent_of(worker) != controller)

    return has_ended


def _worker_and_controller(pid: int) -> tuple[int, int]:
    """Return the first ancestor that was forked and its parent, or zeros."""
    while pid > 1:
        parent = _parent_of(pid)
        if parent > 1 and _command_of(pid) == _command_of(parent) != b"":
            return pid, parent
        pid = parent
    return 0, 0


def _parent_of(pid: int) -> int:
    """Return the parent of a process, 0 if that has ended or is a zombie."""
    try:
        # the name of the program, in parentheses, may contain anything
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return 0 if fields[0] == b"Z" else int(fields[1])
    except (OSError, IndexError, ValueError):
        return 0


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def reader_watch(output: typing.TextIO) -> Callable[[], bool]:
    """Return a function that tells whether the reader of an output has closed its end."""
    poll = select.poll()
    try:
        poll.register(output.fileno(), select.POLLERR | select.POLLHUP)
    except (OSError, ValueError):  # not a file of the system
        return lambda: False
    return lambda: bool(poll.poll(0))
