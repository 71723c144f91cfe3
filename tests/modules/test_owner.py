# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owner and description: shown to people, and never sent to the service."""

from __future__ import annotations

import json
from typing import Any

from tests.modules.conftest import Run
from tests.netserver.journal import digest

PASSWORD = "Long-enough-1"


def test_owner_and_description_are_in_rows_and_plan_and_are_never_sent(
    bulk: Run, tenant: Any, journal: Any
) -> None:
    users = [
        {"user_name": "anna", "person_id": tenant.add_person(), "role": "Partner",
         "password": PASSWORD, "description": "Orders spare parts"},
        {"user_name": "bo", "person_id": tenant.add_person(), "role": "Partner",
         "password": PASSWORD, "owner": "Ola"},
        {"user_name": "dag", "person_id": tenant.add_person(), "role": "Partner",
         "password": PASSWORD, "owner": None},
    ]  # fmt: skip
    options: dict[str, Any] = {"users": users, "defaults": {"owner": "Kari"}}
    planned = bulk(**options, check=True)
    # without definitions the plan alone tells
    result = bulk(plan=planned["plan"], passwords=dict.fromkeys(("anna", "bo", "dag"), PASSWORD))
    assert "failed" not in result, result["msg"]
    for rows in (planned["results"], result["results"], planned["plan"]["entries"]):
        assert [one.get("owner") for one in rows] == ["Kari", "Ola", "Kari"]
        assert [one.get("description") for one in rows] == ["Orders spare parts", None, None]
    sent = json.dumps([(entry.body, entry.query) for entry in journal.entries])
    assert "anna" in sent
    told = ("Kari", "Ola", "Orders spare parts")
    assert not any(text in sent or digest(text) in sent for text in told)


def test_another_owner_is_not_drift_and_leaves_a_plan_valid(
    bulk: Run, user: Run, tenant: Any, journal: Any
) -> None:
    tenant.add_external_user("anna", role_id=5)
    first = {"user_name": "anna", "role": "Vendor", "owner": "Kari"}
    plan = bulk(users=[first], check=True)["plan"]
    second = {**first, "owner": "Ola", "description": "Sells boats"}
    applied = bulk(users=[second], plan=plan)
    assert applied["summary"]["modified"] == 1
    assert applied["results"][0]["owner"] == "Ola"
    writes = len(journal.writes)
    for result in (bulk(users=[{**first, "owner": "Per"}]), user(**{**first, "owner": "Per"})):
        assert result["changed"] is False
        assert not result.get("drift")
    assert len(journal.writes) == writes


def test_an_owner_of_another_type_or_without_a_letter_is_refused(bulk: Run, journal: Any) -> None:
    for owner in (4711, True, ["Kari"], "", "  ", "\ud83d"):
        result = bulk(users=[{"user_name": "anna", "owner": owner}])
        assert "owner" in result["findings"][0]["message"], owner
    assert journal.writes == []
