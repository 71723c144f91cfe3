# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder counted, as tables: `python -m tests.reliability.figures`.

It prints them, and writes them into docs/reliability.md.
"""

from __future__ import annotations

import collections
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.machine import machine

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "reliability"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: made by `make reliability` -->", "<!-- end of figures -->"

counts: collections.Counter[str] = collections.Counter()
largest: dict[str, float] = {}
seconds: collections.Counter[str] = collections.Counter()
# module, fault, operation, how often it strikes, verdict
cells: list[tuple[str, str, str, str, str]] = []


def count(what: str, number: int = 1) -> None:
    """Add to a figure."""
    counts[what] += number


def most(what: str, number: float) -> None:
    """Keep the largest value of a figure."""
    largest[what] = max(largest.get(what, 0), number)


def cell(module: str, fault: str, operation: str, times: str, verdict: str) -> None:
    """Take note of a cell of the fault matrix."""
    cells.append((module, fault, operation, times, verdict))
    count("fault matrix: cells")


def save() -> None:
    """Write what this process counted; several may run at once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    figures = {"counts": counts, "largest": largest, "seconds": seconds, "cells": cells}
    (FOLDER / f"{os.getpid()}.json").write_text(json.dumps(figures), encoding="utf-8")


def load() -> None:
    """Read what all processes counted."""
    for file in sorted(FOLDER.glob("*.json")):
        figures = json.loads(file.read_text(encoding="utf-8"))
        counts.update(figures["counts"])
        seconds.update(figures["seconds"])
        for what, number in figures["largest"].items():
            most(what, number)
        cells.extend(tuple(row) for row in figures["cells"])


def matrix(module: str) -> Iterable[str]:
    """The fault matrix of one module, as a Markdown table."""
    rows = [row for row in cells if row[0] == module]
    operations = sorted({row[2] for row in rows})
    verdicts: dict[tuple[str, str], dict[str, str]] = collections.defaultdict(dict)
    for _module, fault, operation, times, verdict in rows:
        verdicts[fault, operation][times] = verdict
    yield f"### `{module}`, once / always"
    yield ""
    yield "| fault | " + " | ".join(operations) + " |"
    yield "| --- |" + " --- |" * len(operations)
    for fault in sorted({row[1] for row in rows}):
        texts = []
        for operation in operations:
            known = verdicts.get((fault, operation), {})
            texts.append(" / ".join(known[times] for times in ("once", "always") if times in known))
        yield f"| {fault} | " + " | ".join(texts) + " |"
    yield ""


def table() -> Iterable[str]:
    """All that was counted, as a Markdown table."""
    yield "| figure | number |"
    yield "| --- | ---: |"
    for what, number in sorted(counts.items()):
        yield f"| {what} | {number:,} |"
    for what, most_seen in sorted(largest.items()):
        yield f"| {what} | {most_seen:,.1f} |"
    for what, spent in sorted(seconds.items()):
        yield f"| seconds of {what} | {spent:,.0f} |"


def text() -> str:
    """All figures as Markdown."""
    lines = [f"Counted on {machine()}.", "", *table(), ""]
    for module in sorted({row[0] for row in cells}):
        lines += matrix(module)
    return "\n".join(lines)


def main() -> None:
    """Print all tables, and put them into the documentation."""
    load()
    if not counts:
        sys.exit("There are no figures; run: make reliability")
    sys.stdout.write(text())
    head, _begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text()}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
