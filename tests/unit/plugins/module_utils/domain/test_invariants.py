# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every definition and every user: invariants of plans, results and diffs."""

from __future__ import annotations

import json

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.user_agent import (
    FlagSpelling,
    to_wire,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.fields import flag_names
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    UNSET,
    CurrentUser,
    DesiredUser,
    LoginProbe,
    Modification,
    Role,
    Secret,
    State,
    UpdatePassword,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.plan import (
    Action,
    plan_step,
    remaining,
)
from ansible_collections.superoffice.crm.plugins.module_utils.engine.passwords import (
    LENGTH,
    generate_password,
)
from ansible_collections.superoffice.crm.plugins.module_utils.task.user_result import diff_of

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

ROLES = {number: Role(number, f"Role {number}") for number in (5, 6, 7)}
SECRET = "never-seen-anywhere"
SPELLINGS = ("anna", "Anna", "berta", "stra\u00dfe", "L'Or\u00e9al", "strasse")
NAMES = st.sampled_from(SPELLINGS)

users = st.builds(
    CurrentUser,
    associate_id=st.just(42),
    person_id=st.just(1001),
    user_name=NAMES,
    role_id=st.sampled_from(sorted(ROLES)),
    role=st.just(""),
    is_active=st.booleans(),
).map(lambda user: user._replace(associate_name=user.user_name, role=ROLES[user.role_id].name))
definitions = st.builds(
    DesiredUser,
    state=st.sampled_from(State),
    associate_id=st.just(UNSET),
    person_id=st.just(1001),
    user_name=NAMES,
    previous_user_names=st.just(SPELLINGS),
    password=st.sampled_from([UNSET, Secret(SECRET)]),
    update_password=st.sampled_from([UpdatePassword.ON_CREATE, UpdatePassword.WHEN_CHANGED]),
    role_id=st.sampled_from([UNSET, *ROLES]),
    is_active=st.sampled_from([UNSET, True, False]),
)
login_probes = st.sampled_from(LoginProbe)


def role_of(desired: DesiredUser) -> Role | None:
    return None if desired.role_id is UNSET else ROLES[desired.role_id]


@given(definitions, users, login_probes)
def test_planning_the_projected_state_plans_nothing(
    desired: DesiredUser, current: CurrentUser, login_probe: LoginProbe
) -> None:
    plan = plan_step(desired, current, role_of(desired), login_probe)
    again = plan_step(desired, plan.after, role_of(desired), LoginProbe.MATCH)
    assert not again.changes
    assert again.after == plan.after


@given(definitions, users, login_probes)
def test_unmanaged_fields_are_never_changed(
    desired: DesiredUser, current: CurrentUser, login_probe: LoginProbe
) -> None:
    plan = plan_step(desired, current, role_of(desired), login_probe)
    if plan.after is None:
        return
    if desired.role_id is UNSET:
        assert not plan.modification & Modification.ROLE
    if desired.is_active is UNSET:
        assert not plan.modification & Modification.ACTIVE
    if desired.password is UNSET:
        assert not plan.modification & Modification.PASSWORD
    assert plan.after.person_id == current.person_id
    assert plan.after.associate_id == current.associate_id


@given(definitions, users, login_probes)
def test_flags_equal_the_difference(
    desired: DesiredUser, current: CurrentUser, login_probe: LoginProbe
) -> None:
    plan = plan_step(desired, current, role_of(desired), login_probe)
    if plan.after is None:
        return
    if not current.has_name(plan.after.user_name):
        assert plan.renames
    visible = plan.modification & ~(Modification.PASSWORD | Modification.USER_NAME)
    assert remaining(plan.after, current) & ~Modification.USER_NAME == visible
    assert plan.modifies is bool(plan.modification)
    sent = list(to_wire(plan.modification, FlagSpelling.ONE_BY_ONE))
    assert [flags for flags, _part in sent] == flag_names(plan.modification)


@given(definitions, users, login_probes)
def test_diff_shows_the_change_and_no_secret(
    desired: DesiredUser, current: CurrentUser, login_probe: LoginProbe
) -> None:
    plan = plan_step(desired, current, role_of(desired), login_probe)
    diff = diff_of(plan)
    assert SECRET not in json.dumps(diff) + repr(plan)
    before, after = diff["before"], diff["after"]
    if plan.action is Action.DELETE:
        assert before
        assert after == {}
    else:
        assert list(before) == list(after)
        assert (before != after) is plan.changes
    assert diff["before_header"] == diff["after_header"]


def test_generated_password_contains_every_character_class() -> None:
    for password in [generate_password().value for _number in range(50)]:
        assert len(password) == LENGTH
        for kind in (str.isdigit, str.islower, str.isupper, lambda c: not c.isalnum()):
            assert sum(map(kind, password)) >= 2
        assert not set(password) & set("\"'\\: ")
        assert password != generate_password().value
