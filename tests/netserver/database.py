# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQLite database of a tenant: transactions, states to go back to, keys of texts."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .comparison import RULES
from .schema import KEYS, SNAPSHOT, TABLES
from .view import Functions, View


class Database:
    """A database in memory or in a file. Every method may be called from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._functions = Functions()
        self._connection = self._functions.prepare(_open(path))
        self._connection.executescript(TABLES)
        self.live = View(self._connection, self._functions)
        self.commits = 0
        self._read_last_logins()
        if path:
            # The file may come from a server with another rule.
            self._write_keys()
        self._former: tuple[sqlite3.Connection, int] | None = None
        self._start: sqlite3.Connection | None = None
        self._start_logins: dict[int, float] = {}

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self._connection.executemany(
                "INSERT OR REPLACE INTO last_login VALUES (?, ?)",
                self._functions.last_logins.items(),
            )
            self._connection.close()

    def remember_start(self) -> None:
        """Take the present state as the one that `reset` goes back to."""
        with self.lock:
            self._start = self._copy()
            self._start_logins = dict(self._functions.last_logins)

    def reset(self) -> None:
        """Go back to the state of `remember_start`."""
        with self.lock:
            if self._start is not None:
                self._start.backup(self._connection)
                self._functions.last_logins.clear()
                self._functions.last_logins.update(self._start_logins)
            self._former = None

    @contextlib.contextmanager
    def writing(self, lag: int | None = None) -> Iterator[sqlite3.Connection]:
        """One transaction; with `lag`, so many reads still see the state before it."""
        with self.lock:
            former = (self._copy(), lag) if lag else None
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
        """Return the state that a reading request sees; it may lag behind."""
        if self._former is None:
            return self.live
        with self.lock:
            connection, left = self._former
            self._former = (connection, left - 1) if left > 1 else None
            return View(connection, self._functions)

    def compare_names(self, rule: str) -> None:
        """Compare texts by a rule of `comparison.RULES` from now on."""
        function = RULES[rule]
        with self.lock:
            if function is self._functions.rule:
                return
            self._functions.rule = function
            self._write_keys()

    def _write_keys(self) -> None:
        for table, key, column in KEYS:
            self._connection.execute(f"UPDATE {table} SET {key} = fold({column})")

    def snapshot(self) -> object:
        """Return the whole state, comparable with ==."""
        with self.lock:
            return tuple(
                (table, tuple(tuple(row) for row in self.live.rows(f"SELECT * FROM {table}")))
                for table in SNAPSHOT
            )

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

    def _read_last_logins(self) -> None:
        for row in self.live.rows("SELECT associate_id, time FROM last_login"):
            self._functions.last_logins[row["associate_id"]] = row["time"]

    def _copy(self) -> sqlite3.Connection:
        copy = self._functions.prepare(_open(None))
        self._connection.backup(copy)
        return copy


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
