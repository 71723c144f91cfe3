# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users look like in a definition file: from entries to declarations, and back."""

from __future__ import annotations

import typing
from collections.abc import Iterable

from .model import CurrentUser, same_name
from .roles import Roles

Entry = dict[str, typing.Any]


def definitions_of(users: Iterable[CurrentUser], roles: Roles) -> list[Entry]:
    """Write existing users down as entries; applying them changes nothing.

    There is no password in them, so that such an entry can manage a user and not create one. An id
    stands in for a name only where the name would not do: a role name that several roles have, a
    user name that differs from another one in case only. A role that can no longer be given is
    left out, which leaves it alone.
    """
    users = list(users)
    alike: dict[str, int] = {}
    for user in users:
        folded = same_name(user.user_name)
        alike[folded] = alike.get(folded, 0) + 1
    return [_definition(user, roles, alike[same_name(user.user_name)] > 1) for user in users]


def _definition(user: CurrentUser, roles: Roles, has_double: bool) -> Entry:
    entry: Entry = {}
    if has_double:
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
