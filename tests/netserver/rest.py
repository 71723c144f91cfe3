# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST endpoints beside the agents: version, addresses, current user, person, archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import archive, carriers
from .binding import to_int
from .call import Call
from .errors import HttpError, NotFound
from .filter import Column
from .person_entity import person_entity
from .providers import NAMES, canonical, provider

NETSERVER_VERSION = "11.13.9000.1"


def current_principal(call: Call) -> object:
    """GET User/currentPrincipal: the usual login probe."""
    row = call.view.user(call.login.associate_id)
    return carriers.principal(call, row) if row else None


def current_token(call: Call) -> object:
    """GET User/currentToken: a bearer token that makes the login of later requests cheap."""
    return call.tenant.sessions.issue_token(call.login.associate_id)


def person(call: Call, person_id: str) -> object:
    """GET Person/{id}."""
    call.require_internal()
    row = call.view.person(to_int("id", person_id))
    if row is None or row["hidden"]:
        raise NotFound(f"Person id {person_id} not found")
    carrier = carriers.select(person_entity(call, row), call.query.get("$select"))
    return {**carrier, "_Links": _links(call, "Person", row["person_id"])}


def archive_names(call: Call) -> object:
    """GET Archive."""
    call.require_internal()
    base = f"{call.url}/api/v1/Archive"
    names = [{"name": name, "url": f"{base}/{name}"} for name in NAMES]
    return {"odata.metadata": f"{base}/$metadata", "value": names}


def archive_rows(call: Call, name: str, options: Mapping[str, str]) -> object:
    """GET or POST Archive/{provider}."""
    call.require_internal()
    if options.get("$metadata"):
        return archive_metadata(call, name)
    return archive.run(call, name, options)


def archive_metadata(call: Call, name: str) -> object:
    """GET Archive/{provider}/$metadata: an object keyed by column."""
    call.require_internal()
    source = provider(name, call.profile, frozenset())
    if source is None:
        raise HttpError(404, f"There is no archive provider '{canonical(name)}'.")
    return {column.name: _column(column) for column in source.columns.values()}


def _column(column: Column) -> dict[str, Any]:
    restricted = column.type != "-"
    return {
        "Name": column.name, "DisplayName": column.name, "DisplayTooltip": "",
        "DisplayType": column.type if restricted else "string",
        "CanOrderBy": column.orderable and restricted, "CanRestrictBy": restricted,
        "RestrictionType": column.type if restricted else "",
        "RestrictionListName": column.list_name, "IsVisible": True, "ExtraInfo": "",
        "Width": "", "IconHint": "", "HeadingIconHint": "",
    }  # fmt: skip


def version(call: Call) -> object:
    """GET /api: the versions of the interface and of NetServer."""
    return {
        "v1": f"{call.url}/api/v1", "Version": "v1", "NetServerVersion": NETSERVER_VERSION,
        "NetServerAssembly": "11.13.0.0", "NetServerDate": "2025-06-01",
        "NetServer": f"SuperOffice NetServer {NETSERVER_VERSION} (embedded)",
    }  # fmt: skip


def addresses(call: Call, agents: Mapping[str, Iterable[str]]) -> object:
    """GET /api/v1: a map from addresses to verbs, with a text for each."""
    base = f"{call.url}/api/v1"
    found = {
        f"{base}/Archive": {"GET": "Returns the archive providers."},
        f"{base}/Archive/{{archiveProviderName}}": {
            "GET": "Returns the rows of an archive.", "POST": "The same for long queries.",
        },
        f"{base}/Archive/{{archiveProviderName}}/$metadata": {"GET": "Returns the columns."},
        f"{base}/Person/{{id}}": {"GET": "Gets a PersonEntity object."},
        f"{base}/User/currentPrincipal": {"GET": "Gets the current principal."},
        f"{base}/User/currentToken": {"GET": "Gets a bearer token of the current user."},
    }  # fmt: skip
    for agent, methods in agents.items():
        for method in methods:
            found[f"{base}/Agents/{agent}/{method}"] = {"POST": f"Calls {agent}Agent.{method}."}
    return found


def _links(call: Call, entity: str, key: int) -> dict[str, Any]:
    url = f"{call.url}/api/v1/{entity}"
    return {"Self": f"{url}/{key}", "Archive": url}
