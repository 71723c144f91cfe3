# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_user: what a task of this module does."""

from __future__ import annotations

from ..client.client import Client
from ..domain.definitions import Definition
from ..domain.entries import KEYS
from ..domain.findings import SourceLocation
from ..domain.persons import disagreement_warning
from ..engine.failure import Problem, failure_of
from ..engine.read import KeyedReader
from ..engine.run import run_definitions
from ..engine.run_context import RunContext
from ..engine.run_options import RunOptions
from .arguments import Options, Task, TaskContext, connection_settings, parse_user, user_options
from .result import Result, undecided
from .user_result import of_user

_LOCATION = SourceLocation("options", 0)


def run_user(options: Options, context: TaskContext) -> Result:
    """Bring one user in line with the options: a batch of one definition."""
    desired = parse_user(options)
    run_options = RunOptions(verify=options["verify"])
    settings = connection_settings(options)
    with Client(settings, cancel_token=context.cancel_token) as client:
        try:
            state = KeyedReader(client, desired).read()
            run = RunContext(client, state, run_options, context.progress, context.now)
            definition = Definition(desired, _LOCATION)
            result = run_definitions(run, [definition], dry_run=context.check_mode)
        except Problem as error:
            failure = failure_of(error, f"{desired.subject} could not be read")
            return undecided(failure, client.requests)
        warnings = (*disagreement_warning(result.plan.steps), *client.archive.warnings)
        result = result._replace(warnings=(*result.warnings, *warnings))
        return of_user(
            result, client.requests, show_generated_password=options["show_generated_password"]
        )


TASK = Task(
    options={
        **user_options(),
        "show_generated_password": {"type": "bool", "default": False, "no_log": False},
        "verify": {"type": "bool", "default": True},
    },
    run=run_user,
    required_one_of=(KEYS,),
    mutually_exclusive=(("role", "role_id"), ("person_email", "person_name")),
)
