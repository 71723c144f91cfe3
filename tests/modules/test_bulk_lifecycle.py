# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bulk runs: predicted, applied, idempotent, and their number of requests."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.modules.conftest import ADMIN, Run
from tests.modules.execution_paths import run_in_process
from tests.netserver import NetServer

OLD, NEW = "Old-password-1", "New-password-1"
# what a run costs whatever it does: the roles, and the list with the empty page after it
READ = {"roles": 1, "archive": 2}
# who the calling login is, and GetUser for the first, GetUserInfoList for the others
CONFIRM = {**READ, "login": 1, "user": 2}
NOTHING = dict.fromkeys(
    ("unchanged", "created", "modified", "renamed", "deactivated", "deleted", "failed", "skipped"),
    0,
) | {"protected": 0}


def counts(**some: int) -> dict[str, int]:
    return {**NOTHING, **some, "total": sum(some.values())}


def state(tenant: Any) -> dict[str, tuple[Any, ...]]:
    return {u.user_name: (u.person_id, u.role_name, u.is_active) for u in tenant.users()}


@pytest.fixture
def three_users(tenant: Any) -> list[str]:
    """Three users of the role Partner, of whom each test changes the first two."""
    names = ["anna", "bo", "cecilia"]
    for number, name in enumerate(names):
        person = tenant.add_person(person_id=2001 + number)
        tenant.add_external_user(name, person, 5, password=OLD)
    tenant.add_person(person_id=2011)
    tenant.add_person(person_id=2012)
    return names


NEW_USERS = [
    {"user_name": f"new{n}", "person_id": 2010 + n, "role": "Vendor", "password": NEW}
    for n in (1, 2)
]
MATRIX: dict[str, tuple[Any, Any, Any, list[str]]] = {
    "create": (
        {"users": NEW_USERS},
        {"created": 2},
        # a name and a password each, the persons of all together, and their logins afresh
        {
            "checked": {**READ, "archive": 3, "login": 1, "person": 1, "validate": 4},
            "written": {"create": 2},
        },
        ["CreateExternalUser"] * 2,
    ),
    "modify": (
        {"users": [{"user_name": n, "role": "Vendor"} for n in ("anna", "bo")]},
        {"modified": 2},
        {"checked": CONFIRM, "written": {"modify": 2}},
        ["SetExternalUserInfo"] * 2,
    ),
    "deactivate": (
        {
            "users": [{"user_name": "cecilia"}],
            "prune": "deactivate",
            "prune_scope": {"roles": ["Partner"]},
            "limits": {"deactivate": 2},
        },
        {"unchanged": 1, "deactivated": 2},
        {"checked": CONFIRM, "written": {"modify": 2}},
        ["SetExternalUserInfo"] * 2,
    ),
    "delete": (
        {
            "users": [{"user_name": n, "state": "absent"} for n in ("anna", "bo")],
            "limits": {"delete": 2},
        },
        {"deleted": 2},
        {"checked": CONFIRM, "written": {"delete": 2}},
        ["DeleteExternalUser"] * 2,
    ),
}


@pytest.mark.parametrize("case", sorted(MATRIX))
def test_bulk_change_is_predicted_applied_once_and_idempotent(
    case: str, bulk: Run, tenant: Any, journal: Any, three_users: list[str]
) -> None:
    options, summary, cost, operations = MATRIX[case]
    start = tenant.snapshot()
    foreseen = [bulk(check=True, **options) for _number in range(2)]
    assert foreseen[0] == foreseen[1]
    assert foreseen[0]["changed"] is True
    assert foreseen[0]["drift"] is True
    assert foreseen[0]["requests"] == cost["checked"]
    assert tenant.snapshot() == start
    assert journal.writes == []

    mark = journal.mark()
    done = bulk(**options)
    assert "failed" not in done, done["msg"]
    assert done["summary"] == counts(**summary)
    read_back = {"archive": cost["checked"]["archive"] + 1}
    assert done["requests"] == {**cost["checked"], **cost["written"], **read_back}
    assert sum(done["requests"].values()) == len(journal.since(mark))
    assert [entry.operation for entry in journal.committed] == operations
    for name in ("changed", "summary", "diff", "drift", "plan"):
        assert foreseen[0][name] == done[name]
    for before, after in zip(foreseen[0]["results"], done["results"], strict=True):
        assert {**before, "associate_id": after["associate_id"]} == after
    for name, side in done["diff"]["after"].items():
        user = tenant.user(name)
        assert bool(side) is (user is not None)
        if "is_active" in side:
            assert side["is_active"] is user.is_active
        if "role" in side:
            assert (side["role"], side["role_id"]) == (user.role_name, user.role_id)

    after, mark = tenant.snapshot(), journal.mark()
    for check in (True, False):
        again = bulk(check=check, **options)
        assert again["changed"] is again["drift"] is False
        assert again["results"] == []
        # who is absent is asked for afresh
        assert again["requests"] == ({**READ, "archive": 3} if case == "delete" else READ)
        assert again["diff"]["before"] == again["diff"]["after"] == {}
        assert again["plan"]["entries"] == []
    assert tenant.snapshot() == after
    assert not [entry for entry in journal.since(mark) if entry.writes]


def test_all_actions_in_one_run(
    bulk: Run, tenant: Any, writes: Any, three_users: list[str]
) -> None:
    result = bulk(
        users=[
            *NEW_USERS,
            {"user_name": "anna", "role": "Vendor", "password": NEW, "update_password": "always"},
            {
                "person_id": 2002,
                "user_name": "bo@example.com",
                "previous_user_names": ["bo"],
            },
            {"user_name": "cecilia", "state": "absent"},
        ],
        concurrency=1,
    )
    assert result["summary"] == counts(created=2, modified=1, renamed=1, deleted=1)
    assert [
        (row["user_name"], row["status"], row["modification"]) for row in result["results"]
    ] == [
        ("anna", "modified", ["Password", "Role"]),
        ("bo@example.com", "renamed", ["UserName"]),
        ("cecilia", "deleted", []),
        ("new1", "created", []),
        ("new2", "created", []),
    ]
    assert [row["associate_id"] for row in result["results"]] == [
        getattr(tenant.user(name), "associate_id", 103)
        for name in ("anna", "bo@example.com", "cecilia", "new1", "new2")
    ]
    assert state(tenant) == {
        "anna": (2001, "Vendor", True),
        "bo@example.com": (2002, "Partner", True),
        "new1": (2011, "Vendor", True),
        "new2": (2012, "Vendor", True),
    }
    assert tenant.password_matches("anna", NEW)
    assert tenant.password_matches("bo@example.com", OLD)
    assert writes() == [
        ("SetExternalUserInfo", "Password, Role"),
        ("SetExternalUserInfo", "UserName"),
        ("CreateExternalUser", None),
        ("CreateExternalUser", None),
        ("DeleteExternalUser", None),
    ]


def test_creation_without_preflight_and_verify_is_one_request(
    bulk: Run, three_users: list[str]
) -> None:
    result = bulk(users=NEW_USERS, preflight="offline", verify=False)
    assert result["summary"] == counts(created=2)
    assert result["requests"] == {**READ, "archive": 3, "login": 1, "create": 2}


DIALECTS: list[dict[str, str]] = [
    {},
    {"next_link": "none"},
    {"next_link": "internal-host"},
    {"page_cap": "100"},
    {"page_cap": "100", "next_link": "none"},
    {"primary_key": "number"},
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_users_in_sync_cost_only_their_pages(
    dialect: dict[str, str],
    bulk: Run,
    server: NetServer,
    tenant: Any,
    journal: Any,
    subtests: pytest.Subtests,
) -> None:
    for number in [0, 1, 100, 999, 1000, 1001, 2345]:
        with subtests.test(number=number):
            server.reset()
            tenant.add_external_users({"user_name": f"u{n}"} for n in range(number))
            start = tenant.snapshot()
            declared = [
                {"user_name": f"U{n}".lower(), "role": "External user"} for n in range(number)
            ]
            with server.using(**dialect):
                result = bulk(users=declared, prune="delete", prune_scope="all", allow_empty=True)
            assert result["summary"] == counts(unchanged=number)
            assert result["changed"] is False
            page = int(dialect.get("page_cap", 1000))
            # pages overlap by a row, or by two where links do not tell whether there is more
            overlap = 2 if dialect.get("next_link") == "none" else 1
            pages = 1 + math.ceil(max(0, number - page) / (page - overlap))
            # one roles request, the pages, and one more page where no link tells the end
            assert len(journal.entries) == sum(result["requests"].values())
            assert 1 + pages <= len(journal.entries) <= 2 + pages
            assert journal.writes == []
            assert tenant.snapshot() == start


@pytest.mark.parametrize(
    "dialect",
    [
        {"role_text": "id"},
        {"role_text": "tooltip"},
        {"role_text": "raw"},
        {"deleted_roles": "hidden"},
    ],
    ids=str,
)
def test_ambiguous_role_texts_cost_no_request_per_user(
    dialect: dict[str, str], bulk: Run, server: NetServer, tenant: Any, journal: Any
) -> None:
    gone = tenant.add_role("Left us", deleted=True, tooltip="Gone")
    roles = [gone if "deleted_roles" in dialect else n for n in (5, 6, 7, 8)]
    cost = []
    for hundred in range(2):
        tenant.add_external_users(
            {"user_name": f"u{hundred}-{n}", "role_id": roles[n % 4]} for n in range(100)
        )
        with server.using(**dialect):
            result = bulk(users=[{"user_name": "u0-1", "is_active": True}])
            wanted = [] if gone in roles else [{"user_name": "u0-1", "role_id": roles[1]}]
            assert bulk(users=wanted)["changed"] is result["changed"] is False
        cost.append(sum(result["requests"].values()))
    assert journal.counts()["GetUser"] == 0
    assert cost[0] == cost[1] <= 20


@pytest.mark.parametrize("size", [1, 30])
def test_each_changed_user_costs_one_request(size: int, tenant: Any, server: NetServer) -> None:
    tenant.add_external_users({"user_name": f"u{n}"} for n in range(50))
    options = {
        "url": server.url,
        "auth_username": ADMIN[0],
        "auth_password": ADMIN[1],
        "users": [{"user_name": f"u{n}", "role": "Vendor"} for n in range(size)],
    }
    result = run_in_process("superoffice_external_users", options, False)
    assert result["requests"] == {
        "roles": 1,
        "login": 1,
        "archive": 3,
        "user": 1 if size == 1 else 2,
        "modify": size,
    }
