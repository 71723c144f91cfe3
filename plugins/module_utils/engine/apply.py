# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying a plan: wave by wave, in parallel, until too many users have failed."""

from __future__ import annotations

import threading

from ..domain.errors import UserError
from ..domain.plan import Action, Step
from ..domain.user_index import UserIndex
from .failure import failure_of
from .parallel import FailureBudget, in_parallel
from .preflight import Plan
from .run_context import RunContext
from .step_result import StepResult
from .write import write_step


class _KnownIds:
    """Notices a created user with the id of another one: what the service did is not known then."""

    def __init__(self, users: UserIndex) -> None:
        self._users = users
        self._created: set[int | None] = set()
        self._lock = threading.Lock()

    def check(self, result: StepResult) -> StepResult:
        """Return the result, or a failed one if its id belongs to another user."""
        if result.step.action is not Action.CREATE or not result.succeeded or not result.user:
            return result
        associate_id = result.user.associate_id
        with self._lock:
            is_known = associate_id in self._created or bool(self._users.get(associate_id))
            self._created.add(associate_id)
        if not is_known:
            return result
        error = UserError(
            "identity",
            f"{result.step.subject}: the service answered its creation with associate id"
            f" {associate_id}, which is that of another user. Whether it exists is not known; look"
            " it up in Settings and maintenance before you run the task again.",
        )
        return result._replace(user=None, failure=failure_of(error))


def apply(run: RunContext, plan: Plan) -> dict[int, StepResult]:
    """Apply the steps of a plan; return the results by the key of the step."""
    budget = FailureBudget(run.options.max_failures)
    ids = _KnownIds(run.state.users)
    results: dict[int, StepResult] = {}
    total = len(plan.order.steps)

    def apply_step(step: Step) -> None:
        needed = plan.order.needs.get(step.key)
        if needed is not None and not (needed in results and results[needed].succeeded):
            result = StepResult(
                step, skipped="the user whose name it shall get could not be changed"
            )
        elif budget.is_spent:
            result = StepResult(step, skipped="too many users failed before it")
        else:
            result = ids.check(write_step(run.client, run.state.roles, step))
            if result.failure:
                budget.charge()
        results[step.key] = result
        run.progress("write", len(results), total)

    for wave in plan.order.waves:
        in_parallel(apply_step, wave, run.options.concurrency)
    return results
