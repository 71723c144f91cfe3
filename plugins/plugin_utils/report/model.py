# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report is about: results of superoffice_external_users, as values that all views share.

A report is a pure view. It knows no clock, reads nothing, and never holds a password: the fields
that it takes over from a result are listed here, and everything else is left behind.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Iterable, Mapping, Sequence

Values = Mapping[str, typing.Any]

# what a reviewer has to see first stands first
STATUSES = (
    "failed",
    "deleted",
    "deactivated",
    "created",
    "modified",
    "skipped",
    "protected",
    "unchanged",
)
CHANGES = ("deleted", "deactivated", "created", "modified")
COUNTS = (*reversed(STATUSES), "total")
# how an installation stands; the worst first
STATES = ("failed", "refused", "drift", "changed", "in_sync")
FIELDS = {
    "user_name": "user name",
    "person_id": "person",
    "role": "role",
    "role_id": "role id",
    "is_active": "can log in",
}
# the words of a plan, which only predicts, and those of a run
WILL = {
    "failed": "can not be applied",
    "deleted": "to delete",
    "deactivated": "to deactivate",
    "created": "to create",
    "modified": "to modify",
    "skipped": "to skip",
    "protected": "protected",
    "unchanged": "as declared",
}
DID = {status: status for status in STATUSES} | {"unchanged": "as declared"}


class ReportError(Exception):
    """What was given is not the result of a task."""


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One field of a user, before and after; an empty side means that there is no user."""

    field: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True)
class User:
    """One user that the result lists."""

    user_name: str
    associate_id: int | None
    action: str
    status: str
    modification: tuple[str, ...]
    password_status: str
    before: Values | None
    after: Values | None
    error: Values | None

    @functools.cached_property
    def changes(self) -> tuple[Change, ...]:
        """The fields that differ, in the order of the field table."""
        before, after = self.before or {}, self.after or {}
        changes = [
            Change(label, _text(before.get(name)), _text(after.get(name)))
            for name, label in FIELDS.items()
            if before.get(name) != after.get(name) and _is_told(name, before, after)
        ]
        if self.password_status == "set":  # noqa: S105 - an event
            changes.append(Change("password", "", "set"))
        elif self.password_status in {"not_applied", "not_verifiable"}:
            changes.append(Change("password", "", self.password_status.replace("_", " ")))
        if not changes:
            changes = [Change(flag, "", "changes") for flag in self.modification]
        return tuple(changes)

    @property
    def problem(self) -> str:
        """Why the user failed or was skipped; may be empty."""
        return str((self.error or {}).get("msg") or "")


@dataclasses.dataclass(frozen=True)
class Installation:
    """What one run did to one installation, or would do."""

    name: str
    mode: str
    address: str
    status: str
    drift: bool
    summary: Mapping[str, int]
    users: tuple[User, ...]
    findings: tuple[Values, ...]
    message: str
    error: Values | None
    requests: Mapping[str, int]
    checksum: str

    @property
    def words(self) -> Mapping[str, str]:
        """How the statuses are called: in the future for a plan, in the past for a run."""
        return WILL if self.mode == "plan" else DID

    @property
    def changed(self) -> int:
        """How many users change."""
        return sum(self.summary.get(name, 0) for name in CHANGES)

    @property
    def news(self) -> tuple[User, ...]:
        """The users that are not just as declared, what matters most first."""
        listed = [user for user in self.users if user.status != "unchanged"]
        return tuple(sorted(listed, key=_weight))


@dataclasses.dataclass(frozen=True)
class Report:
    """The results of one or more installations."""

    title: str
    generated_at: str
    installations: tuple[Installation, ...]

    @property
    def status(self) -> str:
        """The worst status of all."""
        found = {one.status for one in self.installations}
        return next((state for state in STATES if state in found), "in_sync")

    @property
    def drift(self) -> bool:
        """Whether any user of any installation differs from its definition."""
        return any(one.drift for one in self.installations)

    @property
    def mode(self) -> str:
        """`plan`, `apply`, or `mixed`."""
        modes = {one.mode for one in self.installations}
        return modes.pop() if len(modes) == 1 else "mixed"

    @property
    def summary(self) -> dict[str, int]:
        """The counts of all installations together."""
        return {
            name: sum(one.summary.get(name, 0) for one in self.installations) for name in COUNTS
        }

    @property
    def words(self) -> Mapping[str, str]:
        """How the statuses are called."""
        return WILL if self.mode == "plan" else DID


def report_of(
    results: object, *, mode: str, name: str, title: str = "", generated_at: str = ""
) -> Report:
    """Make a report of the result of one task, or of a list with a `name` and a `result` each.

    Raises:
        ReportError: it is none of the two.
    """
    given = plain(results)
    if isinstance(given, Mapping):
        installations = [_installation(given, name, mode)]
    elif isinstance(given, list) and all(_is_named(one) for one in given):
        installations = [
            _installation(one["result"], str(one["name"]), str(one.get("mode") or mode))
            for one in given
        ]
    else:
        raise ReportError(
            "a report is made of the result of superoffice_external_users, or of a list in which"
            " each entry has a name and such a result"
        )
    return Report(title or "External users", generated_at, tuple(installations))


def plain(value: typing.Any) -> typing.Any:
    """Return a value without what Ansible wraps around its texts, lists and mappings."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return {str.__str__(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


def document(report: Report) -> dict[str, typing.Any]:
    """Return the report as data; docs/external_users_report.schema.json describes it."""
    return {
        "format": 1,
        "title": report.title,
        "generated_at": report.generated_at or None,
        "mode": report.mode,
        "status": report.status,
        "drift": report.drift,
        "summary": report.summary,
        "installations": [_installation_document(one) for one in report.installations],
    }


def _installation_document(one: Installation) -> dict[str, typing.Any]:
    return {
        "name": one.name,
        "installation": one.address or None,
        "mode": one.mode,
        "status": one.status,
        "drift": one.drift,
        "summary": dict(one.summary),
        "message": one.message or None,
        "error": one.error,
        "findings": [dict(finding) for finding in one.findings],
        "requests": dict(one.requests),
        "plan_checksum": one.checksum or None,
        "users": [
            {
                "user_name": user.user_name,
                "associate_id": user.associate_id,
                "action": user.action,
                "status": user.status,
                "modification": list(user.modification),
                "password_status": user.password_status,
                "before": user.before,
                "after": user.after,
                "error": user.error,
            }
            for user in one.users
        ],
    }


def _is_named(entry: object) -> bool:
    return (
        isinstance(entry, Mapping) and isinstance(entry.get("result"), Mapping) and "name" in entry
    )


def _installation(result: Values, name: str, mode: str) -> Installation:
    plan = _mapping(result.get("plan"))
    summary = _mapping(result.get("summary"))
    findings = tuple(_finding(one) for one in result.get("findings") or [])
    return Installation(
        name=name,
        mode=mode,
        address=str(plan.get("installation") or ""),
        status=_state(result, findings, mode),
        drift=bool(result.get("drift")),
        summary={count: int(summary.get(count) or 0) for count in COUNTS},
        users=tuple(_users(result.get("results") or [], plan.get("entries") or [])),
        findings=findings,
        message=str(result.get("msg") or "") if result.get("failed") else "",
        error=_error(result.get("error")),
        requests={key: int(value) for key, value in _mapping(result.get("requests")).items()},
        checksum=str(plan.get("checksum") or ""),
    )


def _state(result: Values, findings: Sequence[Values], mode: str) -> str:
    if findings:
        return "refused"
    if result.get("failed") or "summary" not in result:
        return "failed"
    if mode != "plan" and result.get("changed"):
        return "changed"
    return "drift" if result.get("drift") else "in_sync"


def _users(rows: Iterable[Values], entries: Iterable[Values]) -> Iterable[User]:
    """Join the rows of a result with what its plan knows of each user's state."""
    by_id: dict[typing.Any, Values] = {}
    by_name: dict[str, Values] = {}
    for entry in entries:
        before = _mapping(entry.get("before"))
        if before:
            by_id[before.get("associate_id")] = entry
        else:
            by_name[str(entry.get("user_name")).casefold()] = entry
    for row in rows:
        entry = by_id.get(row.get("associate_id")) or {}
        if not entry and row.get("action") == "create":
            entry = by_name.get(str(row.get("user_name")).casefold()) or {}
        yield User(
            user_name=str(row.get("user_name") or ""),
            associate_id=row.get("associate_id"),
            action=str(row.get("action") or "none"),
            status=str(row.get("status") or "failed"),
            modification=tuple(map(str, row.get("modification") or ())),
            password_status=str(row.get("password_status") or "unchanged"),
            before=_side(entry.get("before")),
            after=_side(entry.get("after")),
            error=_error(row.get("error")),
        )


def _side(facts: object) -> Values | None:
    if not isinstance(facts, Mapping):
        return None
    return {name: facts.get(name) for name in ("associate_id", *FIELDS)}


def _error(error: object) -> Values | None:
    if not isinstance(error, Mapping):
        return None
    return {name: error[name] for name in ("msg", "kind", "status", "operation") if name in error}


def _finding(finding: object) -> Values:
    values = _mapping(finding)
    return {name: str(values.get(name) or "") for name in ("where", "message", "kind")}


def _mapping(value: object) -> Values:
    return value if isinstance(value, Mapping) else {}


def _weight(user: User) -> tuple[int, str]:
    rank = STATUSES.index(user.status) if user.status in STATUSES else 0
    return (rank, user.user_name.casefold())


def _is_told(name: str, before: Values, after: Values) -> bool:
    """Leave out the role's id where its name tells enough, and the name by which a row goes."""
    if name == "user_name":
        return bool(before) and bool(after)
    if name != "role_id":
        return True
    return bool(before) and bool(after) and before.get("role") == after.get("role")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
