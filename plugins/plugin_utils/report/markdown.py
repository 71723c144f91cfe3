# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as Markdown, for comments on merge requests: bounded, and safe to render anywhere.

Every line starts with a mark of ours, and everything from outside is plain words or code, so that
no name or message becomes markup, a link, a mention, or a command of a CI provider.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Sequence

from ..escaping import SHOWN_MESSAGE, SHOWN_NAME, SHOWN_PATH, for_markdown, markdown_code, shortened
from . import wording
from .model import CHANGES, Change, Ending, Installation, Report, User, Values

Item = typing.TypeVar("Item")

LIMIT = 65_536
# by this a pipeline finds its earlier comment again
MARKER = "<!-- superoffice.crm external users -->"
# so many rows of a table are shown at once, the others can be unfolded
UNFOLDED = 20
# the tail that says what was cut, and the end of what can be unfolded, are written into this much
_RESERVE = 400
_SHOWN_LINES = 10
STATE_SIGNS = {"failed": "❌", "refused": "⛔", "drift": "🔶", "changed": "✅", "in_sync": "✅"}
_SIGNS = {
    "failed": "❌",
    "deleted": "🗑️",
    "deactivated": "🔒",
    "renamed": "🏷️",
    "created": "🆕",
    "modified": "✏️",
    "skipped": "⏭️",
    "protected": "🛡️",
}
_URL = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]+")


class Table(typing.Generic[Item]):
    """A table with a row for each item; rows are made only as far as there is room for them."""

    def __init__(
        self, head: Sequence[str], items: Sequence[Item], cells: Callable[[Item], Sequence[str]]
    ) -> None:
        self.head = f"{_row(head)}{_row(['---'] * len(head))}"
        self.items = items
        self.cells = cells

    def rows(self, start: int, end: int) -> Iterator[str]:
        """Make the rows of some items."""
        return (_row(self.cells(item)) for item in self.items[start:end])


class Writer:
    """Writes parts as long as there is room, and counts the rows that it leaves out."""

    def __init__(self, head: str, limit: int) -> None:
        self._parts = [head[: max(limit, 0)]]
        self._limit = limit
        self._room = limit - len(head) - _RESERVE
        self._cut = 0

    def text(self, text: str) -> None:
        """Write a text, if it fits."""
        if not self._cut and len(text) <= self._room:
            self._put(text)

    def table(self, table: Table[Item], title: str = "") -> None:
        """Write a table after a blank line, the rows as far as they fit."""
        total = len(table.items)
        shown = UNFOLDED if total > UNFOLDED * 5 // 4 else total
        self._rows(f"\n{title}{table.head}", table, 0, shown)
        if shown == total:
            return
        summary = f"\n<details><summary>{total - shown:,} more</summary>\n\n{table.head}"
        if self._rows(summary, table, shown, total):
            self._parts.append("\n</details>\n")

    def end(self) -> str:
        """Return what was written, with the count of what was left out."""
        tail = ""
        if self._cut:
            rows = "1 row" if self._cut == 1 else f"{self._cut:,} rows"
            room = f"a comment holds {self._limit:,} characters"
            tail = f"\n_{rows} cut: {room}. Other formats show all._\n"
        return ("".join(self._parts) + tail)[: max(self._limit, 0)]

    def _rows(self, head: str, table: Table[Item], start: int, end: int) -> bool:
        """Write a head and rows; return whether the head was written."""
        position = start
        if not self._cut:
            for row in table.rows(start, end):
                text = f"{head}{row}" if position == start else row
                if len(text) > self._room:
                    break
                self._put(text)
                position += 1
        self._cut += end - position
        return position > start

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._room -= len(text)


def to_markdown(report: Report, limit: int = LIMIT) -> str:
    """Return the report in at most `limit` characters, which ends with the count of what was cut.

    The limit holds whatever the report is about; one too small for the head cuts the head.
    """
    writer = Writer("\n".join([MARKER, *_head(report)]) + "\n", limit)
    if len(report.installations) > 1:
        writer.table(_overview(report))
    for one in report.installations:
        _installation(writer, one, several=len(report.installations) > 1)
    return writer.end()


def _head(report: Report) -> Iterator[str]:
    state = f"{STATE_SIGNS[report.status]} {wording.STATES[report.status]}"
    yield f"### {for_markdown(shortened(report.title, SHOWN_NAME))}: {state}"
    yield ""
    first = report.installations[0].message.partition("\n")[0]
    yield f"**{for_markdown(wording.headline(report, shortened(first, SHOWN_MESSAGE)))}**"
    yield ""
    facts = list(_facts(report))
    if facts:
        yield " · ".join(facts)


def _facts(report: Report) -> Iterator[str]:
    if len(report.installations) == 1:
        one = report.installations[0]
        yield f"Installation: {' '.join(map(markdown_code, filter(None, (one.name, one.address))))}"
    if _URL.fullmatch(report.run_url):
        yield f"[Run]({report.run_url})"
    if report.generated_at:
        yield for_markdown(report.generated_at)


def _overview(report: Report) -> Table[Installation]:
    statuses = [status for status in (*CHANGES, "failed") if report.counts[status]]
    named = wording.words(report)

    def cells(one: Installation) -> list[str]:
        counts = [f"{one.counts[status]:,}" if one.counts[status] else "" for status in statuses]
        state = f"{STATE_SIGNS[one.status]} {wording.STATES[one.status]}"
        return [markdown_code(one.name), state, *counts]

    head = ["Installation", "Status", *(named[status] for status in statuses)]
    return Table(head, report.installations, cells)


def _installation(writer: Writer, one: Installation, *, several: bool) -> None:
    told = one.news or one.findings or one.message or one.ending or list(wording.notes(one))
    if several and told:
        writer.text(f"\n#### {for_markdown(shortened(one.name, SHOWN_NAME))}\n")
    for note in wording.notes(one):
        writer.text(f"\n> {for_markdown(shortened(note, SHOWN_MESSAGE))}\n")
    if one.findings:
        level = "#####" if several else "####"
        table = Table(["Location", "Finding"], one.findings, _finding)
        writer.table(table, f"{level} {wording.REJECTED}\n\n")
    elif one.message and not one.has_failed_rows:
        lines = one.message.splitlines()[:_SHOWN_LINES]
        quoted = "".join(f"> {for_markdown(shortened(line, SHOWN_MESSAGE))}\\\n" for line in lines)
        writer.text(f"\n{quoted[:-2]}\n")
    if one.news:
        has_persons = any(user.person for user in one.news)
        head = ["Login", *(["Person"] if has_persons else []), "Action", "Before → after"]
        writer.table(Table(head, one.news, lambda user: _user(user, one, has_persons)))
    if one.ending:
        level = "#####" if several else "####"
        ending = Table(["Login", "Person", "Owner", "Access"], one.ending, _ending)
        writer.table(ending, f"{level} {wording.ENDING}\n\n")


def _finding(finding: Values) -> list[str]:
    where, message = finding["where"], finding["message"]
    return [markdown_code(where, SHOWN_PATH), for_markdown(shortened(message, SHOWN_MESSAGE))]


def _user(user: User, one: Installation, has_persons: bool) -> list[str]:
    sign = _SIGNS.get(user.status, "")
    cells = [markdown_code(wording.title(user))]
    if has_persons:
        cells.append(for_markdown(shortened(user.person, SHOWN_MESSAGE)))
    told = list(_told(user))
    if user.problem:
        told.append(for_markdown(shortened(user.problem, SHOWN_MESSAGE)))
    return [*cells, f"{sign} {wording.action(user, one)}", "<br>".join(told)]


def _told(user: User) -> Iterator[str]:
    """Yield what changes; of a stale user, how it was before, planned and found."""
    changes = [_change(change) for change in user.changes]
    states = [name for name, _side in wording.sides(user)] if user.is_stale else []
    compared = wording.compared(user) if user.is_stale else []
    for label, values in compared:
        told = [(name, text) for name, text in zip(states, values, strict=True) if text]
        yield f"{label}: {', '.join(f'{name} {_value(text)}' for name, text in told)}"
    if compared:
        return
    if user.status not in {"failed", "skipped"}:
        yield from changes
    elif user.planned_status == "deleted":
        yield "planned: delete"
    elif changes:
        yield f"planned: {', '.join(changes)}"


def _value(text: str) -> str:
    return text if text == wording.NO_USER else markdown_code(text)


def _ending(ending: Ending) -> list[str]:
    told = (ending.person, ending.about.get("owner") or "", wording.end_of(ending))
    shown = [for_markdown(shortened(text, SHOWN_NAME)) for text in told]
    return [markdown_code(wording.title(ending)), *shown]


def _change(change: Change) -> str:
    before, after = markdown_code(change.before), markdown_code(change.after)
    if before and not after:
        return f"{change.field} was {before}"
    return f"{change.field}: {' → '.join(filter(None, [before, after]))}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
