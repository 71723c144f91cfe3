# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One user from definition to plan, and from plan to proof."""

from __future__ import annotations

import typing

from ..netserver.service import Service
from ..users.errors import UserError
from ..users.identity import identify
from ..users.model import DesiredUser, Secret, State, Trial
from ..users.plan import Plan, needs_trial, plan_user
from ..users.roles import Roles
from .checking import problems_of, prove_identity
from .passwords import strong_password
from .reading import find_role, find_users, read_roles
from .writing import Applied, apply_plan


class Decision(typing.NamedTuple):
    """A checked plan, with what carrying it out needs to know, and a password that we made."""

    plan: Plan
    roles: Roles
    generated: Secret | None = None


def decide(service: Service, desired: DesiredUser) -> Decision:
    """Read the world and plan what `desired` asks for; nothing is written.

    Raises:
        UserError: the definition can not be fulfilled.
        NetServerError: the world could not be read.
    """
    roles = read_roles(service)
    role = find_role(roles, desired, service.archive.roles)
    current = identify(desired, find_users(service, roles, desired))
    generated: Secret | None = None
    if current is None and desired.generate_password and desired.state is State.PRESENT:
        generated = strong_password()
        desired = desired._replace(password=generated)
    trial = Trial.NOT_VERIFIABLE
    if current and needs_trial(desired, current) and isinstance(desired.password, Secret):
        trial = service.try_login(current, desired.password)
    plan = prove_identity(service, plan_user(desired, current, role, trial))
    problems = problems_of(service, plan)
    if problems:
        raise UserError(problems[0].kind, " ".join(map(str, problems)))
    return Decision(plan, roles, generated)


def carry_out(service: Service, decision: Decision, *, verify: bool) -> Applied:
    """Do what was decided, with one write at most."""
    return apply_plan(service, decision.roles, decision.plan, verify=verify)
