# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers of the collection, and what the files of each of them may import and do."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
LAYERS = PLUGINS / "module_utils"
PACKAGE = "ansible_collections.superoffice.crm.plugins"
MAY_IMPORT = {
    "domain": set(),
    "client": {"domain"},
    "engine": {"domain", "client"},
    "diagnosis": {"domain", "client"},
    "task": {"domain", "client", "engine", "diagnosis"},
}
EXITS = {"fail_json", "exit_json", "exit", "_exit"}
IO_AND_CLOCK = {"requests", "urllib", "http", "socket", "ssl", "time", "random", "os"}
# of datetime, whose values are no clock
CLOCK = {"now", "utcnow", "today", "fromtimestamp"}


def files(*folders: Path) -> list[Path]:
    """Return the Python files of folders."""
    found = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    assert found
    return [path for path in found if path.name != "__init__.py"]


# reports and definition files: they use values, and never the service
RENDERERS = [
    *files(PLUGINS / "filter", PLUGINS / "plugin_utils" / "report"),
    *(
        PLUGINS / "plugin_utils" / name
        for name in ("definition_writer.py", "escaping.py", "rotation.py")
    ),
]


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imports(path: Path) -> tuple[str, ...]:
    """Return every module that a file imports, wherever in it, by its full name."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = [*PACKAGE.split("."), *path.relative_to(PLUGINS).parts[:-1]]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: -(node.level - 1) or None] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layer_of(path: Path) -> str:
    return path.relative_to(LAYERS).parts[0]


def imported_layers(path: Path) -> set[str]:
    """Return the layers that a file imports, and what else it imports of the collection."""
    found = set()
    for name in imports(path):
        if name.startswith(f"{PACKAGE}.module_utils."):
            found.add(name.removeprefix(f"{PACKAGE}.module_utils.").split(".")[0])
        elif name.startswith(PACKAGE) and not name.startswith(f"{PACKAGE}.plugin_utils"):
            found.add(name)
    return found


def calls(path: Path) -> Iterator[str]:
    """Return the names of the functions and methods that a file calls."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id


def below_task() -> list[Path]:
    return [path for path in files(LAYERS) if layer_of(path) != "task"]


def test_every_layer_has_a_rule() -> None:
    packages = {path.name for path in LAYERS.iterdir() if (path / "__init__.py").exists()}
    assert packages == set(MAY_IMPORT)


def test_layers_import_only_layers_below_them() -> None:
    for path in files(LAYERS):
        assert imported_layers(path) <= MAY_IMPORT[layer_of(path)] | {layer_of(path)}, path


def test_modules_and_actions_import_only_the_task_layer() -> None:
    for path in files(*(PLUGINS / name for name in ("modules", "action", "plugin_utils"))):
        if path not in RENDERERS:
            assert imported_layers(path) <= {"task"}, path


def test_reports_import_no_client() -> None:
    allowed = (
        "domain",
        "task.csv_source",
        "task.definition_files",
        "task.report_options",
        "engine.passwords",
    )
    for path in RENDERERS:
        for name in imports(path):
            if name.startswith(f"{PACKAGE}.module_utils."):
                assert name.removeprefix(f"{PACKAGE}.module_utils.").startswith(allowed), path


def test_code_of_modules_imports_nothing_of_the_controller() -> None:
    for path in files(PLUGINS / "modules", LAYERS):
        for name in imports(path):
            assert not name.startswith(f"{PACKAGE}.plugin_utils"), path
            assert not re.match(r"ansible\.(?!module_utils\b)", name), path


def test_only_the_task_layer_imports_ansible() -> None:
    for path in below_task():
        assert "ansible" not in {name.split(".")[0] for name in imports(path)}, path


def test_the_domain_does_no_io_and_reads_no_clock() -> None:
    for path in files(LAYERS / "domain"):
        assert not {name.split(".")[0] for name in imports(path)} & IO_AND_CLOCK, path
        assert not CLOCK & set(calls(path)), path


def test_only_the_module_runner_ends_a_task() -> None:
    for path in files(LAYERS):
        if path != LAYERS / "task" / "module.py":
            assert not EXITS & set(calls(path)), path


def test_modules_contain_only_documentation_and_main() -> None:
    for path in files(PLUGINS / "modules"):
        nodes = tree_of(path).body
        functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
        assert functions == ["main"], path
        assert not [node for node in nodes if isinstance(node, ast.ClassDef)], path


def test_check_mode_is_evaluated_at_most_once_for_each_task() -> None:
    for path in files(LAYERS / "task"):
        branches = (ast.If, ast.IfExp, ast.BoolOp, ast.While)
        evaluated = [
            node
            for node in ast.walk(tree_of(path))
            if isinstance(node, branches)
            and any(
                isinstance(part, ast.Name) and part.id == "check_mode"
                for part in ast.walk(node if isinstance(node, ast.BoolOp) else node.test)
            )
        ]
        assert len(evaluated) <= 1, path


def test_check_mode_is_not_named_below_the_task_layer() -> None:
    for path in below_task():
        for node in ast.walk(tree_of(path)):
            name = getattr(node, "id", None) or getattr(node, "attr", None)
            assert "check_mode" not in (name, getattr(node, "arg", None)), path
