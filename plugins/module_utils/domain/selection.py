# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which users a filter or a scope means; names are globs, and compare without case."""

from __future__ import annotations

import fnmatch
import functools
import re
import typing
from collections.abc import Iterable

from .model import UNSET, CurrentUser, Unset, same_name

WILDCARDS = "*?["


class Selection(typing.NamedTuple):
    """Conditions that all have to be met; UNSET means: whatever."""

    associate_id: int | Unset = UNSET
    person_ids: frozenset[int] | Unset = UNSET
    user_names: tuple[str, ...] | Unset = UNSET
    role_ids: frozenset[int] | Unset = UNSET
    is_active: bool | Unset = UNSET

    def holds(self, user: CurrentUser) -> bool:
        """Tell whether `user` is selected."""
        return (
            self.associate_id in (UNSET, user.associate_id)
            and (self.person_ids is UNSET or user.person_id in self.person_ids)
            and (self.user_names is UNSET or matches(user.user_name, self.user_names))
            and (self.role_ids is UNSET or user.role_id in self.role_ids)
            and self.is_active in (UNSET, user.is_active)
        )


def matches(user_name: str, globs: Iterable[str]) -> bool:
    """Tell whether a name meets one of the globs."""
    names, pattern = _matcher(tuple(globs))
    folded = same_name(user_name)
    return folded in names or bool(pattern and pattern.match(folded))


def is_literal(glob: str) -> bool:
    """Tell whether a glob means one name only."""
    return not any(sign in glob for sign in WILDCARDS)


def longest_literal(glob: str) -> str:
    """Return the longest part of a glob that stands in every name that meets it."""
    without_sets = re.sub(r"\[[^\]]*\]?", "*", glob)
    return max(re.split(r"[*?]", without_sets), key=len)


@functools.lru_cache(maxsize=64)
def _matcher(globs: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Return the names among the globs, and one pattern for all others."""
    names = frozenset(same_name(glob) for glob in globs if is_literal(glob))
    patterns = [fnmatch.translate(same_name(glob)) for glob in globs if not is_literal(glob)]
    return names, re.compile("|".join(patterns)) if patterns else None
