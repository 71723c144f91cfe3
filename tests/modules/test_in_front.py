# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses of firewalls, proxies and web servers in front of the service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.conftest import Run
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
