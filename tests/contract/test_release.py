# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to agree for a release: versions, changelog, promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomllib  # type: ignore[import-not-found]
import yaml
from ansible_collections.superoffice.crm.plugins.module_utils.client.http import VERSION

ROOT = Path(__file__).resolve().parents[2]
MATRIX = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["matrix"]
CORES = sorted({row.partition("-")[0] for row in MATRIX}, key=lambda core: int(core[2:]))
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))


def test_the_version_is_the_same_everywhere() -> None:
    assert GALAXY["version"] == VERSION
    changes = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))
    newest = max(changes["releases"], key=lambda text: tuple(map(int, text.split("."))), default="")
    assert newest == VERSION or VERSION.startswith("0.")


def test_fragments_have_a_number_and_sections_that_say_something() -> None:
    waiting = [path for path in (ROOT / "changelogs/fragments").iterdir() if path.name != ".keep"]
    for path in waiting:
        assert re.fullmatch(r"\d{3}-[a-z0-9-]+\.yml", path.name), path
        assert yaml.safe_load(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("page", ["docs/support.md", "README.md"])
def test_pages_promise_what_the_matrix_runs(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert f"{CORES[0]} to {CORES[-1]}" in text
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["requires_ansible"] == f">={CORES[0]}.0"


def test_the_support_matrix_has_every_row() -> None:
    text = (ROOT / "docs/support.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| (2\.\d+)(?:\.\d+)? \| (3\.\d+) \|", text, re.MULTILINE)
    assert [f"{core}-{python}" for core, python in shown] == list(MATRIX)


def test_the_oldest_row_has_the_oldest_requests_that_is_promised() -> None:
    (promised,) = re.findall(
        r"^requests>=(.*)$", (ROOT / "meta/ee-requirements.txt").read_text("utf-8"), re.MULTILINE
    )
    tested = [pin for pins in MATRIX.values() for pin in pins if pin.startswith("requests==")]
    assert any(re.fullmatch(rf"requests=={re.escape(promised)}(\.0)*", pin) for pin in tested)
