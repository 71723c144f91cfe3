# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run is asked for, apart from the definitions."""

from __future__ import annotations

import typing

from ..domain.conditions import Conditions
from ..domain.selection import Scope


class RunOptions(typing.NamedTuple):
    """The options of a run.

    Attributes:
        prune: what happens to users in scope that no definition names: `ignore`, `deactivate` or
            `delete`.
        conditions: the scope that definitions are authoritative for, protected names, limits, and
            the names to which the run is restricted.
        max_failures: how many users may fail before no further one is started; 0 means any number.
        preflight: whether the service validates persons, names and passwords before a write.
        concurrency: how many requests may be in progress at once, at most.
        verify: whether written users are read back.
        journal: the path of the journal, if there is to be one.
    """

    prune: str = "ignore"
    conditions: Conditions = Conditions({}, (), Scope())
    max_failures: int = 10
    preflight: bool = True
    concurrency: int = 1
    verify: bool = True
    journal: str = ""
