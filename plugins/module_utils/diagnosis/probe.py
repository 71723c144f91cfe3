# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one check that writes: which spelling of flags SetExternalUserInfo accepts.

The values that are written are those that the user has, so that it does not matter which spelling
is accepted, or whether the check is interrupted. Only the flags Role and Active are named: naming
UserName may change the case of the name or drop the password, which is never sent.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Sequence

from ..client import json_fields
from ..client.archive import USER_QUERY, associate_is
from ..client.errors import Cancelled, Failed, Forbidden, NetServerError, Refused, Unauthorized
from ..client.inspection import Inspected, Inspector, neutral
from ..client.user_agent import FlagSpelling, to_wire
from ..domain.model import Modification
from ..domain.names import name_key
from ..domain.protection import is_protected
from .check import Check, Findings, Verdict, failed, passed, skipped
from .rows import OPERATION, key_of, name_of, page_of

# on top of the requests of the checks that only read
MOST_REQUESTS = 10
MODIFICATION = Modification.ROLE | Modification.ACTIVE
_LOGIN = "Use a login that may administer external users."


class Probe(typing.NamedTuple):
    """The user to write to, and the names of users that nothing may write to."""

    user_name: str
    protect: tuple[str, ...] = ()


class _RefusedUser(Exception):
    """A user to whom the check must not write."""


class _State(typing.NamedTuple):
    """What is written, and compared afterwards."""

    associate_id: int
    person_id: int
    names: tuple[str, ...]
    user_name: str
    role_id: int
    role: str
    is_active: bool


def flags_check(probe: Probe | None, why_not: str) -> Check:
    """Return the check; without a probe it is skipped for the reason that is given."""

    def run(inspector: Inspector, findings: Findings) -> Verdict:
        if probe is None:
            return skipped(f"Not examined: {why_not}")
        inspector.allow(MOST_REQUESTS)
        try:
            state = _permitted(inspector, findings, probe)
        except _RefusedUser as refusal:
            return failed(
                f"Nothing was written: {refusal}.",
                "Let probe_user name an active external user that is not protected, such as one"
                " made for this.",
            )
        return _probed(inspector, findings, state)

    return Check("flags", run, "The spelling of flags is unknown.", ("users", "roles"), _LOGIN)


def _permitted(inspector: Inspector, findings: Findings, probe: Probe) -> _State:
    """Return the state of the user, if it is one that may be written to."""
    found = inspector.agent("GetUserFromName", {"UserName": probe.user_name})
    if found.error is not None or found.value is None:
        raise _RefusedUser("the service knows no user with the name in probe_user")
    user = json_fields.record(found.value, "GetUserFromName")
    key = json_fields.number(user, "AssociateId", "GetUserFromName")
    if key == findings.login_id:
        raise _RefusedUser("probe_user is the calling login")
    infos = json_fields.rows(inspector.agent("GetUserInfoList", [key]).result(), "GetUserInfoList")
    if len(infos) != 1 or infos[0].get("UserType") not in ("ExternalAssociate", 3):
        raise _RefusedUser("probe_user is not an external user")
    if json_fields.flag(infos[0], "Deleted", "GetUserInfoList", missing=False):
        raise _RefusedUser("probe_user is retired")
    state = _state(inspector, user, key)
    if state is None or name_key(probe.user_name) not in map(name_key, state.names):
        raise _RefusedUser("the list of external users does not have probe_user under this name")
    if is_protected(state.names, probe.protect):
        raise _RefusedUser("probe_user is protected")
    if not state.is_active:
        raise _RefusedUser("probe_user is inactive")
    usable = {
        json_fields.number(role, "Id", "GetAllRoles")
        for role in findings.roles
        if not json_fields.flag(role, "Deleted", "GetAllRoles", missing=False)
    }
    if state.role_id not in usable:
        raise _RefusedUser("the role of probe_user is deleted, or none for external users")
    return state


def _state(inspector: Inspector, user: typing.Mapping[str, typing.Any], key: int) -> _State | None:
    """Return what the list and `user` say of a user; None where they do not agree."""
    query = {**USER_QUERY, "$filter": associate_is([key]), "$top": "2"}
    rows = [row for row in page_of(inspector.archive("ExternalUsers", query)) if key_of(row) == key]
    person = user.get("Person") or {}
    role = user.get("Role") or {}
    if len(rows) != 1:
        return None
    row = rows[0]
    person_id = json_fields.number(row, "personId", OPERATION, missing=0)
    if person_id != json_fields.number(person, "PersonId", "GetUser", missing=0):
        return None
    names = {json_fields.text(row, name, OPERATION) for name in ("userName", "assocName")}
    names |= {json_fields.text(user, name, "GetUser") for name in ("Name", "UserName")}
    return _State(
        associate_id=key,
        person_id=person_id,
        names=tuple(sorted(names - {""})),
        user_name=name_of(row),
        role_id=json_fields.number(role, "Id", "GetUser", missing=0),
        role=json_fields.text(row, "role", OPERATION),
        is_active=json_fields.flag(row, "isActive", OPERATION),
    )


def _probed(inspector: Inspector, findings: Findings, before: _State) -> Verdict:
    problem = ""
    results: dict[FlagSpelling, Inspected] = {}
    try:
        for spelling in FlagSpelling:
            forms = {_form(one) for one in results.values()}
            # a null may be a refusal, so that it does not end the search
            if spelling is FlagSpelling.ONE_BY_ONE and forms - {None, "null-200"}:
                continue
            results[spelling] = _write(inspector, before, spelling)
    except Cancelled:
        raise
    except NetServerError as error:
        problem = neutral(error, inspector.settings)
    changes = _changes(inspector, before)
    if changes:
        return failed(
            f"The user is not as it was before: {', '.join(changes)} changed, perhaps by somebody"
            " else at the same time.",
            "Look at this user in Settings and maintenance, and report this with the file"
            " diagnosis.md.",
        )
    if problem:
        return failed(f"{problem}. Reading the user again shows that nothing changed.", _LOGIN)
    return _verdict(findings, results)


def _write(inspector: Inspector, state: _State, spelling: FlagSpelling) -> Inspected:
    """Write the present values back, with one spelling of the flags.

    Raises:
        NetServerError: the response does not tell whether the spelling was accepted.
    """
    flags, _part = list(to_wire(MODIFICATION, spelling))[-1]
    body = {
        "AssociateId": state.associate_id,
        "UserName": state.user_name,
        "Password": "",
        "IsActive": state.is_active,
        "RoleId": state.role_id,
        "ExternalUserInfoModification": flags,
    }
    inspected = inspector.agent("SetExternalUserInfo", body, safe=False, kind="modify")
    error = inspected.error
    is_refusal = isinstance(error, (Refused, Failed)) and not re.fullmatch(
        r"So\w+Exception", inspected.reason
    )
    if error and (not is_refusal or isinstance(error, (Forbidden, Unauthorized))):
        raise error
    return inspected


def _changes(inspector: Inspector, before: _State) -> list[str]:
    """Return the names of the fields that are not as they were."""
    inspected = inspector.agent("GetUser", query={"userId": str(before.associate_id)})
    if inspected.result() is None:
        return ["associate_id"]
    user = json_fields.record(inspected.value, "GetUser")
    after = _state(inspector, user, before.associate_id)
    if after is None:
        return ["person_id"]
    pairs = zip(_State._fields, before, after, strict=True)
    return [name for name, old, new in pairs if old != new]


def _verdict(findings: Findings, results: dict[FlagSpelling, Inspected]) -> Verdict:
    # a null means something only where another spelling got another response
    forms = {spelling: _form(one) for spelling, one in results.items()}
    spoken = [form for form in forms.values() if form not in (None, "null-200")]
    refused = [one for one in results.values() if one.error]
    accepted = [
        spelling
        for spelling, form in forms.items()
        if form is not None and not (form == "null-200" and spoken)
    ]
    if spoken and "null-200" in forms.values():
        findings.learn("flags_refusal", "null")
    elif refused and (refusal := _refusal(refused[0])):
        findings.learn("flags_refusal", refusal)
    if not accepted:
        return failed(
            f"The service accepts no spelling of the flags (HTTP {refused[0].status}).",
            "Do not change users, and report this with the file diagnosis.md.",
        )
    findings.learn("void_reply", str(forms[accepted[0]]))
    known = _flags(accepted)
    findings.learn("flags", known)
    shown = {
        "any": "as names and as a number",
        "names": "as names",
        "integer": "as a number",
        "single": "one per call",
    }
    return passed(
        f"Flags are accepted {shown[known]}. The present values of one user were written back, and"
        " nothing changed."
    )


def _flags(accepted: Sequence[FlagSpelling]) -> str:
    if FlagSpelling.NAMES in accepted:
        return "any" if FlagSpelling.INTEGER in accepted else "names"
    return "integer" if FlagSpelling.INTEGER in accepted else "single"


def _form(inspected: Inspected) -> str | None:
    """Tell the form of the response to a call without a result; None for a refusal."""
    if inspected.error:
        return None
    if inspected.status == 204:
        announced = inspected.raw.headers.get("Content-Length", "0")
        return "empty-204" if announced == "0" else "null-204"
    return "null-200" if inspected.raw.body.strip() else "empty-200"


def _refusal(inspected: Inspected) -> str | None:
    value = inspected.json
    if not isinstance(value, dict):
        return None
    if value.get("Error") is True:
        return {400: "object", 500: "server-error"}.get(inspected.status)
    return "message" if inspected.status in (200, 400) else None
