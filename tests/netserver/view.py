# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a tenant: one connection, whole rows."""

from __future__ import annotations

import dataclasses
import sqlite3
import time
from collections.abc import Callable, Sequence

from .comparison import simple
from .enums import ASSOCIATE_TYPE_NAMES, EXTERNAL
from .schema import COMPANY, USER

EMPTY_DATE = "0001-01-01T00:00:00"


@dataclasses.dataclass(frozen=True, slots=True)
class UserRecord:
    """The state of one user, as tests see it."""

    associate_id: int
    person_id: int
    user_name: str
    name: str
    role_id: int
    role_name: str
    is_active: bool
    type: str
    deleted: bool
    has_password: bool
    functional_rights: tuple[str, ...]

    @property
    def is_external(self) -> bool:
        """Whether this is an external user."""
        return self.type == "ExternalPerson"


def record(row: sqlite3.Row) -> UserRecord:
    """Make the record of a row of `schema.USER`."""
    return UserRecord(
        associate_id=row["associate_id"],
        person_id=row["person_id"],
        user_name=row["user_name"] or row["name"],
        name=row["name"],
        role_id=row["role_id"],
        role_name=row["role_name"] or "",
        is_active=bool(row["active"]),
        type=ASSOCIATE_TYPE_NAMES[row["type"]],
        deleted=bool(row["deleted"]),
        has_password=bool(row["has_password"]),
        functional_rights=tuple(filter(None, row["functional_rights"].split(","))),
    )


class Functions:
    """Python functions for SQL: the key by which texts compare, and the last login of a user."""

    def __init__(self) -> None:
        self.rule: Callable[[str], str] = simple
        self.last_logins: dict[int, float] = {}

    def fold(self, value: str | float | None) -> str | float | None:
        """Return the form in which a value is compared."""
        return self.rule(value) if isinstance(value, str) else value

    def last_login(self, associate_id: int) -> str:
        """Return the time of the last login; the empty date if there was none."""
        moment = self.last_logins.get(associate_id)
        if moment is None:
            return EMPTY_DATE
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))

    def prepare(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Make rows readable by name, and the functions known."""
        connection.row_factory = sqlite3.Row
        connection.create_function("fold", 1, self.fold, deterministic=True)
        connection.create_function("last_login", 1, self.last_login)
        return connection


class View:
    """A tenant to read from: the present state, or a former one."""

    def __init__(self, connection: sqlite3.Connection, functions: Functions) -> None:
        self._connection = connection
        self._functions = functions

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Run a query."""
        return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        """Run a query for one row."""
        found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return found

    def user(self, associate_id: int) -> sqlite3.Row | None:
        """Find an associate of any type by id."""
        return self.row(USER + "WHERE a.associate_id = ?", (associate_id,))

    def users_named(self, name: str) -> list[sqlite3.Row]:
        """Find associates that have this name in either column; a name as given comes first."""
        key = self._functions.rule(name)
        found = self.rows(USER + "WHERE a.name_key = ? OR a.user_name_key = ?", (key, key))
        # Tests may store names by hand that are equal under the present rule.
        return sorted(found, key=lambda row: name not in (row["name"], row["user_name"]))

    def user_named(self, name: str) -> sqlite3.Row | None:
        """Find the associate of a login name."""
        found = self.users_named(name)
        return found[0] if found else None

    def users_of_person(self, person_id: int) -> list[sqlite3.Row]:
        """Find the associates of a person."""
        return self.rows(USER + "WHERE a.person_id = ? ORDER BY a.associate_id", (person_id,))

    def external_users(self) -> list[sqlite3.Row]:
        """List the external users by login name's id."""
        return self.rows(USER + "WHERE a.type = ? ORDER BY a.associate_id", (EXTERNAL,))

    def password(self, associate_id: int) -> bytes | None:
        """Return the hash of the password."""
        row = self.row("SELECT password FROM associate WHERE associate_id = ?", (associate_id,))
        return row["password"] if row else None

    def person(self, person_id: int) -> sqlite3.Row | None:
        """Find a person, with the name of the company."""
        return self.row(
            f"SELECT p.*, c.name AS contact_name, c.department, c.number, c.orgnr,"
            f" {COMPANY} AS contact_full_name FROM person p"
            " LEFT JOIN contact c ON c.contact_id = p.contact_id WHERE p.person_id = ?",
            (person_id,),
        )

    def addresses(self, person_id: int) -> list[str]:
        """List the e-mail addresses of a person."""
        rows = self.rows(
            "SELECT address FROM email WHERE person_id = ? ORDER BY rank", (person_id,)
        )
        return [row["address"] for row in rows]

    def role(self, role_id: int) -> sqlite3.Row | None:
        """Find a role, deleted or not."""
        return self.row("SELECT * FROM role WHERE role_id = ?", (role_id,))

    def roles(self, role_type: int) -> list[sqlite3.Row]:
        """List the roles of a type, deleted ones too."""
        return self.rows(
            "SELECT * FROM role WHERE role_type = ? ORDER BY rank, role_id", (role_type,)
        )

    def name_in_history(self, name: str) -> bool:
        """Tell whether a removed user had this name."""
        return (
            self.row(
                "SELECT 1 FROM associate_history WHERE name_key = ?", (self._functions.rule(name),)
            )
            is not None
        )
