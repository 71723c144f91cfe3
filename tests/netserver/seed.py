# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of an installation at the start; ids and names are always the same.

| table | rows |
| --- | --- |
| contact | 1 Example Industries AS (own company), 2 Northwind Traders, 3 Contoso Ltd |
| role, ExternalUser | 2 External user (predefined), 5 Partner, 6 Vendor, 7 `NO:"Leverandør";US:"Supplier";GE:"Lieferant"`, 8 `[SR_ROLE_CUSTOMER]` (Customer), 9 Former partner (deleted) |
| role, others | 1 User level 0 (Employee), 3 Anonymous (Anonymous), 4 System (System) |
| associate | 1 the admin (system user), 2 RJ (employee, no rights), 3 ROOM1 (resource), 4 ANON (anonymous) |
| person | 1 Robert Johnson (of RJ) |

External users of `--users` have associate ids from 101 and person ids from 1001 (different on
purpose, so that mixing them up shows); persons of `--persons` follow. They are
`user00001@example.com`, "User 00001", company 2, role 2, active, password `Seed-password-00001`.
"""  # noqa: E501

from __future__ import annotations

from .enums import EXTERNAL
from .passwords import PasswordRules, hash_password
from .tenant import Tenant

FIRST_USER = 101
FIRST_PERSON = 1001

ROLES = (
    (1, "User level 0", "Employee", False),
    (2, "External user", "ExternalUser", False),
    (3, "Anonymous", "Anonymous", False),
    (4, "System", "System", False),
    (5, "Partner", "ExternalUser", False),
    (6, "Vendor", "ExternalUser", False),
    (7, 'NO:"Leverandør";US:"Supplier";GE:"Lieferant"', "ExternalUser", False),
    (8, "[SR_ROLE_CUSTOMER]", "ExternalUser", False),
    (9, "Former partner", "ExternalUser", True),
)


def seed(
    tenant: Tenant, users: int, persons: int, admin: tuple[str, str], name_column: str = "both"
) -> None:
    """Fill an empty tenant; `name_column` is the choice of this name."""
    tenant.password_rules = PasswordRules()
    for name in ("Example Industries AS", "Northwind Traders", "Contoso Ltd"):
        tenant.add_contact(name)
    for role_id, name, kind, deleted in ROLES:
        tenant.add_role(name, kind, deleted, role_id, tooltip=f"Description of role {role_id}")
    with tenant.writing() as connection:
        connection.execute("INSERT INTO usergroup (name) VALUES ('Sales')")
    robert = tenant.add_person(
        first_name="Robert", last_name="Johnson", email="robert.johnson@example.com",
        contact_id=1, person_id=1,
    )  # fmt: skip
    tenant.add_internal_user(admin[0], "System", password=admin[1], associate_id=1)
    tenant.add_internal_user("RJ", "Employee", person_id=robert, associate_id=2)
    tenant.add_internal_user("ROOM1", "Resource", associate_id=3)
    tenant.add_internal_user("ANON", "Anonymous", associate_id=4)
    _add_people(tenant, users, persons, name_column)


def _add_people(tenant: Tenant, users: int, persons: int, name_column: str) -> None:
    """Insert in bulk: 100,000 users take seconds."""
    people = (_person(index, users) for index in range(users + persons))
    logins = (_login(index, name_column) for index in range(users))
    with tenant.writing() as connection:
        connection.executemany(
            "INSERT INTO person (person_id, first_name, last_name, email, contact_id)"
            " VALUES (?, ?, ?, ?, 2)",
            people,
        )
        connection.execute(
            "INSERT INTO email SELECT person_id, 1, email, fold(email) FROM person"
            " WHERE person_id >= ?",
            (FIRST_PERSON,),
        )
        connection.executemany(
            "INSERT INTO associate (associate_id, name, name_key, user_name, user_name_key, type,"
            " person_id, role_id, password) VALUES (?, ?, ?, ?, ?, ?, ?, 2, ?)",
            logins,
        )
        for table, first in (("person", FIRST_PERSON), ("associate", FIRST_USER)):
            # Everything that comes later have ids in the same ranges.
            connection.execute(
                "UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = ?", (first - 1, table)
            )


def _person(index: int, users: int) -> tuple[int, str, str, str]:
    kind, number = ("User", index + 1) if index < users else ("Person", index + 1 - users)
    email = f"{kind.lower()}{number:05d}@example.com"
    return FIRST_PERSON + index, kind, f"{number:05d}", email


def _login(
    index: int, name_column: str
) -> tuple[int, str, str, str | None, str | None, int, int, bytes]:
    name = f"user{index + 1:05d}@example.com"
    user_name = None if name_column == "name" else name
    user_id = f"EXT{FIRST_USER + index:05d}" if name_column == "username" else name
    associate_id = FIRST_USER + index
    password = hash_password(associate_id, f"Seed-password-{index + 1:05d}")
    person_id = FIRST_PERSON + index
    return (
        associate_id, user_id, user_id.lower(), user_name, user_name, EXTERNAL, person_id, password
    )  # fmt: skip
