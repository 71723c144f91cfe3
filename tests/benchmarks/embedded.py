# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded NetServer in a process of its own, filled with users."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import typing
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# those of the server, which belong to nobody
ADMIN = ("system", "system-password")


@contextlib.contextmanager
def serving(
    users: int, *, persons: int = 0, latency: int = 0, choices: tuple[str, ...] = ()
) -> Iterator[str]:
    """Run a fresh server, and yield the URL of its site; `latency` is in milliseconds."""
    command = [
        *(sys.executable, "-m", "tests.netserver", "--port", "0"),
        *(f"--choice={choice}" for choice in choices),
        *("--users", str(users), "--persons", str(persons), "--latency", str(latency)),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            line = typing.cast(typing.IO[str], process.stdout).readline()
            yield json.loads(line)["url"]
        finally:
            process.terminate()


def forget(url: str) -> None:
    """Have a server forget what was asked of it so far."""
    urllib.request.urlopen(urllib.request.Request(_journal(url), method="DELETE")).close()


def asked(url: str) -> tuple[int, int]:
    """Return how many requests came since then, and how many of them changed something."""
    with urllib.request.urlopen(_journal(url)) as answer:
        entries = json.load(answer)
    return len(entries), sum(entry["committed"] for entry in entries)


def _journal(url: str) -> str:
    return urllib.parse.urljoin(url, "/journal")
