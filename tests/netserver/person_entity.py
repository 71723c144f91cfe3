# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PersonEntity carrier: large, mostly empty here, but complete."""

from __future__ import annotations

import sqlite3

from . import carriers
from .call import Call
from .carriers import Carrier
from .view import EMPTY_DATE

_RIGHTS: Carrier = {"TableRight": None, "FieldProperties": None}
_STRINGS = (
    "MiddleName Mrmrs Description PersonNumber Post3 Post2 Post1 Kanalname Kanafname Salutation"
    " DbiKey"
).split()
_NUMBERS = (
    "ActiveInterests DbiAgentId SentInfo ShowContactTickets Source ActiveErpLinks"
    " ActiveStatusMonitorId CreatedByFormId LeadstatusId"
).split()
_DATES = "UpdatedDate CreatedDate BirthDate DbiLastModified DbiLastSyncronized".split()
_LISTS = (
    "PrivatePhones Faxes MobilePhones OfficePhones OtherPhones Interests Urls ChatEmails"
    " InternetPhones ShipmentTypes Consents BounceEmails"
).split()
_ENTITIES = (
    "CreatedBy Position UpdatedBy Country Address Category Business Associate SupportAssociate"
    " TicketPriority CustomerLanguage UtmParameters"
).split()
_OBJECTS = "UserDefinedFields ExtraFields CustomFields".split()

_TEMPLATE: Carrier = {
    **dict.fromkeys(_STRINGS, ""),
    **dict.fromkeys(_NUMBERS, 0),
    **dict.fromkeys(_DATES, EMPTY_DATE),
    **{name: [] for name in _LISTS},
    **dict.fromkeys(_ENTITIES),
    **{name: {} for name in _OBJECTS},
    "NoMailing": False,
    "UsePersonAddress": False,
    **_RIGHTS,
}


def person_entity(call: Call, row: sqlite3.Row) -> Carrier:
    """Make a PersonEntity; a user's associate and UserInfo are filled in if the person is one."""
    users = call.view.users_of_person(row["person_id"])
    name = carriers.full_name(row["first_name"], row["last_name"])
    emails = [
        {"Value": address, "StrippedValue": address, "Description": "", **_RIGHTS}
        for address in call.view.addresses(row["person_id"])
    ]
    return {
        **_TEMPLATE,
        "PersonId": row["person_id"], "Firstname": row["first_name"],
        "Lastname": row["last_name"], "Title": row["title"], "FullName": name,
        "FormalName": name, "PersonNumber": row["person_number"], "Emails": emails,
        "Retired": bool(row["retired"]),
        "Contact": _contact(row), "IsAssociate": bool(users),
        "CorrespondingAssociate": carriers.associate(call, users[0]) if users else None,
        "UserInfo": carriers.user_info(call, users[0]) if users else None,
    }  # fmt: skip


def _contact(row: sqlite3.Row) -> Carrier | None:
    if not row["contact_id"]:
        return None
    strings = (
        "OrgNr Department URL City DirectPhone EmailAddress Kananame EmailAddressName URLName"
        " AssociateFullName BusinessName CategoryName CountryName FormattedAddress Number1 Number2"
    ).split()
    return {
        **dict.fromkeys(strings, ""),
        "ContactId": row["contact_id"], "Name": row["contact_name"] or "",
        "FullName": row["contact_full_name"] or "", "Department": row["department"] or "",
        "OrgNr": row["orgnr"] or "", "Number1": row["number"] or "",
        "AssociateId": 0, "CountryId": 0, "Address": None,
        "IsOwnerContact": False, "ActiveErpLinks": 0, **_RIGHTS,
    }  # fmt: skip
