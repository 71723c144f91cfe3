# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the modules is true: examples run, results are as RETURN says."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.superoffice.crm.plugins.module_utils.domain.options import OPTIONS
from ansible_collections.superoffice.crm.plugins.module_utils.domain.selection import Scope

from tests.docs.pages import ADMIN, ROOT, as_play, fill, run_playbook
from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("superoffice_*.py"))
# those that speak to the service
SPEAKING = [name for name in MODULES if name not in ("superoffice_files", "superoffice_report")]
KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "list": list,
    "dict": dict,
}
# what every result has, from Ansible itself
COMMON = {"changed", "failed", "msg", "invocation", "exception", "warnings"}


def documentation(module: str) -> dict[str, Any]:
    """DOCUMENTATION, EXAMPLES and RETURN of a module."""
    path = ROOT / "plugins" / "modules" / f"{module}.py"
    texts = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            texts[node.targets[0].id] = yaml.safe_load(ast.literal_eval(node.value))
    return texts


@pytest.fixture
def server() -> Iterator[NetServer]:
    with NetServer(admin=ADMIN) as server:
        fill(server)
        yield server


@pytest.mark.parametrize("module", MODULES)
def test_examples_run_in_order(module: str, server: NetServer, tmp_path: Path) -> None:
    (tmp_path / "users").mkdir()
    declared = [{"user_name": "bo@example.com"}, {"user_name": "dag@example.com"}]
    text = yaml.safe_dump({"users": declared})
    (tmp_path / "users" / "partners.yml").write_text(text, encoding="utf-8")
    examples = documentation(module)["EXAMPLES"]
    play = yaml.safe_dump(as_play(examples), sort_keys=False)
    run_playbook(play, tmp_path, server, f"the examples of {module}")


@pytest.mark.parametrize("module", SPEAKING)
def test_modules_of_the_service_are_in_the_action_group(module: str) -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["superoffice"] == SPEAKING
    fragments = documentation(module)["DOCUMENTATION"]["extends_documentation_fragment"]
    assert "superoffice.crm.connection" in fragments
    assert {"superoffice.crm.attributes", "superoffice.crm.attributes.info"} & set(fragments)


@pytest.mark.parametrize("module", MODULES)
def test_return_values_have_all_documented_properties(module: str) -> None:
    for path, value in described(documentation(module)["RETURN"]):
        assert value.keys() >= {"description", "returned", "type", "sample"} or (
            "contains" in value and value.keys() >= {"description", "returned", "type"}
        ), path
        if value.get("sample") is not None:
            assert isinstance(value["sample"], KINDS[value["type"]]), path
            assert value["sample"] in value.get("choices", [value["sample"]]), path


def described(values: Result, start: str = "") -> Iterator[tuple[str, Result]]:
    for name, value in values.items():
        yield f"{start}{name}", value
        yield from described(value.get("contains", {}), f"{start}{name}.")


USER = {"person_id": 1001, "user_name": "anna@example.com", "role": "Partner"}
GENERATED = {"generate_password": True, "show_generated_password": True}
MANY = [
    {
        "user_name": "eva@example.com",
        "person_id": 1005,
        "role": "Vendor",
        "owner": "Kari",
        "description": "Sells boats",
        "active_from": "2020-06-01",
        "send_password_email": True,
        "active_until": "2020-06-30",
    },
    {"user_name": "bo@example.com", "role": "Vendor", "is_active": True},
    {"user_name": "dag@example.com"},
]
# stands for the journal of a run that was killed
INTERRUPTED = "<interrupted>"
# stands for the plan of STALE, whose user has changed since
PLANNED = "<planned>"
STALE = [{"user_name": "cecilie@example.com", "role": "External user"}]
JOURNAL = (
    {"event": "start", "time": "2026-11-25T10:00:00.000+00:00", "total": 2},
    {"event": "intent", "step": 1, "user_name": "bo@example.com"},
)
TASKS: dict[str, list[Result]] = {
    "superoffice_external_user": [
        {**USER, **GENERATED, "send_password_email": True},
        {"user_name": "bo@example.com", "role": "Vendor", "password": "x"},
        {"user_name": "bo@example.com", "state": "absent"},
        {"user_name": "bo@example.com", "role": "None such"},
        {"user_name": "bo@example.com", "auth_password": "wrong"},
    ],
    "superoffice_external_users": [
        {"users": MANY, "defaults": {"generate_password": True}, "list_results": "all"},
        {"users": [{"user_name": "bo@example.com", "password": "bad", "update_password": "always"}],
         "preflight": "offline", "limits": {"password": None}},
        {"users": [{"user_name": "bo@example.com", "role": "None such"}]},
        {"users": [{"user_name": "bo@example.com", "role": "None such"},
                   {"user_name": "cecilie@example.com", "is_active": False},
                   {"user_name": "dag@example.com", "is_active": False}],
         "list_results": "all", "max_results_on_failure": 1},
        {"users": MANY, "journal": INTERRUPTED, "only": ["*@example.com"]},
        {"users": STALE, "plan": PLANNED, "list_results": "all"},
        {"users": [], "prune": "delete", "prune_scope": "all", "allow_empty": True},
        {"users": MANY, "auth_password": "wrong"},
    ],
    "superoffice_external_user_info": [
        {},
        {"format": "definitions"},
        {"persons": True},
        {"last_login": True, "person_retired": True},
        {"auth_password": "wrong"},
    ],
    "superoffice_role_info": [{}, {"auth_password": "wrong"}],
    "superoffice_person_info": [{"email": "bo@example.com"}, {"auth_password": "wrong"}],
    "superoffice_installation_info": [{}, {"timeout": 0}],
}  # fmt: skip


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("module", SPEAKING)
def test_results_match_their_documentation(
    module: str, check: bool, server: NetServer, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in JOURNAL), encoding="utf-8")
    values = documentation(module)["RETURN"]
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    seen: set[str] = set()
    for scene in TASKS[module]:
        is_interrupted = scene.get("journal") == INTERRUPTED
        options = {**scene, "journal": str(journal)} if is_interrupted else scene
        if scene.get("plan") == PLANNED:
            planned = run_in_process(module, {**connection, "users": scene["users"]}, True)
            options = {**scene, "plan": planned["plan"]}
            server.tenant.change_user("cecilie@example.com", role_id=5)
        result = run_in_process(module, {**connection, "retries": 0, **options}, check)
        for name, value in result.items():
            if name not in COMMON:
                assert name in values, f"{name} is not documented"
                compare(name, value, values[name], seen)
    missing = {path for path, _value in described(values)} - seen
    # nobody is created in check mode, so that no password is made for anybody, and nothing mailed
    names = ("generated_password", "password_email")
    assert missing <= ({*names, *(f"results.{name}" for name in names)} if check else set())


def keys(value: Any) -> set[str]:
    """Return the keys of a mapping, or of the first mapping of a list."""
    first = value[0] if isinstance(value, list) and value else value
    return set(first) if isinstance(first, dict) else set()


def compare(path: str, value: Any, documented: Result, seen: set[str]) -> None:
    """Compare a value of a result with what is written about it."""
    seen.add(path)
    if value is None:
        return
    assert isinstance(value, KINDS[documented["type"]]), f"{path} is {value!r}"
    assert value in documented.get("choices", [value]), f"{path} is {value!r}"
    sample: Any = documented.get("sample")
    if path not in ("requests", "roles"):
        assert keys(sample) == keys(value) or not keys(sample) or value == [], (
            f"{path} is {value!r}"
        )
    items: list[Any] = value if isinstance(value, list) else [value]
    for item in items:
        if "elements" in documented and isinstance(value, list):
            assert isinstance(item, KINDS[documented["elements"]]), f"{path} holds {item!r}"
        if "contains" in documented:
            for name, part in item.items():
                assert name in documented["contains"], f"{path}.{name} is not documented"
                compare(f"{path}.{name}", part, documented["contains"][name], seen)


def test_definitions_of_users_are_documented_as_the_table_of_options_has_them() -> None:
    options = documentation("superoffice_external_users")["DOCUMENTATION"]["options"]
    documented = options["users"]["suboptions"]
    assert list(documented) == [option.name for option in OPTIONS]
    for option in OPTIONS:
        assert documented[option.name].get("default") == option.default
        assert tuple(documented[option.name].get("choices", ())) == option.choices
    assert tuple(options["prune_scope"]["suboptions"]) == Scope._fields
