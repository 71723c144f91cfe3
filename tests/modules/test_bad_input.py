# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invalid input of every kind: one clear message, no traceback, no write."""

from __future__ import annotations

import datetime
import json
import socket
from typing import Any

import pytest

from tests.modules.conftest import ADMIN, Run
from tests.modules.execution_paths import Result, run_in_process

SECRET = "a-Secret-that-1-types"
CREATE = {"person_id": 1, "user_name": "new", "role": "Partner", "password": SECRET}

OPTIONS: list[tuple[dict[str, Any], list[str]]] = [
    # what Ansible itself refuses
    ({}, ["associate_id", "person_id", "user_name"]),
    ({"state": "present", "role": "Partner"}, ["associate_id, person_id, user_name"]),
    ({"user_name": "anna", "role": "Partner", "role_id": 5}, ["mutually exclusive", "role_id"]),
    ({"user_name": "anna", "state": "gone"}, ["state", "present, absent", "gone"]),
    ({"user_name": "anna", "update_password": "often"}, ["update_password", "when_changed"]),
    ({"user_name": "anna", "auth_password": None}, ["auth_method basic", "auth_password"]),
    ({"user_name": "anna", "auth_method": "ntlm"}, ["auth_method", "soticket", "ntlm"]),
    # not every ansible-core repeats the value
    ({"associate_id": "x1"}, ["associate_id", "to an int"]),
    ({"associate_id": 1.5}, ["associate_id", "written in digits"]),
    ({"user_name": "anna", "is_active": "maybe"}, ["is_active", "maybe"]),
    ({"user_name": "anna", "timeout": "soon"}, ["timeout", "float"]),
    ({"user_name": "anna", "retries": "x"}, ["retries"]),
    ({"user_name": "anna", "rolle": "Partner"}, ["Unsupported parameters", "rolle"]),
    ({"user_name": "anna", "auth_method": "soticket"}, ["auth_ticket"]),
    ({"user_name": "anna", "auth_method": "bearer"}, ["auth_token"]),
    ({"user_name": "anna", "auth_method": "xsrf", "auth_cookie": "x=1"}, ["xsrf_token"]),
    # what YAML makes of 0715, 1_000, off and 1e3 without quotes
    ({"user_name": 461}, ["user_name must be a string, not a number", "quotes"]),
    ({"user_name": 1000}, ["user_name must be a string, not a number"]),
    ({"user_name": False}, ["user_name must be a string, not true or false"]),
    ({"user_name": 1000.0}, ["user_name must be a string, not a number"]),
    ({"user_name": "anna", "previous_user_names": ["x", 461]}, ["previous_user_names", "quotes"]),
    ({"user_name": "anna", "role": 5}, ["role must be a string", "quotes"]),
    ({"user_name": "anna", "auth_password": 715}, ["auth_password must be a string", "quotes"]),
    # what only we know to be wrong
    ({"associate_id": 0}, ["associate_id", "positive", "0"]),
    ({"associate_id": -1}, ["associate_id", "-1"]),
    ({"person_id": 2**31}, ["person_id", "2147483648"]),
    ({"user_name": "anna", "role_id": 0}, ["role_id", "positive"]),
    ({"user_name": ""}, ["user_name", "empty"]),
    ({"user_name": "   "}, ["user_name", "empty"]),
    ({"user_name": "anna", "role": ""}, ["role", "empty"]),
    ({"user_name": "anna", "previous_user_names": [""]}, ["previous_user_names", "empty"]),
    ({"user_name": "anna", "password": ""}, ["password", "empty"]),
    ({"user_name": "anna", "password": SECRET, "generate_password": True},
     ["'anna'", "password", "generate_password", "not both"]),
    ({"user_name": "anna", "timeout": 0}, ["timeout", "more than 0"]),
    ({"user_name": "anna", "timeout": -1}, ["timeout"]),
    ({"user_name": "anna", "timeout": float("nan")}, ["timeout"]),
    ({"user_name": "anna", "timeout": float("inf")}, ["timeout"]),
    ({"user_name": "anna", "timeout": 1e20}, ["timeout"]),
    ({"user_name": "anna", "retries": -1}, ["retries"]),
    ({"user_name": "anna", "language": "en\nX-Evil: 1"}, ["language", "one line"]),
    ({"user_name": "anna", "app_token": "token-12345\n"}, ["app_token", "line break"]),
    ({"user_name": "anna", "auth_method": "bearer", "auth_token": "8A:abcdef\n"},
     ["auth_token", "line break"]),
    ({"user_name": "anna", "auth_method": "soticket", "auth_ticket": "7T:жжжжж"},
     ["auth_ticket", "cannot be sent"]),
    ({"user_name": "anna", "auth_method": "xsrf", "auth_cookie": "a=b\r\nX: y",
      "xsrf_token": "x-token-1"}, ["auth_cookie", "one line"]),
    # values that Ansible would convert to something else
    ({"user_name": ["anna"], "state": "absent"}, ["user_name must be a string, not a list"]),
    ({"user_name": {"a": 1}, "state": "absent"}, ["user_name must be a string, not a mapping"]),
    ({"user_name": datetime.date(2026, 1, 1), "state": "absent"}, ["not a date", "in quotes"]),
    ({"user_name": "anna", "role": datetime.datetime(2026, 1, 1)}, ["role", "not a date"]),  # noqa: DTZ001
    ({"associate_id": "1_01", "state": "absent"}, ["associate_id", "written in digits"]),
    ({"associate_id": "1.01e2", "state": "absent"}, ["associate_id", "written in digits"]),
    ({"associate_id": 101.0, "state": "absent"}, ["associate_id", "written in digits"]),
    ({"user_name": "anna", "previous_user_names": [["x"]]}, ["previous_user_names", "not a list"]),
    ({"user_name": "anna", "previous_user_names": {"x": 1}}, ["must be a list, not a mapping"]),
    # what nobody sees
    ({"user_name": "an\u3164na", "state": "absent"}, ["invisible character (U+3164"]),
    ({"user_name": "an\ufe0fna", "state": "absent"}, ["invisible character (U+FE0F"]),
    ({**CREATE, "previous_user_names": ["anna\u200b"]}, ["previous_user_names", "U+200B"]),
    ({**CREATE, "previous_user_names": ["anna "]}, ["previous_user_names has an outer space"]),
    ({"user_name": "anna", "role": "Vendor\u00a0"}, ["U+00A0", "did you mean 'Vendor'"]),
    ({"user_name": "anna", "password": " $ANSIBLE_VAULT;1.1;AES256\n6162\n"}, ["still encrypted"]),
    # the address
    ({"user_name": "anna", "url": ""}, ["url", "not an address"]),
    ({"user_name": "anna", "url": "crm.example.com"}, ["url", "not an address"]),
    ({"user_name": "anna", "url": "ftp://crm.example.com/x"}, ["url", "not an address"]),
    ({"user_name": "anna", "url": "http://crm.example.com/x"}, ["plain http", "allow_http"]),
    ({"user_name": "anna", "url": f"https://me:{SECRET}@crm.example.com/x"},
     ["must not contain a login"]),
    ({"user_name": "anna", "url": "https://crm.example.com:x/"}, ["url", "not a valid address"]),
    ({"user_name": "anna", "ca_path": "/nowhere/ca.pem"}, ["ca_path", "/nowhere/ca.pem"]),
    ({"user_name": "anna", "client_cert": "/nowhere/c.pem"}, ["client_cert", "/nowhere/c.pem"]),
    ({"user_name": "anna", "client_key": __file__}, ["client_key", "client_cert"]),
    ({"user_name": "anna", "proxy": "::::"}, ["proxy"]),
    # what the service knows to be wrong
    ({**CREATE, "person_id": 99999}, ["person", "99999"]),
    ({**CREATE, "role": "No such role"}, ["'No such role'", "'Partner'"]),
    ({"user_name": "nobody"}, ["'nobody'", "does not exist", "person_id"]),
    ({"person_id": 1}, ["person 1", "user_name"]),
    ({**CREATE, "password": None}, ["'new'", "password"]),
    ({**CREATE, "role": None}, ["'new'", "role or role_id"]),
    ({"user_name": "anna", "auth_password": "wrong-password"}, ["HTTP 401", "Check auth_username"]),
    ({"user_name": "anna", "auth_username": "nobody"}, ["HTTP 401", "Check auth_username"]),
    ({"user_name": "anna", "auth_username": "", "auth_password": ""},
     ["auth_method basic needs auth_username and auth_password", "SUPEROFFICE_PASSWORD"]),
]  # fmt: skip


@pytest.mark.parametrize(("options", "facts"), OPTIONS)
def test_invalid_input_fails_with_one_sentence_and_writes_nothing(
    options: dict[str, Any],
    facts: list[str],
    user: Run,
    tenant: Any,
    journal: Any,
    server: Any,
    subtests: pytest.Subtests,
) -> None:
    for check in [False, True]:
        with subtests.test(check=check):
            server.reset()
            tenant.add_external_user("anna", role_id=5)
            start = tenant.snapshot()
            result = user(check=check, **options)
            assert result["failed"] is True
            assert result.get("changed", False) is False
            for fact in facts:
                assert fact in result["msg"]
            assert result["msg"].strip().count("\n") == 0
            assert "Traceback" not in json.dumps(result)
            # the options themselves are Ansible's to mask, and url is no secret to it
            shown = {**result, "invocation": None} if "url" in options else result
            assert SECRET not in json.dumps(shown)
            assert tenant.snapshot() == start
            assert journal.writes == []


NULLS = [
    "state", "associate_id", "person_id", "previous_user_names", "password", "update_password",
    "generate_password", "show_generated_password", "role", "role_id", "is_active", "verify",
    "url", "auth_method", "auth_username", "auth_password", "auth_ticket", "app_token", "language",
    "validate_certs", "ca_path", "client_cert", "client_key", "proxy", "allow_http", "timeout",
    "retries",
]  # fmt: skip


def test_null_option_is_ignored_or_refused_by_name(
    user: Run, tenant: Any, journal: Any, server: Any, subtests: pytest.Subtests
) -> None:
    for option in NULLS:
        with subtests.test(option=option):
            server.reset()
            tenant.add_external_user("anna", role_id=7)
            start = tenant.snapshot()
            result = user(user_name="anna", **{option: None})
            if result.get("failed"):
                named = option if not option.startswith("auth_") else "credentials"
                assert named in result["msg"] or option in result["msg"]
                assert "Traceback" not in json.dumps(result)
            else:
                assert result["changed"] is False
                assert result["user"]["role"] == "Supplier"
            assert tenant.snapshot() == start
            assert journal.writes == []


HALF = "\ud800"


def test_lone_surrogate_is_refused_by_option_name(
    user: Run, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for option in ["user_name", "role", "password", "previous_user_names", "auth_password"]:
        with subtests.test(option=option):
            value: Any = [f"a{HALF}b"] if option == "previous_user_names" else f"a{HALF}b"
            result = user(**{"user_name": "anna", option: value})
            assert result["failed"] is True
            assert option in result["msg"]
            assert "cannot be sent" in result["msg"]
            assert journal.entries == []


def test_unreachable_server_is_reported(user: Run, server: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    result = user(user_name="anna", url=f"http://127.0.0.1:{port}/SuperOffice")
    assert result["error"]["kind"] == "unreachable"
    for fact in ("'anna'", f"127.0.0.1:{port}", "Connection refused", "Check url"):
        assert fact in result["msg"]


def test_unknown_host_name_is_reported(user: Run) -> None:
    result = user(user_name="anna", url="https://crm.invalid/SuperOffice")
    assert result["error"]["kind"] == "unreachable"
    assert "crm.invalid" in result["msg"]


@pytest.mark.parametrize(("module", "options"), [
    ("superoffice_external_user", {"user_name": "anna"}),
    ("superoffice_external_users", {"users": [{"user_name": "anna"}]}),
    ("superoffice_external_user_info", {}),
    ("superoffice_role_info", {}),
    ("superoffice_person_info", {"person_id": 1}),
])  # fmt: skip
@pytest.mark.parametrize(
    "body", ['{"Message": "No HTTP resource was found."}', "<html>404.0</html>"]
)
def test_url_without_webapi_is_reported(
    module: str, options: dict[str, Any], body: str, server: Any
) -> None:
    server.faults.add("status", operation="*", times=None, status=404, body=body)
    connection = {"auth_username": ADMIN[0], "auth_password": ADMIN[1], "retries": 0}
    url = f"{server.root_url}/elsewhere"
    result = run_in_process(module, {**connection, "url": url, **options}, False)
    assert result["failed"] is True
    assert "There is no SuperOffice WebAPI at" in result["msg"]
    assert "/elsewhere/api" in result["msg"]


@pytest.mark.parametrize("form", ["online-401", "online-403", "online-404", "online-object"])
def test_missing_user_agent_is_reported_within_two_requests(
    form: str, user: Run, server: Any, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for check in [False, True]:
        with subtests.test(check=check):
            server.reset()
            tenant.add_external_user("anna")
            start = tenant.snapshot()
            with server.using(user_agent=form):
                result = user(user_name="anna", role="Vendor", check=check)
            assert result["error"]["kind"] == "user_agent"
            for fact in ("'anna'", "User agent is not available", "SuperOffice Online", "onsite"):
                assert fact in result["msg"]
            assert sum(result["requests"].values()) <= 2
            assert tenant.snapshot() == start
            assert journal.writes == []


@pytest.mark.parametrize("body", ["json", "html", "empty"])
def test_refused_login_is_reported_for_every_response_body(
    body: str, user: Run, server: Any, journal: Any
) -> None:
    with server.using(unauthorized_body=body):
        result = user(user_name="anna", auth_password="wrong-password", retries=3)
    assert result["error"] == {"kind": "unauthorized", "status": 401, "operation": "GetAllRoles"}
    assert "Check auth_username and auth_password" in result["msg"]
    assert sum(result["requests"].values()) <= 2


def test_missing_connection_options_are_named() -> None:
    result: Result = run_in_process("superoffice_external_user", {"user_name": "anna"}, False)
    assert result["failed"] is True
    assert "url" in result["msg"]
    result = run_in_process(
        "superoffice_external_user", {"user_name": "anna", "url": "https://x"}, False
    )
    for fact in ("auth_method", "auth_username", "auth_password"):
        assert fact in result["msg"]
