# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of docs/performance.md."""

from __future__ import annotations

import typing
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot
from matplotlib.axes import Axes

from .figures import Figures, Series

# colours that can be told from white and from black; the background is that of the page
INK, BLUE, ORANGE = "#767676", "#2f81f7", "#d9730d"
STYLE: dict[typing.Any, typing.Any] = {
    # the same figures must give the same file
    "svg.hashsalt": "superoffice.crm",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
}
BARS = {
    "floor": "floor",
    "bulk": "bulk module",
    "expert": "best uri playbook",
    "here, all": "loop, single module",
    "module, all": "loop, as a module",
    "naive, all": "naive uri loop",
}


def draw(figures: Figures, path: Path) -> None:
    """Draw who takes how long, and how time and memory grow."""
    with matplotlib.rc_context(STYLE):
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
        _bars(left, figures.get("sync, 0 ms", {}))
        _lines(right, figures)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        pyplot.close(figure)


def _bars(axes: Axes, row: dict[str, Series]) -> None:
    shown = {title: row[name].median for name, title in BARS.items() if name in row}
    if not shown:
        return
    colours = [BLUE if title == "bulk module" else INK for title in shown]
    bars = axes.barh(list(shown), list(shown.values()), color=colours, height=0.6)
    labels = [f"{value:,.0f}" if value >= 20 else f"{value:.1f}" for value in shown.values()]
    axes.bar_label(bars, labels, padding=4)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(right=20 * max(shown.values()))
    axes.set_title("10,000 users in sync, seconds", fontsize=11)


def _lines(axes: Axes, figures: Figures) -> None:
    rows = {
        int(purpose.partition(", ")[2]): row["JSON file"]
        for purpose, row in figures.items()
        if purpose.startswith("growth") and "JSON file" in row
    }
    if not rows:
        return
    users = list(rows)
    seconds = [one.median for one in rows.values()]
    axes.plot(users, seconds, marker="o", color=BLUE, label="seconds (left)")
    axes.set_ylim(bottom=0)
    memory = axes.twinx()
    memory.spines["right"].set_visible(True)
    peaks = [one.peak for one in rows.values()]
    memory.plot(users, peaks, marker="s", color=ORANGE, label="MB (right)")
    memory.set_ylim(bottom=0)
    axes.set_xscale("log")
    axes.set_xlabel("users")
    axes.set_title("Growth, users in sync (JSON file)", fontsize=11)
    handles = [*axes.get_lines(), *memory.get_lines()]
    axes.legend(handles=handles, loc="upper left", frameon=False, labelcolor=INK)
