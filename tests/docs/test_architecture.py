# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page on the architecture names files that exist, and every layer."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PLACES = (ROOT, ROOT / "plugins", ROOT / "plugins" / "module_utils")


def test_all_named_files_exist() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", PAGE))
    assert len(named) > 20
    assert not [name for name in named if not any((place / name).exists() for place in PLACES)]


def test_all_layers_are_named() -> None:
    layers = [path.parent.name for path in PLACES[2].glob("*/__init__.py")]
    assert not [layer for layer in layers if f"    {layer}/" not in PAGE]
