# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validating a plan before the first write: identity, order, the service's checks, limits.

Nothing is written here.
"""

from __future__ import annotations

import itertools
import typing
from collections.abc import Container, Mapping, Sequence

from ..client.client import Client
from ..client.errors import Forbidden
from ..client.user_agent import UserRecord
from ..domain import limits
from ..domain.errors import UserError
from ..domain.findings import Finding
from ..domain.model import UNSET, CurrentUser
from ..domain.names import name_key, plain_key
from ..domain.ordering import Order, order_steps
from ..domain.persons import Person, disagreements
from ..domain.plan import Action, Step
from ..domain.protection import Caller, is_protected, protect
from .failure import failure_of
from .freshness import findings_about_changes
from .parallel import in_parallel
from .passwords import generate_password
from .person_finder import PersonFinder
from .planning import scope_of
from .read import not_external
from .run_context import RunContext

USERS_PER_REQUEST = 1000


class Plan(typing.NamedTuple):
    """Validated steps in their order; with any finding nothing of it may be applied."""

    steps: list[Step]
    order: Order
    findings: list[Finding]


def validate(run: RunContext, steps: Sequence[Step], findings: Sequence[Finding]) -> Plan:
    """Protect, order, check and limit the steps; all errors are collected.

    `findings` are those that there are already. With any finding the limits are not tested: they
    would count users that only a mistake leaves unmatched.
    """
    # what was looked up for the plan is not proof enough for a write
    run.client.agent.forget()
    idle = [step for step in steps if not step.acts]
    acting = [with_password(step) for step in steps if step.acts]
    caller = _caller(run, acting)
    acting = [protect(step, run.options.conditions.protect, caller) for step in acting]
    acting, identity_findings = _confirm_identities(run, acting)
    persons = _persons_of_new_users(run, acting)
    acting = [_with_person(step, persons) for step in acting]
    order, conflicts = order_steps(acting, run.state.users, run.options.conditions.only)
    found = [*findings, *identity_findings, *conflicts]
    if run.options.preflight:
        in_conflict = {finding.where for finding in conflicts}
        found += _service_findings(run, order, in_conflict, persons)
    found += findings_about_changes(run, steps)
    if not found:
        base = _limit_base(run, acting, caller)
        exceeded = limits.exceeded(acting, run.options.conditions.limits, base)
        found = [Finding("limits", sentence, "limits") for sentence in exceeded]
    return Plan([*idle, *acting], order, found)


def with_password(step: Step) -> Step:
    """Generate the password of a user that is created with a random one."""
    if step.action is not Action.CREATE or not step.desired.generate_password:
        return step
    generated = generate_password()
    return step._replace(desired=step.desired._replace(password=generated), generated=generated)


def _caller(run: RunContext, steps: Sequence[Step]) -> Caller:
    """Ask who the calling login is, in runs that would write (User/currentPrincipal)."""
    if not steps:
        return Caller()
    return Caller(run.client.login_name, run.client.login_id())


def _confirm_identities(run: RunContext, steps: Sequence[Step]) -> tuple[list[Step], list[Finding]]:
    """Make sure that users of the list are who the User agent says they are, before any write.

    That the key of the list is the associate id is an interpretation of the documentation, and the
    list tells neither the type of a user nor whether it is retired. The first user is compared with
    GetUser, which knows its names; the others with GetUserInfoList, many in one request.
    """
    records = _records(run, [step for step in steps if step.acts and step.before])
    confirmed, findings = [], []
    for step in steps:
        user = step.before
        if not step.acts or user is None or user.associate_id is None:
            confirmed.append(step)
            continue
        try:
            confirmed.append(_confirm_identity(step, user, records.get(user.associate_id)))
        except UserError as error:
            findings.append(Finding(step.where, str(error), error.kind))
    return confirmed, findings


def _records(run: RunContext, steps: Sequence[Step]) -> dict[int | None, UserRecord | None]:
    """Return what the User agent says about the users of the steps, by id."""
    if not steps:
        return {}
    user = run.client.agent.user
    first, *others = (step.associate_id for step in steps)
    records: dict[int | None, UserRecord | None] = {first: user(first or 0)}
    records |= dict(records_of(run, [one or 0 for one in others]).items())
    for step in steps:
        if step.associate_id not in records and step.location is not None:
            # an installation may return nothing for external users
            records[step.associate_id] = user(step.associate_id or 0)
    return records


def records_of(run: RunContext, ids: Sequence[int]) -> dict[int, UserRecord]:
    """Return what the User agent says about users, many in one request.

    A service that refuses the request because of some users is asked for each of them.
    """
    records: dict[int, UserRecord] = {}
    for start in range(0, len(ids), USERS_PER_REQUEST):
        batch = ids[start : start + USERS_PER_REQUEST]
        try:
            records |= run.client.agent.users(batch)
        except Forbidden:
            found = in_parallel(run.client.agent.user, batch, run.options.concurrency)
            records |= {one: record for one, record in zip(batch, found, strict=True) if record}
    return records


def _confirm_identity(step: Step, user: CurrentUser, record: UserRecord | None) -> Step:
    """Return the step, or one without effect where the user is not to be touched.

    A user of another type and a retired one are left alone if no definition names them; so is a
    retired one that should be absent.

    Raises:
        UserError: list and User agent do not agree, or a definition names such a user.
    """
    if record is not None and not record.is_external:
        if step.location is None:
            return step.without_effect(user)
        raise not_external(step.desired, record, user.user_name)
    if record is None or not _is_same_user(user, record):
        known = f"'{record.name}'" if record and record.name else "no user"
        call = "GetUserInfoList" if record is None and step.location is None else "GetUser"
        raise UserError(
            "identity",
            f"{step.subject}: {call} returned {known} for this id, so that the key of the list"
            " of external users may not be the associate id. Nothing was changed.",
        )
    if record.role_id and user.role_id and record.role_id != user.role_id:
        raise UserError(
            "conflict",
            f"{step.subject}: its role has the id {record.role_id}, and the list of users gave the"
            f" name of role {user.role_id}: roles were changed while they were read. Nothing was"
            " changed; run the task again.",
        )
    if not record.deleted:
        return step
    if step.location is None:
        return step.without_effect(user)
    if step.action is Action.DELETE:
        return step.without_effect(None)
    raise UserError(
        "identity",
        f"{step.subject} is retired, and was not changed. Take it back in Settings and"
        " maintenance first, or remove it there to create it anew.",
    )


def _is_same_user(user: CurrentUser, record: UserRecord) -> bool:
    """Tell whether person and names agree; a record may have no names, and empty ones are none."""
    names = {name_key(name) for name in record.names if name}
    if record.person_id != user.person_id and not (record.person_id == 0 and names):
        return False
    return not names or bool(names & set(map(name_key, user.names)))


def _limit_base(run: RunContext, steps: Sequence[Step], caller: Caller) -> limits.Base:
    """Count the users in scope that a limit can hit.

    The list may hold protected users, which no run touches. It may hold retired ones and internal
    ones too; they are looked up only where a percentage is tested.
    """
    conditions = run.options.conditions
    scope = scope_of(run)
    users = [
        user
        for user in run.state.users
        if scope.holds(user)
        and not caller.is_user(user)
        and not is_protected(user.names, conditions.protect)
    ]
    if limits.needs_base(steps, conditions.limits):
        ids = [user.associate_id for user in users if user.associate_id is not None]
        records = records_of(run, ids)
        users = [
            user
            for user in users
            if (record := records.get(user.associate_id or 0))
            and record.is_external
            and not record.deleted
        ]
    return limits.Base(len(users), sum(user.is_active for user in users))


def _persons_of_new_users(run: RunContext, steps: Sequence[Step]) -> Mapping[int, Person]:
    """Return the persons that get a login, if they exist."""
    if not run.options.preflight:
        return run.state.persons
    wanted = {
        step.after.person_id
        for step in steps
        if step.action is Action.CREATE and step.acts and step.after
    }
    missing = wanted - run.state.persons.keys()
    return {**run.state.persons, **run.client.persons.by_ids(missing)}


def _with_person(step: Step, persons: Mapping[int, Person]) -> Step:
    """Return a creation with the names of its person and company."""
    after = step.after
    if step.action is not Action.CREATE or after is None or after.person_id not in persons:
        return step
    person = persons[after.person_id]
    named = after._replace(
        full_name=person.full_name,
        company=person.company,
        company_name=person.company_name,
        company_id=person.company_id,
    )
    return step._replace(after=named)


def _service_findings(
    run: RunContext,
    order: Order,
    in_conflict: Container[str],
    persons: Mapping[int, Person],
) -> list[Finding]:
    """Ask the service to validate what each step would write."""
    steps = order.steps
    done = itertools.count(1)

    def check(step: Step) -> list[Finding]:
        # the name is not asked for while another user still has it: it is in use, and either
        # becomes free before or is reported as a conflict already
        name_is_free = step.key not in order.needs and step.where not in in_conflict
        problems = [_person_problem(step, persons) or _agreement_problem(run, step, persons)]
        try:
            problems.append(_name_problem(run.client, step) if name_is_free else None)
            problems.append(_password_problem(run.client, step))
        except Forbidden as error:
            refusal = failure_of(error, f"{step.subject} could not be validated").message
            problems.append(UserError(error.kind, refusal))
        run.progress("validate", next(done), len(steps))
        return [Finding(step.where, str(error), error.kind) for error in problems if error]

    found = in_parallel(check, steps, run.options.concurrency)
    return list(itertools.chain.from_iterable(found))


def _person_problem(step: Step, persons: Mapping[int, Person]) -> UserError | None:
    """`persons` has each person that exists."""
    after = step.after
    if step.action is not Action.CREATE or after is None:
        return None
    if after.person_id not in persons:
        return UserError(
            "person",
            f"{step.desired.subject} cannot be created: there is no person with the id"
            f" {after.person_id}, or this login may not see it. Give the person_id of an existing"
            " person.",
        )
    if persons[after.person_id].retired:
        return UserError(
            "person",
            f"{step.desired.subject} cannot be created: person {after.person_id} is retired. Take"
            " the person back in SuperOffice first, or give the person_id of another person.",
        )
    return None


def _agreement_problem(
    run: RunContext, step: Step, persons: Mapping[int, Person]
) -> UserError | None:
    """Refuse a person_id that is not the person which the definition describes as well."""
    desired, after = step.desired, step.after
    if step.action is not Action.CREATE or after is None or desired.person_is_found:
        return None
    person = persons[after.person_id]
    if not person.full_name:
        return None  # the service does not show whose id it is
    options = disagreements(desired, person)
    if isinstance(desired.person_email, str):
        # one of its addresses, not necessarily the one that the service shows
        finder = PersonFinder(run.client, run.options.concurrency, run.progress)
        result = finder.by_email([desired.person_email])[plain_key(desired.person_email)]
        if isinstance(result, list) and any(one.person_id == person.person_id for one in result):
            options = [option for option in options if option != "person_email"]
    if not options:
        return None
    return UserError(
        "person",
        f"{desired.subject} cannot be created: person_id and {' and '.join(options)} do not agree,"
        f" the id is that of person {person}. Correct one of them, or omit person_id.",
    )


def _name_problem(client: Client, step: Step) -> UserError | None:
    before, after = step.before, step.after
    if after is None or not (step.action is Action.CREATE or step.renames):
        return None
    if before and name_key(before.user_name) == name_key(after.user_name):
        return None  # the service might take a name that differs only in case for one in use
    problem = client.agent.user_name_problem(
        after.user_name, after.person_id, after.associate_id or 0
    )
    if not problem:
        return None
    return UserError(
        "user_name",
        f"{step.subject}: the service does not accept the user_name '{after.user_name}':"
        f" {problem.rstrip('.')}. Nothing was changed; choose another name.",
    )


def _password_problem(client: Client, step: Step) -> UserError | None:
    password, after = step.desired.password, step.after
    if not step.sets_password or password is UNSET or after is None:
        return None
    problem = client.agent.password_problem(password, after.person_id, after.associate_id or 0)
    if not problem:
        return None
    return UserError(
        "password",
        f"{step.subject}: the service does not accept the password:"
        f" {problem.rstrip('.')}. Nothing was changed; choose another one.",
    )
