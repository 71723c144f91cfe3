# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_user_info: what a task of this module does."""

from __future__ import annotations

from collections.abc import Sequence

from ..client import archive
from ..client.archive import UserRow
from ..client.client import Client
from ..domain.export import entries_of
from ..domain.model import UNSET, CurrentUser
from ..domain.roles import Roles
from ..domain.selection import Selection, is_literal
from ..engine.failure import Problem, failure_of
from ..engine.read import find_by_name, read_roles, to_users
from .arguments import Options, Task, TaskContext, connection_settings
from .result import Result, undecided, user_facts


def run(options: Options, context: TaskContext) -> Result:
    """List the external users that meet the options."""
    settings = connection_settings(options)
    with Client(settings, cancel_token=context.cancel_token) as client:
        try:
            roles = read_roles(client)
            users, rows = _read(
                client, roles, _selection(options, roles), with_contact=options["contacts"]
            )
        except Problem as error:
            failure = failure_of(error, "The external users could not be listed")
            return undecided(failure, client.requests)
        if options["format"] == "definitions":
            listed = entries_of(users, roles)
        else:
            listed = [facts for user in users if (facts := user_facts(user))]
        result: Result = {"changed": False, "users": listed, "requests": client.requests}
        if options["contacts"]:
            result["contacts"] = _contacts(users, rows)
        return result


def _contacts(users: Sequence[CurrentUser], rows: Sequence[UserRow]) -> list[Result]:
    """Return the company of each person that has one of the users, ordered by person."""
    listed = {user.person_id for user in users}
    contacts = {row.person_id: (row.contact_id, row.contact_name) for row in rows}
    return [
        {"person_id": person_id, "contact_id": contact_id, "contact_name": name}
        for person_id, (contact_id, name) in sorted(contacts.items())
        if person_id in listed
    ]


def _selection(options: Options, roles: Roles) -> Selection:
    person_id, user_name = options["person_id"], options["user_name"]
    return Selection(
        associate_id=UNSET if options["associate_id"] is None else options["associate_id"],
        person_ids=UNSET if person_id is None else frozenset({person_id}),
        user_names=UNSET if user_name is None else (user_name,),
        role_ids=UNSET if options["role"] is None else roles.ids_of_names([options["role"]]),
        is_active=UNSET if options["is_active"] is None else options["is_active"],
    )


def _read(
    client: Client, roles: Roles, selection: Selection, *, with_contact: bool
) -> tuple[list[CurrentUser], list[UserRow]]:
    """Let the service filter as far as its grammar goes, and filter what it cannot here."""
    names = () if selection.user_names is UNSET else selection.user_names
    literal = next(filter(is_literal, names), None)
    if literal is not None:
        users = find_by_name(client, roles, literal).users
        selection = selection._replace(user_names=UNSET)
        named = [user for user in users if user.has_name(literal) and selection.holds(user)]
        ids = [user.associate_id for user in named if user.associate_id is not None]
        rows: list[UserRow] = []
        if with_contact and ids:
            restriction = archive.associate_is(ids)
            rows = client.archive.external_users(restriction, with_contact=True)
        return named, rows
    restriction = archive.all_of(_restrictions(selection)) or archive.EVERY_ROW
    if not archive.fits(restriction):
        restriction = archive.EVERY_ROW
    rows = client.archive.external_users(restriction, with_contact=with_contact)
    users = [user for user in to_users(client, roles, rows) if selection.holds(user)]
    return sorted(users, key=lambda user: user.associate_id or 0), rows


def _restrictions(selection: Selection) -> list[str]:
    """Return what the service filters by; globs are matched here, since its case may differ."""
    restrictions: list[str] = []
    if selection.associate_id is not UNSET:
        restrictions.append(archive.associate_is([selection.associate_id]))
    if selection.person_ids is not UNSET:
        restrictions += [archive.number_is("personId", one) for one in selection.person_ids]
    if selection.role_ids is not UNSET:
        restrictions.append(archive.role_is(sorted(selection.role_ids)))
    if selection.is_active is not UNSET:
        restrictions.append(archive.is_active(selection.is_active))
    return restrictions


TASK = Task(
    options={
        "associate_id": {"type": "int"},
        "person_id": {"type": "int"},
        "user_name": {"type": "str"},
        "role": {"type": "str"},
        "is_active": {"type": "bool"},
        "format": {"type": "str", "default": "facts", "choices": ["facts", "definitions"]},
        "contacts": {"type": "bool", "default": False},
    },
    run=run,
)
