# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many plans together: who is meant, who is left over, and who has to go before whom."""

from __future__ import annotations

import functools
import itertools
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from .definitions import Declared, Finding, Place
from .errors import UserError
from .matching import identify_by_key, name_conflict, name_holder
from .model import UNSET, CurrentUser, DesiredUser, Secret, State, same_name
from .plan import Action, Plan, plan_user, subject
from .selection import Selection, matches
from .user_index import UserIndex


class Match(typing.NamedTuple):
    """A declaration, and the existing user that it is about, if there is one."""

    declared: Declared
    current: CurrentUser | None


class Step(typing.NamedTuple):
    """What happens to one user of a run. `place` is none for a user that no definition names.

    `stale` says why a plan that was made earlier may no longer be carried out.
    """

    plan: Plan
    place: Place | None = None
    protected: bool = False
    stale: str = ""
    generated: Secret | None = None

    @property
    def acts(self) -> bool:
        """Whether the step is to be carried out."""
        return self.plan.changed and not self.protected and not self.stale

    @property
    def user_name(self) -> str:
        """The name under which results list the user: the one it has or, if new, shall have."""
        user = self.plan.after or self.plan.before
        if user:
            return user.user_name
        name = self.plan.desired.user_name
        return "" if name is UNSET else name

    @property
    def rank(self) -> tuple[str, int]:
        """By what results and plans are sorted: the name, and the id where two have one name."""
        user = self.plan.before or self.plan.after
        return same_name(self.user_name), (user.associate_id or 0) if user else 0

    @property
    def where(self) -> str:
        """Where the declaration stands, for a finding."""
        return str(self.place) if self.place else "prune"


def match(declared: Iterable[Declared], population: UserIndex) -> tuple[list[Match], list[Finding]]:
    """Find the user of each declaration; two declarations about one user are refused."""
    declared = list(declared)
    matches_: list[Match] = []
    findings: list[Finding] = []
    owners: dict[int, Declared] = {}
    logins = functools.cache(functools.partial(_logins, declared))
    for one in declared:
        candidates = population.candidates(one.desired)
        if _is_further_login(one.desired, candidates, logins):
            candidates = []
        try:
            current = identify_by_key(one.desired, candidates)
            _refuse_contradictory_deletion(one.desired, current, population)
        except UserError as error:
            findings.append(Finding(str(one.place), str(error), error.kind))
            continue
        if current and current.associate_id is not None:
            first = owners.setdefault(current.associate_id, one)
            if first is not one:
                message = (
                    f"{one.desired.subject} is the same user as {first.desired.subject} of"
                    f" {first.place}, associate {current.associate_id}. Keep one of the two."
                )
                findings.append(Finding(str(one.place), message, "duplicate"))
                continue
        matches_.append(Match(one, current))
    return matches_, findings


def left_over(
    population: UserIndex, matched: Iterable[Match], scope: Selection
) -> Iterator[CurrentUser]:
    """Return the users in scope that no declaration is about."""
    ids = {match_.current.associate_id for match_ in matched if match_.current}
    return (user for user in population if user.associate_id not in ids and scope.holds(user))


def prune_step(user: CurrentUser, mode: str) -> Step:
    """Plan what pruning does to a user: `deactivate` or `delete`."""
    if mode == "delete":
        desired = DesiredUser(state=State.ABSENT, associate_id=user.associate_id or UNSET)
    else:
        desired = DesiredUser(associate_id=user.associate_id or UNSET, is_active=False)
    return Step(plan_user(desired, user))


def protect(step: Step, globs: Sequence[str], own_name: str, own_id: int | None) -> Step:
    """Mark a step on a user that is never to be touched."""
    plan = step.plan
    if not plan.changed:
        return step
    users = [user for user in (plan.before, plan.after) if user]
    is_own = any(
        (own_name and user.is_called(own_name))
        or (own_id is not None and user.associate_id == own_id)
        for user in users
    )
    if is_own or any(matches(user.user_name, globs) for user in users):
        return step._replace(protected=True)
    return step


class Order(typing.NamedTuple):
    """The waves in which steps are carried out, each to be finished before the next begins.

    `needs` tells, by the id() of a step, which one has to succeed before it can.
    """

    waves: list[list[Step]]
    needs: dict[int, Step]


def ordered(steps: Iterable[Step], population: UserIndex) -> tuple[Order, list[Finding]]:
    """Bring the steps that act into an order in which no two users ever have one name.

    Whoever frees a name that another one gets goes first, the longest chain of them from its end;
    then come modifications, creations, deactivations and deletions. Names that change places in a
    circle can not be given one by one, and are refused, as are names that stay with somebody else.
    """
    acting = [step for step in steps if step.acts]
    by_id = {step.plan.before.associate_id: step for step in acting if step.plan.before}
    needs: dict[int, Step] = {}
    findings: list[Finding] = []
    for step in acting:
        for holder in _holders(step, population):
            freeing = by_id.get(holder.associate_id)
            if freeing and _frees(freeing.plan, holder):
                needs[id(step)] = freeing
            else:
                error = name_conflict(step.plan.desired, step.plan.before, holder)
                findings.append(Finding(step.where, str(error), error.kind))
    levels = _levels(acting, needs)
    findings.extend(_circle(step) for step in acting if levels[id(step)] is None)
    freeing_ids = {id(step) for step in needs.values()}

    def key(step: Step) -> tuple[int, int]:
        is_freeing = id(step) in freeing_ids
        return (0, levels[id(step)] or 0) if is_freeing else (_phase(step.plan), 0)

    in_order = sorted(acting, key=lambda step: (key(step), same_name(step.user_name)))
    waves = [list(wave) for _key, wave in itertools.groupby(in_order, key)]
    return Order(waves, needs), findings


def _is_further_login(
    desired: DesiredUser,
    candidates: Sequence[CurrentUser],
    logins: Callable[[], set[tuple[int, str]]],
) -> bool:
    """Tell whether the person of a declaration has other logins only, which others declare.

    Alone the declaration would mean that the person's login shall get another name.
    """
    if desired.associate_id is not UNSET or desired.user_name is UNSET:
        return False
    theirs = [user for user in candidates if user.person_id == desired.person_id]
    for user in theirs:
        if user.is_called(desired.user_name):
            return False
    return bool(theirs) and all(
        (user.person_id, same_name(user.user_name)) in logins() for user in theirs
    )


def _logins(declared: Iterable[Declared]) -> set[tuple[int, str]]:
    """Return the logins that are declared by person and name."""
    return {
        (one.desired.person_id, same_name(one.desired.user_name))
        for one in declared
        if one.desired.person_id is not UNSET and one.desired.user_name is not UNSET
    }


def _refuse_contradictory_deletion(
    desired: DesiredUser, current: CurrentUser | None, population: UserIndex
) -> None:
    """Refuse keys of a user to delete that lead to two users; no other change makes them agree."""
    if desired.state is State.ABSENT:
        holder = name_holder(desired, current, population.candidates(desired))
        if holder:
            raise name_conflict(desired, current, holder)


def _holders(step: Step, population: UserIndex) -> list[CurrentUser]:
    """Return the users that have the name which a step gives to another one."""
    plan = step.plan
    if plan.after is None or not (plan.action is Action.CREATE or plan.renames):
        return []
    own = plan.before.associate_id if plan.before else None
    return [u for u in population.called(plan.after.user_name) if u.associate_id != own]


def _frees(plan: Plan, holder: CurrentUser) -> bool:
    if plan.after is None:
        return True
    return plan.renames and not plan.after.is_called(holder.user_name)


def _levels(steps: Sequence[Step], needs: dict[int, Step]) -> dict[int, int | None]:
    """Return how many steps have to come before each; none for those in a circle."""
    levels: dict[int, int | None] = {}
    for start in steps:
        chain: dict[int, Step] = {}
        step: Step | None = start
        while step is not None and id(step) not in levels and id(step) not in chain:
            chain[id(step)] = step
            step = needs.get(id(step))
        members = list(chain)
        if step is not None and id(step) in chain:
            levels.update(dict.fromkeys(members[members.index(id(step)) :]))
        for member in reversed(members):
            if member not in levels:
                before = needs.get(member)
                below = levels[id(before)] if before else -1
                levels[member] = 0 if below is None else below + 1
    return levels


def _circle(step: Step) -> Finding:
    return Finding(
        step.where,
        f"{subject(step.plan)} shall get the name '{step.user_name}', and it is part of a circle of"
        " users who change names with each other; no order of single changes can do that. Give one"
        " of them another name first.",
        "conflict",
    )


_PHASES = {Action.MODIFY: 1, Action.CREATE: 2, Action.DELETE: 4}


def _phase(plan: Plan) -> int:
    return 3 if plan.deactivates else _PHASES[plan.action]


def summary(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many users of a run ended how, from a count of their states."""
    known = ("unchanged", "created", "modified", "deactivated", "deleted", "failed", "skipped")
    result = {name: counts.get(name, 0) for name in (*known, "protected")}
    return {**result, "total": sum(result.values())}


def status_of(step: Step) -> str:
    """Return what becomes of a user if everything goes as planned."""
    if step.plan.changed and step.protected:
        return "protected"
    if step.stale:
        return "skipped"
    if step.plan.deactivates:
        return "deactivated"
    return {
        Action.NONE: "unchanged",
        Action.CREATE: "created",
        Action.MODIFY: "modified",
        Action.DELETE: "deleted",
    }[step.plan.action]
