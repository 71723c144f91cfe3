# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One user from definition to plan, and from plan to proof."""

from __future__ import annotations

import typing

from ..client.client import Service
from ..domain.errors import UserError
from ..domain.matching import identify
from ..domain.model import DesiredUser, LoginProbe, Secret, State
from ..domain.plan import Plan, needs_login_probe, plan_user
from ..domain.roles import Roles
from .apply import Applied, apply_plan
from .passwords import strong_password
from .preflight import problems_of, prove_identity
from .read import find_role, find_users, read_roles


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
    trial = LoginProbe.NOT_VERIFIABLE
    if current and needs_login_probe(desired, current) and isinstance(desired.password, Secret):
        trial = service.probe_login(current, desired.password)
    plan = prove_identity(service, plan_user(desired, current, role, trial))
    problems = problems_of(service, plan)
    if problems:
        raise UserError(problems[0].kind, " ".join(map(str, problems)))
    return Decision(plan, roles, generated)


def carry_out(service: Service, decision: Decision, *, verify: bool) -> Applied:
    """Do what was decided, with one write at most."""
    return apply_plan(service, decision.roles, decision.plan, verify=verify)
