# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report is about: results of superoffice_external_users, as values that all views share.

A report is a pure view. It knows no clock, reads nothing, and never holds a password: the fields
that it takes over from a result are listed here, and everything else is left behind.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import typing
from collections.abc import Iterable, Mapping, Sequence

from ..plain_values import plain

Values = Mapping[str, typing.Any]

# what a reviewer has to see first stands first
STATUSES = (
    "failed",
    "deleted",
    "deactivated",
    "renamed",
    "modified",
    "created",
    "skipped",
    "protected",
    "unchanged",
)
CHANGES = ("deleted", "deactivated", "renamed", "modified", "created")
# in the order of a summary, which ends with the most dangerous changes
COUNTS = (
    *("unchanged", "created", "modified", "renamed", "deactivated", "deleted"),
    *("failed", "skipped", "protected", "total"),
)
# the status of an installation; the worst first
STATES = ("failed", "refused", "drift", "changed", "in_sync")
FIELDS = {
    "user_name": "login",
    "person_id": "person id",
    "role": "role",
    "role_id": "role id",
    "is_active": "active",
}
_STATUS_OF_ACTION = {
    "create": "created",
    "modify": "modified",
    "rename": "renamed",
    "delete": "deleted",
}
# what people want to know of a user beside its login
ABOUT = ("person", "company", "owner", "description", "active_from", "active_until")


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
    """One user that the result lists.

    `before` and `after` are as they were planned; `found` is the current state of a user whose plan
    is stale, None if there is no such user, or if `is_found_known` is false. `about` is for people:
    person, company, and so on.
    """

    user_name: str
    associate_id: int | None
    action: str
    status: str
    modification: tuple[str, ...]
    password_status: str
    before: Values | None
    after: Values | None
    found: Values | None
    error: Values | None
    about: Mapping[str, str]
    password_email: str = ""
    is_found_known: bool = False

    @functools.cached_property
    def changes(self) -> tuple[Change, ...]:
        """The fields that differ, in the order of the field table."""
        changes = list(differences(self.before, self.after))
        if period_of(self.about) and any(change.field == FIELDS["is_active"] for change in changes):
            # why it changes
            changes.append(Change("access", "", period_of(self.about)))
        if self.password_status == "set":  # noqa: S105 - an event
            changes.append(Change("password", "", "set"))
        elif self.password_status in {"not_applied", "not_verifiable"}:
            changes.append(Change("password", "", self.password_status.replace("_", " ")))
        if self.password_email:
            changes.append(Change("password e-mail", "", self.password_email.replace("_", " ")))
        if not changes:
            changes = [Change(flag, "", "changes") for flag in self.modification]
        return tuple(changes)

    @property
    def is_stale(self) -> bool:
        """Whether state or definition are no longer as they were when the plan was made."""
        return (self.error or {}).get("kind") == "stale"

    @property
    def planned_status(self) -> str:
        """What a user that failed or was skipped would have ended as; empty for no change."""
        before, after = self.before or {}, self.after or {}
        if self.action == "modify" and before.get("is_active") and after.get("is_active") is False:
            return "deactivated"
        return _STATUS_OF_ACTION.get(self.action, "")

    @property
    def previous_name(self) -> str:
        """The login that a renamed user had before; empty if the name stays."""
        before, after = self.before or {}, self.after or {}
        is_renamed = before and after and before.get("user_name") != after.get("user_name")
        return str(before.get("user_name") or "") if is_renamed else ""

    @property
    def problem(self) -> str:
        """Why the user failed or was skipped; may be empty."""
        return str((self.error or {}).get("msg") or "")

    @property
    def person(self) -> str:
        """Who the user is, as far as the result tells: full name and company."""
        return _person(self.about)


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """A user whose access ends soon, or has ended."""

    user_name: str
    associate_id: int | None
    has_ended: bool
    about: Mapping[str, str]

    @property
    def person(self) -> str:
        """Who the user is, as far as the result tells: full name and company."""
        return _person(self.about)


@dataclasses.dataclass(frozen=True)
class Installation:
    """What one run did to one installation, or would do.

    `only` are the globs of a run that was about some users only, `journal` is the file that tells
    what an interrupted run did, and `warnings` are those of the task. `ending` are the users whose
    access ends soon, the next one first, and then those for whom it has ended.
    """

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
    only: tuple[str, ...] = ()
    journal: str = ""
    warnings: tuple[str, ...] = ()
    ending: tuple[Ending, ...] = ()

    @functools.cached_property
    def shown_users(self) -> tuple[User, ...]:
        """The users as people read them: what a rejected plan would do, it did not skip."""
        return tuple(map(_as_planned, self.users)) if self.status == "refused" else self.users

    @functools.cached_property
    def counts(self) -> Mapping[str, int]:
        """The summary as people read it: a user that a rejected plan would delete is to delete."""
        counts = collections.Counter(self.summary)
        for user, shown in zip(self.users, self.shown_users, strict=True):
            if shown.status != user.status:
                counts[user.status] -= 1
                counts[shown.status] += 1
        return {name: max(0, counts[name]) for name in COUNTS}

    @property
    def is_prediction(self) -> bool:
        """Whether the changes are only planned, be it that the run was refused."""
        return self.mode == "plan" or self.status == "refused"

    @functools.cached_property
    def news(self) -> tuple[User, ...]:
        """The users that are not just in sync, what matters most first."""
        listed = [user for user in self.shown_users if user.status != "unchanged"]
        return tuple(sorted(listed, key=_weight))

    @property
    def has_failed_rows(self) -> bool:
        """Whether rows tell what failed, so that the message of the task adds nothing."""
        return any(user.status == "failed" for user in self.users)

    @property
    def unlisted(self) -> int:
        """How many users are not in sync, counted, but not in a result of bounded size."""
        counted = sum(self.counts[name] for name in STATUSES if name != "unchanged")
        return max(0, counted - len(self.news))


@dataclasses.dataclass(frozen=True)
class Report:
    """The results of one or more installations; `run_url` is the page of the CI job."""

    title: str
    generated_at: str
    installations: tuple[Installation, ...]
    run_url: str = ""

    @property
    def status(self) -> str:
        """The worst status of all."""
        found = {one.status for one in self.installations}
        return next((state for state in STATES if state in found), "in_sync")

    @property
    def drift(self) -> bool:
        """Whether any user of any installation is out of sync."""
        return any(one.drift for one in self.installations)

    @property
    def mode(self) -> str:
        """`plan`, `apply`, or `mixed`."""
        modes = {one.mode for one in self.installations}
        return modes.pop() if len(modes) == 1 else "mixed"

    @property
    def is_prediction(self) -> bool:
        """Whether the changes of all installations are only planned."""
        return all(one.is_prediction for one in self.installations)

    @property
    def summary(self) -> dict[str, int]:
        """The summaries of all installations together."""
        return {
            name: sum(one.summary.get(name, 0) for one in self.installations) for name in COUNTS
        }

    @functools.cached_property
    def counts(self) -> Mapping[str, int]:
        """The summary as people read it, see `Installation.counts`."""
        return {name: sum(one.counts[name] for one in self.installations) for name in COUNTS}


def report_of(
    results: object,
    *,
    mode: str,
    name: str,
    title: str = "",
    generated_at: str = "",
    run_url: str = "",
    plan: object = None,
    base_dir: str = "",
) -> Report:
    """Make a report of the result of one task, or of a list with a `name` and a `result` each.

    `plan` is the plan that the task was given to apply, for what was planned of stale users. Paths
    in `base_dir` are shown relative to it.

    Raises:
        ReportError: it is none of the two.
    """
    given = plain(results)
    if isinstance(given, Mapping):
        installations = [_installation(given, name, mode, base_dir, plain(plan))]
    elif isinstance(given, list) and all(_is_named(one) for one in given):
        installations = [
            _installation(one["result"], str(one["name"]), str(one.get("mode") or mode), base_dir)
            for one in given
        ]
    else:
        raise ReportError(
            "a report is made of the result of superoffice_external_users, or of a list in which"
            " each entry has a name and such a result"
        )
    return Report(title or "External users", generated_at, tuple(installations), run_url)


def differences(before: Values | None, after: Values | None) -> Iterable[Change]:
    """Return the fields in which two states of a user differ."""
    one, other = before or {}, after or {}
    for name, label in FIELDS.items():
        if one.get(name) != other.get(name) and _is_told(name, one, other):
            yield Change(label, text_of(one.get(name)), text_of(other.get(name)))


def period_of(about: Mapping[str, str]) -> str:
    """Return from when until when a user can log in, as its definition says; may be empty."""
    parts = (("from", about.get("active_from")), ("until", about.get("active_until")))
    return " ".join(f"{word} {time}" for word, time in parts if time)


def relative(text: str, base_dir: str) -> str:
    """Return a text in which paths in `base_dir` are relative to it."""
    base = base_dir.rstrip("/")
    return text.replace(f"{base}/", "") if base else text


def text_of(value: object) -> str:
    """Return the value of a field for people."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _is_named(entry: object) -> bool:
    return (
        isinstance(entry, Mapping) and isinstance(entry.get("result"), Mapping) and "name" in entry
    )


def _installation(
    result: Values, name: str, mode: str, base_dir: str, given: object = None
) -> Installation:
    plan = _mapping(result.get("plan"))
    findings = tuple(_finding(one, base_dir) for one in result.get("findings") or [])
    status = _state(result, findings, mode)
    entries = [*(_mapping(given).get("entries") or []), *(plan.get("entries") or [])]
    users = tuple(_users(result.get("results") or [], entries))
    summary = {count: int(_mapping(result.get("summary")).get(count) or 0) for count in COUNTS}
    return Installation(
        name=name,
        mode=mode,
        address=str(plan.get("installation") or _mapping(given).get("installation") or ""),
        status=status,
        drift=bool(result.get("drift")),
        summary=summary,
        users=users,
        findings=findings,
        message=relative(str(result.get("msg") or ""), base_dir) if _is_failed(result) else "",
        error=_error(result.get("error")),
        requests={key: int(value) for key, value in _mapping(result.get("requests")).items()},
        checksum=str(plan.get("checksum") or ""),
        only=tuple(map(str, result.get("only") or ())),
        journal=_journal(result),
        warnings=tuple(map(str, result.get("warnings") or ())),
        ending=tuple(map(_ending, result.get("ending") or ())),
    )


def _is_failed(result: Values) -> bool:
    # a task that was told not to fail says so itself, and its error still tells
    return bool(result.get("failed") or result.get("error") or "summary" not in result)


def _state(result: Values, findings: Sequence[Values], mode: str) -> str:
    if findings:
        return "refused"
    if _is_failed(result):
        return "failed"
    if mode != "plan" and result.get("changed"):
        return "changed"
    return "drift" if result.get("drift") else "in_sync"


def _journal(result: Values) -> str:
    """Return the path of a journal that a run did not finish."""
    journal = result.get("unfinished_journal")
    return str(
        _mapping(journal).get("path") or "" if isinstance(journal, Mapping) else journal or ""
    )


def _as_planned(user: User) -> User:
    planned = user.planned_status if user.status == "skipped" and not user.is_stale else ""
    return dataclasses.replace(user, status=planned, error=None) if planned else user


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
            before=_side(row.get("before") or entry.get("before")),
            after=_side(row.get("after") or entry.get("after")),
            found=_side(row.get("found")),
            error=_error(row.get("error")),
            about={name: str(row.get(name) or entry.get(name) or "") for name in ABOUT},
            password_email=str(
                row.get("password_email")
                or ("requested" if entry.get("send_password_email") else "")
            ),
            is_found_known="found" in row,
        )


def _ending(row: Values) -> Ending:
    return Ending(
        user_name=str(row.get("user_name") or ""),
        associate_id=row.get("associate_id"),
        has_ended=bool(row.get("has_ended")),
        about={name: str(row.get(name) or "") for name in ABOUT},
    )


def _person(about: Mapping[str, str]) -> str:
    return ", ".join(filter(None, (about.get("person"), about.get("company"))))


def _side(facts: object) -> Values | None:
    if not isinstance(facts, Mapping):
        return None
    return {name: facts.get(name) for name in ("associate_id", *FIELDS)}


def _error(error: object) -> Values | None:
    if not isinstance(error, Mapping):
        return None
    return {name: error[name] for name in ("msg", "kind", "status", "operation") if name in error}


def _finding(finding: object, base_dir: str) -> Values:
    values = _mapping(finding)
    names = ("where", "message", "kind")
    return {name: relative(str(values.get(name) or ""), base_dir) for name in names}


def _mapping(value: object) -> Values:
    return value if isinstance(value, Mapping) else {}


def _weight(user: User) -> tuple[int, str]:
    rank = STATUSES.index(user.status) if user.status in STATUSES else 0
    return (rank, user.user_name.casefold())


def _is_told(name: str, before: Values, after: Values) -> bool:
    """Leave out the role's id where its name tells enough, and the name by which a row goes."""
    if name == "user_name":
        return bool(before) and bool(after)
    if name == "person_id":
        return bool(after)
    if name != "role_id":
        return True
    return bool(before) and bool(after) and before.get("role") == after.get("role")
