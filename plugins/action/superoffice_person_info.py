# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs superoffice_person_info in process where that gives the same result."""

from __future__ import annotations

from ansible_collections.superoffice.crm.plugins.module_utils.task.person_info import TASK
from ansible_collections.superoffice.crm.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction):
    """The task of superoffice_person_info."""

    task = TASK
