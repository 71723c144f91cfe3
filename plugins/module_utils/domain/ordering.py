# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which the steps of a run are applied."""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterable, Mapping, Sequence

from .findings import Finding
from .matching import name_conflict
from .model import CurrentUser
from .names import name_key
from .plan import Action, Step
from .restriction import covers_user
from .user_index import UserIndex


class Order(typing.NamedTuple):
    """The waves in which steps are applied, each to be finished before the next one starts.

    `needs` maps the key of a step to the key of the step that has to succeed before it.
    """

    waves: list[list[Step]]
    needs: dict[int, int]

    @property
    def steps(self) -> list[Step]:
        """All steps, in this order."""
        return list(itertools.chain.from_iterable(self.waves))


def order_steps(
    steps: Iterable[Step], users: UserIndex, only: tuple[str, ...] = ()
) -> tuple[Order, list[Finding]]:
    """Bring the steps that act into an order in which no two users ever have one name.

    A step that frees a name for another one goes first, the longest chain of them from its end;
    then come modifications, creations, deactivations and deletions. Names that change places in a
    cycle cannot be given one by one and are refused, as are names that another user keeps. With
    `only`, that may be a user whose own rename is not part of the run.
    """
    acting = [step for step in steps if step.acts]
    by_id = {step.associate_id: step for step in acting if step.before}
    needs: dict[int, int] = {}
    findings: list[Finding] = []
    for step in acting:
        for holder in _name_holders(step, users):
            freeing = by_id.get(holder.associate_id)
            if freeing and _frees(freeing, holder):
                needs[step.key] = freeing.key
            else:
                error = name_conflict(step.desired, step.before, holder)
                hint = "" if covers_user(only, holder) else _outside(holder)
                findings.append(Finding(step.where, f"{error}{hint}", error.kind))
    levels = _levels([step.key for step in acting], needs)
    findings.extend(_cycle(step) for step in acting if levels[step.key] is None)
    freeing_keys = set(needs.values())

    def rank(step: Step) -> tuple[int, int]:
        is_freeing = step.key in freeing_keys
        return (0, levels[step.key] or 0) if is_freeing else (_phase(step), 0)

    in_order = sorted(acting, key=lambda step: (rank(step), name_key(step.user_name)))
    waves = [list(wave) for _rank, wave in itertools.groupby(in_order, rank)]
    return Order(waves, needs), findings


def _name_holders(step: Step, users: UserIndex) -> list[CurrentUser]:
    """Return the users that have the name which a step gives to another one."""
    if step.after is None or not (step.action is Action.CREATE or step.renames):
        return []
    return [u for u in users.by_name(step.after.user_name) if u.associate_id != step.associate_id]


def _frees(step: Step, holder: CurrentUser) -> bool:
    if step.after is None:
        return True
    return step.renames and not step.after.has_name(holder.user_name)


def _outside(holder: CurrentUser) -> str:
    return (
        f" The run is restricted by only, and leaves '{holder.user_name}' out: if its definition"
        " gives the name away, add it to only."
    )


def _levels(keys: Sequence[int], needs: Mapping[int, int]) -> dict[int, int | None]:
    """Return how many steps have to come before each; None for those in a cycle."""
    levels: dict[int, int | None] = {}
    for start in keys:
        chain: dict[int, None] = {}
        key: int | None = start
        while key is not None and key not in levels and key not in chain:
            chain[key] = None
            key = needs.get(key)
        members = list(chain)
        if key in chain:
            levels.update(dict.fromkeys(members[members.index(key) :]))
        for member in reversed(members):
            if member not in levels:
                below = levels[needs[member]] if member in needs else -1
                levels[member] = 0 if below is None else below + 1
    return levels


def _cycle(step: Step) -> Finding:
    return Finding(
        step.where,
        f"{step.subject} cannot be renamed to '{step.user_name}': these renames form a cycle. Give"
        " one of the users a temporary name first.",
        "conflict",
    )


_PHASES = {Action.MODIFY: 1, Action.RENAME: 1, Action.CREATE: 2, Action.DELETE: 4}


def _phase(step: Step) -> int:
    return 3 if step.deactivates else _PHASES[step.action]
