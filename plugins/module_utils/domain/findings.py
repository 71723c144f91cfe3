# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings, and the places in the input that they name."""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence

from .shown_text import for_message


class SourceLocation(typing.NamedTuple):
    """The place of an entry: its source, and its position there.

    `lines` returns the lines of all entries, if the source is a file. Where an entry is a row, its
    line alone says which one it is.
    """

    source: str
    position: int
    lines: Callable[[], Sequence[int]] | None = None
    is_row: bool = False

    @property
    def line(self) -> int:
        """The line in which the entry begins, or 0."""
        lines = self.lines() if self.lines else ()
        return lines[self.position] if self.position < len(lines) else 0

    def __str__(self) -> str:
        line = self.line
        if line and self.is_row:
            return f"{self.source}:{line}"
        if line:
            return f"{self.source}:{line} (users[{self.position}])"
        return f"{self.source}[{self.position}]"


class Finding(typing.NamedTuple):
    """An error in the input or in what it asks for; `where` may be empty."""

    where: str
    message: str
    kind: str = "definition"

    def __str__(self) -> str:
        return for_message(f"{self.where}: {self.message}" if self.where else self.message)

    def facts(self) -> dict[str, str]:
        """Return it as results list it."""
        return {name: for_message(text) for name, text in self._asdict().items()}
