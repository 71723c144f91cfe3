# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the validation of arguments says and masks is equal on both execution paths: real plays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.modules.probe_collection import Probe

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# differ by nature, and have tests of their own
OWN = ("in_process", "pid", "python", "settings")
# what Ansible adds to a module that fails before it runs
ADDED = ("exception", "ansible_facts", "module_stdout", "module_stderr", "rc")

ARGUMENTS: dict[str, dict[str, Any]] = {
    "nothing": {"value": "x"},
    "a deprecated alias": {"old_value": "x"},
    "an alias beside its option": {"value": "x", "other_value": "y"},
    "both": {"value": "x", "old_value": "y"},
    "a deprecated option": {"gone": "x"},
    "an option that ends on a day": {"gone_on": "x"},
    "a warning of the task": {"warn": True},
    "warnings of both": {"value": "x", "other_value": "y", "gone": "x", "warn": True},
    "a failure of the task": {"value": "x", "other_value": "y", "gone": "x", "fail": True},
    "a failure with warnings": {"warn": True, "gone": "x", "fail": True},
    "an argument error": {"gone": "x", "fail": "perhaps"},
    "an unsupported argument": {"gone": "x", "valeu": "y"},
    "a secret": {"value": "secret-1", "secret": "secret-1"},
    "a secret by its alias": {"value": "secret-1", "hidden": "secret-1"},
    "secrets within": {"value": "secret-1 secret-2 12345", "secret": {"a": ["secret-1", 12345]}},
    "a default": {"value": "default-secret-1"},
    "a mapping as a string": {"value": "secret-1", "secret_text": {"a": "secret-1"}},
    "nested": {"value": "secret-1 name", "nested": [{"key": "secret-1", "name": "name"}]},
    "a nested error": {"value": "secret-1", "nested": [{"key": "secret-1", "nmae": "secret-1"}]},
}


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in (*OWN, *ADDED)}


def test_warnings_deprecations_and_masks_are_equal_on_both_paths(tmp_path: Path) -> None:
    probe = Probe(tmp_path)
    here = [{"args": arguments} for arguments in ARGUMENTS.values()]
    there = [{**task, "vars": {"superoffice_in_process": False}} for task in here]
    (results,) = probe.run([*here, *there]).values()
    in_process = dict(zip(ARGUMENTS, results[: len(here)], strict=True))
    as_module = dict(zip(ARGUMENTS, results[len(here) :], strict=True))
    for name in ARGUMENTS:
        assert comparable(in_process[name]) == comparable(as_module[name]), name
    both = in_process["warnings of both"]
    assert both["warnings"] == [
        "Both option value and its alias other_value are set.", "of the task",
    ]  # fmt: skip
    (gone,) = both["deprecations"]
    assert gone["msg"].startswith("Param 'gone' is deprecated.")
    assert gone["version"] == "9.0.0"
    assert in_process["an option that ends on a day"]["deprecations"][0]["date"] == "2099-01-01"
    assert in_process["a deprecated alias"]["deprecations"][0]["msg"].startswith("Alias 'old_value")
    assert in_process["an argument error"]["deprecations"] == [gone]
    assert "deprecations" not in in_process["nothing"]
    for name in ("a secret", "a secret by its alias", "a mapping as a string", "nested"):
        assert "secret-1" not in json.dumps(in_process[name]), name
    assert in_process["a default"]["options"]["value"] == MASK
    assert "[DEPRECATION WARNING]" in probe.printed
    assert "[WARNING]: of the task" in probe.printed


def test_task_environment_overrides_controller_environment_on_both_paths(
    tmp_path: Path,
) -> None:
    probe = Probe(tmp_path)
    environments = [
        {"SUPEROFFICE_APP_TOKEN": "token-of-the-task"},
        {"SUPEROFFICE_APP_TOKEN": ""},
        {"SUPEROFFICE_LANGUAGE": "nb"},
        {"SUPEROFFICE_LANGUAGE": ""},
        {},
    ]
    arguments = {"value": "x token-of-the-controller y token-of-the-task"}
    here = [{"args": arguments, "environment": environment} for environment in environments]
    there = [{**task, "vars": {"superoffice_in_process": False}} for task in here]
    (results,) = probe.run(
        [*here, *there],
        environment={
            "SUPEROFFICE_APP_TOKEN": "token-of-the-controller",
            "SUPEROFFICE_LANGUAGE": "sv",
        },
    ).values()
    for mine, other in zip(results[: len(here)], results[len(here) :], strict=True):
        assert comparable(mine) == comparable(other)
    seen = [one["options"] for one in results]
    assert [one["app_token"] for one in seen[:5]] == [MASK, None, MASK, MASK, MASK]
    assert seen[0]["value"] == "x token-of-the-controller y ********"
    assert seen[1]["value"] == "x token-of-the-controller y token-of-the-task"
    assert [one["language"] for one in seen[:5]] == ["sv", "sv", "nb", "en", "sv"]
