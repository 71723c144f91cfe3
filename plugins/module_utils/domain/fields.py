# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table that says what a modifiable field of an external user is."""

from __future__ import annotations

import functools
import typing

from .model import Modification


class Field(typing.NamedTuple):
    """A field: its name in options and results, on the wire, and the flag that names it."""

    option: str
    wire: str
    bit: Modification
    flag: str


# in the order of diffs and of calls that name one flag at a time
FIELDS = (
    Field("user_name", "UserName", Modification.USER_NAME, "UserName"),
    Field("role_id", "RoleId", Modification.ROLE, "Role"),
    Field("is_active", "IsActive", Modification.ACTIVE, "Active"),
    Field("password", "Password", Modification.PASSWORD, "Password"),
)


@functools.cache
def fields_of(modification: Modification) -> tuple[Field, ...]:
    """Return the fields that `modification` names, in the order of the table."""
    return tuple(field for field in FIELDS if field.bit & modification)


def flag_names(modification: Modification) -> list[str]:
    """Return the service's names of the flags, one by one, in the service's order."""
    return list(_flags_of(modification))


@functools.cache
def _flags_of(modification: Modification) -> tuple[str, ...]:
    return tuple(f.flag for f in sorted(fields_of(modification), key=lambda f: f.bit.value))
