# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The choice between the two execution paths of a task: in process, and as a module."""

from __future__ import annotations

import os
import shutil
import sys
import typing
from collections.abc import Callable, Mapping
from pathlib import Path

from ansible import constants as C  # noqa: N812 - as Ansible calls it
from ansible.errors import AnsibleError
from ansible.module_utils.common.validation import check_type_bool

VARIABLE = "superoffice_in_process"
ENVIRONMENT_VARIABLE = "SUPEROFFICE_IN_PROCESS"

Template = Callable[[typing.Any], typing.Any]


class SwitchError(Exception):
    """The switch between the execution paths has a value that is not a boolean."""


class Surroundings(typing.NamedTuple):
    """What decides on the execution path of a task.

    `variables` are those of the host on which the task runs, `environment` is the task keyword.
    """

    variables: Mapping[str, typing.Any]
    template: Template
    has_requests: bool
    connection: str
    become: bool
    is_async: bool
    environment: Mapping[str, str]
    own_environment: frozenset[str]


def why_as_module(at: Surroundings) -> str | None:
    """Return why the task must run as a module, or None if it runs in process."""
    others = sorted(set(at.environment) - at.own_environment)
    if not at.has_requests:
        return f"the controller's Python ({sys.executable}) has no requests"
    if at.connection != "local":
        return f"the connection is {at.connection}"
    if at.become:
        return "become is set"
    if at.is_async:
        return "async is set"
    if others:
        return f"the task's environment sets {', '.join(others)}"
    interpreter = named_interpreter(at.variables, at.template)
    if interpreter and not is_same_python(interpreter, sys.executable):
        return f"ansible_python_interpreter is {interpreter}, the controller's is {sys.executable}"
    return None


def why_switched_off(variables: Mapping[str, typing.Any], template: Template) -> str | None:
    """Return what turns the in-process path off, or None if nothing does.

    The variable beats the environment variable of the controller. Raises SwitchError.
    """
    if VARIABLE in variables:
        try:
            value = template(variables[VARIABLE])
        except AnsibleError as error:
            raise SwitchError(f"Cannot evaluate the variable {VARIABLE}: {error}") from error
        is_on, name = _boolean(value, f"variable {VARIABLE}"), VARIABLE
    else:
        # an environment variable that is empty counts as not set
        text = os.environ.get(ENVIRONMENT_VARIABLE) or "true"
        name = ENVIRONMENT_VARIABLE
        is_on = _boolean(text, f"environment variable {ENVIRONMENT_VARIABLE}")
    return None if is_on else f"{name} is false"


def _boolean(value: object, where: str) -> bool:
    try:
        return bool(check_type_bool(value))
    except TypeError:
        raise SwitchError(f"The {where} must be true or false, not {value!r}.") from None


def named_interpreter(variables: Mapping[str, typing.Any], template: Template) -> str:
    """Return the Python that the user names for modules; "" if Ansible is to discover one.

    Discovery (`auto`, the default) names no interpreter, so the controller's Python is as good as
    any, and it is known to have what the collection needs.
    """
    # the variable, the environment variable, ansible.cfg and the default, as Ansible reads them
    setting = C.config.get_config_value("INTERPRETER_PYTHON", variables=dict(variables))
    name = str(template(setting) or "").strip()
    return "" if name.startswith("auto") else name


def is_same_python(first: str, second: str) -> bool:
    """Tell whether two commands start the same Python with the same installed packages."""
    one = _installation(first)
    return one is not None and one == _installation(second)


def _installation(command: str) -> tuple[Path | None, Path] | None:
    """Return the virtual environment and the executable of a Python, or None if not found.

    The virtual environment is looked for before links are resolved, as Python does it: its
    `bin/python` usually is a link to a Python that does not have its packages.
    """
    found = shutil.which(Path(command).expanduser()) if command else None
    if found is None or not Path(found).is_absolute():
        return None  # a relative path depends on the directory in which the module would run
    folder = Path(found).parent
    roots = (root for root in (folder, folder.parent) if (root / "pyvenv.cfg").is_file())
    environment = next(roots, None)
    return environment and environment.resolve(), Path(found).resolve()
