# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what else belongs to a user: the person, the last login, mails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...client import json_fields
from ...client.archive import any_of, associate_is, fits, number_is, text_is
from ...client.inspection import Inspected, Inspector, neutral
from ..check import Check, Findings, Row, Verdict, failed, passed, skipped, warning
from ..rows import OPERATION, key_of, page_of, sample_of
from .login import RIGHT_ERRORS, learn_missing_right

_MOST_PERSONS = 5
_LOGIN_ID = "correspondingAssociate/associateDbId"
_COLUMNS = ("personId", "fullName", "retired", "personContact/name", "email/emailAddress")


def _persons(inspector: Inspector, findings: Findings) -> Verdict:
    ids = {
        json_fields.number(row, "personId", OPERATION, missing=0): key_of(row)
        for row in findings.users[:_MOST_PERSONS]
    }
    ids.pop(0, None)
    if not ids:
        return skipped("The listed users are no persons' logins.")
    query = {
        "$select": ",".join([*_COLUMNS, _LOGIN_ID]),
        "$filter": any_of(number_is("personId", one) for one in ids),
        "$entities": "person,retiredPerson",
        "$top": "100",
    }
    operation = "Archive/Person"
    rows = page_of(inspector.archive("Person", query, kind="person"), operation)
    found = [json_fields.number(row, "personId", operation) for row in rows]
    if not set(found) >= set(ids):
        return failed(
            f"{len(set(ids) - set(found))} of {len(ids)} persons with a login are not in the"
            " archive of persons.",
            "Use a login that may see all persons. Users of persons that it does not see cannot be"
            " created.",
        )
    missing = [name for name in _COLUMNS if name not in rows[0]]
    if missing:
        return failed(
            f"The archive of persons has no column {', '.join(missing)}.",
            "Use person_id to name persons, and report this with the file diagnosis.md.",
        )
    if len(found) > len(set(found)):
        findings.learn("person_addresses", "rows")
    login_ids = [str(row.get(_LOGIN_ID)) for row in rows if row.get(_LOGIN_ID)]
    if login_ids:
        is_number = all(one.isdecimal() for one in login_ids)
        findings.learn("person_login_id", "number" if is_number else "name")
    if not _is_found_by_address(inspector, rows):
        return failed(
            "A person is not found by the e-mail address that the archive shows.",
            "Use person_id to name persons, and report this with the file diagnosis.md.",
        )
    return passed("Persons can be found, with company, addresses and login.")


def _is_found_by_address(inspector: Inspector, rows: Sequence[Row]) -> bool:
    """Look a person up by an address; where nobody has one, there is nothing to find."""
    column = "email/emailAddress"
    for row in rows:
        address = row.get(column)
        restriction = text_is(column, address) if isinstance(address, str) and address else None
        if restriction is None or not fits(restriction):
            continue
        query = {
            "$select": "personId",
            "$filter": restriction,
            "$entities": "person,retiredPerson",
            "$top": "100",
        }
        found = page_of(inspector.archive("Person", query, kind="person"), "Archive/Person")
        return row.get("personId") in [one.get("personId") for one in found]
    return True


def _last_login(inspector: Inspector, findings: Findings) -> Verdict:
    """Ask for the last login of a user, in the way that costs least for many."""
    row = (sample_of(findings) or [findings.users[0]])[0]
    key = key_of(row)
    prefix = "associate."

    def ask(*columns: str) -> Inspected:
        query = {
            "$select": ",".join(prefix + name for name in columns),
            "$filter": f"{prefix}associate_id = {key}",
            "$top": "1",
        }
        return inspector.archive("dynamic", query)

    inspected = ask("associate_id", "userName", "lastlogin")
    if inspected.error and inspected.status != 404 and inspected.reason not in RIGHT_ERRORS:
        # only the profile needs the name
        inspected = ask("associate_id", "lastlogin")
    if inspected.error:
        return _without_dynamic(inspector, findings, key, inspected)
    findings.learn("dynamic_archive", "served")
    operation = "Archive/dynamic"
    for one in page_of(inspected, operation):
        if json_fields.number(one, f"{prefix}associate_id", operation) == key:
            findings.raw_is_known = f"{prefix}userName" in one
            findings.raw_user_name = json_fields.text(one, f"{prefix}userName", operation) or None
            if f"{prefix}lastlogin" in one:
                return passed("The last login of all users can be read at once.")
    return warning(
        "The archive 'dynamic' does not tell the last login of a user.",
        "Nothing; the last login is then read user by user, which takes longer.",
    )


def _without_dynamic(
    inspector: Inspector, findings: Findings, key: int, refused: Inspected
) -> Verdict:
    if refused.status == 404:
        findings.learn("dynamic_archive", "missing")
    elif refused.reason in RIGHT_ERRORS:
        findings.learn("dynamic_archive", "refused")
        findings.learn("missing_right_error", RIGHT_ERRORS[refused.reason])
        learn_missing_right(findings, refused, is_agent=False)
    user = inspector.agent("GetUser", query={"userId": str(key)}).result()
    last = user.get("Lastlogin") if isinstance(user, dict) else None
    reason = neutral(refused.error, inspector.settings) if refused.error else ""
    if isinstance(last, str) and re.match(r"\d{4}-\d\d-\d\d", last):
        return warning(
            f"The archive 'dynamic' is not available: {reason}. The last login is read user by"
            " user, with GetUser.",
            "Nothing, or allow the calling login to read the archive 'dynamic', so that the last"
            " login of all users takes few requests.",
        )
    return failed(
        f"The last login cannot be read: {reason}, and GetUser does not have it.",
        "Allow the calling login to read the archive 'dynamic'.",
    )


def _retired(inspector: Inspector, findings: Findings) -> Verdict:
    if "retired_listed" in findings.profile:
        return passed("The list of external users has retired users; they are never changed.")
    if findings.profile.get("dynamic_archive") != "served":
        return skipped("Retired users cannot be looked for without the archive 'dynamic'.")
    prefix = "associate."
    query = {
        "$select": f"{prefix}associate_id",
        "$filter": f"{prefix}type = 4 and {prefix}deleted = 1",
        "$top": "1",
    }
    rows = page_of(inspector.archive("dynamic", query), "Archive/dynamic")
    if not rows:
        return skipped("There is no retired external user.")
    key = json_fields.number(rows[0], f"{prefix}associate_id", "Archive/dynamic")
    listed = page_of(
        inspector.archive(
            "ExternalUsers",
            {
                "$select": "personId",
                "$filter": associate_is([key]),
                "$entities": "all",
                "$top": "1",
            },
        )
    )
    findings.learn("retired_listed", "yes" if listed else "no")
    if listed:
        return passed("The list of external users has retired users; they are never changed.")
    return passed("The list of external users has no retired users.")


def _password_mail(inspector: Inspector, findings: Findings) -> Verdict:
    if not findings.sample_has_address:
        return skipped("No listed user is known to have an e-mail address.")
    row = (sample_of(findings) or [findings.users[0]])[0]
    inspected = inspector.agent("GetSupportedChangePasswordTypes", {"AssociateId": key_of(row)})
    value = inspected.result()
    if isinstance(value, list) and "Email" in value:
        findings.learn("password_mail", "supported")
        return passed("The service can send a mail for choosing a password.")
    if isinstance(value, list):
        findings.learn("password_mail", "not-supported")
    return warning(
        "The service does not send mails for choosing a password.",
        "Set up outgoing mail in SuperOffice, or hand passwords over in another way and leave"
        " send_password_email out.",
    )


_PERSONS = "Users of new persons cannot be created."

PERSONS = Check("persons", _persons, _PERSONS, ("users",))
LAST_LOGIN = Check("last_login", _last_login, "Reviews do not show the last login.", ("users",))
RETIRED = Check("retired_users", _retired, "Retired users are not told from others.", ("key",))
PASSWORD_MAIL = Check(
    "password_mail", _password_mail, "send_password_email does not work.", ("columns",)
)
