# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access review as Markdown."""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterable, Iterator, Sequence

from ..escaping import SHOWN_PATH, for_markdown, markdown_code
from .markdown import LIMIT, MARKER, UNFOLDED
from .review import FINDINGS_OF_REVIEW, Login, Review, last_login

_LOGINS = (
    *("Login", "Person", "Company", "Role", "Active", "Last login", "Owner", "Description"),
    "Associate id",
)


class _Section(typing.NamedTuple):
    """A table under a title: the two lines of its head, and one for each row."""

    title: str
    head: list[str]
    lines: list[str]


def review_to_markdown(review: Review, limit: int = LIMIT) -> str:
    """Return the review in at most `limit` characters, with the count of what was cut."""
    name = f" of {for_markdown(review.name)}" if review.name else ""
    counts = review.summary
    names = ("total", "active", "inactive", "outside", "never_used", "unused", "retired", "roles")
    head = [
        MARKER,
        f"### Access review{name}",
        "",
        f"**{for_markdown(review.headline)}**",
        "",
        *([f"{for_markdown(review.reviewed_on)}", ""] if review.reviewed_at else []),
        "| Logins | Active | Inactive | No definition | Never used | Unused | Retired | Roles |",
        "| --: | --: | --: | --: | --: | --: | --: | --: |",
        f"| {' | '.join(f'{counts[one]:,}' for one in names)} |",
        "",
    ]
    return _bounded("\n".join(head), list(_sections(review)), limit)


def _sections(review: Review) -> Iterator[_Section]:
    tables: list[tuple[str, Sequence[str], Iterable[Sequence[str]]]] = [
        (
            FINDINGS_OF_REVIEW,
            ("Location", "Finding"),
            [
                (markdown_code(f.where, SHOWN_PATH), for_markdown(f.message))
                for f in review.findings
            ],
        ),
        ("Logins of retired persons", _LOGINS, _rows(review.found["retired"])),
        ("Logins without a definition", _LOGINS, _rows(review.outside)),
        ("Active logins that were never used", _LOGINS, _rows(review.found["never_used"])),
        (
            f"Active logins that were {review.label('unused')}",
            _LOGINS,
            _rows(review.found["unused"]),
        ),
        (
            "Roles",
            ("Role", "Logins", "Active", "Inactive", "Without a definition"),
            [
                (markdown_code(role), *(f"{n:,}" for n in row.values()))
                for role, row in review.roles
            ],
        ),
        (
            "Logins with a definition that names no owner",
            _LOGINS,
            _rows(review.found["without_owner"]),
        ),
        ("Inactive logins", _LOGINS, _rows(review.found["inactive"])),
        ("Persons without a company", _LOGINS, _rows(review.found["without_company"])),
        (
            "Definitions without a login",
            ("Definition", "Location"),
            [
                (for_markdown(what), markdown_code(where, SHOWN_PATH))
                for what, where in review.missing
            ],
        ),
    ]
    for title, columns, rows in tables:
        cells = list(rows)
        # a column in which nothing is known of anybody tells nothing
        told = [any(column) for column in zip(*cells, strict=True)]
        if cells:
            head = _line(itertools.compress(columns, told))
            rule = _line("---" for is_told in told if is_told)
            lines = [_line(itertools.compress(row, told)) for row in cells]
            yield _Section(f"#### {title} ({len(lines):,})", [head, rule], lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _bounded(text: str, sections: Sequence[_Section], limit: int) -> str:
    """Share the room out, so that a long list does not leave out the next ones."""
    for number, section in enumerate(sections):
        share = (limit - len(text)) // (len(sections) - number)
        opening, closing = _folding(section)
        piece = [section.title, "", *opening, *section.head]
        room = share - sum(len(line) + 1 for line in (*piece, *closing)) - 80
        for position, line in enumerate(section.lines):
            room -= len(line) + 1
            if room < 0:
                piece.append(f"\n_{len(section.lines) - position:,} more are not shown here._")
                break
            piece.append(line)
        text += "\n".join(["", *piece, *closing, ""])
    return text[: max(limit, 0)]


def _folding(section: _Section) -> tuple[list[str], list[str]]:
    """Return what stands before and after a table: a long one is folded."""
    if len(section.lines) <= UNFOLDED:
        return [], []
    return [f"<details><summary>Show {len(section.lines):,}</summary>", ""], ["", "</details>"]


def _rows(logins: Iterable[Login]) -> list[tuple[str, ...]]:
    return [
        (
            markdown_code(login.user_name),
            for_markdown(login.person),
            for_markdown(login.company),
            markdown_code(login.role),
            for_markdown(
                ", ".join(filter(None, ("yes" if login.is_active else "no", login.period)))
            ),
            last_login(login),
            for_markdown(login.owner),
            for_markdown(login.description),
            str(login.associate_id),
        )
        for login in logins
    ]
