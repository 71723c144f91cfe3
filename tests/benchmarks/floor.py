# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that the bulk module sends, as the phases that `raw` replays."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import typing
import urllib.parse

from ansible_collections.superoffice.crm.plugins.module_utils.client import archive

from . import definitions
from .definitions import Entry
from .embedded import ROOT
from .measured import LONGEST
from .raw import Phase

CONNECTIONS = 8
USER_QUERY = {
    **archive.USER_QUERY,
    "$select": f"{archive.USER_QUERY['$select']},{archive.NAME_COLUMNS}",
}
Sent = tuple[str, str, typing.Any]
PERSON_COLUMNS = (
    "personId,retired,fullName,personContact/contactId,personContact/name,personContact/department"
)
LOGIN: Sent = ("GET", "User/currentPrincipal", None)


def seconds(url: str, phases: list[Phase]) -> float:
    """Send the requests of all phases from a process of their own; return the seconds."""
    command = [sys.executable, "-m", "tests.benchmarks.raw", url]
    answer = subprocess.run(
        command,
        cwd=ROOT,
        input=json.dumps(phases),
        capture_output=True,
        text=True,
        check=True,
        timeout=LONGEST,
    )
    return float(answer.stdout)


def count(phases: list[Phase]) -> int:
    """Return the number of requests."""
    return sum(len(phase["requests"]) for phase in phases)


def of_sync(users: int) -> list[Phase]:
    """Return the requests of a run that changes nothing."""
    first, *others = _pages(users)
    roles = _agent("GetAllRoles", {"RoleType": "ExternalUser"})
    # the first page tells how many follow
    return [_phase(1, [roles, first]), _phase(CONNECTIONS, others)]


def of_changes(users: int, entries: list[Entry]) -> list[Phase]:
    """Return the requests of a run that gives users another role."""
    ids = [
        one["person_id"] - definitions.FIRST_PERSON + definitions.FIRST_ASSOCIATE for one in entries
    ]
    confirmations = [LOGIN, ("POST", f"Agents/User/GetUser?userId={ids[0]}", {})]
    if ids[1:]:
        confirmations.append(_agent("GetUserInfoList", ids[1:]))
    writes = [
        _agent(
            "SetExternalUserInfo",
            {
                "AssociateId": associate_id,
                "UserName": one["user_name"],
                "Password": "",
                "IsActive": True,
                "RoleId": definitions.OTHER_ROLE_ID,
                "ExternalUserInfoModification": "Role",
            },
        )
        for associate_id, one in zip(ids, entries, strict=True)
    ]
    return [
        *of_sync(users),
        _phase(1, confirmations),
        _phase(CONNECTIONS, writes),
        *_read_back(users, ids),
    ]


def of_creations(users: int, entries: list[Entry]) -> list[Phase]:
    """Return the requests of a run that creates users, checks of the service included."""
    wanted = [archive.number_is("personId", one["person_id"]) for one in entries]
    top = {"$top": str(archive.PAGE_SIZE)}
    persons = {**top, "$select": PERSON_COLUMNS}
    looked_up = [
        _archive(provider, {**query, "$filter": text})
        for provider, query in (("Person", persons), ("ExternalUsers", {**USER_QUERY, **top}))
        for text in archive.batches(wanted)
    ]
    checks, writes = [], []
    first_id = definitions.FIRST_ASSOCIATE + users
    new_ids = list(range(first_id, first_id + len(entries)))
    for one in entries:
        user = {"AssociateId": 0, "Type": "ExternalAssociate", "PersonId": one["person_id"]}
        checks += [
            _agent("IsUserNameValidWithReason", {**user, "UserName": one["user_name"]}),
            _agent("IsPasswordValidWithReason", {**user, "Password": one["password"]}),
        ]
        created = {
            "PersonId": one["person_id"],
            "UserName": one["user_name"],
            "Password": one["password"],
            "RoleId": definitions.OTHER_ROLE_ID,
            "IsActive": True,
        }
        writes.append(_agent("CreateExternalUser", created))
    return [
        *of_sync(users),
        _phase(1, [LOGIN, *looked_up]),
        _phase(CONNECTIONS, checks),
        _phase(CONNECTIONS, writes),
        *_read_back(users, new_ids),
    ]


def _phase(connections: int, requests: list[Sent]) -> Phase:
    return {"connections": connections, "requests": requests}


def _agent(method: str, body: typing.Any) -> Sent:
    return "POST", f"Agents/User/{method}", body


def _read_back(users: int, ids: list[int]) -> list[Phase]:
    """Return the requests that read written users: by their ids, or all if that takes fewer."""
    batches = archive.batches_of_ids(ids)
    if len(batches) > math.ceil(users / archive.PAGE_SIZE):
        first, *others = _pages(users)
        return [_phase(1, [first]), _phase(CONNECTIONS, others)]
    query = {**USER_QUERY, "$top": str(archive.PAGE_SIZE)}
    requests = [
        _archive("ExternalUsers", {**query, "$filter": archive.associate_is(batch)})
        for batch in batches
    ]
    return [_phase(CONNECTIONS, requests)]


def _pages(users: int) -> list[Sent]:
    query = {**USER_QUERY, "$filter": archive.EVERY_ROW, "$top": str(archive.PAGE_SIZE)}
    # each page overlaps with the one before it by a row
    places = [0, *range(archive.PAGE_SIZE - 1, max(users - 1, 0), archive.PAGE_SIZE - 1)]
    if len(places) == 1:
        # a first page without a link to a next one may be the service's way of never giving links
        places.append(users - 2)
    counted = {"$inlineCount": "AllPages"}
    return [
        _archive("ExternalUsers", {**query, **({} if skip else counted), "$skip": str(skip)})
        for skip in places
    ]


def _archive(provider: str, query: dict[str, str]) -> Sent:
    text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe="$")
    return "GET", f"Archive/{provider}?{text}", None
