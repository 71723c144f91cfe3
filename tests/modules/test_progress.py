# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress of a long run: shown in a terminal, and nowhere else."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.netserver import NetServer

PLAY = """
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - superoffice.crm.superoffice_external_users:
        src: ["{{ playbook_dir }}/users.json"]
        concurrency: 2
      check_mode: "{{ check | default(false) }}"
      register: result
    - ansible.builtin.copy:
        content: "{{ result | to_json }}"
        dest: "{{ playbook_dir }}/result.json"
        mode: "0600"
      run_once: true
"""
USERS = 40
Play = Callable[..., list[str]]


@pytest.fixture
def play(tmp_path: Path, server: NetServer) -> Iterator[Play]:
    """A run that creates users within some seconds; returns the command."""
    first = server.tenant.add_person()
    for _number in range(USERS - 1):
        server.tenant.add_person()
    users = [
        {"user_name": f"u{number}", "person_id": first + number, "role": "Partner",
         "password": "A-password-1"}
        for number in range(USERS)
    ]  # fmt: skip
    (tmp_path / "users.json").write_text(json.dumps({"users": users}))
    (tmp_path / "play.yml").write_text(PLAY)

    def command(*hosts: str, check: bool = False) -> list[str]:
        inventory = ",".join([*hosts, ""])
        extra = json.dumps({"check": check, "ansible_python_interpreter": sys.executable})
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        return [program, "-i", inventory, "-e", extra, "play.yml"]

    server.latency = 0.09
    yield command
    server.latency = 0


@pytest.fixture
def environment(server: NetServer) -> dict[str, str]:
    name, password = server.admin
    return {
        **os.environ,
        "SUPEROFFICE_URL": server.url,
        "SUPEROFFICE_USERNAME": name,
        "SUPEROFFICE_PASSWORD": password,
    }


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


def test_terminal_shows_progress_rate_and_time_left(
    tmp_path: Path, play: Play, environment: dict[str, str]
) -> None:
    printed = in_terminal(play("here"), tmp_path, environment)
    for word in ("validating", "writing"):
        lines = [line for line in printed.split("\r") if line.startswith(f"  {word} ")]
        assert lines, printed
        assert f" of {USERS} users, " in lines[-1]
        assert "/s, " in lines[-1]
        assert lines[-1].rstrip().endswith(" left")
    # the line is erased before Ansible says how the task ended
    assert "\r  writing" not in printed[printed.index("changed: [here]") :]
    assert result_of(tmp_path)["summary"]["created"] == USERS
    assert "writing" not in json.dumps(result_of(tmp_path))


def test_terminal_shows_progress_of_reading(
    tmp_path: Path, play: Play, server: NetServer, environment: dict[str, str]
) -> None:
    server.tenant.add_external_users({"user_name": f"old{number}"} for number in range(7000))
    server.latency = 0.5
    (tmp_path / "users.json").write_text(json.dumps({"users": [{"user_name": "old1"}]}))
    printed = in_terminal(play("here", check=True), tmp_path, environment)
    assert re.search(r"\r  reading \d,\d{3} users, [\d,]+/s", printed), printed


def test_parallel_hosts_write_complete_lines_with_their_names(
    tmp_path: Path, play: Play, environment: dict[str, str]
) -> None:
    printed = in_terminal(play("one", "two", check=True), tmp_path, environment)
    lines = [line for line in printed.splitlines() if "validating" in line]
    for line in lines:
        form = rf"\[(one|two)\] validating \d+ of {USERS} users, [\d,]+/s, \d+ s left"
        assert re.fullmatch(form, line), printed
    assert {line[1:4] for line in lines} == {"one", "two"}


def test_pipe_and_other_callbacks_show_no_progress(
    tmp_path: Path, play: Play, environment: dict[str, str]
) -> None:
    def in_pipe() -> str:
        return subprocess.run(
            play("here", check=True), cwd=tmp_path, env=environment, capture_output=True,
            text=True, check=True, timeout=120,
        ).stdout  # fmt: skip

    def with_other_callback() -> str:
        other = {**environment, "ANSIBLE_STDOUT_CALLBACK": "minimal"}
        return in_terminal(play("here", check=True), tmp_path, other)

    with ThreadPoolExecutor(2) as pool:
        piped, other = pool.submit(in_pipe), pool.submit(with_other_callback)
    assert "validating" not in piped.result()
    assert "\r" not in piped.result()
    assert "validating" not in other.result()
