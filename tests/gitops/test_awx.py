# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX and Automation Platform: the parts of them that run here, run on our files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
import yaml
from ansible_collections.superoffice.crm.plugins.module_utils.task.arguments import (
    ENVIRONMENT,
    connection_options,
)
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

from tests.gitops.sample_data import settled
from tests.netserver import NetServer

ROOT = Path(__file__).resolve().parents[2]
AWX = ROOT / "docs" / "examples" / "awx"
TYPE = yaml.safe_load(AWX.joinpath("credential_type.yml").read_text())
TEMPLATES = yaml.safe_load(AWX.joinpath("job_templates.yml").read_text())
MASK = "**********"


class Job:
    """A job as AWX runs one: a private folder, the credential injected, ansible-runner."""

    def __init__(self, folder: Path, inputs: dict[str, Any]) -> None:
        self.folder = folder
        for name in ("env", "inventory", "project"):
            folder.joinpath(name).mkdir(parents=True)
        kind = ManagedCredentialType(
            namespace="superoffice",
            name=TYPE["name"],
            kind=TYPE["kind"],
            inputs=TYPE["inputs"],
            injectors=TYPE["injectors"],
            managed=False,
        )
        self.environment: dict[str, Any] = {}
        self.shown: dict[str, Any] = {}
        arguments: list[str] = []
        inject_credential(
            kind, Credential(inputs), self.environment, self.shown, arguments, str(folder)
        )
        assert not arguments

    def run(self, playbook: str, variables: dict[str, Any]) -> Any:
        hosts = {"localhost": {"ansible_connection": "local"}}
        inventory = {"superoffice": {"hosts": hosts}}
        self.folder.joinpath("inventory/hosts.json").write_text(json.dumps(inventory))
        text = [{"import_playbook": f"superoffice.crm.{playbook}"}]
        self.folder.joinpath(f"project/{playbook}.yml").write_text(json.dumps(text))
        return ansible_runner.run(
            private_data_dir=str(self.folder),
            playbook=f"{playbook}.yml",
            envvars={**self.environment, "ANSIBLE_NOCOLOR": "1"},
            extravars=variables,
            quiet=True,
        )


@pytest.fixture
def credential(server: NetServer) -> dict[str, Any]:
    return {"url": server.url, "username": server.admin[0], "password": server.admin[1]}


@pytest.fixture(autouse=True)
def here_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No login of this machine, and the programs of this Python."""
    for name in list(os.environ):
        if name.startswith("SUPEROFFICE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def test_awx_workflow_plans_and_applies(
    tmp_path: Path, server: NetServer, credential: dict[str, Any]
) -> None:
    """What AWX does: the artifacts of the plan job become variables of the apply job."""
    definitions = settled(server, 20)
    definitions[2]["role"] = "Partner" if definitions[2]["role"] != "Partner" else "Vendor"
    templates = {one["name"]: one for one in TEMPLATES["controller_templates"]}
    nodes = {
        node["identifier"]: node
        for node in TEMPLATES["controller_workflows"][0]["simplified_workflow_nodes"]
    }
    artifacts: dict[str, Any] = {}
    results = []
    position: str | None = "Plan"
    while position:
        node = nodes[position]
        if "approval_node" in node:
            assert not server.journal.writes
            server.tenant.change_user(definitions[5]["user_name"], is_active=False)
        else:
            template = templates[node["unified_job_template"]]
            job = Job(tmp_path / f"awx_{position}", credential)
            job.folder.joinpath("project/users").mkdir()
            job.folder.joinpath("project/users/all.yml").write_text(
                yaml.safe_dump({"users": definitions})
            )
            variables = {**template.get("extra_vars", {}), **artifacts}
            done = job.run(template["playbook"].removesuffix(".yml"), variables)
            assert done.status == "successful", done.stdout.read()
            stats = [event for event in done.events if event["event"] == "playbook_on_stats"]
            artifacts |= stats[0]["event_data"].get("artifact_data", {})
            results.append(done)
        position = next(iter(node.get("success_nodes", [])), None)
    assert list(artifacts) == ["external_users_plans"]
    assert len(artifacts["external_users_plans"]["localhost"]["entries"]) == 1
    # exactly that plan: what moved meanwhile is not part of it
    assert [entry.operation for entry in server.journal.committed] == ["SetExternalUserInfo"]
    users = {user.user_name: user for user in server.tenant.users()}
    assert users[definitions[2]["user_name"]].role_name == definitions[2]["role"]
    assert not users[definitions[5]["user_name"]].is_active
    for done in results:
        said = done.stdout.read() + json.dumps(list(done.events))
        assert server.admin[1] not in said


def test_credential_type_sets_variables_and_hides_secrets(
    tmp_path: Path, credential: dict[str, Any]
) -> None:
    job = Job(tmp_path / "awx", {**credential, "app_token": "Application-token-1-Aa"})
    assert set(job.environment) == set(TYPE["injectors"]["env"])
    assert set(job.environment) <= set(ENVIRONMENT.values())
    assert job.environment["SUPEROFFICE_PASSWORD"] == credential["password"]
    for name in ("PASSWORD", "TOKEN", "TICKET", "APP_TOKEN"):
        assert job.shown[f"SUPEROFFICE_{name}"] in (MASK, "")
    assert credential["password"] not in job.shown.values()
    secrets = {one["id"] for one in TYPE["inputs"]["fields"] if one.get("secret")}
    options = connection_options()
    for variable, text in TYPE["injectors"]["env"].items():
        option = next(name for name, one in ENVIRONMENT.items() if one == variable)
        fields = set(re.findall(r"\{\{ '?(\w+)", text)) & {
            "password",
            "ticket",
            "token",
            "app_token",
        }
        if options[option].get("no_log") and option != "proxy":
            assert fields <= secrets
            assert fields


@pytest.mark.parametrize(
    "inputs",
    [
        {
            "url": "https://crm.example.com",
            "auth_method": "soticket",
            "ticket": "7T:a-ticket-for-tests",
        },
        {
            "url": "https://crm.example.com",
            "auth_method": "bearer",
            "token": "8A:a-token-for-tests",
        },
        {
            "url": "https://crm.example.com",
            "username": "a",
            "password": "b",
            "skip_certificate": True,
        },
    ],
)
def test_empty_credential_fields_are_ignored(tmp_path: Path, inputs: dict[str, Any]) -> None:
    """AWX renders a field without a value as an empty text; the options take that for none."""
    from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
    from ansible_collections.superoffice.crm.plugins.module_utils.task.arguments import (
        connection_settings,
    )
    from ansible_collections.superoffice.crm.plugins.module_utils.task.role_info import TASK

    job = Job(tmp_path / "awx", inputs)
    for name, text in job.environment.items():
        os.environ[name] = text
    try:
        rules = {name: rule for name, rule in TASK.rules.items() if rule}
        checked = ModuleArgumentSpecValidator(TASK.argument_spec, **rules).validate({})
    finally:
        for name in job.environment:
            del os.environ[name]
    assert not checked.error_messages
    settings = connection_settings(checked.validated_parameters)
    assert settings.validate_certs is not bool(inputs.get("skip_certificate"))
    assert not settings.ca_path
    assert settings.app_token is None


def test_awx_files_are_consistent() -> None:
    templates = {one["name"] for one in TEMPLATES["controller_templates"]}
    example = ROOT / "docs" / "examples" / "gitops"
    for template in TEMPLATES["controller_templates"]:
        assert example.joinpath(template["playbook"]).exists()
        assert template["credentials"] == [TYPE["name"]]
        assert template["project"] in {one["name"] for one in TEMPLATES["controller_projects"]}
    nodes = TEMPLATES["controller_workflows"][0]["simplified_workflow_nodes"]
    known = {node["identifier"] for node in nodes}
    for node in nodes:
        assert ("approval_node" in node) != (node.get("unified_job_template") in templates)
        assert set(node.get("success_nodes", [])) <= known
    assert TEMPLATES["controller_schedules"][0]["unified_job_template"] in templates
    # the template that applies takes what the one that plans passes on
    apply = next(one for one in TEMPLATES["controller_templates"] if one["playbook"] == "apply.yml")
    assert apply["ask_variables_on_launch"]


def run(*command: str, cwd: Path) -> str:
    program = str(Path(sys.executable).with_name(command[0]))
    done = subprocess.run(
        [program, *command[1:]], cwd=cwd, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_python_requirements_are_declared_for_execution_environments(tmp_path: Path) -> None:
    """meta/execution-environment.yml, read by ansible-builder itself."""
    tree = tmp_path / "tree"
    folder = tree / "ansible_collections" / "superoffice" / "crm"
    folder.mkdir(parents=True)
    for name in ("meta", "galaxy.yml"):
        folder.joinpath(name).symlink_to(ROOT / name)
    found = yaml.safe_load(run("ansible-builder", "introspect", str(tree), cwd=tmp_path))
    assert any(line.startswith("requests>=") for line in found["python"])


def test_execution_environment_context_is_built(tmp_path: Path) -> None:
    file = ROOT / "docs/examples/execution-environment/execution-environment.yml"
    run("ansible-builder", "create", "-f", str(file), "-c", "context", cwd=tmp_path)
    made = {path.name for path in tmp_path.joinpath("context").iterdir()}
    container = made & {"Containerfile", "Dockerfile"}
    assert container
    text = tmp_path.joinpath("context", container.pop()).read_text()
    assert "python:3.12-slim" in text
    collections = yaml.safe_load(tmp_path.joinpath("context/_build/requirements.yml").read_text())
    assert collections["collections"] == [{"name": "superoffice.crm"}]
