# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of runs whose list of users changes while it is read, or whose names are alike."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from tests.modules.test_bulk_properties import runner
from tests.netserver import NetServer
from tests.netserver.comparison import RULES

pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SINGLE = "superoffice_external_user"
FIRST_ID = 101
FREE_PERSONS = range(4001, 4004)
UNLIMITED = {"deactivate": None, "delete": None, "password": None, "rename": None}

examples = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def changing_server() -> Any:
    with NetServer(admin=("automation", "long-enough-Admin-1-password")) as server:
        for person in (*range(3001, 3041), *FREE_PERSONS):
            server.tenant.add_person(person_id=person)
        server.tenant.remember_start()
        yield server


def person_of(number: int) -> int:
    return 3001 + number


def add_users(server: NetServer, count: int) -> None:
    server.tenant.add_external_users(
        [
            {"user_name": f"user{n}", "person_id": person_of(n), "role_id": 5, "is_active": True}
            for n in range(count)
        ]
    )


def change(kind: str, number: int, server: Any) -> None:
    """Change the list of users, or the size of its pages."""
    users = server.tenant.users()
    if kind == "cap":
        server.choose(page_cap=number % 5 + 2)
    elif kind == "add" and all(user.user_name != f"late{number}" for user in users):
        server.tenant.add_external_user(f"late{number}")
    elif kind == "remove" and any(user.associate_id == FIRST_ID + number for user in users):
        server.tenant.remove_user(FIRST_ID + number)


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """What happens before which request: a user is removed or added, or pages become smaller."""
    kinds = st.sampled_from(["remove", "remove", "add", "cap"])
    change = st.tuples(kinds, st.integers(0, 12), st.integers(0, 19))
    return draw(st.lists(change, max_size=4))


@settings(examples, max_examples=30)
@given(
    count=st.integers(4, 20),
    cap=st.integers(2, 6),
    moves=changes(),
    defined=st.sets(st.integers(0, 19), max_size=6),
    absent=st.sets(st.integers(0, 19), max_size=3),
    prune=st.booleans(),
)
def test_no_user_is_missed_or_created_twice_while_the_list_changes(
    count: int,
    cap: int,
    moves: list[tuple[str, int, int]],
    defined: set[int],
    absent: set[int],
    prune: bool,
    changing_server: NetServer,
) -> None:
    server, run = changing_server, runner(changing_server)
    server.reset()
    add_users(server, count)
    server.choose(page_cap=cap)
    removed = {number for kind, _after, number in moves if kind == "remove" and number < count}
    for kind, after, number in moves:
        server.changes.add(functools.partial(change, kind, number), after=after)
    gone = {n for n in absent if n < count}
    wanted = {n for n in defined if n < count} - gone
    users = [
        *({"user_name": f"user{n}", "person_id": person_of(n), "role": "Vendor"} for n in wanted),
        *({"person_id": person_of(n), "state": "absent"} for n in gone),
        {
            "user_name": "new",
            "person_id": FREE_PERSONS[0],
            "role": "Vendor",
            "password": "Good-pass-1",
        },
    ]
    for one in users:
        if "role" in one:
            one.setdefault("password", "Good-pass-1")
    pruning = {"prune": "deactivate", "prune_scope": "all"} if prune else {}
    result = run(users=users, limits=UNLIMITED, on_error="continue", retries=0, **pruning)
    after_run = server.tenant.users()
    assert not result.get("failed") or result["msg"]
    for n in range(count):
        logins = [user for user in after_run if user.person_id == person_of(n)]
        assert len(logins) <= 1, (n, result)
        if n in removed:
            continue
        if n in gone:
            assert not logins or result.get("failed")
        else:
            [login] = logins
            assert login.user_name == f"user{n}"
            if n not in wanted:
                assert login.role_id == 5
                assert prune or login.is_active
                assert not prune or not login.is_active or result.get("failed")
            elif not result.get("failed"):
                assert login.role_id == 6
    assert len([user for user in after_run if user.user_name == "new"]) <= 1
    created = [entry for entry in server.journal.committed if "Create" in entry.operation]
    assert len(created) <= 1 + len(removed & wanted)


@settings(examples, max_examples=40)
@given(count=st.integers(4, 20), cap=st.integers(2, 6), moves=changes())
def test_list_that_changes_has_every_user_who_exists_all_the_time(
    count: int, cap: int, moves: list[tuple[str, int, int]], changing_server: NetServer
) -> None:
    server, run = changing_server, runner(changing_server)
    server.reset()
    add_users(server, count)
    server.choose(page_cap=cap)
    for kind, after, number in moves:
        server.changes.add(functools.partial(change, kind, number), after=after)
    removed = {number for kind, _after, number in moves if kind == "remove"}
    result = run("superoffice_external_user_info", retries=0)
    if not result.get("failed"):
        listed = [user["user_name"] for user in result["users"]]
        assert len(listed) == len(set(listed))
        assert {f"user{n}" for n in range(count) if n not in removed} <= set(listed)


ALIKE = [
    "gross", "gro\u00df", "GROSS", "gro\u017fs", "f\ufb01n", "ffin", "f\ufb01N", "kim", "KIM",
    "\u212aim", "rene", "RENE", "r\u00e9n\u00e9", "re\u0301ne\u0301", "soren", "s\u00f8ren",
    "ilki", "\u0131lk\u0131", "\u0130LKI", "anna", "\uff41nna",
]  # fmt: skip


@settings(examples, max_examples=40)
@given(
    rule=st.sampled_from(sorted(RULES)),
    present=st.lists(st.sampled_from(ALIKE), unique=True, min_size=1, max_size=5),
    name=st.sampled_from(ALIKE),
    state=st.sampled_from(["present", "absent"]),
    module=st.sampled_from(["bulk", "single"]),
)
def test_only_a_user_whose_name_the_service_takes_for_equal_is_touched(
    rule: str, present: list[str], name: str, state: str, module: str, changing_server: NetServer
) -> None:
    server, run = changing_server, runner(changing_server)
    server.reset()
    server.choose(name_comparison=rule)
    key = RULES[rule]
    taken: set[str] = set()
    for number, one in enumerate(present):
        if key(one) not in taken:
            taken.add(key(one))
            server.tenant.add_external_user(one, person_id=person_of(number), role_id=5)
    before = {user.associate_id: (user.user_name, user.role_id) for user in server.tenant.users()}
    entry = {"user_name": name, "state": state}
    if state == "present":
        entry["role"] = "Vendor"
    result = run(users=[entry], limits=UNLIMITED) if module == "bulk" else run(SINGLE, **entry)
    after = {user.associate_id: (user.user_name, user.role_id) for user in server.tenant.users()}
    assert after.keys() <= before.keys()
    for associate_id, (user_name, role_id) in before.items():
        if after.get(associate_id) != (user_name, role_id):
            assert key(user_name) == key(name), (result, user_name)
    exact = [one for one in before.values() if one[0] == name]
    if exact and not result.get("failed"):
        left = [one for one in after.values() if one[0] == name]
        assert left == ([] if state == "absent" else [(name, 6)])
    # a name that no user has for the service is never reported as changed
    if all(key(one[0]) != key(name) for one in before.values()):
        assert result["changed"] is False
