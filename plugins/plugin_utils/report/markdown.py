# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as Markdown, for comments on merge requests: bounded, and safe to render anywhere."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from .characters import visible, visible_lines
from .model import CHANGES, STATUSES, Change, Installation, Report, User

LIMIT = 65_536
# by this a pipeline finds its earlier comment again
MARKER = "<!-- superoffice.crm external users -->"
# the tail that says what was cut is written into this much
_RESERVE = 400
_SHOWN_TEXT = 300
_STATES = {
    "failed": "❌ failed",
    "refused": "⛔ refused",
    "drift": "🔶 differs",
    "changed": "✅ changed",
    "in_sync": "✅ as declared",
}
_SIGNS = {
    "failed": "❌",
    "deleted": "🗑️",
    "deactivated": "🔒",
    "created": "🆕",
    "modified": "✏️",
    "skipped": "⏭️",
    "protected": "🛡️",
}
_SAFE = re.compile(r"[^\W_]([\w@.+ /-]*[\w])?")


def to_markdown(report: Report, limit: int = LIMIT) -> str:
    """Return the report in at most `limit` characters, which ends with the count of what was cut.

    The limit holds whatever the report is about; one too small for the head cuts the head.
    """
    head = "\n".join([MARKER, *_head(report)]) + "\n"
    if len(head) > limit:
        return head[: max(limit, 0)]
    room = limit - len(head) - _RESERVE
    written: list[str] = []
    cut = 0
    for piece in _body(report):
        if not cut and len(piece.text) <= room:
            written.append(piece.text)
            room -= len(piece.text)
        else:
            cut += piece.counts
    tail = ""
    if cut:
        lines = "1 line" if cut == 1 else f"{cut:,} lines"
        tail = f"\n_{lines} cut: a comment holds {limit:,} characters. Other formats show all._\n"
    return (head + "".join(written) + tail)[:limit]


def code(text: str) -> str:
    """Return a text as code that no renderer takes for markup, in a table or out of it."""
    shown = visible(text)
    if len(shown) > _SHOWN_TEXT:
        shown = shown[:_SHOWN_TEXT] + "…"
    if _SAFE.fullmatch(shown) and "  " not in shown:
        return f"`{shown}`"
    coded = "".join(
        one if one.isalnum() or ord(one) > 0x2FFF else f"&#{ord(one)};" for one in shown
    )
    return f"<code>{coded}</code>"


def sentence(text: str) -> str:
    """Return a sentence in which nothing is markup."""
    return re.sub(r"[^\w\s.,;:()'/-]|_", lambda match: f"&#{ord(match.group())};", visible(text))


class _Piece:
    """A part of the body that is written whole or not at all; `counts` tells if it is content."""

    __slots__ = ("counts", "text")

    def __init__(self, text: str, counts: int = 1) -> None:
        self.text = text
        self.counts = counts


def _head(report: Report) -> Iterator[str]:
    yield f"### {sentence(report.title)}: {_STATES[report.status]}"
    yield ""
    yield _sum(report)
    yield ""
    if report.generated_at:
        yield f"_{sentence(report.generated_at)}_"
        yield ""


def _sum(report: Report) -> str:
    summary, words = report.summary, report.words
    parts = [
        f"{_SIGNS[status]} **{summary[status]:,}** {words[status]}"
        for status in STATUSES
        if status in _SIGNS and summary[status]
    ]
    if not summary["total"] and report.status in {"failed", "refused"}:
        return "Nothing was changed." if report.status == "refused" else "There is no result."
    listed = " · ".join(parts) or "Nothing to do."
    return f"{listed} ({summary['unchanged']:,} of {summary['total']:,} users are as declared)"


def _body(report: Report) -> Iterator[_Piece]:
    if len(report.installations) > 1:
        yield from _overview(report)
    for one in report.installations:
        title = f"\n#### {sentence(one.name)}\n\n" if len(report.installations) > 1 else ""
        yield from _with_head(title, _installation(one))


def _with_head(title: str, pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Write a heading only where something follows it."""
    for number, piece in enumerate(pieces):
        yield _Piece(title + piece.text, piece.counts) if number == 0 else piece


def _overview(report: Report) -> Iterator[_Piece]:
    head = "| installation | status | delete | deactivate | create | modify | failed |\n"
    yield _Piece(f"{head}| --- | --- | --: | --: | --: | --: | --: |\n", 0)
    for one in report.installations:
        counts = [one.summary[status] for status in (*CHANGES, "failed")]
        numbers = " | ".join(f"{count:,}" if count else "" for count in counts)
        yield _Piece(f"| {code(one.name)} | {_STATES[one.status]} | {numbers} |\n")


def _installation(one: Installation) -> Iterator[_Piece]:
    if one.message and not one.findings:
        text = "\n".join(visible_lines(one.message).splitlines()[:10])
        yield _Piece(f"<pre>{_pre(text)}</pre>\n\n")
    if one.findings:
        yield _Piece("| where | what speaks against it |\n| --- | --- |\n", 0)
    for finding in one.findings:
        where = code(finding["where"]) if finding["where"] else ""
        yield _Piece(f"| {where} | {sentence(finding['message'])} |\n")
    if one.news:
        yield _Piece("| user | | before → after |\n| --- | --- | --- |\n", 0)
    for user in one.news:
        yield _Piece(_row(user, one))


def _row(user: User, one: Installation) -> str:
    sign = _SIGNS.get(user.status, "")
    word = one.words.get(user.status, user.status)
    told = "<br>".join(_change(change) for change in user.changes)
    if user.problem:
        told = "<br>".join(filter(None, [told, sentence(user.problem)]))
    return f"| {code(user.user_name)} | {sign} {word} | {told} |\n"


def _change(change: Change) -> str:
    before = code(change.before) if change.before else ""
    after = code(change.after) if change.after else ""
    arrow = " → ".join(filter(None, [before, after]))
    if before and not after:
        arrow = f"{before} →"
    return f"{change.field}: {arrow}"


def _pre(text: str) -> str:
    # a blank line would end the block in Markdown
    lines = (html.escape(line) or "&#32;" for line in text.split("\n"))
    return re.sub(r"[`*_\[\]@~|\\]", lambda match: f"&#{ord(match.group())};", "\n".join(lines))
