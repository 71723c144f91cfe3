# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every stage of a run needs."""

from __future__ import annotations

import datetime
import typing

from ..client.client import Client
from .read import CurrentState, ReportProgress
from .run_options import RunOptions


class RunContext(typing.NamedTuple):
    """A run: the service, the state that was read, the options, and who is told about progress.

    `now` is the time in UTC that the definitions are read at.
    """

    client: Client
    state: CurrentState
    options: RunOptions
    progress: ReportProgress
    now: datetime.datetime
