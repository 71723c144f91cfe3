# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes: spellings of flags, forms of responses, recovery, verification."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.modules.conftest import Run

Writes = Callable[[], list[tuple[str, Any]]]
OLD, NEW = "Old-password-1", "New-password-1"
TWO = {"role": "Vendor", "is_active": False}
EVERYTHING = {**TWO, "password": NEW, "update_password": "always"}
CHANGES: list[dict[str, Any]] = [TWO, {"state": "absent"}, {"user_name": "clara"}]
ROLE_OR_DELETION: list[dict[str, Any]] = [TWO, {"role": "Vendor"}, {"state": "absent"}]


def add_anna(tenant: Any) -> int:
    associate_id: int = tenant.add_external_user("anna", role_id=5, password=OLD)
    return associate_id


@pytest.fixture
def anna(tenant: Any) -> int:
    return add_anna(tenant)


def state(tenant: Any, associate_id: int) -> tuple[str, int, bool]:
    record = tenant.user(associate_id)
    return record.user_name, record.role_id, record.is_active


# --- the spelling of flags

SPELLED: dict[str, tuple[list[Any], list[Any], list[Any]]] = {
    # dialect: the calls for three flags, for two, for one
    "any": (["Password, Role, Active"], ["Role, Active"], ["Role"]),
    "names": (["Password, Role, Active"], ["Role, Active"], ["Role"]),
    "integer": (["Password, Role, Active", 14], ["Role, Active", 12], ["Role", 4]),
    "single": (
        ["Password, Role, Active", 14, "Password", "Role", "Active"],
        ["Role, Active", 12, "Role", "Active"],
        ["Role"],
    ),
}


@pytest.mark.parametrize("flags", SPELLED)
def test_flag_spellings_are_tried_until_one_is_accepted(
    flags: str, user: Run, server: Any, tenant: Any, writes: Writes, subtests: pytest.Subtests
) -> None:
    for refusal in ["message", "object", "server-error", "null"]:
        for void_reply in ["empty-204", "null-200"]:
            with subtests.test(refusal=refusal, void_reply=void_reply):
                server.reset()
                anna = add_anna(tenant)
                steps: list[dict[str, Any]] = [
                    EVERYTHING,
                    {"role": "Partner", "is_active": True},
                    {"role": "Vendor"},
                ]
                with server.using(flags=flags, flags_refusal=refusal, void_reply=void_reply):
                    for options, calls in zip(steps, SPELLED[flags], strict=True):
                        before = len(writes())
                        result = user(user_name="anna", **options)
                        assert "failed" not in result, result["msg"]
                        assert [flag for _call, flag in writes()[before:]] == calls
                        assert user(user_name="anna", role=options["role"])["changed"] is False
                assert state(tenant, anna) == ("anna", 6, True)
                assert tenant.password_matches(anna, NEW)


def test_each_call_carries_the_current_values_of_other_fields(
    user: Run, server: Any, journal: Any, anna: int
) -> None:
    with server.using(flags="single"):
        result = user(associate_id=anna, user_name="clara", **TWO)
    assert "failed" not in result, result["msg"]
    names = ("ExternalUserInfoModification", "UserName", "RoleId", "IsActive", "Password")
    sent = [tuple(write.argument(name) for name in names) for write in journal.writes]
    assert sent == [
        ("UserName, Role, Active", "clara", 6, False, ""),
        (13, "clara", 6, False, ""),
        ("UserName", "clara", 5, True, ""),
        ("Role", "clara", 6, True, ""),
        ("Active", "clara", 6, False, ""),
    ]


def test_error_object_with_status_200_is_a_refusal(
    user: Run, server: Any, tenant: Any, anna: int, writes: Writes
) -> None:
    with server.using(flags="integer", malformed="200"):
        assert user(user_name="anna", **TWO)["changed"] is True
    assert state(tenant, anna) == ("anna", 6, False)
    assert writes()[-1] == ("SetExternalUserInfo", 12)


def test_ignored_flag_spelling_is_detected_by_verification(
    user: Run, server: Any, tenant: Any, anna: int
) -> None:
    start = tenant.snapshot()
    with server.using(flags="single", flags_refusal="ignored"):
        result = user(user_name="anna", **TWO)
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["error"]["kind"] == "not_applied"
    assert "role_id is 5 instead of 6" in result["msg"]
    assert "is_active is True instead of False" in result["msg"]
    assert tenant.snapshot() == start


def test_refused_value_does_not_try_another_flag_spelling(
    user: Run, server: Any, tenant: Any, anna: int, writes: Writes
) -> None:
    body = (
        '{"Error": true, "ErrorType": "SoSentryException", "Message": "No access.",'
        ' "ErrorSource": "SuperOffice"}'
    )
    server.faults.add("status", operation="SetExternalUserInfo", status=400, body=body)
    result = user(user_name="anna", **TWO)
    assert result["failed"] is True
    assert "SoSentryException - No access" in result["msg"]
    assert len(writes()) == 1
    assert state(tenant, anna) == ("anna", 5, True)


def test_partly_applied_change_is_reported(user: Run, server: Any, tenant: Any, anna: int) -> None:
    # names and sum are refused, the first part goes through, the second meets a wall
    server.faults.add("status", operation="SetExternalUserInfo", status=403, skip=3)
    with server.using(flags="single"):
        result = user(user_name="anna", **TWO)
    assert result["failed"] is True
    assert result["changed"] is True
    assert "Only Role took effect" in result["msg"]
    assert result["user"]["role_id"] == 6
    assert state(tenant, anna) == ("anna", 6, True)


# --- responses

OTHER_ANSWERS = [
    {"void_reply": "empty-204"},
    {"void_reply": "null-204"},
    {"void_reply": "null-200"},
    {"void_reply": "empty-200"},
    {"create_reply": "string"},
    {"create_reply": "null-but-created"},
    {"byte_order_mark": "yes"},
]


@pytest.mark.parametrize("dialect", OTHER_ANSWERS, ids=str)
def test_every_form_of_success_is_understood(
    dialect: dict[str, str], user: Run, server: Any, tenant: Any, writes: Writes
) -> None:
    person = tenant.add_person()
    declared = {"person_id": person, "user_name": "new", "role": "Partner", "password": NEW}
    with server.using(**dialect):
        assert user(**declared)["action"] == "create"
        assert user(**declared)["changed"] is False
        assert user(user_name="new", **TWO)["modification"] == ["Role", "Active"]
        assert user(user_name="new", state="absent")["action"] == "delete"
    assert tenant.users() == []
    assert [call for call, _flags in writes()] == [
        "CreateExternalUser", "SetExternalUserInfo", "DeleteExternalUser",
    ]  # fmt: skip


ERRORS = ["http", "errormessage", "message", "server-error", "object", "object-errormessage"]


@pytest.mark.parametrize("errors", ERRORS)
def test_refusal_shows_the_message_of_the_service(
    errors: str, user: Run, server: Any, tenant: Any, journal: Any
) -> None:
    start = tenant.snapshot()
    with server.using(errors=errors, internal_person="refuse"):
        result = user(person_id=1, user_name="new", role="Partner", password=NEW)
    assert result["failed"] is True
    assert result["changed"] is False
    assert "'new' (person 1) could not be created" in result["msg"]
    assert "belongs to an internal user" in result["msg"]
    assert result["error"]["operation"] == "CreateExternalUser"
    assert tenant.snapshot() == start
    assert len(journal.writes) == 1


def test_refusal_by_null_is_detected_by_reading(user: Run, server: Any, tenant: Any) -> None:
    start = tenant.snapshot()
    with server.using(errors="null", internal_person="refuse"):
        result = user(person_id=1, user_name="new", role="Partner", password=NEW)
    assert result["failed"] is True
    assert result["changed"] is False
    assert "returned null" in result["msg"]
    assert "did not take effect" in result["msg"]
    assert tenant.snapshot() == start


@pytest.mark.parametrize("unknown_id", ["null", "http-404", "error"])
def test_every_form_of_unknown_user_is_understood(
    unknown_id: str, user: Run, server: Any, tenant: Any, subtests: pytest.Subtests
) -> None:
    for errors in [*ERRORS, "null"]:
        with subtests.test(errors=errors):
            server.reset()
            person = tenant.add_person()
            with server.using(unknown_id=unknown_id, errors=errors):
                assert user(user_name="nobody", state="absent")["changed"] is False
                assert user(associate_id=777, state="absent")["changed"] is False
                assert user(associate_id=777)["error"]["kind"] == "not_found"
                result = user(person_id=person, user_name="new", role="Partner", password=NEW)
                assert result["action"] == "create"
                assert user(user_name="new", state="absent")["action"] == "delete"
            assert tenant.users() == []


@pytest.mark.parametrize("status", [400, 403, 422, 500])
def test_unknown_user_is_told_by_the_error_whatever_its_status(
    status: int, user: Run, server: Any
) -> None:
    body = json.dumps({"Error": True, "ErrorType": "SoNotFoundException", "Message": "Not found"})
    server.faults.add("status", operation="GetUser*", status=status, body=body, times=None)
    assert user(user_name="nobody", state="absent")["changed"] is False
    assert user(associate_id=777)["error"]["kind"] == "not_found"


RIGHTS = {"403": "403", "401": "401", "400": "400", "500": "500", "object": "200", "null": "null"}


@pytest.mark.parametrize("form", RIGHTS)
def test_login_without_the_right_is_reported(
    form: str, user: Run, server: Any, tenant: Any, subtests: pytest.Subtests
) -> None:
    for options in ROLE_OR_DELETION:
        with subtests.test(options=options):
            server.reset()
            add_anna(tenant)
            tenant.add_internal_user("clerk", password="Clerk-password-1")
            start = tenant.snapshot()
            with server.using(missing_right=form):
                result = user(
                    user_name="anna",
                    auth_username="clerk",
                    auth_password="Clerk-password-1",
                    **options,
                )
            assert result["failed"] is True
            assert result["changed"] is False
            assert "'anna'" in result["msg"]
            if form == "null":
                assert result["error"]["kind"] in ("not_applied", "refused")
            else:
                assert RIGHTS[form] in result["msg"]
                assert "right to administer external users" in result["msg"]
            assert tenant.snapshot() == start


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("html", {}, "not_understood"),
    ("garbage", {}, "not_understood"),
    ("truncate", {"how": "json"}, "not_understood"),
    ("truncate", {"how": "length"}, "connection_lost"),
    ("drop_before", {}, "connection_lost"),
    ("status", {"status": 500}, "unavailable"),
    ("status", {"status": 502, "body": "<html>Bad Gateway</html>", "content_type": "text/html"},
     "unavailable"),
    ("status", {"status": 404, "body": "<html></html>", "content_type": "text/html"}, "refused"),
    ("redirect", {"status": 302}, "redirect"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "error"), BROKEN)
def test_malformed_response_to_a_read_prevents_writes(
    kind: str,
    options: dict[str, Any],
    error: str,
    user: Run,
    server: Any,
    tenant: Any,
    journal: Any,
    subtests: pytest.Subtests,
) -> None:
    for operation in ["GetAllRoles", "Archive/ExternalUsers", "GetUser"]:
        with subtests.test(operation=operation):
            server.reset()
            add_anna(tenant)
            fault = server.faults.add(kind, operation=f"*{operation}*", times=None, **options)
            start = tenant.snapshot()
            result = user(user_name="anna", role="Vendor")
            assert fault.used
            assert result["failed"] is True
            assert result["changed"] is False
            assert "'anna'" in result["msg"]
            no_agent = options.get("status") == 404 and operation == "GetAllRoles"
            assert result["error"]["kind"] == ("user_agent" if no_agent else error)
            assert result["msg"].endswith(".")
            assert tenant.snapshot() == start
            assert journal.writes == []


@pytest.mark.parametrize(
    ("kind", "options"),
    [("drop_before", {}), ("status", {"status": 502}), ("status", {"status": 503}), ("html", {})],
)
def test_write_that_did_not_arrive_is_reported_without_effect(
    kind: str,
    options: dict[str, Any],
    user: Run,
    server: Any,
    tenant: Any,
    journal: Any,
    subtests: pytest.Subtests,
) -> None:
    for options_of_task in CHANGES:
        with subtests.test(options_of_task=options_of_task):
            server.reset()
            anna = add_anna(tenant)
            server.faults.add(kind, operation="SetExternalUserInfo", times=None, **options)
            server.faults.add(kind, operation="DeleteExternalUser", times=None, **options)
            start = tenant.snapshot()
            result = user(associate_id=anna, **options_of_task)
            assert result["failed"] is True
            assert result["changed"] is False
            # a service that answered is done; one that did not may still be at work
            known = "did not take effect" if kind == "html" else "no effect so far"
            assert known in result["msg"]
            assert tenant.snapshot() == start
            assert len(journal.writes) == 1


LOST: list[tuple[str, dict[str, Any]]] = [
    ("drop_after", {}),
    ("truncate", {"how": "length"}),
    ("status", {"status": 502, "commit": True}),
    ("status", {"status": 500, "commit": True}),
    ("html", {"commit": True}),
]


@pytest.mark.parametrize(("kind", "options"), LOST)
def test_write_with_lost_response_is_recovered_by_reading(
    kind: str,
    options: dict[str, Any],
    user: Run,
    server: Any,
    tenant: Any,
    journal: Any,
    subtests: pytest.Subtests,
) -> None:
    for retries in [0, 2]:
        with subtests.test(retries=retries):
            server.reset()
            person = tenant.add_person()
            for operation in ("CreateExternalUser", "SetExternalUserInfo", "DeleteExternalUser"):
                server.faults.add(kind, operation=operation, times=None, **options)
            declared = {"person_id": person, "user_name": "new", "role": "Partner", "password": NEW}
            created = user(retries=retries, **declared)
            assert created["action"] == "create"
            assert "failed" not in created, created["msg"]
            [record] = tenant.users()
            assert created["user"]["associate_id"] == record.associate_id
            changed = user(user_name="new", retries=retries, **TWO)
            assert "failed" not in changed, changed["msg"]
            assert state(tenant, record.associate_id) == ("new", 6, False)
            gone = user(user_name="new", state="absent", retries=retries)
            assert "failed" not in gone, gone["msg"]
            assert tenant.users() == []
            assert len(journal.committed) == 3
            assert len(journal.writes) == 3


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_password_with_unknown_effect_is_sent_again(
    kind: str, user: Run, server: Any, tenant: Any, anna: int, writes: Writes
) -> None:
    server.faults.add(kind, operation="SetExternalUserInfo")
    result = user(user_name="anna", password=NEW, update_password="always", retries=1)
    assert "failed" not in result, result["msg"]
    assert tenant.password_matches(anna, NEW)
    assert len(writes()) == 2


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("drop_after", {}),
        ("status", {"status": 503, "commit": True}),
        ("status", {"status": 404, "body": "<html></html>", "commit": True}),
        ("html", {"commit": True}),
    ],
)
def test_a_password_whose_responses_are_all_lost_is_not_called_unchanged(
    kind: str, options: dict[str, Any], user: Run, server: Any, tenant: Any, anna: int
) -> None:
    server.faults.add(kind, operation="SetExternalUserInfo", times=None, **options)
    result = user(user_name="anna", password=NEW, update_password="always", retries=1)
    assert result["failed"] is True
    assert "Whether the password was set is not known" in result["msg"]
    assert "Nothing was changed" not in result["msg"]
    assert "Reading the user again" not in result["msg"]
    assert tenant.password_matches(anna, NEW)


def test_a_change_that_a_gateway_denies_after_its_effect_is_not_sent_in_another_spelling(
    user: Run, server: Any, tenant: Any, anna: int, writes: Writes
) -> None:
    page = {"status": 404, "body": "<html></html>", "content_type": "text/html", "commit": True}
    server.faults.add("status", operation="SetExternalUserInfo", times=None, **page)
    assert user(user_name="anna", **TWO)["changed"] is True
    assert state(tenant, anna) == ("anna", 6, False)
    assert len(writes()) == 1


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("drop_before", {}),
        ("status", {"status": 429, "retry_after": 0}),
        ("status", {"status": 503, "retry_after": 0}),
        ("status", {"status": 502}),
    ],
)
def test_write_without_effect_is_retried(
    kind: str,
    options: dict[str, Any],
    user: Run,
    server: Any,
    tenant: Any,
    journal: Any,
    subtests: pytest.Subtests,
) -> None:
    for operation in ["CreateExternalUser", "SetExternalUserInfo"]:
        with subtests.test(operation=operation):
            server.reset()
            add_anna(tenant)
            server.faults.add(kind, operation=operation, **options)
            if operation == "CreateExternalUser":
                person = tenant.add_person()
                declared = {
                    "person_id": person,
                    "user_name": "new",
                    "role": "Partner",
                    "password": NEW,
                }
            else:
                declared = {"user_name": "anna", **TWO}
            result = user(retries=1, **declared)
            assert "failed" not in result, result["msg"]
            assert len(journal.writes) == 2
            assert len(journal.committed) == 1


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("drop_before", {}),
        ("truncate", {"how": "length"}),
        ("status", {"status": 503}),
        ("status", {"status": 429, "retry_after": 0}),
        ("status", {"status": 500}),
        ("expire_once", {}),
    ],
)
def test_read_is_retried(
    kind: str,
    options: dict[str, Any],
    user: Run,
    server: Any,
    tenant: Any,
    subtests: pytest.Subtests,
) -> None:
    for operation in ["GetAllRoles", "Archive/ExternalUsers", "GetUser"]:
        with subtests.test(operation=operation):
            server.reset()
            anna = add_anna(tenant)
            if kind == "expire_once":
                if operation == "GetAllRoles":
                    continue  # a login that never succeeded is not repeated
                kind, options = "status", {"status": 401}
            server.faults.add(kind, operation=f"*{operation}*", **options)
            result = user(user_name="anna", role="Vendor", retries=1)
            assert "failed" not in result, result["msg"]
            assert tenant.user(anna).role_id == 6


def test_expired_ticket_is_reported(user: Run, server: Any, tenant: Any, anna: int) -> None:
    start = tenant.snapshot()
    server.faults.add("expire_session", operation="SetExternalUserInfo")
    ticket = tenant.issue_ticket("automation")
    result = user(
        user_name="anna", role="Vendor", auth_method="soticket", auth_ticket=ticket, retries=2
    )
    assert result["failed"] is True
    assert result["error"]["status"] == 401
    assert result["error"]["operation"] == "SetExternalUserInfo"
    assert tenant.snapshot() == start


def test_slow_service_is_reported_as_timeout(
    user: Run, server: Any, tenant: Any, anna: int
) -> None:
    server.faults.add("delay", operation="*ExternalUsers*", seconds=1.0, times=None)
    result = user(user_name="anna", timeout=0.2)
    assert result["error"]["kind"] == "timeout"
    assert "0.2 seconds" in result["msg"]


@pytest.mark.parametrize("operation", ["SetExternalUserInfo"])
def test_write_that_timed_out_is_recovered_by_reading(
    operation: str, user: Run, server: Any, tenant: Any, anna: int, journal: Any
) -> None:
    server.faults.add("delay", operation=operation, seconds=0.6, when="after")
    result = user(user_name="anna", timeout=0.2, **TWO)
    assert "failed" not in result, result["msg"]
    assert state(tenant, anna) == ("anna", 6, False)
    assert len(journal.writes) == 1


# --- verification

IGNORED: list[tuple[str, dict[str, Any], str, bool]] = [
    ("role", {"role": "Vendor"}, "role_id is 5 instead of 6", False),
    ("active", {"is_active": False}, "is_active is True instead of False", False),
    ("user_name", {"user_name": "clara"}, "user_name is 'anna' instead of 'clara'", False),
    ("role", TWO, "role_id is 5 instead of 6", True),
    ("active", TWO, "is_active is True instead of False", True),
    ("role", EVERYTHING, "role_id is 5 instead of 6", True),
]


@pytest.mark.parametrize(("ignored", "options", "said", "changed"), IGNORED)
def test_ignored_change_is_detected_by_verification(
    ignored: str,
    options: dict[str, Any],
    said: str,
    changed: bool,
    user: Run,
    server: Any,
    tenant: Any,
    subtests: pytest.Subtests,
) -> None:
    for void_reply in ["empty-204", "null-200"]:
        with subtests.test(void_reply=void_reply):
            server.reset()
            anna = add_anna(tenant)
            with server.using(silent_ignore=ignored, void_reply=void_reply):
                result = user(associate_id=anna, **options)
            assert result["failed"] is True
            assert result["changed"] is changed
            if void_reply == "empty-204":
                assert result["error"]["kind"] == "not_applied"
                assert "without an error from the service" in result["msg"]
                assert said in result["msg"]
            else:
                # a bare null means success as well as failure: every spelling is tried before
                assert "returned null" in result["msg"]
            record = tenant.user(anna)
            assert result["user"]["role_id"] == record.role_id
            assert result["user"]["is_active"] is record.is_active


def test_ignored_change_is_not_detected_without_verify(
    user: Run, server: Any, tenant: Any, anna: int
) -> None:
    with server.using(silent_ignore="role"):
        result = user(user_name="anna", role="Vendor", verify=False)
    assert result["changed"] is True
    assert "failed" not in result
    assert tenant.user(anna).role_id == 5


@pytest.mark.parametrize("lag", ["1", "2"])
def test_stale_read_after_a_write_is_repeated(
    lag: str, user: Run, server: Any, tenant: Any, writes: Writes, subtests: pytest.Subtests
) -> None:
    for options in CHANGES:
        with subtests.test(options=options):
            server.reset()
            anna = add_anna(tenant)
            with server.using(read_lag=lag):
                result = user(associate_id=anna, **options)
            assert "failed" not in result, result["msg"]
            assert result["changed"] is True
            assert len(writes()) == 1


def test_creation_that_is_not_listed_yet_is_read_again(
    user: Run, server: Any, tenant: Any, writes: Writes
) -> None:
    person = tenant.add_person()
    with server.using(read_lag="2"):
        result = user(person_id=person, user_name="new", role="Partner", password=NEW)
    assert "failed" not in result, result["msg"]
    assert result["user"]["associate_id"] == tenant.users()[0].associate_id
    assert len(writes()) == 1


def test_failed_verification_is_reported_as_written(
    user: Run, server: Any, tenant: Any, anna: int
) -> None:
    server.faults.add("status", operation="*ExternalUsers*", status=500, skip=1, times=None)
    result = user(user_name="anna", role="Vendor")
    assert result["failed"] is True
    assert result["changed"] is True
    assert "was modified, but could not be read back" in result["msg"]
    assert tenant.user(anna).role_id == 6


@pytest.mark.parametrize("way", ["retire", "deactivate"])
def test_retired_user_is_deleted_and_deactivated_user_is_an_error(
    way: str, user: Run, server: Any, tenant: Any, anna: int
) -> None:
    with server.using(delete=way):
        result = user(user_name="anna", state="absent")
        again = user(user_name="anna", state="absent")
    if way == "retire":
        assert result["changed"] is True
        assert again["changed"] is False
        assert tenant.user(anna).deleted
    else:
        assert result["failed"] is True
        assert "the user is still there" in result["msg"]
        assert not tenant.user(anna).is_active
