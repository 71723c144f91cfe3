# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions in YAML, read event by event."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator, Sequence

from ..domain.entries import LONGEST_ID, TEMPLATE_MARK, UnsupportedValue
from .file_errors import FileError

try:
    import yaml
except ImportError:
    HAS_YAML = False
else:
    HAS_YAML = True
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DEEPEST = 20
# far more than there are options: merge keys could make a small file a large one
LARGEST_MAPPING = 100
_TEMPLATE = UnsupportedValue(
    "a template, which is not rendered in a file; to use it literally, mark it with !unsafe"
)


_VAULTED = (
    "a vaulted value, which is opened only for variables; give passwords in the option passwords,"
    " from a vaulted variable"
)


def parse_yaml(name: str, text: str) -> tuple[object, Sequence[int]]:
    """Return the content of a YAML text, and the lines of the entries of its list `users`.

    Raises:
        FileError: it is not valid YAML, or uses a part of YAML that definitions do not need.
    """
    if not HAS_YAML:
        raise FileError(f"{name}: PyYAML is needed to read it, and is not installed.")
    try:
        return _Reader(name, text).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise FileError(f"{name}{line}: is not valid YAML: {_explained(error)}.") from error
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", "") or "it cannot be read"
        raise FileError(f"{name}: is not valid YAML: {reason}.") from error


def _explained(error: typing.Any) -> str:
    """Return the words of libyaml with the usual reason for them."""
    problem = str(error.problem)
    start = error.context_mark
    if "cannot start any token" in problem:
        return (
            f"{problem}; indent with spaces instead of tabs, and put a value that begins with @, %"
            " or ` in quotes"
        )
    if "end of stream" in problem and "quoted scalar" in str(error.context) and start:
        return f"{problem}; the quote that begins in line {start.line + 1} is not closed"
    if "did not find expected" in problem or "mapping values are not allowed" in problem:
        return f"{problem}; check the indentation, and put a value with ': ' in quotes"
    return problem


class _Reader:
    """Builds plain values from the events of a YAML text.

    That keeps lines at hand, finds duplicate keys, leaves aliases unexpanded (so that a small file
    cannot become a large one), and holds no tree of nodes in memory.
    """

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
            value: object = self._scalar(event, path)
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
                raise self._error(event, "a key must be a string")
            # every user has the same few keys
            key = sys.intern(event.value)
            if key in values:
                raise self._error(event, f"duplicate key '{key[:80]}'")
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

    def _scalar(self, event: typing.Any, path: tuple[str, ...]) -> object:
        text: str = event.value
        if TEMPLATE_MARK.search(text) and event.tag != "!unsafe" and path[-1:] != ("password",):
            return _TEMPLATE
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            if event.tag == "!vault":
                return UnsupportedValue(_VAULTED)
            raise self._error(event, f"an unknown tag (!){_QUOTE}")
        # a text without quotes: libyaml gives it an empty style, PyYAML alone none
        if event.style or event.tag is not None:
            return text
        return _plain(text)

    def _error(self, event: typing.Any, problem: str) -> FileError:
        return FileError(f"{self._name}:{event.start_mark.line + 1}: {problem}.")


_QUOTE = "; put it in quotes if it is a string"
_KINDS = {
    "int": "a number in a notation of YAML",
    "float": "a number with decimals",
    "timestamp": "a date or time",
}
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
            kind = tag.rpartition(":")[2]
            what = _KINDS.get(kind, "a special value of YAML")
            return UnsupportedValue(f"{what}{_QUOTE}", text if kind == "timestamp" else "")
    return text
