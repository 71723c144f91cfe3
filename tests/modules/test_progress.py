# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line that shows how far a long run is: seen in a terminal, and nowhere else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.netserver import NetServer

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - superoffice.crm.superoffice_external_users:
        users: []
        allow_empty: true
        prune: deactivate
        prune_scope: all
        limits: {deactivate: null}
        concurrency: 2
      register: result
    - ansible.builtin.copy:
        content: "{{ result | to_json }}"
        dest: "{{ playbook_dir }}/result.json"
        mode: "0600"
"""
USERS = 70


@pytest.fixture
def play(tmp_path: Path, server: NetServer) -> Any:
    """A run of some seconds; returns the command, and its environment."""
    server.tenant.add_external_users({"user_name": f"u{number}"} for number in range(USERS))
    (tmp_path / "play.yml").write_text(PLAY)
    name, password = server.admin
    environment = {
        **os.environ,
        "SUPEROFFICE_URL": server.url,
        "SUPEROFFICE_USERNAME": name,
        "SUPEROFFICE_PASSWORD": password,
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
    }
    server.latency = 0.09
    yield [str(Path(sys.executable).with_name("ansible-playbook")), "play.yml"], environment
    server.latency = 0


def in_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command prints in a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        printed = bytearray()

        def read() -> None:
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # the other end is closed
                    return
                if not piece:
                    return
                printed.extend(piece)

        reader = threading.Thread(target=read)
        reader.start()
        process.wait(120)
        reader.join(10)
    os.close(ours)
    assert process.returncode == 0, printed.decode()
    return printed.decode()


def result_of(folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result


def test_a_terminal_shows_done_rate_and_time_left_and_the_result_nothing_of_it(
    tmp_path: Path, play: Any
) -> None:
    printed = in_terminal(play[0], tmp_path, play[1])
    lines = [line for line in printed.split("\r") if line.startswith("  changing ")]
    assert lines, printed
    assert f" of {USERS} users, " in lines[0]
    assert "/s, " in lines[0]
    assert lines[0].rstrip().endswith(" left")
    # the line is wiped before Ansible says how the task ended
    assert "\r  changing" not in printed[printed.index("changed: [localhost]") :]
    assert result_of(tmp_path)["summary"]["deactivated"] == USERS
    assert "changing" not in json.dumps(result_of(tmp_path))


def test_another_callback_is_left_alone(tmp_path: Path, play: Any) -> None:
    printed = in_terminal(play[0], tmp_path, {**play[1], "ANSIBLE_STDOUT_CALLBACK": "minimal"})
    assert "changing" not in printed


def test_a_pipe_gets_nothing_of_it(tmp_path: Path, play: Any) -> None:
    done = subprocess.run(
        play[0], cwd=tmp_path, env=play[1], capture_output=True, text=True, check=True
    )
    assert "changing" not in done.stdout
    assert "\r" not in done.stdout
