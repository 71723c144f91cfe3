# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures as tables, and into docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator

from . import plot
from .competitors import FULL, Scale
from .embedded import ROOT
from .figures import Figures, Series, ratio
from .goals import GOALS

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: made by `make bench` -->", "<!-- end of figures -->"
RUNS = {
    "sync, 0 ms": "{users:,} users in sync, 0 ms",
    "sync, 20 ms": "{users:,} users in sync, 20 ms",
    "one change, 20 ms": "one change of {users:,}, 20 ms",
    "changes, 20 ms": "{changes:,} changes of {users:,}, 20 ms",
    "changes, 50 ms": "{changes:,} changes of {users:,}, 50 ms",
    "creations, 20 ms": "{changes:,} new users besides {users:,}, 20 ms",
}
ALTERNATIVES = {
    "expert": "best playbook with `uri`",
    "expert, all": "best playbook with `uri`",
    "here, all": "loop over `superoffice_external_user`",
    "module, all": "the same loop, run as a module",
    "naive, all": "naive loop with `uri`",
}
ONE = {
    "empty": "play without tasks",
    "uri": "`uri`, one request",
    "here": "**`superoffice_external_user`**",
    "module": "the same, run as a module",
}


def write(figures: Figures, machine: str) -> None:
    """Put the tables and the plot into the documentation."""
    page = PAGE.read_text(encoding="utf-8")
    head, _begin, rest = page.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text(figures, machine)}\n{END}{tail}", encoding="utf-8")
    plot.draw(figures, ROOT / "docs" / "images" / "performance.svg")


def text(figures: Figures, machine: str, scale: Scale = FULL) -> str:
    """Return all tables as Markdown, of what was measured; goals only for the full scale."""
    titles = {purpose: title.format_map(vars(scale)) for purpose, title in RUNS.items()}
    parts = [f"Measured on {machine}. Medians of the rounds; in brackets the fastest and slowest."]
    tables = (
        (
            "### Goals",
            ("goal", "wanted", "measured", ""),
            "llrl",
            _goals(figures) if scale is FULL else (),
        ),
        (
            "### How long a run takes",
            *(("run", "requests", "seconds", "floor, seconds", "next to the floor"), "lrrrr"),
            _runs(figures, titles),
        ),
        (
            "### How it compares",
            *(("run", "with", "seconds", "next to the bulk module", ""), "llrrl"),
            _alternatives(figures, titles),
        ),
        (
            "### One user, and a loop over 100",
            *(("task", "one user, seconds", "loop of 100, seconds", "next to `uri`"), "lrrr"),
            _single(figures),
        ),
        (
            "### How time and memory grow, users in sync, 0 ms",
            *(("users", "definitions", "seconds", "peak memory, MB", "requests"), "rlrrr"),
            _growth(figures),
        ),
        (
            f"### `concurrency: auto`, {scale.few:,} changes",
            *(("service", "8, seconds", "auto, seconds", "auto next to 8"), "lrrr"),
            _pairs(figures, "auto, ", "8", "auto"),
        ),
        (
            f"### `auth_exchange_token`, {scale.changes:,} changes, logging in takes 5 ms",
            *(("latency", "without, seconds", "with, seconds", "with next to without"), "lrrr"),
            _pairs(figures, "login, ", "password", "token"),
        ),
    )
    for title, head, alignment, lines in tables:
        rows = list(lines)
        if rows:
            marks = ("---:" if mark == "r" else "---" for mark in alignment)
            parts += ["", title, "", _line(*head), _line(*marks), *rows]
    return "\n".join([*parts, ""])


def _goals(figures: Figures) -> Iterator[str]:
    return (row for goal in GOALS if (row := goal.line(figures)))


def _runs(figures: Figures, titles: dict[str, str]) -> Iterator[str]:
    for purpose, title in titles.items():
        row = figures.get(purpose)
        if not row or "bulk" not in row:
            continue
        bulk, floor = row["bulk"], row.get("floor")
        yield _line(
            title,
            bulk.note or f"{bulk.requests:,}",
            _seconds(bulk),
            _seconds(floor) if floor else "",
            _times(bulk, floor) if floor else "",
        )


def _alternatives(figures: Figures, titles: dict[str, str]) -> Iterator[str]:
    for purpose, title in titles.items():
        row = figures.get(purpose, {})
        for name, alternative in ALTERNATIVES.items():
            if name not in row or f"{name}, all" in row or "bulk" not in row:
                continue
            series = row[name]
            times = _times(series, row["bulk"])
            yield _line(title, alternative, _seconds(series), times, series.note)


def _single(figures: Figures) -> Iterator[str]:
    one, loop = figures.get("one user"), figures.get("loop")
    if not one or not loop or "module, all" not in loop:
        return
    for name, title in ONE.items():
        series = loop.get(f"{name}, all")
        yield _line(
            title,
            _seconds(one[name]),
            _seconds(series) if series else "",
            _times(series, loop["uri, all"]) if series else "",
        )
    yield _line(f"(loops {loop['uri, all'].note})", "", "", "")


def _growth(figures: Figures) -> Iterator[str]:
    for purpose, row in figures.items():
        if purpose.startswith("growth"):
            users = int(purpose.partition(", ")[2])
            for name, series in ((one, two) for one, two in row.items() if two.megabytes):
                peak = f"{series.peak:.0f}"
                yield _line(f"{users:,}", name, _seconds(series), peak, str(series.requests))


def _pairs(figures: Figures, prefix: str, one: str, other: str) -> Iterator[str]:
    for purpose, row in figures.items():
        if purpose.startswith(prefix) and one in row and other in row:
            title = purpose.removeprefix(prefix)
            if title == "throttled":
                title = "50 ms, refuses more than 4 requests at once for a second"
            times = _times(row[other], row[one])
            yield _line(title, _seconds(row[one]), _seconds(row[other]), times)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _seconds(series: Series) -> str:
    low, high = series.spread
    spread = f" ({_number(low)} to {_number(high)})" if len(series.seconds) > 1 else ""
    return f"{_number(series.median)}{spread}"


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
