# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests of which kind a task sends: a promise of docs/performance.md.

A figure that gets worse here is a regression; one that gets better is changed here and there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.modules.conftest import ADMIN
from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer

USERS = 2500
PAGE = 1000
FIRST_ID, FIRST_PERSON = 101, 1001
PASSWORD = "Good-enough-password-1"
ONE, TWO, NEW = "user00001@example.com", "user00002@example.com", "new@example.com"
NEW_PERSON = FIRST_PERSON + USERS


@pytest.fixture(scope="module")
def running() -> Iterator[NetServer]:
    with NetServer(users=USERS, persons=1000, admin=ADMIN) as server:
        yield server


@pytest.fixture
def server(running: NetServer) -> Iterator[NetServer]:
    yield running
    running.reset()


def spent(server: NetServer, module: str, options: Result, check: bool = False) -> Result:
    """Run a task, and return what it sent; the server counts too."""
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    mark = server.journal.mark()
    result = run_in_process(module, {**connection, **options}, check)
    assert "failed" not in result, result.get("msg")
    assert sum(result["requests"].values()) == len(server.journal.since(mark))
    requests: Result = result["requests"]
    return requests


# --- one user

BY_EMAIL = {"person_email": "person00001@example.com"}
BY_NAME = {"person_name": "Person 00001", "company": "Northwind Traders"}
SINGLE: dict[str, tuple[Result, Result]] = {
    "in sync, by name": ({"user_name": ONE, "role": "External user"}, {"roles": 1, "archive": 1}),
    "in sync, by id": ({"associate_id": 101}, {"roles": 1, "archive": 1}),
    "in sync, by person": ({"person_id": 1001, "user_name": ONE}, {"roles": 1, "archive": 1}),
    "role": (
        {"user_name": ONE, "role": "Vendor"},
        {"roles": 1, "archive": 2, "user": 1, "modify": 1, "login": 1},
    ),
    "role and activity": (
        {"user_name": ONE, "role": "Vendor", "is_active": False},
        {"roles": 1, "archive": 2, "user": 1, "modify": 1, "login": 1},
    ),
    "role, not verified": (
        {"user_name": ONE, "role": "Vendor", "verify": False},
        {"roles": 1, "archive": 1, "user": 1, "modify": 1, "login": 1},
    ),
    "name": (
        {"associate_id": 101, "user_name": NEW},
        {"roles": 1, "archive": 3, "user": 2, "validate": 1, "modify": 1, "login": 1},
    ),
    "password": (
        {"user_name": ONE, "password": PASSWORD, "update_password": "always"},
        {"roles": 1, "archive": 2, "user": 1, "validate": 1, "modify": 1, "login": 1},
    ),
    "password that is right already": (
        {"user_name": ONE, "password": "Seed-password-00001", "update_password": "when_changed"},
        {"roles": 1, "archive": 1, "login_probe": 1},
    ),
    "creation": (
        {"user_name": NEW, "person_id": NEW_PERSON, "role": "Vendor", "password": PASSWORD},
        {"roles": 1, "archive": 3, "user": 1, "person": 1, "validate": 2, "create": 1, "login": 1},
    ),
    "creation by e-mail address": (
        {"user_name": NEW, **BY_EMAIL, "role": "Vendor", "password": PASSWORD},
        {"roles": 1, "archive": 3, "user": 1, "person": 1, "validate": 2, "create": 1, "login": 1},
    ),
    "creation by name and company": (
        {"user_name": NEW, **BY_NAME, "role": "Vendor", "password": PASSWORD},
        {"roles": 1, "archive": 3, "user": 1, "person": 1, "validate": 2, "create": 1, "login": 1},
    ),
    "in sync, by name and e-mail address": (
        {"user_name": ONE, "person_email": ONE, "role": "External user"},
        {"roles": 1, "archive": 1},
    ),
    "in sync, by e-mail address alone": (
        {"person_email": ONE, "role": "External user"},
        {"roles": 1, "archive": 1, "person": 1},
    ),
    "role, by e-mail address alone": (
        {"person_email": ONE, "role": "Vendor"},
        {"roles": 1, "archive": 2, "user": 1, "person": 1, "modify": 1, "login": 1},
    ),
    "creation with a mail": (
        {
            "user_name": NEW,
            "person_id": NEW_PERSON,
            "role": "Vendor",
            "password": PASSWORD,
            "send_password_email": True,
        },
        {
            "roles": 1,
            "archive": 3,
            "user": 1,
            "person": 1,
            "validate": 2,
            "create": 1,
            "login": 1,
            "mail": 2,
        },
    ),
    "deletion": (
        {"user_name": ONE, "state": "absent"},
        {"roles": 1, "archive": 2, "user": 1, "delete": 1, "login": 1},
    ),
    "deletion of nobody": (
        {"user_name": NEW, "state": "absent"},
        {"roles": 1, "archive": 1, "user": 1},
    ),
}
WRITES = {"create", "modify", "delete", "mail"}


@pytest.mark.parametrize(("options", "expected"), SINGLE.values(), ids=SINGLE)
def test_one_user(server: NetServer, options: Result, expected: Result) -> None:
    assert spent(server, "superoffice_external_user", options) == expected


@pytest.mark.parametrize(("options", "expected"), SINGLE.values(), ids=SINGLE)
def test_one_user_foreseen(server: NetServer, options: Result, expected: Result) -> None:
    found = spent(server, "superoffice_external_user", options, check=True)
    foreseen = {kind: number for kind, number in expected.items() if kind not in WRITES}
    if WRITES & set(expected) and options.get("verify", True):
        foreseen["archive"] -= 1  # nothing to prove
    assert found == foreseen


# --- all users


def bulk(
    modified: int = 0,
    created: int = 0,
    deleted: int = 0,
    validated: int = 0,
    *,
    deactivated: int = 0,
    passwords: int = 0,
    renamed: int = 0,
    users: int = USERS,
    verified: bool = True,
) -> Result:
    """The formula of docs/performance.md."""
    counts = {
        "roles": 1,
        "archive": pages(users),
        "modify": modified,
        "create": created,
        "delete": deleted,
        "validate": validated,
        "person": math.ceil(created / PERSONS_AT_ONCE),
    }
    # the logins of the persons of new users, asked for afresh, and again after other writes
    times = 2 if modified > deactivated else 1
    counts["archive"] += times * math.ceil(created / PERSONS_AT_ONCE)
    if modified or created or deleted:
        counts["login"] = 1
    if modified or deleted:
        counts["user"] = 1 + math.ceil((modified + deleted - 1) / PAGE)
    if max(deleted, deactivated, passwords, renamed) > 1:
        # a percentage decides: the users in scope are looked up
        counts["user"] += math.ceil(users / PAGE)
    if verified:
        written = modified + created + deleted
        counts["archive"] += min(math.ceil(written / IDS_AT_ONCE), pages(users))
    return {kind: number for kind, number in counts.items() if number}


def pages(users: int) -> int:
    """Count the pages: each overlaps with the one before it by a row."""
    needed = 1 + max(0, math.ceil((users - PAGE) / (PAGE - 1)))
    # a single page without a link may be followed by another one
    return needed + 1 if needed == 1 and users else needed


PAGES = pages(USERS)
PERSON_PAGES = pages(1 + USERS + 1000)
# `personId = 3501 or ` in a query string of 1,500 characters
PERSONS_AT_ONCE = 52
# `associateDbId associateIsOneOf (101,102` in the same, for ids of three or four digits
IDS_AT_ONCE = 208


def declared(count: int, **options: Any) -> list[Result]:
    return [{"user_name": f"user{n + 1:05d}@example.com", **options} for n in range(count)]


def new(count: int) -> list[Result]:
    return [
        {
            "user_name": f"new{n}@example.com",
            "person_id": NEW_PERSON + n,
            "role": "Vendor",
            "password": PASSWORD,
        }
        for n in range(count)
    ]


BULK: dict[str, tuple[Result, Result]] = {
    "all in sync": ({"users": declared(USERS, role="External user")}, bulk()),
    "one in sync": ({"users": declared(1)}, bulk()),
    "nobody": ({"users": []}, bulk()),
    "one role": ({"users": declared(1, role="Vendor")}, bulk(modified=1)),
    "100 roles": ({"users": declared(100, role="Vendor")}, bulk(modified=100)),
    "100 roles and activities": (
        {"users": declared(100, role="Vendor", is_active=False), "limits": {"deactivate": 100}},
        bulk(modified=100),
    ),
    "1,500 roles": ({"users": declared(1500, role="Vendor")}, bulk(modified=1500)),
    "10 roles, not verified": (
        {"users": declared(10, role="Vendor"), "verify": False},
        bulk(modified=10, verified=False),
    ),
    "10 passwords": (
        {"users": declared(10, password=PASSWORD, update_password="always")},
        bulk(modified=10, validated=10, passwords=10),
    ),
    "10 passwords, unchecked": (
        {
            "users": declared(10, password=PASSWORD, update_password="always"),
            "preflight": "offline",
        },
        bulk(modified=10, passwords=10),
    ),
    "10 passwords that are not for users who exist": (
        {"users": declared(10, password=PASSWORD)},
        bulk(),
    ),
    "10 passwords that are right already": (
        {
            "users": [
                {**one, "password": f"Seed-password-{n + 1:05d}", "update_password": "when_changed"}
                for n, one in enumerate(declared(10))
            ]
        },
        {**bulk(), "login_probe": 10},
    ),
    "10 names": (
        {
            "users": [
                {"associate_id": FIRST_ID + n, "user_name": f"new{n}@example.com"}
                for n in range(10)
            ]
        },
        bulk(modified=10, validated=10, renamed=10),
    ),
    "100 creations": ({"users": new(100)}, bulk(created=100, validated=200)),
    "10 deletions": ({"users": declared(10, state="absent")}, bulk(deleted=10)),
    "pruning": (
        {
            "users": declared(USERS - 10),
            "prune": "deactivate",
            "prune_scope": "all",
        },
        bulk(modified=10, deactivated=10),
    ),
    "all at once": (
        {"users": [*declared(10, role="Vendor"), *new(10)]},
        bulk(modified=10, created=10, validated=20),
    ),
}


@pytest.mark.parametrize(("options", "expected"), BULK.values(), ids=BULK)
def test_all_users(server: NetServer, options: Result, expected: Result) -> None:
    assert spent(server, "superoffice_external_users", options) == expected


@pytest.mark.parametrize(("options", "expected"), BULK.values(), ids=BULK)
def test_all_users_foreseen(server: NetServer, options: Result, expected: Result) -> None:
    found = spent(server, "superoffice_external_users", options, check=True)
    foreseen = {kind: number for kind, number in expected.items() if kind not in WRITES}
    created = math.ceil(foreseen.get("validate", 0) and expected.get("create", 0) / PERSONS_AT_ONCE)
    assert found == {**foreseen, "archive": PAGES + created}


# `email/emailAddress eq 'person00001@example.com' or ` in a query string of 1,500 characters
ADDRESSES_AT_ONCE = 23


def look_ups(addresses: int) -> int:
    """Count the requests for addresses: each is in a row and in a column of a table."""
    width = min(ADDRESSES_AT_ONCE, math.ceil(math.sqrt(addresses)))
    height = min(ADDRESSES_AT_ONCE, addresses // width)
    return min(addresses, math.ceil(addresses / width) + math.ceil(addresses / height))


def named(count: int, **by: str) -> list[Result]:
    """New users, whose persons are named by templates of a number."""
    return [
        {
            "user_name": f"new{number}@example.com",
            "role": "Vendor",
            "password": PASSWORD,
            **{option: text.format(number) for option, text in by.items()},
        }
        for number in range(1, count + 1)
    ]


EMAIL = {"person_email": "person{:05d}@example.com"}
FULL_NAME = {"person_name": "Person {:05d}", "company": "Northwind Traders"}
LOOK_UPS: list[tuple[int, Result, int]] = [
    (1, EMAIL, 1),
    (4, EMAIL, 4),
    (23, EMAIL, 11),
    (100, EMAIL, 20),
    (1000, EMAIL, 88),
    (40, FULL_NAME, 40),
    (1000, FULL_NAME, 1000),
]


@pytest.mark.parametrize(("count", "by", "expected"), LOOK_UPS)
def test_look_ups_of_persons(server: NetServer, count: int, by: Result, expected: int) -> None:
    options = {"users": named(count, **by), "preflight": "offline"}
    found = spent(server, "superoffice_external_users", options, check=True)
    assert found["person"] == expected
    assert by is FULL_NAME or expected == look_ups(count)
    # the persons are not read once more, and their logins are as for persons with an id
    logins = math.ceil(count / PERSONS_AT_ONCE)
    assert found == {"roles": 1, "archive": PAGES + logins, "login": 1, "person": expected}


def test_creations_by_e_mail_address(server: NetServer) -> None:
    found = spent(server, "superoffice_external_users", {"users": named(100, **EMAIL)})
    expected = bulk(created=100, validated=200)
    assert found == {**expected, "person": look_ups(100)}


def test_users_that_exist_are_not_looked_up(server: NetServer) -> None:
    users = [{**one, "person_email": one["user_name"]} for one in declared(USERS)]
    assert spent(server, "superoffice_external_users", {"users": users}) == bulk()


@pytest.mark.parametrize("link", ["absolute", "none"])
def test_written_users_are_read_back_by_ids_from_capped_pages(link: str) -> None:
    profile = {"page_cap": "50", "next_link": link}
    with NetServer(users=500, admin=ADMIN, profile=profile) as server:
        reading = spent(server, "superoffice_external_users", {"users": []})["archive"]
        assert reading == 1 + math.ceil(450 / 49)
        for written, requests in ((0, 0), (1, 1), (50, 1), (51, 2), (500, 10)):
            users = declared(written, role="Vendor")
            found = spent(server, "superoffice_external_users", {"users": users})
            assert found["archive"] == reading + requests, written
            server.reset()


@pytest.mark.parametrize("users", [0, 1, 999, 1000, 1001, 2000, 2001])
def test_pages(users: int) -> None:
    with NetServer(users=users, admin=ADMIN) as server:
        found = spent(server, "superoffice_external_users", {"users": []})
        assert found == {"roles": 1, "archive": pages(users)}


# --- the others


@pytest.mark.parametrize(
    ("module", "options", "expected"),
    [
        ("superoffice_external_user_info", {}, {"roles": 1, "archive": PAGES}),
        ("superoffice_external_user_info", {"user_name": ONE}, {"roles": 1, "archive": 1}),
        ("superoffice_role_info", {}, {"roles": 2}),
        ("superoffice_person_info", {"email": ONE}, {"roles": 1, "person": 2, "archive": 1}),
        ("superoffice_person_info", {"email": "nobody@x.example"}, {"roles": 1, "person": 1}),
        (
            "superoffice_person_info",
            {},
            {"roles": 1, "person": pages(1 + USERS + 1000), "archive": PAGES},
        ),
    ],
)
def test_looking(server: NetServer, module: str, options: Result, expected: Result) -> None:
    assert spent(server, module, options) == expected
