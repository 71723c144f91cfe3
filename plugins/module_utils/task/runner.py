# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner of both execution paths: runs a task and turns an error into a failed result."""

from __future__ import annotations

import contextlib
import datetime
import gc
import typing
import warnings
from collections.abc import Callable, Iterator

from ..client.cancellation import CancelToken
from ..client.http import REQUESTS_IMPORT_ERROR
from ..domain.shown_text import for_message
from ..engine.failure import Failure, Problem, failure_of, interruption_reason
from ..engine.read import ReportProgress
from .arguments import Options, Task, TaskContext
from .result import failed
from .watchdog import watching

LIBRARY_PROBLEM = REQUESTS_IMPORT_ERROR
OBJECTS_BETWEEN_COLLECTIONS = 100_000


def silent(phase: str, done: int, total: int) -> None:
    """Report no progress."""


def run_task(
    task: Task,
    options: Options,
    check_mode: bool,
    progress: ReportProgress = silent,
    *,
    is_abandoned: Callable[[], bool] = lambda: False,
    cancel_token: CancelToken | None = None,
) -> dict[str, typing.Any]:
    """Run a task with validated options and return its result, which may be a failed one.

    Args:
        task: the task.
        options: its validated options.
        check_mode: whether nothing may be written.
        progress: who is told how far the task is.
        is_abandoned: tells whether the result is no longer awaited; called now and then.
        cancel_token: what a signal handler cancels to stop the task.
    """
    token = cancel_token or CancelToken()
    try:
        # a task without validate_certs turns warnings of urllib3 off, for the whole process
        with warnings.catch_warnings(), _rare_collections(), watching(is_abandoned, token):
            now = datetime.datetime.now(datetime.timezone.utc)
            result = task.run(options, TaskContext(check_mode, progress, token, now))
    except Problem as error:
        result = {"changed": False, **failed(failure_of(error))}
    except BaseException as interruption:
        token.cancel()
        if isinstance(interruption, (Exception, KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        # the task keyword `timeout`; while it writes or verifies, the engine itself catches it
        result = _interrupted(interruption, token)
    if "warnings" in result:
        result["warnings"] = list(map(for_message, result["warnings"]))
    return {**result, "invocation": task.invocation(options)}


def _interrupted(interruption: BaseException, token: CancelToken) -> dict[str, typing.Any]:
    """Return the result of a task that has none of its own."""
    reason = interruption_reason(interruption)
    if token.may_have_written:
        text = (
            f"The task was interrupted after it had begun to write ({reason}). What was changed is"
            " not known; run the task again, it reads before it writes."
        )
    else:
        text = f"The task was interrupted before anything was written ({reason})."
    return {"changed": token.may_have_written, **failed(Failure(text, "interrupted"))}


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
