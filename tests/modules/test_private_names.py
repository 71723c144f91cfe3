# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private names of others that plugins use: each is listed here with a reason, and exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from tests.modules.execution_paths import action

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
# the ways into Ansible that the guide "Developing plugins" and ActionBase itself show
DOCUMENTED = {"_connection", "_display", "_execute_module", "_loader", "_task", "_templar"}
UNDOCUMENTED = {
    "_requires_connection": "superoffice_files writes on the controller and needs no connection",
    "_supports_async": "without it ActionBase refuses the task keyword async",
    "_warnings": "ValidationResult has no other access to the warnings about aliases",
    "_deprecations": "ValidationResult has no other access to deprecated options and aliases",
}
FILES = sorted(PLUGINS.rglob("*.py"))


def own(tree: ast.AST) -> set[str]:
    """The private names that a file defines itself."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


def private_names(path: Path) -> set[str]:
    """The private attributes that a file takes from elsewhere."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            used.add(node.attr)
        elif isinstance(node, ast.Assign):  # a class attribute that the base class reads
            used |= {t.id for t in node.targets if isinstance(t, ast.Name)} & set(UNDOCUMENTED)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansible"):
            used |= {alias.name for alias in node.names} | set((node.module or "").split("."))
    private = {name for name in used if name.startswith("_") and not name.startswith("__")}
    # values of the standard library that are documented in spite of their names
    return private - own(tree) - {"_asdict", "_replace", "_fields", "_make", "_exit"}


def test_no_other_private_name_is_used() -> None:
    used = {path: private_names(path) - DOCUMENTED for path in FILES}
    assert {name for names in used.values() for name in names} == set(UNDOCUMENTED)


def test_all_private_names_exist() -> None:
    plugin = action("superoffice_role_info", {})
    for name in DOCUMENTED:
        assert hasattr(plugin, name), name
    assert ActionBase._supports_async is False
    assert ActionBase._requires_connection is True
    checked = ArgumentSpecValidator({}).validate({})
    assert checked._warnings == checked._deprecations == []


@pytest.mark.parametrize("name", ["delegate_to", "async_val", "environment", "check_mode"])
def test_task_keywords_are_attributes(name: str) -> None:
    assert hasattr(action("superoffice_role_info", {})._task, name)
