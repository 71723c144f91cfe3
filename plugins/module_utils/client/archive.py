# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paged reads of users, persons and roles from the service's archives.

docs/service-facts.md, Archives, has the sources.
"""

from __future__ import annotations

import math
import re
import typing
import urllib.parse
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from ..domain.errors import UserError
from ..domain.model import Role
from . import json_fields
from .errors import REFUSALS, Blocked, ListChanged, NetServerError, NotUnderstood, Refused
from .http import Transport
from .languages import in_language, spellings
from .prefetch import Prefetch
from .request import Request

Row = Mapping[str, typing.Any]
Parsed = typing.TypeVar("Parsed")
# what identifies a row: an id, or the id of a person and one of its addresses
Key: typing.TypeAlias = "int | tuple[int, str]"
PAGE_SIZE = 1000
# each page makes the service run the whole query, and is kept until the pages before it are read
PAGES_AT_ONCE = 8
# how often a list that changes is read from its start
READ_ATTEMPTS = 5
# web servers of the kind that the service runs on refuse query strings over 2,048 characters
LONGEST_FILTER = 1500
# without a restriction, an archive may list nothing or fail (docs/service-facts.md, Archives)
EVERY_ROW = "getAllRows set true"
USERS = "ExternalUsers"
USER_QUERY = {
    "$select": "personId,userName,assocName,role,isActive",
    "$orderBy": "associateDbId",
    # another entity of this archive is persons who could become users
    "$entities": "all",
}
# whose login it is, for people to read; the service calls a company a contact, and the full name of
# a company has its department
NAME_COLUMNS = "fullName,contactId,contactName,contactFullName,personEmail"
ROLE_TYPES = ("Employee", "ExternalUser", "Anonymous", "System")


# a person may have a row for each of its addresses
ADDRESS = "email/emailAddress"
# the column that identifies a row
KEYS = {
    "ExternalUsers": "PrimaryKey",
    "Person": "personId",
    "Role": "roleId",
    "dynamic": "associate.associate_id",
}
# in the column associate.type; an external user has another number in the User agent
EXTERNAL_PERSON = 4


class _SeamBroken(Exception):
    """Two pages of a list do not fit together."""


class _Page(typing.NamedTuple):
    """A page of a list. `total` is the number of rows on all pages, 0 if it is not known."""

    rows: list[Row]
    has_next: bool
    total: int = 0


class UserRow(typing.NamedTuple):
    """An external user as the archive lists it: the role is a name, not an id.

    `company` is the name of the company with its department, `company_name` without it.
    """

    associate_id: int
    person_id: int
    user_name: str
    associate_name: str
    role: str
    is_active: bool
    full_name: str = ""
    company: str = ""
    company_name: str = ""
    company_id: int = 0
    email: str = ""


class Archive:
    """Reads lists page by page, in as few requests as the service's own page sizes allow.

    The columns that say whose login it is are for people only: where the service refuses them, the
    list is read without them, and `warnings` says so.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._language = transport.settings.language
        # whether the service tells how many rows a list has, as far as is known
        self._counts_rows = True
        # whether that is known to be the number on all pages, and not on the present one
        self._counts_all = False
        self._refusals: dict[str, NetServerError] = {}
        # the longest page of each list that was not its last one
        self._page_sizes: dict[str, int] = {}

    @property
    def page_size(self) -> int:
        """How many users a page has at most: what was asked for, unless the service caps pages."""
        return self._page_sizes.get(USERS) or PAGE_SIZE

    def requests_for(self, users: int) -> int:
        """Return how many requests reading a list of so many users takes."""
        size = self.page_size
        if users > size:  # pages overlap by a row
            return 1 + math.ceil((users - size) / max(1, size - 1))
        # that a single page is the last one, the next one tells, or the number of rows
        return 1 if users == 0 or self._counts_all else 2

    @property
    def warnings(self) -> list[str]:
        """What could not be read and is not needed, in a sentence for people."""
        if not self._refusals:
            return []
        provider, error = next(iter(self._refusals.items()))
        shown = f"Archive/{provider} could only be read without their columns ({error})"
        return [f"Names of persons and companies are not shown: {shown}."]

    def require_companies(self, option: str) -> None:
        """Refuse an option that is about companies, if their names could not be read.

        Raises:
            UserError: they could not.
        """
        if USERS in self._refusals:
            raise UserError(
                "company",
                f"{option} needs the names of companies. {self.warnings[0]} Leave {option} out.",
            )

    def external_users(
        self,
        restriction: str = EVERY_ROW,
        *,
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> list[UserRow]:
        """Read all external users that meet a restriction, ordered by id.

        `progress` is told how many rows there are so far.

        Raises:
            ListChanged: the list changed again and again while it was read.
        """
        parse = _UserParser(self._language)

        def read(query: Mapping[str, str]) -> list[UserRow]:
            return self.read_list("archive", "ExternalUsers", query, parse, progress)

        return self.named(USERS, NAME_COLUMNS, read, _user_query(restriction))

    def few_external_users(self, restriction: str, expected: int = 1) -> list[UserRow]:
        """Read the external users of a restriction that so few can meet that one page has them.

        `expected` is how many rows there are if none is missing; where there are others, whether
        the page has them all is asked for as well.
        """
        parse = _UserParser(self._language)

        def read(query: Mapping[str, str]) -> list[UserRow]:
            rows = self.read_few(
                "archive", "ExternalUsers", query, lambda page: len(page) == expected
            )
            return [*map(parse, rows)]

        return self.named(USERS, NAME_COLUMNS, read, _user_query(restriction))

    def last_logins(self, associate_ids: Sequence[int]) -> dict[int, str | None]:
        """Return when users logged in last, None for never; without those that are not listed.

        All external users are asked for, unless the ids of those in question fit into one request.
        """
        key, column = KEYS["dynamic"], "associate.lastlogin"
        few = list(batches([number_is(key, one) for one in associate_ids]))
        every = number_is("associate.type", EXTERNAL_PERSON)
        query = {
            "$select": f"{key},{column}",
            "$orderBy": key,
            "$filter": few[0] if len(few) == 1 else every,
        }

        def parse(row: Row) -> tuple[int, str | None]:
            associate_id = json_fields.number(row, key, "Archive/dynamic")
            return associate_id, json_fields.moment(row, column, "Archive/dynamic")

        return dict(self.read_list("last_login", "dynamic", query, parse))

    def roles(self) -> list[Role]:
        """Read all roles of all types, including deleted ones."""
        query = {
            "$select": "roleId,name,roleTypeId,isDeleted",
            "$filter": "roleId gt 0",
        }
        return self.read_list("roles", "Role", query, lambda row: _role(row, self._language))

    def named(
        self,
        provider: str,
        columns: str,
        read: Callable[[Mapping[str, str]], list[Parsed]],
        query: Mapping[str, str],
    ) -> list[Parsed]:
        """Read with columns that are for people only, or without them if that is what it takes."""
        if provider in self._refusals:
            return read(query)
        try:
            return read({**query, "$select": f"{query['$select']},{columns}"})
        except REFUSALS as error:
            if isinstance(error, NotUnderstood) and (error.is_page or error.transient):
                raise  # not a refusal of the service
            # the count of rows was not what was refused
            self._counts_rows = True
            rows = read(query)
            self._refusals[provider] = error
            return rows

    def read_few(
        self,
        kind: str,
        provider: str,
        query: Mapping[str, str],
        is_enough: Callable[[list[Row]], bool],
    ) -> list[Row]:
        """Read a list that probably is one page; otherwise read it as a whole.

        A service may cap pages without saying that there are more: `is_enough` tells whether a page
        has all that can be expected.
        """
        query_of_page = {**query, "$top": str(PAGE_SIZE)}
        page = self._page(kind, provider, query_of_page)
        if not page.rows or (not page.has_next and is_enough(page.rows)):
            return page.rows
        if not page.has_next:
            rest = {**query_of_page, "$skip": str(len(page.rows) - 1)}
            last = [_key(row, provider) for row in self._page(kind, provider, rest).rows]
            if last == [_key(page.rows[-1], provider)]:
                return page.rows
        return self.read_list(kind, provider, query, lambda row: row)

    def read_list(
        self,
        kind: str,
        provider: str,
        query: Mapping[str, str],
        parse: Callable[[Row], Parsed],
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> list[Parsed]:
        """Read a whole list, from the start again if it changes while it is read.

        The result is complete as long as the order of the rows that exist all the time is stable.
        """
        for attempt in range(READ_ATTEMPTS):
            if attempt:
                self._transport.pause(attempt - 1)
            rows: list[Parsed] = []
            try:
                for page in self._pages(kind, provider, query):
                    rows += map(parse, page)
                    progress(len(rows))
            except _SeamBroken:
                continue
            return rows
        raise ListChanged(
            f"Archive/{provider} changed while it was read, {READ_ATTEMPTS} times in a row, or does"
            " not follow $skip",
            operation=f"Archive/{provider}",
            status=200,
        )

    def _pages(self, kind: str, provider: str, query: Mapping[str, str]) -> Iterator[list[Row]]:
        """Read page after page, each overlapping with the one before, and yield the new rows.

        Paging by $skip hides a row when an earlier one is deleted meanwhile: then the first row of
        a page is not the last one of the page before. The links themselves are not used: behind a
        reverse proxy they contain the service's internal name.

        The service may cap a page below what was asked for, and the next one further below, and may
        not link to what it cut off. The end is reached when all the rows that the service counts
        were read, or when a page shows that no row follows: one without new rows where there were
        links before, and otherwise an empty one that starts after all rows.

        The overlap is shorter than the longest page so far: a page that only repeats rows would
        otherwise be taken for the end. Pages of one row do not overlap, and are read twice.

        The next pages are requested while the caller works on the present one. If the first page
        says how many rows there are, several are on their way at once, at the places where they
        begin if all pages are as long as the first one. It does not matter in which order the pages
        are read: a row that exists all the time is before the row that two pages share, or behind
        it.

        Raises:
            _SeamBroken: two pages do not fit together, or a row repeats.
        """
        counted = {0}

        def fetch(place: int) -> _Page:
            paging = {**query, "$top": str(PAGE_SIZE), "$skip": str(place)}
            if place in counted:
                return self._counted_page(kind, provider, paging)
            return self._page(kind, provider, paging)

        pages = Prefetch(fetch, min(self._transport.concurrency, PAGES_AT_ONCE))
        seen: dict[Key, None] = {}
        place = count = total = longest = 0
        last: list[Key] = []
        is_linked = False
        while True:
            page = pages.take(place)
            keys = [_key(row, provider) for row in page.rows]
            if keys[: len(last)] != last or (page.has_next and not page.rows):
                raise _SeamBroken
            previous = last[-1] if last else None
            rows, keys = page.rows[len(last) :], keys[len(last) :]
            if not last and seen.keys() >= set(keys):
                rows, keys = [], []
            count += len(keys)
            distinct = _without_repeats(keys, previous) if provider == "Person" else keys
            known = len(seen)
            seen.update(dict.fromkeys(distinct))
            if len(seen) != known + len(distinct):
                raise _SeamBroken
            self._note_page_size(provider, longest if keys else 0)
            longest = max(longest, len(page.rows))
            total = page.total or total
            # a service that counts the rows of the page only never has more
            self._counts_all = self._counts_all or page.total > len(page.rows)
            is_counted = self._counts_all and 0 < total <= count
            is_linked = is_linked or page.has_next
            is_last = not page.has_next and (is_counted or (is_linked and not keys))
            # without a link two rows: a page of one row could also be a cap of one
            overlap = min(1 if page.has_next else 2, longest - 1)
            last = (last + keys)[-overlap:] if overlap > 0 else []
            place = count - len(last)
            if keys and not is_last:
                if not page.has_next:
                    counted.add(place)
                step = max(1, len(page.rows) - len(last))
                # where links end, the list probably ends
                end = 0 if is_linked and not page.has_next else total - len(last)
                pages.expect(range(place, max(place + 1, end), step))
            yield rows
            if keys and not is_last:
                continue
            if not is_last and (last or total):
                # only a page that starts after all rows can tell
                _refuse_further(seen, fetch(count), provider)
            if longest == 1 and count > 1:
                for number, key in enumerate(seen):
                    _refuse_another(key, fetch(number), provider)
            return

    def _note_page_size(self, provider: str, rows: int) -> None:
        """Take note of the length of pages that were followed by another one."""
        self._page_sizes[provider] = max(rows, self._page_sizes.get(provider, 0))

    def _counted_page(self, kind: str, provider: str, query: Mapping[str, str]) -> _Page:
        """Return a page, with the number of rows on all pages if the service tells it."""
        if self._counts_rows:
            try:
                return self._page(kind, provider, {**query, "$inlineCount": "AllPages"})
            except (Blocked, Refused):
                # perhaps because of the count
                self._counts_rows = False
        return self._page(kind, provider, query)

    def _page(self, kind: str, provider: str, query: Mapping[str, str]) -> _Page:
        operation = f"Archive/{provider}"
        response = self._transport.call(Request(kind, operation, "GET", f"v1/{operation}", query))
        if response.value is None:
            raise NotUnderstood(f"The response to {operation} is empty", operation=operation)
        page = json_fields.record(response.value, operation)
        rows = json_fields.rows(page.get("value"), operation)
        return _Page(rows, bool(page.get("odata.nextLink")), _total(page))


def _total(page: Mapping[str, typing.Any]) -> int:
    """Return the number of rows on all pages, 0 if the page does not tell it.

    The name of the property is not documented (docs/service-facts.md, Archives), and OData writes
    large numbers as strings.
    """
    for name, value in page.items():
        if name.lower().endswith("count") and re.fullmatch("[0-9]{1,9}", str(value)):
            return int(value)
    return 0


def _key(row: Row, provider: str) -> Key:
    number = json_fields.number(row, KEYS[provider], f"Archive/{provider}")
    return (number, str(row.get(ADDRESS))) if provider == "Person" else number


def _refuse_further(seen: Container[Key], page: _Page, provider: str) -> None:
    """Make sure that a page which starts after all rows has none that was not seen.

    Raises:
        _SeamBroken: it has.
    """
    if any(_key(row, provider) not in seen for row in page.rows):
        raise _SeamBroken


def _refuse_another(key: Key, page: _Page, provider: str) -> None:
    """Make sure that a page of one row, which overlaps with no other, has it still.

    Raises:
        _SeamBroken: it has not.
    """
    if [_key(row, provider) for row in page.rows[:1]] != [key]:
        raise _SeamBroken


def _without_repeats(keys: Sequence[Key], previous: Key | None) -> list[Key]:
    """Leave out keys that are equal to the one before: a person may have one address twice."""
    before = [previous, *keys]
    return [key for key, last in zip(keys, before, strict=False) if key != last]


def text_is(column: str, value: str, operator: str = "=") -> str | None:
    """Restrict a text column to a value; None if that cannot be expressed.

    A quote is escaped by a backslash, and how a backslash is escaped is not documented. It is one
    comparison: web application firewalls take a chain of spellings for an SQL injection. Whether it
    is case-sensitive depends on the database; GetUserFromName finds what it does not.
    """
    if "\\" in value:
        return None
    quoted = value.replace("'", "\\'")
    return f"{column} {operator} '{quoted}'"


def number_is(column: str, value: int) -> str:
    """Restrict a number column to a value."""
    return f"{column} = {value}"


def associate_is(associate_ids: Iterable[int]) -> str:
    """Restrict the list of users to some ids; their column has only this operator."""
    return f"associateDbId associateIsOneOf ({','.join(map(str, associate_ids))})"


def role_is(role_ids: Iterable[int]) -> str:
    """Restrict the list of users to some roles."""
    return f"role oneOf ({','.join(map(str, role_ids))})"


def is_active(active: bool) -> str:
    """Restrict the list of users to those who can log in, or cannot."""
    return f"isActive set {str(active).lower()}"


def all_of(restrictions: Iterable[str]) -> str:
    """Join restrictions of one comparison each, all of which have to be met.

    Without brackets, since firewalls take `(personId = 1) and (...` for an SQL injection.
    """
    return " and ".join(restrictions)


def any_of(restrictions: Iterable[str]) -> str:
    """Join restrictions, any of which is enough."""
    return " or ".join(restrictions)


def batches_of_ids(associate_ids: Iterable[int], most: int = PAGE_SIZE) -> list[list[int]]:
    """Split ids into as few batches as fit into a query, and their users into a page, each."""
    batches: list[list[int]] = []
    for one in associate_ids:
        if not batches or len(batches[-1]) == most or not fits(associate_is([*batches[-1], one])):
            batches.append([])
        batches[-1].append(one)
    return batches


def batches(restrictions: Sequence[str]) -> Iterator[str]:
    """Join restrictions into as few as fit into a request each."""
    batch: list[str] = []
    for restriction in restrictions:
        longer = any_of([*batch, restriction])
        if batch and len(urllib.parse.quote(longer)) > LONGEST_FILTER:
            yield any_of(batch)
            batch = []
        batch.append(restriction)
    if batch:
        yield any_of(batch)


def fits(restriction: str) -> bool:
    """Tell whether a restriction alone is short enough to be sent."""
    return len(urllib.parse.quote(restriction)) <= LONGEST_FILTER


def _user_query(restriction: str) -> dict[str, str]:
    return {**USER_QUERY, "$filter": restriction}


class _UserParser:
    """Reads the rows of one list; what many rows have in common is one string in memory."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._known: dict[str, str] = {}

    def __call__(self, row: Row) -> UserRow:
        operation = "Archive/ExternalUsers"
        associate_name = json_fields.text(row, "assocName", operation)
        user_name = json_fields.text(row, "userName", operation)
        if associate_name == user_name:
            # as nearly always: the same text once, and not twice for each of 100,000 users
            associate_name = user_name
        email = json_fields.shown_text(row, "personEmail")
        return UserRow(
            associate_id=json_fields.number(row, "PrimaryKey", operation),
            # an internal user, if the service lists such as well, may be no person's login
            person_id=json_fields.number(row, "personId", operation, missing=0),
            # a service that fills only one of the two columns has the login name there
            user_name=user_name or associate_name,
            associate_name=associate_name,
            role=in_language(json_fields.text(row, "role", operation), self._language),
            is_active=json_fields.flag(row, "isActive", operation),
            full_name=json_fields.shown_text(row, "fullName"),
            company=self._once(
                json_fields.shown_text(row, "contactFullName")
                or json_fields.shown_text(row, "contactName")
            ),
            company_name=self._once(json_fields.shown_text(row, "contactName")),
            company_id=json_fields.shown_number(row, "contactId"),
            email=user_name if email == user_name else email,
        )

    def _once(self, text: str) -> str:
        return self._known.setdefault(text, text)


def _role(row: Mapping[str, typing.Any], language: str) -> Role:
    operation = "Archive/Role"
    text = json_fields.text(row, "name", operation)
    kind = json_fields.number(row, "roleTypeId", operation)
    return Role(
        role_id=json_fields.number(row, "roleId", operation),
        name=in_language(text, language),
        type=ROLE_TYPES[kind] if 0 <= kind < len(ROLE_TYPES) else str(kind),
        deleted=json_fields.flag(row, "isDeleted", operation),
        names=spellings(text),
    )
