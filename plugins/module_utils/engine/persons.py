# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking up the persons that definitions name by an e-mail address or a name.

Users that exist cost no request: only definitions of logins that are to be created, and those
without a user name, are looked up. Many addresses share a request.
"""

from __future__ import annotations

import itertools
import typing
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..client import persons
from ..client.errors import Blocked
from ..domain.definitions import Definition
from ..domain.errors import UserError
from ..domain.findings import Finding
from ..domain.model import UNSET, DesiredUser, Unset
from ..domain.names import plain_key
from ..domain.persons import Person, merged, needs_person, owners, person_of
from ..domain.user_index import UserIndex
from .parallel import in_parallel
from .read import read_users_of_persons
from .run_context import RunContext

Item = typing.TypeVar("Item")
Value = typing.TypeVar("Value")
# the persons of an address or a name, or why they could not be looked up
Answer = list[Person] | UserError
_NOT_SENDABLE = (
    "cannot be looked up: it has a backslash, which a query cannot express, or is too long for one."
    " Give person_id instead."
)


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
    by_email = find_by_email(run, _given(one.person_email for one in wanted))
    by_name = find_by_name(run, _given(one.person_name for one in wanted))
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


def find_by_email(run: RunContext, addresses: Iterable[str]) -> dict[str, Answer]:
    """Return the persons of addresses, by the key of the address.

    Each address is part of two chains, with different others, because the service may list a person
    without showing the address that was asked for: only who is in both can have it. Where that
    leaves a doubt, the address is asked for by itself.
    """
    found, sendable = _sendable(addresses, persons.email_is)
    chains = persons.crossed(sendable)
    answers = in_parallel(
        lambda chain: _ask_for_emails(run, chain), chains, run.options.concurrency
    )
    lists: dict[str, list[tuple[int, Answer]]] = {}
    for chain, answer in zip(chains, answers, strict=True):
        for address in chain:
            lists.setdefault(address, []).append((len(chain), answer))
    doubtful = []
    for address, listed in lists.items():
        alone = next((answer for length, answer in listed if length == 1), None)
        known = _only_owner(address, [one for _, one in listed]) if alone is None else alone
        if known is None:
            doubtful.append(address)
        else:
            found[plain_key(address)] = _owners(address, known)
    answers = _in_parallel(run, lambda address: _one_email(run, address), doubtful)
    found.update(zip(map(plain_key, doubtful), answers, strict=True))
    _ask_for_other_spellings(run, sendable, found, _one_email)
    return found


def find_by_name(run: RunContext, names: Iterable[str]) -> dict[str, Answer]:
    """Return the persons of full names, by the key of the name, in a request for each name."""
    found, sendable = _sendable(names, persons.name_is)
    answers = _in_parallel(run, lambda name: _one_name(run, name), sendable)
    found.update(zip(map(plain_key, sendable), answers, strict=True))
    _ask_for_other_spellings(run, sendable, found, _one_name)
    return found


def _sendable(
    texts: Iterable[str], restrict: Callable[[str], str | None]
) -> tuple[dict[str, Answer], list[str]]:
    """Return the texts that can be asked for, and an error for each other one.

    Texts that differ only in case, in spaces or in their normal form are asked for once.
    """
    found: dict[str, Answer] = {}
    sendable = []
    for text in {plain_key(text): " ".join(text.split()) for text in texts}.values():
        if restrict(text) is None:
            found[plain_key(text)] = UserError("person", f"'{text}' {_NOT_SENDABLE}")
        else:
            sendable.append(text)
    return found, sendable


def _in_parallel(
    run: RunContext, work: Callable[[Item], Value], items: Sequence[Item]
) -> list[Value]:
    done = itertools.count(1)

    def report(item: Item) -> Value:
        value = work(item)
        run.progress("look_up", next(done), len(items))
        return value

    return in_parallel(report, items, run.options.concurrency)


def _ask_for_emails(run: RunContext, addresses: Sequence[str]) -> Answer:
    try:
        return run.client.persons.with_emails(addresses)
    except Blocked as error:
        return _blocked(error)


def _blocked(error: Blocked) -> UserError:
    return UserError(error.kind, f"could not be looked up: {error.sentence()}")


def _only_owner(address: str, answers: Sequence[Answer]) -> list[Person] | None:
    """Return who has an address, as far as two chains can tell; None if there is a doubt."""
    listed = [
        {person.person_id: person for person in answer}
        for answer in answers
        if not isinstance(answer, UserError)
    ]
    if len(listed) < len(answers):
        return None  # something in front of the service refused the chain because of one address
    in_both = [one for one in listed[0].values() if all(one.person_id in it for it in listed)]
    shown = merged([*in_both, *(it[one.person_id] for one in in_both for it in listed)])
    if not shown or (len(shown) == 1 and shown[0].has_email(address)):
        return shown
    return None


def _owners(address: str, answer: Answer) -> Answer:
    return answer if isinstance(answer, UserError) else owners(address, answer)


def _one_email(run: RunContext, address: str) -> Answer:
    return _owners(address, _ask_for_emails(run, [address]))


def _one_name(run: RunContext, name: str) -> Answer:
    try:
        listed = run.client.persons.with_name(name)
    except Blocked as error:
        return _blocked(error)
    # a database may take names for equal that only look alike
    return [person for person in listed if person.has_name(name)]


def _ask_for_other_spellings(
    run: RunContext,
    texts: Iterable[str],
    found: dict[str, Answer],
    ask: Callable[[RunContext, str], Answer],
) -> None:
    """Ask for what was not found in the other normal form and in lower case.

    The service may compare character by character.
    """
    others = [
        (text, other) for text in texts if found[plain_key(text)] == [] for other in _others(text)
    ]
    answers = _in_parallel(run, lambda pair: ask(run, pair[1]), others)
    for (text, _other), answer in zip(others, answers, strict=True):
        known = found[plain_key(text)]
        if isinstance(known, list) and isinstance(answer, list):
            found[plain_key(text)] = merged([*known, *answer])


def _others(text: str) -> list[str]:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    return [one for one in dict.fromkeys([*forms, text.lower()]) if one != text]


def _given(texts: Iterable[str | Unset]) -> list[str]:
    return [text for text in texts if text is not UNSET]


def _candidates(
    desired: DesiredUser, by_email: Mapping[str, Answer], by_name: Mapping[str, Answer]
) -> list[Person]:
    """Return the persons with the address or the name of a definition.

    Raises:
        UserError: they could not be looked up.
    """
    if desired.person_email is not UNSET:
        option, answer = "person_email", by_email[plain_key(desired.person_email)]
    else:
        option, answer = "person_name", by_name[plain_key(str(desired.person_name))]
    if isinstance(answer, UserError):
        raise UserError(answer.kind, f"{desired.subject}: {option} {answer}")
    return answer


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
        state = state._replace(users=UserIndex([*state.users, *logins]))
    return run._replace(state=state)
