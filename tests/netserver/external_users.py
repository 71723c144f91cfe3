# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four external-user calls: create, modify, delete, generate a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import rules
from .binding import INVALID, Argument, bind_body, parse_flags
from .call import Call
from .enums import EXTERNAL
from .errors import BadArgument, NotFound
from .passwords import hash_password
from .profile import Profile

USER_NAME, PASSWORD, ROLE, ACTIVE = 1, 2, 4, 8
_PROPERTY_OF_FLAG = {
    USER_NAME: "UserName",
    PASSWORD: "Password",
    ROLE: "RoleId",
    ACTIVE: "IsActive",
}


class Nothing(Exception):
    """The call ends with `null` and 200, without an error."""


def create(call: Call, **given: Any) -> object:
    """Create an external user, and return its associate id in the form of the profile."""
    rules.require_person(call, given["person_id"])
    name = rules.require_name(call, given["user_name"])
    role_id = rules.require_role(call, given["role_id"]) or rules.predefined_role(call)
    password: str | None = given["password"]
    lenient = call.profile.inactive_without_password == "allow" and not given["is_active"]
    password = None if lenient and not password else rules.require_password(call, password)
    columns = {"person_id": given["person_id"], "role_id": role_id, "active": given["is_active"]}
    with call.tenant.writing(call.profile.limit("read_lag")):
        columns |= _new_names(call, name)
        if call.profile.id_reuse == "yes":
            columns["associate_id"] = call.tenant.free_id()
        associate_id = call.tenant.insert_external_user(columns, password)
    return _created(call, associate_id)


def _created(call: Call, associate_id: int) -> object:
    """Return the value of CreateExternalUser."""
    form = call.profile.create_reply
    if form == "null-but-created":
        return None
    if form == "string":
        return str(associate_id)
    returned = associate_id
    if form == "repeated-id" and call.tenant.last_created is not None:
        returned = call.tenant.last_created
    if form == "listed-id":
        others = [row["associate_id"] for row in call.tenant.live.external_users()]
        returned = max((key for key in others if key < associate_id), default=associate_id)
    call.tenant.last_created = returned
    return returned


def _new_names(call: Call, name: str) -> dict[str, str | None]:
    if call.profile.name_column == "both":
        return {"name": name, "user_name": name}
    if call.profile.name_column == "name":
        return {"name": name, "user_name": None}
    return {"name": _user_id(call), "user_name": name}


def _user_id(call: Call) -> str:
    """Return new unique initials for associate.name."""
    row = call.tenant.live.row("SELECT seq FROM sqlite_sequence WHERE name = 'associate'")
    return f"EXT{(row['seq'] if row else 0) + 1:05d}"


def bind_modification(
    arguments: tuple[Argument, ...], body: object, profile: Profile
) -> dict[str, Any]:
    """Bind the arguments of SetExternalUserInfo, where flags decide which of them count."""
    if not isinstance(body, dict):
        raise BadArgument(INVALID, "A JSON object is required as body.")
    given = {str(name).lower(): value for name, value in body.items()}
    flags = parse_flags(given.get("externaluserinfomodification", 0), profile)
    named = [name for flag, name in _PROPERTY_OF_FLAG.items() if flags & flag]
    for argument in arguments:
        _require_presence(argument.name, given, argument.name in named, profile)
    if profile.empty_password == "refused" and given.get("password") == "" and not flags & PASSWORD:
        raise BadArgument(INVALID, "'Password' must not be empty.")
    return bind_body(arguments, body, profile, nullable=True)


def _require_presence(name: str, given: Mapping[str, Any], named: bool, profile: Profile) -> None:
    missing = name.lower() not in given
    null = not missing and given[name.lower()] is None
    if profile.unused_properties == "required" and (missing or null):
        raise BadArgument(INVALID, f"The property '{name}' is required.")
    if null and (named or profile.unused_properties == "not-null" or name == "AssociateId"):
        raise BadArgument(INVALID, f"The property '{name}' must not be null.")


def modify(call: Call, **given: Any) -> None:
    """Change the properties that the flags name: all of them or none."""
    flags: int = given["external_user_info_modification"]
    if flags == 0:
        if call.profile.no_flags == "refuse":
            raise BadArgument(INVALID, "'ExternalUserInfoModification' names nothing to change.")
        flags = 15 if call.profile.no_flags == "all" else 0
    associate_id: int = given["associate_id"]
    rules.require_external(call, associate_id)
    columns: dict[str, Any] = {}
    if flags & USER_NAME:
        columns |= _renamed(call, rules.require_name(call, given["user_name"], associate_id))
    if flags & PASSWORD:
        password = rules.require_password(call, given["password"])
        columns["password"] = hash_password(associate_id, password)
    if flags & ROLE:
        role_id = rules.require_role(call, given["role_id"])
        columns |= {} if role_id is None else {"role_id": role_id}
    if flags & ACTIVE:
        columns["active"] = given["is_active"]
    for ignored in _IGNORED.get(call.profile.silent_ignore, ()):
        columns.pop(ignored, None)
    if columns:
        with call.tenant.writing(call.profile.limit("read_lag")):
            call.tenant.update_associate(associate_id, **columns)


_IGNORED = {
    "role": ("role_id",),
    "active": ("active",),
    "password": ("password",),
    "user_name": ("name", "user_name"),
}


def _renamed(call: Call, name: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if call.profile.rename_column in ("both", "name"):
        columns["name"] = name
    if call.profile.rename_column in ("both", "username"):
        columns["user_name"] = name
    if call.profile.rename_keeps_password == "no":
        columns["password"] = None
    return columns


def delete(call: Call, associate_id: int) -> None:
    """Delete, retire or deactivate an external user, as the profile says."""
    row = call.tenant.live.user(associate_id)
    if row is None and call.profile.delete_again == "ok":
        return
    if row is None and call.profile.delete_again == "null":
        raise Nothing
    row = rules.require_external(call, associate_id)
    with call.tenant.writing(call.profile.limit("read_lag")):
        if call.profile.delete == "remove":
            call.tenant.move_to_history(associate_id)
        elif call.profile.delete == "retire":
            call.tenant.update_associate(associate_id, deleted=1, active=0)
        else:
            call.tenant.update_associate(associate_id, active=0)
        if call.profile.delete_person == "retire":
            call.tenant.retire_person(row["person_id"])


def generate_password(call: Call, associate_name: str | None) -> str | None:
    """Give an external user a new password, and return it or send it by mail."""
    row = call.tenant.live.user_named(associate_name or "")
    if row is None or row["type"] != EXTERNAL:
        raise NotFound(f"External user '{associate_name}' not found")
    password = call.tenant.password_rules.generate()
    with call.tenant.writing(call.profile.limit("read_lag")):
        hashed = hash_password(row["associate_id"], password)
        call.tenant.update_associate(row["associate_id"], password=hashed)
    if call.profile.generated_password == "returned":
        return password
    call.tenant.send_mail(row["associate_id"])
    return "" if call.profile.generated_password == "empty" else None
