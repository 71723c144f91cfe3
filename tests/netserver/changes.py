# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to a server between two requests of a client."""

from __future__ import annotations

import dataclasses
import fnmatch
import threading
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass
class Change:
    """One rule: `action(server)` runs before a matching request, after `after` of them passed."""

    action: Callable[[Any], object]
    operation: str
    after: int
    times: int | None
    used: int = 0


class Changes:
    """The rules and callbacks of a server. They run in its thread, with the tenant locked."""

    def __init__(self, server: object) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._rules: list[Change] = []
        self._callbacks: list[Callable[[int, str], object]] = []
        self._requests = 0

    def add(
        self,
        action: Callable[[Any], object],
        *,
        after: int = 0,
        operation: str = "*",
        times: int | None = 1,
    ) -> Change:
        """Run `action(server)` before a request; `times` None means before every later one, too."""
        rule = Change(action, operation.lower(), after, times)
        with self._lock:
            self._rules.append(rule)
        return rule

    def call(self, callback: Callable[[int, str], object]) -> None:
        """Call `callback(number, operation)` before every request, counted from 1."""
        with self._lock:
            self._callbacks.append(callback)

    def clear(self) -> None:
        """Remove all rules and callbacks, and count from 1 again."""
        with self._lock:
            self._rules.clear()
            self._callbacks.clear()
            self._requests = 0

    def run(self, operation: str) -> None:
        """Run what is due before a request; the caller holds the tenant's lock."""
        if not self._rules and not self._callbacks:
            return
        with self._lock:
            self._requests += 1
            number = self._requests
            due = [rule for rule in self._rules if _is_due(rule, operation.lower())]
            callbacks = list(self._callbacks)
        for rule in due:
            rule.action(self._server)
        for callback in callbacks:
            callback(number, operation)


def _is_due(rule: Change, operation: str) -> bool:
    if rule.times is not None and rule.used >= rule.times:
        return False
    if not fnmatch.fnmatchcase(operation, rule.operation):
        return False
    if rule.after > 0:
        rule.after -= 1
        return False
    rule.used += 1
    return True
