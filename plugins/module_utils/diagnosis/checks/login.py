# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the login: its scheme, its rights, the User agent, and the roles."""

from __future__ import annotations

import collections
import re

from ...client import json_fields, urls
from ...client.archive import PAGE_SIZE
from ...client.errors import Unauthorized
from ...client.inspection import Inspected, Inspector, neutral
from ...client.languages import in_language, parts
from ...client.request import Request
from ...client.user_agent import USER_TYPES
from ...domain.model import Secret
from ..check import Check, Findings, Verdict, failed, passed, skipped, warning

_PRINCIPAL = Request("login", "User/currentPrincipal", "GET", "v1/User/currentPrincipal")
_TOKEN = Request("login", "User/currentToken", "GET", "v1/User/currentToken")
_MANAGES_INTERNAL = frozenset({"admin-all", "admin-users"})
_MANAGES_EXTERNAL = "admin-extern-user"
_RIGHTS = (
    "Use a login that may administer external users: a system user, or an employee with the right"
    " 'Allow administration of external users'."
)
_ANONYMOUS = (
    "enable anonymous authentication in IIS for the folder of the WebAPI, and disable Windows"
    " authentication there, so that the service itself checks the login."
)
RIGHT_ERRORS = {
    "SoIllegalOperationException": "illegal-operation",
    "SoFunctionRightException": "function-right",
    "SoSentryException": "sentry",
}


def _login_scheme(inspector: Inspector, findings: Findings) -> Verdict:
    inspected = inspector.send_anonymously(_PRINCIPAL)
    if inspected.status != 401:
        return warning(
            f"A request without a login is not rejected with HTTP 401, but gets HTTP"
            f" {inspected.status}.",
            "Check whether a proxy responds in place of the service, or whether anonymous users"
            " have access to it.",
        )
    body = inspected.raw.body.strip()
    form = "empty" if not body else "json" if inspected.json is not None else "html"
    findings.learn("unauthorized_body", form)
    offered = inspected.raw.headers.get("WWW-Authenticate", "")
    if re.search(r"\b(Negotiate|NTLM)\b", offered, re.IGNORECASE):
        findings.learn("challenge", "windows")
        return warning(
            "The web server offers Windows authentication (Negotiate, NTLM).",
            f"Nothing, if the check 'login' passes. Otherwise: {_ANONYMOUS}",
        )
    if re.search(r"\bBasic\b", offered, re.IGNORECASE):
        findings.learn("challenge", "basic")
        return passed("The service asks for a login with Basic.")
    return passed("The service asks for a login (HTTP 401) without naming a scheme.")


def _login(inspector: Inspector, findings: Findings) -> Verdict:
    settings = inspector.settings
    inspected = inspector.send(_PRINCIPAL)
    if isinstance(inspected.error, Unauthorized):
        is_windows = findings.profile.get("challenge") == "windows"
        is_page = inspected.json is None and bool(inspected.raw.body.strip())
        if is_windows and is_page and settings.authentication.scheme == "basic":
            findings.learn("challenge", "windows-only")
        remedy = f"{settings.authentication.advice}."
        if is_windows:
            remedy += f" If they are right: {_ANONYMOUS}"
        return failed("The login was rejected (HTTP 401).", remedy)
    principal = json_fields.record(inspected.result(), _PRINCIPAL.operation)
    findings.login_id = json_fields.number(principal, "AssociateId", _PRINCIPAL.operation)
    findings.principal = principal
    return passed(f"The login was accepted ({settings.authentication.scheme}).")


def login_type(findings: Findings) -> str:
    """Return the type of the calling login, an empty string where it is unknown."""
    value = findings.principal.get("UserType")
    if isinstance(value, int) and 0 <= value < len(USER_TYPES):
        return USER_TYPES[value]
    return value if value in USER_TYPES else ""


def login_name(findings: Findings) -> str:
    """Return the name of the calling login, an empty string where it is unknown."""
    for key in ("UserName", "Associate"):
        value = findings.principal.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _rights(inspector: Inspector, findings: Findings) -> Verdict:  # noqa: ARG001
    kind = login_type(findings)
    rights = _words(findings.principal.get("FunctionRights"))
    licences = _words(findings.principal.get("Licenses"))
    is_system = kind == "SystemAssociate"
    findings.manages_internal = is_system or bool(_MANAGES_INTERNAL & rights)
    is_allowed = any(_MANAGES_EXTERNAL in one for one in rights | licences)
    findings.manages_external = findings.manages_internal or is_allowed
    if kind == "ExternalAssociate":
        findings.manages_external = False
        return failed(f"The login is itself an external user. {_USELESS}", _RIGHTS)
    if findings.manages_external:
        return passed(f"The login ({kind}) may administer external users.")
    return warning(
        f"The login ({kind or 'of an unknown type'}) does not show a right to administer external"
        " users. Reading may work, and writing then fails with the error kind 'forbidden'.",
        _RIGHTS,
    )


_USELESS = "External users can neither read the list of users nor change it."


def _words(value: object) -> set[str]:
    """Return the names in a list of rights, which are strings, or of licences, with a Name each."""
    found = set()
    for one in value if isinstance(value, list) else ():
        name = one.get("Name") if isinstance(one, dict) else one
        if isinstance(name, str):
            found.add(name)
    return found


def _user_agent(inspector: Inspector, findings: Findings) -> Verdict:
    inspected = inspector.agent("GetAllRoles", {"RoleType": "ExternalUser"}, kind="roles")
    problem = inspected.error
    if problem is None and isinstance(inspected.value, list):
        findings.learn("user_agent", "available")
        findings.roles = list(json_fields.rows(inspected.value, "GetAllRoles"))
        return passed("The User agent is available, as onsite.")
    if problem and findings.manages_external:
        form = "object" if problem.status == 200 else str(problem.status)
        if f"online-{form}" in ("online-401", "online-403", "online-404", "online-object"):
            findings.learn("user_agent", f"online-{form}")
    reason = neutral(problem, inspector.settings) if problem else "It returned null"
    where = (
        "This is SuperOffice Online, which does not offer it."
        if urls.looks_like_online(inspector.settings.root)
        else "SuperOffice Online does not offer it."
    )
    return failed(
        f"The User agent is not available: {reason}. {where}",
        f"Use an onsite installation. There: {_RIGHTS[0].lower()}{_RIGHTS[1:]}",
    )


def _roles(inspector: Inspector, findings: Findings) -> Verdict:
    query = {
        "$select": "roleId,name,roleTypeId,isDeleted",
        "$filter": "roleId gt 0",
        "$orderBy": "roleId",
        "$top": str(PAGE_SIZE),
    }
    inspected = inspector.archive("Role", query, kind="roles")
    listed = json_fields.record(inspected.result(), "Archive/Role")
    archive = json_fields.rows(listed.get("value"), "Archive/Role")
    operation = "GetAllRoles"
    usable = [
        row
        for row in findings.roles
        if not json_fields.flag(row, "Deleted", operation, missing=False)
    ]
    deleted = {
        json_fields.number(row, "roleId", "Archive/Role")
        for row in archive
        if json_fields.flag(row, "isDeleted", "Archive/Role", missing=False)
        and json_fields.number(row, "roleTypeId", "Archive/Role", missing=-1) == 1
    }
    ids = {json_fields.number(row, "Id", operation) for row in findings.roles}
    if deleted:
        findings.learn("deleted_roles", "listed" if deleted & ids else "hidden")
    if not usable:
        return failed(
            "There is no role for external users.",
            "Create a role of the type 'External user' in Settings and maintenance, or use a login"
            " that may see the roles.",
        )
    language = inspector.settings.language
    names = [in_language(json_fields.text(row, "Name", operation), language) for row in usable]
    counted = f"{len(usable)} roles for external users"
    twice = sum(1 for number in collections.Counter(names).values() if number > 1)
    if twice:
        return warning(
            f"{counted}; {twice} of their names belong to several roles each.",
            "In definitions of users with such a role give role_id instead of role.",
        )
    untranslated = any(parts(json_fields.text(row, "Name", operation)) for row in usable)
    suffix = "; names come in all languages" if untranslated else ""
    return passed(f"{counted}{suffix}.")


def _tokens(inspector: Inspector, findings: Findings) -> Verdict:
    issued = inspector.send(_TOKEN)
    token = _token_of(issued)
    if token is None:
        return skipped("The service issues no token for the login.")
    with_token = inspector.send_with_token(_PRINCIPAL, token)
    is_accepted = with_token.error is None
    findings.learn("bearer", "accepted" if is_accepted else "refused")
    if is_accepted:
        return passed("Tokens (User/currentToken) are accepted as a login.")
    return warning(
        f"Tokens of the service (User/currentToken) are rejected (HTTP {with_token.status}).",
        "Use auth_method basic or soticket, and leave auth_exchange_token false.",
    )


def _token_of(inspected: Inspected) -> Secret | None:
    value = inspected.value
    if isinstance(value, dict):
        value = next((one for key, one in value.items() if key.lower() == "token"), None)
    is_text = isinstance(value, str) and value.isascii() and value.isprintable()
    return Secret(value) if is_text and value else None


def _own_user(inspector: Inspector, findings: Findings) -> Verdict:
    """Examine what happens to users that are not external, on the calling login itself."""
    query = {
        "$select": "personId",
        "$filter": f"associateDbId associateIsOneOf ({findings.login_id})",
        "$entities": "all",
        "$top": "10",
    }
    inspected = inspector.archive("ExternalUsers", query)
    page = json_fields.record(inspected.result(), "Archive/ExternalUsers")
    is_listed = bool(json_fields.rows(page.get("value"), "Archive/ExternalUsers"))
    findings.learn("internal_listed", "yes" if is_listed else "no")
    if not findings.manages_internal:
        _learn_unmanaged(inspector, findings)
    if not is_listed:
        return passed("The list of external users has no other users.")
    return warning(
        "The list of external users has internal users as well. The modules never change those.",
        "Nothing. With prune, let prune_scope name the roles of external users.",
    )


def _learn_unmanaged(inspector: Inspector, findings: Findings) -> None:
    inspected = inspector.agent("GetUser", query={"userId": str(findings.login_id)})
    unknown = findings.profile.get("unknown_id")
    if inspected.error is None and inspected.value is not None:
        findings.learn("unmanaged_user", "shown")
        return
    if inspected.error is None:
        # as for an unknown user, or as for any missing right
        if unknown == "null":
            findings.learn("unmanaged_user", "null")
        elif "missing_right" not in findings.profile:
            findings.learn("unmanaged_user", "illegal-operation")
            findings.learn("missing_right", "null")
        return
    kind = RIGHT_ERRORS.get(inspected.reason)
    if kind is None:
        findings.learn("unmanaged_user", "null")
        return
    findings.learn("unmanaged_user", kind)
    learn_missing_right(findings, inspected, is_agent=True)


def learn_missing_right(findings: Findings, inspected: Inspected, *, is_agent: bool) -> None:
    """Note with which status a missing right is refused."""
    if findings.profile.get("errors") == "asp-net":
        return
    form = "object" if inspected.status == 200 else str(inspected.status)
    # an archive says 403 where an agent returns null, or an object
    if form in ("401", "400", "500") or (is_agent and form in ("403", "object")):
        findings.learn("missing_right", form)


_NO_LOGIN = "No module works without a login."

SCHEME = Check("login_scheme", _login_scheme, _NO_LOGIN, ("address",))
LOGIN = Check("login", _login, _NO_LOGIN, ("address",))
RIGHTS = Check("rights", _rights, "Nothing can be changed.", ("login",))
AGENT = (
    Check("user_agent", _user_agent, "No user can be changed.", ("login",)),
    Check("roles", _roles, "No role can be given to a user.", ("user_agent",)),
)
OWN_USER = Check("own_user", _own_user, "The calling login could be changed.", ("users",))
TOKENS = Check("tokens", _tokens, "Tokens cannot be used as a login.", ("login",))
