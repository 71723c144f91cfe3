# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding persons by e-mail address, by name and by company; many addresses share a request."""

from __future__ import annotations

import itertools
import typing
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from ..client import persons
from ..client.client import Client
from ..client.errors import Blocked
from ..domain.errors import UserError
from ..domain.names import plain_key
from ..domain.persons import Person, merged, owners
from .parallel import in_parallel
from .read import ReportProgress

Item = typing.TypeVar("Item")
Value = typing.TypeVar("Value")
# the persons of an address or a name, or why they could not be looked up
Answer: typing.TypeAlias = "list[Person] | UserError"
_NOT_SENDABLE = (
    "cannot be looked up: it has a backslash, which a query cannot express, or is too long for one."
    " Give person_id instead."
)


class PersonFinder:
    """Finds persons, retired ones included, and tells who certainly has an address or a name."""

    def __init__(self, client: Client, concurrency: int, progress: ReportProgress) -> None:
        self._persons = client.persons
        self._concurrency = concurrency
        self._progress = progress

    def by_email(self, addresses: Iterable[str]) -> dict[str, Answer]:
        """Return the persons of addresses, by the key of the address.

        Each address is part of two chains, with different others, because the service may list a
        person without showing the address that was asked for: only who is in both can have it.
        Where that leaves a doubt, the address is asked for by itself.
        """
        found, sendable = _sendable(addresses, persons.email_is)
        chains = persons.crossed(sendable)
        answers = in_parallel(self._chain, chains, self._concurrency)
        lists: dict[str, list[tuple[int, Answer]]] = {}
        for chain, answer in zip(chains, answers, strict=True):
            for address in chain:
                lists.setdefault(address, []).append((len(chain), answer))
        doubtful = []
        for address, listed in lists.items():
            alone = next((answer for length, answer in listed if length == 1), None)
            known = (
                _only_owner(address, [one for _length, one in listed]) if alone is None else alone
            )
            if known is None:
                doubtful.append(address)
            else:
                found[plain_key(address)] = _owners(address, known)
        answers = self._in_parallel(self._email, doubtful)
        found.update(zip(map(plain_key, doubtful), answers, strict=True))
        self._ask_for_other_spellings(sendable, found, self._email)
        return found

    def by_name(self, names: Iterable[str]) -> dict[str, Answer]:
        """Return the persons of full names, by the key of the name, in a request for each name."""
        return self._one_by_one(names, persons.name_is, self._name)

    def by_company(self, company: str) -> Answer:
        """Return the persons of a company, which is named with or without its department."""
        found = self._one_by_one([company], persons.company_is, self._company)
        return found[plain_key(company)]

    def _one_by_one(
        self,
        texts: Iterable[str],
        restrict: Callable[[str], str | None],
        ask: Callable[[str], Answer],
    ) -> dict[str, Answer]:
        found, sendable = _sendable(texts, restrict)
        answers = self._in_parallel(ask, sendable)
        found.update(zip(map(plain_key, sendable), answers, strict=True))
        self._ask_for_other_spellings(sendable, found, ask)
        return found

    def _chain(self, addresses: Sequence[str]) -> Answer:
        return _unless_blocked(lambda: self._persons.with_emails(addresses))

    def _email(self, address: str) -> Answer:
        return _owners(address, self._chain([address]))

    def _name(self, name: str) -> Answer:
        # a database may take names for equal that only look alike
        return _unless_blocked(
            lambda: [one for one in self._persons.with_name(name) if one.has_name(name)]
        )

    def _company(self, company: str) -> Answer:
        def ask() -> list[Person]:
            alone = company.rpartition(", ")[0]
            names = [company, *([alone] if alone else [])]
            listed = [person for name in names for person in self._persons.of_company(name)]
            return [person for person in merged(listed) if person.is_of(company)]

        return _unless_blocked(ask)

    def _ask_for_other_spellings(
        self, texts: Iterable[str], found: dict[str, Answer], ask: Callable[[str], Answer]
    ) -> None:
        """Ask for what was not found in the other normal form and in lower case.

        The service may compare character by character.
        """
        others = [
            (text, other)
            for text in texts
            if found[plain_key(text)] == []
            for other in _others(text)
        ]
        answers = self._in_parallel(ask, [other for _text, other in others])
        for (text, _other), answer in zip(others, answers, strict=True):
            known = found[plain_key(text)]
            if isinstance(known, list) and isinstance(answer, list):
                found[plain_key(text)] = merged([*known, *answer])

    def _in_parallel(self, work: Callable[[Item], Value], items: Sequence[Item]) -> list[Value]:
        done = itertools.count(1)

        def report(item: Item) -> Value:
            value = work(item)
            self._progress("look_up", next(done), len(items))
            return value

        return in_parallel(report, items, self._concurrency)


def _unless_blocked(ask: Callable[[], list[Person]]) -> Answer:
    """Return the answer, or the error of a text that a firewall does not let through."""
    try:
        return ask()
    except Blocked as error:
        return UserError(error.kind, f"could not be looked up: {error.sentence()}")


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


def _others(text: str) -> list[str]:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    return [one for one in dict.fromkeys([*forms, text.lower()]) if one != text]
