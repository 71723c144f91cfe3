# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both execution paths give equal results, send equal requests and leave equal users.

All other tests of this folder run their tasks in process only.
"""

from __future__ import annotations

import json
import re
import syslog
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic

from tests.modules.execution_paths import (
    EXECUTION_PATHS,
    Result,
    action,
    run_as_module,
    run_in_process,
)
from tests.netserver import NetServer

ONE, MANY = "superoffice_external_user", "superoffice_external_users"
PERSONS = "superoffice_person_info"
INFO, ROLES = "superoffice_external_user_info", "superoffice_role_info"
INSTALLATION = "superoffice_installation_info"
OLD, NEW = "Old-password-1", "New-password-1"
# spelled differently in JSON
ESCAPED = "\"Ny\t\tø-1'"
MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
APP_TOKEN = "application-token-1"
PERSON = 2001
CREATE: Result = {"person_id": PERSON, "user_name": "new", "role": "Partner", "password": NEW}
LIMITS = {"deactivate": None, "delete": None, "password": None}

SINGLE: dict[str, list[Result]] = {
    "changes of one user": [
        {"user_name": "anna"},
        {"user_name": "anna", "role": "Vendor"},
        {"user_name": "anna", "role": "Vendor", "is_active": False, "password": NEW,
         "update_password": "always"},
        {"user_name": "anna", "password": OLD, "update_password": "when_changed"},
        {"user_name": "anna", "password": NEW, "update_password": "when_changed"},
        {"user_name": "anna", "state": "absent"},
        {"user_name": "nobody", "state": "absent"},
        CREATE,
        {"user_name": "clara", "previous_user_names": ["anna"]},
        {"associate_id": "101", "is_active": "no", "retries": "1", "timeout": "7"},
        {"user_name": "anna", "app_token": "application-token-1"},
    ],
    "values of other types": [
        {"user_name": "anna", "previous_user_names": "clara,berta"},
        {"user_name": "anna", "role": None, "password": None, "previous_user_names": None},
        {"user_name": "anna", "auth_password": None},
        {"user_name": "anna", "timeout": None},
        {"user_name": "anna", "language": None},
    ],
    "failures of one user": [
        {"user_name": "anna", "role": "No such role"},
        {**CREATE, "password": "weak"},
        {"user_name": "RJ", "state": "absent"},
        {"user_name": "anna", "auth_password": "wrong-password"},
        {"user_name": "anna", "url": "http://127.0.0.1:9/x"},
        {"user_name": "anna", "url": "ftp://x"},
        {"user_name": "anna", "password": ""},
        {"user_name": f"anna {NEW}", "password": NEW},
        {"user_name": f"anna {ESCAPED}", "password": ESCAPED},
    ],
    "argument errors": [
        {},
        {"user_name": "anna", "rolle": "x"},
        {"user_name": "anna", "rolle": NEW, "password": NEW},
        {"user_name": "anna", "state": "gone"},
        {"user_name": "anna", "role": "x", "role_id": 5},
        {"user_name": "anna", "role_id": "five"},
        {"user_name": "anna", "is_active": "maybe"},
        {"user_name": "anna", "auth_method": "soticket"},
        {"user_name": "anna", "auth_method": "bearer", "auth_token": ""},
    ],
}  # fmt: skip
# refused before the execution path is chosen
REFUSED: list[tuple[Result, str]] = [
    ({"app_token": {"a": ["application-token-1"]}}, "app_token must be a string, not a mapping."),
    ({"app_token": ["application-token-1"]}, "app_token must be a string, not a list."),
    ({"user_name": ["anna"]}, "user_name must be a string, not a list."),
    ({"user_name": {"a": 1}}, "user_name must be a string, not a mapping."),
    ({"previous_user_names": {"a": 1}}, "previous_user_names must be a list, not a mapping."),
]

BULK: dict[str, list[Result]] = {
    "bulk runs": [
        {"users": []},
        {"users": [{"user_name": "anna"}, {"user_name": "nobody", "state": "absent"}]},
        {"users": [{"user_name": "anna"}], "list_results": "all"},
        {"users": [CREATE, {"user_name": "anna", "role": "Vendor", "is_active": "no"},
                   {"user_name": "bo", "state": "absent"}], "limits": LIMITS},
        {"users": [CREATE], "preflight": "offline", "verify": False},
        {"users": [{"user_name": "clara", "previous_user_names": ["ANNA"]}], "concurrency": "1"},
        {"users": [], "concurrency": "auto"},
        {"users": [{"user_name": "anna"}], "prune": "delete", "prune_scope": "all",
         "limits": LIMITS},
        {"users": [{"user_name": "anna"}], "prune": "deactivate",
         "prune_scope": {"roles": ["Partner"]}, "limits": {"deactivate": "100%"}},
        {"users": [{"user_name": "anna", "state": "absent"}], "protect": ["a*"]},
    ],
    "bulk passwords": [
        {"users": [{"user_name": "anna"}, {"user_name": "bo"}],
         "passwords": {"ANNA": OLD, "bo": NEW, "nobody": NEW}, "limits": LIMITS,
         "defaults": {"update_password": "when_changed"}, "list_results": "all"},
        {"users": [{"person_id": PERSON, "user_name": "new", "role": "Partner"}],
         "defaults": {"generate_password": True}},
        {"users": [{"user_name": "anna", "password": NEW}], "passwords": {"anna": NEW}},
        {"users": [{"user_name": "anna"}], "passwords": {"anna": 123456}},
        {"users": [{"user_name": "anna", "password": ESCAPED, "update_password": "always"}],
         "limits": LIMITS},
    ],
    "bulk findings": [
        {"users": [{"user_name": "anna", "rolle": "x"}, {"role": "Partner"}, {"user_name": 123},
                   {"user_name": "bo", "role": "No such role"}, {"user_name": "BO"}]},
        {"users": [{"user_name": name, "state": "absent"} for name in ("anna", "bo")]},
        {"users": [], "prune": "delete", "prune_scope": "all"},
        {"users": [{"user_name": "anna"}], "prune": "delete", "prune_scope": {"roles": ["x"]}},
        {"users": [{"associate_id": 101, "user_name": "bo"}]},
        {"users": [{"user_name": "RJ", "is_active": False}]},
        {"users": [{**CREATE, "password": "weak"}]},
    ],
    "bulk argument errors": [
        {},
        {"users": NEW},
        {"users": [NEW]},
        {"users": [{"user_name": "anna", "pasword": NEW}]},
        {"users": [], "limits": {"delete": "many"}},
        {"users": [], "concurrency": 99},
        {"users": [], "concurrency": "many"},
        {"users": [], "concurrency": True},
        {"users": [], "max_failures": -1},
        {"users": [], "prune": "all", "passwords": {"a": NEW}},
        {"users": [], "plan": {"format": 1, "password": NEW}},
        {"users": [], "plan": "/no/such/plan.json"},
        {"users": [], "auth_password": "wrong-password"},
    ],
}  # fmt: skip

FILES = {
    "users.yml": "defaults: {role: Vendor}\nusers:\n- user_name: anna\n- user_name: bo\n",
    "more.json": json.dumps({"users": [CREATE]}),
    "faulty.yml": "users:\n- user_name: anna\n  rolle: x\n- user_name: anna\n",
    "broken.yml": "users:\n- user_name: [\n",
    "vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
}
SOURCES = [["users.yml"], ["users.yml", "more.json"], ["faulty.yml"], ["broken.yml"], ["vault.yml"],
           ["missing.yml"], ["."]]  # fmt: skip

# kind, operation, options of the fault, options of the task
FAULTS: list[tuple[str, str, Result, Result]] = [
    ("drop_before", "*ExternalUser*", {}, {}),
    ("status", "GetAllRoles", {"status": 503, "retry_after": 0}, {"retries": 1}),
    ("status", "SetExternalUserInfo", {"status": 400, "body": "{}"}, {}),
    ("status", "SetExternalUserInfo", {"status": 403}, {}),
    ("drop_after", "SetExternalUserInfo", {}, {"retries": 1}),
    ("echo", "SetExternalUserInfo", {"status": 500, "times": None}, {"app_token": APP_TOKEN}),
    ("html", "GetUser", {"times": None}, {}),
    ("redirect", "GetAllRoles", {}, {}),
]


def reset(server: NetServer) -> None:
    server.reset()
    server.tenant.add_person(person_id=PERSON)
    for name in ("anna", "bo"):
        server.tenant.add_external_user(name, role_id=5, password=OLD)


def outcome(
    path: str, server: NetServer, name: str, arguments: Result, check: bool = False
) -> tuple[Result, Any, Any]:
    """Run a task; return its result, the requests that it sent, and the users after it."""
    result = EXECUTION_PATHS[path](name, arguments, check)
    # what Ansible adds to a module that fails before it runs
    result.pop("exception", None)
    # a module prints its warnings where Ansible itself runs, as here, and returns them elsewhere:
    # test_validation_notices.py compares them in plays
    result.pop("warnings", None)
    # the correlation id is different for each request
    text = re.sub(r" \[correlation [0-9a-f]+\]", "", json.dumps(result))
    # times differ from run to run
    text = re.sub(r'("milliseconds": )\d+', r"\1 0", text)
    text = re.sub(r"take \d+ ms \(median\); concurrency=\d+", "take 0 ms", text)
    requests = sorted((e.operation, e.status, str(e.body)) for e in server.journal.entries)
    if "generate_password" in str(arguments):
        without = [(operation, status) for operation, status, _body in requests]
        return json.loads(text), without, server.tenant.users()
    return json.loads(text), requests, server.tenant.snapshot()


def assert_equal_on_both_paths(
    server: NetServer, name: str, arguments: Result, check: bool = False, fault: Any = None
) -> Result:
    outcomes = []
    for path in ("module", "in_process"):
        reset(server)
        if fault:
            kind, operation, options = fault
            server.faults.add(kind, operation=operation, **options)
        outcomes.append(outcome(path, server, name, arguments, check))
    module, in_process = outcomes
    case = (name, arguments, check, fault)
    assert in_process[0] == module[0], case
    assert in_process[1] == module[1], case
    assert in_process[2] == module[2], case
    text = json.dumps(in_process[0])
    for secret in (server.admin[1], APP_TOKEN, json.dumps(ESCAPED)[1:-1]):
        assert secret not in text, case
    return in_process[0]


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
@pytest.mark.parametrize("group", SINGLE)
def test_results_for_one_user_are_equal(
    group: str, check: bool, server: NetServer, connection: Result
) -> None:
    for options in SINGLE[group]:
        assert_equal_on_both_paths(server, ONE, {**connection, **options}, check)


@pytest.mark.parametrize("in_process", [True, False])
def test_values_that_ansible_would_convert_are_refused_on_both_paths(
    in_process: bool, server: NetServer, connection: Result
) -> None:
    mark = server.journal.mark()
    for options, message in REFUSED:
        plugin = action(ONE, {**connection, "user_name": "anna", **options})
        result = plugin.run(task_vars={"superoffice_in_process": in_process})
        error = {"kind": "definition", "status": None, "operation": None}
        assert result == {"failed": True, "msg": message, "error": error}
    assert server.journal.since(mark) == []


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
@pytest.mark.parametrize("group", BULK)
def test_results_for_many_users_are_equal(
    group: str, check: bool, server: NetServer, connection: Result
) -> None:
    for options in BULK[group]:
        assert_equal_on_both_paths(server, MANY, {**connection, **options}, check)


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_results_for_definition_files_are_equal(
    check: bool, server: NetServer, connection: Result, tmp_path: Path
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for names in SOURCES:
        source = [str(tmp_path / name) for name in names]
        result = assert_equal_on_both_paths(server, MANY, {**connection, "src": source}, check)
        assert result.get("failed", False) is (names not in SOURCES[:2])


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_results_for_saved_plans_are_equal(
    check: bool, server: NetServer, connection: Result, tmp_path: Path
) -> None:
    reset(server)
    users = [CREATE, {"user_name": "anna", "role": "Vendor"}, {"user_name": "bo", "role": "Vendor"}]
    options = {**connection, "users": users}
    plan = run_in_process(MANY, options, True)["plan"]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    edited = {**plan, "checksum": "0" * 64}
    for saved in (plan, str(file), edited):
        result = assert_equal_on_both_paths(server, MANY, {**options, "plan": saved}, check)
        assert result.get("failed", False) is (saved is edited)
    passwords = {"plan": plan, "passwords": {"new": NEW}}
    assert_equal_on_both_paths(server, MANY, {**connection, **passwords}, check)
    assert_equal_on_both_paths(server, MANY, {**connection, "plan": plan}, check)


def test_results_against_a_faulty_service_are_equal(server: NetServer, connection: Result) -> None:
    vendor = {"user_name": "anna", "role": "Vendor", "password": NEW, "update_password": "always"}
    many = {"users": [vendor, {"user_name": "bo", "role": "Vendor"}], "concurrency": 1,
            "limits": LIMITS}  # fmt: skip
    for kind, operation, fault, more in FAULTS:
        for name, options in ((ONE, vendor), (MANY, many)):
            arguments = {**connection, **options, **more}
            assert_equal_on_both_paths(server, name, arguments, fault=(kind, operation, fault))


def test_results_of_the_info_modules_are_equal(server: NetServer, connection: Result) -> None:
    cases: list[tuple[str, Result]] = [
        (INFO, {}),
        (INFO, {"user_name": "a*", "format": "definitions"}),
        (INFO, {"role": "Parner"}),
        (INFO, {"associate_id": "x"}),
        (INFO, {"auth_password": "wrong-password"}),
        (PERSONS, {}),
        (PERSONS, {"name": "Test Person", "company": "Northwind Traders"}),
        (PERSONS, {"email": "no\\body@x.example"}),
        (PERSONS, {"email": ""}),
        (PERSONS, {"person_id": "x"}),
        (PERSONS, {"auth_password": "wrong-password"}),
        (ROLES, {}),
        (ROLES, {"language": "nb"}),
        (ROLES, {"auth_password": "wrong-password"}),
        (INSTALLATION, {}),
        (INSTALLATION, {"auth_password": "wrong-password"}),
        (INSTALLATION, {"timeout": 0}),
    ]
    for name, options in cases:
        for check in (False, True):
            assert_equal_on_both_paths(server, name, {**connection, **options}, check)


def test_connection_options_from_the_environment_are_equal(
    server: NetServer, connection: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPEROFFICE_URL", server.url)
    monkeypatch.setenv("SUPEROFFICE_USERNAME", server.admin[0])
    monkeypatch.setenv("SUPEROFFICE_PASSWORD", server.admin[1])
    monkeypatch.setenv("SUPEROFFICE_LANGUAGE", "nb")
    result = assert_equal_on_both_paths(server, ONE, {"user_name": "anna", "role": "Leverandør"})
    assert result["changed"] is True
    monkeypatch.setenv("SUPEROFFICE_TIMEOUT", "soon")
    assert assert_equal_on_both_paths(server, ONE, {"user_name": "anna"})["failed"] is True
    monkeypatch.delenv("SUPEROFFICE_TIMEOUT")
    monkeypatch.delenv("SUPEROFFICE_URL")
    assert "url" in assert_equal_on_both_paths(server, ONE, {"user_name": "anna"})["msg"]


def test_the_invocation_is_returned_and_masked_on_both_paths(
    server: NetServer, connection: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ansible-core 2.21 leaves it out by default
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")
    options = {"user_name": "anna", "password": NEW, "app_token": APP_TOKEN}
    arguments = assert_equal_on_both_paths(server, ONE, {**connection, **options})["invocation"]
    assert arguments["module_args"]["user_name"] == "anna"
    assert arguments["module_args"]["update_password"] == "on_create"
    for name in ("password", "auth_password", "app_token"):
        assert arguments["module_args"][name] == MASK


def test_module_writes_no_secret_to_the_system_log(
    server: NetServer, connection: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset(server)
    logged: list[str] = []
    monkeypatch.setattr(basic, "has_journal", False)
    monkeypatch.setattr(syslog, "syslog", lambda *words: logged.append(str(words)))
    user = {"user_name": "anna", "password": NEW}
    run_as_module(ONE, {**connection, **user}, True)
    assert "user_name=anna" in "".join(logged)
    run_as_module(MANY, {**connection, "users": [user], "passwords": {"bo": NEW}}, True)
    assert NEW not in "".join(logged)
