# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An embedded NetServer in a process of its own, which can be killed, and its files."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.netserver import Entry, NetServer, Tenant
from tests.proxies.daemon import Daemon

ROOT = Path(__file__).resolve().parents[2]


class Requests:
    """The request journal of the process, read from its file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def mark(self) -> int:
        """Return a point in time for `since`."""
        return len(self.since(0))

    def since(self, mark: int) -> list[Entry]:
        """Return the entries that came after `mark`."""
        if not self.file.exists():
            return []
        # the last line may be written at this moment
        lines = self.file.read_text(encoding="utf-8").splitlines(keepends=True)
        return [Entry(**json.loads(line)) for line in lines[mark:] if line.endswith("\n")]

    def wait(self, matching: Callable[[Entry], bool], timeout: float) -> None:
        """Wait until an entry matches."""
        deadline = time.monotonic() + timeout
        while not any(map(matching, self.since(0))):
            if time.monotonic() > deadline:
                raise TimeoutError("the request did not come")
            time.sleep(0.02)


class ServiceProcess:
    """The process, its state and its journal; `faults` last until it is started again."""

    def __init__(self, folder: Path, port: int, admin: tuple[str, str]) -> None:
        self.database = folder / "tenant.sqlite"
        self.journal = Requests(folder / "requests.jsonl")
        self.url = f"http://127.0.0.1:{port}/SuperOffice"
        if not self.database.exists():
            NetServer(admin=admin, database=self.database).tenant.close()
        self.tenant = Tenant(self.database)
        command = [
            *(sys.executable, "-m", "tests.netserver", "--port", str(port)),
            *("--admin", ":".join(admin), "--database", str(self.database)),
            *("--journal", str(self.journal.file)),
        ]
        path = os.pathsep.join([str(ROOT), *sys.path])
        environment = {**os.environ, "PYTHONPATH": path}
        self.daemon = Daemon("netserver", command, folder, port, environment)

    def add_fault(self, text: str) -> None:
        """Spoil requests from the next start on."""
        self.daemon.command += ["--fault", text]

    def recover(self) -> None:
        """Start the process again, without faults."""
        command = self.daemon.command
        if "--fault" in command:
            del command[command.index("--fault") :]
        self.daemon.restart()
