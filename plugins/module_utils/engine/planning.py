# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning the steps of a run from the current state and the definitions; nothing is written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterable, Sequence

from ..client.errors import Cancelled, NetServerError
from ..domain.definitions import Definition
from ..domain.errors import UserError
from ..domain.findings import Finding
from ..domain.matching import (
    Match,
    match_definitions,
    name_conflict,
    unmatched_users,
)
from ..domain.model import UNSET, CurrentUser, DesiredUser, LoginProbe, Role, Secret, State
from ..domain.periods import declared_at, period_of
from ..domain.plan import Step, needs_login_probe, plan_prune_step, plan_step
from ..domain.restriction import covers, covers_user, findings_within, unmatched_globs
from ..domain.roles import Roles
from ..domain.selection import Selection
from .parallel import in_parallel
from .persons import with_persons
from .read import not_external, with_confirmed_names
from .run_context import RunContext

# a name may be that of an internal user: so many of those that cannot be created are looked up
MOST_NAMES_LOOKED_UP = 20


def plan_definitions(
    run: RunContext, definitions: Sequence[Definition]
) -> tuple[RunContext, list[Step], list[Finding]]:
    """Return the steps that the definitions and pruning ask for, and the findings.

    The run comes back with what had to be read for that.
    """
    wanted = (one.desired for one in definitions)
    users = with_confirmed_names(run.client, run.state.users, wanted, run.options.concurrency)
    run = run._replace(state=run.state._replace(users=users))
    declared = definitions
    run, definitions, person_findings = with_persons(run, definitions)
    all_matches, all_findings = match_definitions(definitions, run.state.users)
    only = run.options.conditions.only
    matched = [match for match in all_matches if covers(only, match)]
    findings = findings_within(only, [*person_findings, *all_findings], declared, run.state.users)
    resolver = _RoleResolver(run.state.roles, run.client.archive.roles)
    resolved = []
    for match in matched:
        try:
            resolved.append((match, resolver.role_of(match.definition.desired)))
        except UserError as error:
            findings.append(Finding(str(match.definition.location), str(error), error.kind))
    probes = _probe_logins(run, [match for match, _role in resolved])
    steps: list[Step] = []
    for (match, role), probe in zip(resolved, probes, strict=True):
        definition = match.definition
        try:
            desired = declared_at(definition.desired, run.now)
            step = plan_step(desired, match.current, role, probe)
        except UserError as error:
            reason = error
            if len(findings) < MOST_NAMES_LOOKED_UP:
                reason = _reason_of_missing(run, match) or error
            findings.append(Finding(str(definition.location), str(reason), reason.kind))
            continue
        period = period_of(definition.desired) if step.changes else None
        step = step._replace(
            desired=definition.desired,
            location=definition.location,
            key=len(steps),
            valid_until=period and period.next_boundary(run.now),
        )
        steps.append(step)
    pruned: list[CurrentUser] = []
    if run.options.prune != "ignore":
        _require_companies(run)
        unmatched = unmatched_users(run.state.users, all_matches, scope_of(run))
        pruned = [user for user in unmatched if covers_user(only, user)]
        pruning = (plan_prune_step(user, run.options.prune) for user in pruned)
        steps += [step._replace(key=key) for key, step in enumerate(pruning, len(steps))]
    concerned = [*(match.current for match in matched if match.current), *pruned]
    findings += unmatched_globs(only, declared, concerned, run.state.users)
    return run, steps, findings


def scope_of(run: RunContext) -> Selection:
    """Return the users that the definitions are authoritative for.

    Raises:
        UserError: a name is that of no role, of several, or of a deleted one.
    """
    try:
        return run.options.conditions.scope.selection(run.state.roles)
    except UserError as error:
        raise UserError(error.kind, f"prune_scope: {error}") from error


def without_strangers(run: RunContext, steps: Sequence[Step], pruned: Container[int]) -> list[Step]:
    """Return the steps of a saved plan; one that prunes a user outside the scope is stale.

    Args:
        run: the run, whose scope counts.
        steps: the steps of the plan.
        pruned: keys of those steps that were made without a definition.
    """
    if run.options.conditions.scope.companies is not None:
        run.client.archive.require_companies("prune_scope.companies")
    scope = scope_of(run)
    return [
        step._replace(stale="it is not in prune_scope")
        if step.acts and step.key in pruned and step.before and not scope.holds(step.before)
        else step
        for step in steps
    ]


def _require_companies(run: RunContext) -> None:
    """Refuse a company of the scope that does not exist, so that a typo does not empty the scope.

    A company may have no user any more: then its persons are looked for.

    Raises:
        UserError: there is no such company, or the names of companies could not be read.
    """
    scope = run.options.conditions.scope
    if scope.companies is None:
        return
    run.client.archive.require_companies("prune_scope.companies")
    for company in scope.companies_without(run.state.users):
        if not run.client.persons.has_company(company):
            raise UserError(
                "company",
                f"prune_scope: there is no company '{company}' that has persons, or this login may"
                " not see it. Correct companies.",
            )


class _RoleResolver:
    """Resolves each role that definitions ask for once."""

    def __init__(self, roles: Roles, read_all_roles: Callable[[], Iterable[Role]]) -> None:
        self._roles = roles
        # only for the finding about a role
        self._all_roles = functools.cache(read_all_roles)
        self._known: dict[object, Role | UserError] = {}

    def role_of(self, desired: DesiredUser) -> Role | None:
        """Return the role that a definition asks for, None if it asks for none.

        Raises:
            UserError: there is no such role for external users.
        """
        if not desired.manages_role or desired.state is State.ABSENT:
            return None
        key = desired.role if desired.role_id is UNSET else desired.role_id
        if key not in self._known:
            self._known[key] = self._resolve(desired)
        found = self._known[key]
        if isinstance(found, UserError):
            raise UserError(found.kind, f"{desired.subject}: {found}")
        return found

    def _resolve(self, desired: DesiredUser) -> Role | UserError:
        try:
            role = self._roles.find(desired)
        except UserError as error:
            return error
        return role or self._roles.refusal(desired, self._roles_of_all_types())

    def _roles_of_all_types(self) -> Iterable[Role]:
        """Read the roles of all types, which only serve to say more about an error."""
        try:
            return self._all_roles()
        except NetServerError:
            return ()


def _probe_logins(run: RunContext, matches: Sequence[Match]) -> list[LoginProbe]:
    """Return the result of a login for each match, where only a login can tell something."""

    def probe(match: Match) -> LoginProbe:
        password = match.definition.desired.password
        if match.current is None or not isinstance(password, Secret):
            return LoginProbe.NOT_VERIFIABLE
        return run.client.probe_login(match.current, password)

    probes = [LoginProbe.NOT_VERIFIABLE] * len(matches)
    needed = [
        index
        for index, match in enumerate(matches)
        if needs_login_probe(match.definition.desired, match.current)
    ]
    results = in_parallel(probe, [matches[index] for index in needed], run.options.concurrency)
    for index, result in zip(needed, results, strict=True):
        probes[index] = result
    return probes


def _reason_of_missing(run: RunContext, match: Match) -> UserError | None:
    """Say more of a user that cannot be created: its name may be that of another user."""
    desired = match.definition.desired
    if desired.user_name is UNSET:
        return None
    holder = next(iter(run.state.users.by_name(desired.user_name)), None)
    if holder:
        return name_conflict(desired, match.current, holder)
    try:
        record = run.client.agent.user_by_name(desired.user_name)
    except Cancelled:
        raise
    except NetServerError:
        return None  # the reason that is known is the better one
    return not_external(desired, record) if record and not record.is_external else None
