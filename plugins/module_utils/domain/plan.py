# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step that brings one user in line with its definition.

Pure: no I/O, no clock, no check mode.
"""

from __future__ import annotations

import datetime
import enum
import typing

from .errors import UserError
from .fields import fields_of
from .findings import SourceLocation
from .model import (
    UNSET,
    CurrentUser,
    DesiredUser,
    LoginProbe,
    Modification,
    Role,
    Secret,
    State,
    UpdatePassword,
    describe,
)
from .names import name_key


class Action(str, enum.Enum):
    """What a step does to the user."""

    NONE = "none"
    CREATE = "create"
    MODIFY = "modify"
    RENAME = "rename"
    DELETE = "delete"


class PasswordStatus(str, enum.Enum):
    """What happens to the password, which cannot be read back."""

    UNCHANGED = "unchanged"
    SET = "set"
    VERIFIED = "verified"
    NOT_VERIFIABLE = "not_verifiable"
    NOT_APPLIED = "not_applied"


class Step(typing.NamedTuple):
    """The decision about one user: before, after, and what the one call changes.

    `key` identifies the step within its run; a step that replaces another one keeps it.
    `location` is None for a user that no definition names. `stale` says why a step of an earlier
    plan must no longer be applied. `valid_until` is when the period of its user begins or ends, so
    that the step holds no longer.
    """

    desired: DesiredUser
    action: Action
    before: CurrentUser | None
    after: CurrentUser | None
    modification: Modification = Modification.NONE
    password_status: PasswordStatus = PasswordStatus.UNCHANGED
    key: int = 0
    location: SourceLocation | None = None
    protected: bool = False
    stale: str = ""
    generated: Secret | None = None
    valid_until: datetime.datetime | None = None

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""
        return self.action is not Action.NONE

    @property
    def acts(self) -> bool:
        """Whether the step is to be applied."""
        return self.changes and not self.protected and not self.stale

    @property
    def sets_password(self) -> bool:
        """Whether the password would be written."""
        return self.password_status is PasswordStatus.SET

    @property
    def sends_email(self) -> bool:
        """Whether a new user is to get the mail with a link for choosing a password."""
        return self.action is Action.CREATE and self.desired.send_password_email

    @property
    def deactivates(self) -> bool:
        """Whether a user who can log in will no longer be able to."""
        return (
            self.modifies
            and bool(self.modification & Modification.ACTIVE)
            and self.after is not None
            and not self.after.is_active
        )

    @property
    def modifies(self) -> bool:
        """Whether an existing user is changed, and not deleted."""
        return self.action in (Action.MODIFY, Action.RENAME)

    @property
    def renames(self) -> bool:
        """Whether an existing user gets another name, even if only its case changes."""
        return self.action is Action.RENAME

    @property
    def respells(self) -> bool:
        """Whether the user only gets another spelling of its name."""
        if not self.renames or self.before is None or self.after is None:
            return False
        return self.before.logs_in_as(self.after.user_name)

    @property
    def associate_id(self) -> int | None:
        """The id of the existing user."""
        return self.before.associate_id if self.before else None

    @property
    def user_name(self) -> str:
        """The name under which results list the user: the one it will have."""
        user = self.after or self.before
        if user:
            return user.user_name
        name = self.desired.user_name
        return "" if name is UNSET else name

    @property
    def person(self) -> CurrentUser | None:
        """The user, as far as it is known whose login it is."""
        users = (self.after, self.before)
        return next((user for user in users if user and (user.full_name or user.company)), None)

    @property
    def sort_key(self) -> tuple[str, int]:
        """The order of results and plans: by name, and by id where two users have one name."""
        user = self.before or self.after
        return name_key(self.user_name), (user.associate_id or 0) if user else 0

    @property
    def where(self) -> str:
        """The place that findings about this step name."""
        return str(self.location) if self.location else "prune"

    @property
    def subject(self) -> str:
        """Name the user for a sentence, by what is known of it."""
        return describe(self.before) if self.before else self.desired.subject

    @property
    def planned_status(self) -> str:
        """What becomes of the user if everything goes as planned."""
        if self.changes and self.protected:
            return "protected"
        if self.stale:
            return "skipped"
        if self.action is Action.MODIFY and self.deactivates:
            return "deactivated"
        return _STATUSES[self.action]

    def without_password(self) -> Step:
        """Return a step that leaves the password of an existing user as it is."""
        left = self.modification & ~Modification.PASSWORD
        step = self._replace(modification=left) if left else self.without_effect(self.before)
        return step._replace(password_status=PasswordStatus.NOT_VERIFIABLE)

    def without_effect(self, user: CurrentUser | None) -> Step:
        """Return a step that leaves `user` as it is."""
        return self._replace(
            action=Action.NONE,
            before=user,
            after=user,
            modification=Modification.NONE,
            password_status=PasswordStatus.UNCHANGED,
        )


_STATUSES = {
    Action.NONE: "unchanged",
    Action.CREATE: "created",
    Action.MODIFY: "modified",
    Action.RENAME: "renamed",
    Action.DELETE: "deleted",
}


def plan_step(
    desired: DesiredUser,
    current: CurrentUser | None,
    role: Role | None = None,
    probe: LoginProbe = LoginProbe.NOT_VERIFIABLE,
) -> Step:
    """Decide what `desired` asks for, given the user as it is.

    Args:
        desired: the definition.
        current: the user that it means, None if there is no such user.
        role: the role that the definition asks for; None if it does not manage the role.
        probe: the result of a login with the password, where `needs_login_probe` asked for one.

    Raises:
        UserError: the user would have to be created, and something for that is missing; or it would
            be renamed without consent.
    """
    if desired.state is State.ABSENT:
        action = Action.DELETE if current else Action.NONE
        return Step(desired, action, before=current, after=None)
    if current is None:
        return _plan_creation(desired, role)
    return _plan_modification(desired, current, role, probe)


def plan_prune_step(user: CurrentUser, mode: str) -> Step:
    """Plan what pruning does to a user: `deactivate` or `delete`."""
    associate_id = user.associate_id or UNSET
    if mode == "delete":
        desired = DesiredUser(state=State.ABSENT, associate_id=associate_id)
    else:
        desired = DesiredUser(associate_id=associate_id, is_active=False)
    return plan_step(desired, user)


def needs_login_probe(desired: DesiredUser, current: CurrentUser | None) -> bool:
    """Tell whether only a login with the declared password can tell if it has to be set.

    An inactive user cannot log in, so that a refusal would say nothing about the password.
    """
    return (
        current is not None
        and current.is_active
        and desired.state is State.PRESENT
        and desired.password is not UNSET
        and desired.update_password is UpdatePassword.WHEN_CHANGED
    )


def has_password(desired: DesiredUser) -> bool:
    """Tell whether there is a password with which the user could be created."""
    return desired.generate_password or (
        isinstance(desired.password, Secret) and desired.password.value != ""
    )


def remaining(planned: CurrentUser, found: CurrentUser) -> Modification:
    """Return the fields in which a user that was read again differs from the plan.

    The password is never among them: it cannot be read.
    """
    left = Modification.NONE
    if not found.has_name(planned.user_name):
        left |= Modification.USER_NAME
    if found.role_id != planned.role_id:
        left |= Modification.ROLE
    if found.is_active != planned.is_active:
        left |= Modification.ACTIVE
    return left


def differences(planned: CurrentUser, found: CurrentUser) -> list[str]:
    """Say field by field how a user that was read back differs from the plan."""
    wrong = [field.option for field in fields_of(remaining(planned, found))]
    if found.person_id != planned.person_id:
        wrong.append("person_id")
    return [
        f"{option} is {getattr(found, option)!r} instead of {getattr(planned, option)!r}"
        for option in wrong
    ]


def _plan_creation(desired: DesiredUser, role: Role | None) -> Step:
    if desired.associate_id is not UNSET:
        raise UserError(
            "not_found",
            f"{desired.subject}: there is no external user with the associate id"
            f" {desired.associate_id}. The service gives ids itself; to create a user leave"
            " associate_id out and give person_id and user_name.",
        )
    missing = [
        option
        for option, given in (
            ("user_name", desired.user_name is not UNSET),
            ("person_id or person_email", desired.person_id is not UNSET),
            ("role or role_id", role is not None),
            ("password or generate_password", has_password(desired)),
        )
        if not given
    ]
    if missing or desired.user_name is UNSET or desired.person_id is UNSET or role is None:
        raise UserError(
            "not_found",
            f"{desired.subject} does not exist. To create it, set {', '.join(missing)}.",
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
    return Step(
        desired, Action.CREATE, before=None, after=after, password_status=PasswordStatus.SET
    )


def _plan_modification(
    desired: DesiredUser, current: CurrentUser, role: Role | None, probe: LoginProbe
) -> Step:
    status = _password_status(desired, current, probe)
    after = current
    modification = Modification.PASSWORD if status is PasswordStatus.SET else Modification.NONE
    if desired.user_name is not UNSET and _needs_rename(desired, current, desired.user_name):
        _require_consent(desired, current, desired.user_name)
        modification |= Modification.USER_NAME
        after = after._replace(user_name=desired.user_name, associate_name=desired.user_name)
    if role is not None and role.role_id != current.role_id:
        modification |= Modification.ROLE
        after = after._replace(role_id=role.role_id, role=role.name)
    if desired.is_active is not UNSET and desired.is_active != current.is_active:
        modification |= Modification.ACTIVE
        after = after._replace(is_active=desired.is_active)
    if modification & Modification.USER_NAME:
        action = Action.RENAME
    else:
        action = Action.MODIFY if modification else Action.NONE
    return Step(desired, action, current, after, modification, status)


def _needs_rename(desired: DesiredUser, current: CurrentUser, user_name: str) -> bool:
    """Tell whether the name is another one, or is to be written in another way.

    A difference in case alone does not count, nor one between names that the service takes for the
    same, unless the present spelling is a former name. Where the service renames only one of its
    two name columns, either one counts.
    """
    if not current.has_name(user_name):
        return True
    return (
        not current.spells(user_name)
        and current.logs_in_as(user_name)
        and current.user_name in desired.previous_user_names
    )


def _require_consent(desired: DesiredUser, current: CurrentUser, user_name: str) -> None:
    """Refuse to rename the login of a person, unless its name is given as a former one.

    A definition of somebody else with a wrong person_id looks the same.

    Raises:
        UserError: of the kind `rename`; it names both readings.
    """
    by_id = desired.associate_id is not UNSET
    if by_id or any(current.has_name(name) for name in desired.previous_user_names):
        return
    raise UserError(
        "rename",
        f"{desired.subject}: person {current.person_id} has the login '{current.user_name}'"
        f" (associate {current.associate_id}). If that login is to be renamed to '{user_name}', add"
        f" previous_user_names: ['{current.user_name}']. If another person is meant, correct"
        f" {desired.person_option}.",
    )


def _password_status(
    desired: DesiredUser, current: CurrentUser, probe: LoginProbe
) -> PasswordStatus:
    if desired.password is UNSET:
        return PasswordStatus.UNCHANGED
    if desired.update_password is UpdatePassword.ALWAYS:
        return PasswordStatus.SET
    if desired.update_password is UpdatePassword.ON_CREATE:
        return PasswordStatus.NOT_APPLIED
    return {
        LoginProbe.MATCH: PasswordStatus.VERIFIED,
        LoginProbe.MISMATCH: PasswordStatus.SET,
        LoginProbe.NOT_VERIFIABLE: PasswordStatus.NOT_VERIFIABLE,
    }[probe if needs_login_probe(desired, current) else LoginProbe.NOT_VERIFIABLE]
