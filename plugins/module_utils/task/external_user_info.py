# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_user_info: what a task of this module does."""

from __future__ import annotations

from collections.abc import Iterable

from ..client import archive
from ..client.client import Client
from ..client.concurrency import Concurrency
from ..domain.export import entries_of
from ..domain.model import UNSET, CurrentUser
from ..domain.roles import Roles
from ..domain.selection import Selection, is_literal
from ..engine.activity import (
    LastLogins,
    RetiredPersons,
    read_last_logins,
    read_retired_persons,
)
from ..engine.failure import Problem, failure_of
from ..engine.read import find_by_name, read_roles, to_users
from .arguments import Options, Task, TaskContext, connection_settings
from .result import Result, person_facts, undecided, user_facts

# for last logins that have to be asked for one by one
CONCURRENCY = 4


def run(options: Options, context: TaskContext) -> Result:
    """List the external users that meet the options."""
    settings = connection_settings(options)
    logins = LastLogins({})
    persons = RetiredPersons({})
    with Client(settings, Concurrency(CONCURRENCY), cancel_token=context.cancel_token) as client:
        try:
            roles = read_roles(client)
            users, hidden = _read(client, roles, _selection(options, roles))
            if options["person_retired"] and options["format"] == "facts":
                persons = read_retired_persons(client, {user.person_id for user in users})
            if options["last_login"] and options["format"] == "facts":
                ids = [user.associate_id for user in users if user.associate_id is not None]
                logins = read_last_logins(client, ids, CONCURRENCY)
            if options["company"] is not None:
                client.archive.require_companies("company")
        except Problem as error:
            failure = failure_of(error, "The external users could not be listed")
            return undecided(failure, client.requests)
        if options["format"] == "definitions":
            listed = entries_of(users, roles)
        else:
            listed = [_facts(user, logins, persons) for user in users]
        result: Result = {"changed": False, "users": listed, "requests": client.requests}
        if options["persons"]:
            result["persons"] = _persons(users)
        if warnings := [
            *hidden,
            *client.archive.warnings,
            *logins.warnings,
            *persons.warnings,
        ]:
            result["warnings"] = warnings
        return result


def _facts(user: CurrentUser, logins: LastLogins, persons: RetiredPersons) -> Result:
    """Return a user, with what else was asked for and could be read."""
    facts = user_facts(user) or {}
    if user.associate_id is not None and user.associate_id in logins.times:
        facts["last_login"] = logins.times[user.associate_id]
    if user.person_id in persons.known:
        facts["person_retired"] = persons.known[user.person_id]
    return facts


def _persons(users: Iterable[CurrentUser]) -> list[Result]:
    """Return the persons that have one of the users, ordered by id."""
    persons = {user.person_id: person_facts(user) for user in users}
    return [{"person_id": one, **facts} for one, facts in sorted(persons.items())]


def _selection(options: Options, roles: Roles) -> Selection:
    person_id, user_name = options["person_id"], options["user_name"]
    return Selection(
        associate_id=UNSET if options["associate_id"] is None else options["associate_id"],
        person_ids=UNSET if person_id is None else frozenset({person_id}),
        user_names=UNSET if user_name is None else (user_name,),
        role_ids=UNSET if options["role"] is None else roles.ids_of_names([options["role"]]),
        is_active=UNSET if options["is_active"] is None else options["is_active"],
        companies=UNSET if options["company"] is None else (options["company"],),
    )


def _read(
    client: Client, roles: Roles, selection: Selection
) -> tuple[list[CurrentUser], list[str]]:
    """Let the service filter as far as its grammar goes, and filter what it cannot here.

    Returns the users, and a warning if there is one that the service does not describe.
    """
    names = () if selection.user_names is UNSET else selection.user_names
    literal = next(filter(is_literal, names), None)
    if literal is not None:
        named = find_by_name(client, roles, literal)
        selection = selection._replace(user_names=UNSET)
        users = [one for one in named.users if one.has_name(literal) and selection.holds(one)]
        is_hidden = named.record is not None and not named.record.is_visible
        warning = f"The name '{literal}' belongs to a user that this login may not manage."
        return users, [warning] if is_hidden else []
    restriction = archive.all_of(_restrictions(selection)) or archive.EVERY_ROW
    if not archive.fits(restriction):
        restriction = archive.EVERY_ROW
    rows = client.archive.external_users(restriction)
    users = [user for user in to_users(client, roles, rows) if selection.holds(user)]
    return sorted(users, key=lambda user: user.associate_id or 0), []


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
        "company": {"type": "str"},
        "format": {"type": "str", "default": "facts", "choices": ["facts", "definitions"]},
        "persons": {"type": "bool", "default": False},
        "last_login": {"type": "bool", "default": False},
        "person_retired": {"type": "bool", "default": False},
    },
    run=run,
)
