# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive providers: which columns they have, of which type, and where rows come from."""

from __future__ import annotations

import dataclasses

from .enums import EXTERNAL
from .filter import Column
from .profile import Profile
from .schema import COMPANY


@dataclasses.dataclass(frozen=True)
class Provider:
    """One archive, ready for a query; `entity_sql` is for rows of several entities."""

    name: str
    columns: dict[str, Column]
    source: str
    key: str
    entity: str
    entities: tuple[str, ...]
    where: str = "1"
    entity_sql: str = ""


_FULL_NAME = "TRIM(p.first_name || ' ' || p.last_name)"
_PERSON_COLUMNS = (
    Column("firstName", "string", "p.first_name"),
    Column("middleName", "string", "''"),
    Column("lastName", "string", "p.last_name"),
    Column("fullName", "string", _FULL_NAME),
    Column("title", "string", "p.title"),
    Column("mrMrs", "string", "''", orderable=False),
)
_COMPANY_COLUMNS = (
    Column("contactId", "int", "p.contact_id", orderable=False),
    Column("personId", "int", "p.person_id", orderable=False),
    Column("contactName", "string", "COALESCE(c.name, '')", orderable=False),
    Column("contactDepartment", "string", "COALESCE(c.department, '')"),
    Column("contactFullName", "string", f"COALESCE({COMPANY}, '')"),
)
_VISIBLE = "NOT COALESCE(p.hidden, 0)"
_ALL_ROWS = (
    Column("getAllRows", "bool", "1", orderable=False),
    Column("getNoRows", "bool", "0", orderable=False),
)
_ASSOCIATE_TYPE_TEXT = (
    "CASE a.type WHEN 0 THEN 'Employee' WHEN 1 THEN 'Resource' WHEN 4 THEN 'External'"
    " WHEN 7 THEN 'Anonymous' WHEN 13 THEN 'System' END"
)
_CREDENTIAL_TYPE = "CASE WHEN a.password IS NULL THEN '' ELSE 'CRM5/PASSWORD' END"
_USERS = (
    "associate a LEFT JOIN person p ON p.person_id = a.person_id"
    " LEFT JOIN contact c ON c.contact_id = p.contact_id"
    " LEFT JOIN role r ON r.role_id = a.role_id"
    " LEFT JOIN usergroup g ON g.usergroup_id = a.usergroup_id"
)
_PERSONS = (
    "person p LEFT JOIN contact c ON c.contact_id = p.contact_id"
    " LEFT JOIN associate a ON a.associate_id ="
    " (SELECT MIN(x.associate_id) FROM associate x WHERE x.person_id = p.person_id)"
    " LEFT JOIN role r ON r.role_id = a.role_id"
)
_ROLE_COLUMNS = (
    Column("roleId", "int", "r.role_id"),
    Column("name", "string", "r.name"),
    Column("description", "string", "r.tooltip"),
    Column("roleTypeId", "int", "r.role_type"),
    Column("roleTypeName", "string", "CASE r.role_type WHEN 0 THEN 'Employee' WHEN 1 THEN"
           " 'External user' WHEN 2 THEN 'Anonymous' ELSE 'System' END"),
    Column("useCategories", "bool", "0"),
    Column("rank", "int", "r.rank"),
    Column("isDeleted", "bool", "r.deleted"),
)  # fmt: skip


def _user_columns(profile: Profile) -> tuple[Column, ...]:
    derived = profile.empty_user_name == "derived"
    login = "COALESCE(a.user_name, a.name)" if derived else "a.user_name"
    login_key = "COALESCE(a.user_name_key, a.name_key)" if derived else "a.user_name_key"
    can_login = "a.active"
    if profile.can_login == "different":
        can_login = "(a.active AND NOT a.deleted AND a.password IS NOT NULL)"
    active_text = "CASE WHEN a.active THEN 'Active' ELSE 'Inactive' END"
    return (
        *_ALL_ROWS,
        *_PERSON_COLUMNS,
        *_COMPANY_COLUMNS,
        Column("userplan", "-", "''", orderable=False),
        Column("canLogin", "bool", can_login, orderable=False),
        Column("associateDbId", "associate", "a.associate_id", text="a.name", by_id=True),
        Column("contactCategory", "listAny", "0", text="''", list_name="category"),
        Column("usergroup", "userGroup", "a.usergroup_id", text="g.name", list_name="usergroup"),
        Column("role", "listAny", "a.role_id", text="r.name", list_name="roles"),
        Column("assocName", "associate", "a.associate_id", text="a.name"),
        Column("assocTooltip", "string", "a.tooltip", orderable=False),
        Column("assocType", "listAny", "a.type", text=_ASSOCIATE_TYPE_TEXT),
        Column("credentialType", "-", _CREDENTIAL_TYPE, orderable=False),
        Column("credentialDisplayValue", "-", "a.name", orderable=False),
        Column("isActive", "bool", "a.active"),
        Column("isActiveText", "bool", "a.active", text=active_text),
        Column("portraitThumbnail", "-", "NULL", orderable=False),
        Column("otherGroups", "userGroup", "0", text="''", orderable=False),
        Column("userName", "string", login, fold=login_key),
        Column("personEmail", "string", "p.email"),
    )


def _external_users(profile: Profile, entities: frozenset[str]) -> Provider:
    types = "1" if profile.internal_listed == "yes" else f"a.type = {EXTERNAL}"
    retired = "1" if profile.retired_listed == "yes" else "NOT a.deleted"
    users = f"({types} AND {retired} AND {_VISIBLE})"
    name, kinds = "ExternalUsers", ("all", "potential", "expired")
    columns = _known(_user_columns(profile), profile)
    potential = "potential" in entities or (not entities and profile.entities == "everyone")
    if "all" in entities or not potential:
        shown = users if "all" in entities or not entities else "0"
        return Provider(name, columns, _USERS, "a.associate_id", "all", kinds, shown)
    # `potential` makes person the master table, and its id the primary key.
    outer = _PERSONS + " LEFT JOIN usergroup g ON g.usergroup_id = a.usergroup_id"
    shown = f"a.associate_id IS NULL AND {_VISIBLE}" + (f" OR {users}" if not entities else "")
    key = "COALESCE(a.associate_id, p.person_id)"
    return Provider(name, columns, outer, key, "potential", kinds, f"({shown})")


def _person(profile: Profile, entities: frozenset[str]) -> Provider:
    """Persons and the first login of each, in one row."""
    columns = _known((
        *_ALL_ROWS,
        *_PERSON_COLUMNS,
        Column("personId", "int", "p.person_id"),
        Column("personNumber", "string", "p.person_number"),
        Column("retired", "bool", "p.retired"),
        _address(profile),
        Column("personContact/contactId", "int", "COALESCE(c.contact_id, 0)"),
        Column("personContact/name", "string", "COALESCE(c.name, '')"),
        Column("personContact/department", "string", "COALESCE(c.department, '')"),
        Column("personContact/number", "string", "COALESCE(c.number, '')"),
        Column("personContact/orgnr", "string", "COALESCE(c.orgnr, '')"),
        *_login_columns(profile),
    ), profile)  # fmt: skip
    source = _PERSONS
    if profile.person_addresses == "rows":
        source += " LEFT JOIN email e ON e.person_id = p.person_id"
    wanted = ["NOT p.retired"] * ("person" in entities) + ["p.retired"] * (
        "retiredperson" in entities
    )
    where = f"({' OR '.join(wanted) or '1'}) AND {_VISIBLE}"
    return Provider(
        "Person", columns, source, "p.person_id", "person", ("person", "retiredPerson"), where,
        entity_sql="CASE WHEN p.retired THEN 'retiredPerson' ELSE 'person' END",
    )  # fmt: skip


def _address(profile: Profile) -> Column:
    name, inner = "email/emailAddress", Column("", "string", "e.address", fold="e.address_key")
    if profile.person_addresses == "rows":
        return Column(name, "string", "e.address", fold="e.address_key")
    among = "" if profile.person_addresses == "any" else " AND e.rank = 1"
    any_of = f"p.person_id IN (SELECT e.person_id FROM email e WHERE {{}}{among})"
    return Column(name, "string", "p.email", inner=inner, any_of=any_of)


def _login_columns(profile: Profile) -> tuple[Column, ...]:
    prefix = "correspondingAssociate/"
    derived = profile.empty_user_name == "derived"
    login = "COALESCE(a.user_name, a.name)" if derived else "a.user_name"
    login_key = "COALESCE(a.user_name_key, a.name_key)" if derived else "a.user_name_key"
    shown = "COALESCE(a.name, '')" if profile.person_login_id == "name" else None
    return (
        Column(
            prefix + "associateDbId",
            "associate",
            "COALESCE(a.associate_id, 0)",
            text=shown,
            by_id=True,
        ),
        Column(prefix + "assocName", "associate", "a.associate_id", text="a.name"),
        Column(prefix + "userName", "string", login, fold=login_key),
        Column(prefix + "role", "listAny", "a.role_id", text="r.name", list_name="roles"),
        Column(prefix + "isActive", "bool", "COALESCE(a.active, 0)"),
        Column(prefix + "assocType", "listAny", "a.type", text=_ASSOCIATE_TYPE_TEXT),
    )


def _dynamic() -> Provider:
    """The associate table by the names of its fields."""
    prefix = "associate."
    columns = _by_name((
        Column(prefix + "associate_id", "int", "a.associate_id"),
        Column(prefix + "name", "string", "a.name", fold="a.name_key"),
        Column(prefix + "userName", "string", "a.user_name", fold="a.user_name_key"),
        Column(prefix + "type", "int", "a.type"),
        Column(prefix + "deleted", "int", "a.deleted"),
        Column(prefix + "person_id", "int", "a.person_id"),
        Column(prefix + "lastlogin", "date", "last_login(a.associate_id)"),
    ))  # fmt: skip
    source = "associate a LEFT JOIN person p ON p.person_id = a.person_id"
    return Provider(
        "dynamic", columns, source, "a.associate_id", "associate", ("associate",), _VISIBLE
    )


def _role() -> Provider:
    columns = _by_name((*_ALL_ROWS, *_ROLE_COLUMNS))
    return Provider("Role", columns, "role r", "r.role_id", "role", ("role",))


def _by_name(columns: tuple[Column, ...]) -> dict[str, Column]:
    return {column.name.lower(): column for column in columns}


def _known(columns: tuple[Column, ...], profile: Profile) -> dict[str, Column]:
    missing = {"contactFullName", "personEmail", "personContact/department"}
    if profile.name_columns == "served":
        return _by_name(columns)
    return _by_name(tuple(column for column in columns if column.name not in missing))


NAMES = ("ExternalUsers", "Person", "Role", "dynamic")


def provider(name: str, profile: Profile, entities: frozenset[str]) -> Provider | None:
    """Find a provider by its name in any case."""
    wanted = name.lower()
    if wanted == "externalusers":
        return _external_users(profile, entities)
    if wanted == "person":
        return _person(profile, entities)
    if wanted == "dynamic" and profile.dynamic_archive != "missing":
        return _dynamic()
    return _role() if wanted == "role" else None


def canonical(name: str) -> str:
    """Spell a provider's name as the service does."""
    return next((known for known in NAMES if known.lower() == name.lower()), name)
