# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of single users and their names."""

from __future__ import annotations

import re

from ...client import json_fields
from ...client.inspection import Inspector, neutral
from ...client.user_agent import is_missing_call
from ...domain.names import name_key
from ..check import Check, Findings, Verdict, failed, passed, skipped, warning
from ..rows import OPERATION, key_of, name_of, sample_of

# as many as the modules ask for at a time
_MOST_IDS = 50
_EXTERNAL = ("ExternalAssociate", 3)
_NO_USERS = "No external user is listed whose name could be used for this."
_NEEDS_USERS = "Create an external user with a name of letters, and run the diagnosis again."
_ACCENTS = {"a": "ä", "e": "é", "i": "í", "o": "ö", "u": "ü", "n": "ñ", "c": "ç", "s": "š"}
_REPORT = "Do not change users, and report this with the file diagnosis.md."


def _key(inspector: Inspector, findings: Findings) -> Verdict:
    sample = sample_of(findings)
    row = sample.row if sample else findings.users[0]
    key = key_of(row)
    inspected = inspector.agent("GetUser", query={"userId": str(key)})
    if inspected.result() is None:
        return failed("The service does not know a user by the key of the list.", _REPORT)
    user = json_fields.record(inspected.value, "GetUser")
    person = user.get("Person") or {}
    names = {name_key(json_fields.text(user, name, "GetUser")) for name in ("Name", "UserName")} - {
        ""
    }
    listed = {
        name_key(json_fields.text(row, name, OPERATION)) for name in ("userName", "assocName")
    }
    is_same = (
        json_fields.number(user, "AssociateId", "GetUser") == key
        and json_fields.number(person, "PersonId", "GetUser", missing=0)
        == json_fields.number(row, "personId", OPERATION, missing=0)
        and bool(names & listed)
    )
    if not is_same:
        return failed("The key of the list and GetUser lead to different users.", _REPORT)
    ids = [key_of(one) for one in findings.users[:_MOST_IDS]]
    infos = json_fields.rows(inspector.agent("GetUserInfoList", ids).result(), "GetUserInfoList")
    types = {json_fields.number(one, "UserInfoId", "GetUserInfoList"): one for one in infos}
    if not set(types) >= set(ids):
        return failed(
            "Listed users are unknown to GetUserInfoList, which confirms users before they are"
            " changed.",
            "Use a login that may manage all external users.",
        )
    findings.retired_ids = [
        key
        for key in ids
        if json_fields.flag(types[key], "Deleted", "GetUserInfoList", missing=False)
    ]
    if findings.retired_ids:
        findings.learn("retired_listed", "yes")
    if any(types[key].get("UserType") not in _EXTERNAL for key in ids):
        return warning(
            "The list of external users has users of other types, which are never changed.",
            "Nothing. With prune, let prune_scope name the roles of external users.",
        )
    return passed("The key of the list is the associate id.")


def _login_names(inspector: Inspector, findings: Findings) -> Verdict:  # noqa: ARG001
    both = only_name = only_user_name = 0
    for row in findings.users:
        user_name = json_fields.text(row, "userName", OPERATION)
        associate_name = json_fields.text(row, "assocName", OPERATION)
        if not user_name:
            only_name += 1
        elif name_key(user_name) == name_key(associate_name):
            both += 1
        else:
            only_user_name += 1
    most = max(both, only_name, only_user_name)
    if only_name:
        findings.learn("empty_user_name", "null")
    is_derived = findings.raw_is_known and findings.raw_user_name is None
    if most == only_name:
        findings.learn("name_column", "name")
        return passed("Login names are in the column assocName; userName is empty.")
    if most == only_user_name:
        findings.learn("name_column", "username")
        return passed("Login names are in the column userName; assocName has other names.")
    if is_derived:
        findings.learn("empty_user_name", "derived")
    findings.learn("name_column", "name" if is_derived else "both")
    if only_user_name:
        return warning(
            f"{only_user_name} users have one name in the column userName and another in assocName;"
            " either counts.",
            "Use the name in userName in definitions.",
        )
    return passed("Login names are in the columns userName and assocName.")


def _names(inspector: Inspector, findings: Findings) -> Verdict:
    """Look a user up under other spellings of the name."""
    sample = sample_of(findings)
    if sample is None:
        return skipped(_NO_USERS, _NEEDS_USERS)

    def finds(name: str) -> bool:
        inspected = inspector.agent("GetUserFromName", {"UserName": name})
        if inspected.error and inspected.status >= 500 and not inspected.is_error_object:
            raise inspected.error
        user = inspected.value if inspected.error is None else None
        return (
            isinstance(user, dict) and json_fields.shown_number(user, "AssociateId") == sample.key
        )

    if not finds(sample.name.swapcase()):
        if not finds(sample.name):
            return failed(
                "The service does not find a user by the name that its list shows.",
                "Report this with the file diagnosis.md, and identify users by associate_id.",
            )
        findings.learn("name_comparison", "exact")
        return warning(
            "Names are found in the same case only, although case does not matter at login.",
            "Write names in definitions in the case that the service shows.",
        )
    at = re.search("[A-Za-z]|$", sample.name).start()  # type: ignore[union-attr]
    if not finds(sample.name[:at] + _wide(sample.name[at]) + sample.name[at + 1 :]):
        findings.learn("name_comparison", "simple")
        return passed("Names compare character by character, without case.")
    accented = re.search(f"[{''.join(_ACCENTS)}]", sample.name, re.IGNORECASE)
    if accented:
        at = accented.start()
        other = sample.name[:at] + _ACCENTS[sample.name[at].lower()] + sample.name[at + 1 :]
        is_loose = finds(other)
        findings.learn("name_comparison", "accent-insensitive" if is_loose else "sql-server")
        if is_loose:
            return passed("Names compare without case, width and accents.")
    return passed("Names compare without case and width.")


def _wide(character: str) -> str:
    """Return the fullwidth form of an ASCII letter."""
    return chr(ord(character) + 0xFEE0)


def _validation(inspector: Inspector, findings: Findings) -> Verdict:
    row = findings.users[0]
    person_id = json_fields.number(row, "personId", OPERATION, missing=0)
    body = {"AssociateId": 0, "Type": "ExternalAssociate", "PersonId": person_id}
    taken = inspector.agent(
        "IsUserNameValidWithReason", {**body, "UserName": name_of(row)}, kind="validate"
    )
    weak = inspector.agent(
        "IsPasswordValidWithReason",
        {**body, "AssociateId": key_of(row), "Password": "a"},
        kind="validate",
    )
    remedy = (
        "Nothing, if you accept that errors show only when a user is written. The modules rely on"
        " this check to find all errors before the first write."
    )
    error = taken.error or weak.error
    if is_missing_call(error):
        return warning("The service has no calls that validate names and passwords.", remedy)
    if error:
        return failed(
            f"Names and passwords cannot be validated: {neutral(error, inspector.settings)}.",
            "Use a login that may administer external users.",
        )
    if weak.value is not None:
        result = json_fields.record(weak.value, "IsPasswordValidWithReason")
        is_valid = json_fields.flag(result, "Result", "IsPasswordValidWithReason")
        findings.learn("password_rules_apply", "no" if is_valid else "yes")
    if taken.value is not None:
        result = json_fields.record(taken.value, "IsUserNameValidWithReason")
        if json_fields.flag(result, "Result", "IsUserNameValidWithReason"):
            return warning("The service calls a name valid that is in use.", remedy)
        return passed("Names and passwords are validated before a write.")
    return warning("The service does not say whether a name is valid.", remedy)


def _trimming(inspector: Inspector, findings: Findings) -> Verdict:
    row = findings.users[0]
    body = {
        "AssociateId": 0,
        "Type": "ExternalAssociate",
        "PersonId": json_fields.number(row, "personId", OPERATION, missing=0),
        "UserName": f" {name_of(row)}",
    }
    inspected = inspector.agent("IsUserNameValidWithReason", body, kind="validate")
    value = None if is_missing_call(inspected.error) else inspected.result()
    if value is None:
        return skipped("The service does not say whether a name with an outer space is valid.")
    result = json_fields.record(value, "IsUserNameValidWithReason")
    is_other = json_fields.flag(result, "Result", "IsUserNameValidWithReason")
    findings.learn("trim_names", "no" if is_other else "yes")
    if is_other:
        return passed("A name with an outer space is another name.")
    return passed("An outer space of a name does not count.")


_LOOK_UPS = "Users cannot be told from one another."

KEY = Check("key", _key, "The wrong user could be changed.", ("users",))
LOGIN_NAMES = Check("login_names", _login_names, _LOOK_UPS, ("users",))
NAMES = Check("names", _names, _LOOK_UPS, ("users",))
VALIDATION = Check(
    "validation", _validation, "Errors show only when a user is written.", ("users",)
)
TRIMMING = Check(
    "trimming", _trimming, "Only names with outer spaces are affected.", ("validation",)
)
