# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking up the persons that definitions name by an e-mail address or a name.

Users that exist cost no request: only definitions of logins that are to be created, and those
without a user name, are looked up. Many addresses share a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..domain.definitions import Definition
from ..domain.errors import UserError
from ..domain.findings import Finding
from ..domain.model import UNSET, DesiredUser, Unset
from ..domain.names import plain_key
from ..domain.persons import Person, needs_person, person_of
from ..domain.user_index import UserIndex
from .person_finder import LookUp, PersonFinder
from .read import read_users_of_persons
from .run_context import RunContext


def with_persons(
    run: RunContext, definitions: Sequence[Definition]
) -> tuple[RunContext, list[Definition], list[Finding]]:
    """Give definitions the id of the person that they name, where that has to be looked up.

    Returns the run with what was read, the definitions that can be planned, and the findings about
    the others.
    """
    unclear = {
        index for index, one in enumerate(definitions) if needs_person(one.desired, run.state.users)
    }
    if not unclear:
        return run, list(definitions), []
    wanted = [definitions[index].desired for index in sorted(unclear)]
    finder = PersonFinder(run.client, run.options.concurrency, run.progress)
    by_email = finder.by_email(_given(one.person_email for one in wanted))
    by_name = finder.by_name(_given(one.person_name for one in wanted))
    resolved: list[Definition] = []
    found: dict[int, Person] = {}
    findings: list[Finding] = []
    for index, definition in enumerate(definitions):
        if index not in unclear:
            resolved.append(definition)
            continue
        desired = definition.desired
        try:
            person = person_of(desired, _candidates(desired, by_email, by_name))
        except UserError as error:
            findings.append(Finding(str(definition.location), str(error), error.kind))
            continue
        if person is not None:
            found[person.person_id] = person
            desired = desired.with_person(person.person_id)
        resolved.append(definition._replace(desired=desired))
    kept, duplicates = _without_duplicates(resolved)
    return _with_found(run, found), kept, [*findings, *duplicates]


def _given(texts: Iterable[str | Unset]) -> list[str]:
    return [text for text in texts if text is not UNSET]


def _candidates(
    desired: DesiredUser, by_email: Mapping[str, LookUp], by_name: Mapping[str, LookUp]
) -> list[Person]:
    """Return the persons with the address or the name of a definition.

    Raises:
        UserError: they could not be looked up.
    """
    if desired.person_email is not UNSET:
        option, result = "person_email", by_email[plain_key(desired.person_email)]
    else:
        option, result = "person_name", by_name[plain_key(str(desired.person_name))]
    if isinstance(result, UserError):
        raise UserError(result.kind, f"{desired.subject}: {option} {result}")
    return result


def _without_duplicates(
    definitions: Sequence[Definition],
) -> tuple[list[Definition], list[Finding]]:
    """Refuse definitions without a name that turn out to be about one person."""
    first: dict[int, Definition] = {}
    kept, findings = [], []
    for definition in definitions:
        desired = definition.desired
        is_key = desired.user_name is UNSET and desired.associate_id is UNSET
        if is_key and desired.person_id is not UNSET:
            other = first.setdefault(desired.person_id, definition)
            if other is not definition:
                message = (
                    f"{desired.subject} is about the same person as {other.location}, person"
                    f" {desired.person_id}. Keep one of the two, or give each a user_name."
                )
                findings.append(Finding(str(definition.location), message, "duplicate"))
                continue
        kept.append(definition)
    return kept, findings


def _with_found(run: RunContext, found: Mapping[int, Person]) -> RunContext:
    """Add what was read to the state; a state of single users needs the logins of the persons."""
    state = run.state._replace(persons={**run.state.persons, **found})
    if not state.is_complete and found:
        logins = read_users_of_persons(run.client, state.roles, found)
        users = {user.associate_id: user for user in (*logins, *state.users)}
        state = state._replace(users=UserIndex(users.values()))
    return run._replace(state=state)
