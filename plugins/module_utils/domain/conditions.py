# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conditions under which a plan is made: limits, protections, scope."""

from __future__ import annotations

import typing
from collections.abc import Mapping

from .limits import Limit, parse_limits
from .selection import Scope, parse_scope


class Conditions(typing.NamedTuple):
    """What keeps a run within bounds. `only` restricts it to some names; empty means all users."""

    limits: Mapping[str, Limit]
    protect: tuple[str, ...]
    scope: Scope
    only: tuple[str, ...] = ()

    def to_document(self) -> dict[str, typing.Any]:
        """Return the conditions as a plan carries them."""
        return {
            "limits": {name: limit.text for name, limit in sorted(self.limits.items())},
            "protect": list(self.protect),
            "prune_scope": self.scope.to_document(),
            "only": list(self.only),
        }

    def laxer_than(self, planned: Conditions) -> list[str]:
        """Say in which ways these conditions allow more than those that a plan was made under.

        `only` must be the same: a plan is applied as a whole, whatever part of it is asked for.
        """
        reasons = []
        for name, limit in planned.limits.items():
            now = self.limits.get(name)
            if now is None or now.is_laxer_than(limit):
                shown = now.text if now else "lifted"
                reasons.append(f"limits.{name} was {limit.text} and is {shown} now")
        reasons += [
            f"protect had '{glob}' and does not have it now"
            for glob in planned.protect
            if glob not in self.protect
        ]
        if self.scope != planned.scope:
            reasons.append("prune_scope was another one")
        if set(self.only) != set(planned.only):
            was, given = (", ".join(only) or "not given" for only in (planned.only, self.only))
            reasons.append(f"only was {was} and is {given} now")
        return reasons


def read_conditions(document: Mapping[str, typing.Any]) -> Conditions:
    """Read the conditions of a plan.

    Raises:
        KeyError, TypeError: a part of them is missing or has another type.
        UserError: a part of them is no limit or scope.
    """
    limits = {name: str(text) for name, text in dict(document["limits"]).items()}
    return Conditions(
        limits=parse_limits(limits, defaults={}),
        protect=tuple(map(str, document["protect"])),
        scope=parse_scope(document["prune_scope"]),
        only=tuple(map(str, document["only"])),
    )
