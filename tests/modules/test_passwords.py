# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords: when they are set, verified by the server state."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

Writes = Callable[[], list[tuple[str, Any]]]
OLD, NEW, WEAK = "Old-password-1", "New-password-1", "weakling"


def add_anna(tenant: Any) -> int:
    associate_id: int = tenant.add_external_user("anna", role_id=5, password=OLD)
    return associate_id


@pytest.fixture
def anna(tenant: Any) -> int:
    return add_anna(tenant)


def test_update_password_on_create_keeps_existing_password(
    user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    result = user(user_name="anna", password=NEW)
    assert result["changed"] is False
    assert result["password_status"] == "not_applied"
    assert tenant.password_matches(anna, OLD)
    assert writes() == []


def test_update_password_always_sets_it_on_every_run(
    user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    for _number in range(2):
        result = user(user_name="anna", password=NEW, update_password="always")
        assert result["changed"] is True
        assert result["password_status"] == "set"
        assert tenant.password_matches(anna, NEW)
    assert writes() == [("SetExternalUserInfo", "Password")] * 2


@pytest.mark.parametrize("check", [True, False])
def test_update_password_when_changed_keeps_matching_password(
    check: bool, user: Run, tenant: Any, journal: Any, anna: int, writes: Writes
) -> None:
    result = user(user_name="anna", password=OLD, update_password="when_changed", check=check)
    assert result["changed"] is False
    assert result["password_status"] == "verified"
    assert result["requests"]["login_probe"] == 1
    [login] = [entry for entry in journal.entries if "currentPrincipal" in entry.path]
    assert login.login == "anna"
    assert writes() == []


def test_update_password_when_changed_sets_other_password_in_one_write(
    user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    predicted = user(user_name="anna", password=NEW, update_password="when_changed", check=True)
    assert tenant.password_matches(anna, OLD)
    result = user(user_name="anna", password=NEW, update_password="when_changed")
    assert predicted["password_status"] == result["password_status"] == "set"
    assert predicted["diff"] == result["diff"]
    assert tenant.password_matches(anna, NEW)
    again = user(user_name="anna", password=NEW, update_password="when_changed")
    assert again["password_status"] == "verified"
    assert again["changed"] is False
    assert writes() == [("SetExternalUserInfo", "Password")]


def test_refused_logins_set_one_password_per_run_at_most(
    user: Run, bulk: Run, server: Any, tenant: Any, writes: Writes
) -> None:
    names = [f"vendor{number}" for number in range(6)]
    for name in names:
        tenant.add_external_user(name, role_id=5, password=OLD)
    users = [
        {"user_name": name, "password": NEW, "update_password": "when_changed"} for name in names
    ]
    users[-1]["role"] = "Partner"
    with server.using(external_login="refused"):
        result = bulk(users=users, limits={"password": None}, concurrency=4, list_results="all")
        assert [call for call in writes() if "Password" in call[1]].__len__() == 1
        assert tenant.user("vendor5").role_name == "Partner"
        states = sorted(one["password_status"] for one in result["results"])
        assert states == ["not_verifiable"] * 5 + ["set"]
        assert result["requests"]["login_probe"] == 7
        assert any("on_create" in warning for warning in result["warnings"])
        single = user(user_name="vendor0", password=NEW, update_password="when_changed")
        assert any("on_create" in warning for warning in single["warnings"])


NOT_VERIFIABLE: list[tuple[str, dict[str, str], str]] = [
    ("login refused with 403", {"external_login": "forbidden"}, OLD),
    ("login page", {"external_login": "html"}, OLD),
]


@pytest.mark.parametrize(
    ("dialect", "password"), [pytest.param(d, p, id=name) for name, d, p in NOT_VERIFIABLE]
)
def test_inconclusive_login_probe_sets_no_password(
    dialect: dict[str, str],
    password: str,
    user: Run,
    server: Any,
    tenant: Any,
    anna: int,
    writes: Writes,
) -> None:
    start = tenant.snapshot()
    with server.using(**dialect):
        result = user(user_name="anna", password=password, update_password="when_changed")
    assert result["changed"] is False
    assert result["password_status"] == "not_verifiable"
    assert tenant.snapshot() == start
    assert writes() == []


SPOILED_RESPONSES: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": 500}),
    ("status", {"status": 503}),
    ("status", {"status": 404}),
    ("html", {}),
    ("truncate", {}),
    ("drop_before", {}),
    ("garbage", {}),
    ("garbage", {"body": '{"AssociateId": 1, "UserName": "automation"}'}),
    ("redirect", {}),
    ("status", {"status": 200, "body": '{"Error": true, "Message": "no"}'}),
]


def test_failed_login_probe_sets_no_password_and_is_not_repeated(
    user: Run, server: Any, tenant: Any, subtests: pytest.Subtests
) -> None:
    for kind, options in SPOILED_RESPONSES:
        with subtests.test(kind=kind, options=options):
            server.reset()
            add_anna(tenant)
            start = tenant.snapshot()
            server.faults.add(kind, path="*currentPrincipal*", times=None, **options)
            result = user(user_name="anna", password=NEW, update_password="when_changed", retries=2)
            assert result["password_status"] == "not_verifiable"
            assert result["changed"] is False
            assert result["requests"]["login_probe"] == 1
            assert tenant.snapshot() == start


@pytest.mark.parametrize("status", ["401", "403"])
def test_inactive_user_is_not_probed(
    status: str, user: Run, server: Any, tenant: Any, anna: int, writes: Writes
) -> None:
    tenant.change_user(anna, is_active=False)
    with server.using(inactive_login=status):
        result = user(user_name="anna", password=NEW, update_password="when_changed")
    assert result["password_status"] == "not_verifiable"
    assert "login_probe" not in result["requests"]
    assert tenant.password_matches(anna, OLD)
    assert writes() == []


def test_login_is_probed_with_basic_authentication_only(user: Run, tenant: Any, anna: int) -> None:
    result = user(
        user_name="anna", password=NEW, update_password="when_changed",
        auth_method="soticket", auth_ticket=tenant.issue_ticket("automation"),
    )  # fmt: skip
    assert result["password_status"] == "not_verifiable"
    assert "login_probe" not in result["requests"]
    assert tenant.password_matches(anna, OLD)


def test_name_with_colon_is_not_probed(user: Run, tenant: Any) -> None:
    tenant.add_external_user("anna:berg", password=OLD)
    result = user(user_name="anna:berg", password=NEW, update_password="when_changed")
    assert result["password_status"] == "not_verifiable"
    assert tenant.password_matches("anna:berg", OLD)


def test_renamed_user_is_probed_under_the_current_name(
    user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    result = user(
        associate_id=anna, user_name="clara", password=OLD, update_password="when_changed"
    )
    assert result["password_status"] == "verified"
    assert result["modification"] == ["UserName"]
    assert writes() == [("SetExternalUserInfo", "UserName")]


def test_login_probe_does_not_lock_the_user_out(
    user: Run, server: Any, tenant: Any, anna: int
) -> None:
    with server.using(lockout="2"):
        assert user(user_name="anna", password=NEW, update_password="when_changed")["changed"]
        again = user(user_name="anna", password=NEW, update_password="when_changed")
    assert again["password_status"] == "verified"


@pytest.mark.parametrize(
    "options",
    [{"update_password": "always"}, {"update_password": "when_changed"}, {"user_name": "new"}],
)
def test_weak_password_is_refused_before_any_write(
    options: dict[str, str],
    user: Run,
    tenant: Any,
    journal: Any,
    anna: int,
    subtests: pytest.Subtests,
) -> None:
    for check in [True, False]:
        with subtests.test(check=check):
            person = tenant.add_person()
            declared = {"user_name": "anna", "password": WEAK, **options}
            if declared["user_name"] == "new":
                declared |= {"person_id": person, "role": "Partner"}
            start = tenant.snapshot()
            result = user(check=check, **declared)
            assert result["failed"] is True
            assert result["changed"] is False
            assert result["error"]["kind"] == "password"
            assert f"'{declared['user_name']}'" in result["msg"]
            assert "at least 1 numbers" in result["msg"]
            assert WEAK not in json.dumps(result)
            assert tenant.snapshot() == start
            assert journal.writes == []


@pytest.mark.parametrize("check", [True, False])
def test_invalid_name_is_refused_before_any_write(
    check: bool, user: Run, server: Any, tenant: Any, journal: Any, anna: int
) -> None:
    start = tenant.snapshot()
    result = user(associate_id=anna, user_name="x" * 240, check=check)
    assert result["failed"] is True
    assert result["error"]["kind"] == "user_name"
    assert "longer than 239 characters" in result["msg"]
    assert tenant.snapshot() == start
    assert journal.writes == []


@pytest.mark.parametrize("status", [404, 405])
def test_service_without_validation_calls_checks_with_the_write(
    status: int, user: Run, server: Any, tenant: Any, journal: Any
) -> None:
    body = '{"Message": "No HTTP resource was found that matches the request URI."}'
    server.faults.add(
        "status", operation="Is*ValidWithReason", times=None, status=status, body=body
    )
    declared = {"person_id": tenant.add_person(), "user_name": "new", "role": "Partner"}
    refused = user(**declared, password=WEAK)
    assert refused["error"]["operation"] == "CreateExternalUser"
    assert refused["changed"] is False
    created = user(**declared, password=NEW)
    assert created["action"] == "create"
    assert tenant.password_matches("new", NEW)


@pytest.mark.parametrize("reply", ["free", "kept"])
def test_name_of_a_deleted_user_is_reused_or_refused_by_the_service(
    reply: str, user: Run, server: Any, tenant: Any, anna: int
) -> None:
    person = tenant.user(anna).person_id
    declared = {"person_id": person, "user_name": "anna", "password": NEW, "role": "Partner"}
    with server.using(deleted_name=reply):
        user(user_name="anna", state="absent")
        result = user(**declared)
    if reply == "free":
        assert result["action"] == "create"
        assert tenant.password_matches("anna", NEW)
    else:
        assert result["error"]["kind"] == "user_name"
        assert "already in use by a deleted user" in result["msg"]
        assert tenant.users() == []


@pytest.mark.parametrize("shown", [True, False])
def test_generated_password_works_and_is_returned_only_on_request(
    shown: bool, user: Run, tenant: Any, journal: Any
) -> None:
    declared = {"person_id": tenant.add_person(), "user_name": "new", "role": "Partner",
                "generate_password": True, "show_generated_password": shown}  # fmt: skip
    predicted = user(check=True, **declared)
    assert "generated_password" not in predicted
    result = user(**declared)
    assert result["action"] == "create"
    [write] = journal.writes
    if shown:
        assert tenant.password_matches("new", result["generated_password"])
        assert write.argument("Password") == journal.digest(result["generated_password"])
    else:
        assert result["generated_password"] == "********"
        assert tenant.user("new").has_password
    again = user(**declared)
    assert again["changed"] is False
    assert "generated_password" not in again
    assert len(journal.writes) == 1


def test_generated_password_is_returned_for_every_user_that_exists_however_the_creation_ended(
    server: NetServer, user: Run, bulk: Run, tenant: Any, subtests: pytest.Subtests
) -> None:
    """The creation is refused, lost or garbled after its effect, or cannot be read back."""
    creations: list[dict[str, Any]] = [
        {},
        {"kind": "drop_after"},
        {"kind": "truncate", "how": "json"},
        {"kind": "garbage", "body": '{"AssociateId": 100}'},
        {"kind": "status", "status": 400, "commit": True},
    ]
    definition = {"user_name": "new", "role": "Partner", "generate_password": True}
    existing = 0
    for creation, reads in itertools.product(creations, [2, 3, 4, 5]):
        for run in (user, bulk):
            with subtests.test(creation=creation, reads=reads, run=run.__name__):
                server.reset()
                one = {**definition, "person_id": tenant.add_person()}
                if creation:
                    server.faults.add(operation="CreateExternalUser", times=1, **creation)
                server.faults.add("status", operation="Archive/*", skip=reads, times=None)
                options = {"users": [one]} if run is bulk else one
                result = run(**options, show_generated_password=True)
                shown = result["results"][0] if result.get("results") else result
                if tenant.users():
                    existing += 1
                    assert tenant.password_matches("new", shown["generated_password"])
    assert existing > 20


def test_a_bounded_result_never_omits_a_password_that_is_shown(
    server: NetServer, bulk: Run, tenant: Any
) -> None:
    persons = [tenant.add_person() for _number in range(9)]
    users = [
        {"user_name": f"u{person}", "person_id": person, "role": "Partner",
         "generate_password": True}
        for person in persons
    ]  # fmt: skip
    server.faults.add("status", operation="CreateExternalUser", times=1, status=403)
    result = bulk(
        users=users, show_generated_password=True, max_results_on_failure=3, concurrency=1
    )
    assert result["failed"]
    assert "plan" not in result
    for one in tenant.users():
        [row] = [row for row in result["results"] if row["user_name"] == one.user_name]
        assert tenant.password_matches(one.user_name, row["generated_password"])
    assert len(tenant.users()) == 8


def test_unusual_passwords_are_set_verified_and_never_shown(
    user: Run, tenant: Any, server: Any, subtests: pytest.Subtests
) -> None:
    for password in [
        "Ünïcode-1-ж",
        'Quote"s-1\\',
        "Blanks are fine 1",
        " Leading-1 ",
        "Per%cent+1&2",
        "🦊-Fox-1x",
        "Colon:colon:1",
        "12345678-Aa",
    ]:
        with subtests.test(password=password):
            server.reset()
            anna = add_anna(tenant)
            declared = {
                "user_name": "anna",
                "password": password,
                "update_password": "when_changed",
            }
            result = user(**declared)
            assert result["password_status"] == "set"
            assert tenant.password_matches(anna, password)
            again = user(**declared)
            assert again["password_status"] == "verified"
            for text in (
                json.dumps(result, ensure_ascii=False),
                json.dumps(again, ensure_ascii=False),
            ):
                assert password not in text


@pytest.mark.parametrize("operation", ["SetExternalUserInfo", "IsPasswordValidWithReason"])
def test_echoed_request_reveals_no_secret(
    operation: str, user: Run, server: Any, tenant: Any, subtests: pytest.Subtests
) -> None:
    for status in [200, 400, 500]:
        with subtests.test(status=status):
            server.reset()
            add_anna(tenant)
            server.faults.add("echo", operation=operation, status=status, times=None)
            result = user(
                user_name="anna", password=NEW, update_password="always", app_token="app-12345"
            )
            assert result["failed"] is True
            text = json.dumps(result)
            secrets = (NEW, server.admin[1], "app-12345", "Basic YXV0")
            assert not [secret for secret in secrets if secret in text]


def test_ignored_password_is_set_again_by_the_next_run(
    user: Run, server: Any, tenant: Any, anna: int
) -> None:
    declared = {"user_name": "anna", "password": NEW, "update_password": "when_changed"}
    with server.using(silent_ignore="password"):
        assert user(**declared)["password_status"] == "set"
        assert user(**declared)["password_status"] == "set"
    assert tenant.password_matches(anna, OLD)
