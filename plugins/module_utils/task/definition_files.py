# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definition files, and folders of them: entries that know their file and line."""

from __future__ import annotations

import codecs
import functools
import os
import stat
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..domain.definitions import DefinitionCollector
from ..domain.entries import nearest
from ..domain.findings import Finding, SourceLocation
from ..domain.model import Secret
from .csv_source import parse_csv
from .file_errors import FileError
from .json_source import lines_of_users, parse_json
from .yaml_source import parse_yaml

SUFFIXES = (".yml", ".yaml", ".json", ".csv")
# 200,000 users; what is read takes up to a hundred times the size of the file
LARGEST_FILE = 16 * 1024 * 1024
KEYS = ("users", "defaults")
_NAMES = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
_SRC = "Set src to the files or folders that hold the definitions."
_SOPS = (
    "; it is encrypted by sops. Load it as variables, such as with community.sops.load_vars, and"
    " give its users and passwords as options"
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class DefinitionFile(typing.NamedTuple):
    """The content of one file. `entries` can be taken once; none is held longer than that."""

    name: str
    entries: Iterator[tuple[SourceLocation, object]]
    defaults: dict[str, typing.Any]


def read_all(sources: Sequence[str]) -> tuple[list[DefinitionFile], list[Finding]]:
    """Read files, and all definition files in folders, in the order of their names."""
    files: list[DefinitionFile] = []
    findings: list[Finding] = []
    for source in sources:
        try:
            paths, others = _paths(Path(source))
        except OSError as error:
            where = str(error.filename or source)
            findings.append(Finding(where, f"cannot be read: {error.strerror}. {_SRC}", "file"))
            continue
        except FileError as error:
            findings.append(Finding("", str(error), "file"))
            continue
        findings += [_not_a_definition_file(path) for path in others]
        if not paths:
            findings.append(Finding(source, f"holds no {_NAMES} file. {_SRC}", "file"))
        for path in paths:
            try:
                files.append(read(path))
            except FileError as error:
                findings.append(Finding("", str(error), "file"))
    return files, findings


def collect(
    entries: Iterable[object],
    sources: Sequence[str],
    defaults: Mapping[str, typing.Any],
    passwords: Mapping[str, Secret] = types.MappingProxyType({}),
) -> DefinitionCollector:
    """Collect the definitions of a list and of files, and everything that is wrong with them."""
    collected = DefinitionCollector(defaults, passwords, "")
    collected.add([(SourceLocation("users", number), one) for number, one in enumerate(entries)])
    files, unreadable = read_all(sources)
    collected.findings.extend(unreadable)
    for file in files:
        collected.add(file.entries, file.defaults, file.name)
    collected.refuse_duplicates()
    return collected


def read(path: Path) -> DefinitionFile:
    """Read one file.

    Raises:
        FileError: it is not readable, not YAML, JSON or CSV, or not of the expected form.
    """
    name = str(path)
    text = text_of(path, LARGEST_FILE)
    if text.lstrip().startswith("$ANSIBLE_VAULT;"):
        raise FileError(
            f"{name}: is encrypted by ansible-vault, which is opened only for variables. Load it"
            " with vars_files or include_vars, and give its users and passwords as options."
        )
    if path.suffix.lower() == ".csv":
        rows, row_lines = parse_csv(name, text)
        places = functools.partial(_identity, row_lines)
        located = (
            (SourceLocation(name, number, places, is_row=True), row)
            for number, row in enumerate(rows)
        )
        return DefinitionFile(name, located, {})
    lines: Callable[[], Sequence[int]]
    if path.suffix.lower() == ".json":
        content = parse_json(name, text)
        # only whoever has to name a line needs them, and cannot keep the text for it
        lines = functools.cache(functools.partial(_json_lines, path))
    else:
        content, yaml_lines = parse_yaml(name, text)
        lines = functools.partial(_identity, yaml_lines)
    users, defaults = _parts(name, content)
    return DefinitionFile(name, _taken(users, name, lines), defaults)


def text_of(path: Path, largest: int) -> str:
    """Return the text of a file, if it is an ordinary one of at most `largest` bytes.

    Raises:
        FileError: it is not readable, a device or a pipe, too large, or not UTF-8.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path}: is not a file that can be read at once.")
        if status.st_size > largest:
            raise FileError(f"{path}: is larger than {largest // 2**20} MiB; split it.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: {_encoding_problem(path, error)}") from error


def _encoding_problem(path: Path, error: UnicodeDecodeError) -> str:
    is_utf_16 = error.object.startswith(_UTF_16)
    told = "is UTF-16, not UTF-8" if is_utf_16 else f"is not UTF-8 (byte {error.start})"
    if path.suffix.lower() != ".csv":
        return f"{told}. Save it as UTF-8."
    guess = "" if is_utf_16 else ", and may be Windows-1252"
    return f"{told}{guess}. Save it as UTF-8; Excel calls that 'CSV UTF-8'."


def _paths(source: Path) -> tuple[list[Path], list[Path]]:
    """Return a file, or the definition files in a folder and those below it, and its other files.

    What cannot be read is an error and not passed over: users whose definitions are not found would
    look like users without one. Hidden files and folders are ignored.
    """
    if not source.is_dir():
        source.stat()
        return [source], []
    found: list[Path] = []
    for folder, folders, names in os.walk(source, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        link = next((name for name in sorted(folders) if Path(folder, name).is_symlink()), None)
        if link is not None:
            raise FileError(
                f"{Path(folder, link)}: is a link to a folder, which is not followed. Name that"
                " folder itself."
            )
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    found.sort()
    definitions = [path for path in found if path.suffix.lower() in SUFFIXES]
    return definitions, [path for path in found if path.suffix.lower() not in SUFFIXES]


def _not_a_definition_file(path: Path) -> Finding:
    return Finding(
        str(path),
        f"is not a definition file: its name does not end in {', '.join(SUFFIXES)}. Rename it, move"
        " it out of the folder, or hide it with a leading dot.",
        "file",
    )


def _refuse(error: OSError) -> None:
    raise error


def _taken(
    users: list[object], name: str, lines: Callable[[], Sequence[int]]
) -> Iterator[tuple[SourceLocation, object]]:
    """Take the entries out of a list: many of them need more memory than their definitions."""
    for number in range(len(users)):
        user, users[number] = users[number], None
        yield SourceLocation(name, number, lines), user


def _identity(lines: Sequence[int]) -> Sequence[int]:
    return lines


def _json_lines(path: Path) -> list[int]:
    try:
        return list(lines_of_users(text_of(path, LARGEST_FILE)))
    except FileError:
        return []


def _hint(content: object) -> str:
    """Return what is probably wrong with a content that has no key users."""
    if content is None:
        return "; it is empty. For no users write users: []"
    if isinstance(content, list):
        return "; it is a list. Write users: above it, and indent the list"
    keys = content if isinstance(content, dict) else ()
    if "sops" in keys:
        return _SOPS
    hints = (nearest(str(key), KEYS[:1]) for key in keys if key not in KEYS)
    return next(filter(None, hints), "")


def _parts(name: str, content: object) -> tuple[list[object], dict[str, typing.Any]]:
    if not isinstance(content, dict) or "users" not in content:
        raise FileError(
            f"{name}: must be a mapping with a key users, a list of users{_hint(content)}."
        )
    for key in content:
        if key not in KEYS:
            hint = _SOPS if key == "sops" else nearest(str(key), KEYS)
            raise FileError(f"{name}: unknown key '{str(key)[:80]}' beside users{hint}.")
    users, defaults = content["users"], content.get("defaults")
    if not isinstance(users, list):
        raise FileError(f"{name}: users must be a list; for no users write users: [].")
    if defaults is not None and not isinstance(defaults, dict):
        raise FileError(f"{name}: defaults must be a mapping.")
    return users, defaults or {}
