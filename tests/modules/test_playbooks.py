# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible itself on each execution path: vault, module_defaults, environment, -vvv, async."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.netserver import NetServer

VAULT, PASSWORD = "vault-password-1", "Vaulted-password-1"
APP_TOKEN = "application-token-1"

PLAY = """
- name: One user
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    wanted: superoffice.crm.superoffice_external_user
    vaulted: !vault |
{vaulted}
    vaulted_token: !vault |
{token}
    vaulted_login: !vault |
{login}
  module_defaults:
    group/superoffice.crm.superoffice:
      auth_username: "{{{{ login }}}}"
      auth_password: "{{{{ vaulted_login }}}}"
      language: nb
      retries: 0
      app_token: "{{{{ vaulted_token }}}}"
  environment:
    SUPEROFFICE_URL: "{{{{ url }}}}"
{environment}
  tasks:
    - name: Foresee
      superoffice.crm.superoffice_external_user: &anna
        person_id: "{{{{ person }}}}"
        user_name: anna@example.com
        password: "{{{{ vaulted }}}}"
        update_password: when_changed
        role: Leverandør
      check_mode: true
      register: predicted
    - name: Create
      superoffice.crm.superoffice_external_user: *anna
      register: created
    - name: Again
      superoffice.crm.superoffice_external_user: *anna
      register: again
    - name: In the background
      superoffice.crm.superoffice_external_user:
        user_name: anna@example.com
        is_active: false
      async: "{{{{ 30 if in_background else 0 }}}}"
      poll: 1
      register: background
    - name: A wrong role
      superoffice.crm.superoffice_external_user:
        user_name: anna@example.com
        role: No such role
      ignore_errors: true
      register: refused
    - name: An unknown option
      superoffice.crm.superoffice_external_user:
        user_name: anna@example.com
        rolle: Partner
      ignore_errors: true
      register: mistyped
    - name: Delete
      superoffice.crm.superoffice_external_user:
        person_id: "{{{{ person }}}}"
        user_name: anna@example.com
        state: absent
    - name: Compare
      ansible.builtin.assert:
        that:
          - predicted is changed
          - created is changed
          - predicted.diff == created.diff
          - created.user.role == "Leverandør"
          - created.user.is_active
          - again is not changed
          - again.password_status == "verified"
          - background is changed
          - background.modification == ["Active"]
          - refused is failed
          - refused is not changed
          - refused.error.kind == "role"
          - "'Kunde' in refused.msg"
          - mistyped is failed
          - "'Unsupported parameters for (' ~ wanted ~ ') module: rolle' in mistyped.msg"
"""


def vaulted(text: str) -> str:
    secret = VaultSecret(VAULT.encode())
    encrypted = VaultLib([("default", secret)]).encrypt(text, secret)
    return "\n".join(" " * 6 + line for line in encrypted.decode().splitlines())


def run_play(play: str, folder: Path, variables: dict[str, Any]) -> str:
    """Run a play with -vvv, and return all that it printed."""
    (folder / "play.yml").write_text(play, encoding="utf-8")
    (folder / "vault").write_text(VAULT)
    (folder / "variables.json").write_text(json.dumps(variables))
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "--diff",
            "--vault-password-file", str(folder / "vault"),
            "-e", f"@{folder / 'variables.json'}", str(folder / "play.yml"),
        ],
        check=False, capture_output=True, text=True, timeout=120, cwd=folder,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "False",
             "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
             "ANSIBLE_INJECT_INVOCATION": "true",  # ansible-core 2.21 leaves it out else
             "ANSIBLE_ASYNC_DIR": str(folder / "async"),
             "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
             "ANSIBLE_REMOTE_TEMP": str(folder / "remote")},
    )  # fmt: skip
    output = run.stdout + run.stderr
    assert run.returncode == 0, output[-4000:]
    return output


@pytest.mark.parametrize("execution_path", ["in_process", "module"])
def test_play_runs_on_both_execution_paths_without_a_secret_in_its_output(
    execution_path: str, server: NetServer, tenant: Any, journal: Any, tmp_path: Path
) -> None:
    person = tenant.add_person(first_name="Anna")
    play = PLAY.format(
        vaulted=vaulted(PASSWORD),
        token=vaulted(APP_TOKEN),
        login=vaulted(server.admin[1]),
        # a variable that is none of ours makes the action plugin leave the work to the module
        environment="    FOO: bar" if execution_path == "module" else "",
    )
    variables = {
        "url": server.url,
        "login": server.admin[0],
        "person": person,
        "in_background": execution_path == "in_process",
    }
    output = run_play(play, tmp_path, variables)
    assert re.search(r"failed=0\s+skipped=0\s+rescued=0\s+ignored=2", output)
    for text in (PASSWORD, server.admin[1], APP_TOKEN, "Traceback"):
        assert text not in output
    assert "Leverandør" in output
    assert '"password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"' in output
    # a job in the background is a module
    modules = len(re.findall(r"PUT \S+ TO \S+AnsiballZ_superoffice_external_user.py", output))
    assert modules == (1 if execution_path == "in_process" else 7)
    assert tenant.users() == []
    writes = [(e.operation, e.argument("ExternalUserInfoModification")) for e in journal.committed]
    assert writes == [
        ("CreateExternalUser", None),
        ("SetExternalUserInfo", "Active"),
        ("DeleteExternalUser", None),
    ]
    assert journal.committed[0].argument("Password") == journal.digest(PASSWORD)
    assert {entry.app_token for entry in journal.entries} == {journal.digest(APP_TOKEN)}
    assert {entry.headers["SO-Language"] for entry in journal.entries} == {"nb"}


SECRETS_IN_ENVIRONMENT = """
- name: One user
  hosts: localhost
  connection: local
  gather_facts: false
  environment:
    SUPEROFFICE_URL: "{{ url }}"
    SUPEROFFICE_USERNAME: "{{ login }}"
    SUPEROFFICE_PASSWORD: "{{ login_password }}"
  tasks:
    - name: Close
      superoffice.crm.superoffice_external_user:
        user_name: anna
        is_active: "{{ false }}"
        password: "{{ password }}"
        update_password: always
"""


def test_secrets_from_the_environment_are_used_and_never_printed(
    server: NetServer, tenant: Any, tmp_path: Path
) -> None:
    associate_id = tenant.add_external_user("anna")
    variables = {"url": server.url, "login": server.admin[0], "login_password": server.admin[1]}
    output = run_play(SECRETS_IN_ENVIRONMENT, tmp_path, {**variables, "password": PASSWORD})
    assert not tenant.user(associate_id).is_active
    assert tenant.password_matches(associate_id, PASSWORD)
    assert '+    "password": "(set)"' in output
    for secret in (PASSWORD, server.admin[1]):
        assert secret not in output
