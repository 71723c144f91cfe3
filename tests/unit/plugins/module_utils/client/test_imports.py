# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports within the client package."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[5] / "plugins" / "module_utils" / "client"


def imported(path: Path) -> set[str]:
    """The modules of the package that a module imports, for its type annotations too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names |= {node.module} if node.module else {alias.name for alias in node.names}
    return names


def test_modules_have_no_import_cycle() -> None:
    graph = {path.stem: imported(path) for path in CLIENT.glob("*.py")}
    assert "settings" in graph["http"]
    assert list(graphlib.TopologicalSorter(graph).static_order())
