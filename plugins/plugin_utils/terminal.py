# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lays out the block of text with which a playbook ends: a headline, rows, findings, files."""

from __future__ import annotations

import itertools
import re
import typing
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from .escaping import for_terminal, shortened

# how many rows of a section are shown
SHOWN = 20
LONGEST_TEXT = 600
_NARROWEST = 40
_GAP = 2
# a middle column gives way first, then the last one, which continues below, then the first one
_MIDDLE, _LAST = 12, 20
_SPACE = re.compile(" ")
# what is short in brackets, such as the number of all users, stays together
_OUTSIDE_OF_BRACKETS = re.compile(r" (?![^()]{0,24}\))")
_MARGIN = 4

Paint = Callable[[str, str], str]


class Row(typing.NamedTuple):
    """A line of a table: a symbol, cells, and further lines below it."""

    symbol: str
    cells: tuple[str, ...]
    details: tuple[str, ...] = ()
    color: str = ""


class Section(typing.NamedTuple):
    """A part of a block under a title: a table, or a list, of which `most` entries are shown.

    `more` rows were left out before. A long title continues below with `indent`.
    """

    title: str = ""
    indent: str = ""
    rows: Sequence[Row] = ()
    texts: Sequence[str] = ()
    more: int = 0
    most: int = SHOWN


def unpainted(text: str, _color: str) -> str:
    """Return a text as it is, for a job that has no terminal."""
    return text


def block(
    headline: str,
    sections: Iterable[Section],
    width: int,
    *,
    color: str = "",
    paint: Paint = unpainted,
    headline_width: int = 0,
) -> str:
    """Return the lines of a block, none of them wider than `width` columns.

    `headline_width` is another one for the headline. All of it is neutralised here: no line holds
    an escape sequence, or a command of a CI system.
    """
    width = max(width, _NARROWEST)
    first = wrapped(headline, max(width, headline_width), "", "", _OUTSIDE_OF_BRACKETS)
    lines = ["", *(paint(line, color) for line in first)]
    for section in sections:
        shown = list(_section(section, width, paint))
        if shown:
            lines += ["", *shown]
    return "\n".join([*lines, ""])


def _section(section: Section, width: int, paint: Paint) -> Iterator[str]:
    rows, texts = section.rows[: section.most], section.texts[: section.most]
    if section.title:
        yield from wrapped(section.title, width, "", section.indent)
    if rows:
        rows = _without_empty_columns(rows)
        widths = _widths([row.cells for row in rows], width)
        for row in rows:
            for line in _lines(row, widths):
                yield paint(line, row.color)
            for detail in row.details:
                yield from wrapped(detail, width, "      ", "      ")
    for text in texts:
        yield from wrapped(text, width, "  - ", "    ")
    more = section.more + len(section.rows) - len(rows) + len(section.texts) - len(texts)
    if more > 0:
        yield f"  and {more:,} more"


def _without_empty_columns(rows: Sequence[Row]) -> list[Row]:
    columns_of_cells = zip(*(row.cells for row in rows), strict=True)
    used = [not number or any(cells) for number, cells in enumerate(columns_of_cells)]
    return [row._replace(cells=tuple(itertools.compress(row.cells, used))) for row in rows]


def _lines(row: Row, widths: Sequence[int]) -> Iterator[str]:
    """Yield the line of a row, and the lines on which a long last cell continues."""
    *cells, last = row.cells
    *others, room = widths
    start = "".join(
        _padded(_fitted(cell, width), width + _GAP)
        for cell, width in zip(cells, others, strict=True)
    )
    start = f"  {for_terminal(row.symbol)} {start}"
    first, *more = wrapped(last, room, "", "")
    yield f"{start}{first}".rstrip()
    for piece in more:
        yield f"{' ' * columns(start)}{piece}"


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the widths of the columns, so that a row fits into `width`."""
    widths = [
        max(columns(for_terminal(cell)) for cell in column) for column in zip(*rows, strict=True)
    ]
    last = len(widths) - 1
    surplus = sum(widths) + _GAP * last - (width - _MARGIN)
    floors = [(number, _MIDDLE) for number in range(1, last)] + [(last, _LAST), (0, 1), (last, 1)]
    for number, floor in floors:
        cut = min(surplus, max(0, widths[number] - floor))
        if cut > 0:
            widths[number] -= cut
            surplus -= cut
    return widths


def wrapped(
    text: str, width: int, first: str, rest: str, breaks: re.Pattern[str] = _SPACE
) -> list[str]:
    """Break a text into lines; only a word that is wider than a line is broken itself."""
    words = breaks.split(for_terminal(shortened(" ".join(text.split()), LONGEST_TEXT)))
    lines: list[str] = []
    line, is_empty = first, True
    for word in words:
        for piece in _pieces(word, width - max(len(first), len(rest))):
            if not is_empty and columns(line) + 1 + columns(piece) > width:
                lines.append(line)
                line, is_empty = rest, True
            line += piece if is_empty else f" {piece}"
            is_empty = False
    return [*lines, line]


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _fitted(text: str, width: int) -> str:
    """Return a text of at most `width` columns, the middle left out of a wider one."""
    shown = for_terminal(" ".join(text.split()))
    length = min(len(shown), width)
    while columns(fitted := shortened(shown, length)) > width:
        length -= 1
    return fitted


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _pieces(word: str, width: int) -> Iterator[str]:
    while columns(word) > width:
        length = width
        while columns(word[:length]) > width:
            length -= 1
        yield word[:length]
        word = word[length:]
    yield word
