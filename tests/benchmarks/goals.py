# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection promises about its speed, and whether a run has shown it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from .figures import Figures, ratio

# why a run takes longer than the same requests alone
OWN_WORK = (
    "0.2 s of processor time to import `requests` and the collection, and 0.04 ms to read, check"
    " and compare each definition, come on top of the floor, whatever the latency; the floor"
    " requests several pages at once, too"
)
WRITING = (
    "each write costs CPU time in `requests` and `urllib3`, several times that of the bare requests"
    " of the floor"
)


@dataclasses.dataclass(frozen=True)
class Goal:
    """A promise: `measure` gives the figure that has to be at most, or at least, `limit`.

    `reason` says why it may be missed.
    """

    text: str
    measure: Callable[[Figures], float]
    limit: float
    reason: str
    is_upper: bool = True
    unit: str = "x"

    def line(self, figures: Figures) -> str | None:
        """Return a row of the table, none if a run has not measured it."""
        try:
            value = self.measure(figures)
        except (KeyError, ValueError):
            return None
        is_met = value <= self.limit if self.is_upper else value >= self.limit
        bound = "at most" if self.is_upper else "at least"
        cells = (
            self.text,
            f"{bound} {self.limit:,g} {self.unit}",
            f"{_short(value)} {self.unit}",
            "met" if is_met else f"**missed**: {self.reason}",
        )
        return f"| {' | '.join(cells)} |"


def _faster(text: str, purpose: str, other: str, limit: float, reason: str) -> Goal:
    """Promise how many times as long as the bulk module something else takes."""
    return Goal(
        text,
        lambda figures: ratio(figures[purpose][other], figures[purpose]["bulk"]),
        limit,
        reason,
        is_upper=False,
    )


def _over_floor(purpose: str) -> Callable[[Figures], float]:
    return lambda figures: ratio(figures[purpose]["bulk"], figures[purpose]["floor"])


def _one_change(figures: Figures) -> float:
    return ratio(figures["one change, 20 ms"]["bulk"], figures["sync, 20 ms"]["bulk"])


def _loop(execution_path: str) -> Callable[[Figures], float]:
    def measure(figures: Figures) -> float:
        row = figures["loop"]
        return ratio(row[f"{execution_path}, all"], row["uri, all"])

    return measure


def _growth(figures: Figures) -> float:
    large, small = figures["growth, 100000"], figures["growth, 10000"]
    return large["JSON file"].median / small["JSON file"].median


def _memory(name: str) -> Callable[[Figures], float]:
    return lambda figures: figures["growth, 100000"][f"{name} file with passwords"].peak


GOALS = (
    Goal("10,000 in sync, next to the floor, 0 ms", _over_floor("sync, 0 ms"), 1.7, OWN_WORK),
    Goal("10,000 in sync, next to the floor, 20 ms", _over_floor("sync, 20 ms"), 1.3, OWN_WORK),
    _faster(
        "10,000 in sync, faster than the best `uri` playbook, 0 ms",
        *("sync, 0 ms", "expert", 5, "starting Ansible alone takes much of the time of a run"),
    ),
    _faster(
        "10,000 in sync, faster than the naive loop, 0 ms",
        *("sync, 0 ms", "naive, all", 1000, "starting Ansible alone takes much of the time"),
    ),
    Goal("1,000 changes, next to the floor, 20 ms", _over_floor("changes, 20 ms"), 1.35, WRITING),
    Goal("1,000 changes, next to the floor, 50 ms", _over_floor("changes, 50 ms"), 1.25, WRITING),
    _faster(
        "1,000 changes, faster than the best `uri` playbook, 50 ms",
        *("changes, 50 ms", "expert, all", 40),
        "1,000 writes, 8 at once, wait 6.3 seconds for the service, which nothing can save",
    ),
    Goal(
        "one change of 10,000, next to all in sync, 20 ms",
        *(_one_change, 1.25),
        "a change needs the calling login, the confirmation of the user's identity, the write and"
        " reading it back, one after the other",
    ),
    Goal("100,000 users next to 10,000", _growth, 8, "the work for each user prevails"),
    *(
        Goal(
            f"peak memory, 100,000 users with names and passwords, {name}",
            *(_memory(name), 300),
            "definitions, users and the plan are in memory together",
            unit="MB",
        )
        for name in ("JSON", "YAML", "CSV")
    ),
    Goal(
        "loop of 100 tasks on a local connection, next to 100 of `uri`",
        *(_loop("here"), 0.15),
        "a task costs what Ansible needs for any task",
    ),
    Goal(
        "loop of 100 tasks as a module, next to 100 of `uri`",
        *(_loop("module"), 1.4),
        "the module transfers the collection to a new Python each time and imports `requests`",
    ),
)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2f}"
