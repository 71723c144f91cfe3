# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as a user has it: built, installed, in a Python that knows no checkout."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.netserver import NetServer
from tools.ansible_test import files_of_checkout

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path("ansible_collections", "superoffice", "crm")
ADMIN = ("automation", "a-Password-of-automation-1")
SECONDS = 300


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine of a user: a home, a Python with Ansible, and the installed collection."""

    home: Path
    venv: Path
    artefact: Path

    @property
    def collections(self) -> Path:
        return self.home / "collections"

    @property
    def installed(self) -> Path:
        return self.collections / PLACE

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self.venv / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "ANSIBLE_NOCOLOR": "1",
            # this machine's own way to packages, if it has one
            **{k: v for k, v in os.environ.items() if k.startswith(("PIP_", "UV_", "SSL_"))},
        }

    def run(
        self,
        command: Sequence[str],
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder or self.home,
            env={**self.environment, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def must(
        self,
        *command: str,
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command that has to succeed."""
        done = self.run(command, folder, variables)
        assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    home = tmp_path_factory.mktemp("home")
    source = home / "source"
    for name in files_of_checkout():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    machine = Machine(home, home / "venv", home)
    subprocess.run([sys.executable, "-m", "venv", str(machine.venv)], check=True)
    version = importlib.metadata.version("ansible-core")
    wanted = [f"ansible-core=={version}", "-r", str(source / "meta" / "ee-requirements.txt")]
    python = str(machine.venv / "bin" / "python")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", python] if uv else []
    install = install or [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, *wanted], check=True)
    galaxy = str(machine.venv / "bin" / "ansible-galaxy")
    machine.must(galaxy, "collection", "build", "--output-path", str(home), folder=source)
    (artefact,) = home.glob("superoffice-crm-*.tar.gz")
    shutil.rmtree(source)
    machine.must(
        galaxy, "collection", "install", "--offline", "-p", str(machine.collections), str(artefact)
    )
    return dataclasses.replace(machine, artefact=artefact)


@pytest.fixture
def connection() -> Iterator[dict[str, str]]:
    """Return the variables that lead to an embedded server with users."""
    with NetServer(users=3, persons=3, admin=ADMIN) as server:
        yield {
            "SUPEROFFICE_URL": server.url,
            "SUPEROFFICE_USERNAME": ADMIN[0],
            "SUPEROFFICE_PASSWORD": ADMIN[1],
        }
