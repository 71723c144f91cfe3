# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one installation in SQLite: what tests seed, look at and change by hand."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .enums import ASSOCIATE_TYPES, EXTERNAL, ROLE_TYPE_OF_ASSOCIATE, ROLE_TYPES
from .passwords import PasswordRules, hash_password
from .schema import SNAPSHOT, TABLES
from .sessions import Sessions
from .view import UserRecord, View, key_of, prepare, record

PREDEFINED_ROLE = "External user"


class Tenant:
    """One installation. Every method is one transaction and may be called from any thread."""

    def __init__(self, database: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._connection = prepare(_open(database))
        self._connection.executescript(TABLES)
        self.live = View(self._connection)
        self.sessions = Sessions()
        self.mails: list[int] = []
        self.commits = 0
        self._former: tuple[sqlite3.Connection, int] | None = None
        self._start: sqlite3.Connection | None = None

    # --- life

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self._connection.close()

    def remember_start(self) -> None:
        """Take the present state as the one that `reset` goes back to."""
        with self.lock:
            self._start = _copy(self._connection)

    def reset(self) -> None:
        """Go back to the start."""
        with self.lock:
            if self._start is not None:
                self._start.backup(self._connection)
            self.sessions.clear()
            self.mails.clear()
            self._former = None

    @contextlib.contextmanager
    def writing(self, lag: int | None = None) -> Iterator[sqlite3.Connection]:
        """One transaction; with `lag`, so many reads still see the state before it."""
        with self.lock:
            former = (_copy(self._connection), lag) if lag else None
            before = self._connection.total_changes
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            if self._connection.total_changes != before:
                self.commits += 1
                self._former = former

    def reading(self) -> View:
        """Return what a reading request sees, which may lag behind."""
        if self._former is None:
            return self.live
        with self.lock:
            connection, left = self._former
            self._former = (connection, left - 1) if left > 1 else None
            return View(connection)

    # --- seeding

    def is_empty(self) -> bool:
        """Tell whether there is nobody yet."""
        return self.live.row("SELECT 1 FROM associate LIMIT 1") is None

    def add_role(
        self,
        name: str,
        type: str = "ExternalUser",
        deleted: bool = False,
        role_id: int | None = None,
        tooltip: str = "",
    ) -> int:
        """Add a role of a type (Employee, ExternalUser, Anonymous, System)."""
        values = {"role_id": role_id, "name": name, "tooltip": tooltip}
        return self._insert("role", {**values, "role_type": ROLE_TYPES[type], "deleted": deleted})

    def add_contact(self, name: str, contact_id: int | None = None) -> int:
        """Add a company."""
        return self._insert("contact", {"contact_id": contact_id, "name": name})

    def add_person(
        self,
        *,
        first_name: str = "Test",
        last_name: str = "Person",
        email: str = "",
        contact_id: int = 2,
        person_id: int | None = None,
        title: str = "",
        retired: bool = False,
    ) -> int:
        """Add a person without login."""
        return self._insert("person", {
            "person_id": person_id, "first_name": first_name, "last_name": last_name,
            "title": title, "email": email, "contact_id": contact_id, "retired": retired,
        })  # fmt: skip

    def add_external_user(
        self,
        user_name: str,
        person_id: int | None = None,
        role_id: int | None = None,
        *,
        is_active: bool = True,
        password: str | None = None,
        associate_id: int | None = None,
        name: str | None = None,
        deleted: bool = False,
    ) -> int:
        """Add an external user; without `person_id` a person of its own is made."""
        with self.lock:
            if person_id is None:
                email = user_name if "@" in user_name else ""
                person_id = self.add_person(
                    first_name=user_name.split("@", maxsplit=1)[0],
                    last_name="External",
                    email=email,
                )
            return self._insert_associate({
                "associate_id": associate_id, "name": name or user_name, "user_name": user_name,
                "type": EXTERNAL, "person_id": person_id, "deleted": deleted,
                "role_id": role_id or self.role_id(PREDEFINED_ROLE), "active": is_active,
            }, password)  # fmt: skip

    def add_external_users(self, users: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add many external users in one transaction; each has `add_external_user`'s arguments."""
        with self.lock:
            self._connection.execute("BEGIN")
            try:
                ids = [self.add_external_user(**user) for user in users]
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            return ids

    def add_internal_user(
        self,
        user_name: str,
        type: str = "Employee",
        *,
        password: str | None = None,
        person_id: int | None = None,
        functional_rights: Iterable[str] = (),
        role_id: int | None = None,
        associate_id: int | None = None,
        name: str | None = None,
    ) -> int:
        """Add an associate of type Employee, Resource, Anonymous or System."""
        kind = ASSOCIATE_TYPES[type]
        with self.lock:
            if person_id is None:
                person_id = 0
                if type == "Employee":
                    person_id = self.add_person(first_name=user_name, last_name="Internal")
            if role_id is None:
                role_id = self.live.roles(ROLE_TYPE_OF_ASSOCIATE[kind])[0]["role_id"]
            return self._insert_associate({
                "associate_id": associate_id, "name": name or user_name, "user_name": user_name,
                "type": kind, "person_id": person_id, "role_id": role_id, "usergroup_id": 1,
                "functional_rights": ",".join(functional_rights),
            }, password)  # fmt: skip

    def _insert_associate(self, values: dict[str, Any], password: str | None) -> int:
        values["name_key"] = key_of(values["name"])
        values["user_name_key"] = key_of(values["user_name"]) if values["user_name"] else None
        associate_id = self._insert("associate", values)
        if password is not None:
            hashed = hash_password(associate_id, password)
            self.update_associate(associate_id, password=hashed)
        return associate_id

    def _insert(self, table: str, values: Mapping[str, Any]) -> int:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        with self.lock:
            cursor = self._connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",
                tuple(values.values()),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    # --- the witness

    def user(self, id_or_name: int | str) -> UserRecord | None:
        """Find an associate of any type by id or login name."""
        with self.lock:
            row = self._find(id_or_name)
            return record(row) if row else None

    def users(self) -> list[UserRecord]:
        """List the external users, by id."""
        with self.lock:
            return [record(row) for row in self.live.external_users()]

    def role_id(self, name: str) -> int:
        """Return the id of the first role of this stored name that is not deleted."""
        with self.lock:
            row = self.live.row(
                "SELECT role_id FROM role WHERE name = ? ORDER BY deleted, role_id", (name,)
            )
        if row is None:
            raise KeyError(name)
        return int(row["role_id"])

    def password_matches(self, id_or_name: int | str, password: str) -> bool:
        """Tell whether this is the user's password."""
        with self.lock:
            row = self._find(id_or_name)
            if row is None:
                return False
            stored = self.live.password(row["associate_id"])
            return stored is not None and stored == hash_password(row["associate_id"], password)

    def snapshot(self) -> object:
        """Return the whole state, comparable with ==."""
        with self.lock:
            return tuple(
                (table, tuple(tuple(row) for row in self.live.rows(f"SELECT * FROM {table}")))
                for table in SNAPSHOT
            )

    @property
    def password_rules(self) -> PasswordRules:
        """The row of `password_rules`; assign to it to change it."""
        with self.lock:
            row = self.live.row("SELECT * FROM password_rules")
            return PasswordRules(*row) if row else PasswordRules(0, 0, 0, 0, 0)

    @password_rules.setter
    def password_rules(self, rules: PasswordRules) -> None:
        values = (
            rules.min_characters,
            rules.min_numbers,
            rules.min_lowercase,
            rules.min_uppercase,
            rules.min_special,
        )
        with self.lock:
            self._connection.execute("DELETE FROM password_rules")
            self._connection.execute("INSERT INTO password_rules VALUES (?, ?, ?, ?, ?)", values)

    # --- changes by hand, and the primitives of the rules

    def change_user(self, id_or_name: int | str, **fields: Any) -> None:
        """Change fields of a user by hand.

        Fields: user_name, name, role_id, is_active, person_id, deleted, functional_rights, and
        password (None takes it away).
        """
        with self.lock:
            row = self._find(id_or_name)
            if row is None:
                raise KeyError(id_or_name)
            columns = dict(fields)
            if "is_active" in columns:
                columns["active"] = columns.pop("is_active")
            if "functional_rights" in columns:
                columns["functional_rights"] = ",".join(columns["functional_rights"])
            if columns.get("password") is not None:
                columns["password"] = hash_password(row["associate_id"], columns["password"])
            if "user_name" in columns and "name" not in columns:
                columns["name"] = columns["user_name"]
            self.update_associate(row["associate_id"], **columns)

    def remove_user(self, id_or_name: int | str) -> None:
        """Remove a user by hand, without a trace in the history."""
        with self.lock:
            row = self._find(id_or_name)
            if row is None:
                raise KeyError(id_or_name)
            self._connection.execute(
                "DELETE FROM associate WHERE associate_id = ?", (row["associate_id"],)
            )

    def update_associate(self, associate_id: int, **columns: Any) -> None:
        """Set columns of an associate; the search keys follow the names."""
        for column in ("name", "user_name"):
            if column in columns:
                value = columns[column]
                columns[f"{column}_key"] = None if value is None else key_of(value)
        assignments = ", ".join(f"{column} = ?" for column in columns)
        with self.lock:
            self._connection.execute(
                f"UPDATE associate SET {assignments} WHERE associate_id = ?",
                (*columns.values(), associate_id),
            )

    def insert_external_user(self, columns: dict[str, Any], password: str | None) -> int:
        """Insert an associate of type external person with the given columns."""
        return self._insert_associate({"type": EXTERNAL, **columns}, password)

    def retire_person(self, person_id: int, retired: bool = True) -> None:
        """Set person.retired."""
        with self.lock:
            self._connection.execute(
                "UPDATE person SET retired = ? WHERE person_id = ?", (retired, person_id)
            )

    def move_to_history(self, associate_id: int) -> None:
        """Remove an associate; id and name stay in the history table."""
        with self.lock:
            self._connection.execute(
                "INSERT INTO associate_history (associate_id, name, name_key)"
                " SELECT associate_id, name, name_key FROM associate WHERE associate_id = ?",
                (associate_id,),
            )
            self._connection.execute(
                "DELETE FROM associate WHERE associate_id = ?", (associate_id,)
            )

    # --- logins that are no password

    def issue_ticket(self, login: int | str) -> str:
        """Return a new ticket for `Authorization: SOTicket`."""
        return self.sessions.issue_ticket(self._login_id(login))

    def issue_token(self, login: int | str) -> str:
        """Return a new token for `Authorization: Bearer`."""
        return self.sessions.issue_token(self._login_id(login))

    def issue_session(self, login: int | str) -> tuple[str, str]:
        """Return a new session: the Cookie header and the value for X-XSRF-TOKEN."""
        return self.sessions.issue_session(self._login_id(login))

    def expire_sessions(self) -> None:
        """Make every ticket, token and session worthless."""
        self.sessions.expire()

    def _login_id(self, login: int | str) -> int:
        found = self.user(login)
        if found is None:
            raise KeyError(login)
        return found.associate_id

    def _find(self, id_or_name: int | str) -> sqlite3.Row | None:
        if isinstance(id_or_name, int):
            return self.live.user(id_or_name)
        return self.live.user_named(id_or_name)


def _open(database: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(
        str(database or ":memory:"),
        check_same_thread=False,
        isolation_level=None,
        cached_statements=512,
    )
    if database:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _copy(connection: sqlite3.Connection) -> sqlite3.Connection:
    copy = prepare(_open(None))
    connection.backup(copy)
    return copy
