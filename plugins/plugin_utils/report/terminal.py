# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as the block of text with which a playbook ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..terminal import SHOWN, Paint, Row, Section, block, unpainted
from . import wording
from .diagnosis import diagnosis_headline
from .model import Installation, User, Values, text_of
from .review import FINDINGS_OF_REVIEW, Login, Review, last_login

SYMBOLS = {
    "failed": "x",
    "deleted": "-",
    "deactivated": "!",
    "renamed": ">",
    "modified": "~",
    "created": "+",
    "skipped": "?",
    "protected": "*",
}
COLORS = {
    "failed": "red",
    "refused": "red",
    "drift": "yellow",
    "changed": "green",
    "in_sync": "green",
    "deleted": "red",
    "deactivated": "yellow",
    "renamed": "cyan",
    "modified": "blue",
    "created": "green",
}
# from this width on there is room for companies
_WIDE = 100
# what people call the action of a row
_PLANNED = {
    "deleted": "delete",
    "deactivated": "deactivate",
    "renamed": "rename",
    "modified": "modify",
    "created": "create",
}


def run_block(
    one: Installation,
    files: Sequence[str],
    width: int,
    paint: Paint = unpainted,
    *,
    is_complete: bool = False,
    hint: str = "",
    headline_width: int = 0,
) -> str:
    """Return what `plan`, `apply` and `rotate_passwords` end with.

    `is_complete` shows every user, for whoever has to approve the plan by this text alone. `hint`
    follows the reasons of a failure.
    """
    most = len(one.news) if is_complete else SHOWN
    message = "" if one.findings else one.message
    first, _newline, rest = message.partition("\n")
    headline = wording.headline(one, first)
    where = ", ".join(filter(None, [one.name, one.address]))
    sections = [
        Section(texts=[], title=f"Installation: {where}"),
        Section(rows=[_row(user, one, width) for user in one.news], more=one.unlisted, most=most),
        Section(wording.REJECTED, texts=[_finding(finding) for finding in one.findings])
        if one.findings
        else Section(),
        *_message(one, first, rest),
        Section(hint),
        *(Section(note) for note in wording.notes(one)),
        _files(files),
    ]
    return block(
        headline,
        sections,
        width,
        color=COLORS[one.status],
        paint=paint,
        # a message is text like any other
        headline_width=0 if first else headline_width,
    )


def failure_block(message: str, width: int, paint: Paint = unpainted) -> str:
    """Return what a playbook ends with that could not do its work."""
    first, *rest = message.splitlines() or [""]
    sections = [Section(texts=rest)]
    return block(first, sections, width, color="red", paint=paint)


def review_block(review: Review, files: Sequence[str], width: int, paint: Paint = unpainted) -> str:
    """Return what `review` ends with."""
    roles = ", ".join(f"{role} {count['total']:,}" for role, count in review.roles)
    sections = [
        Section(f"Installation: {review.name}") if review.name else Section(),
        Section(f"Roles: {roles}") if roles else Section(),
        *(
            Section(title, rows=[_login(login, issue, width) for login in review.found[issue]])
            for issue, title in (
                ("retired", "Logins of retired persons"),
                ("outside", "Logins without a definition"),
                ("never_used", "Active logins that were never used"),
                (
                    "unused",
                    f"Active logins that were {review.label('unused')}, with the last login",
                ),
            )
            if review.found[issue]
        ),
        Section(
            "Definitions without a login",
            texts=[f"{where}: {what}" for what, where in review.missing],
        )
        if review.missing
        else Section(),
        Section(
            FINDINGS_OF_REVIEW,
            texts=[str(finding) for finding in review.findings],
        )
        if review.findings
        else Section(),
        _files(files),
    ]
    color = "yellow" if review.needs_attention else "green"
    return block(review.headline, sections, width, color=color, paint=paint)


def export_block(
    users: int,
    written: Sequence[str],
    removed: Sequence[str],
    width: int,
    paint: Paint = unpainted,
    *,
    is_prediction: bool = False,
) -> str:
    """Return what `export` ends with; hidden files are for programs, and are not definitions."""
    hidden = [path for path in written if path.rpartition("/")[2].startswith(".")]
    written = [path for path in written if path not in hidden]
    did = ("to write", "to remove") if is_prediction else ("written", "removed")
    files = f"{len(written):,} file{'' if len(written) == 1 else 's'} {did[0]}"
    gone = f", {len(removed):,} {did[1]}" if removed else ""
    headline = f"Export: {users:,} user{'' if users == 1 else 's'}, {files}{gone}."
    rows = [Row("+", (path,), color="green") for path in written]
    rows += [Row("-", (path,), color="red") for path in removed]
    sections = [
        Section(rows=rows),
        Section(f"Schema for editors: {', '.join(hidden)}") if hidden else Section(),
    ]
    return block(headline, sections, width, color="green", paint=paint)


def _row(user: User, one: Installation, width: int) -> Row:
    return Row(
        SYMBOLS.get(user.status, " "),
        (wording.title(user), _person(user.about, width), _changes(user, one)),
        tuple(_details(user)),
        COLORS.get(user.status, ""),
    )


def _person(about: Mapping[str, str], width: int) -> str:
    person, company = about.get("person", ""), about.get("company", "")
    return ", ".join(filter(None, (person, company))) if width >= _WIDE else person or company


def _changes(user: User, one: Installation) -> str:
    """Return what changes: the action where that says it all, else the fields."""
    if user.status not in _PLANNED:
        return wording.action(user, one)
    return _phrase(user, user.status, is_planned=one.is_prediction)


def _phrase(user: User, status: str, *, is_planned: bool) -> str:
    told = "; ".join(wording.told(change) for change in wording.shown_changes(user, status))
    if status == "modified" and told and not user.previous_name:
        return told
    if user.previous_name and status == "modified":
        status = "renamed"
    action = _PLANNED[status] if is_planned else status
    previous = f" from {user.previous_name}" if user.previous_name else ""
    return f"{action}{previous}{': ' if told else ''}{told}"


def _details(user: User) -> Iterator[str]:
    if user.is_stale:
        for name, side in wording.sides(user):
            yield f"{name}: {_side(name, side)}"
    elif user.status in {"failed", "skipped"} and user.planned_status:
        yield f"planned: {_phrase(user, user.planned_status, is_planned=True)}"
    if user.problem:
        yield user.problem


def _side(name: str, side: Values | None) -> str:
    if side is None:
        return "delete" if name == "planned" else wording.NO_USER
    facts = {"login": "user_name", "role": "role", "active": "is_active"}
    return ", ".join(f"{label} {text_of(side.get(name))}" for label, name in facts.items())


def _message(one: Installation, first: str, rest: str) -> Iterator[Section]:
    """Yield a message that the rows do not tell already."""
    if one.has_failed_rows or not one.message or one.findings:
        return
    if wording.counts(one):
        yield Section(first, texts=rest.splitlines())
    elif rest:
        yield Section(texts=rest.splitlines())


def _finding(finding: object) -> str:
    values = finding if isinstance(finding, dict) else {}
    return ": ".join(
        filter(None, (str(values.get("where") or ""), str(values.get("message") or "")))
    )


def diagnosis_block(
    document: Mapping[str, Any], address: str, files: Sequence[str], width: int,
    paint: Paint = unpainted,
) -> str:  # fmt: skip
    """Return what `diagnose` ends with."""
    by_status: dict[str, list[Mapping[str, Any]]] = {}
    for one in document["checks"]:
        by_status.setdefault(one["status"], []).append(one)
    sections = [Section(f"Installation: {address}") if address else Section()]
    for status, title in (("failed", "Failed"), ("warning", "Warnings")):
        rows = [
            Row(
                _MARKS[status],
                (one["name"], f"{one['milliseconds']} ms"),
                (one["detail"], one["remedy"]),
                _CHECK_COLORS[status],
            )
            for one in by_status.get(status, ())
        ]
        sections.append(_all(title, rows))
    rows = [Row("+", (one["name"], one["detail"])) for one in by_status.get("passed", ())]
    sections.append(_all("Passed", rows))
    by_reason: dict[str, list[str]] = {}
    for one in by_status.get("skipped", ()):
        by_reason.setdefault(one["detail"].removeprefix("Not examined: "), []).append(one["name"])
    texts = [f"{', '.join(names)}: {reason}" for reason, names in by_reason.items()]
    sections.append(Section("Not examined", texts=texts) if texts else Section())
    counts = document["summary"]
    color = "red" if counts["failed"] else "yellow" if counts["warning"] else "green"
    headline = diagnosis_headline(document)
    return block(headline, [*sections, _files(files)], width, color=color, paint=paint)


_MARKS = {"failed": "x", "warning": "!"}
_CHECK_COLORS = {"failed": "red", "warning": "yellow"}


def _all(title: str, rows: Sequence[Row]) -> Section:
    """Return a section that shows all of its rows; nothing without one."""
    return Section(title, rows=rows, most=len(rows)) if rows else Section()


def _files(files: Sequence[str]) -> Section:
    return Section(f"Reports: {', '.join(files)}", indent=" " * 9) if files else Section()


def _login(login: Login, issue: str, width: int) -> Row:
    """Return a login with what the title of its section does not tell."""
    symbol = "!" if login.is_active else "-"
    about = _person({"person": login.person, "company": login.company}, width)
    state = "active" if login.is_active else "inactive"
    day = last_login(login)
    used = f", {'never used' if day == 'never' else f'used {day}'}" if day else ""
    last = {"never_used": "", "unused": day}.get(issue, f"{state}{used}")
    return Row(symbol, (login.user_name, about, login.role, last))
