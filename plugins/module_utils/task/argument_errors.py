# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's argument errors, with the settings to correct.

Ansible names the option only. A value may also come from an environment variable, and a misspelled
option is hard to find in the list of all options.
"""

from __future__ import annotations

import re
import typing

from ansible.module_utils.common.arg_spec import ValidationResult
from ansible.module_utils.errors import UnsupportedError

from ..domain.entries import nearest
from ..engine.failure import Failure
from .arguments import ENVIRONMENT, settings_hint, with_variables
from .result import failed

_SUPPORTED = ". Supported parameters include: "


def refusal(message: str) -> dict[str, typing.Any]:
    """Return the failed result for an argument that is refused before Ansible validates it."""
    return failed(Failure(message, _KIND))


def argument_failure(message: str) -> dict[str, typing.Any]:
    """Return the failed result for an argument error of Ansible's."""
    unknown, separator, supported = message.partition(_SUPPORTED)
    if separator:
        return failed(Failure(f"{_with_hints(unknown, supported)}{_SUPPORTED}{supported}", _KIND))
    names = [name for name in ENVIRONMENT if re.search(rf"\b{name}\b", message)]
    missing = message.rpartition("missing: ")[2] if "are missing: " in message else ""
    if missing:
        names = [name for name in names if re.search(rf"\b{name}\b", missing)]
    if not names:
        return failed(Failure(message, _KIND))
    hint = settings_hint(names) if "missing" in message else f"Correct {with_variables(names)}"
    text = f"{message.rstrip('.')}. {hint}."
    return failed(Failure(text, "connection_option"))


def validation_message(action: str, checked: ValidationResult) -> str:
    """Return the first error of a validation that failed, in the words of a module."""
    if isinstance(checked.errors[0], UnsupportedError):
        return f"Unsupported parameters for ({action}) module: {checked.errors.msg}"
    return str(checked.errors.msg)


_KIND = "definition"


def _with_hints(unknown: str, supported: str) -> str:
    """Return the first part of an error about unknown options, with what was probably meant."""
    start, separator, names = unknown.rpartition(": ")
    # an alias follows its option in parentheses
    known = re.findall(r"\w+", supported)
    hinted = [f"{name}{nearest(name.rpartition('.')[2], known)}" for name in names.split(", ")]
    return f"{start}{separator}{', '.join(hinted)}"
