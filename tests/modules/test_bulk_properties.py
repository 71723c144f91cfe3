# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of bulk runs, with random users and random definitions."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.modules.conftest import ADMIN
from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer

pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PERSONS = range(3001, 3007)
ROLES = {2: "External user", 5: "Partner", 6: "Vendor"}
NAMES = ["anna", "Anna", "bo", "Stra\u00dfe", "0123", "yes", "L'Or\u00e9al", " x ", "a:b", "null"]
NEW_NAMES = ["new", "new2", "d\u20ac"]
GOOD = "Good-pass-1"
MODULE = "superoffice_external_users"
FACTS = ("user_name", "person_id", "role_id", "is_active")
FLAGS = {"user_name": "UserName", "password": "Password", "is_active": "Active"}

Run = Callable[..., Result]

few_examples = settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def existing_users(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Existing users with unique names; some persons have several users."""
    names = draw(st.lists(st.sampled_from(NAMES), unique_by=str.casefold, min_size=1, max_size=6))
    return [
        {
            "user_name": name,
            "person_id": draw(st.sampled_from(PERSONS)),
            "role_id": draw(st.sampled_from(sorted(ROLES))),
            "is_active": draw(st.booleans()),
            "password": GOOD,
        }
        for name in names
    ]


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """One definition, which can be invalid."""
    values = {
        "state": draw(st.sampled_from([None, None, "present", "absent"])),
        # ids that nobody gets in the run itself
        "associate_id": draw(st.sampled_from([None, None, None, 2, 9999, 101])),
        "person_id": draw(maybe(st.sampled_from(PERSONS))),
        "user_name": draw(maybe(st.sampled_from(NAMES))),
        "previous_user_names": draw(maybe(st.lists(st.sampled_from(NAMES), max_size=2))),
        **draw(desired_fields()),
        "role_id": draw(st.sampled_from([None, None, None, 5, 6, 1])),
    }
    return {name: value for name, value in values.items() if value is not None}


@st.composite
def desired_fields(draw: st.DrawFn) -> dict[str, Any]:
    """The managed fields of a definition."""
    values = {
        "password": draw(st.sampled_from([None, None, GOOD, "Other-pass-1"])),
        "update_password": draw(maybe(st.sampled_from(["on_create", "when_changed"]))),
        "role": draw(maybe(st.sampled_from(["Partner", "vendor"]))),
        "is_active": draw(maybe(st.booleans())),
    }
    return {name: value for name, value in values.items() if value is not None}


@st.composite
def matching_definitions(
    draw: st.DrawFn, users_before: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Definitions of some of the existing users and of new ones, most of them right."""
    declared: list[dict[str, Any]] = []
    free = draw(st.permutations(NEW_NAMES))
    for number, user in enumerate(users_before):
        key = draw(st.sampled_from(["", "", "name", "person", "id", "rename", "absent", "swap"]))
        entry = {
            "name": {"user_name": user["user_name"].swapcase()},
            "person": {"user_name": user["user_name"], "person_id": user["person_id"]},
            "id": {"associate_id": 101 + number},
            "rename": {"user_name": free[number % 3], "previous_user_names": [user["user_name"]]},
            "swap": {
                "associate_id": 101 + number,
                "user_name": users_before[(number + 1) % len(users_before)]["user_name"],
            },
            "absent": {"user_name": user["user_name"], "state": "absent"},
        }.get(key)
        if entry is not None:
            declared.append(entry if key == "absent" else {**entry, **draw(desired_fields())})
    for name in draw(st.lists(st.sampled_from(["n1", "n2", "n3"]), unique=True, max_size=2)):
        person = draw(st.sampled_from(PERSONS))
        new = {"user_name": name, "person_id": person, "role": "Partner", "password": GOOD}
        declared.append({**new, **draw(desired_fields())})
    return draw(st.permutations(declared))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Existing users, and the options of a task."""
    users_before = draw(existing_users())
    users = draw(matching_definitions(users_before))
    users += draw(st.one_of(st.just([]), st.just([]), st.lists(definitions(), max_size=1)))
    limit = draw(st.sampled_from([None, None, None, "50%", 1]))
    scopes: list[Any] = ["all", {"roles": ["Partner"]}, {"user_names": ["?n*"]}]
    return users_before, {
        "users": users,
        "prune": draw(st.sampled_from(["ignore", "ignore", "deactivate", "delete"])),
        "prune_scope": draw(st.sampled_from(scopes)),
        "protect": draw(st.sampled_from([[], [], ["a*"], ["*o"]])),
        "limits": dict.fromkeys(("deactivate", "delete", "password"), limit),
        "allow_empty": True,
    }


@pytest.fixture(scope="module")
def shared_server() -> Any:
    with NetServer(admin=ADMIN) as server:
        for person in PERSONS:
            server.tenant.add_person(person_id=person)
        server.tenant.remember_start()
        yield server


def runner(server: NetServer) -> Run:
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}

    def run(name: str = MODULE, check: bool = False, **options: Any) -> Result:
        return run_in_process(name, {**connection, **copy.deepcopy(options)}, check)

    return run


def populate(server: NetServer, users_before: list[dict[str, Any]]) -> None:
    server.reset()
    server.tenant.add_external_users(users_before)


def users_of(server: NetServer) -> dict[int, tuple[Any, ...]]:
    return {
        u.associate_id: (u.user_name, u.person_id, u.role_id, u.is_active)
        for u in server.tenant.users()
    }


@few_examples
@given(case=cases())
def test_run_is_predicted_applied_and_idempotent(
    case: tuple[list[dict[str, Any]], dict[str, Any]], shared_server: NetServer
) -> None:
    (users_before, options), run = case, runner(shared_server)
    populate(shared_server, users_before)
    start, before = shared_server.tenant.snapshot(), users_of(shared_server)
    foreseen = run(check=True, **options)
    assert shared_server.tenant.snapshot() == start
    assert shared_server.journal.writes == []

    done = run(**options)
    committed = shared_server.journal.committed
    if foreseen.get("failed"):
        # whatever is wrong, nothing was written before all was checked
        assert done.get("failed")
        assert done.get("findings") == foreseen.get("findings")
        assert shared_server.tenant.snapshot() == start
        assert shared_server.journal.writes == []
        return
    assert "failed" not in done, done["msg"]
    for name in ("changed", "summary", "diff", "drift", "plan"):
        assert foreseen[name] == done[name]
    rows = {row["user_name"]: row for row in done["results"]}
    assert [row["modification"] for row in foreseen["results"]] == [
        row["modification"] for row in done["results"]
    ]
    acting = [row for row in done["results"] if row["status"] != "protected"]
    assert len(committed) == len(acting) == len(done["plan"]["entries"])
    assert len(shared_server.journal.writes) == len(committed)
    assert done["changed"] is bool(committed)
    assert done["summary"]["total"] == sum(v for k, v in done["summary"].items() if k != "total")

    # an option that is not given is never among the flags, and protected users are as they were
    given_somewhere = {name for one in options["users"] for name in one}
    allowed = {FLAGS[name] for name in FLAGS if name in given_somewhere}
    allowed |= {"Role"} if given_somewhere & {"role", "role_id"} else set()
    allowed |= {"Active"} if options["prune"] == "deactivate" else set()
    assert {flag for row in done["results"] for flag in row["modification"]} <= allowed
    after = users_of(shared_server)
    for row in rows.values():
        if row["status"] == "protected" and row["associate_id"]:
            assert after[row["associate_id"]] == before[row["associate_id"]]

    # the predicted state is the one that is there
    for entry in done["plan"]["entries"]:
        if entry["after"] is None:
            assert entry["before"]["associate_id"] not in after
        else:
            assert tuple(entry["after"][name] for name in FACTS) in after.values()
    untouched = before.keys() - {
        entry["before"]["associate_id"] for entry in done["plan"]["entries"] if entry["before"]
    }
    assert all(after[one] == before[one] for one in untouched)

    # an inactive user cannot log in: whether the password is right shows when it is active again
    late = {name for name, row in rows.items() if row["password_status"] == "not_verifiable"}
    free = {**options, "limits": {"delete": None, "deactivate": None, "password": None}}
    if late:
        second = run(**free)
        changing = [row for row in second["results"] if row["status"] == "modified"]
        assert {row["user_name"] for row in changing} <= late
        assert {flag for row in changing for flag in row["modification"]} <= {"Password"}
    mark = shared_server.journal.mark()
    again = run(**free)
    assert "failed" not in again, again["msg"]
    assert again["changed"] is False, again["diff"]
    assert not [entry for entry in shared_server.journal.since(mark) if entry.writes]
    assert users_of(shared_server) == after


@few_examples
@given(case=cases())
def test_applied_plan_equals_direct_run(
    case: tuple[list[dict[str, Any]], dict[str, Any]], shared_server: NetServer
) -> None:
    (users_before, options), run = case, runner(shared_server)
    populate(shared_server, users_before)
    planned = run(check=True, **options)
    if planned.get("failed"):
        return
    direct = run(**options)
    expected = sorted(users_of(shared_server).values())
    populate(shared_server, users_before)
    applied = run(plan=planned["plan"], **options)
    assert "failed" not in applied, applied["msg"]
    assert sorted(users_of(shared_server).values()) == expected
    assert applied["diff"] == direct["diff"]
    again = run(plan=planned["plan"], **options)
    assert "failed" not in again, again["msg"]
    assert sorted(users_of(shared_server).values()) == expected
    # only a password is set again, since nobody can see what it is
    assert {flag for row in again["results"] for flag in row["modification"]} <= {"Password"}


@few_examples
@given(users_before=existing_users())
def test_applying_exported_definitions_changes_nothing(
    users_before: list[dict[str, Any]], shared_server: NetServer, tmp_path: Any
) -> None:
    run = runner(shared_server)
    populate(shared_server, users_before)
    exported = run("superoffice_external_user_info", format="definitions")["users"]
    file = tmp_path / "export.yml"
    file.write_text(yaml.safe_dump({"users": exported}, allow_unicode=True), encoding="utf-8")
    start = shared_server.tenant.snapshot()
    for source in ({"users": exported}, {"src": [str(file)]}):
        result = run(**source, prune="delete", prune_scope="all", allow_empty=True)
        assert "failed" not in result, result["msg"]
        assert result["changed"] is False, result["diff"]
        assert result["summary"]["unchanged"] == len(users_before)
    assert shared_server.tenant.snapshot() == start


@few_examples
@given(case=cases())
def test_bulk_run_equals_single_runs(
    case: tuple[list[dict[str, Any]], dict[str, Any]], shared_server: NetServer
) -> None:
    (users_before, options), run = case, runner(shared_server)
    users = options["users"]
    populate(shared_server, users_before)
    together = run(users=users, limits={"deactivate": None, "delete": None, "password": None})
    if together.get("failed") or _depends_on_order(users, together):
        return
    expected = [(entry.operation, entry.body) for entry in shared_server.journal.committed]
    end = sorted(users_of(shared_server).values())
    populate(shared_server, users_before)
    single = functools.partial(run, "superoffice_external_user")
    results = [single(**one) for one in users]
    assert not [one for one in results if one.get("failed")], results
    assert sorted(users_of(shared_server).values()) == end
    found = [(entry.operation, entry.body) for entry in shared_server.journal.committed]
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert together["changed"] is any(one["changed"] for one in results)


def _depends_on_order(users: list[dict[str, Any]], together: Result) -> bool:
    """Names that are freed or logins of one person are nothing for one user at a time."""
    persons = [one["person_id"] for one in users if "person_id" in one]
    diff = together["diff"]
    before = {side.get("user_name", "").casefold() for side in diff["before"].values()} - {""}
    after = {side.get("user_name", "").casefold() for side in diff["after"].values()} - {""}
    gone = [entry for entry in together["plan"]["entries"] if entry["before"]]
    names = {entry["before"]["user_name"].casefold() for entry in gone}
    moved = {
        e["after"]["user_name"].casefold()
        for e in together["plan"]["entries"]
        if e["after"] and (not e["before"] or e["before"]["user_name"] != e["after"]["user_name"])
    }
    former = {n.casefold() for one in users for n in one.get("previous_user_names", ())}
    return bool(
        len(persons) != len(set(persons)) or names & moved or former & (before | after | moved)
    )


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**12), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.one_of(
    st.sampled_from(["user_name", "person_id", "role", "is_active", "state", "password"]),
    st.text(max_size=6),
)


@few_examples
@given(junk=st.lists(st.dictionaries(KEYS, JUNK, max_size=4), min_size=1, max_size=3))
def test_invalid_entries_write_nothing(
    junk: list[dict[str, Any]], shared_server: NetServer
) -> None:
    populate(shared_server, [{"user_name": name, "person_id": 3001} for name in ("anna", "bo")])
    start = shared_server.tenant.snapshot()
    good = {"user_name": "anna", "role": "Vendor"}
    result = runner(shared_server)(users=[good, *junk, {"user_name": "bo", "oops": 1}])
    assert result["failed"] is True
    assert "Traceback" not in str(result)
    assert shared_server.tenant.snapshot() == start
    assert shared_server.journal.writes == []
