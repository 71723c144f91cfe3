# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for names, passwords, roles and persons; a broken rule is a ServiceError."""

from __future__ import annotations

import sqlite3

from .call import Call
from .enums import EXTERNAL, ROLE_TYPES
from .errors import NotFound, ServiceError
from .tenant import PREDEFINED_ROLE

NAME_LENGTH = 239
USER_NAME_LENGTH = 254


def name_violation(call: Call, name: str | None, associate_id: int = 0) -> str | None:
    """Say why this associate (0: a new one) cannot have a user name; None if it can."""
    if not name or not name.strip():
        return "The user name is empty."
    limit = USER_NAME_LENGTH if call.profile.name_column == "username" else NAME_LENGTH
    if len(name) > limit:
        return f"The user name is longer than {limit} characters."
    holders = call.tenant.live.users_named(name)
    if any(row["associate_id"] != associate_id for row in holders):
        return f"The user name '{name}' is already in use."
    if call.profile.deleted_name == "kept" and call.tenant.live.name_in_history(name):
        return f"The user name '{name}' is already in use by a deleted user."
    return None


def password_violation(call: Call, password: str | None, *, external: bool = True) -> str | None:
    """Return the rule that a password breaks; None if it is valid."""
    if not password:
        return "The password is empty."
    if external and call.profile.password_rules_apply == "no":
        return None
    return call.tenant.password_rules.violation(password)


def spelled(call: Call, name: str | None) -> str | None:
    """Return a given user name as the profile stores it."""
    if name is None:
        return None
    if call.profile.trim_names == "yes":
        name = name.strip()
    if call.profile.stored_case == "upper":
        return name.upper()
    return name.lower() if call.profile.stored_case == "lower" else name


def require_name(call: Call, name: str | None, associate_id: int = 0) -> str:
    """Return the name as it will be stored, or refuse it."""
    name = spelled(call, name)
    violation = name_violation(call, name, associate_id)
    if violation or name is None:
        duplicate = "in use" in (violation or "")
        kind = "SoDuplicateException" if duplicate else "SoValidationException"
        raise ServiceError(kind, violation or "The user name is empty.")
    return name


def require_password(call: Call, password: str | None) -> str:
    """Return the password, or refuse it; the message never repeats it."""
    violation = password_violation(call, password)
    if violation or password is None:
        raise ServiceError("SoInvalidPasswordException", violation or "The password is empty.")
    return password


def require_role(call: Call, role_id: int) -> int | None:
    """Return the role, refuse it, or return None where the profile ignores a wrong type."""
    role = call.tenant.live.role(role_id)
    if role is None:
        raise NotFound(f"Role id {role_id} not found")
    if role["deleted"] and call.profile.deleted_role == "refuse":
        raise ServiceError("SoInvalidArgumentException", f"Role {role_id} is deleted.")
    if role["role_type"] != ROLE_TYPES["ExternalUser"]:
        if call.profile.wrong_role_type == "refuse":
            message = f"Role {role_id} is not of type ExternalUser."
            raise ServiceError("SoInvalidArgumentException", message)
        if call.profile.wrong_role_type == "ignore":
            return None
    return role_id


def predefined_role(call: Call) -> int:
    """Return the role that a user has when no other is given."""
    return call.tenant.role_id(PREDEFINED_ROLE)


def require_person(call: Call, person_id: int) -> None:
    """Refuse persons that may not become external users."""
    person = call.tenant.live.person(person_id)
    if person is None or person["hidden"]:
        raise NotFound(f"Person id {person_id} not found")
    if person["retired"] and call.profile.retired_person == "refuse":
        raise ServiceError("SoIllegalOperationException", f"Person {person_id} is retired.")
    users = call.tenant.live.users_of_person(person_id)
    if call.profile.several_users_per_person == "refuse" and any(
        row["type"] == EXTERNAL for row in users
    ):
        raise ServiceError(
            "SoDuplicateException", f"Person {person_id} already has an external user."
        )
    if call.profile.internal_person == "refuse" and any(row["type"] != EXTERNAL for row in users):
        raise ServiceError(
            "SoIllegalOperationException", f"Person {person_id} belongs to an internal user."
        )


def require_external(call: Call, associate_id: int) -> sqlite3.Row:
    """Return the external user of this id; internal users are refused."""
    row = call.tenant.live.user(associate_id)
    if row is None:
        raise NotFound(f"Associate id {associate_id} not found")
    call.require_managed(row, f"Associate id {associate_id} not found")
    if row["type"] != EXTERNAL:
        raise ServiceError(
            "SoIllegalOperationException", f"Associate {associate_id} is not an external user."
        )
    return row
