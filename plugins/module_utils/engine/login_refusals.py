# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a refused login is a reason to set a password.

Where a service lets no external user log in, every login is refused, whatever the password is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..client.client import Client
from ..domain.model import LoginProbe, Secret, UpdatePassword
from ..domain.plan import Step
from .step_result import StepResult


class LoginRefusals:
    """Sets the first password after a refused login alone, and tries that login once more.

    After a second refusal no refusal is trusted for the rest of the run: at most one password is
    set in vain. Safe for several threads.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._are_trusted: bool | None = None
        self.warning = ""

    def write(self, step: Step, write: Callable[[Step], StepResult]) -> StepResult:
        """Write a step, without its password if that would only follow from a refused login."""
        if not _follows_from_refusal(step):
            return write(step)
        if self._are_trusted is None:
            with self._lock:
                if self._are_trusted is None:
                    result = write(step)
                    self._try_login(result)
                    return result
        if self._are_trusted:
            return write(step)
        left = step.without_password()
        return write(left) if left.acts else StepResult(left, user=step.before)

    def _try_login(self, result: StepResult) -> None:
        """Try the password that was set; an inconclusive login leaves the question open."""
        step, password = result.step, result.step.desired.password
        if not result.succeeded or step.after is None or not isinstance(password, Secret):
            return
        probe = self._client.probe_login(step.after, password)
        if probe is LoginProbe.MATCH:
            self._are_trusted = True
        elif probe is LoginProbe.MISMATCH:
            self._are_trusted = False
            self.warning = (
                f"{step.subject}: the login is refused with the password that was just set, too."
                " External users may be unable to log in to this service. For the rest of the run"
                " no password was set because of a refused login; use update_password: on_create."
            )


def _follows_from_refusal(step: Step) -> bool:
    # an inactive user cannot log in, whatever the password is
    return (
        step.modifies
        and step.sets_password
        and step.desired.update_password is UpdatePassword.WHEN_CHANGED
        and step.after is not None
        and step.after.is_active
    )
