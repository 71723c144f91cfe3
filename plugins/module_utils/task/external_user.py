# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_external_user: what a task of this module does."""

from __future__ import annotations

from ..client.client import Service
from ..client.redaction import MASK
from ..engine.failure import Problem, failure_of
from ..engine.single import carry_out, decide
from .arguments import Options, Task, connection_settings, desired_user, user_options
from .result import Result, of_user, undecided


def run(options: Options, check_mode: bool, *_progress: object) -> Result:
    """Make one user be as the options declare it."""
    desired = desired_user(options)
    with Service(connection_settings(options)) as service:
        try:
            decision = decide(service, desired)
        except Problem as error:
            failure = failure_of(error, f"{desired.subject} could not be looked at")
            return undecided(failure, service.requests)
        verify = options["verify"]
        applied = None if check_mode else carry_out(service, decision, verify=verify)
        result = of_user(decision.plan, applied, service.requests)
        if applied and applied.wrote and decision.generated:
            shown = options["show_generated_password"]
            result["generated_password"] = decision.generated.value if shown else MASK
        return result


TASK = Task(
    options={
        **user_options(),
        "show_generated_password": {"type": "bool", "default": False, "no_log": False},
        "verify": {"type": "bool", "default": True},
    },
    run=run,
    required_one_of=(("associate_id", "person_id", "user_name"),),
    mutually_exclusive=(("role", "role_id"),),
)
