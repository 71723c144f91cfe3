# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner of both execution paths: runs a task and turns an error into a failed result."""

from __future__ import annotations

import contextlib
import gc
import sys
import typing
from collections.abc import Iterator

from ..client.http import REQUESTS_IMPORT_ERROR
from ..engine.failure import Problem, failure_of
from .arguments import Options, Progress, Task
from .result import failed

LIBRARY_PROBLEM = REQUESTS_IMPORT_ERROR
OBJECTS_BETWEEN_COLLECTIONS = 100_000
SECONDS_OF_A_TURN = 0.0005


def silent(phase: str, done: int, total: int) -> None:
    """Report no progress."""


def run_task(
    task: Task, options: Options, check_mode: bool, progress: Progress = silent
) -> dict[str, typing.Any]:
    """Run a task with checked options and return its result, a failed one too."""
    try:
        with _rare_collections(), _quick_turns():
            result = task.run(options, check_mode, progress)
    except Problem as error:
        result = {"changed": False, **failed(failure_of(error))}
    return {**result, "invocation": task.invocation(options)}


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for garbage less often.

    A run makes a million values and hardly a circle of them; to look through all of them, and all
    that Ansible holds, again and again takes a tenth of its time.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@contextlib.contextmanager
def _quick_turns() -> Iterator[None]:
    """Let threads take turns ten times as often as usual.

    A page comes in pieces, and with each the thread that reads it waits for its turn: a page would
    take longer to get past the thread that works on the one before it than to get here.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SECONDS_OF_A_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
