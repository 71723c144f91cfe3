# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses of firewalls, proxies and web servers in front of the service."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.modules.execution_paths import run_in_process
from tests.modules.scripted_server import Connection, scripted_server
from tests.netserver import NetServer

PAGE = "<html><head><title>Request Rejected</title></head><body>Support ID 4711</body></html>"
JSON_OF_A_GATEWAY = '{"message": "Forbidden"}'
CHANGE = {"user_name": "anna", "role": "Vendor", "is_active": False}
#                     operation, the path that the administrator is told, module, options
OPERATIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("Archive/ExternalUsers", "Archive", "external_user", CHANGE),
    ("Archive/ExternalUsers", "Archive", "external_users", {"users": [CHANGE]}),
    ("Archive/ExternalUsers", "Archive", "external_user_info", {"user_name": "anna"}),
    ("Archive/Role", "Archive", "role_info", {}),
    ("Archive/Person", "Archive", "person_info", {"name": "Anna Berg"}),
    ("GetUser", "Agents/User", "external_user", CHANGE),
    ("SetExternalUserInfo", "Agents/User", "external_user", CHANGE),
]
REJECTIONS = [
    *((403, body) for body in (PAGE, "", JSON_OF_A_GATEWAY)),
    *((status, PAGE) for status in (406, 409, 418, 419, 451, 493, 501)),
]


@pytest.fixture(autouse=True)
def anna(tenant: Any) -> int:
    return int(tenant.add_external_user("anna", role_id=5))


@pytest.mark.parametrize(("operation", "path", "module", "options"), OPERATIONS)
def test_a_rejection_that_is_not_the_services_own_names_what_to_ask_for(
    operation: str, path: str, module: str, options: dict[str, Any], server: NetServer, run: Run
) -> None:
    for status, body in REJECTIONS:
        server.faults.clear()
        server.journal.clear()
        kind = "application/json" if body.startswith("{") else "text/html"
        server.faults.add(
            "status", operation=operation, times=None, status=status, body=body, content_type=kind
        )
        result = run(f"superoffice_{module}", **options)
        assert result["failed"], status
        assert result["error"] == {
            "kind": "blocked",
            "status": status,
            "operation": operation,
        }, result
        for words in ("Something in front of the service", "a right is not missing", "942100"):
            assert words in result["msg"], result["msg"]
        assert f"the path .../api/v1/{path}." in result["msg"], result["msg"]
        assert "Settings and maintenance" not in result["msg"]
        # no other spelling of the flags is tried
        assert len(server.journal.writes) <= 1
    assert server.tenant.user("anna").role_id == 5  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [400, 404, 405, 413])
def test_a_page_is_no_statement_about_a_user(
    status: int, server: NetServer, user: Run, bulk: Run, run: Run
) -> None:
    """IIS refuses queries and bodies with pages of these statuses."""
    absent = {"user_name": "ANNA", "state": "absent"}
    with server.using(filter_case="sensitive"):
        server.faults.add(
            "status", operation="GetUserFromName", times=None, status=status, body=PAGE,
            content_type="text/html",
        )  # fmt: skip
        for result in (
            user(**absent),
            user(user_name="ANNA"),
            bulk(users=[{"user_name": "\u00c4NNA", "state": "absent"}]),
            run("superoffice_external_user_info", user_name="ANNA"),
        ):
            assert result["failed"], result
            assert result["error"]["status"] == status
            assert "Something in front of the service" in result["msg"]
        server.faults.clear()
        server.faults.add(
            "status", operation="SetExternalUserInfo", times=None, status=status, body=PAGE,
            content_type="text/html",
        )  # fmt: skip
        server.journal.clear()
        assert user(**CHANGE)["failed"]
        assert len(server.journal.writes) == 1


def test_a_response_without_a_page_still_means_that_there_is_no_such_user(
    server: NetServer, user: Run
) -> None:
    error = {"Error": True, "ErrorType": "SoNotFoundException", "ErrorMessage": "User not found"}
    for status, body in ((404, ""), (404, json.dumps(error)), (400, json.dumps(error))):
        server.faults.clear()
        server.faults.add("status", operation="GetUserFromName", status=status, body=body)
        result = user(user_name="nobody", state="absent")
        assert "failed" not in result, result
        assert result["changed"] is False


READS = [
    ("GetAllRoles", "external_user", CHANGE),
    ("GetUser", "external_user", CHANGE),
    ("Archive/ExternalUsers", "external_user_info", {}),
    ("Archive/Role", "role_info", {}),
    ("Archive/Person", "person_info", {}),
]


@pytest.mark.parametrize(("operation", "module", "options"), READS)
def test_what_is_no_response_of_the_service_is_reported_at_once(
    operation: str, module: str, options: dict[str, Any], server: NetServer, run: Run
) -> None:
    foreign: list[tuple[str, dict[str, Any], str]] = [
        ("html", {}, "HTTP 200 with an HTML page instead of JSON"),
        ("redirect", {}, "was redirected (HTTP 302)"),
        ("content_type", {}, "HTTP 200 with the content type text/plain instead of JSON"),
        ("content_type", {"content_type": "text/html"}, "the content type text/html instead"),
    ]
    for kind, how, said in foreign:
        server.faults.clear()
        server.journal.clear()
        server.faults.add(kind, operation=operation, times=None, **how)
        result = run(f"superoffice_{module}", retries=3, **options)
        assert said in result["msg"], result
        assert result["error"]["kind"] == ("redirect" if kind == "redirect" else "not_understood")
        assert server.journal.counts()[operation] == 1
        assert server.journal.writes == []


@pytest.mark.parametrize(("operation", "module", "options"), READS)
def test_a_damaged_response_to_a_read_is_read_again(
    operation: str, module: str, options: dict[str, Any], server: NetServer, run: Run
) -> None:
    damaged: list[tuple[str, dict[str, Any]]] = [
        ("status", {"status": 500, "body": PAGE, "content_type": "text/html"}),
        ("status", {"status": 500, "body": "{}"}),
        ("truncate", {"how": "json"}),
        ("truncate", {"how": "length"}),
    ]
    for kind, how in damaged:
        server.faults.clear()
        server.faults.add(kind, operation=operation, times=2, **how)
        result = run(f"superoffice_{module}", check=True, retries=2, **options)
        assert "failed" not in result, (kind, how, result["msg"])


def test_a_compressed_response_that_is_damaged_is_read_again(connection: dict[str, Any]) -> None:
    rows = [{"roleId": 5, "name": "Partner", "roleTypeId": 1, "isDeleted": False}]
    packed = gzip.compress(json.dumps({"value": rows}).encode())
    after_all = gzip.compress(b'{"value": []}')
    damaged = [packed[:-20], packed[:20] + b"\0\0" + packed[22:], b'{"value": []}']

    def script(one: Connection) -> None:
        while True:
            head, _body = one.read_request()
            body = damaged.pop() if damaged else after_all if b"skip=1" in head else packed
            start = (
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            one.send(start.encode() + body)

    broken = len(damaged)
    with scripted_server(script) as server:
        url = f"http://127.0.0.1:{server.port}/SuperOffice"
        options = {**connection, "url": url, "retries": 3}
        result = run_in_process("superoffice_role_info", options, False)
    assert "failed" not in result, result["msg"]
    assert [role["name"] for role in result["roles"]] == ["Partner"]
    assert len(server.requests) == broken + 2
