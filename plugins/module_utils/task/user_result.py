# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task on one user returns."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.fields import flag_names
from ..domain.findings import Finding
from ..domain.plan import Step
from ..domain.shown_text import shown_name
from ..engine.failure import Failure, interruption_reason
from ..engine.run import RunResult
from ..engine.step_result import StepResult
from ..engine.write import PAST_TENSE
from .result import Result, diff_side, failed, shown_password, undecided, user_facts


def of_user(
    run: RunResult, requests: dict[str, int], *, show_generated_password: bool = False
) -> Result:
    """Return the result of a run over one definition."""
    if run.plan.findings:
        return undecided(_refusal(run.plan.findings), requests)
    [outcome] = run.results
    step = outcome.step
    if step.protected:
        return undecided(_own_login(step), requests)
    result: Result = {
        "changed": step.changes if run.is_prediction else outcome.wrote,
        "action": step.action.value,
        "modification": flag_names(step.modification),
        "user": user_facts(outcome.user if outcome.started else step.after),
        "password_status": step.password_status.value,
        "diff": diff_of(step),
        "requests": requests,
    }
    if outcome.failure:
        result.update(failed(outcome.failure))
    elif run.interruption is not None:
        result.update(failed(_interruption(run.interruption, outcome)))
    if outcome.password_email:
        result["password_email"] = outcome.password_email.status
    if run.warnings:
        result["warnings"] = list(run.warnings)
    if step.generated and outcome.may_have_password:
        shown = shown_password(step.generated, readable=show_generated_password)
        result["generated_password"] = shown
    return result


def _own_login(step: Step) -> Failure:
    """Say why nothing is done: this module has no other protection."""
    text = (
        f"{step.subject} is the login that this task uses, which is never changed. Nothing was"
        " changed; use another login for it."
    )
    return Failure(text, "identity")


def _interruption(interruption: BaseException, outcome: StepResult) -> Failure:
    """Say what is known of a user if the run was interrupted beside its write."""
    what = (
        f"was {PAST_TENSE[outcome.step.action]}, but not verified"
        if outcome.wrote
        else "was not changed"
    )
    reason = interruption_reason(interruption)
    text = f"{outcome.step.subject} {what}: the run was interrupted ({reason}). Run the task again."
    return Failure(text, "interrupted")


def diff_of(step: Step) -> Result:
    """Return the managed fields before and after; a user that does not exist is an empty one."""
    user = step.before or step.after
    header = f"external user {shown_name(user.user_name) if user else step.desired.subject}"
    if step.before:
        header += f" (associate {step.before.associate_id})"
    return {
        "before": diff_side(step, is_after=False),
        "after": diff_side(step, is_after=True),
        "before_header": header,
        "after_header": header,
    }


def _refusal(findings: Sequence[Finding]) -> Failure:
    message = " ".join(finding.facts()["message"] for finding in findings)
    return Failure(message, findings[0].kind)
