# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection promises about its speed, and whether a run has shown it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from .figures import Figures, ratio


@dataclasses.dataclass(frozen=True)
class Goal:
    """A promise: `measure` gives the figure that has to be at most, or at least, `limit`."""

    text: str
    measure: Callable[[Figures], float]
    limit: float
    is_upper: bool = True
    unit: str = "x"

    def line(self, figures: Figures) -> str | None:
        """Return a row of the table, none if a run has not measured it."""
        try:
            value = self.measure(figures)
        except KeyError:
            return None
        is_met = value <= self.limit if self.is_upper else value >= self.limit
        bound = "at most" if self.is_upper else "at least"
        cells = (
            self.text,
            f"{bound} {self.limit:,g} {self.unit}",
            f"{_short(value)} {self.unit}",
            "met" if is_met else "**missed**",
        )
        return f"| {' | '.join(cells)} |"


def _faster(text: str, purpose: str, other: str, limit: float = 100) -> Goal:
    """Promise how many times as long as the bulk module something else takes."""
    return Goal(
        text,
        lambda figures: ratio(figures[purpose][other], figures[purpose]["bulk"]),
        limit,
        is_upper=False,
    )


def _over_floor(purpose: str) -> Callable[[Figures], float]:
    return lambda figures: ratio(figures[purpose]["bulk"], figures[purpose]["floor"])


def _loop(execution_path: str) -> Callable[[Figures], float]:
    def measure(figures: Figures) -> float:
        row = figures["loop of 100"]
        return ratio(row[execution_path], row["uri"])

    return measure


def _growth(figures: Figures) -> float:
    large, small = figures["growth, 100000"], figures["growth, 10000"]
    return ratio(large["JSON file"], small["JSON file"])


def _memory(name: str) -> Callable[[Figures], float]:
    return lambda figures: figures["growth, 100000"][name].peak


GOALS = (
    Goal("10,000 in sync, next to the floor, 0 ms", _over_floor("sync, 0 ms"), 1.5),
    Goal("10,000 in sync, next to the floor, 50 ms", _over_floor("sync, 50 ms"), 1.5),
    _faster("10,000 in sync, faster than the best `uri` playbook", "sync, 0 ms", "expert, all", 40),
    _faster("10,000 in sync, faster than the naive loop", "sync, 0 ms", "naive, all", 1000),
    Goal("1,000 changes, next to the floor, 0 ms", _over_floor("changes, 0 ms"), 1.5),
    Goal("1,000 changes, next to the floor, 50 ms", _over_floor("changes, 50 ms"), 1.2),
    _faster("1,000 changes, faster than the best `uri` playbook", "changes, 0 ms", "expert, all"),
    _faster("the same at 50 ms", "changes, 50 ms", "expert, all"),
    Goal("100,000 users next to 10,000", _growth, 11),
    Goal("peak memory at 100,000 users, JSON file", _memory("JSON file"), 250, unit="MB"),
    Goal("peak memory at 100,000 users, YAML file", _memory("YAML file"), 250, unit="MB"),
    Goal("100 single tasks next to 100 of `uri`, local connection", _loop("single, here"), 0.15),
    Goal("100 single tasks next to 100 of `uri`, as a module", _loop("single, module"), 1.0),
)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2f}"
