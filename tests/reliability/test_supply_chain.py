# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is installed for work on the collection is pinned, hashed, and said why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
WRITTEN = sorted({*FOLDER.glob("*.txt"), ROOT / "tests/netserver/requirements.txt"})
HANDWRITTEN = [file for file in WRITTEN if not file.name.startswith("lock")]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}( \\)?")


def locked(name: str) -> dict[str, set[str]]:
    """The versions of each package that a lock allows."""
    versions: dict[str, set[str]] = {}
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line)
        if found:
            versions.setdefault(canonical(found[1]), set()).add(found[2])
    return versions


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(file: Path) -> list[str]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("file", HANDWRITTEN, ids=lambda file: str(file.name))
def test_every_requirement_is_pinned_and_locked(file: Path) -> None:
    own = f"lock-{file.name}"
    lock = locked(own if (FOLDER / own).exists() else "lock.txt")
    for line in requirements(file):
        found = re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.]*)( ; .*)?", line)
        assert found, f"{file.name}: {line} is not pinned"
        assert found[2] in lock.get(canonical(found[1]), ()), f"{line}: run make lock"


@pytest.mark.parametrize("file", HANDWRITTEN, ids=lambda file: str(file.name))
def test_every_requirement_is_said_why(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for line in requirements(file):
        name = line.partition("==")[0]
        assert re.search(rf"^# .*{re.escape(name)}.*:", text, re.M | re.I) or "netserver" in str(
            file
        ), f"{file.name}: no comment says what {name} is for"


@pytest.mark.parametrize("name", [file.name for file in WRITTEN if file not in HANDWRITTEN])
def test_every_package_of_a_lock_has_hashes_and_no_place(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z])", text)
    packages = [entry for entry in entries if "==" in entry.partition("\n")[0]]
    assert packages
    for entry in packages:
        head, *hashes = entry.strip().splitlines()
        lines = [line.strip() for line in hashes if not line.startswith("#")]
        assert lines, f"{head} has no hash"
        assert all(HASH.fullmatch(line) for line in lines), entry


def test_everything_that_make_installs_is_checked_against_the_lock() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes" in line, line
