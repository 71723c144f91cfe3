# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scope of a rotation of passwords."""

from __future__ import annotations

import pytest
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.model import ReportError
from ansible_collections.superoffice.crm.plugins.plugin_utils.rotation import rotation_of

USERS = [
    {"associate_id": 101, "user_name": "anna", "role": "Partner", "role_id": 5},
    {"associate_id": 102, "user_name": "bo", "role": "Partner", "role_id": 9},
    {"associate_id": 103, "user_name": "cecilie", "role": "Vendor", "role_id": 6},
]


def test_name_of_several_roles_is_refused() -> None:
    with pytest.raises(ReportError, match=r"'Partner' is ambiguous, .* ids 5, 9"):
        rotation_of(USERS, scope={"roles": ["Partner"]})


def test_names_that_are_not_ambiguous_select_users() -> None:
    chosen = rotation_of(USERS, scope={"roles": ["Vendor"]})
    assert [entry["user_name"] for entry in chosen] == ["cecilie"]
    assert len(rotation_of(USERS, scope={"user_names": ["a*", "bo"]})) == 2


def test_roles_in_the_scope_are_refused_as_in_a_definition() -> None:
    users = [USERS[0], {**USERS[2], "role": "Former", "role_id": 9}]
    roles = [
        {"role_id": number, "name": name, "type": kind, "deleted": deleted}
        for number, name, kind, deleted in [
            (1, "Level 0", "Employee", False),
            (5, "Partner", "ExternalUser", False),
            (7, "partner", "ExternalUser", True),
            (9, "Former", "ExternalUser", True),
            (10, "Guest", "ExternalUser", False),
            (11, "Guest", "ExternalUser", False),
        ]
    ]
    [chosen] = rotation_of(users, roles=roles, scope={"roles": ["PARTNER"]})
    assert chosen["user_name"] == "anna"
    for name, problem in [
        ("Partnr", "no role 'Partnr' .*did you mean 'Partner'"),
        ("Level 0", "no role 'Level 0'"),
        ("Former", "'Former' is deleted"),
        ("Guest", "'Guest' is ambiguous, .* ids 10, 11"),
    ]:
        with pytest.raises(ReportError, match=problem):
            rotation_of(users, roles=roles, scope={"roles": ["Partner", name]})
    with pytest.raises(ReportError, match="no role 'Guest'"):
        rotation_of(users, scope={"roles": ["Guest"]})


def test_protected_users_are_left_out_by_name_and_by_what_looks_like_it() -> None:
    users = [{**USERS[0], "user_name": name} for name in ("night[ops]", "bo", "Jose\u0301", "eve")]
    for protect in (["night[ops]", "b*", "JOSÉ"], "night[ops], b*, jose\u0301 "):
        chosen = rotation_of(users, scope="all", protect=protect)
        assert [entry["user_name"] for entry in chosen] == ["eve"]
    with pytest.raises(ReportError, match="protect must be a list of strings"):
        rotation_of(users, scope="all", protect=[715])


def test_scope_can_name_companies() -> None:
    users = [
        {**USERS[0], "company": "Nordic Trade, Oslo", "company_name": "Nordic Trade"},
        {**USERS[1], "company": "Fjord AS", "company_name": "Fjord AS"},
    ]
    for company in ("nordic trade", "Nordic Trade, Oslo"):
        [chosen] = rotation_of(users, scope={"companies": [company]}, inactive=True)
        assert chosen["user_name"] == USERS[0]["user_name"]
    with pytest.raises(ReportError, match="no user belongs to a company called 'Nordik Trade'"):
        rotation_of(users, scope={"companies": ["Fjord AS", "Nordik Trade"]})
