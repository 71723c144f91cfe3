# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking afresh, before something is created or taken for absent.

The list of all users takes seconds to read, and writes take minutes. A login that appears meanwhile
must neither be created a second time nor be reported as absent. Runs in which nothing is created
and nothing is absent ask for nothing.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from ..domain.findings import Finding
from ..domain.model import UNSET, CurrentUser, DesiredUser, State
from ..domain.plan import Action, Step
from ..domain.user_index import UserIndex
from .parallel import in_parallel
from .read import read_users, read_users_of_persons, to_users, with_confirmed_names
from .run_context import RunContext


def findings_about_changes(run: RunContext, steps: Sequence[Step]) -> list[Finding]:
    """Return a finding for each step whose user exists by now, though the list did not have it."""
    if not run.state.is_complete:
        return []  # the keyed reader has just asked
    created = [step for step in steps if step.action is Action.CREATE]
    absent = [
        step
        for step in steps
        if step.desired.state is State.ABSENT and step.before is None and step.location
    ]
    return [
        Finding(step.where, message, "conflict")
        for step, message in appeared(run, [*created, *absent], absent)
    ]


def appeared(
    run: RunContext,
    steps: Sequence[Step],
    absent: Sequence[Step] = (),
    own: Container[int | None] = (),
) -> list[tuple[Step, str]]:
    """Return each step whose user has appeared since the list was read, with a sentence about it.

    `absent` are those steps whose name is asked for as well, and `own` the ids of the users that
    this run has created.
    """
    if not steps:
        return []
    new_users = [user for user in _new_users(run, steps, absent) if user.associate_id not in own]
    changed = []
    for step in steps:
        found = next((user for user in new_users if _is_meant(step, user)), None)
        if found is not None:
            message = (
                f"{step.subject}: associate {found.associate_id}, '{found.user_name}' of person"
                f" {found.person_id}, has appeared since the list of users was read. Run the task"
                " again."
            )
            changed.append((step, message))
    return changed


def _new_users(run: RunContext, steps: Sequence[Step], absent: Sequence[Step]) -> list[CurrentUser]:
    """Return the external users that the steps may mean and that were not listed."""
    client, roles = run.client, run.state.roles
    names = [name for step in absent if (name := _key_name(step.desired)) is not None]
    if len(names) > client.archive.requests_for(len(run.state.users)):
        found = to_users(client, roles, client.archive.external_users())
    else:
        persons = {one.desired.person_id for one in steps if one.desired.person_id is not UNSET}
        records = in_parallel(client.agent.user_by_name, names, run.options.concurrency)
        ids = [one.associate_id for one in records if one and one.is_external and not one.deleted]
        ids += [
            step.desired.associate_id for step in absent if step.desired.associate_id is not UNSET
        ]
        found = [
            *read_users_of_persons(client, roles, persons),
            *read_users(client, roles, ids).values(),
        ]
    users = UserIndex(user for user in found if run.state.users.get(user.associate_id) is None)
    wanted = (step.desired for step in steps)
    return list(with_confirmed_names(client, users, wanted, run.options.concurrency))


def _key_name(desired: DesiredUser) -> str | None:
    """Return the name, if it is the key of a definition."""
    if desired.associate_id is not UNSET or desired.person_id is not UNSET:
        return None
    return None if desired.user_name is UNSET else desired.user_name


def _is_meant(step: Step, user: CurrentUser) -> bool:
    desired = step.desired
    return (
        desired.associate_id == user.associate_id
        or desired.person_id == user.person_id
        or (desired.user_name is not UNSET and user.has_name(desired.user_name))
    )
