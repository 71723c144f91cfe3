# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task returns, in the words of the interface."""

from __future__ import annotations

from typing import Any

from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import (
    Forbidden,
    Refused,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    CurrentUser,
    DesiredUser,
    Role,
    Secret,
    State,
    UpdatePassword,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.ordering import Order
from ansible_collections.superoffice.crm.plugins.module_utils.domain.plan import plan_step
from ansible_collections.superoffice.crm.plugins.module_utils.engine.failure import failure_of
from ansible_collections.superoffice.crm.plugins.module_utils.engine.preflight import Plan
from ansible_collections.superoffice.crm.plugins.module_utils.engine.run import RunResult
from ansible_collections.superoffice.crm.plugins.module_utils.engine.step_result import StepResult
from ansible_collections.superoffice.crm.plugins.module_utils.task.result import (
    failed,
    user_facts,
)
from ansible_collections.superoffice.crm.plugins.module_utils.task.user_result import (
    diff_of,
    of_user,
)

ANNA = CurrentUser(42, 1001, "anna", 5, "Partner", is_active=True, associate_name="anna")
PASSWORD = Secret("Correct-Horse-1")
HEADER = "external user anna (associate 42)"


def diff_between(
    desired: dict[str, Any], current: CurrentUser | None, role: Role | None = None
) -> dict[str, Any]:
    return diff_of(plan_step(DesiredUser(**desired), current, role))


def test_diff_shows_managed_fields_only() -> None:
    cases: list[tuple[dict[str, Any], Role | None, dict[str, Any], dict[str, Any]]] = [
        ({"associate_id": 42}, None, {}, {}),
        ({"user_name": "anna"}, None, {"user_name": "anna"}, {"user_name": "anna"}),
        (
            {"user_name": "anna", "role": "Vendor"},
            Role(6, "Vendor"),
            {"user_name": "anna", "role": "Partner", "role_id": 5},
            {"user_name": "anna", "role": "Vendor", "role_id": 6},
        ),
        ({"associate_id": 42, "is_active": False}, None, {"is_active": True}, {"is_active": False}),
        (
            {"associate_id": 42, "password": PASSWORD, "update_password": UpdatePassword.ALWAYS},
            None,
            {"password": "(unchanged)"},
            {"password": "(set)"},
        ),
        ({"associate_id": 42, "password": PASSWORD}, None, {}, {}),
    ]
    for desired, role, before, after in cases:
        assert diff_between(desired, ANNA, role) == {
            "before": before,
            "after": after,
            "before_header": HEADER,
            "after_header": HEADER,
        }


def test_diff_of_a_deletion() -> None:
    diff = diff_between({"user_name": "anna", "state": State.ABSENT}, ANNA)
    assert diff["after"] == {}
    assert diff["before"] == {
        "person_id": 1001, "user_name": "anna", "role": "Partner", "role_id": 5, "is_active": True,
    }  # fmt: skip


def test_diff_of_a_creation() -> None:
    desired = {"user_name": "new", "person_id": 7, "password": PASSWORD}
    diff = diff_between(desired, None, Role(5, "Partner"))
    assert diff["before"] == {}
    assert diff["after"] == {
        "person_id": 7, "user_name": "new", "role": "Partner", "role_id": 5, "is_active": True,
        "password": "(set)",
    }  # fmt: skip
    assert diff["before_header"] == "external user new"


def test_diff_of_an_absent_user_is_empty() -> None:
    diff = diff_between({"user_name": "anna", "state": State.ABSENT}, None)
    assert diff["before"] == diff["after"] == {}


def test_changed_reports_writes_and_not_the_plan() -> None:
    plan = plan_step(DesiredUser(user_name="anna", is_active=False), ANNA)
    refused = failure_of(Refused("HTTP 400", status=400, operation="SetExternalUserInfo"), "Tried")
    outcome = StepResult(plan, False, ANNA, refused, started=True)
    run = RunResult(Plan([plan], Order([], {}), []), [outcome], is_prediction=False)
    result = of_user(run, {"modify": 1})
    assert result["changed"] is False
    assert result["failed"] is True
    assert result["user"] == user_facts(ANNA)
    assert result["error"] == {
        "kind": "refused", "status": 400, "operation": "SetExternalUserInfo",
    }  # fmt: skip


def test_service_failure_names_operation_and_remedy() -> None:
    error = Forbidden("HTTP 403 from POST x", status=403, operation="SetExternalUserInfo")
    result = failed(failure_of(error, "External user 'anna' could not be modified", "Known."))
    assert result["msg"] == (
        "External user 'anna' could not be modified: HTTP 403 from POST x. The calling login"
        " needs the right to administer external users. Grant it in Settings and maintenance, or"
        " use another login. Known."
    )
    assert result["error"]["kind"] == "forbidden"


def test_definition_failure_is_shown_unchanged() -> None:
    result = failed(failure_of(UserError("role", "The role is deleted."), "not said"))
    assert result["msg"] == "The role is deleted."
    assert result["error"] == {"kind": "role", "status": None, "operation": None}
