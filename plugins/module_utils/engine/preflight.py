# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service itself has against a plan, asked before anything is written. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable

from ..client.client import Service
from ..domain.errors import UserError
from ..domain.model import UNSET, CurrentUser, same_name
from ..domain.plan import Action, Plan, subject
from .read import is_same_card, not_ours


def problems_of(
    service: Service,
    plan: Plan,
    person_exists: Callable[[int], bool] | None = None,
    *,
    asks_for_name: bool = True,
) -> list[UserError]:
    """Put what a plan would write to the service's own checks; return all it has against it.

    Args:
        service: the service to ask.
        plan: the plan; nothing is asked for one that writes nothing.
        person_exists: tells whether there is a person of an id, for who knows already.
        asks_for_name: whether to ask for the name too; where another user still has it, and gives
            it away before or is known to keep it, the service could only say that it is in use.
    """
    after = plan.after
    if after is None or not plan.changed:
        return []
    problems = []
    known = person_exists or service.archive.person_exists
    if plan.action is Action.CREATE and not known(after.person_id):
        problems.append(
            UserError(
                "person",
                f"{plan.desired.subject} can not be created: there is no person with the id"
                f" {after.person_id}. Give the person_id of an existing person.",
            )
        )
    name_problem = _name_problem(service, plan, after) if asks_for_name else None
    asked = (name_problem, _password_problem(service, plan, after))
    return [*problems, *filter(None, asked)]


def prove_identity(service: Service, plan: Plan) -> Plan:
    """Make sure that a listed user is who GetUser says it is, before it is written to.

    That the key of the list is the associate id is our reading of the documents, and the list does
    not tell whether a user is retired; so one GetUser looks (netserver-api 3.3, 12).

    Returns:
        The plan; one that does nothing if the user to delete is gone already.

    Raises:
        UserError: the two do not agree.
    """
    user = plan.before
    if user is None or user.associate_id is None or not plan.changed:
        return plan
    card = service.agent.user(user.associate_id)
    if card is not None and not card.is_external:
        raise not_ours(plan.desired, card)
    if card is None or not is_same_card(user, card):
        instead = f"'{card.user_name or card.name}'" if card else "nobody"
        raise UserError(
            "identity",
            f"{subject(plan)}: GetUser knows {instead} under this id, so that the key of the list"
            " of external users may not be the associate id. Nothing was changed.",
        )
    if not card.deleted:
        return plan
    if plan.action is Action.DELETE:
        return Plan(plan.desired, Action.NONE, before=None, after=None)
    raise retired(plan)


def retired(plan: Plan) -> UserError:
    """Say that a user is retired, which no call for external users takes back."""
    return UserError(
        "identity",
        f"{subject(plan)} is retired, and was not changed. Take it back in Settings and"
        " maintenance first, or remove it there to create it anew.",
    )


def _name_problem(service: Service, plan: Plan, after: CurrentUser) -> UserError | None:
    before = plan.before
    if before and (not plan.renames or same_name(before.user_name) == same_name(after.user_name)):
        return None  # the service might take a name that differs only in case for one in use
    problem = service.agent.user_name_problem(
        after.user_name, after.person_id, after.associate_id or 0
    )
    if not problem:
        return None
    return UserError(
        "user_name",
        f"{subject(plan)}: the service does not accept the user_name '{after.user_name}':"
        f" {problem.rstrip('.')}. Nothing was changed; choose another name.",
    )


def _password_problem(service: Service, plan: Plan, after: CurrentUser) -> UserError | None:
    password = plan.desired.password
    if not plan.sets_password or password is UNSET:
        return None
    problem = service.agent.password_problem(password, after.person_id, after.associate_id or 0)
    if not problem:
        return None
    return UserError(
        "password",
        f"{subject(plan)}: the service does not accept the password:"
        f" {problem.rstrip('.')}. Nothing was changed; choose another one.",
    )
