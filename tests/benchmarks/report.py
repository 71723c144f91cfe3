# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures as tables, and into docs/performance.md."""

from __future__ import annotations

from . import plot
from .embedded import ROOT
from .figures import Figures, Series, ratio
from .goals import GOALS

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: made by `make bench` -->", "<!-- end of figures -->"
CONTESTANTS = {
    "floor": "floor: an empty play and the bare requests",
    "bulk": "**`superoffice_external_users`**",
    "expert, all": "best playbook with `uri`",
    "single, here, all": "loop over `superoffice_external_user`",
    "single, module, all": "the same, run as a module",
    "naive, all": "naive loop with `uri`",
}
ONE = {
    "empty": "empty play",
    "uri": "`uri`, one request each",
    "single, here": "**`superoffice_external_user`**",
    "single, module": "the same, run as a module",
}


def write(figures: Figures, machine: str) -> None:
    """Put the tables and the plot into the documentation."""
    page = PAGE.read_text(encoding="utf-8")
    head, _begin, rest = page.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text(figures, machine)}\n{END}{tail}", encoding="utf-8")
    plot.draw(figures, ROOT / "docs" / "images" / "performance.svg")


def text(figures: Figures, machine: str) -> str:
    """Return all tables as Markdown."""
    parts = [f"Measured on {machine}. Medians; in brackets the fewest and the most.", ""]
    parts += _goals(figures)
    for purpose, row in figures.items():
        if "bulk" in row:
            parts += _contest(purpose, row)
        elif "uri" in row:
            parts += _one(purpose, row)
    parts += _growth(figures)
    return "\n".join(parts)


def _goals(figures: Figures) -> list[str]:
    rows = [row for goal in GOALS if (row := goal.line(figures))]
    if not rows:
        return []
    head = ["| goal | wanted | measured | |", "| --- | --- | ---: | --- |"]
    return ["### Goals", "", *head, *rows, ""]


def _contest(purpose: str, row: dict[str, Series]) -> list[str]:
    lines = [
        f"### {purpose[0].upper()}{purpose[1:]}",
        "",
        f"{row['bulk'].requests:,} requests, the same for the floor.",
        "",
        "| | seconds | next to the bulk module | |",
        "| --- | ---: | ---: | --- |",
    ]
    lines += [
        f"| {title} | {_seconds(row[name])} | {_times(row[name], row['bulk'])} | {row[name].note} |"
        for name, title in CONTESTANTS.items()
        if name in row
    ]
    return [*lines, ""]


def _one(purpose: str, row: dict[str, Series]) -> list[str]:
    lines = [
        f"### {purpose[0].upper()}{purpose[1:]}",
        "",
        "| | seconds | next to `uri` |",
        "| --- | ---: | ---: |",
    ]
    lines += [
        f"| {title} | {_seconds(row[name])} | {_times(row[name], row['uri'])} |"
        for name, title in ONE.items()
    ]
    return [*lines, ""]


def _growth(figures: Figures) -> list[str]:
    lines: list[str] = []
    for purpose, row in figures.items():
        if purpose.startswith("growth"):
            users = int(purpose.partition(", ")[2])
            lines += [
                f"| {users:,} | {name} | {_seconds(series)} | {series.peak:.0f}"
                f" | {series.requests} |"
                for name, series in row.items()
                if series.megabytes and series.requests
            ]
    if not lines:
        return []
    head = [
        "| users | definitions | seconds | peak memory, MB | requests |",
        "| ---: | --- | ---: | ---: | ---: |",
    ]
    return ["### Growth, users in sync, 0 ms", "", *head, *lines, ""]


def _seconds(series: Series) -> str:
    low, high = series.spread
    return f"{_number(series.median)} ({_number(low)} to {_number(high)})"


def _times(series: Series, other: Series) -> str:
    value = ratio(series, other)
    return f"{value:,.0f} x" if value >= 20 else f"{value:.2f} x"


def _number(seconds: float) -> str:
    return (
        f"{seconds:,.0f}"
        if seconds >= 100
        else f"{seconds:.1f}"
        if seconds >= 10
        else f"{seconds:.2f}"
    )
