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
LookUp: typing.TypeAlias = "list[Person] | UserError"
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

    def by_email(self, addresses: Iterable[str]) -> dict[str, LookUp]:
        """Return the persons of addresses, by the key of the address.

        Each address is part of two chains, with different others, because the service may list a
        person without showing the address that was asked for: only who is in both can have it.
        Where that leaves a doubt, the address is asked for by itself.
        """
        found, sendable = _sendable(addresses, persons.email_is)
        chains = persons.crossed(sendable)
        results = in_parallel(self._chain, chains, self._concurrency)
        lists: dict[str, list[tuple[int, LookUp]]] = {}
        for chain, result in zip(chains, results, strict=True):
            for address in chain:
                lists.setdefault(address, []).append((len(chain), result))
        doubtful = []
        for address, listed in lists.items():
            alone = next((result for length, result in listed if length == 1), None)
            known = (
                _only_owner(address, [one for _length, one in listed]) if alone is None else alone
            )
            if known is None:
                doubtful.append(address)
            else:
                found[plain_key(address)] = _owners(address, known)
        results = self._in_parallel(self._email, doubtful)
        found.update(zip(map(plain_key, doubtful), results, strict=True))
        self._ask_for_other_spellings(sendable, found, self._email)
        return found

    def by_name(self, names: Iterable[str]) -> dict[str, LookUp]:
        """Return the persons of full names, by the key of the name, in a request for each name."""
        return self._one_by_one(names, persons.name_is, self._name)

    def by_company(self, company: str) -> LookUp:
        """Return the persons of a company, which is named with or without its department."""
        found = self._one_by_one([company], persons.company_is, self._company)
        return found[plain_key(company)]

    def _one_by_one(
        self,
        texts: Iterable[str],
        restrict: Callable[[str], str | None],
        ask: Callable[[str], LookUp],
    ) -> dict[str, LookUp]:
        found, sendable = _sendable(texts, restrict)
        results = self._in_parallel(ask, sendable)
        found.update(zip(map(plain_key, sendable), results, strict=True))
        self._ask_for_other_spellings(sendable, found, ask)
        return found

    def _chain(self, addresses: Sequence[str]) -> LookUp:
        return _unless_blocked(lambda: self._persons.with_emails(addresses))

    def _email(self, address: str) -> LookUp:
        return _owners(address, self._chain([address]))

    def _name(self, name: str) -> LookUp:
        # a database may take names for equal that only look alike
        return _unless_blocked(
            lambda: [one for one in self._persons.with_name(name) if one.has_name(name)]
        )

    def _company(self, company: str) -> LookUp:
        def ask() -> list[Person]:
            alone = company.rpartition(", ")[0]
            names = [company, *([alone] if alone else [])]
            listed = [person for name in names for person in self._persons.of_company(name)]
            return [person for person in merged(listed) if person.is_of(company)]

        return _unless_blocked(ask)

    def _ask_for_other_spellings(
        self, texts: Iterable[str], found: dict[str, LookUp], ask: Callable[[str], LookUp]
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
        results = self._in_parallel(ask, [other for _text, other in others])
        for (text, _other), result in zip(others, results, strict=True):
            known = found[plain_key(text)]
            if isinstance(known, list) and isinstance(result, list):
                found[plain_key(text)] = merged([*known, *result])

    def _in_parallel(self, work: Callable[[Item], Value], items: Sequence[Item]) -> list[Value]:
        done = itertools.count(1)

        def report(item: Item) -> Value:
            value = work(item)
            self._progress("look_up", next(done), len(items))
            return value

        return in_parallel(report, items, self._concurrency)


def _unless_blocked(ask: Callable[[], list[Person]]) -> LookUp:
    """Return the result, or the error of a text that a firewall does not let through."""
    try:
        return ask()
    except Blocked as error:
        blocked = UserError(error.kind, f"could not be looked up: {error.sentence()}.")
        blocked.__cause__ = error
        return blocked


def _sendable(
    texts: Iterable[str], restrict: Callable[[str], str | None]
) -> tuple[dict[str, LookUp], list[str]]:
    """Return the texts that can be asked for, and an error for each other one.

    Texts that differ only in case, in spaces or in their normal form are asked for once.
    """
    found: dict[str, LookUp] = {}
    sendable = []
    for text in {plain_key(text): " ".join(text.split()) for text in texts}.values():
        if restrict(text) is None:
            found[plain_key(text)] = UserError("person", f"'{text}' {_NOT_SENDABLE}")
        else:
            sendable.append(text)
    return found, sendable


def _only_owner(address: str, results: Sequence[LookUp]) -> list[Person] | None:
    """Return who has an address, as far as two chains can tell; None if there is a doubt."""
    listed = [
        {person.person_id: person for person in result}
        for result in results
        if not isinstance(result, UserError)
    ]
    if len(listed) < len(results):
        return None  # something in front of the service refused the chain because of one address
    in_both = [one for one in listed[0].values() if all(one.person_id in it for it in listed)]
    shown = merged([*in_both, *(it[one.person_id] for one in in_both for it in listed)])
    if not shown or (len(shown) == 1 and shown[0].has_email(address)):
        return shown
    return None


def _owners(address: str, result: LookUp) -> LookUp:
    return result if isinstance(result, UserError) else owners(address, result)


def _others(text: str) -> list[str]:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    return [one for one in dict.fromkeys([*forms, text.lower()]) if one != text]
