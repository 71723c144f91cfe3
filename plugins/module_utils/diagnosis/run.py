# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of checks, and the run over it."""

from __future__ import annotations

import time
import typing
from collections.abc import Sequence

from ..client.cancellation import CancelToken
from ..client.errors import Cancelled, NetServerError
from ..client.inspection import BudgetSpent, Inspector, neutral
from ..client.settings import ConnectionSettings
from .check import Check, CheckResult, Findings, Status, Verdict, failed, skipped
from .checks import connection, errors, lists, login, persons, users
from .probe import Probe, flags_check
from .profile import profile_of

MOST_REQUESTS = 40
_NOT_EXAMINED = "Not examined: "
NOT_ASKED = "it writes to a user, and needs probe_user."
IN_CHECK_MODE = "check mode writes nothing."

# in the order in which they run: what the collection relies on most comes first, since what is
# left when all requests are spent is skipped
CHECKS: Sequence[Check] = (
    *connection.FIRST,
    login.SCHEME,
    login.LOGIN,
    login.RIGHTS,
    *login.AGENT,
    *lists.LIST,
    users.KEY,
    users.NAMES,
    *lists.FILTERS,
    *errors.ERRORS,
    login.OWN_USER,
    users.VALIDATION,
    persons.PERSONS,
    persons.LAST_LOGIN,
    users.LOGIN_NAMES,
    lists.QUERY_LENGTH,
    connection.FIREWALL,
    persons.RETIRED,
    persons.PASSWORD_MAIL,
    login.TOKENS,
    lists.UNKNOWN_COLUMNS,
    users.TRIMMING,
    lists.DEFAULTS,
    lists.FORMS,
    errors.PROPERTIES,
)
# these look at what was seen
LAST = connection.LAST


def all_checks(probe: Probe | None = None, why_not: str = NOT_ASKED) -> list[Check]:
    """Return all checks; without a probe, the one that writes is skipped for a reason."""
    return [*CHECKS, flags_check(probe, why_not), *LAST]


class Diagnosis(typing.NamedTuple):
    """All that was found out."""

    results: list[CheckResult]
    version: str
    login_name: str
    login_type: str
    manages_external: bool
    profile: dict[str, typing.Any]
    requests: dict[str, int]


def diagnose(
    settings: ConnectionSettings,
    checks: Sequence[Check],
    cancel_token: CancelToken | None = None,
) -> Diagnosis:
    """Run all checks; nothing is written unless one of them does.

    Raises:
        Cancelled: the run was interrupted.
        BadConnectionOption: a connection option cannot work.
    """
    findings = Findings()
    with Inspector(settings, MOST_REQUESTS, cancel_token) as inspector:
        results: list[CheckResult] = []
        for check in checks:
            results.append(_result(check, inspector, findings, results))
        return Diagnosis(
            results,
            findings.version,
            login.login_name(findings),
            login.login_type(findings),
            findings.manages_external,
            profile_of(findings.profile),
            inspector.requests,
        )


def _result(
    check: Check, inspector: Inspector, findings: Findings, results: Sequence[CheckResult]
) -> CheckResult:
    started = time.monotonic()
    verdict = _hindrance(check, results, findings)
    if verdict is None:
        verdict = _verdict(check, inspector, findings)
    milliseconds = round((time.monotonic() - started) * 1000)
    detail = verdict.detail
    if verdict.status is Status.FAILED and check.breaks not in detail:
        detail = f"{detail} {check.breaks}"
    return CheckResult(check.name, verdict.status, detail, verdict.remedy, milliseconds)


def _hindrance(check: Check, results: Sequence[CheckResult], findings: Findings) -> Verdict | None:
    """Say why a check cannot run: a check that it needs, or that one needs, has failed."""
    by_name = {one.name: one for one in results}
    for need in check.needs:
        needed = by_name[need]
        if needed.status is Status.FAILED:
            return skipped(f"{_NOT_EXAMINED}the check '{need}' failed.")
        # TLS cannot be judged without a connection, which the check of the address explains
        if needed.status is Status.SKIPPED and need != "tls":
            reason = needed.detail.removeprefix(_NOT_EXAMINED)
            is_inherited = needed.detail.startswith(_NOT_EXAMINED)
            return skipped(
                f"{_NOT_EXAMINED}{reason}"
                if is_inherited
                else f"{_NOT_EXAMINED}the check '{need}' was skipped."
            )
    if "users" in check.needs and not findings.users:
        return skipped(
            f"{_NOT_EXAMINED}no external user is listed.",
            "Create an external user, and run the diagnosis again.",
        )
    return None


def _verdict(check: Check, inspector: Inspector, findings: Findings) -> Verdict:
    try:
        return check.run(inspector, findings)
    except Cancelled:
        raise
    except BudgetSpent:
        return skipped(f"{_NOT_EXAMINED}{MOST_REQUESTS} requests were sent, the most there may be.")
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # what an unknown service returns must not hide what the other checks found
        return failed(
            f"A response has a form that this check does not know ({type(error).__name__}).",
            "Report this with the file diagnosis.md.",
        )
    except NetServerError as error:
        advice = check.remedy or f"{error.advice or 'Look at the log of the service'}."
        return failed(f"{neutral(error, inspector.settings)}.", advice)
