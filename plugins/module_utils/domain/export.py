# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Existing users as entries of definition files."""

from __future__ import annotations

from collections.abc import Iterable

from .entries import Values
from .model import CurrentUser
from .names import invisible_part, name_key
from .roles import Roles


def entries_of(users: Iterable[CurrentUser], roles: Roles) -> list[Values]:
    """Return the entries of existing users; applying them changes nothing.

    They have no password, so that they can manage users and not create them. An id replaces a name
    only where the name would not do: a role name that several roles have, a user name that differs
    from another one only in case. A role that can no longer be given is omitted, and so not
    managed.
    """
    users = list(users)
    alike: dict[str, int] = {}
    for user in users:
        key = name_key(user.user_name)
        alike[key] = alike.get(key, 0) + 1
    return [_entry(user, roles, alike[name_key(user.user_name)] > 1) for user in users]


def _entry(user: CurrentUser, roles: Roles, has_duplicate: bool) -> Values:
    entry: Values = {}
    # a name with parts that cannot be seen can be read, but not declared
    name = user.user_name
    if has_duplicate or not name.strip() or invisible_part(name):
        entry["associate_id"] = user.associate_id
    else:
        entry["user_name"] = user.user_name
    entry["person_id"] = user.person_id
    role = roles.get(user.role_id)
    if role and not role.deleted:
        if roles.id_of_text(role.name) is None:
            entry["role_id"] = role.role_id
        else:
            entry["role"] = role.name
    entry["is_active"] = user.is_active
    return entry
