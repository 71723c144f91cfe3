# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_person_info: what a task of this module does."""

from __future__ import annotations

from collections.abc import Sequence

from ..client import persons
from ..client.client import Client
from ..client.concurrency import Concurrency
from ..client.errors import NetServerError, Unauthorized
from ..domain.errors import UserError
from ..domain.model import CurrentUser
from ..domain.names import is_sendable, plain_key
from ..domain.persons import Person
from ..domain.roles import Roles
from ..engine.failure import Problem, failure_of
from ..engine.parallel import in_parallel
from ..engine.person_finder import LookUp, PersonFinder
from ..engine.read import read_roles, read_users_of_persons, to_users
from .arguments import Options, Task, TaskContext, connection_settings
from .result import Result, undecided, user_facts

CONCURRENCY = 8
# so many persons are read one by one, since the list may show only the first address of each
MOST_READ_SINGLY = 50
# from here on reading all users takes fewer requests than asking for those of the persons
MANY = 1000


def run(options: Options, context: TaskContext) -> Result:
    """List the persons that meet the options, with their logins."""
    settings = connection_settings(options)
    with Client(settings, Concurrency(CONCURRENCY), context.cancel_token) as client:
        try:
            roles = read_roles(client)
            found = _find(options, PersonFinder(client, CONCURRENCY, context.progress), client)
            found = _with_all_addresses(client, found, options["email"])
            logins = _logins(client, roles, found)
        except Problem as error:
            failure = failure_of(error, "The persons could not be listed")
            return undecided(failure, client.requests)
        listed = [
            _facts(person, logins.get(person.person_id))
            for person in sorted(found, key=lambda person: person.person_id)
        ]
        return {"changed": False, "persons": listed, "requests": client.requests}


def _find(options: Options, finder: PersonFinder, client: Client) -> list[Person]:
    """Ask by the option that means the fewest persons; the others are compared with the list.

    Raises:
        UserError: an option cannot be asked for.
    """
    person_id, email = options["person_id"], options["email"]
    name, company = options["name"], options["company"]
    for option, text in (("email", email), ("name", name), ("company", company)):
        if text is not None and (not text.strip() or not is_sendable(text)):
            raise UserError("definition", f"{option} must not be empty and must be sendable.")
    if email is not None:
        found = _known("email", finder.by_email([email])[plain_key(email)])
    elif person_id is not None:
        found = client.persons.all_of(persons.id_is(person_id))
    elif name is not None:
        found = _known("name", finder.by_name([name])[plain_key(name)])
    elif company is not None:
        found = _known("company", finder.by_company(company))
    else:
        found = client.persons.all_of()
    return [
        one
        for one in found
        if person_id in (None, one.person_id)
        and (name is None or one.has_name(name))
        and (company is None or one.is_of(company))
    ]


def _known(option: str, result: LookUp) -> list[Person]:
    if isinstance(result, UserError):
        # the refusal of one text is the reason of the whole task
        refusal = result.__cause__
        raise refusal if refusal else UserError(result.kind, f"{option} {result}")
    return result


def _with_all_addresses(client: Client, found: Sequence[Person], email: str | None) -> list[Person]:
    """Add the addresses that the list does not show, for a few persons."""

    def read(person: Person) -> Person:
        try:
            emails = client.persons.emails(person.person_id)
        except Unauthorized:
            raise
        except NetServerError:
            emails = ()  # what the list shows has to do
        asked = () if email is None else (email.strip(),)
        known: dict[str, str] = {}
        for address in (*emails, *person.emails, *asked):
            known.setdefault(plain_key(address), address)
        return person._replace(emails=tuple(known.values()))

    if len(found) > MOST_READ_SINGLY:
        return list(found)
    return in_parallel(read, found, CONCURRENCY)


def _logins(client: Client, roles: Roles, found: Sequence[Person]) -> dict[int, CurrentUser]:
    """Return the login of each person that has one, the first one of several."""
    ids = {person.person_id for person in found}
    if len(ids) > MANY:
        users = to_users(client, roles, client.archive.external_users())
    else:
        users = read_users_of_persons(client, roles, ids)
    logins: dict[int, CurrentUser] = {}
    for user in sorted(users, key=lambda user: user.associate_id or 0):
        if user.person_id in ids:
            logins.setdefault(user.person_id, user)
    return logins


def _facts(person: Person, login: CurrentUser | None) -> Result:
    return {
        "person_id": person.person_id,
        "full_name": person.full_name,
        "emails": list(person.emails),
        "company_id": person.company_id,
        "company_name": person.company_name,
        "department": person.department,
        "retired": person.retired,
        "user": user_facts(login),
    }


TASK = Task(
    options={
        "person_id": {"type": "int"},
        "email": {"type": "str"},
        "name": {"type": "str"},
        "company": {"type": "str"},
    },
    run=run,
)
