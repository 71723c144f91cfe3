# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_role_info: what a task of this module does."""

from __future__ import annotations

from ..client.client import Client
from ..engine.failure import Problem, failure_of
from ..engine.read import list_roles
from .arguments import Options, Task, TaskContext, connection_settings
from .result import Result, undecided


def run(options: Options, context: TaskContext) -> Result:
    """List the roles of the installation."""
    settings = connection_settings(options)
    with Client(settings, cancel_token=context.cancel_token) as client:
        try:
            roles = list_roles(client)
        except Problem as error:
            return undecided(failure_of(error, "The roles could not be listed"), client.requests)
        listed = [
            {
                "role_id": role.role_id,
                "name": role.name,
                "type": role.type,
                "deleted": role.deleted,
            }
            for role in sorted(roles, key=lambda role: role.role_id)
        ]
        return {"changed": False, "roles": listed, "requests": client.requests}


TASK = Task(options={}, run=run)
