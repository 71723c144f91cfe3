# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command as a user would, and measures it: seconds, and memory of all its processes."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

INTERVAL = 0.02
# what hangs must not keep the other parts from being measured
LONGEST = 120
MEGABYTE = 1e6


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What a command took, and what it printed."""

    seconds: float
    megabytes: float
    output: str


class Failed(Exception):
    """A command that did not do what was to be measured."""


def run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, *, is_watched: bool
) -> Measurement:
    """Run a command and measure it.

    The time is that from its start to its end. If the command is watched, which costs some time,
    the memory is the highest sum over the command and
    all processes that it starts, looked at every 20 ms: of their proportional set sizes, in which
    memory that processes share counts once.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with _Watch(process.pid) if is_watched else _no_watch() as watch:
        try:
            output, _nothing = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise Failed(f"{' '.join(command)} took more than {LONGEST} seconds.") from error
        seconds = time.perf_counter() - began
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    return Measurement(seconds, watch.peak / MEGABYTE if watch else 0.0, output)


@contextlib.contextmanager
def _no_watch() -> Iterator[None]:
    yield None


def clean_environment() -> dict[str, str]:
    """Return the environment of this process, with a quiet Ansible and nothing of the service."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SUPEROFFICE_", "ANSIBLE_")) and not name.lower().endswith("_proxy")
    }
    names = ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_PYTHON_INTERPRETER")
    return {
        **kept,
        **{name: os.environ[name] for name in names if name in os.environ},
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_NOCOLOR": "True",
        # a person's own settings would be measured along with it
        "ANSIBLE_CONFIG": str(Path(__file__).parent / "plays" / "ansible.cfg"),
    }


class _Watch:
    """Takes note of the memory of a process and its descendants, until it is left."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._root = psutil.Process(pid)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(INTERVAL):
            with contextlib.suppress(psutil.Error):
                family = [self._root, *self._root.children(recursive=True)]
                self.peak = max(self.peak, sum(map(_size, family)))


def _size(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:  # it has ended
        return 0
    return int(getattr(memory, "pss", memory.uss)) if sys.platform == "linux" else int(memory.uss)
