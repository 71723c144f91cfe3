# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run each target of ansible-test's grammar by ansible-playbook, against a server of its own.

The same targets run under `ansible-test integration`, where `setup_netserver` starts the server.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.server_process import ServerProcess

TARGETS = Path(__file__).with_name("targets")
SECONDS = 240


def aliases(target: Path) -> set[str]:
    """What a target says about itself, one word a line."""
    file = target / "aliases"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {line.partition("#")[0].strip() for line in lines} - {""}


def visible_targets() -> list[str]:
    """All but those that only serve others, or are switched off."""
    return sorted(
        path.name
        for path in TARGETS.iterdir()
        if path.is_dir() and not aliases(path) & {"hidden", "disabled"}
    )


@pytest.mark.parametrize("target", visible_targets())
def test_integration_target(target: str, netserver_process: ServerProcess, tmp_path: Path) -> None:
    """The target passes; if it does not, Ansible's own words are the message."""
    # JSON is YAML; host variables, so that a task may still choose another connection
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "ns": "it" + secrets.token_hex(3),
        # `ansible-test integration` runs the module as well, which takes much longer
        "execution_paths": [{"name": "in process", "environment": {}}],
        **netserver_process.variables,
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"testhost": host}}}), encoding="utf-8")
    play = {"name": target, "hosts": "testhost", "gather_facts": False, "roles": [target]}
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")

    # `python -m ansible`: needs no PATH
    command = [
        sys.executable,
        "-m",
        "ansible",
        "playbook",
        "-v",
        "-i",
        str(inventory),
        str(playbook),
    ]
    outcome = subprocess.run(
        command,
        cwd=tmp_path,
        env={
            **netserver_process.environment,
            "ANSIBLE_ROLES_PATH": str(TARGETS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if outcome.returncode != 0:
        pytest.fail(f"{target} failed:\n{outcome.stdout}", pytrace=False)
