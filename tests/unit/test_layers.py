# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers of the collection: which of them may import which."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
ROOMS = PLUGINS / "module_utils"
PACKAGE = "ansible_collections.superoffice.crm.plugins"
MAY_IMPORT = {
    "domain": set(),
    "client": {"domain"},
    "engine": {"domain", "client"},
    "task": {"domain", "client", "engine"},
}
EXITS = {"fail_json", "exit_json", "exit", "_exit"}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")


# what shows results and existing users, and makes files of them
VIEWS = [
    *files(PLUGINS / "filter"),
    *files(PLUGINS / "plugin_utils" / "report"),
    *(PLUGINS / "plugin_utils" / name for name in ("definition_writer.py", "rotation.py")),
]


def named(path: Path) -> str:
    return str(path.relative_to(PLUGINS))


def package_of(path: Path) -> list[str]:
    return [*PACKAGE.split("."), *path.relative_to(PLUGINS).parts[:-1]]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package_of(path)[: -(node.level - 1) or None] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, (ast.Attribute, ast.Name)):
                yield function.attr if isinstance(function, ast.Attribute) else function.id


def rooms_known_to(path: Path) -> set[str]:
    known = set()
    for name in imports(path):
        if name.startswith(f"{PACKAGE}.module_utils."):
            known.add(name.removeprefix(f"{PACKAGE}.module_utils.").split(".")[0])
        elif name.startswith(PACKAGE) and not name.startswith(f"{PACKAGE}.plugin_utils"):
            known.add(name)
    return known


def test_every_room_is_known_to_the_rules() -> None:
    assert {path.name for path in ROOMS.iterdir() if (path / "__init__.py").exists()} == set(
        MAY_IMPORT
    )


@pytest.mark.parametrize("path", files(ROOMS), ids=named)
def test_a_room_knows_only_the_rooms_below_it(path: Path) -> None:
    room = path.relative_to(ROOMS).parts[0]
    below = MAY_IMPORT[room] | {room}
    assert rooms_known_to(path) <= below


@pytest.mark.parametrize(
    "path",
    [
        path
        for name in ("modules", "action", "plugin_utils")
        for path in files(PLUGINS / name)
        if path not in VIEWS
    ],
    ids=named,
)
def test_the_execution_paths_know_only_the_task_room(path: Path) -> None:
    assert rooms_known_to(path) <= {"task"}


@pytest.mark.parametrize("path", VIEWS, ids=named)
def test_reports_know_values_and_never_the_service(path: Path) -> None:
    known = {name for name in imports(path) if name.startswith(f"{PACKAGE}.module_utils.")}
    inside = {name.removeprefix(f"{PACKAGE}.module_utils.") for name in known}
    allowed = ("domain", "task.definition_files", "engine.passwords")
    assert not [name for name in inside if not name.startswith(allowed)]


@pytest.mark.parametrize("path", files(PLUGINS / "modules") + files(ROOMS), ids=named)
def test_what_runs_on_a_host_knows_nothing_of_the_controller(path: Path) -> None:
    known = set(imports(path))
    assert not [name for name in known if name.startswith(f"{PACKAGE}.plugin_utils")]
    assert not [name for name in known if re.match(r"ansible\.(?!module_utils\b)", name)]


@pytest.mark.parametrize(
    "path", [path for path in files(ROOMS) if path.parent.name != "task"], ids=named
)
def test_nothing_below_the_task_room_knows_ansible(path: Path) -> None:
    foreign = [name for name in imports(path) if name.split(".")[0] == "ansible"]
    assert not foreign


@pytest.mark.parametrize("path", files(ROOMS / "domain"), ids=named)
def test_the_domain_does_no_io_and_has_no_clock(path: Path) -> None:
    outside = {"requests", "urllib", "http", "socket", "ssl", "time", "datetime", "random", "os"}
    assert not {name.split(".")[0] for name in imports(path)} & outside


@pytest.mark.parametrize(
    "path",
    [path for path in files(ROOMS) if named(path) != "module_utils/task/module.py"],
    ids=named,
)
def test_nobody_below_the_module_ends_the_task(path: Path) -> None:
    assert not EXITS & set(calls(path))


@pytest.mark.parametrize("path", files(PLUGINS / "modules"), ids=named)
def test_a_module_is_documentation_and_a_main(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert functions == ["main"]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("path", files(ROOMS), ids=named)
def test_check_mode_is_asked_for_in_one_place_per_task(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.If, ast.IfExp, ast.BoolOp, ast.While))
        and any(
            isinstance(part, ast.Name) and part.id == "check_mode"
            for part in ast.walk(node.test if not isinstance(node, ast.BoolOp) else node)
        )
    ]
    room = path.relative_to(ROOMS).parts[0]
    assert len(asked) <= (1 if room == "task" else 0)


@pytest.mark.parametrize(
    "path", [path for path in files(ROOMS) if path.parent.name != "task"], ids=named
)
def test_check_mode_has_no_name_below_the_task_room(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assert "check_mode" not in names
