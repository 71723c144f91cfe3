# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Safety limits: how many users one run may change."""

from __future__ import annotations

import collections
import re
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal

from .errors import UserError
from .model import UNSET
from .plan import Action, Step

COUNTED = ("create", "modify", "rename", "deactivate", "delete", "password")
DEFAULTS = dict.fromkeys(("rename", "deactivate", "delete", "password"), "10%")
_VERBS = {
    "create": "created",
    "modify": "modified",
    "rename": "renamed",
    "deactivate": "deactivated",
    "delete": "deleted",
    "password": "given another password",
}
SHOWN = 5


# what only users who can log in can lose
OF_ACTIVE_USERS = ("deactivate", "password")


class Base(typing.NamedTuple):
    """The users of which percentages are taken: external, in scope, not retired or protected."""

    existing: int
    active: int

    def of(self, name: str) -> int:
        """Return how many users a limit can hit."""
        return self.active if name in OF_ACTIVE_USERS else self.existing


class Limit(typing.NamedTuple):
    """A number of users, or a percentage of the users that it can hit: at least one of them."""

    text: str
    users: int | None = None
    percent: Decimal | None = None

    def of(self, existing: int) -> int:
        """Return how many users it allows, of so many that it can hit."""
        if self.percent is None:
            return self.users or 0
        allowed = int(existing * self.percent / 100)
        return max(1, allowed) if self.percent > 0 else 0

    def is_laxer_than(self, other: Limit) -> bool:
        """Tell whether it may allow more; a count and a percentage cannot be compared."""
        if self.percent is None and other.percent is None:
            return (self.users or 0) > (other.users or 0)
        if self.of(0) == 0 and not self.users:
            return False  # nothing at all
        if self.percent is None or other.percent is None:
            return True
        return self.percent > other.percent


def parse_limits(
    limits: Mapping[str, object], defaults: Mapping[str, object] | None = None
) -> dict[str, Limit]:
    """Read limits, on top of the defaults; null lifts one.

    Raises:
        UserError: an unknown name, or neither a count nor a percentage.
    """
    unknown = sorted(set(map(str, limits)) - set(COUNTED))
    if unknown:
        raise UserError(
            "definition", f"limits: unknown {', '.join(unknown)}; known are {', '.join(COUNTED)}."
        )
    merged = {**(DEFAULTS if defaults is None else defaults), **limits}
    return {name: _parse_limit(name, value) for name, value in merged.items() if value is not None}


def needs_base(steps: Iterable[Step], limits: Mapping[str, Limit]) -> bool:
    """Tell whether a percentage is tested; a single user is always within one that is not 0."""
    counts = collections.Counter(name for step in steps for name in counted_as(step))
    return any(
        limit.percent is not None and counts[name] > (1 if limit.percent > 0 else 0)
        for name, limit in limits.items()
    )


def exceeded(steps: Iterable[Step], limits: Mapping[str, Limit], base: Base) -> list[str]:
    """Return a sentence for each limit that the steps exceed."""
    users: collections.defaultdict[str, list[str]] = collections.defaultdict(list)
    for step in steps:
        for name in counted_as(step):
            users[name].append(_name(step))
    sentences = []
    for name in COUNTED:
        limit = limits.get(name)
        allowed = limit.of(base.of(name)) if limit else None
        if limit is None or allowed is None or len(users[name]) <= allowed:
            continue
        sentences.append(_exceeded(name, users[name], limit, allowed, base))
    return sentences


def counted_as(step: Step) -> list[str]:
    """Return the limits that a step counts for; a password of a new user counts as its creation."""
    if not step.changes:
        return []
    counted = []
    if not (step.action is Action.MODIFY and step.deactivates):
        counted.append(step.action.value)
    if step.deactivates:
        counted.append("deactivate")
    if step.sets_password and step.modifies:
        counted.append("password")
    return counted


def _exceeded(name: str, users: list[str], limit: Limit, allowed: int, base: Base) -> str:
    existing = base.of(name)
    what = "active users" if name in OF_ACTIVE_USERS else "users"
    share = f" ({100 * len(users) / existing:.0f} %)" if existing else ""
    rule = f"{limit.text} ({allowed})" if limit.percent is not None else str(allowed)
    more = f" and {len(users) - SHOWN:,} more" if len(users) > SHOWN else ""
    first = f"{', '.join(users[:SHOWN])}{more}"
    return (
        f"{len(users)} of {existing} {what} in scope{share} would be {_VERBS[name]}, the limit is"
        f" {rule}: {first}. Set limits.{name} to allow it."
    )


def _parse_limit(name: str, value: object) -> Limit:
    text = str(value).strip()
    percent = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text)
    if percent:
        return Limit(f"{percent.group(1)} %", percent=Decimal(percent.group(1)))
    if isinstance(value, bool) or not text.isdecimal():
        raise UserError(
            "definition", f"limits.{name} must be a count such as 5 or a share such as 10%."
        )
    return Limit(text, users=int(text))


def _name(step: Step) -> str:
    if step.before:
        return step.before.user_name
    name = step.desired.user_name
    return step.desired.subject if name is UNSET else name
