# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`only`: a run about some users, which leaves all others alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

PASSWORD = "Old-password-1"


@pytest.fixture
def users(tenant: Any) -> dict[str, int]:
    """Partners, by name, with their ids; `made` is a person without a login."""
    names = ("anna@fjord", "bo@fjord", "cilla@holm", "dag@holm", "eva@fjord")
    ids = {name: tenant.add_external_user(name, role_id=5, password=PASSWORD) for name in names}
    return {**ids, "made": tenant.add_person()}


def drifted(users: dict[str, int]) -> list[dict[str, Any]]:
    """Definitions of all but Eva that differ in everything, some of which cannot be planned."""
    return [
        {"user_name": "anna@fjord", "role": "Vendor"},
        {"user_name": "bo@fjord", "state": "absent"},
        {"associate_id": users["cilla@holm"], "is_active": False},
        {"user_name": "dag@holm", "role": "Parner", "password": "Other-password-1",
         "update_password": "when_changed"},
        {"user_name": "new@fjord", "person_id": users["made"], "role": "Vendor",
         "password": PASSWORD},
    ]  # fmt: skip


def names(tenant: Any) -> dict[str, tuple[str, bool]]:
    return {user.user_name: (user.role_name, user.is_active) for user in tenant.users()}


def test_only_users_with_these_names_are_planned_pruned_and_changed(
    bulk: Run, tenant: Any, journal: Any, users: dict[str, int]
) -> None:
    before = names(tenant)
    options: dict[str, Any] = {
        "users": drifted(users),
        "prune": "deactivate",
        "prune_scope": "all",
        "only": ["*@FJORD"],
    }
    planned = bulk(**options, check=True)
    assert "failed" not in planned, planned["msg"]
    assert planned["only"] == ["*@FJORD"]
    assert planned["plan"]["conditions"]["only"] == ["*@FJORD"]
    # nobody tried the password of Dag, whose role does not exist either
    assert not [one for one in journal.entries if "dag" in str(one)]
    result = bulk(**options)
    assert result["summary"]["total"] == planned["summary"]["total"] == 4
    assert names(tenant) == {
        "anna@fjord": ("Vendor", True),
        "new@fjord": ("Vendor", True),
        "eva@fjord": ("Partner", False),
        "cilla@holm": before["cilla@holm"],
        "dag@holm": before["dag@holm"],
    }
    # without a restriction the finding about Dag stops everything
    assert bulk(**{**options, "only": []}, check=True)["error"]["kind"] == "role"


def test_a_definition_without_a_name_counts_under_the_name_of_its_user(
    bulk: Run, tenant: Any, users: dict[str, int]
) -> None:
    result = bulk(users=drifted(users), only=["cilla@holm"])
    assert result["summary"] | {"total": 1, "deactivated": 1} == result["summary"]
    assert not names(tenant)["cilla@holm"][1]
    assert names(tenant)["anna@fjord"] == ("Partner", True)


def test_a_definition_by_e_mail_counts_under_the_name_of_its_user(
    bulk: Run, tenant: Any, journal: Any, users: dict[str, int]
) -> None:
    person = tenant.add_person(email="Fia@post.example")
    tenant.add_external_user("fia@fjord", person, role_id=5)
    definitions = [
        {"person_email": "fia@post.example", "is_active": False},
        {"person_email": "nobody@post.example", "user_name": "nobody@holm", "is_active": False},
    ]
    result = bulk(users=definitions, only=["fia@fjord"])
    assert result["summary"] | {"total": 1, "deactivated": 1} == result["summary"]
    # a person that is not found is an error for the selected users only
    assert bulk(users=definitions, only=["nobody@holm"])["error"]["kind"] == "person"
    assert len(journal.committed) == 1


@pytest.mark.parametrize("only", ["anna@fjord", "anne@fjord"], ids=["old name", "new name"])
def test_a_rename_is_planned_under_either_name(
    bulk: Run, tenant: Any, users: dict[str, int], only: str
) -> None:
    definitions = [
        {"user_name": "anne@fjord", "previous_user_names": ["anna@fjord"]},
        {"user_name": "bo@fjord", "state": "absent"},
    ]
    assert bulk(users=definitions, only=[only])["summary"]["renamed"] == 1
    assert {"anne@fjord", "bo@fjord"} <= set(names(tenant))
    # the same task again is no error, although nobody has the former name now
    again = bulk(users=definitions, only=[only])
    assert (again["changed"], again["drift"]) == (False, False)


def test_a_former_name_that_another_user_has_by_now_does_not_select(
    bulk: Run, tenant: Any, users: dict[str, int]
) -> None:
    definitions = [
        {"user_name": "anna@fjord", "previous_user_names": ["bo@fjord"], "role": "Vendor"},
        {"user_name": "bo@fjord", "is_active": False},
    ]
    result = bulk(users=definitions, only=["bo@fjord"])
    assert [row["user_name"] for row in result["results"]] == ["bo@fjord"]
    assert names(tenant)["anna@fjord"] == ("Partner", True)


@pytest.mark.parametrize(
    ("only", "message"),
    [
        (["anna@fjrd"], "would be pruned (did you mean 'anna@fjord'?)"),
        (["anna@fjord", "*@nowhere"], "'*@nowhere' matches the name of no user"),
        (["eva@fjord"], "external user 'eva@fjord' exists, but has no definition"),
        ([""], "has an empty name"),
        ("", "has an empty name"),
        (["anna@fjord", " "], "has an empty name"),
    ],
)  # fmt: skip
def test_a_name_that_selects_nobody_stops_the_run(
    bulk: Run, journal: Any, users: dict[str, int], only: object, message: str
) -> None:
    result = bulk(users=drifted(users)[:3], only=only)
    assert result["error"]["kind"] == "only"
    assert message in result["msg"]
    assert len(result["findings"]) == 1
    assert not journal.writes


def test_half_of_a_swap_of_names_is_refused_and_says_what_is_missing(
    bulk: Run, tenant: Any, journal: Any, users: dict[str, int]
) -> None:
    definitions = [
        {"user_name": "bo@fjord", "associate_id": users["anna@fjord"]},
        {"user_name": "bo@holm", "associate_id": users["bo@fjord"]},
    ]
    result = bulk(users=definitions, only=["anna@fjord"])
    assert result["error"]["kind"] == "conflict"
    assert "leaves 'bo@fjord' out" in result["msg"]
    assert "add it to only" in result["msg"]
    assert not journal.writes
    both = bulk(users=definitions, only=["anna@fjord", "bo@fjord"], limits={"rename": 2})
    assert both["summary"]["renamed"] == 2
    assert {"bo@fjord", "bo@holm"} <= set(names(tenant))


def test_a_broken_definition_of_a_selected_user_is_found_by_any_of_its_keys(
    bulk: Run, journal: Any, users: dict[str, int]
) -> None:
    definitions = [
        {"user_name": "cilla@holm", "associate_id": users["anna@fjord"], "state": "absent"},
        {"user_name": "dag@holm", "role": "Vendor"},
    ]
    options: dict[str, Any] = {"users": definitions, "prune": "delete", "prune_scope": "all"}
    for only in ("cilla@holm", "anna@fjord"):
        assert bulk(**options, only=[only])["error"]["kind"] == "conflict"
    assert not journal.writes
    assert "failed" not in bulk(**options, only=["dag@holm"])


def test_protection_and_limits_hold_for_selected_users(
    bulk: Run, journal: Any, users: dict[str, int]
) -> None:
    definitions = [{"user_name": name, "state": "absent"} for name in ("bo@fjord", "eva@fjord")]
    refused = bulk(users=definitions, only=["*@fjord"])
    # of all five users, whoever is selected
    assert "2 of 5 users in scope" in refused["msg"]
    assert not journal.writes
    result = bulk(users=definitions, only=["*@fjord"], protect=["bo@*"], limits={"delete": 2})
    assert result["summary"] | {"protected": 1, "deleted": 1} == result["summary"]


@pytest.mark.parametrize("made", [[], ["anna@fjord"], ["anna@fjord", "bo@*"]], ids=str)
@pytest.mark.parametrize("given", [[], ["anna@fjord"], ["bo@*", "anna@fjord"]], ids=str)
def test_a_saved_plan_is_applied_to_the_selection_that_it_was_made_for(
    bulk: Run, journal: Any, users: dict[str, int], made: list[str], given: list[str]
) -> None:
    definitions = drifted(users)[:1]
    definitions.append({"user_name": "bo@fjord", "is_active": False})
    plan = bulk(users=definitions, only=made, check=True)["plan"]
    result = bulk(users=definitions, only=given, plan=copy.deepcopy(plan))
    if set(made) == set(given):
        assert "failed" not in result, result["msg"]
        assert len(journal.committed) == len(plan["entries"])
    else:
        assert result["error"]["kind"] == "plan"
        assert "only was" in result["msg"]
        assert not journal.writes


def test_a_failure_before_the_plan_tells_the_selection_too(
    bulk: Run, server: NetServer, users: dict[str, int]
) -> None:
    server.faults.add("status", operation="Archive/*", times=None, status=403)
    result = bulk(users=drifted(users)[:1], only=["anna@fjord"])
    assert result["failed"]
    assert result["only"] == ["anna@fjord"]
