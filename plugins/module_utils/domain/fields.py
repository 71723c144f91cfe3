# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table that says what a modifiable field of an external user is."""

from __future__ import annotations

import functools
import typing

from .model import Change


class Field(typing.NamedTuple):
    """A field: its name in options and results, on the wire, and the flag that names it."""

    option: str
    wire: str
    change: Change
    flag: str


# in the order of diffs and of calls that name one flag at a time
FIELDS = (
    Field("user_name", "UserName", Change.USER_NAME, "UserName"),
    Field("role_id", "RoleId", Change.ROLE, "Role"),
    Field("is_active", "IsActive", Change.ACTIVE, "Active"),
    Field("password", "Password", Change.PASSWORD, "Password"),
)


@functools.cache
def fields_of(change: Change) -> tuple[Field, ...]:
    """Return the fields that `change` names, in the order of the table."""
    return tuple(field for field in FIELDS if field.change & change)


def flag_names(change: Change) -> list[str]:
    """Spell `change` as results do: the service's names, one by one, in the service's order."""
    return list(_flags_of(change))


@functools.cache
def _flags_of(change: Change) -> tuple[str, ...]:
    return tuple(f.flag for f in sorted(fields_of(change), key=lambda f: f.change.value))
