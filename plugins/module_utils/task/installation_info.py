# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_installation_info: what a task of this module does."""

from __future__ import annotations

from ..client.errors import NetServerError
from ..diagnosis.probe import Probe
from ..diagnosis.run import IN_CHECK_MODE, all_checks, diagnose
from ..engine.failure import failure_of
from .arguments import Options, Task, TaskContext, connection_settings
from .result import Result, undecided


def run(options: Options, context: TaskContext) -> Result:
    """Check the installation."""
    settings = connection_settings(options)
    if context.check_mode:
        checks = all_checks(why_not=IN_CHECK_MODE)
    elif options["probe_user"]:
        checks = all_checks(Probe(options["probe_user"], tuple(options["protect"])))
    else:
        checks = all_checks()
    try:
        found = diagnose(settings, checks, context.cancel_token)
    except NetServerError as error:
        return undecided(failure_of(error, "The installation could not be checked"), {})
    return {
        "changed": False,
        "installation": {"address": settings.site, "version": found.version or None},
        "login": {
            "name": found.login_name or None,
            "type": found.login_type or None,
            "may_manage_external_users": found.manages_external,
        },
        "checks": [{**check._asdict(), "status": check.status.value} for check in found.results],
        "profile": found.profile,
        "requests": found.requests,
    }


TASK = Task(
    options={
        "probe_user": {"type": "str"},
        "protect": {"type": "list", "elements": "str", "default": []},
    },
    run=run,
)
