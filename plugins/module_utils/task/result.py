# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tasks return alike: failures, users, diffs; without secrets."""

from __future__ import annotations

import typing

from ..client.redaction import MASK
from ..domain.model import UNSET, CurrentUser, DesiredUser, Secret, State
from ..domain.plan import Action, PasswordStatus, Step
from ..domain.shown_text import for_terminal
from ..engine.failure import Failure

Result = dict[str, typing.Any]


def undecided(failure: Failure, requests: dict[str, int]) -> Result:
    """Return the result of a task that failed before anything could be written."""
    return {"changed": False, "requests": requests, **failed(failure)}


def failed(failure: Failure) -> Result:
    """Return what every failed task returns; nothing in the message is more than text."""
    return {
        "failed": True,
        "msg": "\n".join(map(for_terminal, failure.message.split("\n"))),
        "error": {
            "kind": failure.kind,
            "status": failure.status,
            "operation": failure.operation or None,
        },
    }


def user_facts(user: CurrentUser | None) -> Result | None:
    """Return a user as results show it."""
    if user is None:
        return None
    return {
        "associate_id": user.associate_id,
        "person_id": user.person_id,
        "user_name": user.user_name,
        "role": user.role,
        "role_id": user.role_id,
        "is_active": user.is_active,
        **person_facts(user),
    }


def person_facts(user: CurrentUser) -> Result:
    """Return whose login it is, as far as that is known."""
    return {
        "full_name": user.full_name,
        "company": user.company,
        "company_name": user.company_name,
        "company_id": user.company_id,
        "email": user.email,
    }


def diff_side(step: Step, *, is_after: bool) -> Result:
    """Return the managed fields as they are, or as they are going to be.

    Ansible prints a diff, so that nothing in it is more than text; plan and results have the facts.
    """
    user = step.after if is_after else step.before
    if user is None:
        return {}
    managed = _managed(step.desired, everything=step.action in (Action.CREATE, Action.DELETE))
    side: Result = {name: _shown(getattr(user, name)) for name in managed}
    if step.password_status is PasswordStatus.SET:
        side["password"] = "(set)" if is_after else "(unchanged)"
    if step.sends_email and is_after:
        side["password_email"] = "(requested)"  # noqa: S105 - an event
    return side


def _shown(value: str | int | bool | None) -> str | int | bool | None:
    return for_terminal(value) if isinstance(value, str) else value


def shown_password(password: Secret, *, readable: bool) -> str:
    """Return a generated password, masked unless it was asked for."""
    return password.value if readable else MASK


def _managed(desired: DesiredUser, *, everything: bool) -> list[str]:
    """Return the names of the fields to show, in the order of the field table."""
    if everything or desired.state is State.ABSENT:
        return ["person_id", "user_name", "role", "role_id", "is_active"]
    shown = ["user_name"] if desired.user_name is not UNSET else []
    if desired.manages_role:
        shown += ["role", "role_id"]
    if desired.manages_access:
        shown.append("is_active")
    return shown
