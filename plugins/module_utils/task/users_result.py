# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task on many users returns: counts, a row per user, the plan, a diff of bounded size."""

from __future__ import annotations

import collections
import typing
from collections.abc import Mapping, Sequence

from ..domain.definitions import Definition
from ..domain.errors import UserError
from ..domain.fields import flag_names
from ..domain.findings import Finding
from ..domain.matching import match_definitions
from ..domain.model import UNSET
from ..domain.periods import SOON, period_of
from ..domain.plan import Step
from ..domain.restriction import covers
from ..domain.shown_text import for_terminal, shown_name
from ..engine.failure import Failure, interruption_reason
from ..engine.run import RunResult
from ..engine.run_context import RunContext
from ..engine.step_result import StepResult
from .result import Result, diff_side, failed, shown_password, user_facts

SHOWN_FINDINGS = 20
# a diff is for people; the plan has every user
SHOWN_IN_DIFF = 1000
SHOWN_FAILURES = 5
MOST_ENDING = 1000
STATUSES = (
    "unchanged",
    "created",
    "modified",
    "renamed",
    "deactivated",
    "deleted",
    "failed",
    "skipped",
    "protected",
)


class Shown(typing.NamedTuple):
    """What a result shows of the users. `most_on_failure` is 0 for all."""

    list_all: bool = False
    stale_fails: bool = True
    generated_passwords: bool = False
    most_on_failure: int = 100


def of_users(
    run: RunResult,
    plan: Result,
    shown: Shown,
    requests: dict[str, int],
    ending: Sequence[Result] = (),
) -> Result:
    """Return the result of a run that got as far as having a plan.

    `ending` are the users of `ending_of`.
    """
    changes = [one for one in run.results if one.step.changes or one.step.stale]
    listed = list(run.results) if shown.list_all else changes
    listed.sort(key=lambda one: one.step.sort_key)
    rows = [_row(one, shown, is_prediction=run.is_prediction) for one in listed]
    steps = [one.step for one in listed if one.step.acts]
    counts = collections.Counter(row["status"] for row in rows)
    counts["unchanged"] += len(run.results) - len(listed)
    result: Result = {
        "changed": bool(steps) if run.is_prediction else any(one.wrote for one in changes),
        "summary": summary(counts),
        "results": rows,
        "ending": list(ending),
        "plan": plan,
        "diff": _diff(steps),
        "drift": any(one.step.changes for one in changes),
        "requests": requests,
    }
    problems = [row for row in rows if row["status"] == "failed"]
    if run.plan.findings:
        result |= refused(run.plan.findings, requests, shown)
    elif run.interruption is not None:
        result |= _interrupted(run, run.interruption, result["summary"])
    elif problems:
        result |= _failure(problems, result["summary"])
    return _bounded(result, shown) if "failed" in result else result


def ending_of(definitions: Sequence[Definition], run: RunContext) -> list[Result]:
    """List the users whose access ends soon, the next one first, and then those it has ended for.

    The list is of bounded size: what ended longest ago is left out.
    """
    if all(one.desired.active_until is UNSET for one in definitions):
        return []
    now = run.now
    matches, _findings = match_definitions(definitions, run.state.users)
    found = []
    for match in matches:
        desired, current = match.definition.desired, match.current
        period = period_of(desired)
        if period is None or period.end is None or period.end > now + SOON:
            continue
        if not covers(run.options.conditions.only, match):
            continue
        name = current.user_name if current else ""
        row = {
            "user_name": name if desired.user_name is UNSET else desired.user_name,
            "associate_id": current.associate_id if current else None,
            "person": (current and current.full_name) or None,
            "company": (current and current.company) or None,
            "has_ended": period.has_ended(now),
            **desired.about,
        }
        found.append((period.end, row))
    found.sort(key=lambda one: (one[1]["has_ended"], abs(one[0] - now)))
    return [row for _end, row in found[:MOST_ENDING]]


def refused(findings: Sequence[Finding], requests: dict[str, int], shown_of: Shown) -> Result:
    """Return the result of a run that findings stop before the first write."""
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
        "findings": [finding.facts() for finding in findings[: shown_of.most_on_failure or None]],
        **failed(Failure(message, kind)),
    }


def _interrupted(run: RunResult, interruption: BaseException, counts: dict[str, int]) -> Result:
    """Say what is known of a run that was stopped while it wrote."""
    unknown = [one.step.user_name for one in run.results if one.is_unknown]
    done = sum(1 for one in run.results if one.wrote and one.failure is None)
    users = "1 user was" if done == 1 else f"{done} users were"
    text = f"The run was interrupted: {users} changed and {counts['skipped']} not started."
    if done and not counts["skipped"] and not unknown:
        text += " Not all of them were verified."
    if unknown:
        names = ", ".join(map(shown_name, unknown[:SHOWN_FAILURES])) + (
            ", ..." if unknown[SHOWN_FAILURES:] else ""
        )
        more = "1 more was" if len(unknown) == 1 else f"{len(unknown)} more were"
        text += f" Whether {more} changed is not known: {names}."
    kind = interruption.kind if isinstance(interruption, UserError) else "interrupted"
    text += f" Run the task again to go on. ({interruption_reason(interruption)})"
    return failed(Failure(text, kind))


_ORDER_ON_FAILURE = ("failed", "created", "renamed", "modified", "deactivated", "deleted")


def _bounded(result: Result, shown: Shown) -> Result:
    """Return a failed result of bounded size: failures first, then what was written.

    Ansible prints a failed result as a whole. The plan is left out with the rows that do not fit.
    A generated password that is shown is nowhere else, so that its row is never left out.
    """
    most = shown.most_on_failure
    if not most:
        return result
    rows = result["results"]
    result = {**result, "ending": result["ending"][:most]}
    if max(len(rows), len(result["plan"]["entries"])) <= most:
        return result
    ranks = {status: rank for rank, status in enumerate(_ORDER_ON_FAILURE)}
    ordered = sorted(rows, key=lambda row: ranks.get(row["status"], len(ranks)))
    first = ordered[:most]
    if shown.generated_passwords:
        first += [row for row in ordered[most:] if "generated_password" in row]
    bounded = {name: value for name, value in result.items() if name not in ("plan", "diff")}
    return {**bounded, "results": first, "results_omitted": len(rows) - len(first)}


def summary(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many users ended with which status."""
    result = {status: counts.get(status, 0) for status in STATUSES}
    return {**result, "total": sum(result.values())}


def _row(one: StepResult, shown: Shown, *, is_prediction: bool) -> Result:
    step = one.step
    user = one.user or step.after or step.before
    status, error = _status(one, shown, is_prediction=is_prediction)
    row: Result = {
        "user_name": step.user_name,
        "associate_id": user.associate_id if user else None,
        "person": (step.person and step.person.full_name) or None,
        "company": (step.person and step.person.company) or None,
        "action": step.action.value,
        "modification": flag_names(step.modification),
        "status": status,
        "error": error,
        "password_status": step.password_status.value,
        **step.desired.about,
    }
    if one.password_email:
        row["password_email"] = one.password_email.status
    if step.stale:
        row["found"] = user_facts(step.before)
    if step.generated and one.may_have_password:
        readable = shown.generated_passwords
        row["generated_password"] = shown_password(step.generated, readable=readable)
    return row


def _status(
    one: StepResult, shown: Shown, *, is_prediction: bool
) -> tuple[str, dict[str, typing.Any] | None]:
    step = one.step
    if step.stale:
        message = f"{shown_name(step.user_name)} was left alone: {step.stale}. Make a new plan."
        return "failed" if shown.stale_fails else "skipped", _error(Failure(message, "stale"))
    if not step.acts or is_prediction:
        return step.planned_status, None
    if one.skipped:
        return "skipped", _error(Failure(f"Not started: {one.skipped}.", "skipped"))
    if one.failure:
        return "failed", _error(one.failure)
    return step.planned_status, None


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
    done = {name: counts[name] for name in STATUSES[1:6]}
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
    sides = list(zip(_labels(shown), shown, strict=True))
    header = "external users"
    if len(steps) > len(shown):
        header += f" (the first {len(shown)} of {len(steps)})"
    return {
        "before": {label: diff_side(step, is_after=False) for label, step in sides},
        "after": {label: diff_side(step, is_after=True) for label, step in sides},
        "before_header": header,
        "after_header": header,
    }


def _labels(steps: Sequence[Step]) -> list[str]:
    """Name each step; a user that goes and one that gets its name differ by the id."""
    shown = [for_terminal(step.user_name) for step in steps]
    names = collections.Counter(shown)
    return [
        f"{name} (associate {step.before.associate_id})"
        if names[name] > 1 and step.before
        else name
        for name, step in zip(shown, steps, strict=True)
    ]
