# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking afresh before something is created, or taken for absent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

NEW = {"role": "Vendor", "password": "Good-pass-1"}
LISTING = "Archive/ExternalUsers"


@pytest.mark.parametrize("cap", [None, "1", "2"])
@pytest.mark.parametrize("links", ["absolute", "none"])
def test_login_that_appears_is_not_created_again_however_short_pages_are(
    cap: str | None, links: str, bulk: Run, tenant: Any, server: NetServer
) -> None:
    persons = [tenant.add_person() for _number in range(4)]
    for number, person in enumerate(persons[:3]):
        tenant.add_external_user(f"first{number}", person_id=person)
    users = [{"user_name": f"second{n}", "person_id": p, **NEW} for n, p in enumerate(persons)]
    # each person has a login already that is declared as well, so that these are further ones
    users += [{"user_name": f"first{n}", "person_id": p} for n, p in enumerate(persons[:3])]

    def change(late: Any) -> None:
        late.tenant.add_external_user("late", person_id=persons[3])
        late.choose(page_cap=cap, next_link=links)

    server.changes.add(change, operation="IsUserNameValidWithReason")
    result = bulk(users=users)
    assert result["failed"] is True
    assert "late" in result["msg"] or result["error"]["kind"] == "list_changed"
    assert server.journal.writes == []


def test_login_that_appears_while_others_are_changed_is_not_created_again(
    bulk: Run, tenant: Any, server: NetServer
) -> None:
    tenant.add_external_user("changed", is_active=False)
    persons = [tenant.add_person() for _number in range(2)]
    users: list[dict[str, Any]] = [{"user_name": "changed", "is_active": True}]
    users += [{"user_name": f"new{n}", "person_id": p, **NEW} for n, p in enumerate(persons)]
    server.changes.add(
        lambda late: late.tenant.add_external_user("late", person_id=persons[1]),
        operation="SetExternalUserInfo",
    )
    result = bulk(users=users)
    assert result["failed"] is True
    assert "'late' of person" in result["msg"]
    assert result["summary"]["created"] == result["summary"]["failed"] == 1
    names = {user.user_name for user in tenant.users() if user.is_external}
    assert names == {"changed", "new0", "late"}


@pytest.mark.parametrize("others", [0, 3])
@pytest.mark.parametrize("rule", ["sql-server", "accent-insensitive"])
def test_absent_name_is_looked_up_again_under_the_rule_of_the_service(
    rule: str, others: int, bulk: Run, tenant: Any, server: NetServer
) -> None:
    """With several names the whole list is read again, which has the other spelling only."""
    server.choose(name_comparison=rule)
    tenant.add_external_user("somebody")
    absent = [{"user_name": name, "state": "absent"} for name in ["gro\u00df", *"abc"[:others]]]
    # the list takes two requests
    after, operation = (2, LISTING) if others else (0, "GetUserFromName")
    server.changes.add(
        lambda s: s.tenant.add_external_user("gross"), after=after, operation=operation
    )
    result = bulk(users=absent)
    assert result["failed"] is True
    assert "'gross'" in result["msg"]
    assert [user.user_name for user in tenant.users() if user.is_external] == ["somebody", "gross"]
