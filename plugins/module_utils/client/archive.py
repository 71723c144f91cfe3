# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paged reads of users, persons and roles from the service's archives (netserver-api 3)."""

from __future__ import annotations

import typing
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..domain.model import Role
from . import json_fields
from .errors import NotUnderstood
from .http import Transport
from .languages import in_language, spellings
from .prefetch import prefetch
from .request import Request

PAGE_SIZE = 1000
# web servers of the kind that the service runs on refuse query strings over 2,048 characters
LONGEST_FILTER = 1500
# without a restriction that says so an archive may list nothing, or fail (3.5)
EVERY_ROW = "getAllRows set true"
USER_QUERY = {
    "$select": "personId,userName,assocName,role,isActive",
    "$orderBy": "associateDbId",
    # the other entities of this archive are persons who might become users (3.3)
    "$entities": "all",
}
# the company of a person, for those who ask for it
CONTACT_COLUMNS = "contactId,contactName"
ROLE_TYPES = ("Employee", "ExternalUser", "Anonymous", "System")


class UserRow(typing.NamedTuple):
    """An external user as the archive lists it: the role is a text, not an id."""

    associate_id: int
    person_id: int
    user_name: str
    associate_name: str
    role: str
    is_active: bool
    contact_id: int = 0
    contact_name: str = ""


class Archive:
    """Reads lists by pages, in as few requests as the service's own page sizes allow."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._language = transport.settings.language

    def external_users(
        self, restriction: str = EVERY_ROW, *, with_contact: bool = False
    ) -> Iterator[UserRow]:
        """Read all external users that meet a restriction, page by page, ordered by id."""
        query = {**USER_QUERY, "$filter": restriction}
        if with_contact:
            query["$select"] += f",{CONTACT_COLUMNS}"
        for page in prefetch(self._pages("ExternalUsers", query, "archive")):
            yield from [_user_row(row, self._language, with_contact=with_contact) for row in page]

    def few_external_users(self, restriction: str) -> list[UserRow]:
        """Read the external users of a restriction that so few can meet that one page has them."""
        query = {**USER_QUERY, "$filter": restriction, "$top": str(PAGE_SIZE)}
        page, has_next = self._page("archive", "ExternalUsers", query)
        if has_next:
            return list(self.external_users(restriction))
        return [_user_row(row, self._language) for row in page]

    def person_exists(self, person_id: int) -> bool:
        """Tell whether there is a person with this id."""
        query = {"$select": "personId", "$filter": f"personId = {person_id}", "$top": "1"}
        page, _has_next = self._page("person", "Person", query)
        return any(
            json_fields.number(row, "personId", "Archive/Person") == person_id for row in page
        )

    def existing_persons(self, person_ids: Iterable[int]) -> set[int]:
        """Return those of the ids that persons have, in a request for each few dozen."""
        found: set[int] = set()
        for restriction in batches([number_is("personId", one) for one in sorted(person_ids)]):
            query = {"$select": "personId", "$filter": restriction, "$top": str(PAGE_SIZE)}
            page, _has_next = self._page("person", "Person", query)
            found.update(json_fields.number(row, "personId", "Archive/Person") for row in page)
        return found

    def roles(self) -> list[Role]:
        """Read all roles of all types, deleted ones too."""
        query = {
            "$select": "roleId,name,roleTypeId,isDeleted",
            "$filter": "roleId gt 0",
        }
        pages = self._pages("Role", query, "roles")
        return [_role(row, self._language) for page in pages for row in page]

    def _pages(
        self, provider: str, query: Mapping[str, str], kind: str
    ) -> Iterator[list[Mapping[str, typing.Any]]]:
        """Read page after page; the service may cap a page below what was asked for.

        A page is the last one if it is empty, if it has no nextLink where those before it had, or
        if it is shorter than those before it. The links themselves are not used: behind a reverse
        proxy they lead to the service's internal name (3.6).
        """
        skip = longest = 0
        is_linked = False
        before: list[Mapping[str, typing.Any]] = []
        while True:
            paging = {"$top": str(PAGE_SIZE), "$skip": str(skip)}
            page, has_next = self._page(kind, provider, {**query, **paging})
            if page and page == before:
                raise NotUnderstood(
                    f"Archive/{provider} answers every page with the same rows, so that its end can"
                    " not be found",
                    operation=f"Archive/{provider}",
                    status=200,
                )
            before = page
            yield page
            skip += len(page)
            if not page or (not has_next and (is_linked or len(page) < longest)):
                return
            is_linked = is_linked or has_next
            longest = max(longest, len(page))

    def _page(
        self, kind: str, provider: str, query: Mapping[str, str]
    ) -> tuple[list[Mapping[str, typing.Any]], bool]:
        operation = f"Archive/{provider}"
        answer = self._transport.call(Request(kind, operation, "GET", f"v1/{operation}", query))
        if answer.value is None:
            raise NotUnderstood(f"The answer to {operation} is empty", operation=operation)
        reply = json_fields.record(answer.value, operation)
        return json_fields.rows(reply.get("value"), operation), bool(reply.get("odata.nextLink"))


def text_is(column: str, value: str) -> str | None:
    """Restrict a text column to a value; none if that can not be written down.

    A quote is escaped by a backslash, and how a backslash is escaped is not documented (3.5).
    Whether the comparison heeds case is a matter of the service's database, so that the common
    spellings are asked for together.
    """
    if "\\" in value:
        return None
    quoted = [text.replace("'", "\\'") for text in _spelled(value)]
    return any_of(f"{column} = '{text}'" for text in quoted)


def number_is(column: str, value: int) -> str:
    """Restrict a number column to a value."""
    return f"{column} = {value}"


def associate_is(associate_ids: Iterable[int]) -> str:
    """Restrict the list of users to some ids; their column knows only this operator (3.5)."""
    return f"associateDbId associateIsOneOf ({','.join(map(str, associate_ids))})"


def text_has(column: str, operator: str, value: str) -> str | None:
    """Restrict a text column to what `begins` with or `contains` a value; none as for `text_is`."""
    if "\\" in value:
        return None
    quoted = [text.replace("'", "\\'") for text in _spelled(value)]
    return any_of(f"{column} {operator} '{text}'" for text in quoted)


def role_is(role_ids: Iterable[int]) -> str:
    """Restrict the list of users to some roles (3.5)."""
    return f"role oneOf ({','.join(map(str, role_ids))})"


def is_active(active: bool) -> str:
    """Restrict the list of users to those who can log in, or can not."""
    return f"isActive set {str(active).lower()}"


def all_of(restrictions: Iterable[str]) -> str:
    """Join restrictions, all of which have to be met."""
    return " and ".join(f"({restriction})" for restriction in restrictions)


def any_of(restrictions: Iterable[str]) -> str:
    """Join restrictions, any of which is enough."""
    return " or ".join(restrictions)


def batches_of_ids(associate_ids: Iterable[int]) -> list[str]:
    """Restrict the list of users to some ids, in as few restrictions as fit into a request each."""
    batches: list[str] = []
    batch: list[int] = []
    for associate_id in associate_ids:
        if batch and not fits(associate_is([*batch, associate_id])):
            batches.append(associate_is(batch))
            batch = []
        batch.append(associate_id)
    return [*batches, associate_is(batch)] if batch else batches


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


def _spelled(value: str) -> Iterable[str]:
    return dict.fromkeys((value, value.lower(), value.upper()))


def _user_row(
    row: Mapping[str, typing.Any], language: str, *, with_contact: bool = False
) -> UserRow:
    operation = "Archive/ExternalUsers"
    associate_name = json_fields.text(row, "assocName", operation)
    user_name = json_fields.text(row, "userName", operation)
    if associate_name == user_name:
        # as nearly always: the same text once, and not twice for each of 100,000 users
        associate_name = user_name
    return UserRow(
        associate_id=json_fields.number(row, "PrimaryKey", operation),
        # an internal user, if the service lists such as well, may be nobody's login
        person_id=json_fields.number(row, "personId", operation, missing=0),
        # a service that fills only one of the two columns has the login name there
        user_name=user_name or associate_name,
        associate_name=associate_name,
        role=in_language(json_fields.text(row, "role", operation), language),
        is_active=json_fields.flag(row, "isActive", operation),
        contact_id=json_fields.number(row, "contactId", operation) if with_contact else 0,
        contact_name=json_fields.text(row, "contactName", operation) if with_contact else "",
    )


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
