# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task on many users returns: counts, a row per user, the plan, a diff of bounded size."""

from __future__ import annotations

import collections
import typing
from collections.abc import Sequence

from ..client.redaction import MASK
from ..domain.batch import Step, status_of, summary
from ..domain.definitions import Finding
from ..domain.fields import flag_names
from ..engine.bulk import Outcome
from ..engine.failure import Failure
from .arguments import Options
from .result import Result, failed, side_of

SHOWN_FINDINGS = 20
# a diff is for people; the plan has every user
SHOWN_IN_DIFF = 1000
SHOWN_FAILURES = 5


def of_bulk(
    outcomes: Sequence[Outcome], plan: Result, options: Options, *, is_prediction: bool
) -> Result:
    """Return the result of a run that got as far as having a plan."""
    news = [outcome for outcome in outcomes if outcome.step.plan.changed or outcome.step.stale]
    listed = list(outcomes) if options["list_results"] == "all" else news
    listed.sort(key=lambda outcome: outcome.step.rank)
    rows = [_row(outcome, options, is_prediction=is_prediction) for outcome in listed]
    steps = [outcome.step for outcome in listed if outcome.step.acts]
    wrote = any(outcome.applied and outcome.applied.wrote for outcome in news)
    counts = collections.Counter(row["status"] for row in rows)
    counts["unchanged"] += len(outcomes) - len(listed)
    result: Result = {
        "changed": bool(steps) if is_prediction else wrote,
        "summary": summary(counts),
        "results": rows,
        "plan": plan,
        "diff": _diff(steps),
        "drift": any(outcome.step.plan.changed for outcome in news),
    }
    problems = [row for row in rows if row["status"] == "failed"]
    if problems:
        result.update(_failure(problems, result["summary"]))
    return result


def refused(findings: Sequence[Finding], requests: dict[str, int]) -> Result:
    """Return the result of a run in which something speaks against the first write."""
    shown = [str(finding) for finding in findings[:SHOWN_FINDINGS]]
    more = len(findings) - len(shown)
    tail = f"\n... and {more} more, see findings." if more > 0 else ""
    kinds = {finding.kind for finding in findings}
    kind = kinds.pop() if len(kinds) == 1 else "definition"
    what = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    lines = "\n".join(f"- {line}" for line in shown)
    message = f"Nothing was changed, because of {what}:\n{lines}{tail}"
    return {
        "changed": False,
        "requests": requests,
        "findings": [
            {"where": finding.where, "message": finding.message, "kind": finding.kind}
            for finding in findings
        ],
        **failed(Failure(message, kind)),
    }


def _row(outcome: Outcome, options: Options, *, is_prediction: bool) -> Result:
    step, applied = outcome.step, outcome.applied
    user = (applied.user if applied else None) or step.plan.after or step.plan.before
    status, error = _status(outcome, options, is_prediction=is_prediction)
    row: Result = {
        "user_name": step.user_name,
        "associate_id": user.associate_id if user else None,
        "action": step.plan.action.value,
        "modification": flag_names(step.plan.change),
        "status": status,
        "error": error,
        "password_status": step.plan.password_event.value,
    }
    if step.generated and status == "created" and not is_prediction:
        shown = options["show_generated_password"]
        row["generated_password"] = step.generated.value if shown else MASK
    return row


def _status(
    outcome: Outcome, options: Options, *, is_prediction: bool
) -> tuple[str, dict[str, typing.Any] | None]:
    step = outcome.step
    if step.stale:
        message = f"{step.user_name} was left alone: {step.stale}."
        status = "failed" if options["on_stale"] == "fail" else "skipped"
        return status, _error(Failure(message, "stale"))
    if not step.acts or is_prediction:
        return status_of(step), None
    if outcome.skipped:
        return "skipped", _error(Failure(f"Not begun: {outcome.skipped}.", "skipped"))
    if outcome.applied and outcome.applied.failure:
        return "failed", _error(outcome.applied.failure)
    return status_of(step), None


def _error(failure: Failure) -> dict[str, typing.Any]:
    facts: dict[str, typing.Any] = failed(failure)["error"]
    return {"msg": failure.message, **facts}


def _failure(problems: Sequence[Result], counts: dict[str, int]) -> Result:
    shown = [f"- {row['error']['msg']}" for row in problems[:SHOWN_FAILURES]]
    more = len(problems) - len(shown)
    if more > 0:
        shown.append(f"... and {more} more, see results.")
    kinds = {row["error"]["kind"] for row in problems}
    first = problems[0]["error"]
    done = {name: counts[name] for name in ("created", "modified", "deactivated", "deleted")}
    text = (
        ", ".join(f"{count} {name}" for name, count in done.items() if count)
        or "no other was changed"
    )
    head = f"{len(problems)} of {counts['total']} users failed ({text})"
    if counts["skipped"]:
        head += f", {counts['skipped']} were skipped"
    return {
        "failed": True,
        "msg": "\n".join([f"{head}:", *shown]),
        "error": {
            "kind": kinds.pop() if len(kinds) == 1 else "several",
            "status": first["status"],
            "operation": first["operation"],
        },
    }


def _diff(steps: Sequence[Step]) -> Result:
    shown = steps[:SHOWN_IN_DIFF]
    labels = _labels(shown)
    sides = list(zip(labels, shown, strict=True))
    before = {label: side_of(step.plan, is_after=False) for label, step in sides}
    after = {label: side_of(step.plan, is_after=True) for label, step in sides}
    header = "external users"
    if len(steps) > len(shown):
        header += f" (the first {len(shown)} of {len(steps)})"
    return {"before": before, "after": after, "before_header": header, "after_header": header}


def _labels(steps: Sequence[Step]) -> list[str]:
    """Name each step; a user who goes and one who gets its name are told apart by the id."""
    names = collections.Counter(step.user_name for step in steps)
    return [
        f"{step.user_name} (associate {step.plan.before.associate_id})"
        if names[step.user_name] > 1 and step.plan.before
        else step.user_name
        for step in steps
    ]
