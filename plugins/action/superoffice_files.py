# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes files on the controller, many at once: reports, plans and definitions."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..module_utils.task.argument_errors import argument_failure, validation_message
from ..module_utils.task.arguments import refuse_other_types
from ..module_utils.task.definition_files import SUFFIXES
from ..module_utils.task.file_options import ARGUMENT_SPEC
from ..plugin_utils.atomic_file import parse_mode, write_atomically
from ..plugin_utils.plain_values import plain
from ..plugin_utils.relative_paths import shown_path

Values = dict[str, typing.Any]


class NotWritten(Exception):
    """The files cannot be written, or may not be."""


class Existing(NotWritten):
    """There are files already."""


class ActionModule(ActionBase):
    """Writes files on the controller, each whole or not at all."""

    # Private in ActionBase: it writes on the controller, also for hosts that cannot be reached.
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """Return which files were written."""
        result: Values = super().run(tmp, task_vars)
        try:
            refuse_other_types(ARGUMENT_SPEC, self._task.args)
        except ValueError as error:
            return {**result, **argument_failure(f"{error}.")}
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate(plain(self._task.args))
        if checked.error_messages:
            return {**result, **argument_failure(validation_message(self._task.action, checked))}
        try:
            written, removed = self._write(_options(checked.validated_parameters))
        except Existing as error:
            kind = {"error": {"kind": "existing"}}
            return {**result, "failed": True, "changed": False, "msg": str(error), **kind}
        except NotWritten as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}
        changed = bool(written or removed)
        return {**result, "changed": changed, "written": written, "removed": removed}

    def _write(self, options: Values) -> tuple[list[str], list[str]]:
        folder: Path = options["folder"]
        texts: dict[Path, str] = options["texts"]
        others = sorted(set(_definitions(folder)) - set(texts))
        is_exclusive = options["existing"] == "refuse_file"
        kept = set(texts) - options["generated"]
        if is_exclusive:
            _refuse([path for path in kept if path.exists()], folder)
        if options["existing"] == "refuse":
            _refuse([*others, *(path for path in kept if path.exists())], folder)
        # without a single file to write, something else is wrong than that all are outdated
        removed = others if options["existing"] == "replace" and texts else []
        changed = [path for path, text in texts.items() if not _holds(path, text, options["mode"])]
        if not self._task.check_mode:
            if texts:
                _make_folder(folder)
            for path in changed:
                _make_folder(path.parent)
                exclusive = is_exclusive and path in kept
                _write_file(path, texts[path], options["mode"], is_exclusive=exclusive)
            for path in removed:
                path.unlink()
        return [str(path) for path in changed], [str(path) for path in removed]


def _options(options: Values) -> Values:
    if not options["folder"]:
        raise NotWritten("folder must not be empty")
    folder = Path(options["folder"])
    try:
        mode = parse_mode(options["mode"])
    except ValueError as error:
        raise NotWritten(f"mode {error}") from error
    files = {_inside(folder, file["name"]): file for file in options["files"]}
    texts = {path: _text(file["text"]) for path, file in files.items()}
    generated = {path for path, file in files.items() if file["generated"]}
    return {**options, "folder": folder, "texts": texts, "generated": generated, "mode": mode}


def _text(value: typing.Any) -> str:
    """Return a text as it is, and data as JSON."""
    return json.dumps(value, indent=2) + "\n" if isinstance(value, (dict, list)) else str(value)


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    leads_out = Path(name).is_absolute() or ".." in Path(name).parts or not Path(name).name
    # a link in the folder may lead out of it as well
    if leads_out or not path.parent.resolve().is_relative_to(folder.resolve()):
        raise NotWritten(f"{name} is not the name of a file in {folder}")
    return path


def _definitions(folder: Path) -> Iterator[Path]:
    """Return what superoffice_external_users would read in a folder."""
    for path in folder.rglob("*") if folder.is_dir() else ():
        parts = path.relative_to(folder).parts
        is_hidden = any(part.startswith(".") for part in parts)
        if path.suffix.lower() in SUFFIXES and path.is_file() and not is_hidden:
            yield path


def _write_file(path: Path, text: str, mode: int, *, is_exclusive: bool) -> None:
    try:
        write_atomically(path, text, mode, exclusive=is_exclusive)
    except FileExistsError:  # another process was faster
        _refuse([path], path.parent)
    except OSError as error:
        raise NotWritten(f"{shown_path(str(path))} cannot be written: {error.strerror}.") from error


def _make_folder(folder: Path) -> None:
    """Make a folder for its owner only; one that is there is left as it is."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(
            f"{shown_path(str(folder))} cannot take files: {error.strerror}."
        ) from error


def _refuse(existing: list[Path], folder: Path) -> None:
    if existing:
        names = ", ".join(sorted(str(path.relative_to(folder)) for path in existing)[:5])
        more = f" and {len(existing) - 5} more" if len(existing) > 5 else ""
        shown = shown_path(str(folder))
        raise Existing(f"{shown} has files already: {names}{more}. Nothing was written.")


def _holds(path: Path, text: str, mode: int) -> bool:
    try:
        return path.read_bytes() == text.encode() and (path.stat().st_mode & 0o7777) == mode
    except OSError:
        return False
