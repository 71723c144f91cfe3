# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one installation in SQLite: what tests add, read and change by hand."""

from __future__ import annotations

import datetime
import sqlite3
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .database import Database
from .enums import ASSOCIATE_TYPES, EXTERNAL, ROLE_TYPE_OF_ASSOCIATE, ROLE_TYPES
from .passwords import PasswordRules, hash_password
from .sessions import Sessions
from .view import UserRecord, record

PREDEFINED_ROLE = "External user"


class Tenant(Database):
    """One installation. Every method is one transaction and may be called from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path)
        self.sessions = Sessions()
        self.mails: list[int] = []
        self.last_created: int | None = None
        self._verified: tuple[tuple[str, str, int], UserRecord] | None = None

    def reset(self) -> None:
        """Go back to the start."""
        with self.lock:
            super().reset()
            self.sessions.clear()
            self.mails.clear()
            self.last_created = None
            self._verified = None

    def compare_names(self, rule: str) -> None:
        """Compare texts by a rule of `comparison.RULES` from now on."""
        with self.lock:
            super().compare_names(rule)
            self._verified = None

    # --- adding

    def is_empty(self) -> bool:
        """Tell whether there are no users yet."""
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

    def rename_role(self, role_id: int, name: str) -> None:
        """Give a role another name."""
        with self.lock:
            self._connection.execute("UPDATE role SET name = ? WHERE role_id = ?", (name, role_id))

    def add_contact(
        self,
        name: str,
        contact_id: int | None = None,
        *,
        department: str = "",
        number: str = "",
        orgnr: str = "",
    ) -> int:
        """Add a company, or a department of one; names need not be unique."""
        return self._insert("contact", {
            "contact_id": contact_id, "name": name, "department": department, "number": number,
            "orgnr": orgnr,
        })  # fmt: skip

    def add_person(
        self,
        *,
        first_name: str = "Test",
        last_name: str = "Person",
        email: str | Iterable[str] = "",
        contact_id: int = 2,
        person_id: int | None = None,
        title: str = "",
        person_number: str = "",
        retired: bool = False,
        hidden: bool = False,
    ) -> int:
        """Add a person without login; `email` is one address or several, `contact_id` 0 is none.

        A hidden person is not visible to any caller.
        """
        addresses = [email] if isinstance(email, str) else list(email)
        with self.lock:
            added = self._insert("person", {
                "person_id": person_id, "first_name": first_name, "last_name": last_name,
                "title": title, "person_number": person_number, "contact_id": contact_id,
                "retired": retired, "hidden": hidden,
            })  # fmt: skip
            self.change_addresses(added, [address for address in addresses if address])
        return added

    def change_addresses(self, person_id: int, addresses: Iterable[str]) -> None:
        """Replace the e-mail addresses of a person."""
        with self.lock:
            self._connection.execute("DELETE FROM email WHERE person_id = ?", (person_id,))
            rows = [
                (person_id, rank, address, self._functions.rule(address))
                for rank, address in enumerate(addresses, 1)
            ]
            self._connection.executemany("INSERT INTO email VALUES (?, ?, ?, ?)", rows)
            self._connection.execute(
                "UPDATE person SET email = ? WHERE person_id = ?",
                (rows[0][2] if rows else "", person_id),
            )

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
        values["name_key"] = self._functions.rule(values["name"])
        user_name = values["user_name"]
        values["user_name_key"] = self._functions.rule(user_name) if user_name else None
        associate_id = self._insert("associate", values)
        if password is not None:
            hashed = hash_password(associate_id, password)
            self.update_associate(associate_id, password=hashed)
        return associate_id

    # --- reading

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

    def verify(self, name: str, password: str) -> UserRecord | None:
        """Return the user of a login name if this is the password.

        A client sends the same login with each request, so the last result is kept until the state
        changes.
        """
        with self.lock:
            key = (name, password, self._connection.total_changes)
            if self._verified and self._verified[0] == key:
                return self._verified[1]
            row = self.live.user_named(name)
            if row is None:
                return None
            stored = self.live.password(row["associate_id"])
            if stored is None or stored != hash_password(row["associate_id"], password):
                return None
            self._verified = key, record(row)
            return self._verified[1]

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

    # --- changing

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

    def rename_person(self, person_id: int, first_name: str, last_name: str) -> None:
        """Change the name of a person by hand."""
        with self.lock:
            self._connection.execute(
                "UPDATE person SET first_name = ?, last_name = ? WHERE person_id = ?",
                (first_name, last_name, person_id),
            )

    def rename_contact(self, contact_id: int, name: str, department: str = "") -> None:
        """Change the name of a company by hand."""
        with self.lock:
            self._connection.execute(
                "UPDATE contact SET name = ?, department = ? WHERE contact_id = ?",
                (name, department, contact_id),
            )

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
                columns[f"{column}_key"] = None if value is None else self._functions.rule(value)
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

    def hide_person(self, person_id: int, hidden: bool = True) -> None:
        """Make a person, and the person's logins, invisible to every caller."""
        with self.lock:
            self._connection.execute(
                "UPDATE person SET hidden = ? WHERE person_id = ?", (hidden, person_id)
            )

    def send_mail(self, associate_id: int) -> None:
        """Record that a mail was sent to a user."""
        with self.lock:
            self.mails.append(associate_id)
            self.commits += 1

    def free_id(self) -> int | None:
        """Return the smallest id of a removed user that no user has now."""
        row = self.live.row(
            "SELECT MIN(associate_id) AS id FROM associate_history"
            " WHERE associate_id NOT IN (SELECT associate_id FROM associate)"
        )
        return row["id"] if row else None

    def move_to_history(self, associate_id: int) -> None:
        """Remove an associate; id and name stay in the history table."""
        with self.lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO associate_history (associate_id, name, name_key)"
                " SELECT associate_id, name, name_key FROM associate WHERE associate_id = ?",
                (associate_id,),
            )
            self._connection.execute(
                "DELETE FROM associate WHERE associate_id = ?", (associate_id,)
            )

    # --- logins

    def last_login(self, id_or_name: int | str) -> str:
        """Return when a user logged in last with a password: ISO 8601, or the empty date."""
        if isinstance(id_or_name, str):
            id_or_name = self._login_id(id_or_name)
        return self._functions.last_login(id_or_name)

    def set_last_login(
        self, id_or_name: int | str, moment: datetime.datetime | None = None
    ) -> None:
        """Set the time of the last login; by default, now."""
        key = id_or_name if isinstance(id_or_name, int) else self._login_id(id_or_name)
        self._functions.last_logins[key] = moment.timestamp() if moment else time.time()

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
