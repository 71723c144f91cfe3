# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifying what was written: the users are read back and compared with the plan."""

from __future__ import annotations

from ..client import archive
from ..client.errors import NetServerError
from ..domain.errors import UserError
from ..domain.model import CurrentUser
from ..domain.plan import Step, differences
from .failure import Failure, Problem, failure_of
from .parallel import in_parallel
from .read import read_user, read_users, to_users
from .run_context import RunContext
from .step_result import StepResult
from .write import PAST_TENSE, is_gone

# how often a user that is not as planned is read again: the service may lag behind
READ_AGAIN = 3


def verify(run: RunContext, results: dict[int, StepResult]) -> dict[int, StepResult]:
    """Return the results, with what reading the written users back showed."""
    written = {
        key: one
        for key, one in results.items()
        if one.wrote and one.failure is None and not one.is_read_back
    }
    if not written:
        return results
    run.progress("verify", 0, len(written))
    try:
        found = _read_back(run, written)
    except NetServerError as error:
        return results | {key: _unreadable(one, error) for key, one in written.items()}
    verified = {
        key: one._replace(user=found.get(one.written_id))
        for key, one in written.items()
        if not _differences(one.step, found.get(one.written_id))
    }
    left = [one for key, one in written.items() if key not in verified]
    again = in_parallel(lambda result: _verify_one(run, result), left, run.options.concurrency)
    return results | verified | {one.step.key: one for one in again}


def _read_back(run: RunContext, written: dict[int, StepResult]) -> dict[int | None, CurrentUser]:
    """Read the written users by their ids, or all users if that takes fewer requests."""
    ids = [one.written_id for one in written.values() if one.written_id is not None]
    users = run.client.archive
    batches = archive.batches_of_ids(ids, users.page_size)
    if len(batches) <= users.requests_for(len(run.state.users)):
        return read_users(run.client, run.state.roles, ids)
    wanted = set(ids)
    rows = [row for row in users.external_users() if row.associate_id in wanted]
    return {user.associate_id: user for user in to_users(run.client, run.state.roles, rows)}


def _verify_one(run: RunContext, result: StepResult) -> StepResult:
    """Read a written user again until it is as planned, a few times at most."""
    step, associate_id = result.step, result.written_id
    found: CurrentUser | None = None
    wrong: list[str] = []
    for attempt in range(READ_AGAIN):
        if attempt:
            run.client.transport.pause(attempt - 1)
        try:
            found = _confirmed(run, step, _read_one(run, step, associate_id or 0))
        except Problem as error:
            return _unreadable(result, error)
        wrong = _differences(step, found)
        if not wrong:
            return result._replace(user=found)
    return result._replace(
        wrote=step.sets_password or not _is_as_before(step, found),
        user=found,
        failure=_mismatch(step, wrong),
    )


def _read_one(run: RunContext, step: Step, associate_id: int) -> CurrentUser | None:
    if step.after is None and step.before and is_gone(run.client, run.state.roles, step.before):
        return None
    return read_user(run.client, run.state.roles, associate_id)


def _confirmed(run: RunContext, step: Step, found: CurrentUser | None) -> CurrentUser | None:
    """Return the user as the User agent knows it, where the list shows another role or name.

    The list has only names of roles, and a role may have been renamed during the run. The service
    may store a name in a spelling of its own: what counts is that it is the user's.
    """
    after = step.after
    if found is None or after is None:
        return found
    if found.role_id != after.role_id:
        record = run.client.agent.user(found.associate_id or 0)
        found = found._replace(role_id=record.role_id) if record and record.role_id else found
    if not found.has_name(after.user_name) and found.is_alike(after.user_name):
        record = run.client.agent.user_by_name(after.user_name)
        if record and record.associate_id == found.associate_id:
            found = found._replace(aliases=(*found.aliases, after.user_name))
    return found


def _is_as_before(step: Step, found: CurrentUser | None) -> bool:
    if step.before is None or found is None:
        return step.before is found
    return found.has_state_of(step.before)


def _differences(step: Step, found: CurrentUser | None) -> list[str]:
    if step.after is None:
        return ["the user is still there"] if found else []
    if found is None:
        return ["the user is not listed"]
    wrong = differences(step.after, found)
    if step.respells and not found.spells(step.after.user_name):
        wrong.append(
            f"user_name is still {found.user_name!r}. The service may spell names itself: omit this"
            " name in previous_user_names"
        )
    return wrong


def _unreadable(result: StepResult, error: UserError | NetServerError) -> StepResult:
    step = result.step
    tried = f"{step.subject} was {PAST_TENSE[step.action]}, but could not be read back"
    return result._replace(failure=failure_of(error, tried))


def _mismatch(step: Step, wrong: list[str]) -> Failure:
    return failure_of(
        UserError(
            "not_applied",
            f"{step.subject} was {PAST_TENSE[step.action]} without an error from the service, but"
            f" reading it back shows that {' and '.join(wrong)}.",
        )
    )
