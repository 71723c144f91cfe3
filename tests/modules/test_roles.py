# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Matching of roles, and messages for roles that cannot be set."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.conftest import Run


def add_anna(tenant: Any) -> int:
    associate_id: int = tenant.add_external_user("anna", role_id=2)
    return associate_id


@pytest.fixture
def anna(tenant: Any) -> int:
    return add_anna(tenant)


@pytest.mark.parametrize(
    ("language", "name", "shown"),
    [
        ("en", "Supplier", "Supplier"),
        ("nb", "Leverandør", "Leverandør"),
        ("de", "Lieferant", "Lieferant"),
        ("de-AT", "Lieferant", "Lieferant"),
        ("en", "supplier", "Supplier"),
        ("*", 'NO:"Leverandør";US:"Supplier";GE:"Lieferant"', "Leverandør"),
        ("*", "Lieferant", "Leverandør"),
    ],
)
def test_role_is_matched_by_its_name_in_the_task_language(
    language: str, name: str, shown: str, user: Run, tenant: Any, anna: int
) -> None:
    result = user(user_name="anna", role=name, language=language)
    assert result["modification"] == ["Role"]
    assert result["user"]["role_id"] == tenant.user(anna).role_id == 7
    assert result["user"]["role"] == shown
    assert user(user_name="anna", role=name, language=language)["changed"] is False
    assert user(user_name="anna", role_id=7, language=language)["changed"] is False


@pytest.mark.parametrize("text", ["translated", "raw", "id", "tooltip"])
def test_current_role_is_recognized_in_every_list_format(
    text: str, user: Run, server: Any, tenant: Any, subtests: pytest.Subtests
) -> None:
    for language in ["en", "*"]:
        for role_id in [2, 5, 7, 8]:
            with subtests.test(language=language, role_id=role_id):
                server.reset()
                anna = add_anna(tenant)
                tenant.change_user(anna, role_id=role_id)
                with server.using(role_text=text):
                    result = user(user_name="anna", role_id=role_id, language=language)
                    assert result["changed"] is False
                    assert result["user"]["role_id"] == role_id
                    assert user(user_name="anna", role_id=6, language=language)["modification"] == [
                        "Role"
                    ]
                assert tenant.user(anna).role_id == 6


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"role": "Partnr"}, ["'Partnr'", "does not exist", "did you mean 'Partner'"]),
    ({"role": "Nothing like it"}, ["'Nothing like it'", "does not exist"]),
    ({"role_id": 999}, ["999", "does not exist"]),
    ({"role": "User level 0"}, ["'User level 0'", "Employee", "ExternalUser"]),
    ({"role_id": 1}, ["Employee", "ExternalUser"]),
    ({"role_id": 4}, ["System", "ExternalUser"]),
    ({"role": "Anonymous"}, ["Anonymous", "ExternalUser"]),
    ({"role": "Former partner"}, ["'Former partner'", "is deleted"]),
    ({"role_id": 9}, ["9", "is deleted"]),
    ({"role": "Twin"}, ["'Twin'", "ambiguous", "role_id"]),
    ({"role": "twin"}, ["'twin'", "ambiguous", "role_id"]),
]


@pytest.mark.parametrize(("options", "facts"), REFUSED)
def test_invalid_role_is_refused_with_available_roles(
    options: dict[str, Any],
    facts: list[str],
    user: Run,
    server: Any,
    tenant: Any,
    journal: Any,
    subtests: pytest.Subtests,
) -> None:
    for check in [False, True]:
        for hidden in ["listed", "hidden"]:
            with subtests.test(check=check, hidden=hidden):
                server.reset()
                add_anna(tenant)
                ids = [tenant.add_role("Twin"), tenant.add_role("Twin")]
                start = tenant.snapshot()
                with server.using(deleted_roles=hidden):
                    result = user(user_name="anna", check=check, **options)
                assert result["failed"] is True
                assert result["changed"] is False
                assert result["error"]["kind"] == "role"
                known = (
                    [f"{ids[0]}, {ids[1]}"] if "ambiguous" in facts else ["'Partner'", "'Customer'"]
                )
                for fact in ["'anna'", *facts, *known]:
                    assert fact in result["msg"]
                assert tenant.snapshot() == start
                assert journal.writes == []


def test_user_keeps_a_deleted_role_until_another_is_set(user: Run, tenant: Any, anna: int) -> None:
    tenant.change_user(anna, role_id=9)
    assert user(user_name="anna", is_active=True)["changed"] is False
    result = user(user_name="anna", role="Partner")
    assert result["diff"]["before"]["role"] == "Former partner"
    assert tenant.user(anna).role_id == 5


def test_roles_with_equal_names_are_distinguished_by_id(user: Run, tenant: Any, anna: int) -> None:
    first, second = tenant.add_role("Twin"), tenant.add_role("Twin")
    tenant.change_user(anna, role_id=first)
    assert user(user_name="anna", role_id=first)["changed"] is False
    assert user(user_name="anna", role_id=second)["modification"] == ["Role"]
    assert tenant.user(anna).role_id == second


@pytest.mark.parametrize("outcome", ["accept", "ignore"])
def test_role_of_another_type_is_refused_even_if_the_service_accepts_it(
    outcome: str, user: Run, server: Any, tenant: Any, anna: int
) -> None:
    start = tenant.snapshot()
    with server.using(wrong_role_type=outcome, deleted_role="accept"):
        for role_id in (1, 9):
            assert user(user_name="anna", role_id=role_id)["error"]["kind"] == "role"
    assert tenant.snapshot() == start


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("user", {"user_name": "anna", "role": "Partner"}),
        ("users", {"users": [{"user_name": "anna", "role": "Partner"}]}),
        ("users", {"users": [], "allow_empty": True, "prune": "delete",
                   "prune_scope": {"roles": ["Vendor"]}, "limits": {"delete": 1}}),
    ],
)  # fmt: skip
def test_names_of_roles_that_move_while_they_are_read_are_noticed(
    module: str, options: dict[str, Any], run: Run, server: Any, tenant: Any, journal: Any
) -> None:
    """The list of users has the names of their roles, and not their ids."""
    tenant.add_external_user("anna", role_id=5)

    def swap(_server: Any) -> None:
        tenant.rename_role(5, "Vendor")
        tenant.rename_role(6, "Partner")

    server.changes.add(swap, after=1)
    result = run(f"superoffice_external_{module}", **options)
    assert "roles were changed while they were read" in result["msg"]
    assert not journal.writes
    assert tenant.user("anna").role_id == 5


def test_names_of_roles_that_move_after_reading_do_not_change_what_is_meant(
    bulk: Run, server: Any, tenant: Any
) -> None:
    tenant.add_external_user("anna", role_id=5)

    def swap(_server: Any) -> None:
        tenant.rename_role(5, "Vendor")
        tenant.rename_role(6, "Partner")

    server.changes.add(swap, operation="SetExternalUserInfo")
    result = bulk(users=[{"user_name": "anna", "role": "Vendor"}])
    assert result["summary"]["modified"] == 1, result
    assert tenant.user("anna").role_id == 6
