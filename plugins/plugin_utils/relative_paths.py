# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Relative paths: in options they start at the folder of the playbook, shown ones where it runs."""

from __future__ import annotations

import os
import typing
from collections.abc import Mapping
from pathlib import Path

from ..module_utils.task.arguments import Spec

Values = dict[str, typing.Any]
# a mapping, or the path of a file
_PLAN = "plan"


def with_absolute_paths(spec: Spec, options: Mapping[str, typing.Any], folder: str) -> Values:
    """Return options in which relative paths start at `folder`."""

    def resolve(path: typing.Any) -> typing.Any:
        return str(Path(folder, path)) if _is_relative(path) else path

    resolved = dict(options)
    for name, value in options.items():
        kind = _kind(spec, name)
        if kind == "paths" and value is not None:
            resolved[name] = [resolve(item) for item in _items(value)]
        elif kind == "path":
            resolved[name] = resolve(value)
    return resolved


def shown_path(path: str) -> str:
    """Return a path for people: relative, unless it leads out of the folder of the process."""
    shown = os.path.relpath(path)
    return path if shown.startswith("..") else shown


def refuse_relative_paths(spec: Spec, options: Mapping[str, typing.Any]) -> None:
    """Refuse relative paths for a remote host, where no folder is known that they start at.

    Raises:
        ValueError: an option is a relative path.
    """
    for name, value in options.items():
        for path in _items(value) if _kind(spec, name) else ():
            if _is_relative(path):
                raise ValueError(
                    f"{name} must be an absolute path on a remote host, not {path[:200]}; relative"
                    " paths start at the folder of the playbook, on a local connection only"
                )


def _kind(spec: Spec, name: str) -> str:
    rule = spec.get(name, {})
    if rule.get("elements") == "path":
        return "paths"
    return "path" if rule.get("type") == "path" or name == _PLAN else ""


def _items(value: typing.Any) -> list[typing.Any]:
    """Return the paths in an option, as Ansible splits a string."""
    if isinstance(value, (list, tuple)):
        return list(value)
    return [item.strip() for item in value.split(",")] if isinstance(value, str) else [value]


def _is_relative(path: typing.Any) -> bool:
    # Ansible itself expands ~ and $VARIABLE
    return isinstance(path, str) and path != "" and not path.startswith(("/", "~", "$"))
