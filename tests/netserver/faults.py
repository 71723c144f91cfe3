# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: rules by which matching requests fail."""

from __future__ import annotations

import dataclasses
import difflib
import fnmatch
import threading
from typing import Any


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of fault: its effect, whether the call takes effect, and its options with defaults."""

    meaning: str
    commit: bool
    options: dict[str, Any]


KINDS = {
    "drop_before": Kind(
        "The connection ends before the call takes effect.", False, {"how": "close"}
    ),
    "drop_after": Kind(
        "The call takes effect, then the connection ends.", True, {"how": "close"}
    ),
    "status": Kind(
        "Another status, after a wait.", False,
        {"status": 503, "retry_after": None, "body": None, "content_type": "application/json",
         "seconds": 0.0},
    ),
    "delay": Kind("Wait, before or after the effect.", True, {"seconds": 1.0, "when": "before"}),
    "truncate": Kind(
        "The JSON is cut in half; Content-Length says all (how=length) or half (how=json).",
        True, {"how": "length"},
    ),
    "content_type": Kind("The body under a wrong type.", True, {"content_type": "text/plain"}),
    "html": Kind("200 with the login page of a proxy.", False, {}),
    "redirect": Kind("A redirect.", False, {"status": 302, "location": "http://127.0.0.1:9/login"}),
    "expire_session": Kind("401 from now on for these credentials.", False, {}),
    "echo": Kind("An error that repeats the request's headers and body.", False, {"status": 500}),
    "garbage": Kind("JSON of a wrong shape.", True, {"body": '{"unexpected": [1, {"a": null}]}'}),
    "slow_drip": Kind("The response comes byte by byte.", True, {"seconds": 1.0}),
    "bad_bytes": Kind(
        "Bytes that are not HTTP, and with TLS not TLS, then the end of the connection.", True,
        {"body": "\x15\x03\x01 not a response\r\n"},
    ),
    "empty_page": Kind("An archive's page without rows and without a next page.", True, {}),
}  # fmt: skip


@dataclasses.dataclass
class Fault:
    """One rule. `times` None means for ever; the first `skip` matches are left alone."""

    kind: str
    operation: str | None
    path: str | None
    times: int | None
    skip: int
    commit: bool
    options: dict[str, Any]
    used: int = 0

    @property
    def waits(self) -> str:
        """Whether it waits "before" or "after" the effect; empty if it does not."""
        if self.kind in ("delay", "status"):
            return str(self.options.get("when", "before"))
        return ""

    def matches(self, operation: str, path: str) -> bool:
        """Tell whether the rule applies to a request; patterns are globs in any case."""
        return all(
            pattern is None or fnmatch.fnmatchcase(text.lower(), pattern.lower())
            for pattern, text in ((self.operation, operation), (self.path, path))
        )


class Faults:
    """The rules of a server, tried in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    def add(
        self,
        kind: str,
        *,
        operation: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        commit: bool | None = None,
        **options: Any,
    ) -> Fault:
        """Add a rule; `commit` overrides whether the call takes effect."""
        if kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, n=1, cutoff=0.3)
            hint = f"; did you mean '{near[0]}'" if near else ""
            raise ValueError(f"There is no fault '{kind}' ({', '.join(KINDS)}){hint}.")
        known = KINDS[kind].options
        for name in options:
            if name not in known:
                names = ", ".join(known) or "none"
                raise ValueError(f"The fault '{kind}' has no option '{name}' (options: {names}).")
        effect = KINDS[kind].commit if commit is None else commit
        fault = Fault(kind, operation, path, times, skip, effect, {**known, **options})
        with self._lock:
            self._rules.append(fault)
        return fault

    def match(self, operation: str, path: str) -> Fault | None:
        """Return the rule that applies to this request, and count its use; None if none does."""
        if not self._rules:
            return None
        with self._lock:
            for fault in self._rules:
                if fault.times is not None and fault.used >= fault.times:
                    continue
                if not fault.matches(operation, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.used += 1
                return fault
        return None

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules.clear()


def parse_fault(text: str) -> dict[str, Any]:
    """Read `KIND[:OPERATION[:option=value,...]]` of the command line as arguments of `add`."""
    kind, _colon, rest = text.partition(":")
    operation, _colon, options = rest.partition(":")
    arguments: dict[str, Any] = {"kind": kind, "operation": operation or None}
    for item in filter(None, options.split(",")):
        name, equals, value = item.partition("=")
        if not equals:
            raise ValueError(f"'{item}' in --fault is not option=value.")
        arguments[name] = _option_value(name, value)
    return arguments


def _option_value(name: str, value: str) -> object:
    if value == "none":
        return None
    if name in ("times", "skip", "status", "retry_after"):
        return int(value)
    if name == "seconds":
        return float(value)
    return value == "yes" if name == "commit" else value
