# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of errors: unknown ids, calls that break a rule, malformed arguments."""

from __future__ import annotations

from ...client.inspection import Inspected, Inspector
from ..check import Check, Findings, Verdict, failed, passed, skipped, warning

# the largest associate id there can be
_NOBODY = 2**31 - 1


def _errors(inspector: Inspector, findings: Findings) -> Verdict:
    """Break a rule in calls that only read."""
    broken = inspector.agent("GetSupportedChangePasswordTypes", {"AssociateId": _NOBODY})
    form = _form(broken)
    if form:
        findings.learn("errors", form)
    malformed = inspector.agent("GetUser", query={"userId": "x"})
    if malformed.is_error_object and malformed.status in (200, 400):
        findings.learn("malformed", str(malformed.status))
    if not malformed.error:
        return failed(
            f"A malformed argument is not refused (HTTP {malformed.status}).",
            "Check that no proxy or cache responds in place of the service.",
        )
    if isinstance(broken.value, list):
        return skipped("The service refuses no call that only reads.")
    if form is None:
        return warning(
            f"The response to a call that breaks a rule has an unknown form (HTTP {broken.status})."
            " The modules understand it by its status only.",
            "Report this with the file diagnosis.md.",
        )
    return passed(f"Errors are understood (form '{form}', HTTP {broken.status}).")


def _form(inspected: Inspected) -> str | None:
    """Tell in which of the known forms an agent refused a call."""
    value, status = inspected.json, inspected.status
    if value is None and status == 200:
        return "null"
    if not isinstance(value, dict) or not inspected.is_error_object:
        return None
    if "ExceptionMessage" in value:
        return "asp-net"
    if value.get("Error") is not True:
        return "message" if status == 400 else None
    word = "errormessage" if "ErrorMessage" in value else ""
    if status == 200:
        return "object-errormessage" if word else "object"
    if status == 500 and not word:
        return "server-error"
    return (word or "http") if status == 400 else None


def _unknown_ids(inspector: Inspector, findings: Findings) -> Verdict:
    inspected = inspector.agent("GetUser", query={"userId": str(_NOBODY)})
    if inspected.error is None and inspected.value is None:
        findings.learn("unknown_id", "null")
        return passed("An unknown id returns null.")
    if inspected.error is None:
        return failed(
            "GetUser returns a user for an id that does not exist.",
            "Check that no proxy or cache responds in place of the service.",
        )
    if inspected.status == 404:
        findings.learn("unknown_id", "http-404")
        return passed("An unknown id returns HTTP 404.")
    is_clear = inspected.reason == "SoNotFoundException"
    if is_clear or (inspected.status in (200, 400) and not inspected.reason):
        findings.learn("unknown_id", "error")
        return passed(f"An unknown id is refused (HTTP {inspected.status}).")
    return failed(
        f"An unknown id fails with HTTP {inspected.status}, which does not say that the user does"
        " not exist.",
        "Use a login that may administer external users, and report this with the file"
        " diagnosis.md.",
    )


def _properties(inspector: Inspector, findings: Findings) -> Verdict:
    body = {"RoleType": "ExternalUser", "SuperofficeCrmNoProperty": 1}
    inspected = inspector.agent("GetAllRoles", body, kind="roles")
    findings.learn("unknown_properties", "refuse" if inspected.error else "ignore")
    what = "refused" if inspected.error else "ignored"
    return passed(f"Unknown properties of a call are {what}.")


ERRORS = (
    Check("errors", _errors, "A failed call could be taken for a success.", ("user_agent",)),
    Check(
        "unknown_ids", _unknown_ids, "A user that does not exist is not noticed.", ("user_agent",)
    ),
)
PROPERTIES = Check("properties", _properties, "Nothing that the modules need.", ("user_agent",))
