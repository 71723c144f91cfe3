# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying a plan: wave by wave, in parallel, until too many users have failed."""

from __future__ import annotations

from ..domain.plan import Step
from .parallel import FailureBudget, in_parallel
from .preflight import Plan
from .run_context import RunContext
from .step_result import StepResult
from .write import write_step


def apply(run: RunContext, plan: Plan) -> dict[int, StepResult]:
    """Apply the steps of a plan; return the results by the key of the step."""
    budget = FailureBudget(run.options.max_failures)
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
            result = write_step(run.client, run.state.roles, step)
            if result.failure:
                budget.charge()
        results[step.key] = result
        run.progress("write", len(results), total)

    for wave in plan.order.waves:
        in_parallel(apply_step, wave, run.options.concurrency)
    return results
