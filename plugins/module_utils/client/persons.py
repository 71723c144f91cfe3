# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries for persons and their companies.

Web application firewalls let chains of `eq` pass for addresses, and one comparison at a time for
names. docs/service-facts.md, Archives, has the sources.
"""

from __future__ import annotations

import functools
import math
import typing
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..domain.names import plain_key
from ..domain.persons import Person, merged
from . import archive, json_fields
from .archive import ADDRESS, Archive, Row
from .http import Transport
from .request import Request

_NAME_COLUMNS = "fullName,personContact/contactId,personContact/name,personContact/department"
_QUERY = {
    "$select": "personId,retired",
    "$orderBy": "personId",
    # without it retired persons are not listed
    "$entities": "person,retiredPerson",
}
_LOOK_UP = {**_QUERY, "$select": f"{_QUERY['$select']},{ADDRESS},{_NAME_COLUMNS}"}
_OPERATION = "Archive/Person"
_IsEnough = Callable[[list[Row]], bool]


class Persons:
    """Reads persons, retired ones included."""

    def __init__(self, transport: Transport, reader: Archive) -> None:
        self._transport = transport
        self._archive = reader

    def by_ids(self, person_ids: Iterable[int]) -> dict[int, Person]:
        """Return existing persons by their ids, without addresses, a few dozen in a request.

        Names of persons and companies are empty where the service refuses to show them.
        """
        found: dict[int, Person] = {}
        for restriction in archive.batches([id_is(one) for one in sorted(person_ids)]):
            expected = restriction.count(" or ") + 1
            is_enough = functools.partial(_has_persons, expected)

            def read(query: Mapping[str, str], is_enough: _IsEnough = is_enough) -> list[Row]:
                return self._archive.read_few("person", "Person", query, is_enough)

            query = {**_QUERY, "$filter": restriction}
            rows = self._archive.named("Person", _NAME_COLUMNS, read, query)
            found.update((person.person_id, person) for person in map(_person, rows))
        return found

    def with_emails(self, addresses: Sequence[str]) -> list[Person]:
        """Return the persons that have one of some addresses, each of which `email_is` can express.

        A person is listed if any of its addresses is asked for, but which address is shown depends
        on the service: the one that was asked for, or the first one of the person.
        """
        restriction = archive.any_of(filter(None, map(email_is, addresses)))
        return self._few(restriction, functools.partial(_has_addresses, addresses))

    def with_name(self, full_name: str) -> list[Person]:
        """Return the persons with a full name that `name_is` can express."""
        # where there is more than one, the whole list is read
        return self._few(name_is(full_name) or "", lambda page: len(page) == 1)

    def of_company(self, company: str) -> list[Person]:
        """Return the persons of companies with a name that `company_is` can express."""
        return self.all_of(company_is(company) or "")

    def all_of(self, restriction: str = archive.EVERY_ROW) -> list[Person]:
        """Return all persons that meet a restriction, page by page."""
        query = {**_LOOK_UP, "$filter": restriction}
        return merged(self._archive.read_list("person", "Person", query, _person))

    def retired(self) -> set[int]:
        """Return the ids of all retired persons."""
        query = {**_QUERY, "$filter": "retired set true"}
        listed = self._archive.read_list("person", "Person", query, _person)
        return {person.person_id for person in listed if person.retired}

    def emails(self, person_id: int) -> tuple[str, ...]:
        """Return all addresses of a person (GET Person)."""
        operation = "Person"
        request = Request("person", operation, "GET", f"v1/Person/{person_id}")
        value = self._transport.call(request).value
        record = json_fields.record(value, operation)
        rows = json_fields.rows(record.get("Emails") or [], operation)
        return tuple(filter(None, (json_fields.shown_text(row, "Value") for row in rows)))

    def has_company(self, company: str) -> bool:
        """Tell whether any person belongs to a company, named with or without its department."""
        for name in (company, company.rpartition(", ")[0]):
            restriction = company_is(name) if name else None
            if restriction is not None and any(
                person.is_of(company) for person in self._few(restriction, bool)
            ):
                return True
        return False

    def _few(self, restriction: str, is_enough: _IsEnough) -> list[Person]:
        query = {**_LOOK_UP, "$filter": restriction}
        return merged(map(_person, self._archive.read_few("person", "Person", query, is_enough)))


def _has_persons(expected: int, page: list[Row]) -> bool:
    return len(merged(map(_person, page))) >= expected


def _has_addresses(addresses: Sequence[str], page: list[Row]) -> bool:
    """Tell whether each address has its row; then nothing was cut off."""
    if len(page) == len(addresses) == 1:
        return True  # the row is that of the address, whichever address it shows
    shown = {plain_key(email) for row in page for email in _person(row).emails}
    return len(page) == len(addresses) and shown == set(map(plain_key, addresses))


def id_is(person_id: int) -> str:
    """Restrict persons to an id."""
    return archive.number_is("personId", person_id)


def email_is(address: str) -> str | None:
    """Restrict persons to an address; None if that cannot be expressed or is too long."""
    return _sendable(archive.text_is(ADDRESS, address, "eq"))


def name_is(full_name: str) -> str | None:
    """Restrict persons to a full name; None if that cannot be expressed or is too long."""
    return _sendable(archive.text_is("fullName", full_name))


def company_is(company: str) -> str | None:
    """Restrict persons to those of a company, by its name without the department."""
    return _sendable(archive.text_is("personContact/name", company))


def crossed(addresses: Sequence[str]) -> list[list[str]]:
    """Arrange addresses in chains, so that two of them are in one chain at most once.

    The chains are the rows and the columns of a table: each address is asked for twice, together
    with different others. A person that only one of the two lists has another address of that one.
    """
    if not addresses:
        return []
    most = max(1, archive.LONGEST_FILTER * len(addresses) // sum(map(_length, addresses)))
    width = min(most, math.ceil(math.sqrt(len(addresses))))
    rows = [list(addresses[start : start + width]) for start in range(0, len(addresses), width)]
    by_column = [one for column in range(width) for one in addresses[column::width]]
    # two of one row are at least so far apart
    height = min(most, len(addresses) // width)
    columns = [by_column[start : start + height] for start in range(0, len(by_column), height)]
    chains = [chain for long in (*rows, *columns) for chain in _shortened(long)]
    return chains if len(chains) < len(addresses) else [[one] for one in addresses]


def _shortened(chain: Sequence[str]) -> list[list[str]]:
    """Split a chain that is too long for a request."""
    parts: list[list[str]] = []
    room = 0
    for address in chain:
        length = _length(address)
        if length > room:
            parts.append([])
            room = archive.LONGEST_FILTER
        parts[-1].append(address)
        room -= length
    return parts


def _length(address: str) -> int:
    """Return how much of a query an address takes, with the word that joins it to the next one."""
    return len(urllib.parse.quote(f"{email_is(address)} or "))


def _sendable(restriction: str | None) -> str | None:
    return restriction if restriction is not None and archive.fits(restriction) else None


def _person(row: Mapping[str, typing.Any]) -> Person:
    address = json_fields.shown_text(row, ADDRESS)
    return Person(
        person_id=json_fields.number(row, "personId", _OPERATION),
        full_name=json_fields.shown_text(row, "fullName"),
        emails=(address,) if address else (),
        company_id=json_fields.shown_number(row, "personContact/contactId"),
        company_name=json_fields.shown_text(row, "personContact/name"),
        department=json_fields.shown_text(row, "personContact/department"),
        retired=json_fields.flag(row, "retired", _OPERATION, missing=False),
    )
