# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two execution paths of a task, as tests use them: as a module, and in process.

Both run in this process, which makes a test cost milliseconds; that Ansible itself finds and runs
them is proved by the integration targets.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from ansible import constants as C  # noqa: N812 - as Ansible calls it
from ansible.errors import AnsibleError
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

COLLECTION = "superoffice.crm"
PACKAGE = "ansible_collections.superoffice.crm.plugins"

Result = dict[str, Any]
ExecutionPath = Callable[[str, Result, bool], Result]


def run_as_module(name: str, arguments: Result, check_mode: bool) -> Result:
    """Run `name` as a module: arguments as JSON in, a result as JSON out."""
    passed = {**arguments, "_ansible_check_mode": check_mode}
    passed["_ansible_module_name"] = f"{COLLECTION}.{name}"
    try:
        wanted = C.config.get_config_value("INJECT_INVOCATION")
    except AnsibleError:  # before ansible-core 2.21 all results have it
        pass
    else:
        passed["_ansible_inject_invocation"] = wanted
    module = importlib.import_module(f"{PACKAGE}.modules.{name}")
    printed = io.StringIO()
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.19
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": passed}).encode()
        warnings._global_warnings.clear()  # a module has a process of its own
        run(module, printed)
    else:
        with patch_module_args(passed):
            run(module, printed)
    result: Result = json.loads(printed.getvalue())
    return result


def run(module: Any, printed: io.StringIO) -> None:
    with redirect_stdout(printed):
        try:
            module.main()
        except SystemExit:
            return
    raise AssertionError("the module did not exit")


def run_in_process(name: str, arguments: Result, check_mode: bool) -> Result:
    """Run `name` as an action plugin on a local connection."""
    return action(name, arguments, check_mode).run(task_vars={})  # type: ignore[no-any-return]


def action(name: str, arguments: Result, check_mode: bool = False, **attributes: Any) -> Any:
    """An action plugin as Ansible makes it for a task on a local connection."""
    task = Task()
    task.action = f"{COLLECTION}.{name}"
    task.args = dict(arguments)
    task.check_mode = check_mode
    for attribute, value in attributes.items():
        setattr(task, attribute, value)
    context = PlayContext()
    loader = DataLoader()
    plugin = importlib.import_module(f"{PACKAGE}.action.{name}")
    return plugin.ActionModule(
        task=task,
        connection=connection_loader.get("local", context, "/dev/null"),
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=None,
    )


EXECUTION_PATHS: dict[str, ExecutionPath] = {"module": run_as_module, "in_process": run_in_process}
