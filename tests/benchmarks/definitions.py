# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions of the users that the embedded server starts with, as files."""

from __future__ import annotations

import csv
import io
import json
import typing
from pathlib import Path

Entry = dict[str, typing.Any]
# where the server begins to count persons, and what it gives its users
FIRST_PERSON = 1001
FIRST_ASSOCIATE = 101
ROLE, ROLE_ID = "External user", 2
OTHER_ROLE, OTHER_ROLE_ID = "Partner", 5
PASSWORD = "Changed-password-%05d"


def existing(users: int, *, changed: int = 0, passwords: bool = False) -> list[Entry]:
    """Declare the users of a server; the first `changed` of them with another role."""
    entries = []
    for index in range(users):
        entry: Entry = {
            "user_name": f"user{index + 1:05d}@example.com",
            "person_id": FIRST_PERSON + index,
            "role": OTHER_ROLE if index < changed else ROLE,
            "is_active": True,
        }
        if passwords:
            entry["password"] = PASSWORD % (index + 1)
        entries.append(entry)
    return entries


def new(users: int, count: int) -> list[Entry]:
    """Declare `count` users for persons without a login, of a server that has `users`."""
    return [
        {
            "user_name": f"new{index + 1:05d}@example.com",
            "person_id": FIRST_PERSON + users + index,
            "role": OTHER_ROLE,
            "is_active": True,
            "password": PASSWORD % (index + 1),
        }
        for index in range(count)
    ]


def write(folder: Path, name: str, entries: list[Entry]) -> Path:
    """Write a definition file; the end of its name says how."""
    path = folder / name
    writers = {".yml": _yaml, ".csv": _csv, ".json": _json}
    path.write_text(writers[path.suffix](entries), encoding="utf-8")
    return path


def _json(entries: list[Entry]) -> str:
    return json.dumps({"users": entries}, indent=1)


def _csv(entries: list[Entry]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, entries[0])
    writer.writeheader()
    writer.writerows({**entry, "is_active": "true"} for entry in entries)
    return text.getvalue()


def _yaml(entries: list[Entry]) -> str:
    """Write YAML as people do; a library would take longer than all that is measured."""
    lines = ["users:"]
    for entry in entries:
        marks = "- ", *["  "] * len(entry)
        for mark, (name, value) in zip(marks, entry.items(), strict=False):
            lines.append(
                f"  {mark}{name}: {value if isinstance(value, str) else json.dumps(value)}"
            )
    return "\n".join([*lines, ""])


def passwords(users: int) -> dict[str, str]:
    """Return a password for each user, as they come out of a vault."""
    return {one["user_name"]: one["password"] for one in existing(users, passwords=True)}
