# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution path as a module, in a Python process of its own."""

from __future__ import annotations

import sys
import typing

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..client.cancellation import CancelToken
from .argument_errors import argument_failure
from .arguments import Task
from .runner import LIBRARY_PROBLEM, run_task
from .watchdog import controller_watch, reader_watch, signals_cancel


class _Module(AnsibleModule):
    """A module whose results never repeat the bulky options, even if its arguments are wrong."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._is_validated = False
        super().__init__(  # type: ignore[no-untyped-call]
            argument_spec=task.argument_spec,
            supports_check_mode=True,
            # otherwise the system log gets the arguments, where lists of users hold passwords
            no_log=bool(task.bulky),
            **task.rules,
        )
        self._is_validated = True

    def fail_json(self, msg: str, **kwargs: typing.Any) -> typing.NoReturn:
        """End the module with a failure."""
        if not self._is_validated:
            failure = argument_failure(msg)
            msg = failure["msg"]
            kwargs.setdefault("error", failure["error"])
        kwargs.setdefault("invocation", self._task.invocation(getattr(self, "params", {})))
        super().fail_json(msg, **kwargs)
        raise SystemExit(1)


def run_module(task: Task) -> None:
    """Run `task` with the arguments that Ansible passes to this process."""
    module = _Module(task)
    if LIBRARY_PROBLEM:
        module.fail_json(msg=missing_required_lib("requests"), exception=LIBRARY_PROBLEM)
    controller_has_ended, result_is_unread = controller_watch(), reader_watch(sys.stdout)
    token = CancelToken()
    with signals_cancel(token):
        result = run_task(
            task,
            module.params,
            module.check_mode,
            is_abandoned=lambda: controller_has_ended() or result_is_unread(),
            cancel_token=token,
        )
    # ansible-core 2.19 and later deprecate warnings among the arguments of exit_json
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
