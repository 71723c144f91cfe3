# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of docs/performance.md."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot
from matplotlib.axes import Axes

from .figures import Figures

NAMES = {
    "floor": "floor",
    "bulk": "superoffice_external_users",
    "expert, all": "best uri playbook",
    "single, here, all": "loop, single module",
    "single, module, all": "loop, as a module",
    "naive, all": "naive uri loop",
}
PURPOSES = {"sync, 0 ms": "10,000 in sync", "changes, 0 ms": "1,000 changes of 10,000"}
COLOURS = ("#9aa0a6", "#1a73e8", "#e8710a", "#34a853", "#80868b", "#d93025")


def draw(figures: Figures, path: Path) -> None:
    """Draw who takes how long, and how time and memory grow."""
    # the same figures shall give the same file
    matplotlib.rcParams.update({"svg.hashsalt": "superoffice.crm", "font.size": 9})
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    _bars(left, figures)
    _lines(middle, figures, "seconds")
    _lines(right, figures, "MB")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _bars(axes: Axes, figures: Figures) -> None:
    width = 0.8 / len(NAMES)
    for index, (name, title) in enumerate(NAMES.items()):
        places = [number + index * width for number in range(len(PURPOSES))]
        heights = [figures[purpose][name].median for purpose in PURPOSES]
        axes.bar(places, heights, width, label=title, color=COLOURS[index])
    axes.set_yscale("log")
    axes.set_ylabel("seconds (0 ms latency)")
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(PURPOSES))])
    axes.set_xticklabels(list(PURPOSES.values()))
    axes.legend(fontsize=7, loc="upper left", ncols=2)
    axes.set_ylim(top=axes.get_ylim()[1] * 30)


def _lines(axes: Axes, figures: Figures, what: str) -> None:
    rows = {
        int(purpose.partition(", ")[2]): row
        for purpose, row in figures.items()
        if purpose.startswith("growth")
    }
    names = [name for name, series in next(iter(rows.values())).items() if series.requests]
    for name in names:
        if name == "raw":
            continue
        there = {users: row[name] for users, row in rows.items() if name in row}
        values = [one.median if what == "seconds" else one.peak for one in there.values()]
        axes.plot(list(there), values, marker="o", markersize=3, label=name)
    axes.set_xscale("log")
    axes.set_xlabel("users, all in sync")
    axes.set_ylabel("seconds" if what == "seconds" else "peak memory, MB")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
