# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks as people do: in a process, in a folder, the connection in the environment."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

from tests.netserver import NetServer

SECONDS = 600


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a playbook ended with."""

    code: int
    output: str

    @property
    def words(self) -> str:
        """What it said, whatever lines the words are broken into."""
        return " ".join(self.output.split())

    def task_failed(self, text: str) -> bool:
        """Whether the play failed, and said so in these words."""
        return self.code == 2 and text in self.words


@dataclasses.dataclass(frozen=True)
class Workspace:
    """A folder that playbooks are run in, and the installation that they are about."""

    folder: Path
    environment: dict[str, str]

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run a playbook, with `variables` as extra variables."""
        return self.run(self.command(playbook, *arguments, **variables))

    def run(self, command: list[str]) -> Outcome:
        """Run a command, as a job does that has no terminal."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)

    def command(
        self, playbook: str, *arguments: str, python: str = sys.executable, **variables: Any
    ) -> list[str]:
        """Return the command that runs a playbook."""
        command = [python, "-m", "ansible", "playbook", playbook, *arguments]
        return [*command, "-e", json.dumps(variables)] if variables else command

    def on_terminal(self, columns: int, command: list[str]) -> Outcome:
        """Run a command on a terminal of this width."""
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        environment = {k: v for k, v in self.environment.items() if k != "ANSIBLE_NOCOLOR"}
        environment |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        end = time.monotonic() + SECONDS
        output = b""
        while time.monotonic() < end and select.select([ours], [], [], end - time.monotonic())[0]:
            try:
                output += os.read(ours, 65_536)
            except OSError:  # the terminal is closed: the command has ended
                break
        os.close(ours)
        try:
            code = process.wait(max(0, end - time.monotonic()))
        finally:
            process.kill()
        return Outcome(code, output.decode().replace("\r\n", "\n"))

    def ok(self, playbook: str, *arguments: str, **variables: Any) -> str:
        """Run a playbook that has to succeed; return its output."""
        outcome = self.play(playbook, *arguments, **variables)
        assert outcome.code == 0, outcome.output
        return outcome.output

    def write(self, name: str, text: str) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, name: str) -> str:
        """Return the text of a file in the folder."""
        return self.folder.joinpath(name).read_text(encoding="utf-8")

    def report(self, name: str = "reports/report.json") -> dict[str, Any]:
        """Return a report that was written as JSON."""
        document: dict[str, Any] = json.loads(self.read(name))
        return document

    def mode(self, name: str) -> int:
        """Return who may read a file."""
        return self.folder.joinpath(name).stat().st_mode & 0o777


def workspace(folder: Path, server: NetServer | None) -> Workspace:
    """Make a folder in which the playbooks find `server`."""
    foreign = ("SUPEROFFICE_", "GITHUB_", "GITLAB_", "CI_")
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(foreign) and not key.lower().endswith("_proxy")
    }
    environment |= {
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    if server:
        environment |= {
            "SUPEROFFICE_URL": server.url,
            "SUPEROFFICE_USERNAME": server.admin[0],
            "SUPEROFFICE_PASSWORD": server.admin[1],
            "SUPEROFFICE_RETRIES": "0",
        }
    return Workspace(folder, environment)
