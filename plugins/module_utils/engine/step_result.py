# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of one step."""

from __future__ import annotations

import typing

from ..domain.model import CurrentUser
from ..domain.plan import Step
from .failure import Failure


class PasswordEmail(typing.NamedTuple):
    """What became of the mail to a new user: `sent`, `not_supported` or `failed`, and why."""

    status: str
    reason: str = ""


class StepResult(typing.NamedTuple):
    """The result of a step.

    Attributes:
        step: what was planned.
        wrote: whether anything was written.
        user: the user afterwards, as far as it is known; None also for a user that is gone.
        failure: why the step failed.
        skipped: why the step was not started.
        started: whether the step was started.
        is_unknown: whether a failed step may have taken effect all the same.
        is_read_back: whether `user` was read after the write, and is as planned.
        password_email: what became of the mail to a new user, None if none was to be sent.
    """

    step: Step
    wrote: bool = False
    user: CurrentUser | None = None
    failure: Failure | None = None
    skipped: str = ""
    started: bool = False
    is_unknown: bool = False
    is_read_back: bool = False
    password_email: PasswordEmail | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the step was applied without a failure."""
        return self.started and self.failure is None

    @property
    def may_have_password(self) -> bool:
        """Whether the user may have the password of the step, however the step ended."""
        return self.wrote or self.is_unknown

    @property
    def written_id(self) -> int | None:
        """The associate id of the user that was written to."""
        user = self.user or self.step.before
        return user.associate_id if user else None
