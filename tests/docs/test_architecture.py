# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The map of the rooms names every file, and no file that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_map_is_complete_and_true() -> None:
    rooms = PAGE.split("```")[1]
    named = set(re.findall(r"\b(\w+\.py)\b", rooms))
    there = {
        path.name
        for folder in ("module_utils", "plugin_utils")
        for path in (ROOT / "plugins" / folder).rglob("*.py")
    } - {"__init__.py"}
    assert named == there
