# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured: lists of repeated measurements, their medians, and ratios round by round."""

from __future__ import annotations

import dataclasses
import statistics
import typing

Values = list[float]


@dataclasses.dataclass
class Series:
    """One thing measured in several rounds. `share` says which part of it was really run."""

    seconds: Values = dataclasses.field(default_factory=list)
    megabytes: Values = dataclasses.field(default_factory=list)
    requests: int = 0
    note: str = ""

    @property
    def median(self) -> float:
        """The seconds in the middle."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> tuple[float, float]:
        """The fewest and the most seconds."""
        return min(self.seconds), max(self.seconds)

    @property
    def peak(self) -> float:
        """The memory in the middle, in MB."""
        return statistics.median(self.megabytes)


# purpose, such as "sync, 0 ms" -> contestant, such as "bulk" -> what was measured
Figures = dict[str, dict[str, Series]]


def ratio(left: Series, right: Series) -> float:
    """Return how many times as long `left` takes: the median of the ratios of each round.

    What happens on a busy machine happens to both of a round.
    """
    pairs = zip(left.seconds, right.seconds, strict=False)
    return statistics.median(one / other for one, other in pairs)


def combined(how: typing.Callable[..., float], *series: Series, note: str = "") -> Series:
    """Return a series that is worked out from others, round by round."""
    rows = zip(*(one.seconds for one in series), strict=False)
    return Series([how(*row) for row in rows], note=note)


def to_json(figures: Figures) -> dict[str, typing.Any]:
    """Return figures as plain values."""
    return {
        purpose: {name: dataclasses.asdict(series) for name, series in row.items()}
        for purpose, row in figures.items()
    }


def from_json(values: dict[str, typing.Any]) -> Figures:
    """Read figures that `to_json` wrote."""
    return {
        purpose: {name: Series(**series) for name, series in row.items()}
        for purpose, row in values.items()
    }
