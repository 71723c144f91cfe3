# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which execution path a task takes, and that -vvv says why: real plays."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.plugin_utils.execution_path import is_same_python

from tests.modules.probe_collection import Probe

IN_PROCESS = "in process: local, controller's Python"


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    return Probe(tmp_path)


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that has the Python and the packages of this one, and is another."""
    folder = tmp_path_factory.mktemp("other")
    venv.create(folder, symlinks=True)
    library = next(folder.glob("lib/python*/site-packages"))
    (library / "ours.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "python"


def paths_of(probe: Probe, tasks: list[dict[str, Any]], **options: Any) -> list[str]:
    """The path and reason of each task, after a look at where it really ran."""
    (results,) = probe.run(tasks, **options).values()
    paths = probe.paths()
    assert len(paths) == len(tasks), probe.printed
    assert [one["in_process"] for one in results] == [p.startswith("in process") for p in paths]
    return paths


def test_variable_overrides_environment_variable(probe: Probe) -> None:
    environment_says: dict[str, tuple[list[Any], str, str]] = {
        "yes": (
            [False, "no", 0, "{{ false }}", "{{ 'off' }}", "{{ not chosen }}"],
            "as a module: superoffice_in_process is false",
            IN_PROCESS,
        ),
        "no": (
            [True, "yes", 1, "{{ chosen }}"],
            IN_PROCESS,
            "as a module: SUPEROFFICE_IN_PROCESS is false",
        ),
        "": ([], "", IN_PROCESS),
    }
    for text, (values, with_variable, without) in environment_says.items():
        tasks: list[dict[str, Any]] = [
            {"vars": {"superoffice_in_process": value, "chosen": True}} for value in values
        ]
        environment = {"SUPEROFFICE_IN_PROCESS": text}
        expected = [*[with_variable] * len(values), without]
        assert paths_of(probe, [*tasks, {}], environment=environment) == expected


def test_value_that_is_not_boolean_fails_with_one_sentence(probe: Probe) -> None:
    values: list[Any] = ["maybe", 2, [True], None, "{{ 'x' }}", "{{ missing }}"]
    (results,) = probe.run(
        [{"vars": {"superoffice_in_process": value}} for value in values] + [{}],
        environment={"SUPEROFFICE_IN_PROCESS": "perhaps"},
    ).values()
    name = "The variable superoffice_in_process must be true or false, not "
    assert [one["msg"] for one in results[:5]] == [
        f"{name}'maybe'.", f"{name}2.", f"{name}[True].", f"{name}None.", f"{name}'x'.",
    ]  # fmt: skip
    assert results[5]["msg"].startswith("Cannot evaluate the variable superoffice_in_process: ")
    assert "'missing' is undefined" in results[5]["msg"]
    assert results[6]["msg"] == (
        "The environment variable SUPEROFFICE_IN_PROCESS must be true or false, not 'perhaps'."
    )
    assert probe.paths() == []


def test_become_async_environment_and_connection_run_the_module(
    probe: Probe,
) -> None:
    tasks: dict[str, dict[str, Any]] = {
        "become is set": {"become": True, "vars": {"ansible_become_exe": str(probe.sudo)}},
        "async is set": {"async": 30, "poll": 1},
        "the task's environment sets FOO, PATH": {
            "environment": [{"FOO": "x", "SUPEROFFICE_URL": "x"}, {"PATH": os.environ["PATH"]}]
        },
        "the connection is test.execution.near": {"connection": "test.execution.near"},
    }
    assert paths_of(probe, list(tasks.values())) == [f"as a module: {reason}" for reason in tasks]


def test_another_python_runs_the_module(probe: Probe, other_python: Path) -> None:
    ours = Path(sys.executable)
    here: dict[str, Any] = {
        "same": str(ours),
        "template": "{{ ansible_playbook_python }}",
        "sibling": str(ours.with_name("python3")),
        "discovered": "auto",
        "discovered silently": "auto_silent",
        "found in PATH": "python3",
    }
    elsewhere = {"other": str(other_python), "other by template": "{{ other }}"}
    interpreters = [*here.values(), *elsewhere.values()]
    tasks = [
        {"vars": {"ansible_python_interpreter": name, "other": str(other_python)}}
        for name in interpreters
    ]
    search = {"PATH": f"{ours.parent}{os.pathsep}{os.environ['PATH']}"}
    reason = f"ansible_python_interpreter is {other_python}, the controller's is {ours}"
    expected = [IN_PROCESS] * len(here) + [f"as a module: {reason}"] * len(elsewhere)
    assert paths_of(probe, tasks, environment=search) == expected
    results = probe.run([{}], environment={"ANSIBLE_PYTHON_INTERPRETER": str(other_python)})
    assert results["here"][0]["python"] == str(other_python)
    assert probe.paths() == [f"as a module: {reason}"]


def test_another_python_in_path_runs_the_module(probe: Probe, other_python: Path) -> None:
    search = {"PATH": f"{other_python.parent}{os.pathsep}{os.environ['PATH']}"}
    task = {"vars": {"ansible_python_interpreter": "python3"}}
    assert paths_of(probe, [task], environment=search) == [
        f"as a module: ansible_python_interpreter is python3, the controller's is {sys.executable}"
    ]


def test_task_without_interpreter_runs_in_process(probe: Probe) -> None:
    assert paths_of(probe, [{}], environment={"ANSIBLE_PYTHON_INTERPRETER": None}) == [IN_PROCESS]


def test_delegated_task_uses_the_interpreter_of_its_host(probe: Probe, other_python: Path) -> None:
    hosts = {"here": {"ansible_python_interpreter": str(other_python)}}
    paths = paths_of(probe, [{"delegate_to": "localhost"}, {}], hosts=hosts)
    assert paths[0] == IN_PROCESS
    assert paths[1].startswith("as a module: ansible_python_interpreter is ")


def prefix_of(command: str) -> str:
    show = "import sys; print(sys.prefix)"
    return subprocess.run(
        [command, "-I", "-c", show], check=True, capture_output=True, text=True
    ).stdout


def test_same_python_is_detected_by_its_prefix(tmp_path: Path, other_python: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (tmp_path / "linked").symlink_to(other_python.parents[1])
    (tmp_path / "python").symlink_to(other_python)
    commands = [
        sys.executable,
        str(Path(sys.executable).with_name("python3")),
        str(other_python),
        str(other_python.with_name("python3")),
        str(tmp_path / "linked" / "bin" / "python"),
        str(tmp_path / "python"),  # a link to the executable does not lead into its environment
        str(base),
    ]
    prefixes = {command: os.path.realpath(prefix_of(command).strip()) for command in commands}
    assert len(set(prefixes.values())) > 2
    for one in commands:
        for two in commands:
            assert is_same_python(one, two) is (prefixes[one] == prefixes[two]), (one, two)


@pytest.mark.parametrize("name", ["", "no-such-python", "bin/python", "/no/such/python", "/tmp"])
def test_missing_python_is_another_python(name: str) -> None:
    assert not is_same_python(name, sys.executable)
    assert not is_same_python(name, name)
