# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sample data for reports: an installation with users, and definitions that differ from it."""

from __future__ import annotations

from typing import Any

from tests.modules.execution_paths import run_in_process
from tests.netserver import NetServer

ADMIN = ("automation", "long-enough-Admin-1-password")
COMPANIES = (
    "Fjord Software AS",
    "Nordlys Logistikk",
    "Contoso Ltd",
    "Åsgård Maritim",
    "Brüning GmbH",
)
FIRST = (
    "Anna Bo Cecilie David Eva Finn Grete Hans Ida Jon Kari Lars Mette Nils Oda Per Ragnhild Sven"
).split()
LAST = (
    "Berg Dahl Eide Foss Gran Haugen Iversen Juul Krogh Lund Moe Nygård Olsen Paulsen Riis"
).split()
ROLES = ("Partner", "Vendor", "External user", "Vendor")


def settled(server: NetServer, count: int) -> list[dict[str, Any]]:
    """Fill a server with `count` users of several companies; return definitions that fit them."""
    tenant = server.tenant
    companies = [tenant.add_contact(name) for name in COMPANIES]
    definitions: list[dict[str, Any]] = []
    for number in range(count):
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
        company = companies[number % len(companies)]
        domain = (
            COMPANIES[number % len(companies)].split()[0].lower().encode("ascii", "ignore").decode()
        )
        serial = number // (len(FIRST) * len(LAST))
        user_name = f"{first}.{last}{serial or ''}@{domain}.example".lower()
        person = tenant.add_person(first_name=first, last_name=last, contact_id=company)
        role = ROLES[number * 7 % 4]
        is_active = number % 9 != 4
        tenant.add_external_user(
            user_name, person_id=person, role_id=tenant.role_id(role), is_active=is_active
        )
        definitions.append(
            {"user_name": user_name, "person_id": person, "role": role, "is_active": is_active}
        )
    return definitions


def drifted(server: NetServer, definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask for changes of every kind; return the definitions with them."""
    wanted = [dict(one) for one in definitions]
    for position in range(3, len(wanted), 17):
        wanted[position]["role"] = "Partner" if wanted[position]["role"] != "Partner" else "Vendor"
    for position in range(5, len(wanted), 31):
        wanted[position]["is_active"] = not wanted[position]["is_active"]
    for position in range(8, len(wanted), 53):
        name = wanted[position]["user_name"]
        wanted[position] |= {"user_name": f"new.{name}", "previous_user_names": [name]}
    for position in range(11, len(wanted), 67):
        wanted[position]["state"] = "absent"
        wanted[position] = {
            key: wanted[position][key] for key in ("user_name", "person_id", "state")
        }
    for position in range(13, len(wanted), 71):
        wanted[position] |= {"password": f"Set-by-hand-{position}-x", "update_password": "always"}
    for number in range(max(2, len(wanted) // 40)):
        person = server.tenant.add_person(first_name="New", last_name=f"Person {number}")
        wanted.append(
            {
                "user_name": f"newcomer{number:03}@fjord.example",
                "person_id": person,
                "role": ROLES[number % 4],
                "generate_password": True,
            }
        )
    return wanted


def bulk(server: NetServer, *, check: bool = True, **options: Any) -> dict[str, Any]:
    """Run superoffice_external_users in this process and return its result."""
    connection = {
        "url": server.url,
        "auth_username": server.admin[0],
        "auth_password": server.admin[1],
        "retries": 0,
    }
    limits = {"deactivate": None, "delete": None, "password": None}
    return run_in_process(
        "superoffice_external_users", {**connection, "limits": limits, **options}, check
    )
