# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_user_info and superoffice_role_info: filters, pages, definitions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer


@pytest.fixture
def users(run: Run) -> Run:
    def list_users(**options: Any) -> Any:
        return run("superoffice_external_user_info", **options)

    return list_users


@pytest.fixture
def users_by_name(tenant: Any) -> dict[str, int]:
    """Some users, by name."""
    partner = tenant.role_id("Partner")
    return {
        "anna@example.com": tenant.add_external_user("anna@example.com", role_id=partner),
        "Bo@Example.com": tenant.add_external_user("Bo@Example.com", is_active=False),
        "o'hara+x%&@example.org": tenant.add_external_user("o'hara+x%&@example.org"),
    }


def names(result: dict[str, Any]) -> list[str]:
    return [user["user_name"] for user in result["users"]]


def test_listed_users_equal_those_of_the_single_module(
    users: Run, user: Run, users_by_name: dict[str, int]
) -> None:
    result = users()
    assert names(result) == list(users_by_name)
    assert result["changed"] is False
    for listed in result["users"]:
        one = user(user_name=listed["user_name"])
        assert one["user"] == listed


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"user_name": "ANNA@example.com"}, ["anna@example.com"]),
    ({"user_name": "*@example.com"}, ["anna@example.com", "Bo@Example.com"]),
    ({"user_name": "bo@*"}, ["Bo@Example.com"]),
    ({"user_name": "?nna@[a-e]xample.com"}, ["anna@example.com"]),
    ({"user_name": "o'hara*%&*"}, ["o'hara+x%&@example.org"]),
    ({"user_name": "nobody*"}, []),
    ({"role": "Partner"}, ["anna@example.com"]),
    ({"role": "partner"}, ["anna@example.com"]),
    ({"is_active": False}, ["Bo@Example.com"]),
    ({"is_active": True, "role": "External user"}, ["o'hara+x%&@example.org"]),
    ({"associate_id": 4711}, []),
    ({"person_id": 4711}, []),
]


def test_filters_are_combined(
    users: Run, users_by_name: dict[str, int], journal: Any, subtests: pytest.Subtests
) -> None:
    for filters, expected in FILTERS:
        with subtests.test(filters=filters, expected=expected):
            journal.clear()
            assert names(users(**filters)) == expected
            queries = [
                str(entry.query)
                for entry in journal.entries
                if entry.operation == "Archive/ExternalUsers"
            ]
            # globs are evaluated by the module, because firewalls refuse wildcards in queries
            has_glob = any(sign in str(filters.get("user_name")) for sign in "*?")
            assert all(("getAllRows" in query) is has_glob for query in queries)


def test_id_filters(users: Run, tenant: Any, users_by_name: dict[str, int]) -> None:
    record = tenant.user("anna@example.com")
    assert names(users(associate_id=record.associate_id)) == ["anna@example.com"]
    assert names(users(person_id=record.person_id)) == ["anna@example.com"]


def test_unknown_role_is_refused_with_available_roles(users: Run) -> None:
    result = users(role="Parner")
    assert result["failed"]
    assert result["error"]["kind"] == "role"
    assert "'Partner'" in result["msg"]


@pytest.mark.parametrize(
    "dialect",
    [
        {},
        {"page_cap": "7"},
        {"page_cap": "7", "next_link": "none"},
        {"primary_key": "number"},
        {"next_link": "internal-host"},
    ],
)
def test_all_pages_are_read(
    users: Run, server: NetServer, tenant: Any, dialect: dict[str, str]
) -> None:
    expected = [f"u{number:03}@example.com" for number in range(50)]
    tenant.add_external_users({"user_name": name} for name in expected)
    with server.using(**dialect):
        assert names(users()) == expected


def test_roles_with_equal_names_cost_no_request_per_user(
    users: Run, tenant: Any, journal: Any
) -> None:
    twins = [tenant.add_role("Twin"), tenant.add_role("Twin")]
    for number in range(10):
        tenant.add_external_user(f"u{number}", role_id=twins[number % 2])
    result = users()
    assert [user["role_id"] for user in result["users"]] == twins * 5
    assert journal.counts()["GetUser"] == 0


def test_definitions_contain_only_the_person_id(
    users: Run, users_by_name: dict[str, int], tenant: Any
) -> None:
    result = users(format="definitions", role="Partner")
    assert result["users"] == [
        {
            "user_name": "anna@example.com",
            "person_id": tenant.user("anna@example.com").person_id,
            "role": "Partner",
            "is_active": True,
        }
    ]


def test_applying_listed_definitions_changes_nothing(
    users: Run, user: Run, tenant: Any, journal: Any, users_by_name: dict[str, int]
) -> None:
    twins = [tenant.add_role("Twin"), tenant.add_role("Twin")]
    tenant.add_external_user("0123", role_id=twins[1])
    person = tenant.user("anna@example.com").person_id
    tenant.add_external_user("yes", person_id=person)
    before = tenant.snapshot()
    for definition in users(format="definitions")["users"]:
        result = user(**definition)
        assert (result.get("changed"), result["action"]) == (False, "none"), result
    assert tenant.snapshot() == before


def test_all_roles_are_listed_with_their_types(run: Run, tenant: Any) -> None:
    deleted = tenant.add_role("Gone", deleted=True)
    result = run("superoffice_role_info")
    listed = {role["role_id"]: role for role in result["roles"]}
    assert listed[deleted] == {
        "role_id": deleted,
        "name": "Gone",
        "type": "ExternalUser",
        "deleted": True,
    }
    assert {role["type"] for role in result["roles"]} == {
        "Employee",
        "ExternalUser",
        "Anonymous",
        "System",
    }


def test_role_names_use_the_language(run: Run, tenant: Any) -> None:
    role_id = tenant.add_role('NO:"Leverandør";US:"Supplier of things"')
    for language, name in (("en", "Supplier of things"), ("no", "Leverandør")):
        roles = run("superoffice_role_info", language=language)["roles"]
        assert {role["role_id"]: role["name"] for role in roles}[role_id] == name


@pytest.mark.parametrize("module", ["superoffice_external_user_info", "superoffice_role_info"])
def test_check_mode_returns_the_same_result(
    run: Run, users_by_name: dict[str, int], module: str
) -> None:
    assert run(module, check=True) == run(module)


@pytest.mark.parametrize("module", ["superoffice_external_user_info", "superoffice_role_info"])
def test_refused_login_is_reported_in_one_sentence(run: Run, module: str) -> None:
    result = run(module, auth_password="wrong-password-of-somebody")
    assert result["failed"]
    assert result["error"]["kind"] == "unauthorized"
    assert "could not be listed: Login to" in result["msg"]
