# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_users: what a task of this module does."""

from __future__ import annotations

import functools
import json
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..client.client import Service
from ..domain import limits, saved_plan
from ..domain.batch import Step
from ..domain.definitions import LONGEST_ID, Definitions, Finding, Place
from ..domain.errors import UserError
from ..domain.model import UNSET, DesiredUser, Secret, State
from ..domain.saved_plan import Fingerprints
from ..domain.selection import Selection
from ..engine import bulk
from ..engine.bulk import Outcome, Progress, Proposal, Wish, World
from ..engine.failure import Problem, failure_of
from ..engine.parallel import meanwhile
from .arguments import Options, Task, connection_settings
from .bulk_result import of_bulk, refused
from .definition_files import FileError, read_all, text_of
from .result import Result, undecided

SCOPES = ("roles", "user_names", "person_ids")
# 400,000 users
LARGEST_PLAN = 256 * 1024 * 1024


def run(options: Options, check_mode: bool, progress: Progress) -> Result:
    """Make all users be as the definitions declare them."""
    wish, problems = _wish(options)
    definitions = None
    if problems or wish.prune != "ignore":
        # then what they say may be reason enough to ask the service for nothing
        definitions = _definitions(options)
        problems += _emptiness(options, definitions)
        if problems:
            return refused([*problems, *definitions.findings], {})
    with Service(connection_settings(options), wish.concurrency) as service:
        root = service.transport.settings.root
        looked = meanwhile(functools.partial(bulk.look, service, progress))
        if definitions is None:
            definitions = _definitions(options)
        try:
            world = looked()
            wish = wish._replace(scope=_scope(options, world))
            prints = Fingerprints(_key(service))
            planned = None
            if options["plan"] is not None:
                planned = _planned(options, definitions, world, prints, root)
            proposal = _proposal(service, world, definitions, wish, planned, progress=progress)
            is_refused = bool(proposal.findings)
            is_prediction = check_mode and not is_refused
            if is_prediction or is_refused:
                skipped = "something speaks against the run" if is_refused else ""
                outcomes = [Outcome(step, skipped=skipped) for step in proposal.steps]
            else:
                outcomes = bulk.carry_out(service, world, proposal, wish, progress)
        except Problem as error:
            failure = failure_of(error, "The external users could not be looked at")
            findings = definitions.findings
            if findings:
                return refused([*findings, Finding("", failure.message)], service.requests)
            return undecided(failure, service.requests)
        plan = saved_plan.to_document(proposal.steps, root, prints)
        result = of_bulk(outcomes, plan, options, is_prediction=is_prediction)
        if is_refused:
            result |= refused(proposal.findings, service.requests)
        return {**result, **_warnings(definitions), "requests": service.requests}


def _proposal(
    service: Service,
    world: World,
    definitions: Definitions,
    wish: Wish,
    planned: tuple[list[Step], list[Finding]] | None,
    *,
    progress: Progress,
) -> Proposal:
    """Decide what is to happen, from the definitions or as it was planned earlier."""
    if planned is not None:
        steps, findings = planned
    else:
        if definitions.findings:
            # whoever is meant by a broken definition is not left over
            wish = wish._replace(prune="ignore")
        steps, findings = bulk.propose(service, world, definitions.declared, wish)
    findings = [*definitions.findings, *findings]
    return bulk.weigh(service, world, steps, findings, wish, progress=progress)


def _warnings(definitions: Definitions) -> Result:
    if not definitions.unused_passwords:
        return {}
    names = ", ".join(definitions.unused_passwords[:10])
    return {"warnings": [f"passwords names users that no definition is about: {names}"]}


def _emptiness(options: Options, definitions: Definitions) -> list[Finding]:
    """Refuse to prune everybody, unless that is meant."""
    is_empty = options["plan"] is None and not any(
        one.desired.state is State.PRESENT for one in definitions.declared
    )
    if options["prune"] == "ignore" or not is_empty or options["allow_empty"]:
        return []
    message = (
        "there is no definition of a user that shall exist, and pruning would then mean every"
        " user in scope. Set allow_empty if that is meant."
    )
    return [Finding("users", message)]


def _definitions(options: Options) -> Definitions:
    """Collect the definitions of all sources, and everything that is wrong with them."""
    problems: list[Finding] = []
    passwords = {}
    for name, text in (options["passwords"] or {}).items():
        if isinstance(text, str) and text:
            passwords[str(name)] = Secret(text)
        else:
            problems.append(Finding("passwords", f"the password of '{name}' is not a text."))
    definitions = Definitions(options["defaults"] or {}, passwords, "")
    definitions.findings.extend(problems)
    entries = enumerate(options["users"] or [])
    definitions.add([(Place("users", index), entry) for index, entry in entries])
    files, unreadable = read_all(options["src"] or [])
    definitions.findings.extend(unreadable)
    for file in files:
        definitions.add(file.entries, file.defaults, file.name)
    definitions.leave_out_doubles()
    return definitions


def _wish(options: Options) -> tuple[Wish, list[Finding]]:
    findings: list[Finding] = []
    parsed: dict[str, limits.Limit] = {}
    try:
        parsed = limits.parsed(options["limits"] or {})
    except UserError as error:
        findings.append(Finding("", str(error)))
    if not 1 <= options["concurrency"] <= 32:
        findings.append(Finding("concurrency", "must be from 1 to 32."))
    if options["max_failures"] < 0:
        findings.append(Finding("max_failures", "must be 0 (no end) or more."))
    findings += _scope_findings(options)
    wish = Wish(
        prune=options["prune"],
        protect=tuple(options["protect"] or ()),
        limits=parsed,
        most_failures=1 if options["on_error"] == "stop" else options["max_failures"],
        preflight=options["preflight"] == "service",
        concurrency=max(1, min(options["concurrency"], 32)),
        verify=options["verify"],
    )
    return wish, findings


def _scope_findings(options: Options) -> list[Finding]:
    scope = options["prune_scope"]
    if scope is None:
        if options["prune"] == "ignore":
            return []
        message = (
            "is needed with prune: say which users the definitions are about, by roles, user_names"
            " or person_ids, or write prune_scope: all."
        )
        return [Finding("prune_scope", message)]
    if scope == "all":
        return []
    if not isinstance(scope, Mapping) or not scope:
        return [Finding("prune_scope", f"must be 'all' or a mapping of {', '.join(SCOPES)}.")]
    findings = [
        Finding("prune_scope", f"unknown {name}; known are {', '.join(SCOPES)}.")
        for name in scope
        if name not in SCOPES
    ]
    findings += [
        Finding("prune_scope", f"{name} must be a list that is not empty.")
        for name, value in scope.items()
        if name in SCOPES and (not isinstance(value, list) or not value)
    ]
    ids = scope.get("person_ids")
    if isinstance(ids, list) and not all(_is_id(one) for one in ids):
        findings.append(Finding("prune_scope", "person_ids must be ids."))
    return findings


def _is_id(value: object) -> bool:
    text = str(value)
    return len(text) <= LONGEST_ID and text.isdecimal()


def _scope(options: Options, world: World) -> Selection | None:
    scope = options["prune_scope"]
    if scope is None or scope == "all":
        return None
    names, roles, ids = (scope.get(name) for name in ("user_names", "roles", "person_ids"))
    return Selection(
        user_names=UNSET if names is None else tuple(map(str, names)),
        person_ids=UNSET if ids is None else frozenset(int(one) for one in ids),
        role_ids=UNSET if roles is None else _role_ids(roles, world),
    )


def _role_ids(names: Sequence[object], world: World) -> frozenset[int]:
    found: set[int] = set()
    for name in names:
        ids = world.roles.ids_of_texts([str(name)])
        role = None if ids else world.roles.wanted(DesiredUser(role=str(name)))
        if role:
            ids = [role.role_id]
        if not ids:
            possible = ", ".join(f"'{text}'" for text in world.roles.possible)
            raise UserError(
                "role", f"prune_scope: there is no role '{name}'. Possible roles: {possible}."
            )
        found.update(ids)
    return frozenset(found)


def _key(service: Service) -> str:
    """Return a secret that the run which makes a plan and the one which applies it both know."""
    return "\n".join(service.transport.settings.authentication.secrets)


def _planned(
    options: Options, definitions: Definitions, world: World, prints: Fingerprints, root: str
) -> tuple[list[Step], list[Finding]]:
    entries = saved_plan.from_document(_document(options["plan"]), root)
    has_definitions = options["users"] is not None or options["src"] is not None
    declared = definitions.declared if has_definitions else None
    passwords = {name: Secret(text) for name, text in (options["passwords"] or {}).items()}
    return saved_plan.revived(entries, world.population, declared, passwords, prints)


def _document(plan: typing.Any) -> object:
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
        "limits": {"type": "dict"},
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
