# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When users logged in last: from one list, or one by one."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

MOMENT = datetime.datetime(2025, 1, 31, 7, 5, tzinfo=datetime.timezone.utc)
SHOWN = {"anna": "2025-01-31T07:05:00Z", "bo": None}


@pytest.fixture
def info(run: Run, tenant: Any) -> Run:
    """List users: anna, who logged in, and bo, who never did."""
    for name in SHOWN:
        tenant.add_external_user(name, role_id=5)
    tenant.set_last_login("anna", MOMENT)

    def list_users(**options: Any) -> Any:
        return run("superoffice_external_user_info", last_login=True, **options)

    return list_users


def times(result: Any) -> dict[str, Any]:
    return {user["user_name"]: user.get("last_login", "missing") for user in result["users"]}


def test_last_logins_are_read_from_one_list(info: Run, run: Run, tenant: Any, journal: Any) -> None:
    tenant.add_external_users({"user_name": f"u{number}"} for number in range(1200))
    plain = run("superoffice_external_user_info")
    assert "last_login" not in plain["users"][0]
    journal.clear()
    listed = info()
    assert {name: times(listed)[name] for name in SHOWN} == SHOWN
    assert journal.counts()["Archive/dynamic"] <= 3
    assert journal.counts()["GetUser"] == 0
    assert "warnings" not in listed
    assert times(info(user_name="anna")) == {"anna": SHOWN["anna"]}
    assert [entry.query["$filter"] for entry in journal.entries if "dynamic" in entry.operation][
        -1
    ].startswith("associate.associate_id = ")


@pytest.mark.parametrize("dynamic", ["refused", "missing"])
def test_a_refused_list_is_replaced_by_asking_one_by_one(
    dynamic: str, info: Run, server: NetServer, tenant: Any, journal: Any
) -> None:
    with server.using(dynamic_archive=dynamic):
        listed = info()
        assert times(listed) == SHOWN
        assert "warnings" not in listed
        assert journal.counts()["GetUser"] == 2
        tenant.add_external_users({"user_name": f"u{number}"} for number in range(199))
        many = info()
    assert set(times(many).values()) == {"missing"}
    [warning] = many["warnings"]
    for fact in ("201 users", "not available", "200", "Select fewer users"):
        assert fact in warning
    assert journal.counts()["GetUser"] == 2


def test_nobody_is_asked_about_without_users(info: Run, journal: Any) -> None:
    assert info(user_name="nobody")["users"] == []
    assert not [entry for entry in journal.entries if "dynamic" in entry.operation]


def test_definitions_have_no_last_login(info: Run, journal: Any) -> None:
    listed = info(format="definitions")
    assert set(times(listed).values()) == {"missing"}
    assert journal.counts()["Archive/dynamic"] == 0


def test_retired_persons_are_found_by_id_or_in_a_list(
    run: Run, tenant: Any, journal: Any, server: NetServer
) -> None:
    ids = tenant.add_external_users({"user_name": f"u{number}"} for number in range(300))
    retired = {tenant.user(one).person_id for one in ids[::7]}
    for person_id in retired:
        tenant.retire_person(person_id)

    def found(**options: Any) -> set[int]:
        journal.clear()
        listed = run("superoffice_external_user_info", person_retired=True, **options)
        return {user["person_id"] for user in listed["users"] if user["person_retired"]}

    for addresses in ("any", "rows"):
        with server.using(person_addresses=addresses):
            assert found() == retired
            assert journal.counts()["Archive/Person"] <= 2
            assert found(user_name="u1?") == found() & {
                tenant.user(f"u{number}").person_id for number in range(10, 20)
            }
    server.faults.add("status", operation="Archive/Person", times=None, status=403)
    listed = run("superoffice_external_user_info", person_retired=True)
    assert "person_retired" not in listed["users"][0]
    assert ["persons are retired is not available" in one for one in listed["warnings"]] == [True]
