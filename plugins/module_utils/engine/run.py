# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pipeline of a run: plan, validate, apply, verify. One user is a batch of one.

Reading comes first and writing last; only `apply` writes.
"""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Iterator, Sequence

from ..client.errors import Cancelled
from ..domain.definitions import Definition
from ..domain.findings import Finding
from ..domain.plan import Step
from .apply import Applied, apply, interrupted
from .failure import Problem
from .journal import Journal
from .password_email import warnings_of
from .planning import plan_definitions
from .preflight import Plan, validate
from .run_context import RunContext
from .step_result import StepResult
from .verify import verify


class RunResult(typing.NamedTuple):
    """The result of a run.

    Attributes:
        plan: what was planned.
        results: what became of each step.
        is_prediction: whether nothing was to be written.
        interruption: what interrupted the run while it wrote or verified, if anything did.
        warnings: sentences about the whole run.
    """

    plan: Plan
    results: list[StepResult]
    is_prediction: bool
    interruption: BaseException | None = None
    warnings: tuple[str, ...] = ()


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
    run, steps, planning_findings = plan_definitions(run, definitions)
    return run_steps(run, steps, [*findings, *planning_findings], dry_run=dry_run)


def run_steps(
    run: RunContext, steps: Sequence[Step], findings: Sequence[Finding], *, dry_run: bool
) -> RunResult:
    """Validate planned steps, and apply and verify them unless a finding forbids it."""
    plan = validate(run, steps, findings)
    if plan.findings:
        skipped = "the plan was rejected"
        return RunResult(plan, [StepResult(step, skipped=skipped) for step in plan.steps], False)
    if dry_run:
        return RunResult(plan, [StepResult(step) for step in plan.steps], True)
    with _journal(run, plan) as journal:
        applied = apply(run, plan, journal)
        if run.options.verify and applied.interruption is None:
            applied = _verified(run, applied)
        if journal and applied.interruption is None:
            journal.end()
    if applied.interruption is not None and not _has_result(applied.interruption):
        raise applied.interruption
    in_order = [applied.results.get(step.key, _not_applied(step)) for step in plan.steps]
    warnings = (*applied.warnings, *warnings_of(in_order))
    return RunResult(plan, in_order, False, applied.interruption, warnings)


def _verified(run: RunContext, applied: Applied) -> Applied:
    """Verify what was applied; an interruption leaves the results as the writes had them.

    Like `apply`, it returns what a signal handler raises, so that no result of a write is lost.
    """
    try:
        results = verify(run, applied.results)
    except BaseException as error:  # noqa: BLE001 - returned; the caller decides
        run.client.cancel()
        return applied._replace(interruption=error)
    if not run.client.is_cancelled:
        return applied._replace(results=results)
    read = {
        key: one
        for key, one in results.items()
        if one.failure is None or one.failure.kind != Cancelled.kind
    }
    return applied._replace(results=applied.results | read, interruption=interrupted())


def _has_result(interruption: BaseException) -> bool:
    """Tell whether whoever started the run can still take a result.

    A timeout of Ansible is an exception of its own kind; no result is awaited after Ctrl-C or
    the end of the process, and an error of ours must not be hidden.
    """
    if isinstance(interruption, Exception):
        return isinstance(interruption, Problem)
    return not isinstance(interruption, (KeyboardInterrupt, SystemExit, GeneratorExit))


@contextlib.contextmanager
def _journal(run: RunContext, plan: Plan) -> Iterator[Journal | None]:
    """Open the journal of the run, if there is one and anything to write."""
    if not run.options.journal or not plan.order.waves:
        yield None
        return
    root = run.client.transport.settings.root
    journal = Journal(run.options.journal, root, len(plan.order.steps))
    try:
        yield journal
    finally:
        journal.close()


def _not_applied(step: Step) -> StepResult:
    skipped = "the run was interrupted" if step.acts else ""
    return StepResult(step, user=step.before, skipped=skipped)
