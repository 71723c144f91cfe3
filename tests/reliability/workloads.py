# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that write, and the users and effects that they leave."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from tests.modules.execution_paths import Result
from tests.netserver import NetServer
from tests.netserver.journal import Entry

ONE, MANY = "superoffice_external_user", "superoffice_external_users"
OLD, NEW = "Old-password-1", "New-password-1"
PARTNER, VENDOR = 5, 6
# person id, role id, whether active, whether the password is the new one
UserStates = dict[str, tuple[int, int, bool, bool]]

CREATE: Result = {"person_id": 1001, "user_name": "carla", "role": "Partner", "password": NEW}
MODIFY: Result = {"user_name": "anna", "role": "Vendor", "is_active": False}
DELETE: Result = {"user_name": "dora", "state": "absent"}
SINGLE: dict[str, Result] = {
    "CreateExternalUser": CREATE,
    "SetExternalUserInfo": MODIFY,
    "DeleteExternalUser": DELETE,
}
DEFINITIONS: list[Result] = [
    CREATE,
    {"person_id": 1002, "user_name": "chris", "role": "Vendor", "password": NEW},
    MODIFY,
    {"user_name": "bob", "is_active": False},
    DELETE,
    {"user_name": "ella", "role": "Partner"},
]
BULK: Result = {
    "users": DEFINITIONS,
    "limits": {"deactivate": None, "delete": None, "password": None},
    "max_failures": 0,
}


def add_users(server: NetServer) -> None:
    """Add the users that the tasks need."""
    for number, name in enumerate(("anna", "bob", "dora", "ella")):
        server.tenant.add_external_user(
            name, role_id=PARTNER, password=OLD, person_id=1011 + number
        )


def user_states(server: NetServer) -> UserStates:
    """Return the external users; a duplicate name is a failure."""
    users = server.tenant.users()
    names = [user.user_name for user in users]
    assert len(set(names)) == len(names), f"created twice: {names}"
    return {
        user.user_name: (
            user.person_id,
            user.role_id,
            user.is_active,
            server.tenant.password_matches(user.associate_id, NEW),
        )
        for user in users
    }


@dataclasses.dataclass(frozen=True)
class Effect:
    """An effect of a call: the operation, the user and the flags."""

    operation: str
    whom: str
    what: str


def effects(entries: Iterable[Entry]) -> list[Effect]:
    """Return the effects of the calls."""
    return [
        Effect(
            entry.operation,
            str(entry.argument("AssociateId") or entry.argument("UserName")),
            str(entry.argument("ExternalUserInfoModification") or ""),
        )
        for entry in entries
        if entry.committed
    ]


def assert_none_twice(entries: Iterable[Entry]) -> None:
    """Assert that no effect occurs twice, except passwords."""
    seen: set[Effect] = set()
    for effect in effects(entries):
        assert effect not in seen or "Password" in effect.what, f"took effect twice: {effect}"
        seen.add(effect)


def row_for(result: Result, name: str) -> dict[str, Any] | None:
    """Return the result of one user in a bulk run."""
    return next((row for row in result.get("results", []) if row["user_name"] == name), None)
