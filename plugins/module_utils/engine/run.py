# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pipeline of a run: plan, validate, apply, verify. One user is a batch of one.

Reading comes first and writing last; only `apply` writes.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence

from ..domain.definitions import Definition
from ..domain.findings import Finding
from ..domain.plan import Step
from .apply import apply
from .planning import plan_definitions
from .preflight import Plan, validate
from .run_context import RunContext
from .step_result import StepResult
from .verify import verify


class RunResult(typing.NamedTuple):
    """The result of a run. `is_prediction` says that nothing was to be written."""

    plan: Plan
    results: list[StepResult]
    is_prediction: bool


def run_definitions(
    run: RunContext,
    definitions: Sequence[Definition],
    findings: Sequence[Finding] = (),
    *,
    dry_run: bool,
) -> RunResult:
    """Bring users in line with definitions; `findings` are those about the definitions themselves.

    Raises:
        UserError: an option cannot be fulfilled.
        NetServerError: the service could not be asked before the first write.
    """
    if findings:
        # a user whose definition is broken must not be taken for one without a definition
        run = run._replace(options=run.options._replace(prune="ignore"))
    steps, planning_findings = plan_definitions(run, definitions)
    return run_steps(run, steps, [*findings, *planning_findings], dry_run=dry_run)


def run_steps(
    run: RunContext, steps: Sequence[Step], findings: Sequence[Finding], *, dry_run: bool
) -> RunResult:
    """Validate planned steps, and apply and verify them unless a finding forbids it."""
    plan = validate(run, steps, findings)
    if plan.findings:
        skipped = "something speaks against the run"
        return RunResult(plan, [StepResult(step, skipped=skipped) for step in plan.steps], False)
    if dry_run:
        return RunResult(plan, [StepResult(step) for step in plan.steps], True)
    results = apply(run, plan)
    if run.options.verify:
        results = verify(run, results)
    in_order = [results.get(step.key, StepResult(step)) for step in plan.steps]
    return RunResult(plan, in_order, False)
