# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON shapes of the service (carriers), complete: a client sees every property.

Templates hold what this installation has no value for; functions fill in what it has.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from .call import Call, may_administer
from .enums import ROLE_TYPE_NAMES, USER_TYPE_OF_ASSOCIATE
from .view import EMPTY_DATE, record

Carrier = dict[str, Any]

USER_LICENCE = "superoffice.extern-user-cal"
ADMINISTRATOR_LICENCE = "superoffice.admin-extern-user"

_RIGHTS: Carrier = {"TableRight": None, "FieldProperties": None}
_STRINGS_OF_PERSON = (
    "Position Mrmrs MiddleName Description DirectPhone ContactDepartment ContactOrgNr FaxPhone"
    " MobilePhone ContactPhone AssociateName ContactFax Kanafname Kanalname Post1 Post2 Post3"
    " CategoryName PersonNumber"
).split()
_NUMBERS_OF_PERSON = (
    "CountryId Rank ActiveInterests ContactCountryId ActiveErpLinks TicketPriorityId"
    " SupportLanguageId SupportAssociateId AssociateId"
).split()
_PERSON: Carrier = {
    **dict.fromkeys(_STRINGS_OF_PERSON, ""),
    **dict.fromkeys(_NUMBERS_OF_PERSON, 0),
    "UsePersonAddress": False,
    **_RIGHTS,
}
_USER: Carrier = {
    "Rank": 0, "LicenseOwners": [], "OtherGroups": [], "Lastlogin": EMPTY_DATE,
    "Lastlogout": EMPTY_DATE, "EjUserId": 0, "RequestSignature": "", "IsOnTravel": False,
    "TicketCategories": [], "NickName": "", "WaitingForApproval": False, "ExtraFields": {},
    "CustomFields": {}, "PostSaveCommands": [], **_RIGHTS,
}  # fmt: skip
_LIST_ITEM: Carrier = {
    "Type": "", "ColorBlock": 0, "IconHint": "", "ChildItems": [], "ExtraInfo": "",
    "StyleHint": "", **_RIGHTS,
}  # fmt: skip
_PASSWORD_TYPE: Carrier = {
    "DisplayType": "Password", "Type": "CRM5/PASSWORD", "Description": "",
    "ValueControl": "Password", "CanCreatePerson": False, "IsUserNameSupported": True, **_RIGHTS,
}  # fmt: skip


def full_name(first: str | None, last: str | None) -> str:
    """Join the names of a person."""
    return f"{first or ''} {last or ''}".strip()


def user_name_of(call: Call, row: sqlite3.Row) -> str | None:
    """Return the login name as the profile shows it."""
    if row["user_name"] is None and call.profile.empty_user_name == "null":
        return None
    return row["user_name"] or row["name"]  # type: ignore[no-any-return]


def can_log_on(call: Call, row: sqlite3.Row) -> bool:
    """Return the value of canLogin and CanLogon."""
    active = bool(row["active"])
    if call.profile.can_login == "same":
        return active
    return active and not row["deleted"] and bool(row["has_password"])


def person_of_user(row: sqlite3.Row) -> Carrier | None:
    """Make the simple Person carrier inside of a User."""
    if row["first_name"] is None:
        return None
    name = full_name(row["first_name"], row["last_name"])
    return {
        **_PERSON,
        "PersonId": row["person_id"], "Firstname": row["first_name"],
        "Lastname": row["last_name"], "FullName": name, "FormalName": name,
        "Title": row["title"], "Email": row["email"], "EmailName": row["email"],
        "ContactId": row["contact_id"], "ContactName": row["contact_name"] or "",
        "ContactFullName": row["contact_full_name"] or "",
        "ContactDepartment": row["department"] or "", "PersonNumber": row["person_number"],
        "Retired": row["retired"],
    }  # fmt: skip


def user(call: Call, row: sqlite3.Row) -> Carrier:
    """Make a User carrier."""
    group = None
    if row["usergroup_id"]:
        group = {"Value": row["group_name"], "Tooltip": "", "Id": row["usergroup_id"],
                 "Rank": 0, "Deleted": False, **_RIGHTS}  # fmt: skip
    credentials = []
    if row["has_password"]:
        credentials.append({"Type": _PASSWORD_TYPE, "Value": row["name"].upper(),
                            "DisplayValue": row["name"], **_RIGHTS})  # fmt: skip
    return {
        **_USER,
        "AssociateId": row["associate_id"], "Name": row["name"], "Tooltip": row["tooltip"],
        "Role": role(call, row), "UserGroup": group, "Person": person_of_user(row),
        "Deleted": bool(row["deleted"]), "Type": USER_TYPE_OF_ASSOCIATE[row["type"]],
        "IsPersonRetired": bool(row["retired"]), "Credentials": credentials,
        "UserName": user_name_of(call, row),
        "Lastlogin": call.tenant.last_login(row["associate_id"]),
    }  # fmt: skip


def user_info(call: Call, row: sqlite3.Row) -> Carrier:
    """Make a UserInfo carrier."""
    external = USER_TYPE_OF_ASSOCIATE[row["type"]] == "ExternalAssociate"
    return {
        "Deleted": bool(row["deleted"]), "UserInfoId": row["associate_id"],
        "UserName": user_name_of(call, row), "PersonId": row["person_id"], "Rank": 0,
        "Tooltip": row["tooltip"], "UserGroupId": row["usergroup_id"], "EjUserId": 0,
        "UserType": USER_TYPE_OF_ASSOCIATE[row["type"]],
        "GrantedLicenses": [USER_LICENCE] if external and row["active"] else [],
        "CanLogon": can_log_on(call, row), "RoleName": call.text(row["role_name"]),
        "RoleTooltip": call.text(row["role_tooltip"]), "UserGroupName": row["group_name"] or "",
        "UserGroupTooltip": "", **_RIGHTS,
    }  # fmt: skip


def role(call: Call, row: sqlite3.Row) -> Carrier:
    """Make the small Role carrier from a row that joins a user's role."""
    return {
        "Id": row["role_id"], "Value": call.text(row["role_name"]),
        "Tooltip": call.text(row["role_tooltip"]), **_RIGHTS,
    }  # fmt: skip


def list_item(call: Call, row: sqlite3.Row, *, selectable: bool) -> Carrier:
    """Make an MDOListItem, or a SelectableMDOListItem, of a role."""
    name = call.text(row["name"])
    item = {
        **_LIST_ITEM,
        "Id": row["role_id"], "Name": name, "ToolTip": call.text(row["tooltip"]),
        "Deleted": bool(row["deleted"]), "Rank": row["rank"], "FullName": name,
    }  # fmt: skip
    if selectable:
        item.update(Selected=False, LastChanged=EMPTY_DATE, Hidden=False)
    return item


def associate(call: Call, row: sqlite3.Row) -> Carrier:
    """Make an Associate carrier."""
    name = full_name(row["first_name"], row["last_name"])
    return {
        "AssociateId": row["associate_id"], "Name": row["name"], "PersonId": row["person_id"],
        "Rank": 0, "Tooltip": row["tooltip"], "Type": USER_TYPE_OF_ASSOCIATE[row["type"]],
        "GroupIdx": row["usergroup_id"], "FullName": name, "FormalName": name,
        "Deleted": bool(row["deleted"]), "EjUserId": 0, "UserName": user_name_of(call, row),
        "ExtraFields": {}, "CustomFields": {}, **_RIGHTS,
    }  # fmt: skip


def principal(call: Call, row: sqlite3.Row) -> Carrier:
    """Make the SoPrincipalCarrier of who is logged in."""
    login = record(row)
    rights = (
        {"admin-all", *login.functional_rights}
        if login.type == "System"
        else set(login.functional_rights)
    )
    return {
        "UserType": USER_TYPE_OF_ASSOCIATE[row["type"]], "Associate": row["name"],
        "AssociateId": row["associate_id"], "IsPerson": bool(row["person_id"]),
        "PersonId": row["person_id"], "CountryId": 0, "HomeCountryId": 0,
        "ContactId": row["contact_id"] or 0, "GroupId": row["usergroup_id"], "BusinessId": 0,
        "CategoryId": 0, "ContactOwner": 0, "RoleId": row["role_id"],
        "RoleName": call.text(row["role_name"]),
        "RoleDescription": call.text(row["role_tooltip"]),
        "RoleType": ROLE_TYPE_NAMES[row["role_type"]], "Licenses": _licences(row),
        "FullName": full_name(row["first_name"], row["last_name"]),
        "EMailAddress": row["email"] or "", "FunctionRights": sorted(rights), "EjUserId": 0,
        "EjAccessLevel": 0, "EjUserStatus": "StatusNone", "ProvidedCredentials": [],
        "SecondaryGroups": [], "DatabaseContextIdentifier": "Default",
        "UserName": user_name_of(call, row),
    }  # fmt: skip


def _licences(row: sqlite3.Row) -> list[Carrier]:
    names = []
    login = record(row)
    if login.is_external and login.is_active:
        names.append(USER_LICENCE)
    if may_administer(login):
        names.append(ADMINISTRATOR_LICENCE)
    return [
        {
            "OwnerId": 1, "OwnerName": "SuperOffice", "OwnerDescription": "", "ModuleId": 0,
            "Name": name, "Description": "", "Version": "", "LicenseType": "UserLicense",
            "ExtraFlags": 0, "ExtraInfo": "", "SortOrder": 0, "LicenseNumber": 0,
            "IsHidden": False, "IsUnrestricted": False, "ExpiryDate": EMPTY_DATE, **_RIGHTS,
        }
        for name in names
    ]  # fmt: skip


def select(carrier: Carrier, names: str | None) -> Carrier:
    """Apply the agents' $select: every property that is not named becomes null."""
    if not names or not names.strip():
        return carrier
    wanted = {name.strip().lower() for name in names.split(",")}
    return {key: value if key.lower() in wanted else None for key, value in carrier.items()}
