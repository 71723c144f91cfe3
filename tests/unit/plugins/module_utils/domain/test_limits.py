# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits: what they allow of how many, and the sentences about their breaches."""

from __future__ import annotations

import fractions

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain import limits
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    CurrentUser,
    DesiredUser,
    Modification,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.plan import (
    Action,
    PasswordStatus,
    Step,
)

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st


def plan(
    name: str,
    action: Action = Action.MODIFY,
    change: Modification = Modification.ROLE,
    event: PasswordStatus = PasswordStatus.UNCHANGED,
    *,
    active_after: bool = True,
) -> Step:
    user = CurrentUser(1, 1, name, 5, "Partner", is_active=True)
    after = CurrentUser(1, 1, name, 5, "Partner", is_active=active_after)
    return Step(
        DesiredUser(user_name=name),
        action,
        None if action is Action.CREATE else user,
        None if action is Action.DELETE else after,
        change,
        event,
    )


def test_limit_allows_counts_and_percentages() -> None:
    cases: list[tuple[object, int, int]] = [
        (0, 100, 0),
        (5, 3, 5),
        ("5", 3, 5),
        ("0%", 1000, 0),
        ("10%", 0, 1),
        ("10%", 9, 1),
        ("10%", 19, 1),
        ("10%", 20, 2),
        ("10 %", 99, 9),
        ("0.57%", 10000, 57),
        ("29%", 100, 29),
        ("100%", 7, 7),
        ("250%", 4, 10),
    ]
    for limit, existing, allowed in cases:
        assert limits.parse_limits({"delete": limit})["delete"].of(existing) == allowed


@given(st.integers(0, 20000), st.integers(0, 100000))
def test_percentage_is_rounded_down_and_at_least_one(hundredths: int, existing: int) -> None:
    text = f"{hundredths / 100:.2f}%"
    allowed = limits.parse_limits({"modify": text})["modify"].of(existing)
    exact = fractions.Fraction(hundredths * existing, 10000)
    assert allowed == (0 if hundredths == 0 else max(1, exact.numerator // exact.denominator))


def test_default_limits_and_null() -> None:
    assert {name: limit.text for name, limit in limits.parse_limits({}).items()} == {
        "deactivate": "10 %",
        "delete": "10 %",
        "rename": "10 %",
        "password": "10 %",
    }
    assert set(limits.parse_limits({"delete": None, "create": 3})) == {
        "rename",
        "deactivate",
        "password",
        "create",
    }


def test_value_that_is_neither_count_nor_percentage_is_refused() -> None:
    cases: list[object] = ["", "x", "-1", -1, "5.5", 1.5, "%", "10%%", "1e2", True, [], {}]
    for value in cases:
        with pytest.raises(UserError, match=r"limits\.delete must be a count"):
            limits.parse_limits({"delete": value})


def test_unknown_limit_is_refused_with_known_limits() -> None:
    with pytest.raises(UserError, match="unknown remove; known are create, modify"):
        limits.parse_limits({"remove": 1, "delete": 1})


def test_plan_counts_towards_limits() -> None:
    cases: list[tuple[Step, list[str]]] = [
        (plan("a", Action.NONE, Modification.NONE), []),
        (plan("a", Action.CREATE, Modification.NONE, PasswordStatus.SET), ["create"]),
        (plan("a", Action.DELETE, Modification.NONE), ["delete"]),
        (plan("a"), ["modify"]),
        (plan("a", change=Modification.ACTIVE), ["modify"]),
        (plan("a", change=Modification.ACTIVE, active_after=False), ["deactivate"]),
        (plan("a", change=Modification.PASSWORD, event=PasswordStatus.SET), ["modify", "password"]),
        (
            plan(
                "a",
                change=Modification.PASSWORD | Modification.ACTIVE,
                event=PasswordStatus.SET,
                active_after=False,
            ),
            ["deactivate", "password"],
        ),
    ]
    for one, counted in cases:
        assert limits.counted_as(one) == counted


def test_exceeded_limit_names_counts_option_and_first_five_users() -> None:
    plans = [plan(f"u{n}", Action.DELETE) for n in range(12)]
    [sentence] = limits.exceeded(plans, limits.parse_limits({}), limits.Base(40, 30))
    assert sentence == (
        "12 of 40 users in scope (30 %) would be deleted, the limit is 10 % (4): u0, u1, u2, u3,"
        " u4 and 7 more."
        " Set limits.delete to allow it."
    )
    [sentence] = limits.exceeded(plans[:2], limits.parse_limits({"delete": 1}), limits.Base(0, 0))
    assert sentence == (
        "2 of 0 users in scope would be deleted, the limit is 1: u0, u1. Set limits.delete to allow"
        " it."
    )


@given(st.lists(st.sampled_from(list(Action)), max_size=30), st.integers(0, 30), st.integers(0, 60))
def test_accepted_plans_never_exceed_the_limit(
    actions: list[Action], most: int, existing: int
) -> None:
    plans = [plan(f"u{n}", action) for n, action in enumerate(actions)]
    told = limits.exceeded(
        plans, limits.parse_limits({"delete": most, "create": f"{most}%"}), limits.Base(existing, 0)
    )
    deleted = sum(action is Action.DELETE for action in actions)
    assert any("limits.delete" in sentence for sentence in told) is (deleted > most)
    created = sum(action is Action.CREATE for action in actions)
    share = max(1, existing * most // 100) if most else 0
    assert any("limits.create" in sentence for sentence in told) is (created > share)
