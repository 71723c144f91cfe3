# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which user a definition is about, decided from those that its keys lead to."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.definitions import Definition
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.findings import SourceLocation
from ansible_collections.superoffice.crm.plugins.module_utils.domain.matching import (
    match_definitions,
    names_to_confirm,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    CurrentUser,
    DesiredUser,
    State,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.user_index import UserIndex

ANNA = CurrentUser(42, 1001, "anna", 5, "Partner", is_active=True, associate_name="anna")
BERTA = CurrentUser(43, 1002, "berta", 5, "Partner", is_active=True, associate_name="berta")
SECOND = CurrentUser(44, 1001, "anna2", 5, "Partner", is_active=True, associate_name="anna2")
OLD = CurrentUser(45, 1003, "old", 5, "Partner", is_active=True, associate_name="old")
EVERYBODY = [ANNA, BERTA, OLD]


def identify(desired: DesiredUser, users: list[CurrentUser]) -> CurrentUser | None:
    """Return the user that a single definition means; a finding is raised."""
    definition = Definition(desired, SourceLocation("users", 0))
    matches, findings = match_definitions([definition], UserIndex(users))
    for finding in findings:
        raise UserError(finding.kind, finding.message)
    return matches[0].current


def test_first_key_finds_the_user() -> None:
    cases: list[tuple[dict[str, Any], CurrentUser | None]] = [
        ({"associate_id": 42}, ANNA),
        ({"associate_id": 9}, None),
        ({"person_id": 1002}, BERTA),
        ({"person_id": 9}, None),
        ({"user_name": "anna"}, ANNA),
        ({"user_name": "ANNA"}, ANNA),
        ({"user_name": "nobody"}, None),
        ({"associate_id": 42, "user_name": "new"}, ANNA),
        ({"associate_id": 42, "user_name": "Anna"}, ANNA),
        ({"associate_id": 42, "person_id": 1001, "user_name": "new"}, ANNA),
        ({"person_id": 1002, "user_name": "new"}, BERTA),
        ({"user_name": "new", "previous_user_names": ("Old",)}, OLD),
        ({"user_name": "anna", "previous_user_names": ("old",)}, ANNA),
        ({"user_name": "new", "previous_user_names": ("older", "old")}, OLD),
        ({"person_id": 9, "user_name": "new", "previous_user_names": ("old",)}, None),
        ({"user_name": "new", "previous_user_names": ("old",), "state": State.ABSENT}, None),
    ]
    for keys, found in cases:
        assert identify(DesiredUser(**keys), EVERYBODY) == found


def test_conflicting_keys_of_a_deletion_are_refused() -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"associate_id": 42, "user_name": "berta"}, ["'anna'", "'berta'"]),
        ({"associate_id": 9, "user_name": "berta"}, ["associate_id and user_name", "no existing"]),
        ({"person_id": 1001, "user_name": "Berta"}, ["person_id and user_name", "person 1002"]),
        ({"person_id": 9, "user_name": "berta"}, ["person_id and user_name", "no existing user"]),
        ({"associate_id": 42, "person_id": 1002}, ["associate_id and person_id", "1001"]),
    ]
    for keys, facts in cases:
        with pytest.raises(UserError) as caught:
            identify(DesiredUser(**keys, state=State.ABSENT), EVERYBODY)
        assert caught.value.kind == "conflict"
        for fact in facts:
            assert fact in str(caught.value)


def test_ambiguous_keys_are_refused_with_all_names() -> None:
    cases: list[tuple[dict[str, Any], list[CurrentUser]]] = [
        ({"person_id": 1001}, [ANNA, SECOND]),
        ({"person_id": 1001, "user_name": "third"}, [ANNA, SECOND]),
        ({"user_name": "new", "previous_user_names": ("anna", "old")}, [ANNA, OLD]),
        ({"user_name": "x"}, [ANNA._replace(aliases=("x",)), BERTA._replace(user_name="x")]),
    ]
    for keys, users in cases:
        with pytest.raises(UserError, match="associate_id") as caught:
            identify(DesiredUser(**keys), users)
        assert caught.value.kind == "ambiguous"
        for user in users:
            assert f"'{user.user_name}' (associate {user.associate_id})" in str(caught.value)


def test_name_selects_among_logins_of_a_person() -> None:
    found = identify(DesiredUser(person_id=1001, user_name="ANNA2"), [ANNA, SECOND])
    assert found == SECOND


def test_absent_matches_only_the_named_login() -> None:
    gone = DesiredUser(person_id=1001, user_name="anna2", state=State.ABSENT)
    assert identify(gone, [ANNA, SECOND]) == SECOND
    # the same definition again, now that anna2 is deleted
    assert identify(gone, [ANNA]) is None
    third = ANNA._replace(associate_id=46, user_name="anna3", associate_name="anna3")
    assert identify(gone, [ANNA, third]) is None


def test_absent_with_id_refuses_another_name() -> None:
    with pytest.raises(UserError, match="'anna'") as caught:
        identify(DesiredUser(associate_id=42, user_name="other", state=State.ABSENT), [ANNA])
    assert caught.value.kind == "conflict"


def test_name_of_the_second_column_needs_confirmation() -> None:
    split = ANNA._replace(user_name="login", associate_name="EXT00042")
    assert identify(DesiredUser(user_name="LOGIN"), [split]) == split
    assert identify(DesiredUser(user_name="ext00042"), [split]) is None
    confirmed = split._replace(aliases=("ext00042",))
    assert identify(DesiredUser(user_name="ext00042"), [confirmed]) == confirmed


def test_ambiguous_names_are_resolved_by_the_service() -> None:
    cases: list[tuple[str, list[str]]] = [
        ("anna", []),
        ("ANNA", []),
        ("nobody", []),
        ("gro\u00df", ["gro\u00df"]),
        ("\uff41nna", ["\uff41nna"]),
        ("a\u0301nna", ["a\u0301nna"]),
        (" anna", [" anna"]),
        ("EXT1", ["EXT1"]),
        ("both", ["both"]),
    ]
    for name, unclear in cases:
        users = [
            ANNA,
            BERTA._replace(user_name="gross", associate_name="gross"),
            OLD._replace(associate_name="ext1"),
            SECOND._replace(user_name="both", associate_name="both"),
            CurrentUser(50, 1, "x", 5, "Partner", is_active=True, associate_name="both"),
        ]
        assert names_to_confirm([DesiredUser(user_name=name)], UserIndex(users)) == unclear
