# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Relative paths start at the folder of the playbook, on either execution path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.netserver import NetServer

ADMIN = ("automation", "long-enough-Admin-1-password")


def play(
    folder: Path, server: NetServer, host: str, vars_files: Sequence[str] = (), **options: object
) -> str:
    """Run a task of a playbook in `folder` from another current folder; return the output."""
    task = {
        "superoffice.crm.superoffice_external_users": {
            "url": server.url,
            "auth_username": ADMIN[0],
            "auth_password": ADMIN[1],
            **options,
        }
    }
    playbook = folder / "play.yml"
    settings = {"hosts": host, "gather_facts": False, "vars_files": list(vars_files)}
    playbook.write_text(json.dumps([{**settings, "tasks": [task]}]), encoding="utf-8")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "far,", str(playbook)]
    outcome = subprocess.run(
        command,
        cwd=elsewhere,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return outcome.stdout.decode()


@pytest.mark.parametrize("in_process", ["true", "false"])
def test_relative_paths_start_at_the_folder_of_the_playbook(
    in_process: str, server: NetServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPEROFFICE_IN_PROCESS", in_process)
    server.tenant.add_external_user("anna", role_id=5)
    users = tmp_path / "users"
    users.mkdir()
    users.joinpath("a.yml").write_text("users: [{user_name: anna, role: Vendor}]", encoding="utf-8")
    output = play(tmp_path, server, "localhost", src=["users"], journal="journal.jsonl")
    assert "changed=1" in output, output
    assert tmp_path.joinpath("journal.jsonl").exists()
    [anna] = server.tenant.users()
    assert anna.role_name == "Vendor"


def test_relative_paths_are_refused_on_a_remote_host(server: NetServer, tmp_path: Path) -> None:
    output = play(tmp_path, server, "far", src=["users"])
    assert "src must be an absolute path on a remote host, not users" in output
    assert server.journal.entries == []
