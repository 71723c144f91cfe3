# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The in-process runner: a task of a module, run by an action plugin.

It saves the start of a Python, which takes far longer than the requests of a task. Where the module
would run in other surroundings than the controller's process, the module runs.
"""

from __future__ import annotations

import json
import os
import typing
import weakref
from collections.abc import Iterable, Iterator, Mapping

from ansible import constants as C  # noqa: N812 - as Ansible calls it
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from ..module_utils.task.argument_errors import argument_failure, refusal, validation_message
from ..module_utils.task.arguments import (
    ENVIRONMENT,
    Spec,
    Task,
    from_environment,
    refuse_other_types,
)
from ..module_utils.task.runner import LIBRARY_PROBLEM, run_task, silent
from ..module_utils.task.watchdog import controller_watch
from .escaping import for_message
from .execution_path import Surroundings, SwitchError, why_as_module, why_switched_off
from .plain_values import plain
from .progress import IS_TERMINAL, Progress
from .relative_paths import refuse_relative_paths, with_absolute_paths

Values = dict[str, typing.Any]

# the arguments of tasks as they are shown and as they were given: each attempt of a task with
# `until` has another plugin, and gets the latter
_GIVEN: weakref.WeakKeyDictionary[typing.Any, tuple[Values, Values]] = weakref.WeakKeyDictionary()


class InProcessAction(ActionBase):
    """Runs `task` in process if the result is the same as that of the module, else the module."""

    task: typing.ClassVar[Task]
    # Private in ActionBase, but the only way to allow the task keyword `async`.
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """Return the result of the task, which is the same on both execution paths.

        Afterwards Ansible passes the arguments, in which variables are replaced by their values, to
        all callbacks; that of ansible-runner and AWX stores them. They get them without secrets.
        """
        shown, given = _GIVEN.get(self._task, ({}, {}))
        if self._task.args != shown:
            given = self._task.args
        self._task.args = given
        try:
            return self._run(tmp, task_vars)
        finally:
            self._task.args = self.task.shown_arguments(given)
            _GIVEN[self._task] = (self._task.args, given)

    def _run(self, tmp: str | None, task_vars: Values | None) -> Values:
        result: Values = super().run(tmp, task_vars)
        variables = task_vars or {}
        environment = self._environment()
        try:
            reason = why_switched_off(variables, self._templar.template)
            refuse_other_types(self.task.argument_spec, self._task.args)
            arguments = self._arguments()
        except (SwitchError, ValueError) as error:
            return {**result, **refusal(for_message(f"{str(error).rstrip('.')}."))}
        reason = reason or why_as_module(self._surroundings(variables, environment))
        path = f"as a module: {reason}" if reason else "in process: local, controller's Python"
        host = variables.get("inventory_hostname")
        self._display.vvv(f"{self._task.action} runs {path}", host=host)
        self._controller_has_ended = controller_watch()
        if reason:
            # Documented for action plugins. TaskExecutor calls `cleanup()`, which removes the
            # temporary directory.
            module: Values = self._execute_module(
                module_args=arguments, task_vars=task_vars, wrap_async=self._task.async_val
            )
            self._end_without_controller()
            return {**result, **module}
        result |= self._in_process(arguments, environment, variables)
        self._end_without_controller()
        if not invocation_is_wanted(task_vars):
            result.pop("invocation", None)
        return result

    def _end_without_controller(self) -> None:
        """End this worker if nobody is left who takes its result.

        Ansible itself would wait for a reader without end, if the result is long.
        """
        if self._controller_has_ended():
            self.cleanup(force=True)  # type: ignore[no-untyped-call]
            os._exit(1)

    def _surroundings(self, variables: Values, environment: Mapping[str, str]) -> Surroundings:
        delegate = self._task.delegate_to
        if delegate:
            # Not documented, but where Ansible itself looks for the interpreter of a delegated
            # task: the variables of the host that runs it.
            variables = variables.get("ansible_delegated_vars", {}).get(delegate, {})
        return Surroundings(
            variables=variables,
            template=self._templar.template,
            has_requests=not LIBRARY_PROBLEM,
            connection=self._connection.transport,
            become=bool(self._connection.become),
            is_async=bool(self._task.async_val),
            environment=environment,
            own_environment=frozenset(ENVIRONMENT.values()),
        )

    def _arguments(self) -> Values:
        """Return the arguments of the task, with paths that do not depend on the current folder."""
        spec = self.task.argument_spec
        if self._connection.transport != "local":
            refuse_relative_paths(spec, self._task.args)
            return dict(self._task.args)
        return with_absolute_paths(spec, self._task.args, self._loader.get_basedir())

    def _in_process(
        self, arguments: Values, environment: Mapping[str, str], variables: Values
    ) -> Values:
        given = {name: plain(value) for name, value in arguments.items()}
        spec = _with_environment(self.task.argument_spec, environment)
        rules = {name: rule for name, rule in self.task.rules.items() if rule}
        checked = ArgumentSpecValidator(spec, **rules).validate(given)
        folder = self._loader.get_basedir()
        options = with_absolute_paths(spec, checked.validated_parameters, folder)
        if checked.error_messages:
            result = argument_failure(validation_message(self._task.action, checked))
            result["invocation"] = self.task.invocation(options)
        else:
            result = self._run_task(options, variables)
        return _masked(_with_notices(result, checked), set(_secrets(spec, given, options)))

    def _run_task(self, options: Values, variables: Values) -> Values:
        """Run the task, with its progress on the terminal if somebody may be watching."""
        callback = C.config.get_config_value("DEFAULT_STDOUT_CALLBACK")
        is_watched = IS_TERMINAL and callback in ("default", "ansible.builtin.default")
        if not is_watched:
            return self._run_watched(options)
        is_alone = len(variables.get("ansible_play_batch", ())) <= 1
        host = "" if is_alone else str(variables.get("inventory_hostname", ""))
        progress = Progress(self._display, host)
        try:
            return self._run_watched(options, progress)
        finally:
            progress.end()

    def _run_watched(self, options: Values, progress: Progress | None = None) -> Values:
        """Run the task, and stop it if the controller that started this worker has ended."""
        return run_task(
            self.task,
            options,
            self._task.check_mode,
            progress or silent,
            is_abandoned=self._controller_has_ended,
        )

    def _environment(self) -> dict[str, str]:
        """Return the task keyword `environment`, as it is set for a module."""
        merged: dict[str, str] = {}
        for layer in self._task.environment or []:
            values = self._templar.template(layer)
            if isinstance(values, Mapping):
                merged.update({str(name): str(plain(text)) for name, text in values.items()})
        return merged


def invocation_is_wanted(task_vars: Values | None = None) -> bool:
    """Tell whether results repeat the arguments: since ansible-core 2.21 only on request."""
    try:
        wanted = C.config.get_config_value("INJECT_INVOCATION", variables=task_vars)
    except AnsibleError:  # the setting does not exist before
        return True
    return bool(wanted)


def _with_environment(spec: Spec, environment: Mapping[str, str]) -> Spec:
    """Return the options, with fallbacks that also read the `environment` of the task.

    `os.environ` belongs to all tasks of the process and is not changed for one of them.
    """
    replaced = {
        name: {**spec[name], "fallback": (from_environment, [variable], {"environ": environment})}
        for name, variable in ENVIRONMENT.items()
        if name in spec and variable in environment
    }
    return {**spec, **replaced}


def _with_notices(result: Values, checked: ValidationResult) -> Values:
    """Add the warnings and deprecations of the validation to a result, as a module does."""
    # Private in ValidationResult, which offers no other access to them. The validator that reports
    # them itself is documented as reserved for AnsibleModule.
    warnings = [
        f"Both option {one['option']} and its alias {one['alias']} are set."
        for one in checked._warnings  # noqa: SLF001
    ]
    deprecations = [
        {name: value for name, value in one.items() if value is not None}
        for one in checked._deprecations  # noqa: SLF001
    ]
    notices = {
        "warnings": [*warnings, *result.get("warnings", ())],
        "deprecations": [*deprecations, *result.get("deprecations", ())],
    }
    return {**result, **{name: texts for name, texts in notices.items() if texts}}


def _secrets(spec: Spec, given: Values, validated: Values) -> Iterator[str]:
    """Return the strings that no result may show: the values of options with `no_log`.

    A value counts as it was given, or else as its default or its environment variable has it.
    """
    for name, option in spec.items():
        spellings = (name, *option.get("aliases", ()))
        values = (given[one] for one in spellings if given.get(one) is not None)
        value = next(values, validated.get(name))
        if option.get("no_log"):
            yield from _strings(value)
        elif "options" in option:
            nested = validated.get(name)
            for item in nested if isinstance(nested, list) else [nested]:
                if isinstance(item, dict):
                    yield from _secrets(option["options"], item, item)


def _strings(value: typing.Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)
    elif value is not None and not isinstance(value, bool) and str(value):
        yield str(value)


def _masked(result: Values, secrets: Iterable[str]) -> Values:
    """Return a result without secrets, as a module does, in addition to our own redaction.

    `remove_values` looks for each secret in each string, which takes long for many users. One
    search of the JSON text shows that a part of the result holds none, which is the usual case.
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
