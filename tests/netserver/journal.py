# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request journal: each request with its login, status and effect, without secrets."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Values are kept only where the name is known to be harmless, so that a secret in a misspelled
# property is not recorded either.
_OPEN_TEXTS = frozenset(
    "associatename username externaluserinfomodification roletype type providername columns "
    "sortorder restrictions entities options context".split()
)
_OPEN_NUMBERS = frozenset("associateid personid roleid isactive retired page pagesize".split())
_OPEN_QUERY = frozenset(
    "$select $filter $orderby $entities $top $skip $mode $options $context $format $metadata "
    "$inlinecount $jsonsafe $output userid userinfoid roleid additional since".split()
)
WRITE_OPERATIONS = frozenset({
    "CreateExternalUser", "SetExternalUserInfo", "DeleteExternalUser",
    "GenerateNewPasswordForExternalUser", "SetPassword", "SendChangePasswordEMail",
})  # fmt: skip
_CAPACITY = 250_000


def digest(secret: object) -> str:
    """Return the text that replaces a secret; equal secrets have equal digests."""
    text = secret if isinstance(secret, str) else json.dumps(secret, sort_keys=True, default=str)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def without_secrets(body: object) -> object:
    """Return a parsed body with every value replaced that is not known to be harmless."""
    if isinstance(body, dict):
        return {name: _property_value(name, value) for name, value in body.items()}
    if isinstance(body, list):
        return [item if isinstance(item, int) else digest(item) for item in body]
    return body if body is None or isinstance(body, (bool, int)) else digest(body)


def _property_value(name: str, value: object) -> object:
    # An empty or absent password is worth knowing, and gives nothing away.
    harmless = value is None or value == "" or isinstance(value, bool)
    if name.lower() in _OPEN_NUMBERS | _OPEN_TEXTS:
        harmless = harmless or isinstance(value, (int, float))
    if name.lower() in _OPEN_TEXTS:
        harmless = harmless or isinstance(value, str) or _is_row_of_texts(value)
    return value if harmless else digest(value)


def _is_row_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def open_query(query: Mapping[str, str]) -> dict[str, str]:
    """Return the query with unknown arguments replaced by digests."""
    return {k: v if k.lower() in _OPEN_QUERY else digest(v) for k, v in query.items()}


@dataclasses.dataclass(frozen=True)
class Entry:
    """One request."""

    sequence: int
    method: str
    path: str
    operation: str
    query: dict[str, str]
    body: Any
    body_keys: tuple[str, ...]
    headers: dict[str, str]
    scheme: str
    login: str | None
    app_token: str | None
    status: int
    committed: bool
    connection: int
    fault: str | None
    seconds: float

    @property
    def writes(self) -> bool:
        """Whether this call may change state."""
        return self.operation in WRITE_OPERATIONS

    def argument(self, name: str) -> Any:
        """Return a property of the body, by its name in any case; None if it is not there."""
        if not isinstance(self.body, dict):
            return None
        return next((v for k, v in self.body.items() if k.lower() == name.lower()), None)


class Journal:
    """A thread-safe list of entries. Each is appended before the response is sent."""

    digest = staticmethod(digest)

    def __init__(self, file: Path | None = None) -> None:
        self._changed = threading.Condition()
        self._entries: collections.deque[Entry] = collections.deque(maxlen=_CAPACITY)
        self._sequence = 0
        self._file = file.open("a", encoding="utf-8") if file else None

    def append(self, **fields: Any) -> Entry:
        """Record a request."""
        with self._changed:
            self._sequence += 1
            entry = Entry(sequence=self._sequence, **fields)
            self._entries.append(entry)
            if self._file:
                self._file.write(json.dumps(dataclasses.asdict(entry), ensure_ascii=False) + "\n")
                self._file.flush()
            self._changed.notify_all()
        return entry

    @property
    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        with self._changed:
            return list(self._entries)

    @property
    def writes(self) -> list[Entry]:
        """Calls that may change state, whether they did or not."""
        return [entry for entry in self.entries if entry.writes]

    @property
    def committed(self) -> list[Entry]:
        """Calls that did change state."""
        return [entry for entry in self.entries if entry.committed]

    def counts(self) -> collections.Counter[str]:
        """Count the requests by operation."""
        return collections.Counter(entry.operation for entry in self.entries)

    def mark(self) -> int:
        """Return a point in time for `since`."""
        with self._changed:
            return self._sequence

    def since(self, mark: int) -> list[Entry]:
        """Return the entries that came after `mark`."""
        return [entry for entry in self.entries if entry.sequence > mark]

    def wait(
        self, count: int = 1, timeout: float = 5.0, matching: Callable[[Entry], bool] | None = None
    ) -> list[Entry]:
        """Wait until `count` entries (that match) are there, and return them; else TimeoutError."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [e for e in self._entries if matching is None or matching(e)]
                if len(found) >= count:
                    return found
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{len(found)} of {count} requests came in {timeout} s")

    def clear(self) -> None:
        """Forget all entries; the numbering goes on."""
        with self._changed:
            self._entries.clear()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None
