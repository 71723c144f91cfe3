# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a run: the intent before each write, the outcome after it.

A run that is killed leaves a journal that says which users were changed, and for which ones it is
not known. Each line is a JSON object and reaches the file before the write goes out. It holds no
password.
"""

from __future__ import annotations

import collections
import contextlib
import datetime
import json
import os
import threading
import typing
from collections.abc import Iterator
from pathlib import Path

from ..domain.errors import UserError
from ..domain.fields import flag_names
from ..domain.plan import Step
from .step_result import StepResult

SHOWN_NAMES = 20


class Unfinished(typing.NamedTuple):
    """What the journal of an interrupted run says."""

    path: str
    started: str
    total: int
    done: int
    unknown: list[str]


class Journal:
    """Writes the journal of one run, from any thread."""

    def __init__(self, path: str, installation: str, total: int) -> None:
        """Open the file and write its first line.

        The journal of a run that finished is replaced; that of one that did not is kept, and this
        run is added to it, on a line of its own.

        Raises:
            UserError: the file cannot be written.
        """
        self._path = Path(path).expanduser()
        self._lock = threading.Lock()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        is_continued = read_unfinished(path) is not None
        if not is_continued:
            flags |= os.O_TRUNC
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise _not_writable(self._path, error) from error
        if is_continued:
            self._append("\n")  # the last line may have no end
        self._write("start", installation=installation, total=total)

    def intent(self, step: Step) -> None:
        """Note that a step is about to be written.

        Raises:
            UserError: the file cannot be written; the step must not be either.
        """
        self._write("intent", **_facts(step))

    def outcome(self, result: StepResult) -> None:
        """Note what became of a step."""
        failure = result.failure
        failed = "unknown" if result.is_unknown else "failed"
        status = failed if failure else "done"
        user = result.user or result.step.before
        self._write(
            "outcome",
            step=result.step.key,
            status=status,
            associate_id=user.associate_id if user else None,
            message=failure.message if failure else None,
        )

    def mail(self, step: Step, status: str) -> None:
        """Note that the mail to a new user is about to be requested, or what became of it."""
        self._write("password_email", step=step.key, status=status)

    def end(self) -> None:
        """Note that the run came to its end."""
        self._write("end")

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            os.close(self._file)

    def _write(self, event: str, **facts: typing.Any) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        self._append(json.dumps({"event": event, "time": now, **facts}, ensure_ascii=False) + "\n")

    def _append(self, text: str) -> None:
        left = text.encode("utf-8", "backslashreplace")
        try:
            with self._lock:
                while left:  # a disk that is almost full takes a part of a line without an error
                    left = left[os.write(self._file, left) :]
        except OSError as error:
            raise _not_writable(self._path, error) from error


def read_unfinished(path: str) -> Unfinished | None:
    """Return what a journal says of the last run, if that did not come to its end."""
    started, total = "", 0
    steps: dict[object, tuple[str, str]] = {}
    for record in _records(Path(path).expanduser()):
        event = record.get("event")
        if event == "start":
            started, total = str(record.get("time", "")), int(record.get("total") or 0)
            steps = {}
        elif event == "end":
            started = ""
        elif event == "intent":
            steps[record.get("step")] = ("unknown", str(record.get("user_name", "")))
        elif event == "outcome" and record.get("step") in steps:
            name = steps[record.get("step")][1]
            steps[record.get("step")] = (str(record.get("status", "")), name)
    if not started:
        return None
    counts = collections.Counter(status for status, _name in steps.values())
    unknown = [name for status, name in steps.values() if status == "unknown"]
    return Unfinished(path, started, total, counts["done"], unknown)


def _records(path: Path) -> Iterator[dict[str, typing.Any]]:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    record = json.loads(line)
                except ValueError:  # the last line of a run that was killed
                    continue
                if isinstance(record, dict):
                    yield record
    except OSError:
        return


def _facts(step: Step) -> dict[str, typing.Any]:
    user = step.after or step.before
    return {
        "step": step.key,
        "user_name": step.user_name,
        "associate_id": step.associate_id,
        "person_id": user.person_id if user else None,
        "action": step.action.value,
        "modification": flag_names(step.modification),
    }


def _not_writable(path: Path, error: OSError) -> UserError:
    return UserError(
        "journal",
        f"journal {path} cannot be written: {error.strerror}. Set journal to a file that can be"
        " written, or omit it.",
    )
