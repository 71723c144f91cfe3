# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users that no run may touch."""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterable, Sequence

from .model import CurrentUser
from .names import loose_key
from .plan import Step
from .selection import matches

# as after the loss of a variable: it would protect nobody
EMPTY_GLOB = "has an empty name. Give names or globs, or omit the option to protect nobody."


class Caller(typing.NamedTuple):
    """What is known of the calling login."""

    user_name: str = ""
    associate_id: int | None = None

    def is_user(self, user: CurrentUser) -> bool:
        """Tell whether the calling login is this user's."""
        by_name = bool(self.user_name) and user.has_name(self.user_name)
        by_id = self.associate_id is not None and user.associate_id == self.associate_id
        return by_name or by_id


def protect(step: Step, globs: Sequence[str], caller: Caller) -> Step:
    """Mark a step on a user that must not be touched."""
    if not step.changes:
        return step
    users = [user for user in (step.before, step.after) if user]
    touches = any(caller.is_user(user) or is_protected(user.names, globs) for user in users)
    return step._replace(protected=True) if touches else step


def is_protected(names: Iterable[str], globs: Sequence[str]) -> bool:
    """Tell whether one of the names of a user is protected.

    A name that only resembles a protected one counts as well: protecting too much does no harm.
    """
    loose_globs = _loose(tuple(globs))
    return any(matches(name, globs) or matches(loose_key(name), loose_globs) for name in names)


@functools.lru_cache(maxsize=64)
def _loose(globs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(loose_key, globs))
