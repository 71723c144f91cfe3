# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The methods of the User agent: arguments, right of the caller, effect."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from . import carriers, external_users, rules
from .binding import Argument, bind_array, bind_body, bind_query
from .call import Call, may_manage
from .enums import EXTERNAL, ROLE_TYPES
from .errors import NotFound, ServiceError
from .passwords import hash_password
from .profile import Profile


@dataclasses.dataclass(frozen=True)
class AgentMethod:
    """One method. `source` is where its arguments are: body, query, or a bare array."""

    name: str
    run: Callable[..., Any]
    arguments: tuple[Argument, ...]
    source: str = "body"
    void: bool = False
    administration: bool = False

    def bind(self, body: object, query: Any, profile: Profile) -> dict[str, Any]:
        """Return the arguments for `run`."""
        if self.source == "query":
            return bind_query(self.arguments[0], query)
        if self.source == "array":
            return bind_array(self.arguments[0], body)
        if self.run is external_users.modify:
            return external_users.bind_modification(self.arguments, body, profile)
        return bind_body(self.arguments, body, profile)


def _get_user(call: Call, id: int) -> object:
    row = call.view.user(id)
    if row is None:
        raise NotFound(f"User id {id} not found")
    call.require_managed(row, f"User id {id} not found")
    return carriers.select(carriers.user(call, row), call.query.get("$select"))


def _get_user_from_name(call: Call, user_name: str | None) -> object:
    row = call.view.user_named(user_name or "")
    if row is None:
        raise NotFound(f"User '{user_name}' not found")
    call.require_managed(row, f"User '{user_name}' not found")
    return carriers.select(carriers.user(call, row), call.query.get("$select"))


def _get_user_from_person_id(call: Call, person_id: int) -> object:
    found = call.view.users_of_person(person_id)
    for row in found:
        call.require_managed(row, f"Person id {person_id} not found")
    select = call.query.get("$select")
    return [carriers.select(carriers.user(call, row), select) for row in found]


def _get_user_info(call: Call, id: int) -> object:
    row = call.view.user(id)
    if row is None:
        raise NotFound(f"User id {id} not found")
    call.require_managed(row, f"User id {id} not found")
    return carriers.select(carriers.user_info(call, row), call.query.get("$select"))


def _get_user_info_list(call: Call, ids: list[int]) -> object:
    rows = [row for row in map(call.view.user, ids) if row is not None]
    if call.profile.unmanaged_user != "shown":
        # A list leaves out what the caller may not see.
        rows = [row for row in rows if may_manage(call.login, row)]
    select = call.query.get("$select")
    return [carriers.select(carriers.user_info(call, row), select) for row in rows]


def _get_all_roles(call: Call, role_type: str) -> object:
    rows = call.view.roles(ROLE_TYPES[role_type])
    if call.profile.deleted_roles == "hidden":
        rows = [row for row in rows if not row["deleted"]]
    select = call.query.get("$select")
    items = (carriers.list_item(call, row, selectable=True) for row in rows)
    return [carriers.select(item, select) for item in items]


def _is_user_name_valid(call: Call, **given: Any) -> bool:
    name = rules.spelled(call, given["user_name"])
    return rules.name_violation(call, name, given["associate_id"]) is None


def _is_user_name_valid_with_reason(call: Call, **given: Any) -> object:
    name = rules.spelled(call, given["user_name"])
    return _validation(call, rules.name_violation(call, name, given["associate_id"]))


def _password_violation(call: Call, given: dict[str, Any]) -> str | None:
    external = given["type"] == "ExternalAssociate"
    return rules.password_violation(call, given["password"], external=external)


def _is_password_valid_with_reason(call: Call, **given: Any) -> object:
    return _validation(call, _password_violation(call, given))


def _validation(call: Call, violation: str | None) -> object:
    result = {
        "Reason": violation or "", "Result": violation is None,
        "TableRight": None, "FieldProperties": None,
    }  # fmt: skip
    return carriers.select(result, call.query.get("$select"))


def _set_password(call: Call, associate_id: int, password: str | None) -> bool:
    row = call.tenant.live.user(associate_id)
    if row is None:
        return False
    external = row["type"] == EXTERNAL
    if not password or rules.password_violation(call, password, external=external):
        return False
    with call.tenant.writing(call.profile.limit("read_lag")):
        call.tenant.update_associate(associate_id, password=hash_password(associate_id, password))
    return True


def _send_change_password_mail(call: Call, associate_id: int) -> object:
    row = call.tenant.live.user(associate_id)
    if row is None:
        raise NotFound(f"Associate id {associate_id} not found")
    failure = ""
    if not row["email"]:
        failure = "The person has no e-mail address."
    elif call.profile.password_mail == "fails":
        failure = "The mail could not be sent."
    elif call.profile.password_mail == "not-supported":
        failure = "Changing a password by e-mail is not supported."
    if not failure:
        call.tenant.send_mail(associate_id)
    result = {"Success": not failure, "Message": failure}
    return carriers.select(result, call.query.get("$select"))


def _get_supported_change_password_types(call: Call, associate_id: int) -> list[str]:
    row = call.view.user(associate_id)
    if row is None:
        raise ServiceError("SoNotFoundException", f"Associate id {associate_id} not found")
    by_mail = row["email"] and call.profile.password_mail != "not-supported"
    return ["Email", "Password"] if by_mail else ["Password"]


_ID = Argument("AssociateId", "int")
_NAME = Argument("UserName", "string")
_PASSWORD = Argument("Password", "string")
_PERSON = Argument("PersonId", "int")
_TYPE = Argument("Type", "UserType")
_ROLE = Argument("RoleId", "int")
_ACTIVE = Argument("IsActive", "bool")
_FLAGS = Argument("ExternalUserInfoModification", "flags")
_VALID_NAME = (_ID, _TYPE, _PERSON, _NAME)
_VALID_PASSWORD = (_ID, _TYPE, _PERSON, _PASSWORD)

_ALL = (
    AgentMethod("CreateExternalUser", external_users.create,
                (_PERSON, _NAME, _PASSWORD, _ROLE, _ACTIVE), administration=True),
    AgentMethod("SetExternalUserInfo", external_users.modify,
                (_ID, _NAME, _PASSWORD, _ACTIVE, _ROLE, _FLAGS), void=True, administration=True),
    AgentMethod("DeleteExternalUser", external_users.delete, (_ID,), void=True,
                administration=True),
    AgentMethod("GenerateNewPasswordForExternalUser", external_users.generate_password,
                (Argument("AssociateName", "string"),), administration=True),
    AgentMethod("GetUser", _get_user, (Argument("userId", "int"),), source="query"),
    AgentMethod("GetUserFromName", _get_user_from_name, (_NAME,)),
    AgentMethod("GetUserFromPersonId", _get_user_from_person_id, (_PERSON,)),
    AgentMethod("GetUserInfo", _get_user_info, (Argument("userInfoId", "int"),), source="query"),
    AgentMethod("GetUserInfoList", _get_user_info_list, (Argument("userInfoIds", "int"),),
                source="array"),
    AgentMethod("GetAllRoles", _get_all_roles, (Argument("RoleType", "RoleType"),)),
    AgentMethod("IsUserNameValid", _is_user_name_valid, _VALID_NAME),
    AgentMethod("IsUserNameValidWithReason", _is_user_name_valid_with_reason, _VALID_NAME),
    AgentMethod("IsPasswordValidWithReason", _is_password_valid_with_reason, _VALID_PASSWORD),
    AgentMethod("SetPassword", _set_password, (_ID, _PASSWORD), administration=True),
    AgentMethod("SendChangePasswordEMail", _send_change_password_mail, (_ID,),
                administration=True),
    AgentMethod("GetSupportedChangePasswordTypes", _get_supported_change_password_types, (_ID,)),
)  # fmt: skip
METHODS = {method.name.lower(): method for method in _ALL}
