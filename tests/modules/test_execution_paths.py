# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both execution paths give the same result to the letter: successes, failures, argument errors."""

from __future__ import annotations

import json
import re

import pytest

from tests.modules.execution_paths import EXECUTION_PATHS, Result
from tests.netserver import NetServer

MODULE = "superoffice_external_user"
OLD, NEW = "Old-password-1", "New-password-1"
# spelled otherwise in JSON
ODD = "\"Ny\\t\tø-1'"
MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

TASKS: list[Result] = [
    # successes
    {"user_name": "anna"},
    {"user_name": "anna", "role": "Vendor"},
    {"user_name": "anna", "role": "Vendor", "is_active": False, "password": NEW,
     "update_password": "always"},
    {"user_name": "anna", "password": OLD, "update_password": "when_changed"},
    {"user_name": "anna", "password": NEW, "update_password": "when_changed"},
    {"user_name": "anna", "state": "absent"},
    {"user_name": "nobody", "state": "absent"},
    {"person_id": 1, "user_name": "new", "role": "Partner", "password": NEW},
    {"user_name": "clara", "previous_user_names": ["anna"]},
    {"associate_id": "101", "is_active": "no", "retries": "1", "timeout": "7"},
    {"user_name": "anna", "app_token": "application-token-1"},
    # what is typed oddly
    {"user_name": 123},
    {"user_name": True},
    {"user_name": "anna", "previous_user_names": "clara,berta"},
    {"user_name": "anna", "role": None, "password": None, "previous_user_names": None},
    {"user_name": "anna", "auth_password": None},
    {"user_name": "anna", "app_token": {"a": ["application-token-1"]}},
    {"user_name": "anna application-token-1", "app_token": ["application-token-1"]},
    {"user_name": "anna", "timeout": None},
    {"user_name": "anna", "language": None},
    # failures
    {"user_name": "anna", "role": "No such role"},
    {"person_id": 1, "user_name": "new", "role": "Partner", "password": "weak"},
    {"user_name": "RJ", "state": "absent"},
    {"user_name": "anna", "auth_password": "wrong-password"},
    {"user_name": "anna", "url": "http://127.0.0.1:9/x"},
    {"user_name": "anna", "url": "ftp://x"},
    {"user_name": "anna", "password": ""},
    {"user_name": f"anna {NEW}", "password": NEW},
    {"user_name": f"anna {ODD}", "password": ODD},
    # argument errors
    {},
    {"user_name": "anna", "rolle": "x"},
    {"user_name": "anna", "rolle": NEW, "password": NEW},
    {"user_name": "anna", "state": "gone"},
    {"user_name": "anna", "role": "x", "role_id": 5},
    {"user_name": "anna", "role_id": "five"},
    {"user_name": "anna", "is_active": "maybe"},
    {"user_name": "anna", "auth_method": "soticket"},
    {"user_name": "anna", "auth_method": "bearer", "auth_token": ""},
    {"user_name": ["anna"]},
    {"user_name": {"a": 1}},
    {"user_name": "anna", "previous_user_names": {"a": 1}},
]  # fmt: skip


def through(
    execution_path: str, server: NetServer, connection: Result, options: Result, check: bool
) -> Result:
    server.reset()
    server.tenant.add_external_user("anna", role_id=5, password=OLD)
    result = EXECUTION_PATHS[execution_path](MODULE, {**connection, **options}, check)
    # the number of a request is none of the task's
    return json.loads(_without_correlation(json.dumps(result)))  # type: ignore[no-any-return]


def _without_correlation(text: str) -> str:
    return re.sub(r" \[correlation [0-9a-f]+\]", "", text)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("options", TASKS, ids=str)
def test_both_execution_paths_say_the_same_to_the_letter(
    options: Result, check: bool, server: NetServer, connection: Result
) -> None:
    module, plugin = (
        through(execution_path, server, connection, options, check)
        for execution_path in ("module", "in_process")
    )
    # what Ansible adds to a module that fails before it runs, and nobody shows
    module.pop("exception", None)
    plugin.pop("exception", None)
    assert plugin == module
    for secret in (server.admin[1], "application-token-1"):
        assert secret not in json.dumps(plugin)
    assert json.dumps(ODD)[1:-1] not in json.dumps(plugin)


def test_the_invocation_is_there_and_masked_in_both(
    server: NetServer, connection: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")  # ansible-core 2.21 leaves it out else
    options = {"user_name": "anna", "password": NEW, "app_token": "application-token-1"}
    for execution_path in EXECUTION_PATHS:
        result = through(execution_path, server, connection, options, False)
        arguments = result["invocation"]["module_args"]
        assert arguments["user_name"] == "anna"
        assert arguments["update_password"] == "on_create"
        for name in ("password", "auth_password", "app_token"):
            assert arguments[name] == MASK
