# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which role a name or an id means, and what is said when it means none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import DesiredUser, Role
from ansible_collections.superoffice.crm.plugins.module_utils.domain.roles import Roles

SUPPLIER = Role(
    7,
    "Supplier",
    names=frozenset({'NO:"Leverandør";US:"Supplier"', "Leverandør", "Supplier"}),
)
PARTNER, PARTNER_LOWER = Role(5, "Partner"), Role(15, "partner")
FORMER = Role(9, "Former partner", deleted=True)
TWIN, OTHER_TWIN = Role(20, "Twin"), Role(21, "Twin")
EXTERNAL = [PARTNER, SUPPLIER, FORMER, TWIN, OTHER_TWIN]
EMPLOYEE = Role(1, "User level 0", type="Employee")


def wanting(**options: Any) -> DesiredUser:
    return DesiredUser(user_name="anna", **options)


def test_role_is_found_by_name_in_any_language_or_by_id() -> None:
    cases: list[tuple[dict[str, Any], Role | None]] = [
        ({}, None),
        ({"role": "Partner"}, PARTNER),
        ({"role": "PARTNER"}, PARTNER),
        ({"role": "Supplier"}, SUPPLIER),
        ({"role": "leverandør"}, SUPPLIER),
        ({"role_id": 20}, TWIN),
        ({"role": "Former partner"}, None),
        ({"role_id": 9}, None),
        ({"role_id": 99}, None),
        ({"role": "Part"}, None),
    ]
    for options, role in cases:
        assert Roles(EXTERNAL).find(wanting(**options)) == role


def test_exact_role_name_wins_over_other_case() -> None:
    roles = Roles([PARTNER, PARTNER_LOWER])
    assert roles.find(wanting(role="partner")) == PARTNER_LOWER
    assert roles.find(wanting(role="Partner")) == PARTNER


def test_ambiguous_role_name_is_refused_with_ids() -> None:
    cases: list[tuple[list[Role], str, str]] = [
        (EXTERNAL, "Twin", "20, 21"),
        ([PARTNER, PARTNER_LOWER], "PARTNER", "5, 15"),
    ]
    for roles, name, ids in cases:
        with pytest.raises(UserError, match=f"{ids}.*role_id") as caught:
            Roles(roles).find(wanting(role=name))
        assert caught.value.kind == "role"


def test_refused_role_names_reason_and_available_roles() -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"role": "Partnr"}, ["'Partnr' does not exist", "did you mean 'Partner'?"]),
        ({"role": "xyz"}, ["'xyz' does not exist. Possible roles"]),
        ({"role_id": 99}, ["the id 99 does not exist"]),
        ({"role": "User level 0"}, ["is of the type Employee", "needs one of ExternalUser"]),
        ({"role_id": 1}, ["is of the type Employee"]),
        ({"role": "Former partner"}, ["is deleted"]),
        ({"role_id": 9}, ["is deleted"]),
    ]
    for options, facts in cases:
        error = Roles(EXTERNAL).refusal(wanting(**options), [*EXTERNAL, EMPLOYEE])
        assert error.kind == "role"
        for fact in [*facts, "'Partner', 'Supplier', 'Twin', 'Twin'"]:
            assert fact in str(error)
        assert "'Former partner'," not in str(error)


def test_installation_without_external_roles_is_reported() -> None:
    assert "Possible roles: none." in str(Roles([FORMER]).refusal(wanting(role="x"), []))


def test_role_text_maps_to_a_role_only_if_unambiguous() -> None:
    cases: list[tuple[str, int | None]] = [
        ("Partner", 5),
        ("Leverandør", 7),
        ("Twin", None),
        ("unknown", None),
        ("Former partner", 9),
    ]
    for text, role_id in cases:
        assert Roles(EXTERNAL).id_of_text(text) == role_id
