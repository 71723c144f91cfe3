# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task returns: results and diffs, in the words of the interface and without secrets."""

from __future__ import annotations

import typing

from ..domain.fields import flag_names
from ..domain.model import UNSET, CurrentUser, DesiredUser, State
from ..domain.plan import Action, PasswordEvent, Plan
from ..engine.apply import Applied
from ..engine.failure import Failure

Result = dict[str, typing.Any]


def of_user(plan: Plan, applied: Applied | None, requests: dict[str, int]) -> Result:
    """Return the result for one user; `applied` is none where nothing was to be carried out."""
    changed = plan.changed if applied is None else applied.wrote
    result: Result = {
        "changed": changed,
        "action": plan.action.value,
        "modification": flag_names(plan.change),
        "user": user_facts(plan.after if applied is None else applied.user),
        "password_status": plan.password_event.value,
        "diff": diff(plan),
        "requests": requests,
    }
    if applied and applied.failure:
        result.update(failed(applied.failure))
    return result


def undecided(failure: Failure, requests: dict[str, int]) -> Result:
    """Return the result of a task that failed before anything could be written."""
    return {"changed": False, "requests": requests, **failed(failure)}


def failed(failure: Failure) -> Result:
    """Return what every failed task says."""
    return {
        "failed": True,
        "msg": failure.message,
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
    }


def diff(plan: Plan) -> Result:
    """Return the managed fields before and after; a user that is not there is an empty one."""
    user = plan.before or plan.after
    name = user.user_name if user else plan.desired.subject
    header = f"external user {name}"
    if plan.before:
        header += f" (associate {plan.before.associate_id})"
    return {
        "before": side_of(plan, is_after=False),
        "after": side_of(plan, is_after=True),
        "before_header": header,
        "after_header": header,
    }


def side_of(plan: Plan, *, is_after: bool) -> Result:
    """Return the managed fields as they are, or as they are going to be."""
    user = plan.after if is_after else plan.before
    if user is None:
        return {}
    managed = _managed(plan.desired, everything=plan.action in (Action.CREATE, Action.DELETE))
    side: Result = {name: getattr(user, name) for name in managed}
    if plan.password_event is PasswordEvent.SET:
        side["password"] = "(set)" if is_after else "(unchanged)"
    return side


def _managed(desired: DesiredUser, *, everything: bool) -> list[str]:
    """Return the names of the fields to show, in the order of the field table."""
    if everything or desired.state is State.ABSENT:
        return ["person_id", "user_name", "role", "role_id", "is_active"]
    shown = ["user_name"] if desired.user_name is not UNSET else []
    if desired.manages_role:
        shown += ["role", "role_id"]
    if desired.is_active is not UNSET:
        shown.append("is_active")
    return shown
