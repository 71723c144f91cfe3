# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definition files: YAML and JSON texts become entries that know their file and line.

YAML is read event by event. That keeps lines at hand, finds keys that stand twice, leaves aliases
unexpanded (so that a small file can not become a large one), and holds no tree of nodes in memory.
"""

from __future__ import annotations

import collections
import functools
import json
import os
import re
import stat
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..domain.entries import LONGEST_ID, UnsupportedValue, nearest
from ..domain.findings import Finding, SourceLocation

try:
    import yaml
except ImportError:
    HAS_YAML = False
else:
    HAS_YAML = True
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SUFFIXES = (".yml", ".yaml", ".json")
# 200,000 users; what is read takes up to a hundred times the room of the file
LARGEST_FILE = 16 * 1024 * 1024
DEEPEST = 20
# far more than there are options: merge keys could make a small file a large one
LARGEST_MAPPING = 100
KEYS = ("users", "defaults")
_GAP = re.compile(r"[ \t\r\n,]*")


class FileError(Exception):
    """A file that can not be read as definitions; the text names file and line."""


class DefinitionFile(typing.NamedTuple):
    """What stands in one file. `entries` can be taken once; none is held longer than that."""

    name: str
    entries: Iterator[tuple[SourceLocation, object]]
    defaults: dict[str, typing.Any]


def read_all(sources: Sequence[str]) -> tuple[list[DefinitionFile], list[Finding]]:
    """Read files, and all definition files in folders, in the order of their names."""
    files: list[DefinitionFile] = []
    findings: list[Finding] = []
    for source in sources:
        try:
            paths = _paths(Path(source))
        except OSError as error:
            where = str(error.filename or source)
            findings.append(Finding(where, f"can not be read: {error.strerror}.", "file"))
            continue
        except FileError as error:
            findings.append(Finding("", str(error), "file"))
            continue
        if not paths:
            findings.append(Finding(source, "holds no .yml, .yaml or .json file.", "file"))
        for path in paths:
            try:
                files.append(read(path))
            except FileError as error:
                findings.append(Finding("", str(error), "file"))
    return files, findings


def read(path: Path) -> DefinitionFile:
    """Read one file.

    Raises:
        FileError: it is not readable, not YAML or JSON, or not of the expected form.
    """
    name = str(path)
    text = text_of(path, LARGEST_FILE)
    if text.startswith("$ANSIBLE_VAULT;"):
        raise FileError(
            f"{name}: is encrypted by ansible-vault, which is opened only for variables. Load it"
            " with vars_files or include_vars, and give its users and passwords as options."
        )
    if path.suffix == ".json":
        return _from_json(path, text)
    if not HAS_YAML:
        raise FileError(f"{name}: PyYAML is needed to read it, and is not installed.")
    return _from_yaml(name, text)


def text_of(path: Path, largest: int) -> str:
    """Return what stands in a file, if that has an end: at most `largest` bytes.

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
        raise FileError(f"{path}: can not be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: is not UTF-8 (byte {error.start}).") from error


def _paths(source: Path) -> list[Path]:
    """Return a file, or the definition files in a folder and those below it, by name.

    What can not be looked into is an error and not passed over: users whose definitions are not
    found would look like users that shall go.
    """
    if not source.is_dir():
        source.stat()
        return [source]
    found: list[Path] = []
    for folder, folders, names in os.walk(source, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        link = next((name for name in sorted(folders) if Path(folder, name).is_symlink()), None)
        if link is not None:
            raise FileError(
                f"{Path(folder, link)}: is a link to a folder, which is not followed. Name that"
                " folder itself."
            )
        paths = [Path(folder, name) for name in names if not name.startswith(".")]
        found += [path for path in paths if path.suffix in SUFFIXES]
    return sorted(found)


def _refuse(error: OSError) -> None:
    raise error


def _from_json(path: Path, text: str) -> DefinitionFile:
    name = str(path)
    try:
        content = json.loads(text, object_pairs_hook=_without_doubles)
    except json.JSONDecodeError as error:
        raise FileError(f"{name}:{error.lineno}: is not valid JSON: {error.msg}.") from error
    except RecursionError as error:
        raise FileError(f"{name}: is nested too deeply.") from error
    except ValueError as error:
        raise FileError(f"{name}: {error}.") from error
    users, defaults = _parts(name, content)
    # only whoever has to name a place needs them, and can not keep the text for it
    lines = functools.cache(functools.partial(_json_lines_again, path))
    return DefinitionFile(name, _taken(users, name, lines), defaults)


def _taken(
    users: list[object], name: str, lines: Callable[[], Sequence[int]]
) -> Iterator[tuple[SourceLocation, object]]:
    """Take the entries out of a list: many of them need more room than the declarations made."""
    for number in range(len(users)):
        user, users[number] = users[number], None
        yield SourceLocation(name, number, lines), user


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > LARGEST_MAPPING:
        raise ValueError(f"a mapping has more than {LARGEST_MAPPING} keys")
    result = dict(pairs)
    if len(result) < len(pairs):
        names = collections.Counter(key for key, _value in pairs)
        [(double, _count)] = names.most_common(1)
        raise ValueError(f"the key '{double[:80]}' stands twice in one mapping")
    return result


def _json_lines_again(path: Path) -> list[int]:
    try:
        return list(_json_lines(text_of(path, LARGEST_FILE)))
    except FileError:
        return []


def _json_lines(text: str) -> Iterator[int]:
    """Return the line of each entry of the list `users`, as far as it can be told."""
    decoder = json.JSONDecoder()
    start = text.find("[", text.find('"users"'))
    line, counted = 1, 0
    position = start + 1
    while start >= 0:
        position = _GAP.match(text, position).end()  # type: ignore[union-attr]
        if position >= len(text) or text[position] == "]":
            return
        line += text.count("\n", counted, position)
        counted = position
        yield line
        try:
            _value, position = decoder.raw_decode(text, position)
        except ValueError:
            return


def _from_yaml(name: str, text: str) -> DefinitionFile:
    try:
        content, lines = _Reader(name, text).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise FileError(f"{name}{line}: is not valid YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", "") or "it can not be read"
        raise FileError(f"{name}: is not valid YAML: {reason}.") from error
    users, defaults = _parts(name, content)
    return DefinitionFile(name, _taken(users, name, lambda: lines), defaults)


def _parts(name: str, content: object) -> tuple[list[object], dict[str, typing.Any]]:
    if not isinstance(content, dict) or "users" not in content:
        raise FileError(f"{name}: must be a mapping with a key users, a list of users.")
    for key in content:
        if key not in KEYS:
            hint = nearest(str(key), KEYS)
            raise FileError(f"{name}: unknown key '{str(key)[:80]}' beside users{hint}.")
    users, defaults = content["users"], content.get("defaults")
    if not isinstance(users, list):
        raise FileError(f"{name}: users must be a list; for no users write users: [].")
    if defaults is not None and not isinstance(defaults, dict):
        raise FileError(f"{name}: defaults must be a mapping.")
    return users, defaults or {}


class _Reader:
    """Builds plain values from the events of a YAML text."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        # the events' marks are typed as optional, and never missing
        self._events: Iterator[typing.Any] = yaml.parse(text, Loader=_Loader)
        self._anchors: dict[str, object] = {}
        self._lines: list[int] = []

    def read(self) -> tuple[object, list[int]]:
        """Return the document, and the lines of the entries of its list `users`."""
        content: object = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error(event, "a second document; only one is read")
                content = self._value(next(self._events), ())
        return content, self._lines

    def _value(self, event: typing.Any, path: tuple[str, ...]) -> object:
        if len(path) > DEEPEST:
            raise self._error(event, "is nested too deeply")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._error(event, f"an alias (*) to what is not there{_QUOTE}")
            return self._anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            value: object = self._scalar(event)
        elif event.tag not in _PLAIN_TAGS:
            raise self._error(event, f"an unknown tag (!){_QUOTE}")
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path)
        else:
            value = self._mapping(path)
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _sequence(self, path: tuple[str, ...]) -> list[object]:
        items: list[object] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            if path == ("users",):
                self._lines.append(event.start_mark.line + 1)
            items.append(self._value(event, (*path, "-")))
        return items

    def _mapping(self, path: tuple[str, ...]) -> dict[str, object]:
        values: dict[str, object] = {}
        merged: dict[str, object] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error(event, "a key must be a text")
            # every user has the same few keys
            key = sys.intern(event.value)
            if key in values:
                raise self._error(event, f"the key '{key[:80]}' stands twice in one mapping")
            value = self._value(next(self._events), (*path, key))
            if key == "<<" and not event.style:
                merged = {**self._merge(event, value), **merged}
            else:
                values[key] = value
            if len(values) + len(merged) > LARGEST_MAPPING:
                raise self._error(event, f"a mapping has more than {LARGEST_MAPPING} keys")
        return {**merged, **values}

    def _merge(self, event: typing.Any, value: object) -> dict[str, object]:
        sources = value if isinstance(value, list) else [value]
        merged: dict[str, object] = {}
        for source in sources:
            if not isinstance(source, dict):
                raise self._error(event, "'<<' needs a mapping")
            merged = {**source, **merged}
        return merged

    def _scalar(self, event: typing.Any) -> object:
        text: str = event.value
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            if event.tag == "!vault":
                return UnsupportedValue("a vaulted value, which is opened only for variables")
            raise self._error(event, f"an unknown tag (!){_QUOTE}")
        # a text without quotes: libyaml gives it an empty style, PyYAML alone none
        if event.style or event.tag is not None:
            return text
        return _plain(text)

    def _error(self, event: typing.Any, problem: str) -> FileError:
        return FileError(f"{self._name}:{event.start_mark.line + 1}: {problem}.")


_QUOTE = "; put it in quotes if it is a text"
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str", "!unsafe")
_PLAIN_TAGS = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}


def _plain(text: str) -> object:
    """Return what YAML makes of a text without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[:1]
    if not (first in "+-.=" or first.isdigit()):
        return text
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(first, ()):
        if pattern.match(text):
            is_number = tag.endswith(":int") and text.isascii() and text.lstrip("+-").isdigit()
            if is_number and len(text) <= LONGEST_ID:
                is_octal = text.lstrip("+-").startswith("0") and text.strip("+-0")
                return (
                    UnsupportedValue(f"a number in octal notation{_QUOTE}")
                    if is_octal
                    else int(text)
                )
            return UnsupportedValue(f"a YAML {tag.rpartition(':')[2]}{_QUOTE}")
    return text
