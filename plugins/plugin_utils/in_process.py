# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door in the controller's process: a task as an action plugin.

On a local connection it spares the start of a Python, which costs far more than the requests
themselves. Whenever the module would run in another environment than ours, the module runs.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable, Mapping

from ansible import constants as C  # noqa: N812 - as Ansible calls it
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from ..module_utils.task.arguments import ENVIRONMENT, Task
from ..module_utils.task.runner import LIBRARY_PROBLEM, perform
from .progress import IS_TERMINAL, Progress

Values = dict[str, typing.Any]


class InProcessAction(ActionBase):
    """Runs `task` here if the module would run on this machine too, and as a module if not."""

    task: typing.ClassVar[Task]
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """Return the result of the task, the same to the letter whichever way it is run."""
        result: Values = super().run(tmp, task_vars)
        environment = self._environment()
        if self._is_elsewhere() or not set(environment) <= set(ENVIRONMENT.values()):
            return result | self._as_module(task_vars)
        result |= self._here(environment)
        if not invocation_is_wanted(task_vars):
            result.pop("invocation", None)
        return result

    def _is_elsewhere(self) -> bool:
        return bool(
            LIBRARY_PROBLEM
            or getattr(self._connection, "transport", "") != "local"
            or self._play_context.become
            or self._task.async_val
        )

    def _as_module(self, task_vars: Values | None) -> Values:
        is_async = self._task.async_val
        result: Values = self._execute_module(task_vars=task_vars, wrap_async=is_async)
        if not is_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)  # type: ignore[no-untyped-call]  # noqa: SLF001
        return result

    def _here(self, environment: Mapping[str, str]) -> Values:
        arguments = {name: _plain(value) for name, value in self._task.args.items()}
        for name, variable in ENVIRONMENT.items():
            if variable in environment and arguments.get(name) is None:
                arguments[name] = environment[variable]
        validator = ModuleArgumentSpecValidator(self.task.argument_spec, **self._rules())
        checked = validator.validate(arguments)
        options = checked.validated_parameters
        if checked.error_messages:
            result = {"failed": True, "msg": self._complaint(checked.errors)}
            result["invocation"] = self.task.invocation(options)
        else:
            result = self._performed(options)
        return _masked(result, checked._no_log_values)  # noqa: SLF001

    def _performed(self, options: Values) -> Values:
        """Run the task, with a line that shows how far it is where a person may be looking."""
        callback = C.config.get_config_value("DEFAULT_STDOUT_CALLBACK")
        is_watched = IS_TERMINAL and callback in ("default", "ansible.builtin.default")
        if not is_watched:
            return perform(self.task, options, self._task.check_mode)
        progress = Progress(self._display)
        try:
            return perform(self.task, options, self._task.check_mode, progress)
        finally:
            progress.end()

    def _rules(self) -> Values:
        return {name: rule for name, rule in self.task.rules.items() if rule}

    def _complaint(self, errors: typing.Any) -> str:
        if isinstance(errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {errors.msg}"
        return str(errors.msg)

    def _environment(self) -> dict[str, str]:
        """Return the `environment` of the task, as it is set for a module."""
        merged: dict[str, str] = {}
        for layer in self._task.environment or []:
            values = self._templar.template(layer)
            if isinstance(values, Mapping):
                merged.update({str(name): str(_plain(text)) for name, text in values.items()})
        return merged


def invocation_is_wanted(task_vars: Values | None = None) -> bool:
    """Tell whether results repeat the arguments: since ansible-core 2.21 only if asked for."""
    try:
        wanted = C.config.get_config_value("INJECT_INVOCATION", variables=task_vars)
    except AnsibleError:  # there is no such setting before
        return True
    return bool(wanted)


def _masked(result: Values, secrets: Iterable[str]) -> Values:
    """Return a result without secrets, as a module does: a second wall behind our own.

    Ansible looks at each value for each secret, which takes long for many users. That none is in a
    part of the result is seen at once, and so it nearly always is, but for the arguments.
    """
    written = [_json(secret)[1:-1] for secret in secrets]
    masked = dict(result)
    for name, value in result.items():
        text = _json(value)
        if any(secret in text for secret in written):
            masked[name] = remove_values(value, secrets)
    return masked


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _plain(value: typing.Any) -> typing.Any:
    """Return an argument as a module gets it: plain Python, vaulted texts opened."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value)
