# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a report, the same in the terminal, in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .model import (
    CHANGES,
    FIELDS,
    STATUSES,
    Change,
    Ending,
    Installation,
    Report,
    User,
    Values,
    differences,
    text_of,
)

# of a plan, which only predicts, and of a run
WILL = {
    "failed": "cannot be applied",
    "deleted": "to delete",
    "deactivated": "to deactivate",
    "renamed": "to rename",
    "modified": "to modify",
    "created": "to create",
    "skipped": "to skip",
    "protected": "protected",
    "unchanged": "in sync",
}
DID = {status: status for status in STATUSES} | {"unchanged": "in sync"}
STATES = {
    "failed": "Failed",
    "refused": "Rejected",
    "drift": "Out of sync",
    "changed": "Applied",
    "in_sync": "In sync",
}
# a headline counts in this order, and ends with the most dangerous changes
_COUNTED = (
    *("created", "modified", "renamed", "deactivated", "deleted"),
    *("failed", "skipped", "protected"),
)
REJECTED = "Why the plan was rejected"
NO_USER = "no user"
ENDING = "Access that ends within 30 days, or has ended"


def words(of: Installation | Report) -> Mapping[str, str]:
    """Return the names of the statuses: in the future if nothing was written, else in the past."""
    return WILL if of.is_prediction else DID


def headline(of: Installation | Report, message: str = "") -> str:
    """Return the outcome in one sentence, or two.

    `message` is what a run without a result failed with, in one line.
    """
    if isinstance(of, Report):
        if len(of.installations) > 1:
            return _several(of)
        return headline(of.installations[0], message)
    if of.status == "refused":
        return _rejected(of)
    if of.status == "failed":
        return _failed(of, message)
    name = "Plan" if of.mode == "plan" else "Applied"
    if counts(of):
        return f"{name}: {counts(of)}{_of_all(of)}."
    total = of.counts["total"]
    every = "All " if total > 1 else ""
    users = f"{_users(total)} of the selected part" if of.only else _users(total)
    state = f" {every}{users} {_is(total)} in sync." if total else ""
    return f"{name}: no changes.{state}"


def failure_text(one: Installation) -> str:
    """Return the outcome of a run that failed, with its first reason.

    It is all that a callback without the terminal block shows.
    """
    first = one.message.partition("\n")[0]
    text = headline(one, first)
    reasons = [
        ": ".join(str(finding[name]) for name in ("where", "message") if finding.get(name))
        for finding in one.findings
    ]
    reasons += [user.problem for user in one.news if user.status == "failed" and user.problem]
    if not reasons:
        return text
    more = f" ({len(reasons) - 1:,} more in the report.)" if len(reasons) > 1 else ""
    return f"{text} {reasons[0]}{more}"


def short_failure(one: Installation) -> str:
    """Return how a run failed, without the reasons, for what follows the block that tells them."""
    if one.status == "refused":
        return f"{_what(one)}: {_findings(one)}, listed above."
    if one.counts["failed"]:
        return f"Failed: {one.counts['failed']:,} of {_users(one.counts['total'])}, listed above."
    return "Failed, for the reason above."


def _what(one: Installation) -> str:
    return "Plan rejected" if one.mode == "plan" else "Rejected"


def _rejected(one: Installation) -> str:
    planned = f" Planned: {counts(one)}{_of_all(one)}." if counts(one) else ""
    return f"{_what(one)}: {_findings(one)}. Nothing was written.{planned}"


def _failed(one: Installation, message: str) -> str:
    failed = one.counts["failed"]
    if (one.error or {}).get("kind") == "interrupted" and counts(one):
        return f"Interrupted: {counts(one)}{_of_all(one)}."
    if failed:
        others = counts(one, without=("failed",))
        return f"Failed: {failed:,} of {_users(one.counts['total'])}{others and '; '}{others}."
    if counts(one):
        return f"Failed: {counts(one)}{_of_all(one)}."
    return f"Failed: {message}" if message else "Failed."


def _of_all(one: Installation) -> str:
    total = one.counts["total"]
    return f" (of {_users(total)})" if total else ""


def _several(report: Report) -> str:
    found = [one.status for one in report.installations]
    stated = [f"{found.count(one):,} {STATES[one].lower()}" for one in STATES if one in found]
    counted = counts(report)
    users = f" (of {_users(report.counts['total'])})" if report.counts["total"] else ""
    what = f" Users: {counted}{users}." if counted else ""
    return f"{len(found):,} installations: {', '.join(stated)}.{what}"


def counts(of: Installation | Report, without: tuple[str, ...] = ()) -> str:
    """Return how many users change, fail or are left out, such as `1 to create, 2 to delete`."""
    named = words(of)
    shown = [one for one in _COUNTED if of.counts[one] and one not in without]
    parts = [f"{of.counts[one]:,} {named[one]}" for one in shown]
    return ", ".join(parts)


def notes(one: Installation) -> Iterator[str]:
    """Yield what a reader has to know beside the counts."""
    if one.only:
        named = ", ".join(one.only)
        yield f"Only a part was planned: users named {named}. All other users were left alone."
    if one.journal:
        yield (
            f"An earlier run was interrupted, and its journal is unfinished: {one.journal}."
            " Check the users that it names."
        )
    yield from one.warnings
    soon = sum(not ending.has_ended for ending in one.ending)
    if soon:
        yield f"The access of {_users(soon)} ends within 30 days."
    if one.unlisted:
        yield f"{one.unlisted:,} more {_is(one.unlisted)} counted, but not listed in the result."


def action(user: User, one: Installation) -> str:
    """Return what happens or happened to a user, in a word or two."""
    word = words(one).get(user.status, user.status)
    return f"{word} (plan is stale)" if user.is_stale else word


def title(user: User | Ending) -> str:
    """Return the login by which a row goes, or the id of a user without one."""
    return user.user_name or f"associate {user.associate_id}"


def end_of(ending: Ending) -> str:
    """Return when the access of a user ends or has ended, as its definition says it."""
    return f"{'ended' if ending.has_ended else 'ends'} {ending.about.get('active_until')}"


def told(change: Change, arrow: str = "->") -> str:
    """Return a change as a phrase, such as `role Vendor -> Partner`."""
    if change.before and change.after:
        return f"{change.field} {change.before} {arrow} {change.after}"
    return f"{change.field} {change.after or change.before}"


def shown_changes(user: User, status: str) -> tuple[Change, ...]:
    """Return the changes that a short row tells beside the login and what `status` tells."""
    left_out = {"login"}
    if user.action == "delete":
        return ()
    if user.action == "create":
        # of a new user it goes without saying that it has a password
        left_out |= {"password"} | ({"person id"} if user.about.get("person") else set())
    return tuple(
        one
        for one in user.changes
        if one.field not in left_out
        and not (one.field == "active" and (status == "deactivated" or _is_usual(one, user)))
    )


def _is_usual(change: Change, user: User) -> bool:
    return user.action == "create" and change.after == "yes"


def found_changes(user: User) -> tuple[Change, ...]:
    """Return how a stale user differs now from what the plan expected."""
    if user.found:
        return tuple(differences(user.before, user.found))
    is_gone = user.is_stale and user.is_found_known and user.before
    return (Change(FIELDS["user_name"], title(user), NO_USER),) if is_gone else ()


def unchanged(user: User) -> str:
    """Return what a user keeps, such as `role Vendor, active yes`; empty for a new user."""
    if not user.before or not user.after:
        return ""
    kept = {
        FIELDS[name]: text_of(user.after.get(name))
        for name in ("role", "is_active", "person_id")
        if user.before.get(name) == user.after.get(name)
    }
    return ", ".join(f"{label} {text}" for label, text in kept.items() if text)


def is_change(user: User) -> bool:
    """Tell whether a user changes, or changed."""
    return user.status in CHANGES


def _findings(one: Installation) -> str:
    number = len(one.findings)
    return f"{number:,} finding{'' if number == 1 else 's'}"


def _users(number: int) -> str:
    return f"{number:,} user{'' if number == 1 else 's'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def sides(user: User) -> list[tuple[str, Values | None]]:
    """Return the states of a stale user that a reader compares, None where there is no user."""
    shown = [
        ("before", user.before, user.before or user.action == "create"),
        ("planned", user.after, user.after or user.action == "delete"),
        ("found", user.found, user.found or user.is_found_known),
    ]
    return [(name, side or None) for name, side, is_known in shown if is_known]


def compared(user: User) -> list[tuple[str, list[str]]]:
    """Return the fields in which the states of a stale user differ, with the text of each state.

    A state without a user is told with the login, and is empty in the other fields.
    """
    states = [side for _name, side in sides(user)]
    existing = [side for side in states if side]
    is_missing = len(existing) < len(states)
    rows = []
    for name, label in FIELDS.items():
        is_login = name == "user_name"
        texts = {text_of(side.get(name)) for side in existing}
        is_told = len(texts) > 1 or (is_missing and (is_login or len(existing) == 1))
        if is_told and name != "role_id":
            nothing = NO_USER if is_login else ""
            rows.append((label, [text_of(side.get(name)) if side else nothing for side in states]))
    return rows
