# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service itself has against a plan, asked before anything is written. Writes nothing."""

from __future__ import annotations

from ..netserver.service import Service
from ..users.errors import UserError
from ..users.model import UNSET, CurrentUser, Secret, same_name
from ..users.plan import Action, Plan, subject
from .reading import is_same_card, not_ours


def check_plan(service: Service, plan: Plan) -> None:
    """Put what a plan would write to the service's own checks.

    Raises:
        UserError: the person does not exist, or the name or the password would be refused.
    """
    after = plan.after
    if after is None or not plan.changed:
        return
    if plan.action is Action.CREATE and not service.archive.person_exists(after.person_id):
        raise UserError(
            "person",
            f"{plan.desired.subject} can not be created: there is no person with the id"
            f" {after.person_id}. Give the person_id of an existing person.",
        )
    _check_name(service, plan, after)
    _check_password(service, plan, after)


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
    raise UserError(
        "identity",
        f"{subject(plan)} is retired, and was not changed. Take it back in Settings and"
        " maintenance first, or remove it there to create it anew.",
    )


def _check_name(service: Service, plan: Plan, after: CurrentUser) -> None:
    before = plan.before
    if before and (not plan.renames or same_name(before.user_name) == same_name(after.user_name)):
        return  # the service might take a name that differs only in case for one in use
    problem = service.agent.user_name_problem(
        after.user_name, after.person_id, after.associate_id or 0
    )
    if problem:
        raise UserError(
            "user_name",
            f"{subject(plan)}: the service does not accept the user_name '{after.user_name}':"
            f" {problem.rstrip('.')}. Nothing was changed; choose another name.",
        )


def _check_password(service: Service, plan: Plan, after: CurrentUser) -> None:
    password = plan.desired.password
    if not plan.sets_password or password is UNSET:
        return
    problem = service.agent.password_problem(password, after.person_id, after.associate_id or 0)
    if problem:
        raise UserError(
            "password",
            f"{subject(plan)}: the service does not accept the password:"
            f" {_without(problem, password).rstrip('.')}. Nothing was changed; choose another one.",
        )


def _without(text: str, password: Secret) -> str:
    return text.replace(password.value, "********") if password.value else text
