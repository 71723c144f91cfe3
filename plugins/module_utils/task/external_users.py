# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_users: what a task of this module does."""

from __future__ import annotations

import json
import typing
from pathlib import Path

from ..client.client import Client
from ..domain import limits, saved_plan
from ..domain.definitions import DefinitionCollector
from ..domain.errors import UserError
from ..domain.findings import Finding, SourceLocation
from ..domain.model import Secret, State
from ..domain.selection import Scope, parse_scope
from ..engine.failure import Problem, failure_of
from ..engine.parallel import in_background
from ..engine.read import FullReader, ReportProgress
from ..engine.run import RunResult, run_definitions, run_steps
from ..engine.run_context import RunContext
from ..engine.run_options import RunOptions
from .arguments import Options, Task, connection_settings
from .definition_files import read_all, text_of
from .file_errors import FileError
from .result import Result, undecided
from .users_result import Shown, of_users, refused

# 400,000 users
LARGEST_PLAN = 256 * 1024 * 1024


def run(options: Options, check_mode: bool, progress: ReportProgress) -> Result:
    """Bring all users in line with the definitions, or apply a plan that was made earlier."""
    run_options, problems = _parse_run_options(options)
    collected = None
    if problems or run_options.prune != "ignore":
        # then the definitions may be reason enough to ask the service for nothing
        collected = _collect(options)
        problems += _emptiness(options, collected)
        if problems:
            return refused([*problems, *collected.findings], {})
    with Client(connection_settings(options), run_options.concurrency) as client:
        wait_for_state = in_background(FullReader(client, progress).read)
        if collected is None:
            collected = _collect(options)
        try:
            state = wait_for_state()
            context = RunContext(client, state, run_options, progress)
            result = _run(context, collected, options, check_mode)
        except Problem as error:
            failure = failure_of(error, "The external users could not be looked at")
            if collected.findings:
                return refused([*collected.findings, Finding("", failure.message)], client.requests)
            return undecided(failure, client.requests)
        plan = saved_plan.to_document(result.plan.steps, client.transport.settings.root)
        shown = Shown(
            list_all=options["list_results"] == "all",
            stale_fails=options["on_stale"] == "fail",
            generated_passwords=options["show_generated_password"],
        )
        return of_users(result, plan, shown, client.requests) | _warnings(collected)


def _run(
    run: RunContext, collected: DefinitionCollector, options: Options, dry_run: bool
) -> RunResult:
    """Run the definitions, or the plan that was made of them earlier."""
    if options["plan"] is None:
        return run_definitions(run, collected.definitions, collected.findings, dry_run=dry_run)
    has_definitions = options["users"] is not None or options["src"] is not None
    root = run.client.transport.settings.root
    steps, findings = saved_plan.restore_steps(
        saved_plan.from_document(_read_plan(options["plan"]), root),
        run.state.users,
        collected.definitions if has_definitions else None,
        {name: Secret(text) for name, text in (options["passwords"] or {}).items()},
    )
    return run_steps(run, steps, [*collected.findings, *findings], dry_run=dry_run)


def _warnings(collected: DefinitionCollector) -> Result:
    if not collected.unused_passwords:
        return {}
    names = ", ".join(collected.unused_passwords[:10])
    return {"warnings": [f"passwords names users that no definition is about: {names}"]}


def _emptiness(options: Options, collected: DefinitionCollector) -> list[Finding]:
    """Refuse to prune every user, unless that is intended."""
    is_empty = options["plan"] is None and not any(
        one.desired.state is State.PRESENT for one in collected.definitions
    )
    if options["prune"] == "ignore" or not is_empty or options["allow_empty"]:
        return []
    message = (
        "there is no definition of a user that shall exist, and pruning would then mean every"
        " user in scope. Set allow_empty if that is meant."
    )
    return [Finding("users", message)]


def _collect(options: Options) -> DefinitionCollector:
    """Collect the definitions of all sources, and everything that is wrong with them."""
    problems: list[Finding] = []
    passwords = {}
    for name, text in (options["passwords"] or {}).items():
        if isinstance(text, str) and text:
            passwords[str(name)] = Secret(text)
        else:
            problems.append(Finding("passwords", f"the password of '{name}' is not a text."))
    collected = DefinitionCollector(options["defaults"] or {}, passwords, "")
    collected.findings.extend(problems)
    entries = enumerate(options["users"] or [])
    collected.add([(SourceLocation("users", index), entry) for index, entry in entries])
    files, unreadable = read_all(options["src"] or [])
    collected.findings.extend(unreadable)
    for file in files:
        collected.add(file.entries, file.defaults, file.name)
    collected.refuse_duplicates()
    return collected


def _parse_run_options(options: Options) -> tuple[RunOptions, list[Finding]]:
    findings: list[Finding] = []
    parsed: dict[str, limits.Limit] = {}
    try:
        parsed = limits.parse_limits(options["limits"] or {})
    except UserError as error:
        findings.append(Finding("", str(error)))
    if not 1 <= options["concurrency"] <= 32:
        findings.append(Finding("concurrency", "must be from 1 to 32."))
    if options["max_failures"] < 0:
        findings.append(Finding("max_failures", "must be 0 (no end) or more."))
    scope, scope_findings = _parse_prune_scope(options)
    run_options = RunOptions(
        prune=options["prune"],
        scope=scope,
        protect=tuple(options["protect"] or ()),
        limits=parsed,
        max_failures=1 if options["on_error"] == "stop" else options["max_failures"],
        preflight=options["preflight"] == "service",
        concurrency=max(1, min(options["concurrency"], 32)),
        verify=options["verify"],
    )
    return run_options, [*findings, *scope_findings]


def _parse_prune_scope(options: Options) -> tuple[Scope, list[Finding]]:
    scope = options["prune_scope"]
    if scope is None and options["prune"] == "ignore":
        return Scope(), []
    if scope is None:
        message = (
            "is needed with prune: say which users the definitions are about, by roles, user_names"
            " or person_ids, or write prune_scope: all."
        )
        return Scope(), [Finding("prune_scope", message)]
    try:
        return parse_scope(scope), []
    except UserError as error:
        return Scope(), [Finding("prune_scope", str(error))]


def _read_plan(plan: typing.Any) -> object:
    """Return a plan that is given as it is, or as the path of a file."""
    if not isinstance(plan, str):
        return plan
    try:
        document: object = json.loads(text_of(Path(plan).expanduser(), LARGEST_PLAN))
    except FileError as error:
        raise UserError("plan", f"plan {error}") from error
    except (ValueError, RecursionError) as error:
        raise UserError("plan", f"plan {plan} is not JSON.") from error
    return document


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
                name: {"type": "raw", "default": limits.DEFAULTS.get(name), "no_log": False}
                for name in limits.COUNTED
            },
        },
        "allow_empty": {"type": "bool", "default": False},
        "on_error": {"type": "str", "default": "continue", "choices": ["continue", "stop"]},
        "max_failures": {"type": "int", "default": 10},
        "preflight": {"type": "str", "default": "service", "choices": ["service", "offline"]},
        "concurrency": {"type": "int", "default": 8},
        "verify": {"type": "bool", "default": True},
        "plan": {"type": "raw"},
        "on_stale": {"type": "str", "default": "fail", "choices": ["fail", "skip"]},
        "list_results": {"type": "str", "default": "changes", "choices": ["changes", "all"]},
        "show_generated_password": {"type": "bool", "default": False, "no_log": False},
    },
    run=run,
    required_one_of=(("users", "src", "plan"),),
    bulky=("users", "passwords", "defaults", "plan"),
)
