# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX and Automation Platform: the parts of them that run here, run on our files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
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
EXAMPLE = ROOT / "docs" / "examples" / "gitops"
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

    def run(
        self, playbook: str, variables: dict[str, Any], definitions: list[dict[str, Any]]
    ) -> Any:
        """Run a playbook of the example, with the definitions that the project has by then."""
        self.folder.joinpath("inventory").rmdir()
        shutil.copytree(EXAMPLE / "inventory", self.folder / "inventory")
        for path in EXAMPLE.glob("*.yml"):
            shutil.copy(path, self.folder / "project")
        text = yaml.safe_dump({"users": definitions})
        self.folder.joinpath("project/users").mkdir()
        self.folder.joinpath("project/users/all.yml").write_text(text)
        return ansible_runner.run(
            private_data_dir=str(self.folder),
            playbook=playbook,
            envvars={**self.environment, "ANSIBLE_NOCOLOR": "1"},
            extravars=variables,
            quiet=True,
        )


class Tower:
    """Runs a workflow as AWX does: artifacts of a job become variables of the ones after it."""

    def __init__(self, folder: Path, credential: dict[str, Any]) -> None:
        self.folder = folder
        self.credential = credential
        self.templates = {one["name"]: one for one in TEMPLATES["controller_templates"]}
        self.jobs: list[Any] = []
        self.artifacts: dict[str, Any] = {}

    def run(
        self,
        name: str,
        definitions: list[dict[str, Any]],
        approve: Callable[[str], None] = lambda _output: None,
        answers: Mapping[str, object] | None = None,
    ) -> str:
        """Run a workflow; return the identifier of the node that failed, if one did.

        `approve` gets the output of the job before the approval; `answers` are those that differ
        from the defaults of the survey.
        """
        workflow = next(one for one in TEMPLATES["controller_workflows"] if one["name"] == name)
        nodes = {node["identifier"]: node for node in workflow["simplified_workflow_nodes"]}
        asked = workflow.get("survey_spec", {}).get("spec", [])
        given = {one["variable"]: one["default"] for one in asked} | dict(answers or {})
        self.artifacts = {}
        position = next(iter(nodes))
        while position:
            node = nodes[position]
            if "approval_node" in node:
                approve(self.jobs[-1].stdout.read())
            else:
                template = self.templates[node["unified_job_template"]]
                variables = dict(template.get("extra_vars", {}))
                # otherwise AWX hands nothing over
                assert template["ask_variables_on_launch"]
                variables |= {**given, **self.artifacts}
                has_login = "credentials" in template
                folder = self.folder / f"job_{len(self.jobs)}"
                job = Job(folder, self.credential if has_login else {"url": ""})
                done = job.run(template["playbook"], variables, definitions)
                self.jobs.append(done)
                if done.status != "successful":
                    return str(position)
                stats = [event for event in done.events if event["event"] == "playbook_on_stats"]
                self.artifacts |= stats[0]["event_data"].get("artifact_data", {})
            position = next(iter(node.get("success_nodes", [])), "")
        return ""


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


def test_awx_workflow_plans_waits_for_approval_applies_and_reports_drift(
    tmp_path: Path, server: NetServer, credential: dict[str, Any]
) -> None:
    tower = Tower(tmp_path, credential)
    definitions = settled(server, 40)
    # more than the output of a plan lists otherwise
    changed = definitions[:26]
    for one in changed:
        one["role"] = "Partner" if one["role"] != "Partner" else "Vendor"
    stale, added = changed[0]["user_name"], definitions[30]
    assert tower.run("Drift of external users", definitions) == "Report"
    assert tower.artifacts["external_users_status"] == {"localhost": "drift"}
    assert "out of sync: localhost" in " ".join(tower.jobs[-1].stdout.read().split())
    assert not server.journal.writes

    def approve(output: str) -> None:
        assert all(one["user_name"][:12] in output for one in changed)
        assert "more" not in output.partition("Installation:")[2].partition("Reports:")[0]
        assert not server.journal.writes
        server.tenant.change_user(stale, role_id=server.tenant.role_id("External user"))
        server.tenant.change_user(added["user_name"], is_active=not added["is_active"])

    assert tower.run("External users", definitions, approve) == "Apply"
    # exactly that plan: what moved meanwhile is refused, or not part of it
    assert len(server.journal.committed) == len(changed) - 1
    for one in changed[1:]:
        user = server.tenant.user(one["user_name"])
        assert user
        assert user.role_name == one["role"]

    # heal: one user only, as the survey has it
    server.journal.clear()
    answers = {"selected_users": f"{stale}, {added['user_name']}"}
    assert not tower.run("External users", definitions, answers=answers)
    assert len(server.journal.committed) == 2
    assert not tower.run("Drift of external users", definitions)
    assert tower.artifacts["external_users_status"] == {"localhost": "in_sync"}
    for done in tower.jobs:
        said = done.stdout.read() + json.dumps(list(done.events))
        assert server.admin[1] not in said


def test_awx_fails_closed(tmp_path: Path, server: NetServer, credential: dict[str, Any]) -> None:
    definitions = settled(server, 3)
    definitions[0]["is_active"] = not definitions[0]["is_active"]
    apply = Job(tmp_path / "without_plan", credential).run("apply.yml", {}, definitions)
    assert apply.status == "failed"
    assert "plan_required" in apply.stdout.read()
    lost_plans: dict[str, dict[str, Any]] = {"empty": {}, "of_another_host": {"north": {}}}
    for name, plans in lost_plans.items():
        job = Job(tmp_path / name, credential)
        done = job.run("apply.yml", {"external_users_plans": plans}, definitions)
        assert done.status == "failed"
    lost = Job(tmp_path / "lost", credential).run("drift.yml", {}, definitions)
    assert lost.status == "failed"
    assert not server.journal.writes


EVENTS = """
- name: Set passwords
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    connection_options: &connection
      url: "{{ url }}"
      auth_username: "{{ username }}"
      auth_password: "{{ password }}"
      app_token: "{{ app }}"
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Set one
      superoffice.crm.superoffice_external_user:
        <<: *connection
        user_name: anna
        password: "{{ first }}"
        update_password: always
      register: set
      # the second attempt gets the same arguments
      until: set.attempts == 2
      retries: 3
      delay: 0
    - name: Set many
      superoffice.crm.superoffice_external_users:
        <<: *connection
        users: [{user_name: "{{ item }}", password: "{{ second }}", update_password: always}]
        passwords: {dora: "{{ second }}"}
      loop: [bo, cilla]
    - name: Make a mistake
      superoffice.crm.superoffice_external_user:
        <<: *connection
        user_name: anna
        pasword: "{{ first }}"
      ignore_errors: true
"""


@pytest.mark.parametrize("in_process", [True, False])
def test_event_data_of_a_job_hold_no_secret(
    in_process: bool, tmp_path: Path, server: NetServer, credential: dict[str, Any]
) -> None:
    """Events hold the arguments of each task, with the values of their variables."""
    secrets = {name: f"Canary-{name}-3f9a-Aa1" for name in ("first", "second", "app")}
    for name in ("anna", "bo", "cilla"):
        server.tenant.add_external_user(name, role_id=5, password="Old-password-1")
    tmp_path.joinpath("project").mkdir()
    tmp_path.joinpath("project/play.yml").write_text(EVENTS)
    done = ansible_runner.run(
        private_data_dir=str(tmp_path),
        playbook="play.yml",
        extravars={**secrets, **credential, "superoffice_in_process": in_process},
        envvars={"ANSIBLE_NOCOLOR": "1", "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1"},
        verbosity=4,
        quiet=True,
    )
    assert done.status == "successful", done.stdout.read()
    assert server.tenant.password_matches("anna", secrets["first"])
    assert server.tenant.password_matches("cilla", secrets["second"])
    events = [json.dumps(event) for event in done.events]
    assert len([event for event in events if "task_args" in event]) > 5
    for secret in (*secrets.values(), credential["password"]):
        assert not [event for event in events if secret in event]


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
    templates = {one["name"]: one for one in TEMPLATES["controller_templates"]}
    for template in templates.values():
        assert EXAMPLE.joinpath(template["playbook"]).exists()
        # a job that only reports needs no login
        wanted = None if template["playbook"] == "drift.yml" else [TYPE["name"]]
        assert template.get("credentials") == wanted
        assert template["project"] in {one["name"] for one in TEMPLATES["controller_projects"]}
    workflows = {one["name"]: one for one in TEMPLATES["controller_workflows"]}
    for workflow in workflows.values():
        nodes = workflow["simplified_workflow_nodes"]
        known = {node["identifier"] for node in nodes}
        for node in nodes:
            assert ("approval_node" in node) != (node.get("unified_job_template") in templates)
            assert set(node.get("success_nodes", [])) <= known
    assert TEMPLATES["controller_schedules"][0]["unified_job_template"] in workflows
    # what the survey asks for is a variable of the repository or of the role
    variables = EXAMPLE.joinpath("inventory/group_vars/superoffice.yml").read_text()
    for question in workflows["External users"]["survey_spec"]["spec"]:
        assert question["variable"] in variables


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
    wanted = [{"name": "superoffice.crm", "version": "1.0.0"}]
    assert collections["collections"] == wanted
