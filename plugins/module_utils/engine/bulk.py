# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All users of a run: one paged read, plans, brakes, writes, and one paged read that proves them.

The single functions are those of `single.py`: what is decided, written and proved about one user is
the same however many there are.
"""

from __future__ import annotations

import functools
import itertools
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..client.authentication import Basic
from ..client.client import Service
from ..client.errors import NetServerError
from ..client.user_agent import Standing
from ..domain import batch, limits
from ..domain.batch import Match, Order, Step
from ..domain.definitions import Declared, Finding
from ..domain.errors import UserError
from ..domain.model import (
    UNSET,
    CurrentUser,
    DesiredUser,
    LoginProbe,
    Role,
    Secret,
    State,
    describe,
)
from ..domain.plan import Action, Plan, differences, needs_login_probe, plan_user
from ..domain.roles import Roles
from ..domain.selection import Selection
from ..domain.user_index import UserIndex
from .apply import Applied, apply_plan, prove
from .failure import Failure, failure_of
from .parallel import Budget, in_parallel
from .passwords import strong_password
from .preflight import problems_of, prove_identity, retired
from .read import as_users, find_role, not_external, not_ours, read_roles

Progress = Callable[[str, int, int], None]
NAMED_INTERNALS = 20
INFO_PAGE = 1000


class Wish(typing.NamedTuple):
    """What a run is asked for, apart from the definitions. `scope` is none for all users."""

    prune: str = "ignore"
    scope: Selection | None = None
    protect: tuple[str, ...] = ()
    limits: Mapping[str, limits.Limit] = types.MappingProxyType({})
    most_failures: int = 10
    preflight: bool = True
    concurrency: int = 8
    verify: bool = True


class World(typing.NamedTuple):
    """The installation as it was read."""

    roles: Roles
    population: UserIndex


class Proposal(typing.NamedTuple):
    """What a run would do, and everything that speaks against it."""

    steps: list[Step]
    order: Order
    findings: list[Finding]


class Outcome(typing.NamedTuple):
    """What became of one user: `applied` is none for a step that was not begun."""

    step: Step
    applied: Applied | None = None
    skipped: str = ""


def look(service: Service, progress: Progress) -> World:
    """Read the roles and all external users."""
    roles = read_roles(service)
    rows = []
    for row in service.archive.external_users():
        rows.append(row)
        if len(rows) % 1000 == 0:
            progress("read", len(rows), 0)
    return World(roles, UserIndex(as_users(service, roles, rows)))


def propose(
    service: Service, world: World, declared: Sequence[Declared], wish: Wish
) -> tuple[list[Step], list[Finding]]:
    """Plan what the definitions and pruning ask for; nothing is written."""
    matched, findings = batch.match(declared, world.population)
    roles_of, role_findings = _roles_of(service, world.roles, matched)
    findings += role_findings
    trials = _trials(service, matched, wish)
    steps = []
    for match in matched:
        if _role_key(match.declared.desired) not in roles_of:
            continue  # reported already
        try:
            steps.append(_step(match, roles_of, trials))
        except UserError as error:
            findings.append(_with_internal(service, match, error, findings))
    if wish.prune != "ignore":
        scope = wish.scope or Selection()
        left = batch.left_over(world.population, matched, scope)
        steps += [batch.prune_step(user, wish.prune) for user in left]
    return steps, findings


def weigh(
    service: Service,
    world: World,
    steps: Sequence[Step],
    findings: list[Finding],
    wish: Wish,
    *,
    progress: Progress,
) -> Proposal:
    """Protect, order, check and limit what was proposed; all that speaks against it is collected.

    `findings` are those that there are already. With any of them the limits are not looked at:
    they would count users that only a mistake leaves over.
    """
    idle = [step for step in steps if not step.acts]
    steps = [with_password(step) for step in steps if step.acts]
    own_name, own_id = _own(service, steps)
    steps = [batch.protect(step, wish.protect, own_name, own_id) for step in steps]
    steps, strangers = _known_to_be_ours(service, steps)
    order, conflicts = batch.ordered(steps, world.population)
    findings = [*findings, *strangers, *conflicts, *_identity_finding(service, order)]
    if wish.preflight:
        findings += _service_findings(
            service, order, {one.where for one in conflicts}, wish, progress
        )
    if not findings:
        acting = [step.plan for step in steps if step.acts]
        sentences = limits.breaches(acting, wish.limits, _in_scope(world, wish))
        findings = [Finding("limits", sentence, "limits") for sentence in sentences]
    return Proposal([*idle, *steps], order, findings)


def carry_out(
    service: Service, world: World, proposal: Proposal, wish: Wish, progress: Progress
) -> list[Outcome]:
    """Carry out the steps, wave by wave, and prove the result by one more read of all users."""
    budget = Budget(wish.most_failures)
    outcomes: dict[int, Outcome] = {}
    total = sum(map(len, proposal.order.waves))

    def work(step: Step) -> Outcome:
        needed = proposal.order.needs.get(id(step))
        if needed is not None and not _succeeded(outcomes.get(id(needed))):
            return Outcome(step, skipped="the user whose name it shall get could not be changed")
        if budget.is_spent:
            return Outcome(step, skipped="too many users failed before it")
        applied = apply_plan(service, world.roles, step.plan, verify=False)
        if applied.failure:
            budget.charge()
        return Outcome(step, applied)

    def counted(step: Step) -> Outcome:
        outcome = work(step)
        outcomes[id(step)] = outcome
        progress("write", len(outcomes), total)
        return outcome

    for wave in proposal.order.waves:
        in_parallel(counted, wave, wish.concurrency)
    if wish.verify and any(outcome.applied for outcome in outcomes.values()):
        _prove_all(service, world, outcomes, wish, progress)
    return [outcomes.get(id(step), Outcome(step)) for step in proposal.steps]


def _step(match: Match, roles_of: dict[object, Role | None], trials: dict[int, LoginProbe]) -> Step:
    desired = match.declared.desired
    trial = trials.get(id(match), LoginProbe.NOT_VERIFIABLE)
    plan = plan_user(desired, match.current, roles_of.get(_role_key(desired)), trial)
    return Step(plan, match.declared.place)


def with_password(step: Step) -> Step:
    """Make the password of a user that is created with a generated one."""
    desired = step.plan.desired
    if step.plan.action is not Action.CREATE or not desired.generate_password:
        return step
    generated = strong_password()
    desired = desired._replace(password=generated)
    plan = step.plan._replace(desired=desired)
    return step._replace(plan=plan, generated=generated)


def _role_key(desired: DesiredUser) -> object:
    return desired.role if desired.role_id is UNSET else desired.role_id


def _roles_of(
    service: Service, roles: Roles, matched: Iterable[Match]
) -> tuple[dict[object, Role | None], list[Finding]]:
    """Resolve every role that is asked for once, and report those that are not to be had."""
    known: dict[object, Role | None] = {}
    refused: dict[object, str] = {}
    everything = functools.cache(service.archive.roles)
    findings = []
    for match in matched:
        desired = match.declared.desired
        key = _role_key(desired)
        if key not in known and key not in refused:
            try:
                known[key] = find_role(roles, desired, everything)
            except UserError as error:
                refused[key] = str(error).replace(desired.subject, "{subject}", 1)
        if key in refused and desired.state is State.PRESENT:
            text = refused[key].replace("{subject}", desired.subject, 1)
            findings.append(Finding(str(match.declared.place), text, "role"))
    return known, findings


def _trials(service: Service, matched: Sequence[Match], wish: Wish) -> dict[int, LoginProbe]:
    """Try the logins that have to be tried, each once."""
    tried = [match for match in matched if needs_login_probe(match.declared.desired, match.current)]

    def work(match: Match) -> LoginProbe:
        password = match.declared.desired.password
        if match.current is None or not isinstance(password, Secret):
            return LoginProbe.NOT_VERIFIABLE
        return service.probe_login(match.current, password)

    results = in_parallel(work, tried, wish.concurrency)
    return {id(match): trial for match, trial in zip(tried, results, strict=True)}


def _with_internal(
    service: Service, match: Match, error: UserError, findings: Sequence[Finding]
) -> Finding:
    """Report a user that can not be created, or whose name is that of an internal user."""
    desired = match.declared.desired
    where = str(match.declared.place)
    if desired.user_name is not UNSET and len(findings) < NAMED_INTERNALS:
        card = service.agent.user_by_name(desired.user_name)
        if card and not card.is_external:
            internal = not_ours(desired, card)
            return Finding(where, str(internal), internal.kind)
    return Finding(where, str(error), error.kind)


def _own(service: Service, steps: Sequence[Step]) -> tuple[str, int | None]:
    """Return what is known of the calling login, which is never touched."""
    authentication = service.transport.settings.authentication
    if isinstance(authentication, Basic):
        return authentication.user_name, None
    if not any(step.acts for step in steps):
        return "", None
    return "", service.own_id()


def _known_to_be_ours(service: Service, steps: Sequence[Step]) -> tuple[list[Step], list[Finding]]:
    """Look at everybody who would be written to: the list may hold retired and other users.

    Such a user is left alone if no definition names it, and if it shall be gone and is. Any other
    definition of it is reported, and so is a user to prune of whom the service says nothing.
    """
    ids = [one for step in steps if step.acts and (one := _id(step)) is not None]
    standings: dict[int, Standing] = {}
    for start in range(0, len(ids), INFO_PAGE):
        standings.update(service.agent.user_standings(ids[start : start + INFO_PAGE]))
    kept, findings = [], []
    for step in steps:
        user = step.plan.before
        if not step.acts or user is None or user.associate_id is None:
            kept.append(step)
            continue
        standing = standings.get(user.associate_id)
        try:
            kept.append(_step_on(standing, step, user))
        except UserError as error:
            findings.append(Finding(step.where, str(error), error.kind))
    return kept, findings


def _step_on(standing: Standing | None, step: Step, user: CurrentUser) -> Step:
    if standing is None:
        if step.place is None:
            raise UserError(
                "identity", f"{describe(user)} is listed, but GetUserInfoList knows nothing of it."
            )
        return step
    if standing.is_external and not standing.deleted:
        return step
    if step.place is None:
        return _left_alone(step, after=user)
    if not standing.is_external:
        name, associate_id = user.user_name, user.associate_id
        raise not_external(step.plan.desired, name, associate_id, standing.user_type)
    if step.plan.action is Action.DELETE:
        return _left_alone(step, after=None)
    raise retired(step.plan)


def _left_alone(step: Step, after: CurrentUser | None) -> Step:
    plan = Plan(step.plan.desired, Action.NONE, before=after, after=after)
    return step._replace(plan=plan)


def _id(step: Step) -> int | None:
    return step.plan.before.associate_id if step.plan.before else None


def _in_scope(world: World, wish: Wish) -> int:
    scope = wish.scope
    if scope is None:
        return len(world.population)
    return sum(1 for user in world.population if scope.holds(user))


def _identity_finding(service: Service, order: Order) -> list[Finding]:
    """Prove once, on the first user to be written to, that the list's key is the associate id."""
    first = next((step for wave in order.waves for step in wave if step.plan.before), None)
    if first is None:
        return []
    try:
        prove_identity(service, first.plan)
    except UserError as error:
        return [Finding(first.where, str(error), error.kind)]
    return []


def _service_findings(
    service: Service, order: Order, in_conflict: set[str], wish: Wish, progress: Progress
) -> list[Finding]:
    """Ask the service what it has against each step."""
    steps = [step for wave in order.waves for step in wave]
    wanted = {
        step.plan.after.person_id
        for step in steps
        if step.plan.action is Action.CREATE and step.plan.after
    }
    persons = service.archive.existing_persons(wanted) if wanted else set()
    validated = itertools.count(1)

    def work(step: Step) -> list[Finding]:
        # where a step stands is not for nothing: the lines of a file may have to be looked up
        has_conflict = bool(in_conflict) and step.where in in_conflict
        asks = id(step) not in order.needs and not has_conflict
        problems = problems_of(service, step.plan, persons.__contains__, asks_for_name=asks)
        progress("validate", next(validated), len(steps))
        return [Finding(step.where, str(error), error.kind) for error in problems]

    found = in_parallel(work, steps, wish.concurrency)
    return list(itertools.chain.from_iterable(found))


def _succeeded(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.applied is not None and not outcome.applied.failure


def _prove_all(
    service: Service,
    world: World,
    outcomes: dict[int, Outcome],
    wish: Wish,
    progress: Progress,
) -> None:
    """Compare all users that were written to with what was planned, after one paged read.

    One that differs is read again by itself, as the single module does: the service may lag.
    """
    written = {
        _written_id(outcome.applied, outcome.step): (key, outcome)
        for key, outcome in outcomes.items()
        if outcome.applied and not outcome.applied.failure
    }
    progress("verify", 0, len(written))
    try:
        rows = [row for row in service.archive.external_users() if row.associate_id in written]
        found = {user.associate_id: user for user in as_users(service, world.roles, rows)}
    except NetServerError as error:
        failure = failure_of(error, "The result could not be read back")
        for key, outcome in written.values():
            outcomes[key] = _failed(outcome, failure)
        return
    unproved = []
    for associate_id, (key, outcome) in written.items():
        user = found.get(associate_id)
        if _is_as_planned(outcome.step, user):
            outcomes[key] = outcome._replace(applied=Applied(True, user))
        else:
            unproved.append((associate_id, key, outcome))

    def work(item: tuple[typing.Any, int, Outcome]) -> None:
        associate_id, key, outcome = item
        applied = prove(service, world.roles, outcome.step.plan, associate_id)
        outcomes[key] = outcome._replace(applied=applied)

    in_parallel(work, unproved, wish.concurrency)


def _written_id(applied: Applied, step: Step) -> int | None:
    user: CurrentUser | None = applied.user or step.plan.before
    return user.associate_id if user else None


def _is_as_planned(step: Step, found: CurrentUser | None) -> bool:
    planned = step.plan.after
    if planned is None:
        return found is None
    return found is not None and not differences(planned, found)


def _failed(outcome: Outcome, failure: Failure) -> Outcome:
    user = outcome.applied.user if outcome.applied else None
    return outcome._replace(applied=Applied(True, user, failure))
