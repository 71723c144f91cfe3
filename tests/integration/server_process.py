# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An embedded NetServer in a process of its own, as users start it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60
SECONDS_TO_STOP = 10


@dataclasses.dataclass(frozen=True)
class ServerProcess:
    """Where a running server is, and how to sign in."""

    url: str
    journal: str
    username: str
    password: str = dataclasses.field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """For playbooks; the targets know no other names."""
        return {
            "superoffice_url": self.url,
            "superoffice_journal": self.journal,
            "superoffice_username": self.username,
            "superoffice_password": self.password,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this process and what the connection options fall back to."""
        return {
            **{
                key: value
                for key, value in os.environ.items()
                if not key.startswith("SUPEROFFICE_")
            },
            "SUPEROFFICE_URL": self.url,
            "SUPEROFFICE_USERNAME": self.username,
            "SUPEROFFICE_PASSWORD": self.password,
        }


def first_line(output: IO[str], seconds: float) -> str:
    """Return the line that the server prints when it listens, or an empty string."""
    ready = select.select([output], [], [], seconds)[0]
    return output.readline() if ready else ""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[ServerProcess]:
    """A fresh server with some persons and users; its standard error goes to a file in `folder`."""
    username, password = "automation", secrets.token_urlsafe(24)
    error_log = folder / "netserver.err"
    command = [
        sys.executable,
        "-m",
        "tests.netserver",
        "--port",
        "0",
        "--users",
        "10",
        "--persons",
        "40",
    ]
    with (
        error_log.open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            [*command, f"--admin={username}:{password}"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = first_line(process.stdout, SECONDS_TO_START)
            if not line:
                pytest.fail(f"The NetServer did not start:\n{error_log.read_text()}", pytrace=False)
            place = json.loads(line)
            yield ServerProcess(place["url"], place["journal"], username, password)
        finally:
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
