# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Existing users as definition files, which read back as what was written.

The texts are read by two readers: that of definition_files.py, and Ansible's own where a file is
loaded as variables. Every text is therefore quoted, in the form of double quotes that both take
alike, and a text that Ansible would take for a template is tagged !unsafe.
"""

from __future__ import annotations

import re
import typing
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from ..module_utils.domain.names import name_key
from .escaping import for_comment
from .report.model import ReportError, plain

Entry = dict[str, typing.Any]
# by their ids
Persons = Mapping[typing.Any, Entry]
SPLITS = ("none", "company", "role")
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


def files_of(
    entries: object, *, split: str = "none", persons: object = None, name: str = "users.yml"
) -> list[File]:
    """Write entries, as superoffice_external_user_info lists them, down as definition files.

    `persons` are those that it lists with them: above each entry a comment says whose login it is.

    Raises:
        ReportError: they are none, or there is no such way to split them.
    """
    given = plain(entries)
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ReportError("definition files are made of a list of definitions")
    if split not in SPLITS:
        raise ReportError(f"split must be one of {', '.join(SPLITS)}, not {split}")
    ordered = sorted(given, key=_sort_key)
    known: Persons = {one["person_id"]: one for one in plain(persons or [])}
    if split == "role":
        return _by_role(ordered, known)
    if split == "company":
        return _by_company(ordered, known)
    return [File(name, len(ordered), text_of(ordered, persons=known))]


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


def _by_role(entries: Iterable[Entry], persons: Persons) -> list[File]:
    """Write a file for each role, which says the role once for all its users."""
    groups: dict[tuple[str, typing.Any], list[Entry]] = {}
    for entry in entries:
        option = "role" if "role" in entry else "role_id"
        rest = {key: value for key, value in entry.items() if key != option}
        groups.setdefault((option, entry.get(option)), []).append(rest)
    files = []
    taken: set[str] = set()
    for (option, value), users in sorted(groups.items(), key=lambda item: _role_key(*item[0])):
        if value is None:
            stem, defaults = "without-role", None
        else:
            stem = slug(value) if option == "role" else f"role-{value}"
            defaults = {option: value}
        name = _free(stem or "role", taken)
        files.append(File(name, len(users), text_of(users, defaults, persons)))
    return files


def _role_key(option: str, value: object) -> tuple[str, str]:
    return (option, "" if value is None else str(value))


def _by_company(entries: Iterable[Entry], persons: Persons) -> list[File]:
    """Write a file for each company; its id keeps two of one name apart."""
    groups: dict[tuple[int, str], list[Entry]] = {}
    for entry in entries:
        person = persons.get(entry.get("person_id"), {})
        key = (person.get("company_id") or 0, person.get("company") or "")
        groups.setdefault(key, []).append(entry)
    files = []
    taken: set[str] = set()
    for (company_id, company), users in sorted(groups.items()):
        stem = "-".join(filter(None, [slug(company), str(company_id)]))
        name = _free(stem if company_id else "without-company", taken)
        files.append(File(name, len(users), text_of(users, persons=persons)))
    return files


def _free(stem: str, taken: set[str]) -> str:
    """Return a file name that no other file of the export has."""
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name)
    return f"{name}.yml"
