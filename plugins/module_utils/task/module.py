# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door for hosts that are reached remotely: a task as an Ansible module."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .arguments import Task
from .door import LIBRARY_PROBLEM, perform


def run_module(task: Task) -> None:
    """Run `task` with the arguments that Ansible passes to this process."""
    module = AnsibleModule(argument_spec=task.argument_spec, supports_check_mode=True, **task.rules)
    if LIBRARY_PROBLEM:
        module.fail_json(msg=missing_required_lib("requests"), exception=LIBRARY_PROBLEM)
    result = perform(task, module.params, module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
