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
