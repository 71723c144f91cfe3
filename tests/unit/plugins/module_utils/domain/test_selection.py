# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Selections: globs of names, conditions that are all to be met."""

from __future__ import annotations

import time

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import UNSET, CurrentUser
from ansible_collections.superoffice.crm.plugins.module_utils.domain.selection import (
    Selection,
    is_literal,
    matches,
)

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

USER = CurrentUser(7, 70, "Anna@Example.com", 5, "Partner", is_active=True)


def test_glob_matches_the_whole_name_without_case() -> None:
    cases: list[tuple[list[str], bool]] = [
        (["anna@example.com"], True),
        (["ANNA@*"], True),
        (["*@example.com"], True),
        (["?nna@*"], True),
        (["[a-c]nna@*"], True),
        (["[!a]nna@*"], False),
        (["nna"], False),
        (["anna"], False),
        (["bo", "x*", "*.COM"], True),
        (["a.na@example.com"], False),
        ([], False),
    ]
    for globs, matched in cases:
        assert matches(USER.user_name, globs) is matched


@given(st.text(max_size=12))
def test_name_without_wildcards_matches_itself(name: str) -> None:
    if is_literal(name):
        assert matches(name, [name])
        assert matches(name.upper(), [name.upper()])


@given(
    st.text(alphabet="ab*?[]!-.\n", max_size=10), st.lists(st.text(alphabet="ab*?[]", max_size=6))
)
def test_any_of_several_globs_matches(name: str, globs: list[str]) -> None:
    assert matches(name, globs) is any(matches(name, [glob]) for glob in globs)


def test_all_conditions_must_match() -> None:
    cases: list[tuple[Selection, bool]] = [
        (Selection(), True),
        (Selection(associate_id=7), True),
        (Selection(associate_id=8), False),
        (Selection(person_ids=frozenset({1, 70})), True),
        (Selection(person_ids=frozenset()), False),
        (Selection(role_ids=frozenset({5})), True),
        (Selection(role_ids=frozenset({0, 6})), False),
        (Selection(is_active=True), True),
        (Selection(is_active=False), False),
        (Selection(user_names=("anna*",), role_ids=frozenset({6})), False),
        (Selection(user_names=("anna*",), role_ids=frozenset({5}), is_active=True), True),
        (Selection(user_names=UNSET, person_ids=frozenset({71})), False),
    ]
    for selection, held in cases:
        assert selection.holds(USER) is held


def test_thousand_globs_on_ten_thousand_names() -> None:
    names = [f"user{n:05}@example.com" for n in range(1000)]
    globs = (*names, "vip-*", "*@ourselves.example")
    started = time.monotonic()
    found = sum(matches(f"user{n:05}@example.com", globs) for n in range(10_000))
    assert found == 1000
    assert time.monotonic() - started < 60
