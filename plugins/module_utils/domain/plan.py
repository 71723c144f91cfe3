# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done so that a user is as declared. Pure: no I/O, no clock, no check mode."""

from __future__ import annotations

import enum
import typing

from .errors import UserError
from .fields import fields_of
from .model import (
    UNSET,
    Change,
    CurrentUser,
    DesiredUser,
    LoginProbe,
    Role,
    Secret,
    State,
    UpdatePassword,
    describe,
)


class Action(str, enum.Enum):
    """What a plan does to the user."""

    NONE = "none"
    CREATE = "create"
    MODIFY = "modify"
    DELETE = "delete"


class PasswordEvent(str, enum.Enum):
    """What happens to the password, which can not be read back."""

    UNCHANGED = "unchanged"
    SET = "set"
    VERIFIED = "verified"
    NOT_VERIFIABLE = "not_verifiable"
    NOT_APPLIED = "not_applied"


class Plan(typing.NamedTuple):
    """A decision: the user before and after, and the one call that leads from one to the other."""

    desired: DesiredUser
    action: Action
    before: CurrentUser | None
    after: CurrentUser | None
    change: Change = Change.NONE
    password_event: PasswordEvent = PasswordEvent.UNCHANGED

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.action is not Action.NONE

    @property
    def sets_password(self) -> bool:
        """Whether the password would be written."""
        return self.password_event is PasswordEvent.SET

    @property
    def deactivates(self) -> bool:
        """Whether a user who can log in will no longer be able to."""
        return (
            self.action is Action.MODIFY
            and bool(self.change & Change.ACTIVE)
            and self.after is not None
            and not self.after.is_active
        )

    @property
    def renames(self) -> bool:
        """Whether an existing user gets another name, be it only in case."""
        return self.action is Action.MODIFY and bool(self.change & Change.USER_NAME)


def plan_user(
    desired: DesiredUser,
    current: CurrentUser | None,
    role: Role | None = None,
    trial: LoginProbe = LoginProbe.NOT_VERIFIABLE,
) -> Plan:
    """Decide what `desired` asks for, given the user as it is.

    Args:
        desired: the declaration.
        current: the user that it is about, none if there is no such user.
        role: the role that the declaration asks for; none if it does not manage the role.
        trial: what a login with the password told, where `needs_login_probe` asked for one.

    Raises:
        UserError: the user would have to be created, and something for that is missing.
    """
    if desired.state is State.ABSENT:
        action = Action.DELETE if current else Action.NONE
        return Plan(desired, action, before=current, after=None)
    if current is None:
        return _plan_creation(desired, role)
    return _plan_modification(desired, current, role, trial)


def needs_login_probe(desired: DesiredUser, current: CurrentUser | None) -> bool:
    """Tell whether only a login with the wanted password can tell if it has to be set.

    An inactive user can not log in, so that a refusal would say nothing about the password.
    """
    return (
        current is not None
        and current.is_active
        and desired.state is State.PRESENT
        and desired.password is not UNSET
        and desired.update_password is UpdatePassword.WHEN_CHANGED
    )


def _plan_creation(desired: DesiredUser, role: Role | None) -> Plan:
    if desired.associate_id is not UNSET:
        raise UserError(
            "not_found",
            f"{desired.subject}: there is no external user with the associate id"
            f" {desired.associate_id}. The service gives ids itself; to create a user leave"
            " associate_id out and give person_id and user_name.",
        )
    missing = [
        option
        for option, there in (
            ("user_name", desired.user_name is not UNSET),
            ("person_id", desired.person_id is not UNSET),
            ("role or role_id", role is not None),
            ("password or generate_password", has_password(desired)),
        )
        if not there
    ]
    if missing or desired.user_name is UNSET or desired.person_id is UNSET or role is None:
        raise UserError(
            "not_found",
            f"{desired.subject} does not exist and can not be created without"
            f" {', '.join(missing)}.",
        )
    after = CurrentUser(
        associate_id=None,
        person_id=desired.person_id,
        user_name=desired.user_name,
        role_id=role.role_id,
        role=role.name,
        is_active=True if desired.is_active is UNSET else desired.is_active,
        associate_name=desired.user_name,
    )
    return Plan(
        desired,
        Action.CREATE,
        before=None,
        after=after,
        password_event=PasswordEvent.SET,
    )


def _plan_modification(
    desired: DesiredUser, current: CurrentUser, role: Role | None, trial: LoginProbe
) -> Plan:
    event = _password_event(desired, current, trial)
    after = current
    change = Change.PASSWORD if event is PasswordEvent.SET else Change.NONE
    if desired.user_name is not UNSET and not current.is_named(desired.user_name):
        change |= Change.USER_NAME
        after = after._replace(user_name=desired.user_name, associate_name=desired.user_name)
    if role is not None and role.role_id != current.role_id:
        change |= Change.ROLE
        after = after._replace(role_id=role.role_id, role=role.name)
    if desired.is_active is not UNSET and desired.is_active != current.is_active:
        change |= Change.ACTIVE
        after = after._replace(is_active=desired.is_active)
    action = Action.MODIFY if change else Action.NONE
    return Plan(desired, action, current, after, change, event)


def _password_event(desired: DesiredUser, current: CurrentUser, trial: LoginProbe) -> PasswordEvent:
    if desired.password is UNSET:
        return PasswordEvent.UNCHANGED
    if desired.update_password is UpdatePassword.ALWAYS:
        return PasswordEvent.SET
    if desired.update_password is UpdatePassword.ON_CREATE:
        return PasswordEvent.NOT_APPLIED
    return {
        LoginProbe.MATCH: PasswordEvent.VERIFIED,
        LoginProbe.MISMATCH: PasswordEvent.SET,
        LoginProbe.NOT_VERIFIABLE: PasswordEvent.NOT_VERIFIABLE,
    }[trial if needs_login_probe(desired, current) else LoginProbe.NOT_VERIFIABLE]


def has_password(desired: DesiredUser) -> bool:
    """Tell whether a user could be created as far as its password goes."""
    return desired.generate_password or (
        isinstance(desired.password, Secret) and desired.password.value != ""
    )


def remaining(planned: CurrentUser, found: CurrentUser) -> Change:
    """Return the flags in which a user that was read again differs from the plan.

    The password is never among them: it can not be read.
    """
    left = Change.NONE
    if not found.is_named(planned.user_name):
        left |= Change.USER_NAME
    if found.role_id != planned.role_id:
        left |= Change.ROLE
    if found.is_active != planned.is_active:
        left |= Change.ACTIVE
    return left


def differences(planned: CurrentUser, found: CurrentUser) -> list[str]:
    """Say field by field what a user that was read back is instead of what was planned."""
    wrong = [field.option for field in fields_of(remaining(planned, found))]
    if found.person_id != planned.person_id:
        wrong.append("person_id")
    return [
        f"{option} is {getattr(found, option)!r} instead of {getattr(planned, option)!r}"
        for option in wrong
    ]


def subject(plan: Plan) -> str:
    """Name the user of a plan for a sentence, by what is known of it."""
    return describe(plan.before) if plan.before else plan.desired.subject
