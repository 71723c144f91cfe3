# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A login that may not do or see everything: what is refused, and what that replaces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

NEW = {"role": "Partner", "password": "Correct-Horse-1"}
CHANGE = {"user_name": "anna", "role": "Vendor", "is_active": False}
NOT_MANAGED = "belongs to a user that this login may not manage"
NAMES = ["SoFunctionRightException", "SoSentryException", "SoIllegalOperationException"]


def refusals(names: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield every form in which a service may report an exception: its own, and ASP.NET's."""
    for name in names:
        qualified = f"SuperOffice.Exceptions.{name}"
        yield 200, {"Error": True, "ErrorType": name, "Message": "No access"}
        yield 400, {"Error": True, "ErrorType": qualified, "ErrorMessage": "No access"}
        yield 403, {"Error": True, "ErrorType": name, "ErrorMessage": "No access"}
        yield 500, {"Error": True, "ErrorType": qualified, "Message": "No access"}
        asp_net = {"Message": "An error has occurred.", "ExceptionMessage": "No access"}
        yield 500, {**asp_net, "ExceptionType": qualified, "StackTrace": "   at SuperOffice.X()"}


def refuse(server: NetServer, operation: str, status: int, body: dict[str, Any]) -> None:
    server.reset()
    server.tenant.add_person(person_id=5000)
    for name in ("anna", "bo", "cilla"):
        server.tenant.add_external_user(name, role_id=5)
    server.faults.add(
        "status", operation=operation, times=None, status=status, body=json.dumps(body)
    )


WRITES: list[tuple[str, dict[str, Any]]] = [
    ("SetExternalUserInfo", CHANGE),
    ("CreateExternalUser", {"user_name": "new", "person_id": 5000, **NEW}),
    ("DeleteExternalUser", {"user_name": "anna", "state": "absent"}),
]


@pytest.mark.parametrize(("operation", "options"), WRITES)
def test_a_missing_right_is_forbidden_in_every_form_and_sent_once(
    operation: str, options: dict[str, Any], server: NetServer, user: Run
) -> None:
    for status, body in refusals(NAMES):
        refuse(server, operation, status, body)
        start = server.tenant.snapshot()
        result = user(**options)
        assert result["error"] == {"kind": "forbidden", "status": status, "operation": operation}
        assert result["changed"] is False
        assert "No access" in result["msg"]
        assert "right to administer external users" in result["msg"]
        assert "StackTrace" not in result["msg"]
        assert "SuperOffice.X" not in result["msg"]
        assert len(server.journal.writes) == 1
        assert server.tenant.snapshot() == start


def test_every_exception_of_the_service_is_a_reason_and_no_other_spelling_is_tried(
    server: NetServer, user: Run
) -> None:
    for status, body in refusals(["SoLicenseException", "SoSomethingNewException"]):
        refuse(server, "SetExternalUserInfo", status, body)
        result = user(**CHANGE)
        assert result["error"]["kind"] == ("server_error" if status == 500 else
                                           "forbidden" if status == 403 else "refused")  # fmt: skip
        assert "Exception - " in result["msg"]
        assert "No access" in result["msg"]
        assert len(server.journal.writes) == 1


def test_a_refused_look_up_is_somebody_whom_this_login_may_not_manage(
    server: NetServer, user: Run, bulk: Run, run: Run
) -> None:
    for status, body in refusals(NAMES):
        for operation in ("GetUserFromName", "GetUser*"):
            refuse(server, operation, status, body)
            for options in (
                {"user_name": "hidden", "state": "absent"},
                {"user_name": "hidden", "role": "Partner"},
                {"user_name": "hidden", "person_id": 5000, **NEW},
            ):
                result = user(**options)
                assert result["error"]["kind"] == "forbidden"
                assert NOT_MANAGED in result["msg"]
            users = [
                {"user_name": "hidden", "role": "Partner"},
                {"user_name": "anna", "role": "No such role"},
                {"user_name": "bo", "role": "Vendor"},
                {"user_name": "cilla", "role": "Vendor"},
            ]
            found = bulk(users=users)["findings"]
            said = {one["where"]: one["message"] for one in found}
            assert NOT_MANAGED in said["users[0]"]
            assert "'No such role' does not exist" in said["users[1]"]
            refused = {"users[0]", "users[1]"}
            if operation == "GetUser*":
                refused |= {"users[2]", "users[3]"}
                assert NOT_MANAGED in said["users[3]"]
            assert set(said) == refused
            listed = run("superoffice_external_user_info", user_name="hidden")
            assert listed["users"] == []
            assert [NOT_MANAGED in one for one in listed["warnings"]] == [True]
            assert server.journal.writes == []


def test_a_question_about_an_error_never_replaces_it(
    server: NetServer, user: Run, bulk: Run
) -> None:
    other = {"Error": True, "ErrorType": "SoServerException", "Message": "Broken"}
    for status in (200, 400, 401, 500, 503):
        refuse(server, "GetUserFromName", status, other)
        result = bulk(users=[{"user_name": "nobody", "role": "Partner"}])
        assert result["error"]["kind"] == "not_found"
        assert "'nobody' does not exist. To create it, set" in result["msg"]
        refuse(server, "Archive/Role", status, other)
        for result in (
            user(user_name="anna", role="Nonsense"),
            bulk(users=[{"user_name": "anna", "role": "Nonsense"}]),
        ):
            assert result["error"]["kind"] == "role"
            assert "'Nonsense' does not exist" in result["msg"]


def test_refused_questions_about_a_definition_leave_the_findings_about_others(
    server: NetServer, bulk: Run
) -> None:
    for operation in ("IsUserNameValidWithReason", "IsPasswordValidWithReason", "GetUserFromName"):
        for status, body in refusals(NAMES[1:2]):
            refuse(server, operation, status, body)
            users = [
                {"user_name": "new", "person_id": 5000, **NEW},
                {"user_name": "anna", "role": "No such role"},
                {"user_name": "nobody", "role": "Partner"},
            ]
            result = bulk(users=users)
            said = {one["where"]: one["message"] for one in result["findings"]}
            assert "'No such role' does not exist" in said["users[1]"]
            assert "users[2]" in said
            if operation != "GetUserFromName":
                assert "'new' (person 5000) could not be validated" in said["users[0]"]
                assert "right to administer external users" in said["users[0]"]
            assert server.journal.writes == []
