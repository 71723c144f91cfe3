# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module in its own process, with limited memory and time."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import tree
from tests.modules.execution_paths import PACKAGE, Result

# the limit is set in the process itself, before anything of ours is loaded; since 2.19 ansible-core
# wants to be told how the arguments are written
_START = """
import resource, runpy, sys
_code, memory, name = sys.argv
del sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import ansible.module_utils.basic
ansible.module_utils.basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module(name, run_name="__main__", alter_sys=False)
"""
GIGABYTE = 1024**3


@dataclasses.dataclass(frozen=True)
class Finished:
    """The result, memory and time of a module that ended."""

    result: Result
    stderr: str
    megabytes: float
    seconds: float


def start(name: str, arguments: Result, folder: Path, memory: int = GIGABYTE) -> RunningModule:
    """Start a module; its printout goes to files in `folder`."""
    output, errors = folder / "stdout", folder / "stderr"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUPEROFFICE_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(tree), os.environ.get("PYTHONPATH", "")])
    passed = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    command = [sys.executable, "-c", _START, str(memory), f"{PACKAGE}.modules.{name}"]
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, env=environment
        )
    assert process.stdin
    process.stdin.write(passed)
    process.stdin.close()
    return RunningModule(process, output, errors, time.monotonic())


@dataclasses.dataclass(frozen=True)
class RunningModule:
    """A running module."""

    process: subprocess.Popen[bytes]
    output: Path
    errors: Path
    begun: float

    def kill(self) -> None:
        """Kill the process."""
        self.process.kill()

    def wait(self, seconds: float = 60) -> Finished:
        """Wait for the end; a process that is too slow is killed, and the test fails."""
        deadline = time.monotonic() + seconds
        most = 0.0
        while self.process.poll() is None:
            most = max(most, self._megabytes())
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"The module still ran after {seconds} seconds.")
            time.sleep(0.005)
        seconds_taken = time.monotonic() - self.begun
        printed = self.output.read_text(encoding="utf-8").strip()
        is_result = printed.startswith("{")
        errors = self.errors.read_text(encoding="utf-8")
        result = json.loads(printed) if is_result else {}
        return Finished(result, errors if is_result else errors + printed, most, seconds_taken)

    def _megabytes(self) -> float:
        """The most memory that the process ever had; what getrusage says begins with ours."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return 0
        return float(status.partition("VmHWM:")[2].partition("kB")[0].strip() or 0) / 1024


def run(name: str, arguments: Result, *, memory: int = GIGABYTE, seconds: float = 60) -> Finished:
    """Run a module within limits."""
    with tempfile.TemporaryDirectory() as folder:
        return start(name, arguments, Path(folder), memory).wait(seconds)
