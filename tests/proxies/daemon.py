# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A daemon as a child process on a loopback port: started in the foreground, killed at the end."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

SECONDS_TO_START = 20.0
SECONDS_TO_STOP = 5.0
SECONDS_FOR_EVENT = 30.0
# below the range from which the kernel takes ports for outgoing connections and for port 0
PORTS = range(20_000, 32_000)
ATTEMPTS = 5
SHARED_MEMORY = Path("/dev/shm")
LONGEST_LOG = 8_000
# where daemons are, and ordinary users do not look
SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class DidNotStart(Exception):
    """A daemon ended, or did not listen in time."""


def program(name: str, package: str | None = None) -> str:
    """Return the path of a program; skip the test where it is not installed."""
    path = shutil.which(name, path=SYSTEM_PATH)
    if path is None:
        pytest.skip(f"{name} is not installed (package {package or name})")
    return path


class Daemon:
    """A process that listens on a port of 127.0.0.1, with its files in `folder`.

    `shared_memory` is a glob of the segments that are left when it is killed.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        port: int,
        environment: Mapping[str, str] | None = None,
        shared_memory: str | None = None,
    ) -> None:
        self.name = name
        self.command = command
        self.folder = folder
        self.port = port
        self.environment = environment
        self.shared_memory = shared_memory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; returns when it accepts connections."""
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise DidNotStart(f"{self.name} did not start:\n{self.logs()}")
            time.sleep(0.01)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the main process."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End the process and its workers at once, as a crash does."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(SECONDS_TO_STOP)
        self._process = None
        for path in SHARED_MEMORY.glob(self.shared_memory) if self.shared_memory else ():
            path.unlink(missing_ok=True)

    def restart(self) -> None:
        """Kill the process, and start it again on the same port."""
        self.kill()
        self.start()

    @property
    def output(self) -> Path:
        return self.folder / f"{self.name}.out"

    def logs(self) -> str:
        """Return the ends of all log files."""
        files = [self.output, *sorted(self.folder.glob("*.log"))]
        texts = [
            f"--- {file.name}\n{file.read_text(errors='replace')[-LONGEST_LOG:]}"
            for file in files
            if file.exists() and file.stat().st_size
        ]
        return "\n".join(texts)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port on which nothing listens, and which no other socket gets by chance."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise RuntimeError("there is no free port")


def start(build: Callable[[int], Daemon]) -> Daemon:
    """Start what `build` makes for a port; another port is tried where one was taken meanwhile."""
    for attempt in range(ATTEMPTS):
        daemon = build(free_port())
        try:
            daemon.start()
        except DidNotStart:
            if attempt == ATTEMPTS - 1 or "in use" not in daemon.logs():
                raise
        else:
            return daemon
    raise AssertionError("unreachable")


@contextlib.contextmanager
def meanwhile(action: Callable[[], None]) -> Iterator[None]:
    """Do `action` in a thread beside the body; an error of it fails the test."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        # what it starts must not outlive the test, also where that has failed
        thread.join(SECONDS_FOR_EVENT)
    assert not thread.is_alive(), "what was to happen meanwhile has not happened"
    if errors:
        raise errors[0]
