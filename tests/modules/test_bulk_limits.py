# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Safety limits, protected users, and the scope of pruning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.conftest import ADMIN, Run
from tests.netserver import NetServer


@pytest.fixture
def forty_users(tenant: Any) -> list[str]:
    """Forty users: u00 to u19 are partners, u20 to u39 vendors."""
    names = [f"u{n:02}" for n in range(40)]
    tenant.add_external_users(
        {"user_name": name, "role_id": 5 if number < 20 else 6} for number, name in enumerate(names)
    )
    return names


def names_of(tenant: Any) -> list[str]:
    return [user.user_name for user in tenant.users()]


def absent(names: list[str]) -> list[dict[str, Any]]:
    return [{"user_name": name, "state": "absent"} for name in names]


def test_exceeded_limit_names_option_counts_and_first_users(
    bulk: Run, tenant: Any, journal: Any, forty_users: list[str]
) -> None:
    start = tenant.snapshot()
    for check in (True, False):
        result = bulk(users=absent(forty_users[:12]), check=check)
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["error"]["kind"] == "limits"
        [finding] = result["findings"]
        for fact in ("12 of 40", "30 %", "deleted", "10 % (4)", "u00, u01, u02", "limits.delete"):
            assert fact in finding["message"]
        # what would have happened can be looked at all the same
        assert (result["summary"]["skipped"], result["summary"]["deleted"]) == (12, 0)
        assert {row["status"] for row in result["results"]} == {"skipped"}
        assert [entry["action"] for entry in result["plan"]["entries"]] == ["delete"] * 12
        assert result["drift"] is True
        assert len(result["diff"]["before"]) == 12
    assert tenant.snapshot() == start
    assert journal.writes == []


def test_all_exceeded_limits_are_reported(
    bulk: Run, tenant: Any, journal: Any, forty_users: list[str]
) -> None:
    persons = [tenant.add_person() for _number in range(3)]
    new = {"role": "Partner", "password": "Good-pass-1", "update_password": "always"}
    users = [
        *[{"user_name": f"n{n}", "person_id": p, **new} for n, p in enumerate(persons)],
        *absent(forty_users[:5]),
        *[{"user_name": name, "is_active": False} for name in forty_users[5:10]],
        *[{"user_name": name, **new} for name in forty_users[10:15]],
    ]
    start = tenant.snapshot()
    result = bulk(users=users, limits={"create": 2, "modify": "1%"})
    told = [finding["message"] for finding in result["findings"]]
    assert [text.split("limits.")[1].split()[0] for text in told] == [
        "create", "modify", "deactivate", "delete", "password",
    ]  # fmt: skip
    assert tenant.snapshot() == start
    allowed = {"create": 3, "modify": 5, "deactivate": "12.5%", "delete": 5, "password": None}
    done = bulk(users=users, limits=allowed)
    assert "failed" not in done, done["msg"]
    assert (done["summary"]["created"], done["summary"]["deactivated"]) == (3, 5)


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [(0, 0), ("0%", 0), (1, 1), ("10%", 4), ("7.4%", 2), ("1%", 1), ("100%", 40)],
)
def test_limit_allows_exactly_its_count(
    limit: object, allowed: int, bulk: Run, tenant: Any, journal: Any, forty_users: list[str]
) -> None:
    if allowed < 40:
        refused = bulk(users=absent(forty_users[: allowed + 1]), limits={"delete": limit})
        assert refused["error"]["kind"] == "limits"
        assert len(tenant.users()) == 40
    done = bulk(users=absent(forty_users[:allowed]), limits={"delete": limit})
    assert "failed" not in done
    assert len(tenant.users()) == 40 - allowed


@pytest.mark.parametrize("number", [1, 2, 5, 9])
def test_default_limit_protects_small_sets(number: int, bulk: Run, tenant: Any) -> None:
    names = [f"u{n}" for n in range(number)]
    tenant.add_external_users({"user_name": name} for name in names)
    if number > 1:
        assert bulk(users=absent(names[:2]))["error"]["kind"] == "limits"
    assert bulk(users=absent(names[:1]))["summary"]["deleted"] == 1


def test_percentages_refer_to_users_in_scope(
    bulk: Run, tenant: Any, forty_users: list[str]
) -> None:
    scope = {"roles": ["Partner"]}
    declared = [{"user_name": name} for name in forty_users[3:20]]
    options = {"users": declared, "prune": "delete", "prune_scope": scope}
    refused = bulk(**options)
    assert "3 of 20 users in scope (15 %)" in refused["msg"]
    assert "10 % (2)" in refused["msg"]
    assert bulk(**options, limits={"delete": "15%"})["summary"]["deleted"] == 3


def test_percentages_refer_to_users_that_a_run_can_touch(
    bulk: Run, tenant: Any, forty_users: list[str], journal: Any
) -> None:
    for number, name in enumerate(forty_users[20:]):
        tenant.change_user(name, **({"deleted": True} if number < 10 else {"is_active": False}))
    protect = ["u0[0-4]", "U05"]
    options = {"users": absent(forty_users[6:9]), "protect": protect}
    refused = bulk(**options)
    # 14 of the first 20, and 10 that cannot log in
    assert "3 of 24 users in scope (12 %)" in refused["msg"]
    assert "10 % (2)" in refused["msg"]
    inactive = [{"user_name": name, "is_active": False} for name in forty_users[6:8]]
    refused = bulk(users=inactive, protect=protect)
    assert "2 of 14 active users in scope (14 %)" in refused["msg"]
    refused = bulk(**options, limits={"delete": "0%"})
    assert "3 of 24 users in scope (12 %) would be deleted, the limit is 0 % (0)" in refused["msg"]
    asked = journal.counts()["GetUserInfoList"]
    refused = bulk(**options, limits={"delete": 2})
    assert "3 of 34 users in scope (9 %) would be deleted, the limit is 2: " in refused["msg"]
    # only to confirm who would be deleted
    assert journal.counts()["GetUserInfoList"] == asked + 1
    assert bulk(**options, limits={"delete": "12.5%"})["summary"]["deleted"] == 3


def test_invalid_limit_is_refused_before_any_request(
    bulk: Run, journal: Any, subtests: pytest.Subtests
) -> None:
    for limits in [
        {"delete": "many"},
        {"delete": -1},
        {"delete": True},
        {"delete": "5.5"},
        {"delete": "-5%"},
    ]:
        with subtests.test(limits=limits):
            result = bulk(users=[], limits=limits)
            assert "limits" in result["msg"]
            assert result["requests"] == {}
            assert journal.entries == []


def test_protected_users_are_never_changed(bulk: Run, tenant: Any, forty_users: list[str]) -> None:
    person = tenant.add_person()
    start = tenant.snapshot()
    result = bulk(
        users=[
            *absent(forty_users[:4]),
            {"user_name": "u04", "role": "Vendor"},
            {"user_name": "VIP", "person_id": person, "role": "Vendor", "password": "Good-pass-1"},
            {"user_name": "u05", "role": "Partner"},
        ],
        prune="deactivate",
        prune_scope="all",
        protect=["U?[0-9]", "vip"],
    )
    assert result["changed"] is False
    assert result["drift"] is True
    assert result["summary"]["protected"] == 40  # all but u05, which is in sync, and VIP
    assert result["summary"]["unchanged"] == 1
    assert {row["status"] for row in result["results"]} == {"protected"}
    assert result["plan"]["entries"] == []
    assert tenant.snapshot() == start


@pytest.mark.parametrize("protect", ["", " ", ["vip", ""]])
def test_a_protection_that_is_empty_is_refused(protect: Any, bulk: Run, journal: Any) -> None:
    result = bulk(users=[{"user_name": "vip"}], protect=protect)
    assert "protect: has an empty name" in result["msg"]
    assert not journal.entries


def test_rename_to_a_protected_name_is_skipped(bulk: Run, tenant: Any) -> None:
    tenant.add_external_user("anna")
    result = bulk(users=[{"user_name": "boss", "previous_user_names": ["anna"]}], protect=["boss"])
    assert result["summary"]["protected"] == 1
    assert names_of(tenant) == ["anna"]


@pytest.mark.parametrize("method", ["basic", "soticket", "bearer"])
def test_calling_user_is_never_pruned(
    method: str, bulk: Run, server: NetServer, tenant: Any
) -> None:
    # no external user may administer the others here: the caller is an internal one that is listed
    own = tenant.add_internal_user("Robot", password="Good-pass-1", functional_rights=["admin-all"])
    tenant.add_external_user("other")
    login: dict[str, Any] = {"auth_method": method, "auth_username": None, "auth_password": None}
    if method == "basic":
        login |= {"auth_username": "ROBOT", "auth_password": "Good-pass-1"}
    elif method == "soticket":
        login |= {"auth_ticket": tenant.issue_ticket(own)}
    else:
        login |= {"auth_token": tenant.issue_token(own)}
    options = {"prune": "delete", "prune_scope": "all", "limits": {"delete": 9}}
    with server.using(internal_listed="yes"):
        result = bulk(users=[], allow_empty=True, **options, **login)
    assert "failed" not in result, result["msg"]
    assert {row["user_name"]: row["status"] for row in result["results"]} == {
        "other": "deleted",
        "Robot": "protected",
    }
    assert tenant.user("Robot") is not None


def test_calling_user_is_not_changed_by_the_module_of_one_user(
    user: Run, server: NetServer, tenant: Any, journal: Any
) -> None:
    """Which has no status for it: a deletion must not be reported that does not take place."""
    own = tenant.add_internal_user("Robot", password="Good-pass-1", functional_rights=["admin-all"])
    login = {"auth_method": "bearer", "auth_token": tenant.issue_token(own)}
    login |= {"auth_username": None, "auth_password": None}
    with server.using(internal_listed="yes"):
        for check in (True, False):
            for wanted in ({"state": "absent"}, {"is_active": False}):
                result = user(check=check, user_name="robot", **wanted, **login)
                assert "is the login that this task uses" in result["msg"]
                assert not result["changed"]
                assert result["error"]["kind"] == "identity"
            unchanged = user(check=check, user_name="Robot", is_active=True, **login)
            assert "failed" not in unchanged
    assert not journal.writes


def test_all_conditions_of_the_prune_scope_must_match(
    bulk: Run, tenant: Any, forty_users: list[str]
) -> None:
    ids = [tenant.user(name).person_id for name in ("u18", "u19", "u20", "u21")]
    result = bulk(
        users=[{"user_name": "u19"}],
        prune="delete",
        prune_scope={"roles": ["partner"], "user_names": ["U1*", "u2*"], "person_ids": ids},
        limits={"delete": 40},
    )
    assert [row["user_name"] for row in result["results"]] == ["u18"]
    assert names_of(tenant) == [name for name in forty_users if name != "u18"]


def test_prune_scope_all_keeps_defined_users_and_persons(
    bulk: Run, tenant: Any, forty_users: list[str]
) -> None:
    people = dict(tenant.snapshot())["person"]
    bulk(users=[{"user_name": "U07"}], prune="delete", prune_scope="all", limits={"delete": "100%"})
    assert len(tenant.users()) == 1
    assert dict(tenant.snapshot())["person"] == people


EMPTY: list[dict[str, Any]] = [
    {"users": []},
    {"users": [], "src": []},
    {"users": [{"user_name": "nobody", "state": "absent"}]},
]


@pytest.mark.parametrize("empty", EMPTY, ids=str)
def test_empty_definitions_prune_only_with_allow_empty(
    empty: dict[str, Any], bulk: Run, tenant: Any, journal: Any, forty_users: list[str]
) -> None:
    options = {**empty, "prune": "deactivate", "prune_scope": "all", "limits": {"deactivate": 40}}
    refused = bulk(**options)
    assert "allow_empty" in refused["msg"]
    assert journal.entries == []
    assert bulk(**options, allow_empty=True)["summary"]["deactivated"] == 40
    assert not any(user.is_active for user in tenant.users())


SCOPES: list[object] = [
    None, {}, "none", [], {"role": ["Partner"]}, {"roles": []}, {"roles": "Partner"},
    {"person_ids": ["x"]}, {"user_names": None},
]  # fmt: skip


def test_empty_prune_scope_is_refused(
    bulk: Run, journal: Any, forty_users: list[str], subtests: pytest.Subtests
) -> None:
    for scope in SCOPES:
        with subtests.test(scope=scope):
            result = bulk(users=[{"user_name": "u1"}], prune="delete", prune_scope=scope)
            assert "prune_scope" in result["msg"]
            assert journal.entries == []


def test_unknown_role_in_prune_scope_is_refused(
    bulk: Run, tenant: Any, journal: Any, forty_users: list[str]
) -> None:
    scope = {"roles": ["Parner"]}
    result = bulk(users=[{"user_name": "u1"}], prune="delete", prune_scope=scope)
    assert "there is no role 'Parner'" in result["msg"]
    assert "'Partner'" in result["msg"]
    tenant.add_role("partner")
    scope = {"roles": ["PARTNER"]}
    result = bulk(users=[{"user_name": "u1"}], prune="delete", prune_scope=scope)
    assert "'PARTNER' is ambiguous" in result["msg"]
    assert "by their names or persons instead" in result["msg"]
    assert journal.writes == []


def test_invalid_definition_prevents_pruning_of_its_user(
    bulk: Run, tenant: Any, journal: Any, forty_users: list[str]
) -> None:
    start = tenant.snapshot()
    users = [{"user_name": name} for name in forty_users[1:]] + [
        {"user_name": "u00", "rol": "Vendor"}
    ]
    result = bulk(users=users, prune="delete", prune_scope="all")
    assert [finding["where"] for finding in result["findings"]] == ["users[39]"]
    assert tenant.snapshot() == start


@pytest.mark.parametrize("prune", ["deactivate", "delete"])
def test_internal_users_in_the_list_are_not_pruned(
    prune: str, bulk: Run, server: NetServer, tenant: Any, forty_users: list[str]
) -> None:
    internal = [tenant.user(number) for number in (1, 2, 3, 4)]
    with server.using(internal_listed="yes"):
        result = bulk(
            users=[{"user_name": "u00"}],
            prune=prune,
            prune_scope="all",
            limits={"deactivate": 99, "delete": 99},
        )
    assert "failed" not in result, result["msg"]
    assert len(result["results"]) >= 39
    assert [tenant.user(number) for number in (1, 2, 3, 4)] == internal
    assert not [u for u in tenant.users() if u.user_name != "u00" and u.is_active]


def test_definition_of_an_internal_user_is_refused(
    bulk: Run, server: NetServer, tenant: Any, journal: Any
) -> None:
    with server.using(internal_listed="yes"):
        result = bulk(users=[{"user_name": "RJ", "is_active": False}], limits={"deactivate": 9})
    assert result["error"]["kind"] == "not_external"
    assert "'RJ'" in result["msg"]
    assert journal.writes == []


def test_retired_users_are_neither_pruned_nor_modified(
    bulk: Run, tenant: Any, journal: Any
) -> None:
    for name in ("kept", "one", "two", "three"):
        tenant.add_external_user(name, deleted=name != "kept")
    start = tenant.snapshot()
    options = {"prune": "deactivate", "prune_scope": "all", "limits": {"deactivate": 9}}
    gone = bulk(users=[{"user_name": "kept"}, *absent(["one"])], **options)
    assert gone["changed"] is False
    assert gone["summary"]["unchanged"] == 4
    users = [{"user_name": name, "role": "Vendor"} for name in ("kept", "one", "two")]
    refused = bulk(users=users)
    assert [finding["where"] for finding in refused["findings"]] == ["users[1]", "users[2]"]
    assert "retired" in refused["msg"]
    assert tenant.snapshot() == start
    assert journal.writes == []


def test_users_without_details_from_the_service_are_not_pruned(
    bulk: Run, server: NetServer, tenant: Any, forty_users: list[str]
) -> None:
    start = tenant.snapshot()
    options = {"users": [{"user_name": "u00"}], "prune": "delete", "prune_scope": "all"}
    for body in ("null", "[]"):
        server.faults.add("garbage", operation="GetUserInfoList", body=body)
        result = bulk(**options, limits={"delete": 99})
        assert result["failed"] is True
        assert "GetUserInfoList" in result["msg"]
        assert tenant.snapshot() == start


def test_list_without_active_state_fails_the_run(
    bulk: Run, server: NetServer, tenant: Any, forty_users: list[str]
) -> None:
    start = tenant.snapshot()
    row = '{"PrimaryKey": "101", "personId": 1001, "userName": "u00", "role": "Partner"}'
    body = f'{{"value": [{row}]}}'
    server.faults.add("garbage", operation="Archive/ExternalUsers", body=body, times=None)
    result = bulk(users=[{"user_name": "u00", "is_active": False}])
    assert "isActive" in result["msg"]
    assert tenant.snapshot() == start


def test_list_key_that_is_not_the_associate_id_fails_the_run(
    bulk: Run, server: NetServer, tenant: Any, forty_users: list[str]
) -> None:
    start = tenant.snapshot()
    row = {"PrimaryKey": 107, "personId": 1001, "userName": "u00", "role": "Partner"}
    body = json.dumps({"value": [{**row, "isActive": True}]})
    server.faults.add("garbage", operation="Archive/ExternalUsers", body=body, times=None)
    result = bulk(users=[{"user_name": "u00", "role": "Vendor"}])
    assert result["error"]["kind"] in ("identity", "definition")
    assert "GetUser returned 'u06'" in result["msg"]
    assert tenant.snapshot() == start


def test_login_without_the_right_writes_nothing(
    bulk: Run, tenant: Any, forty_users: list[str]
) -> None:
    tenant.change_user("RJ", password="Good-pass-1")
    start = tenant.snapshot()
    users = [{"user_name": name, "role": "Vendor"} for name in forty_users[:20]]
    result = bulk(users=users, auth_username="RJ", auth_password="Good-pass-1", max_failures=3)
    assert result["failed"] is True
    assert result["error"]["kind"] in ("forbidden", "several")
    assert tenant.snapshot() == start
    assert ADMIN[1] not in str(result)


def test_users_that_are_pruned_and_defined_again_are_named_as_inactive(
    bulk: Run, tenant: Any
) -> None:
    for name in ("anna", "berta"):
        tenant.add_external_user(name, role_id=5)
    prune = {"prune": "deactivate", "prune_scope": "all", "limits": {"deactivate": None}}
    bulk(users=[{"user_name": "berta"}], **prune)
    again = bulk(users=[{"user_name": "anna"}, {"user_name": "berta"}], **prune)
    assert again["summary"]["unchanged"] == 2
    [warning] = again["warnings"]
    assert "1 defined user is inactive" in warning
    assert "anna" in warning
    assert "berta" not in warning
    active = bulk(users=[{"user_name": "anna", "is_active": True}, {"user_name": "berta"}], **prune)
    assert "warnings" not in active
