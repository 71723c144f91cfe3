# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST endpoints beside the agents: User, Person, Role, MDOList, and the version probe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import archive, carriers
from .binding import to_int
from .call import Call
from .enums import ROLE_TYPES
from .person_entity import person_entity
from .problems import HttpProblem, NotFound
from .providers import NAMES, canonical, provider

VERSION = {"Version": "11.13.0.0", "Name": "SuperOffice NetServer (embedded)"}
_NUMBER = re.compile(r"^[+-]?\d+$")


def user(call: Call, id_or_name: str) -> object:
    """GET User/{id|name}."""
    call.demand_internal()
    if _NUMBER.match(id_or_name):
        row = call.view.user(to_int("id", id_or_name))
    else:
        row = call.view.user_named(id_or_name, case=call.dialect.name_case == "sensitive")
    if row is None:
        raise NotFound(f"User {id_or_name} not found")
    carrier = carriers.select(carriers.user(call, row), call.query.get("$select"))
    return {**carrier, "_Links": _links(call, "User", row["associate_id"])}


def current_user(call: Call) -> object:
    """GET User/current."""
    row = call.view.user(call.login.associate_id)
    return carriers.user(call, row) if row else None


def current_associate(call: Call) -> object:
    """GET User/currentAssociate."""
    row = call.view.user(call.login.associate_id)
    return carriers.associate(call, row) if row else None


def current_principal(call: Call) -> object:
    """GET User/currentPrincipal: the usual login probe."""
    row = call.view.user(call.login.associate_id)
    return carriers.principal(call, row) if row else None


def person(call: Call, person_id: str) -> object:
    """GET Person/{id}."""
    call.demand_internal()
    row = call.view.person(to_int("id", person_id))
    if row is None:
        raise NotFound(f"Person id {person_id} not found")
    carrier = carriers.select(person_entity(call, row), call.query.get("$select"))
    return {**carrier, "_Links": _links(call, "Person", row["person_id"])}


def role(call: Call, id_or_type: str) -> object:
    """GET Role/{id} and GET Role/{roleType}, which share the shape of their URL."""
    call.demand_internal()
    if _NUMBER.match(id_or_type):
        row = call.view.role(to_int("id", id_or_type))
        if row is None:
            raise NotFound(f"Role id {id_or_type} not found")
        carrier = carriers.select(carriers.role_entity(call, row), call.query.get("$select"))
        return {**carrier, "_Links": _links(call, "Role", row["role_id"])}
    number = {name.lower(): n for name, n in ROLE_TYPES.items()}.get(id_or_type.lower())
    if number is None:
        raise NotFound(f"Role type '{id_or_type}' not found")
    return [carriers.list_item(call, row, selectable=True) for row in call.view.roles(number)]


def mdo_list(call: Call, name: str) -> object:
    """GET MDOList/roles?additional=N, N being the role type."""
    call.demand_internal()
    if name.lower() != "roles":
        raise HttpProblem(404, f"The list '{name}' is not served here.")
    additional = to_int("additional", call.query.get("additional", "0") or "0")
    return [carriers.list_item(call, row, selectable=False) for row in call.view.roles(additional)]


def archive_names(call: Call) -> object:
    """GET Archive."""
    call.demand_internal()
    return {name: f"{call.url}/api/v1/Archive/{name}" for name in NAMES}


def archive_rows(call: Call, name: str, options: Mapping[str, str]) -> object:
    """GET or POST Archive/{provider}."""
    call.demand_internal()
    if options.get("$metadata"):
        return archive_metadata(call, name)
    return archive.run(call, name, options)


def archive_metadata(call: Call, name: str) -> object:
    """GET Archive/{provider}/$metadata; the JSON form of the service's XML."""
    call.demand_internal()
    source = provider(name, call.dialect, frozenset())
    if source is None:
        raise HttpProblem(404, f"There is no archive provider '{canonical(name)}'.")
    columns = [
        {"Name": column.name, "RestrictionType": column.type, "CanOrderBy": column.orderable}
        for column in source.columns.values()
    ]
    return {"Name": source.name, "Entities": list(source.entities), "Columns": columns}


def urls(base: str) -> dict[str, str]:
    """GET /api/v1: where things are."""
    names = ("Archive", "MDOList", "Person", "Role", "User", "Agents/Archive", "Agents/User")
    return {name: f"{base}/api/v1/{name}" for name in names}


def _links(call: Call, entity: str, key: int) -> dict[str, Any]:
    url = f"{call.url}/api/v1/{entity}"
    return {"Self": f"{url}/{key}", "Archive": url}
