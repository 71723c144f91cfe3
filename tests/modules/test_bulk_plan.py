# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saved plans: applied exactly, or refused."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.saved_plan import checksum

from tests.modules.conftest import Run
from tests.netserver import NetServer

OLD, NEW = "Old-password-1", "New-password-1"


@pytest.fixture
def persons(tenant: Any) -> dict[str, int]:
    """Partners anna, bo, cilla and dag, and two persons without a login."""
    for name in ("anna", "bo", "cilla", "dag"):
        tenant.add_external_user(name, role_id=5, password=OLD)
    return {name: tenant.add_person() for name in ("new", "made")}


@pytest.fixture
def options(persons: dict[str, int]) -> dict[str, Any]:
    """Something of everything: two creations, two modifications, a deactivation, a deletion."""
    return {
        "users": [
            {"user_name": "new", "person_id": persons["new"], "role": "Vendor", "password": NEW},
            {"user_name": "made", "person_id": persons["made"], "role_id": 6,
             "generate_password": True},
            {"user_name": "anna", "role": "Vendor", "password": NEW, "update_password": "always"},
            {"user_name": "berit", "previous_user_names": ["bo"]},
            {"user_name": "cilla", "state": "absent"},
        ],
        "prune": "deactivate",
        "prune_scope": "all",
    }  # fmt: skip


def state(tenant: Any) -> dict[str, tuple[str, bool]]:
    return {u.user_name: (u.role_name, u.is_active) for u in tenant.users()}


END = {
    "anna": ("Vendor", True),
    "berit": ("Partner", True),
    "dag": ("Partner", False),
    "made": ("Vendor", True),
    "new": ("Vendor", True),
}


@pytest.mark.parametrize("way", ["value", "file", "json"])
def test_saved_plan_is_applied_exactly(
    way: str, bulk: Run, tenant: Any, journal: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    planned = bulk(**options, check=True)
    plan = planned["plan"]
    if way == "file":
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        plan = str(tmp_path / "plan.json")
    elif way == "json":
        plan = json.loads(json.dumps(plan))
    predicted = bulk(plan=plan, **options, check=True)
    assert journal.writes == []
    result = bulk(plan=plan, **options)
    assert "failed" not in result, result["msg"]
    assert state(tenant) == END
    assert tenant.password_matches("new", NEW)
    assert tenant.password_matches("anna", NEW)
    assert tenant.password_matches("berit", OLD)
    assert len(journal.committed) == len(planned["plan"]["entries"]) == 6
    for name in ("changed", "diff", "summary"):
        assert planned[name] == predicted[name] == result[name]
    assert [row["modification"] for row in planned["results"]] == [
        row["modification"] for row in result["results"]
    ]
    [made] = [row for row in result["results"] if row["user_name"] == "made"]
    assert made["generated_password"] == "********"


def test_plan_without_definitions_takes_passwords_from_passwords(
    bulk: Run, tenant: Any, journal: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    for passwords in ({}, {"new": NEW}, {"anna": NEW}):
        refused = bulk(plan=plan, passwords=passwords)
        assert refused["error"]["kind"] == "password"
        assert len(refused["findings"]) == 2 - len(passwords)
        assert "passwords" in refused["msg"]
        assert journal.writes == []
    result = bulk(plan=plan, passwords={"NEW": NEW, "Anna": NEW})
    assert "failed" not in result, result["msg"]
    assert state(tenant) == END
    assert tenant.password_matches("new", NEW)
    assert tenant.password_matches("anna", NEW)


def test_generated_password_of_a_plan_is_made_on_apply(
    bulk: Run, tenant: Any, persons: dict[str, int]
) -> None:
    users = [{"user_name": "made", "person_id": persons["made"], "role": "Vendor"}]
    made = {"users": users, "defaults": {"generate_password": True}}
    plan = bulk(**made, check=True)["plan"]
    result = bulk(plan=plan, show_generated_password=True)
    assert tenant.password_matches("made", result["results"][0]["generated_password"])


def test_plan_contains_no_secret(bulk: Run, options: dict[str, Any], tenant: Any) -> None:
    plans = [bulk(**options, check=True)["plan"]]
    options["users"][0]["password"] = "Another-pass-1"
    plans.append(bulk(**options, check=True)["plan"])
    tenant.change_user("automation", password="Another-admin-1")
    plans.append(bulk(**options, check=True, auth_password="Another-admin-1")["plan"])
    text = json.dumps(plans)
    for secret in (NEW, OLD, "Another-pass-1", "Another-admin-1"):
        assert secret not in text
    prints = [
        next(entry["definition"] for entry in plan["entries"] if entry["user_name"] == "new")
        for plan in plans
    ]
    assert len(set(prints)) == 1


EDITS: list[Any] = [
    lambda plan: plan["entries"][0].update(action="delete"),
    lambda plan: plan["entries"][0]["after"].update(role_id=2),
    lambda plan: plan["entries"].pop(),
    lambda plan: plan.update(installation="http://elsewhere.example/api"),
    lambda plan: plan.update(checksum="0" * 64),
    lambda plan: plan.pop("checksum"),
    lambda plan: plan.update(format=1),
    lambda plan: plan.clear(),
]


@pytest.mark.parametrize("edit", range(len(EDITS)))
def test_edited_plan_is_refused(
    edit: int, bulk: Run, tenant: Any, journal: Any, options: dict[str, Any]
) -> None:
    plan = copy.deepcopy(bulk(**options, check=True)["plan"])
    EDITS[edit](plan)
    start = tenant.snapshot()
    result = bulk(plan=plan, **options)
    assert result["error"]["kind"] == "plan"
    assert tenant.snapshot() == start
    assert journal.writes == []


def forged(plan: Any, edit: Any) -> Any:
    """Edit a plan, and make its checksum and, but for `hide`, fingerprints of states fit."""
    plan = copy.deepcopy(plan)
    edit(plan["entries"])
    for entry in plan["entries"] if edit is not hide else []:
        before = entry["before"]
        facts = before and {name: value for name, value in before.items() if name != "role"}
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        entry["state"] = hashlib.sha256(text.encode()).hexdigest()[:16]
    del plan["checksum"]
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"))
    return {**plan, "checksum": hashlib.sha256(text.encode()).hexdigest()}


def swap(entries: Any) -> None:
    """Let the first two entries change each other's user."""
    first, second = entries[:2]
    for side in ("before", "after"):
        for key in ("associate_id", "person_id", "user_name"):
            first[side][key], second[side][key] = second[side][key], first[side][key]


def hide(entries: Any) -> None:
    """Deactivate a user without saying so: no flag, no limit."""
    entries[0]["before"]["is_active"] = entries[0]["after"]["is_active"] = False


FORGERIES: list[Any] = [
    lambda entries: entries.append(copy.deepcopy(entries[0])),
    lambda entries: entries[0].update(password="unchanged", modification=["Password"]),
    lambda entries: entries[0].update(password="set"),
    lambda entries: entries[0].update(action="delete", after=None, modification=[]),
    lambda entries: (
        entries[0].update(action="rename", modification=["UserName", "Role"]),
        entries[0]["after"].update(user_name="other"),
    ),
    lambda entries: (
        entries[0].update(modification=["Role", "Active"]),
        entries[0]["after"].update(is_active=False),
    ),
    lambda entries: entries[0].update(definition=None),
    lambda entries: entries[2].update(definition=None),
    lambda entries: entries[2]["after"].update(user_name="other"),
    lambda entries: entries[2]["after"].update(person_id=1001),
    lambda entries: entries[2]["after"].update(is_active=False),
    swap,
    hide,
]


@pytest.mark.parametrize("forgery", range(len(FORGERIES)))
def test_forged_plan_does_only_what_definitions_ask_for(
    forgery: int, bulk: Run, tenant: Any, journal: Any
) -> None:
    for name in ("anna", "berta"):
        tenant.add_external_user(name, role_id=5)
    new = {"role_id": 6, "person_id": tenant.add_person(), "is_active": True}
    users = [
        {"user_name": "anna", "role_id": 6},
        {"user_name": "berta", "role_id": 6},
        {"user_name": "new", **new, "password": "Good-pass-1"},
    ]
    free = {"limits": dict.fromkeys(("deactivate", "delete", "password", "rename"))}
    plan = bulk(users=users, check=True, **free)["plan"]
    assert forged(plan, lambda _entries: None) == plan
    start = tenant.snapshot()
    result = bulk(users=users, plan=forged(plan, FORGERIES[forgery]), **free)
    assert result["failed"] is True
    assert result["error"]["kind"] == "plan"
    assert tenant.snapshot() == start
    assert journal.writes == []


def test_file_that_is_not_a_plan_is_refused(
    bulk: Run, journal: Any, tmp_path: Path, persons: dict[str, int], subtests: pytest.Subtests
) -> None:
    for text in [
        "",
        "{",
        "[]",
        "null",
        '{"format": 1}',
        "\ufeff{}",
        "users: []",
        "[" * 100_000,
        "1",
    ]:
        with subtests.test(text=text):
            (tmp_path / "plan").write_text(text, encoding="utf-8")
            for path in (str(tmp_path / "plan"), str(tmp_path / "none"), str(tmp_path)):
                result = bulk(plan=path)
                assert result["error"]["kind"] == "plan"
            assert journal.writes == []


def test_plan_of_another_installation_is_refused(
    bulk: Run, options: dict[str, Any], journal: Any
) -> None:
    plan = bulk(**options, check=True)["plan"]
    with NetServer(users=3, admin=("automation", "long-enough-Admin-1-password")) as other:
        result = bulk(plan=plan, url=other.url)
        assert result["error"]["kind"] == "plan"
        assert other.url in result["msg"]
        assert other.journal.writes == []


MOVES: dict[str, Any] = {
    "anna": lambda tenant: tenant.change_user("anna", role_id=2),
    "bo": lambda tenant: tenant.change_user("bo", user_name="boo"),
    "dag": lambda tenant: tenant.change_user("dag", role_id=6),
    "cilla": lambda tenant: tenant.change_user("cilla", is_active=False),
    "gone": lambda tenant: tenant.remove_user("anna"),
}


@pytest.mark.parametrize("on_stale", ["fail", "skip"])
@pytest.mark.parametrize("moved", sorted(MOVES))
def test_only_users_with_changed_state_are_stale(
    moved: str, on_stale: str, bulk: Run, tenant: Any, journal: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    MOVES[moved](tenant)
    result = bulk(plan=plan, on_stale=on_stale, **options)
    assert result.get("failed", False) is (on_stale == "fail")
    stale = [row for row in result["results"] if row["error"]]
    assert [(row["error"]["kind"], row["status"]) for row in stale] == [
        ("stale", "failed" if on_stale == "fail" else "skipped")
    ]
    assert "state has changed" in stale[0]["error"]["msg"]
    found = stale[0]["found"]
    current = {
        (user.user_name, user.person_id, user.role_id, user.is_active) for user in tenant.users()
    }
    facts = ("user_name", "person_id", "role_id", "is_active")
    assert found is None if moved == "gone" else tuple(found[one] for one in facts) in current
    assert len(journal.committed) == 5
    assert result["changed"] is True


def test_only_users_with_changed_definitions_are_stale(
    bulk: Run, tenant: Any, journal: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    options["users"][2]["role"] = "External user"
    options["users"].append({"user_name": "dag"})  # has a definition now
    result = bulk(plan=plan, on_stale="skip", **options)
    stale = {row["user_name"] for row in result["results"] if row["status"] == "skipped"}
    assert stale == {"anna", "dag"}
    assert state(tenant)["dag"] == ("Partner", True)
    assert tenant.password_matches("anna", OLD)
    assert len(journal.committed) == 4


def test_interrupted_plan_is_completed_by_the_next_apply(
    bulk: Run, server: NetServer, tenant: Any, journal: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    server.faults.add("status", operation="*External*", path="*/Agents/*", status=400, body="{}",
                      skip=3, times=3)  # fmt: skip
    first = bulk(plan=plan, **options, concurrency=1, max_failures=1, verify=False)
    assert first["failed"] is True
    server.faults.clear()
    second = bulk(plan=plan, **options)
    assert "failed" not in second, second["msg"]
    assert state(tenant) == END
    assert tenant.password_matches("anna", NEW)
    # a password cannot be seen: it alone is written a second time
    third = bulk(plan=plan, **options)
    assert [(row["user_name"], row["modification"]) for row in third["results"]] == [
        ("anna", ["Password"])
    ]
    assert state(tenant) == END


def test_plan_respects_limits_and_protection(
    bulk: Run, tenant: Any, journal: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    start = tenant.snapshot()
    refused = bulk(plan=plan, **options, limits={"create": 1, "delete": 0})
    assert [finding["kind"] for finding in refused["findings"]] == ["limits"] * 2
    result = bulk(plan=plan, **options, protect=["*"])
    assert result["summary"]["protected"] == 6
    assert tenant.snapshot() == start


def test_an_edited_plan_is_held_to_limits_protection_and_scope(
    bulk: Run, tenant: Any, persons: dict[str, int]
) -> None:
    """Whoever can write to a plan can also correct its checksum."""
    tenant.add_external_user("vera", role_id=6)
    users = [{"user_name": "anna"}]
    made: dict[str, Any] = {
        "users": users,
        "prune": "delete",
        "prune_scope": {"roles": ["Vendor"]},
        "limits": {"delete": 2},
    }
    plan = bulk(**made, check=True)["plan"]
    everyone = {**made, "prune_scope": "all", "limits": {"delete": 9}}
    others = [
        entry
        for entry in bulk(**everyone, check=True)["plan"]["entries"]
        if entry["user_name"] != "vera"
    ]
    start = tenant.snapshot()

    def edited(*entries: dict[str, Any], **conditions: Any) -> dict[str, Any]:
        changed = {
            **plan,
            "entries": [*plan["entries"], *entries],
            "conditions": {**plan["conditions"], **conditions},
        }
        return {**changed, "checksum": checksum(changed)}

    too_many = bulk(plan=edited(*others, prune_scope="all"), **{**made, "prune_scope": "all"})
    assert {finding["kind"] for finding in too_many["findings"]} == {"limits"}
    protected = bulk(plan=edited(others[0]), protect=["*"], **made)
    assert protected["summary"]["deleted"] == 0
    assert tenant.snapshot() == start
    outside = bulk(plan=edited(others[0]), **made)
    assert outside["failed"] is True
    [row] = [row for row in outside["results"] if row["status"] == "failed"]
    assert "it is not in prune_scope" in row["error"]["msg"]
    assert set(state(tenant)) == {"anna", "bo", "cilla", "dag"}


def test_name_taken_since_planning_prevents_all_writes(
    bulk: Run, tenant: Any, journal: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    tenant.add_external_user("berit")
    start = tenant.snapshot()
    result = bulk(plan=plan, passwords={"new": NEW, "anna": NEW})
    assert result["failed"] is True
    assert tenant.snapshot() == start
    assert journal.writes == []


def test_user_created_since_planning_is_not_pruned(
    bulk: Run, tenant: Any, options: dict[str, Any]
) -> None:
    plan = bulk(**options, check=True)["plan"]
    tenant.add_external_user("erik")
    bulk(plan=plan, **options)
    assert state(tenant)["erik"] == ("External user", True)


def test_empty_plan_changes_nothing(bulk: Run, tenant: Any, persons: dict[str, int]) -> None:
    plan = bulk(users=[{"user_name": "anna"}], check=True)["plan"]
    start = tenant.snapshot()
    result = bulk(plan=plan, prune="delete", prune_scope="all")
    assert result["changed"] is result["drift"] is False
    assert tenant.snapshot() == start


def test_plan_does_not_depend_on_the_order_of_definitions(
    bulk: Run, options: dict[str, Any]
) -> None:
    first = bulk(**options, check=True)
    options["users"].reverse()
    second = bulk(**options, check=True)
    assert first["diff"] == second["diff"]
    assert first["results"] == second["results"]
    assert first["plan"] == second["plan"]
