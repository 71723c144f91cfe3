# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a task or a user failed: one sentence, and the facts that a playbook can test."""

from __future__ import annotations

import typing

from ..client.errors import NetServerError
from ..domain.errors import UserError
from ..domain.shown_text import for_message

Problem = (UserError, NetServerError)


class Failure(typing.NamedTuple):
    """The reason of a failure. `status` and `operation` are empty without a response."""

    message: str
    kind: str
    status: int | None = None
    operation: str = ""


def failure_of(error: UserError | NetServerError, tried: str = "", known: str = "") -> Failure:
    """Describe an error as results do.

    Args:
        error: what was raised.
        tried: what was tried on whom, such as "External user 'anna' could not be read"; an error
            about a definition says that itself.
        known: what is known of the effect, as a sentence.
    """
    if isinstance(error, UserError):
        return Failure(for_message(f"{error} {known}".strip()), error.kind)
    text = error.sentence()
    if not text.endswith("."):
        text += "."
    start = f"{tried}: " if tried else ""
    message = for_message(f"{start}{text} {known}".strip())
    return Failure(message, error.kind, error.status, error.operation)


def interruption_reason(interruption: BaseException) -> str:
    """Return in a few words what interrupted a run."""
    text = str(interruption).rstrip(".")
    # the exception of ansible-core before 2.19 has no text
    is_timeout = "timeout" in type(interruption).__name__.lower()
    return text or ("timeout of the task" if is_timeout else type(interruption).__name__)
