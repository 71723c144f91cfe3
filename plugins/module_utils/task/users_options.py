# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of superoffice_external_users, parsed once into typed values."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Mapping
from pathlib import Path

from ..client.concurrency import ONE_AT_A_TIME, Concurrency
from ..domain.conditions import Conditions
from ..domain.definitions import DefinitionCollector
from ..domain.entries import is_encrypted
from ..domain.errors import UserError
from ..domain.findings import Finding
from ..domain.limits import Limit, parse_limits
from ..domain.model import Secret, State
from ..domain.protection import EMPTY_GLOB
from ..domain.selection import Scope, parse_scope
from ..engine.run_options import RunOptions
from .arguments import Options
from .definition_files import collect, text_of
from .file_errors import FileError
from .users_result import Shown

# 400,000 users
LARGEST_PLAN = 256 * 1024 * 1024
MOST_CONCURRENT = 32
# the default, and where a number that is found begins
FIRST_CONCURRENT = 8
_NEW_PLAN = "Give the plan of a check run, or of the playbook superoffice.crm.plan."


class UsersOptions(typing.NamedTuple):
    """What a task on many users is asked for, apart from the definitions themselves."""

    run: RunOptions
    concurrency: Concurrency
    shown: Shown
    passwords: Mapping[str, Secret]
    has_definitions: bool
    plan: object
    allow_empty: bool


def parse_options(options: Options) -> tuple[UsersOptions, list[Finding]]:
    """Return the typed options, and their validation errors."""
    findings: list[Finding] = []
    limits: dict[str, Limit] = {}
    try:
        limits = parse_limits(options["limits"] or {})
    except UserError as error:
        findings.append(Finding("", str(error)))
    concurrency = _parse_concurrency(options["concurrency"])
    if concurrency is None:
        message = f"must be a number from 1 to {MOST_CONCURRENT}, or auto."
        findings.append(Finding("concurrency", message))
        concurrency = ONE_AT_A_TIME
    if not all(glob.strip() for glob in options["only"] or ()):
        # as after the loss of a variable: no name must not come to mean all of them
        message = "has an empty name. Give names or globs, or omit the option for all users."
        findings.append(Finding("only", message, "only"))
    if not all(glob.strip() for glob in options["protect"] or ()):
        findings.append(Finding("protect", EMPTY_GLOB))
    if options["max_failures"] < 0:
        findings.append(Finding("max_failures", "must be 0 (no end) or more."))
    if options["max_results_on_failure"] < 0:
        findings.append(Finding("max_results_on_failure", "must be 0 (all) or more."))
    scope, scope_findings = _parse_prune_scope(options)
    passwords, password_findings = _parse_passwords(options)
    findings += [*scope_findings, *password_findings, *_plan_findings(options)]
    run = RunOptions(
        prune=options["prune"],
        conditions=Conditions(
            limits=limits,
            protect=tuple(options["protect"] or ()),
            scope=scope,
            only=tuple(options["only"] or ()),
        ),
        max_failures=1 if options["on_error"] == "stop" else options["max_failures"],
        preflight=options["preflight"] == "service",
        concurrency=concurrency.most,
        verify=options["verify"],
        journal=options["journal"] or "",
    )
    parsed = UsersOptions(
        run=run,
        concurrency=concurrency,
        shown=_parse_shown(options),
        passwords=passwords,
        has_definitions=options["users"] is not None or options["src"] is not None,
        plan=options["plan"],
        allow_empty=options["allow_empty"],
    )
    return parsed, findings


def collect_definitions(options: Options, passwords: Mapping[str, Secret]) -> DefinitionCollector:
    """Collect the definitions of all sources, and everything that is wrong with them."""
    return collect(
        options["users"] or [], options["src"] or [], options["defaults"] or {}, passwords
    )


def emptiness(options: UsersOptions, collected: DefinitionCollector) -> list[Finding]:
    """Refuse to prune every user, unless that is intended."""
    is_empty = options.plan is None and not any(
        one.desired.state is State.PRESENT for one in collected.definitions
    )
    if options.run.prune == "ignore" or not is_empty or options.allow_empty:
        return []
    message = (
        "no definition has state=present, so pruning would remove every user in scope. Set"
        " allow_empty=true if this is intended."
    )
    return [Finding("users", message)]


def read_plan(plan: object) -> object:
    """Return a plan that is given as it is, or as the path of a file.

    Raises:
        UserError: the file cannot be read, or is not JSON.
    """
    if not isinstance(plan, str):
        return plan
    try:
        text = text_of(Path(plan).expanduser(), LARGEST_PLAN)
        if not text.strip():
            raise UserError("plan", f"plan {plan} is an empty file. {_NEW_PLAN}")
        document: object = json.loads(text)
    except FileError as error:
        raise UserError("plan", f"plan {error} {_NEW_PLAN}") from error
    except (ValueError, RecursionError) as error:
        raise UserError("plan", f"plan {plan} is not JSON. {_NEW_PLAN}") from error
    return document


def _parse_concurrency(value: object) -> Concurrency | None:
    """Return how many requests may be in flight; None if the option does not tell."""
    if value == "auto":
        return Concurrency(MOST_CONCURRENT, FIRST_CONCURRENT)
    if isinstance(value, bool) or not re.fullmatch("[0-9]{1,2}", str(value)):
        return None
    number = int(str(value))
    return Concurrency(number) if 1 <= number <= MOST_CONCURRENT else None


def _parse_shown(options: Options) -> Shown:
    return Shown(
        list_all=options["list_results"] == "all",
        stale_fails=options["on_stale"] == "fail",
        generated_passwords=options["show_generated_password"],
        most_on_failure=options["max_results_on_failure"],
    )


def _parse_passwords(options: Options) -> tuple[dict[str, Secret], list[Finding]]:
    findings = []
    passwords = {}
    for name, text in (options["passwords"] or {}).items():
        if not isinstance(text, str) or not text:
            findings.append(Finding("passwords", f"the password of '{name}' is not a string."))
        elif is_encrypted(text):
            message = (
                f"the password of '{name}' is still encrypted. Load it as a variable, which Ansible"
                " decrypts."
            )
            findings.append(Finding("passwords", message))
        else:
            passwords[str(name)] = Secret(text)
    return passwords, findings


def _parse_prune_scope(options: Options) -> tuple[Scope, list[Finding]]:
    scope = options["prune_scope"]
    if scope is None and options["prune"] == "ignore":
        return Scope(), []
    if scope is None:
        message = (
            "is needed with prune: say which users the definitions are about, by roles, user_names,"
            " person_ids or companies, or write prune_scope: all."
        )
        return Scope(), [Finding("prune_scope", message)]
    try:
        return parse_scope(scope), []
    except UserError as error:
        return Scope(), [Finding("prune_scope", str(error))]


def _plan_findings(options: Options) -> list[Finding]:
    """Refuse a plan that is given but empty, as after the loss of a variable or a file."""
    plan = options["plan"]
    if plan is None:
        if not options["plan_required"]:
            return []
        message = (
            "is required (plan_required, SUPEROFFICE_PLAN_REQUIRED) and was not given. Make a plan"
            " in check mode first, and give it here."
        )
        return [Finding("plan", message, "plan")]
    if plan in ("", {}, []) or (isinstance(plan, str) and not plan.strip()):
        message = "is given, but empty. Give the plan of a check run, or omit the option."
        return [Finding("plan", message, "plan")]
    return []
