# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks, their verdicts, and what later checks know from earlier ones."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Callable, Mapping

from ..client.errors import NetServerError
from ..client.inspection import Inspected, Inspector

Row = Mapping[str, typing.Any]


class Status(str, enum.Enum):
    """How a check ended."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Verdict(typing.NamedTuple):
    """What a check found. `detail` and `remedy` are sentences without names and addresses."""

    status: Status
    detail: str
    remedy: str = ""


def passed(detail: str) -> Verdict:
    """Return the verdict that an assumption holds."""
    return Verdict(Status.PASSED, detail)


def warning(detail: str, remedy: str) -> Verdict:
    """Return the verdict that an assumption holds, but something needs attention."""
    return Verdict(Status.WARNING, detail, remedy)


def failed(detail: str, remedy: str) -> Verdict:
    """Return the verdict that an assumption does not hold."""
    return Verdict(Status.FAILED, detail, remedy)


def skipped(detail: str, remedy: str = "") -> Verdict:
    """Return the verdict that an assumption could not be examined."""
    return Verdict(Status.SKIPPED, detail, remedy)


@dataclasses.dataclass
class Findings:
    """What the checks learned so far; `profile` has the choices that were told apart."""

    profile: dict[str, str] = dataclasses.field(default_factory=dict)
    # the first contact: a response of /api, or why there is none
    contact: Inspected | NetServerError | None = None
    version: str = ""
    principal: Row = dataclasses.field(default_factory=dict)
    login_id: int = 0
    manages_external: bool = False
    manages_internal: bool = False
    roles: list[Row] = dataclasses.field(default_factory=list)
    # the first page of external users, and how many there are
    users: list[Row] = dataclasses.field(default_factory=list)
    total: int | None = None
    has_more: bool = False
    page_is_linked: bool = False
    sample_has_address: bool | None = None
    # associate.userName of the sample as the database has it; None where that is unknown
    raw_user_name: str | None = None
    raw_is_known: bool = False
    retired_ids: list[int] = dataclasses.field(default_factory=list)
    # an archive that refused a query: the form in which it did
    archive_error: Inspected | None = None

    def learn(self, choice: str, value: str) -> None:
        """Note a choice of the profile."""
        self.profile[choice] = value

    def note_archive_error(self, inspected: Inspected) -> None:
        """Keep a response to a wrong query of an archive."""
        if inspected.error and self.archive_error is None:
            self.archive_error = inspected


class Check(typing.NamedTuple):
    """One assumption of the collection.

    `needs` are checks that must not have failed; `breaks` says what does not work if this one
    fails.
    """

    name: str
    run: Callable[[Inspector, Findings], Verdict]
    breaks: str
    needs: tuple[str, ...] = ()
    remedy: str = ""


class CheckResult(typing.NamedTuple):
    """A check that was run, or skipped."""

    name: str
    status: Status
    detail: str
    remedy: str
    milliseconds: int
