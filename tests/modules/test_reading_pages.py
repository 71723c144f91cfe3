# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading all users, several pages at once, from a list that may change meanwhile."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.authentication import Basic
from ansible_collections.superoffice.crm.plugins.module_utils.client.client import Client
from ansible_collections.superoffice.crm.plugins.module_utils.client.concurrency import Concurrency
from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import (
    Cancelled,
    ListChanged,
    NetServerError,
    Unavailable,
)
from ansible_collections.superoffice.crm.plugins.module_utils.client.settings import (
    ConnectionSettings,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import Secret

from tests.modules.conftest import ADMIN
from tests.netserver import NetServer

USERS, CAP = 96, 20
# the pages overlap by a row
PAGES = 1 + -(-(USERS - CAP) // (CAP - 1))
LISTING = "Archive/*"


@pytest.fixture(scope="module")
def running() -> Iterator[NetServer]:
    with NetServer(users=USERS, persons=5, admin=ADMIN, profile={"page_cap": str(CAP)}) as server:
        yield server


@pytest.fixture
def server(running: NetServer) -> Iterator[NetServer]:
    yield running
    running.reset()


def client(server: NetServer, at_once: int = 8, **options: Any) -> Client:
    login = Basic(ADMIN[0], Secret(ADMIN[1]))
    settings = ConnectionSettings(f"{server.url}/api", login, **options)
    return Client(settings, Concurrency(at_once))


def read(server: NetServer, at_once: int = 8) -> list[str]:
    with client(server, at_once) as reader:
        return [row.user_name for row in reader.archive.external_users()]


def present(server: NetServer) -> list[str]:
    return [user.user_name for user in server.tenant.users() if user.is_external]


@pytest.mark.parametrize("at_once", [1, 2, 3, 8, 32])
def test_every_page_is_read_once_whatever_the_concurrency(at_once: int, server: NetServer) -> None:
    assert read(server, at_once) == present(server)
    assert len(server.journal.entries) == PAGES
    assert len({entry.query["$skip"] for entry in server.journal.entries}) == PAGES


def test_pages_are_on_their_way_at_once(server: NetServer) -> None:
    server.faults.add("delay", operation=LISTING, times=None, seconds=0.2)
    started = time.monotonic()
    assert read(server) == present(server)
    assert time.monotonic() - started < 0.2 * PAGES
    assert len({entry.connection for entry in server.journal.entries}) == PAGES - 1


def test_no_more_pages_are_on_their_way_than_requests_may_be(server: NetServer) -> None:
    with server.using(parallel="2"):
        assert read(server, 2) == present(server)
    assert {entry.status for entry in server.journal.entries} == {200}


@pytest.mark.parametrize("form", ["odata.count", "__count", "@odata.count"])
def test_number_of_rows_is_understood_whatever_its_name(form: str, server: NetServer) -> None:
    # otherwise a fast response leaves its connection to the next request
    server.latency = 0.05
    with server.using(count_property=form):
        assert read(server) == present(server)
    assert len(server.journal.entries) == PAGES
    assert len({entry.connection for entry in server.journal.entries}) > 1


# without a count, a last page without new rows shows that the list ends
@pytest.mark.parametrize(("form", "requests"), [("none", PAGES + 1), ("error", PAGES + 2)])
def test_service_that_does_not_count_is_read_page_by_page(
    form: str, requests: int, server: NetServer
) -> None:
    with server.using(count_property=form, parallel="1"), client(server) as reader:
        for times in (1, 2):
            rows = reader.archive.external_users()
            assert [row.user_name for row in rows] == present(server)
            # a service that refuses to count is asked for it once
            assert len(server.journal.entries) == requests + (times - 1) * (PAGES + 1)


@pytest.mark.parametrize("cap", [None, "1000", "96", "95", "94", "48", "5", "3", "2", "1"])
@pytest.mark.parametrize("links", ["absolute", "none"])
@pytest.mark.parametrize("form", ["odata.count", "none"])
def test_any_size_of_pages_and_form_of_links(
    cap: str | None, links: str, form: str, server: NetServer
) -> None:
    with server.using(page_cap=cap, next_link=links, count_property=form):
        assert read(server) == present(server)


def test_pages_of_one_user_hide_nobody_while_the_list_changes(server: NetServer) -> None:
    for number in range(106, 197):
        server.tenant.remove_user(number)
    for after in range(8):
        server.tenant.add_external_user(f"late{after}")
        with server.using(page_cap="1", next_link="none", count_property="none"):
            first = present(server)[0]
            numbers = [
                user.associate_id for user in server.tenant.users() if user.user_name == first
            ]
            removal = functools.partial(_remove, numbers=numbers)
            server.changes.add(removal, after=after, operation=LISTING)
            assert read(server) in (present(server), [first, *present(server)])


def test_short_list_that_is_counted_costs_two_requests(server: NetServer) -> None:
    with server.using(page_cap=None, next_link="none"), client(server) as reader:
        assert len(reader.archive.external_users()) == USERS
        assert len(server.journal.entries) == 2
        # the service is known by now to count the rows on all pages
        assert len(reader.archive.external_users()) == USERS
        assert len(server.journal.entries) == 3


CHANGES = {
    "a user is removed": lambda s: s.tenant.remove_user(101),
    "several users are removed": lambda s: [s.tenant.remove_user(n) for n in range(105, 185, 3)],
    "nearly all users are removed": lambda s: [s.tenant.remove_user(n) for n in range(104, 196)],
    "a user is added": lambda s: s.tenant.add_external_user("late"),
    "many users are added": lambda s: [s.tenant.add_external_user(f"late{n}") for n in range(60)],
    "pages become shorter": lambda s: s.choose(page_cap="7"),
    "pages become shorter and have no link": lambda s: s.choose(page_cap="7", next_link="none"),
    "pages become longer": lambda s: s.choose(page_cap="30"),
}


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("form", ["odata.count", "none"])
@pytest.mark.parametrize("name", CHANGES)
def test_users_who_exist_all_the_time_are_read_while_the_list_changes(
    name: str, form: str, after: int, server: NetServer
) -> None:
    server.choose(count_property=form)
    before = set(present(server))
    server.changes.add(CHANGES[name], after=after, operation=LISTING)
    found = read(server)
    assert len(found) == len(set(found))
    assert before & set(present(server)) <= set(found)


def test_list_that_always_changes_is_given_up(server: NetServer) -> None:
    numbers = iter(range(101, 197))

    def remove(s: Any) -> None:
        if (number := next(numbers, None)) is not None and len(present(s)) > 50:
            s.tenant.remove_user(number)

    server.changes.add(remove, operation=LISTING, times=None)
    with pytest.raises(ListChanged):
        read(server)


def test_empty_page_that_promises_more_starts_again(server: NetServer) -> None:
    server.faults.add("empty_page", operation=LISTING, skip=3)
    assert read(server) == present(server)


def test_page_that_fails_is_read_again(server: NetServer) -> None:
    server.faults.add("status", operation=LISTING, skip=3, times=2, status=503)
    assert read(server) == present(server)


def test_page_that_cannot_be_read_ends_the_reading(server: NetServer) -> None:
    server.faults.add("status", operation=LISTING, skip=3, times=None, status=503)
    with client(server, retries=0) as reader, pytest.raises(Unavailable):
        reader.archive.external_users()


def test_cancelled_reading_ends_at_once(server: NetServer) -> None:
    server.faults.add("delay", operation=LISTING, skip=1, times=None, seconds=5)
    with client(server) as reader:
        threading.Timer(0.3, reader.cancel).start()
        started = time.monotonic()
        with pytest.raises(Cancelled):
            reader.archive.external_users()
        assert time.monotonic() - started < 2
    server.faults.clear()


def test_page_that_hangs_ends_by_the_deadline(server: NetServer) -> None:
    server.faults.add("delay", operation=LISTING, skip=2, times=None, seconds=8)
    with client(server, timeout=0.2, retries=0) as reader:
        started = time.monotonic()
        with pytest.raises(NetServerError):
            reader.archive.external_users()
        assert time.monotonic() - started < 5
    server.faults.clear()


def test_wrong_number_of_rows_costs_few_requests(server: NetServer) -> None:
    """A service that counts users who are gone when the pages are read."""
    last = [user.associate_id for user in server.tenant.users() if user.is_external][30:]
    server.changes.add(functools.partial(_remove, numbers=last), after=1, operation=LISTING)
    assert read(server) == present(server)
    # one more shows that no user follows
    assert len(server.journal.entries) <= PAGES + 1


def _remove(server: Any, numbers: list[int]) -> None:
    for number in numbers:
        server.tenant.remove_user(number)
