# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_users: what a task of this module does."""

from __future__ import annotations

from collections.abc import Sequence

from ..client.client import Client
from ..domain import limits, saved_plan
from ..domain.definitions import Definition, DefinitionCollector
from ..domain.findings import Finding
from ..domain.model import UNSET, State
from ..domain.persons import disagreement_warning
from ..domain.plan import Step
from ..engine.failure import Problem, failure_of
from ..engine.journal import read_unfinished
from ..engine.parallel import in_background
from ..engine.persons import with_persons
from ..engine.planning import without_strangers
from ..engine.read import FullReader
from ..engine.run import RunResult, run_definitions, run_steps
from ..engine.run_context import RunContext
from .arguments import Options, Task, TaskContext, connection_settings, from_environment
from .result import Result, undecided
from .users_options import (
    FIRST_CONCURRENT,
    UsersOptions,
    collect_definitions,
    emptiness,
    parse_options,
    read_plan,
)
from .users_result import ending_of, of_users, refused


def run_users(options: Options, context: TaskContext) -> Result:
    """Bring users in line with the definitions, or apply a plan that was made earlier.

    A result that is about some users only says so, whatever became of the run.
    """
    result = _run_task(options, context)
    return {**result, "only": list(options["only"])} if options["only"] else result


def _run_task(options: Options, context: TaskContext) -> Result:
    parsed, problems = parse_options(options)
    collected = None
    if problems or parsed.run.prune != "ignore":
        # then the definitions may be reason enough to ask the service for nothing
        collected = collect_definitions(options, parsed.passwords)
        problems += emptiness(parsed, collected)
        if problems:
            return refused([*problems, *collected.findings], {}, parsed.shown)
    journal = _unfinished_journal(parsed)
    settings = connection_settings(options)
    with Client(settings, parsed.concurrency, context.cancel_token) as client:
        wait_for_state = in_background(FullReader(client, context.progress).read)
        if collected is None:
            collected = collect_definitions(options, parsed.passwords)
        try:
            run = RunContext(client, wait_for_state(), parsed.run, context.progress, context.now)
            result = _run(run, collected, parsed, dry_run=context.check_mode)
        except Problem as error:
            failure = failure_of(error, "The external users could not be read")
            if collected.findings:
                findings = [*collected.findings, Finding("", failure.message)]
                return refused(findings, client.requests, parsed.shown)
            return undecided(failure, client.requests)
        plan = saved_plan.to_document(result.plan.steps, settings.root, parsed.run.conditions)
        ending = ending_of(_with_found_persons(collected, result), run)
        rendered = of_users(result, plan, parsed.shown, client.requests, ending)
        warnings = [
            *_warnings(collected),
            *_locked_out(result, parsed),
            *disagreement_warning(result.plan.steps),
            *result.warnings,
            *client.archive.warnings,
        ]
        return {**rendered, **journal, **({"warnings": warnings} if warnings else {})}


def _run(
    run: RunContext, collected: DefinitionCollector, options: UsersOptions, *, dry_run: bool
) -> RunResult:
    """Run the definitions, or the plan that was made of them earlier."""
    if options.plan is None:
        return run_definitions(run, collected.definitions, collected.findings, dry_run=dry_run)
    root = run.client.transport.settings.root
    plan = saved_plan.from_document(read_plan(options.plan), root)
    definitions: list[Definition] | None = None
    unclear: list[Finding] = []
    if options.has_definitions:
        definitions = collected.definitions
        if any(user.definition is None for user in plan.users):
            run, definitions, unclear = _with_persons_of_logins(run, definitions)
    steps, findings = saved_plan.restore_steps(
        plan.users, run.state.users, definitions, options.passwords, run.now
    )
    pruned = {key for key, user in enumerate(plan.users) if user.definition is None}
    steps = without_strangers(run, steps, pruned)
    findings += unclear
    laxer = run.options.conditions.laxer_than(plan.conditions)
    findings += [
        Finding(
            "plan",
            f"{reason}. Apply a plan under conditions that are at least as strict as those it was"
            " made under, or make a new plan.",
            "plan",
        )
        for reason in laxer
    ]
    return run_steps(run, steps, [*collected.findings, *findings], dry_run=dry_run)


def _with_found_persons(collected: DefinitionCollector, result: RunResult) -> list[Definition]:
    """Return the definitions, with the persons that the run looked up."""
    found = {
        step.location: step.desired for step in result.plan.steps if step.desired.person_is_found
    }
    return [
        one._replace(desired=found.get(one.location, one.desired)) if found else one
        for one in collected.definitions
    ]


def _with_persons_of_logins(
    run: RunContext, definitions: Sequence[Definition]
) -> tuple[RunContext, list[Definition], list[Finding]]:
    """Look up whose logins definitions without a user name mean.

    A plan that prunes must not touch a user that such a definition means by now.
    """
    named = [one for one in definitions if one.desired.user_name is not UNSET]
    others = [one for one in definitions if one.desired.user_name is UNSET]
    run, resolved, findings = with_persons(run, others)
    return run, [*named, *resolved], findings


def _unfinished_journal(options: UsersOptions) -> Result:
    """Return what the journal of an earlier, interrupted run says."""
    unfinished = read_unfinished(options.run.journal) if options.run.journal else None
    if unfinished is None:
        return {}
    return {"unfinished_journal": unfinished._asdict()}


def _warnings(collected: DefinitionCollector) -> list[str]:
    if not collected.unused_passwords:
        return []
    names = ", ".join(collected.unused_passwords[:10])
    return [f"passwords has names of users without a definition: {names}"]


def _locked_out(result: RunResult, options: UsersOptions) -> list[str]:
    """Name users that pruning may have deactivated and that a definition has again since.

    Without `is_active` the definition does not manage whether they can log in: they are in sync.
    """
    if options.run.prune != "deactivate":
        return []
    users = [
        one.user_name
        for one in (step.after for step in result.plan.steps if _leaves_inactive(step))
        if one is not None
    ]
    if not users:
        return []
    names = ", ".join(users[:10]) + (", ..." if len(users) > 10 else "")
    which = "1 defined user is" if len(users) == 1 else f"{len(users)} defined users are"
    warning = (
        f"{which} inactive and cannot log in, for example after pruning, since the definition omits"
        f" is_active: {names}. To reactivate, set is_active: true."
    )
    return [warning]


def _leaves_inactive(step: Step) -> bool:
    is_defined = step.location is not None and step.desired.state is State.PRESENT
    is_inactive = step.after is not None and not step.after.is_active
    return is_defined and is_inactive and not step.desired.manages_access


TASK = Task(
    options={
        "users": {"type": "list", "elements": "dict"},
        "src": {"type": "list", "elements": "path"},
        # Not no_log on purpose: Ansible would search every text of the result for every password.
        # They become secrets of ours at once, and the invocation of the result leaves them out.
        "passwords": {"type": "dict", "no_log": False},
        "defaults": {"type": "dict"},
        "prune": {
            "type": "str",
            "default": "ignore",
            "choices": ["ignore", "deactivate", "delete"],
        },
        "prune_scope": {"type": "raw"},
        "protect": {"type": "list", "elements": "str"},
        "limits": {
            "type": "dict",
            "options": {
                # no_log: the limit of passwords is a number
                name: {"type": "raw", "default": limits.DEFAULTS.get(name), "no_log": False}
                for name in limits.COUNTED
            },
        },
        "allow_empty": {"type": "bool", "default": False},
        "on_error": {"type": "str", "default": "continue", "choices": ["continue", "stop"]},
        "max_failures": {"type": "int", "default": 10},
        "preflight": {"type": "str", "default": "service", "choices": ["service", "offline"]},
        "concurrency": {"type": "raw", "default": FIRST_CONCURRENT},
        "verify": {"type": "bool", "default": True},
        "only": {"type": "list", "elements": "str"},
        "journal": {"type": "path"},
        "plan": {"type": "raw"},
        "plan_required": {
            "type": "bool",
            "default": False,
            "fallback": (from_environment, ["SUPEROFFICE_PLAN_REQUIRED"]),
        },
        "on_stale": {"type": "str", "default": "fail", "choices": ["fail", "skip"]},
        "list_results": {"type": "str", "default": "changes", "choices": ["changes", "all"]},
        "max_results_on_failure": {"type": "int", "default": 100},
        "show_generated_password": {"type": "bool", "default": False, "no_log": False},
    },
    run=run_users,
    required_one_of=(("users", "src", "plan"),),
    bulky=("users", "passwords", "defaults", "plan"),
)
