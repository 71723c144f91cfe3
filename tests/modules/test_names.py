# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose logins they are: names of persons and companies in results and plans, and without them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.saved_plan import checksum

from tests.modules.conftest import Run
from tests.netserver import NetServer


@pytest.fixture
def options(tenant: Any) -> dict[str, Any]:
    """A modification, a rename, a deactivation, a deletion and a creation, all of one company."""
    oslo = tenant.add_contact("Nordic Trade", department="Oslo")
    persons = {
        name: tenant.add_person(
            first_name=name.capitalize(),
            last_name="Berg",
            contact_id=oslo,
            email=f"{name}@nordic.example",
        )
        for name in ("anna", "bo", "cilla", "dag", "eva")
    }
    for name in ("anna", "bo", "cilla", "dag"):
        tenant.add_external_user(name, persons[name], role_id=5)
    new = {"role": "Vendor", "password": "Good-pass-1"}
    return {
        "users": [
            {"user_name": "anna", "role": "Vendor"},
            {"user_name": "bo.berg", "previous_user_names": ["bo"]},
            {"user_name": "cilla", "state": "absent"},
            {"user_name": "eva", "person_id": persons["eva"], **new},
        ],
        "prune": "deactivate",
        "prune_scope": {"user_names": ["dag"]},
    }


NAMED = {
    "anna": ("Anna Berg", "Nordic Trade, Oslo"),
    "bo.berg": ("Bo Berg", "Nordic Trade, Oslo"),
    "cilla": ("Cilla Berg", "Nordic Trade, Oslo"),
    "dag": ("Dag Berg", "Nordic Trade, Oslo"),
    "eva": ("Eva Berg", "Nordic Trade, Oslo"),
}
NAMELESS = dict.fromkeys(NAMED, (None, None))


def named(rows: Any) -> dict[str, tuple[str | None, str | None]]:
    return {row["user_name"]: (row["person"], row["company"]) for row in rows}


def rename_anna(tenant: Any, last_name: str) -> None:
    person_id = tenant.user("anna").person_id
    tenant.rename_person(person_id, "Anna", last_name)
    tenant.rename_contact(tenant.live.person(person_id)["contact_id"], f"{last_name} Trade")


def test_rows_and_plan_say_whose_logins_they_are(
    bulk: Run, journal: Any, options: dict[str, Any]
) -> None:
    planned = bulk(**options, check=True)
    operations = [entry.operation for entry in journal.entries]
    assert operations.count("Archive/ExternalUsers") == 3  # the list, and two that ask afresh
    assert operations.count("Archive/Person") == 1
    assert named(planned["results"]) == named(planned["plan"]["entries"]) == NAMED
    assert named(bulk(plan=planned["plan"], **options, check=True)["results"]) == NAMED
    assert named(bulk(plan=planned["plan"], **options)["results"]) == NAMED
    assert "warnings" not in planned


def test_creation_is_named_by_the_plan_where_no_person_is_read(
    bulk: Run, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    again = bulk(plan=plan, **options, preflight="offline", check=True)
    assert named(again["results"]) == named(again["plan"]["entries"]) == NAMED


def test_names_that_change_meanwhile_make_no_plan_stale(
    bulk: Run, tenant: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    rename_anna(tenant, "Dahl")
    result = bulk(plan=plan, **options)
    assert "failed" not in result, result["msg"]
    assert named(result["results"])["anna"] == ("Anna Dahl", "Dahl Trade")
    again = bulk(**options)
    assert again["changed"] is False
    rename_anna(tenant, "Ek")
    assert bulk(**options, check=True)["drift"] is False


def test_plan_without_names_is_still_applied(
    bulk: Run, tenant: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    for entry in plan["entries"]:
        del entry["person"], entry["company"]
    plan["checksum"] = checksum(plan)
    result = bulk(plan=plan, **options)
    assert "failed" not in result, result["msg"]
    assert named(result["results"]) == NAMED
    assert tenant.user("bo.berg") is not None


@pytest.mark.parametrize(
    "refusal",
    [
        {"unknown_column": "error"},
        {"unknown_column": "error", "archive_errors": "500"},
        {"unknown_column": "error", "errors": "null"},
        {"unknown_column": "error", "errors": "asp-net"},
    ],
    ids=["400", "500", "null", "asp-net"],
)
def test_refused_columns_cost_a_warning_and_nothing_else(
    refusal: dict[str, str], server: NetServer, bulk: Run, run: Run, options: dict[str, Any]
) -> None:
    with server.using(name_columns="missing", **refusal):
        listed = run("superoffice_external_user_info")
        assert [user["full_name"] for user in listed["users"]] == [""] * 4
        assert ["Names of persons and companies" in one for one in listed["warnings"]] == [True]
        plan = bulk(**options, check=True)["plan"]
        result = bulk(plan=plan, **options)
        again = bulk(**options)
    assert named(result["results"]) == NAMELESS
    assert result["summary"]["failed"] == 0
    assert result["changed"] is True
    for one in (result, again):
        assert sum("Names of persons and companies" in text for text in one["warnings"]) == 1
    assert again["changed"] is False


def test_a_missing_right_to_see_names_costs_a_warning_and_nothing_else(
    server: NetServer, bulk: Run, options: dict[str, Any]
) -> None:
    error = {
        "Error": True,
        "ErrorType": "SuperOffice.Exceptions.SoSentryException",
        "Message": "No",
    }
    server.faults.add(
        "status", operation="Archive/ExternalUsers", status=403, body=json.dumps(error)
    )
    result = bulk(**options)
    assert "failed" not in result, result["msg"]
    # the person of a new user comes from another list
    assert named(result["results"]) == {**NAMELESS, "eva": NAMED["eva"]}
    assert sum("Names of persons and companies" in text for text in result["warnings"]) == 1


@pytest.mark.parametrize("unknown", ["ignore", "null"])
def test_columns_that_are_left_out_are_no_reason_to_fail(
    unknown: str, server: NetServer, bulk: Run, options: dict[str, Any]
) -> None:
    with server.using(name_columns="missing", unknown_column=unknown):
        result = bulk(**options)
    assert "failed" not in result, result["msg"]
    assert named(result["results"]) == {
        name: (person, "Nordic Trade") for name, (person, _company) in NAMED.items()
    }
    assert "warnings" not in result


def test_an_error_without_names_is_the_error_that_is_reported(
    server: NetServer, bulk: Run, options: dict[str, Any]
) -> None:
    server.faults.add("status", operation="Archive/ExternalUsers", times=None, status=400)
    result = bulk(**options)
    assert result["failed"]
    assert result["error"]["operation"] == "Archive/ExternalUsers"
