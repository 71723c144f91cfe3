# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner of both execution paths: runs a task and turns an error into a failed result."""

from __future__ import annotations

import contextlib
import gc
import typing
from collections.abc import Iterator

from ..client.http import REQUESTS_IMPORT_ERROR
from ..engine.failure import Problem, failure_of
from .arguments import Options, Progress, Task
from .result import failed

LIBRARY_PROBLEM = REQUESTS_IMPORT_ERROR
OBJECTS_BETWEEN_COLLECTIONS = 100_000


def silent(phase: str, done: int, total: int) -> None:
    """Report no progress."""


def run_task(
    task: Task, options: Options, check_mode: bool, progress: Progress = silent
) -> dict[str, typing.Any]:
    """Run a task with validated options and return its result, which may be a failed one."""
    try:
        with _rare_collections():
            result = task.run(options, check_mode, progress)
    except Problem as error:
        result = {"changed": False, **failed(failure_of(error))}
    return {**result, "invocation": task.invocation(options)}


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Run the garbage collector less often, and restore its thresholds afterwards.

    A run over 100,000 users makes a million values with hardly a reference cycle. Searching all of
    them, and all that Ansible holds, again and again takes a fifth of its processor time.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
