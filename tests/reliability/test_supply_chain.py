# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is installed for work on the collection is declared once, pinned and hashed."""

from __future__ import annotations

import re
from pathlib import Path

import tomllib  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\n]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}( \\)?")
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


LOCKED = {canonical(name) for name, version in PACKAGE.findall(LOCK)}


def test_every_dependency_is_in_the_lock() -> None:
    declared = {item for group in GROUPS.values() for item in group if isinstance(item, str)}
    names = {canonical(re.split(r"[<>=\[;]", item)[0]) for item in declared}
    assert names <= LOCKED, "run: make lock"


def test_the_lock_has_every_group() -> None:
    included = [item["include-group"] for item in GROUPS["dev"] if isinstance(item, dict)]
    for name in included:
        included += [item["include-group"] for item in GROUPS[name] if isinstance(item, dict)]
    assert {*included, "dev"} == set(GROUPS)


def test_every_package_of_the_lock_has_hashes_and_no_place() -> None:
    assert "://" not in LOCK
    for entry in re.split(r"\n(?=[a-z])", LOCK)[1:]:
        head, *hashes = (line.strip() for line in entry.strip().splitlines())
        assert PACKAGE.match(head), head
        assert hashes, f"{head} has no hash"
        assert all(HASH.fullmatch(line) for line in hashes), entry


def test_the_embedded_server_is_installed_in_the_same_versions() -> None:
    own = (ROOT / "tests" / "netserver" / "requirements.txt").read_text(encoding="utf-8")
    pins = PACKAGE.findall(own)
    assert {name for name, version in pins} >= set(GROUPS["netserver"])
    assert set(pins) <= set(PACKAGE.findall(LOCK))


def test_make_installs_only_what_the_lock_allows() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert len(installs) == 2
    for line in installs:
        assert "--require-hashes" in line, line
    assert re.search(r"^NOX = UV_CONSTRAINT=\$\(ROOT\)/\$\(LOCK\) ", text, re.MULTILINE)
