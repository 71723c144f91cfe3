# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are stopped while they write: no further write, a journal, and a true result."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.modules.conftest import ADMIN
from tests.modules.execution_paths import run_in_process
from tests.netserver import NetServer

USERS = 400
PLAY = """
- name: Change many users
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    superoffice_in_process: {in_process}
    ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
  tasks:
    - name: Give another role
      superoffice.crm.superoffice_external_users:
        src: [{users}]
        journal: {journal}
        concurrency: 4
        verify: false
      timeout: {timeout}
      register: changed
      ignore_errors: true
    - name: Keep the result
      ansible.builtin.copy:
        content: "{{{{ changed }}}}"
        dest: {result}
        mode: "0600"
"""


@pytest.fixture
def slow_server() -> Iterator[NetServer]:
    """A server with many users that takes 50 ms for each request."""
    with NetServer(users=USERS, admin=ADMIN) as server:
        server.latency = 0.1
        yield server


class Play:
    """A play that changes all users, in a process of its own."""

    def __init__(self, server: NetServer, folder: Path, *, in_process: bool, timeout: int) -> None:
        self.server, self.folder = server, folder
        names = [user.user_name for user in server.tenant.users()]
        definitions = {"users": [{"user_name": name, "role": "Vendor"} for name in names]}
        users = folder / "users.yml"
        users.write_text(yaml.safe_dump(definitions))
        self.journal = folder / "journal.jsonl"
        self.result_file = folder / "result.json"
        play = folder / "play.yml"
        play.write_text(
            PLAY.format(
                in_process=in_process,
                users=users,
                journal=self.journal,
                timeout=timeout,
                result=self.result_file,
            )
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ansible", "playbook", str(play)],
            env={
                **os.environ,
                "SUPEROFFICE_URL": server.url,
                "SUPEROFFICE_USERNAME": ADMIN[0],
                "SUPEROFFICE_PASSWORD": ADMIN[1],
                "PLAY_OF_TEST": str(folder),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_for_writes(self, number: int) -> None:
        """Wait until the server has seen some writes."""
        deadline = time.monotonic() + 60
        while len(self.server.journal.writes) < number:
            assert time.monotonic() < deadline, "no write came"
            time.sleep(0.02)

    def end(self) -> None:
        """End everything that the play started."""
        self.process.kill()
        self.process.wait(30)

    def processes(self) -> list[Path]:
        """The processes that it started and that still run; none where there is no /proc."""
        mark = f"PLAY_OF_TEST={self.folder}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append(process)
        return found

    def records(self) -> list[dict[str, Any]]:
        """The lines of the journal."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


def assert_no_more_writes(server: NetServer, seconds: float = 1.5) -> None:
    """No write comes any more, a second after the interruption."""
    time.sleep(1)
    before = len(server.journal.writes)
    time.sleep(seconds)
    assert len(server.journal.writes) == before < USERS


def assert_journal_is_true(play: Play) -> None:
    """What the journal calls done was done; nothing was written that it does not name."""
    records = play.records()
    intents = {one["step"]: one["associate_id"] for one in records if one["event"] == "intent"}
    done = {one["step"] for one in records if one["event"] == "outcome" and one["status"] == "done"}
    committed = {entry.argument("AssociateId") for entry in play.server.journal.committed}
    assert {intents[step] for step in done} <= committed <= set(intents.values())
    assert not [one for one in records if one["event"] == "end"]


@pytest.mark.parametrize("in_process", [True, False])
def test_the_task_keyword_timeout_stops_the_writes(
    in_process: bool, slow_server: NetServer, tmp_path: Path
) -> None:
    # a slow machine may need most of the time for the start; the writes take ten seconds
    for seconds in range(4, 60, 7):
        play = Play(slow_server, tmp_path, in_process=in_process, timeout=seconds)
        assert play.process.wait(120) == 0
        if slow_server.journal.writes:
            break
    assert_no_more_writes(slow_server)
    assert_journal_is_true(play)
    if in_process:
        result = json.loads(play.result_file.read_text())
        assert result["failed"] is True
        assert result["error"]["kind"] == "interrupted"
        assert result["changed"] is True
        written = len(slow_server.journal.committed)
        unknown = sum(1 for row in result["results"] if "is not known" in str(row["error"]))
        assert written - unknown <= result["summary"]["modified"] <= written
        assert result["summary"]["modified"] + result["summary"]["failed"] >= written
        assert "The run was interrupted" in result["msg"]


@pytest.mark.parametrize("in_process", [True, False])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_controller_stops_the_writes(
    number: signal.Signals, in_process: bool, slow_server: NetServer, tmp_path: Path
) -> None:
    play = Play(slow_server, tmp_path, in_process=in_process, timeout=0)
    try:
        play.wait_for_writes(5)
        play.process.send_signal(number)
        assert_no_more_writes(slow_server)
        assert_journal_is_true(play)
        play.end()
        deadline = time.monotonic() + 10
        while left := play.processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)
    finally:
        play.end()


class TimeIsUp(BaseException):
    """What Ansible raises at the limit of the task keyword `timeout`."""


@contextlib.contextmanager
def time_is_up_after(server: NetServer, writes: int) -> Iterator[None]:
    """Raise `TimeIsUp` in this thread when so many writes took effect."""

    def watch() -> None:
        server.journal.wait(writes, timeout=30, matching=lambda entry: entry.committed)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGALRM)

    def stop(*_signal: Any) -> None:
        raise TimeIsUp("Timed out after 5 seconds.")

    before = signal.signal(signal.SIGALRM, stop)
    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("is_bulk", [True, False])
def test_an_interruption_of_the_verification_tells_what_was_written(
    is_bulk: bool, server: NetServer, connection: dict[str, Any]
) -> None:
    names = ["anna", "bo"] if is_bulk else ["anna"]
    for name in names:
        server.tenant.add_external_user(name, role_id=5)
    definitions = [{"user_name": name, "role": "Vendor"} for name in names]

    def hang(_number: int, operation: str) -> None:
        if operation.startswith("Archive/") and server.journal.committed:
            time.sleep(3)

    server.before_request(hang)
    task = {"users": definitions} if is_bulk else definitions[0]
    module = "superoffice_external_users" if is_bulk else "superoffice_external_user"
    with time_is_up_after(server, len(names)):
        result = run_in_process(module, {**connection, **task, "timeout": 30}, False)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["error"]["kind"] == "interrupted"
    assert "verified" in result["msg"]
    assert "Timed out after 5 seconds" in result["msg"]
    if is_bulk:
        assert result["summary"]["modified"] == 2


def test_a_run_after_an_interrupted_one_tells_about_it_and_goes_on(
    slow_server: NetServer, tmp_path: Path
) -> None:
    play = Play(slow_server, tmp_path, in_process=True, timeout=0)
    play.wait_for_writes(5)
    play.process.kill()
    assert_no_more_writes(slow_server)
    play.end()
    slow_server.latency = 0
    run = run_in_process
    options = {
        "url": slow_server.url,
        "auth_username": ADMIN[0],
        "auth_password": ADMIN[1],
        "src": [str(tmp_path / "users.yml")],
        "journal": str(play.journal),
    }
    predicted = run("superoffice_external_users", options, True)
    told = predicted["unfinished_journal"]
    assert told["total"] == USERS
    assert 0 < told["done"] <= len(slow_server.journal.committed) <= told["done"] + 4
    assert len(told["unknown"]) <= 4
    result = run("superoffice_external_users", options, False)
    assert "failed" not in result, result["msg"]
    assert {user.role_name for user in slow_server.tenant.users()} == {"Vendor"}
    assert "unfinished_journal" not in run("superoffice_external_users", options, True)
