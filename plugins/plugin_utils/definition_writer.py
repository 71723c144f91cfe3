# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Existing users as definition files, which read back as what was written.

YAML is read by two readers: that of definition_files.py, and Ansible's own where a file is loaded
as variables. Every text is therefore quoted, in the form of double quotes that both take alike, and
a text that Ansible would take for a template is tagged !unsafe. CSV is also opened by spreadsheets.
"""

from __future__ import annotations

import csv
import io
import re
import typing
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..module_utils.domain.names import name_key
from ..module_utils.task.csv_source import BETWEEN_NAMES, escaped, fits
from .escaping import for_comment
from .plain_values import plain
from .report.model import ReportError

Entry = dict[str, typing.Any]
# by their ids
Persons = Mapping[typing.Any, Entry]
SPLITS = ("none", "company", "role")
FORMATS = ("yaml", "csv")
_HEAD = """\
---
# External users of SuperOffice CRM. Passwords cannot be read, so none are
# here: these definitions manage the users that exist, and create none.
"""
_TEMPLATE = re.compile(r"\{[{%#]")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_ORDER = ("associate_id", "user_name", "person_id", "role", "role_id", "is_active")


class File(typing.NamedTuple):
    """A definition file: its name in the folder, how many users it defines, and its text."""

    name: str
    users: int
    text: str


class _Group(typing.NamedTuple):
    """Entries for one file, and the options that all of them share."""

    stem: str
    entries: Sequence[Entry]
    shared: Mapping[str, typing.Any]


def files_of(
    entries: object,
    *,
    split: str = "none",
    persons: object = None,
    name: str = "",
    file_format: str = "yaml",
    schema: str = "",
) -> list[File]:
    """Write entries, as superoffice_external_user_info lists them, down as definition files.

    `persons` are those that it lists with them: in YAML a comment above each entry says whose login
    it is. What no cell of CSV can hold, such as a template, goes into a YAML file beside it.

    Raises:
        ReportError: they are none, or there is no such way to split them, or no such format.
    """
    given = plain(entries)
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ReportError("definition files are made of a list of definitions")
    if split not in SPLITS:
        raise ReportError(f"split must be one of {', '.join(SPLITS)}, not {split}")
    if file_format not in FORMATS:
        raise ReportError(f"format must be one of {', '.join(FORMATS)}, not {file_format}")
    ordered = sorted(given, key=_sort_key)
    known: Persons = {one["person_id"]: one for one in plain(persons or [])}
    if split == "none":
        groups = [_Group(name.rpartition(".")[0] or name or "users", ordered, {})]
    else:
        groups = _by_role(ordered) if split == "role" else _by_company(ordered, known)
    if file_format == "csv":
        return [file for group in groups for file in _csv_files(group, known)]
    return [
        File(
            name if name and split == "none" else f"{group.stem}.yml",
            len(group.entries),
            _with_schema(text_of(group.entries, group.shared, known), schema),
        )
        for group in groups
    ]


def _with_schema(text: str, schema: str) -> str:
    """Return a text with the line by which editors find the schema."""
    if not schema:
        return text
    return text.replace("---\n", f"---\n# yaml-language-server: $schema={for_comment(schema)}\n", 1)


def csv_text(entries: Sequence[Entry]) -> str:
    """Return the text of one CSV file, in which no spreadsheet finds a formula.

    The byte order mark tells spreadsheets that it is UTF-8.
    """
    used = {key for entry in entries for key in entry} or {"user_name"}
    columns = [key for key in _ORDER if key in used] + sorted(used - set(_ORDER))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(entry.get(key)) for key in columns] for entry in entries)
    return f"\ufeff{text.getvalue()}"


def text_of(
    entries: Sequence[Entry],
    defaults: Mapping[str, typing.Any] | None = None,
    persons: Persons | None = None,
) -> str:
    """Return the text of one definition file."""
    lines = [_HEAD.rstrip("\n")]
    if defaults:
        lines.append("defaults:")
        lines += [f"  {key}: {scalar(value)}" for key, value in defaults.items()]
    if not entries:
        return "\n".join([*lines, "users: []", ""])
    lines.append("users:")
    for entry in entries:
        person = (persons or {}).get(entry.get("person_id"), {})
        names = [text for key in ("full_name", "company") if (text := person.get(key))]
        if names:
            lines.append(f"  # {for_comment(', '.join(names))}")
        known = [key for key in _ORDER if key in entry]
        keys = [*known, *sorted(entry.keys() - set(known))]
        for number, key in enumerate(keys):
            lines.append(f"  {'-' if number == 0 else ' '} {key}: {scalar(entry[key])}")
    return "\n".join([*lines, ""])


def scalar(value: typing.Any) -> str:
    """Return a value as YAML that reads back as the same value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(scalar(item) for item in value)}]"
    if not isinstance(value, str):
        raise ReportError(f"a definition cannot hold {type(value).__name__}")
    # what can be seen is written as it is; both readers take that alike
    quoted = "".join(
        one if one.isprintable() and one not in _SHORT else _escape(one) for one in value
    )
    tag = "!unsafe " if _TEMPLATE.search(value) else ""
    return f'{tag}"{quoted}"'


def slug(text: str) -> str:
    """Return a text as a part of a file name; empty if nothing of it fits."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain_letters = letters.replace("ø", "o").replace("æ", "ae").replace("ł", "l")
    return re.sub(r"[^a-z0-9]+", "-", plain_letters.encode("ascii", "ignore").decode()).strip("-")[
        :60
    ]


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _sort_key(entry: Entry) -> tuple[bool, str, int]:
    name = entry.get("user_name")
    return (name is None, name_key(name or ""), entry.get("associate_id") or 0)


def _csv_files(group: _Group, persons: Persons) -> Iterator[File]:
    fitting = [one for one in group.entries if all(map(_fits, one.values()))]
    others = [one for one in group.entries if not all(map(_fits, one.values()))]
    if not all(map(_fits, group.shared.values())):
        fitting, others = [], list(group.entries)
    if fitting or not others:
        text = csv_text([{**one, **group.shared} for one in fitting])
        yield File(f"{group.stem}.csv", len(fitting), text)
    if others:
        yield File(f"{group.stem}.yml", len(others), text_of(others, group.shared, persons))


def _fits(value: object) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(fits(one) and (one is value or BETWEEN_NAMES not in str(one)) for one in items)


def _cell(value: typing.Any) -> int | str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return escaped(BETWEEN_NAMES.join(map(str, value)))
    return "" if value is None else escaped(str(value))


def _by_role(entries: Iterable[Entry]) -> list[_Group]:
    """Group by role, which is said once for all users."""
    users: dict[tuple[str, typing.Any], list[Entry]] = {}
    for entry in entries:
        option = "role" if "role" in entry else "role_id"
        rest = {key: value for key, value in entry.items() if key != option}
        users.setdefault((option, entry.get(option)), []).append(rest)
    groups = []
    taken: set[str] = set()
    for (option, value), found in sorted(users.items(), key=lambda item: _role_key(*item[0])):
        if value is None:
            stem, shared = "without-role", {}
        else:
            stem = slug(value) if option == "role" else f"role-{value}"
            shared = {option: value}
        groups.append(_Group(_free(stem or "role", taken), found, shared))
    return groups


def _role_key(option: str, value: object) -> tuple[str, str]:
    return (option, "" if value is None else str(value))


def _by_company(entries: Iterable[Entry], persons: Persons) -> list[_Group]:
    """Group by company; its id keeps two of one name apart."""
    users: dict[tuple[int, str], list[Entry]] = {}
    for entry in entries:
        person = persons.get(entry.get("person_id"), {})
        key = (person.get("company_id") or 0, person.get("company") or "")
        users.setdefault(key, []).append(entry)
    groups = []
    taken: set[str] = set()
    for (company_id, company), found in sorted(users.items()):
        stem = "-".join(filter(None, [slug(company), str(company_id)]))
        groups.append(_Group(_free(stem if company_id else "without-company", taken), found, {}))
    return groups


def _free(stem: str, taken: set[str]) -> str:
    """Return the stem of a file name that no other group has."""
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name)
    return name
