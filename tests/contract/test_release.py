# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to agree for a release: versions, changelog, licence headers, promises."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.superoffice.crm.plugins.module_utils.client.http import VERSION

from tools.ansible_test import files_of_checkout
from tools.matrix import CORES, ROWS

ROOT = Path(__file__).resolve().parents[2]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
# generated, or of a form without comments
WITHOUT_HEADER = (
    r"LICENSE|CHANGELOG\.rst|changelogs/changelog\.yaml|.*\.(json|csv|svg|png|lock|j2)|requirements/lock[-\w]*\.txt"
    r"|.*/\.keep|.*/aliases"
)
HEADER = "SPDX-License-Identifier: GPL-3.0-or-later"


def test_the_version_is_the_same_everywhere() -> None:
    assert GALAXY["version"] == VERSION
    changes = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))
    newest = max(changes["releases"], key=lambda text: tuple(map(int, text.split("."))), default="")
    assert newest == VERSION or VERSION.startswith("0.")


def test_fragments_that_wait_for_a_release_say_something() -> None:
    waiting = [path for path in (ROOT / "changelogs/fragments").iterdir() if path.suffix == ".yml"]
    for path in waiting:
        assert yaml.safe_load(path.read_text(encoding="utf-8")), path


def test_every_file_says_under_which_licence_it_is() -> None:
    names = [name for name in files_of_checkout() if not re.fullmatch(WITHOUT_HEADER, name)]
    without = [
        name
        for name in names
        if HEADER
        not in (text := (ROOT / name).read_text(encoding="utf-8", errors="replace"))[:2000]
        and text.strip()
    ]
    assert not without


def test_no_variable_is_called_underscore() -> None:
    """Sanity tests refuse that name, and tell so only after minutes."""
    named = [
        f"{name}:{node.lineno}"
        for name in files_of_checkout()
        if name.endswith(".py")
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == "_")
        or (isinstance(node, ast.arg) and node.arg == "_")
    ]
    assert not named


@pytest.mark.parametrize("page", ["docs/support.md", "README.md"])
def test_pages_promise_what_the_matrix_runs(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert f"{min(CORES, key=number)} to {max(CORES, key=number)}" in text
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["requires_ansible"] == f">={min(CORES, key=number)}.0"


def test_the_support_matrix_names_every_row() -> None:
    text = (ROOT / "docs/support.md").read_text(encoding="utf-8")
    for core, python in ROWS:
        assert f"{python} with {core}" in text or f"{python} with all" in text


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
