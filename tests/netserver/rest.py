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
from .errors import HttpError, NotFound
from .person_entity import person_entity
from .providers import NAMES, canonical, provider

VERSION = {"Version": "11.13.0.0", "Name": "SuperOffice NetServer (embedded)"}
_NUMBER = re.compile(r"^[+-]?\d+$")


def current_principal(call: Call) -> object:
    """GET User/currentPrincipal: the usual login probe."""
    row = call.view.user(call.login.associate_id)
    return carriers.principal(call, row) if row else None


def person(call: Call, person_id: str) -> object:
    """GET Person/{id}."""
    call.require_internal()
    row = call.view.person(to_int("id", person_id))
    if row is None:
        raise NotFound(f"Person id {person_id} not found")
    carrier = carriers.select(person_entity(call, row), call.query.get("$select"))
    return {**carrier, "_Links": _links(call, "Person", row["person_id"])}


def archive_names(call: Call) -> object:
    """GET Archive."""
    call.require_internal()
    return {name: f"{call.url}/api/v1/Archive/{name}" for name in NAMES}


def archive_rows(call: Call, name: str, options: Mapping[str, str]) -> object:
    """GET or POST Archive/{provider}."""
    call.require_internal()
    if options.get("$metadata"):
        return archive_metadata(call, name)
    return archive.run(call, name, options)


def archive_metadata(call: Call, name: str) -> object:
    """GET Archive/{provider}/$metadata; the JSON form of the service's XML."""
    call.require_internal()
    source = provider(name, call.profile, frozenset())
    if source is None:
        raise HttpError(404, f"There is no archive provider '{canonical(name)}'.")
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
