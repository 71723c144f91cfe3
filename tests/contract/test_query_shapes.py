# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries that a web application firewall takes for SQL injection.

Every query that the modules send for a corpus of ordinary names is judged by the rules of the
embedded server, and by libinjection itself (rule 942100 of the OWASP core rule set) where its
binding is installed: `pip install libinjection-python`, which needs a C compiler.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import pytest

from tests.modules.execution_paths import run_in_process
from tests.netserver import NetServer
from tests.netserver.firewall import refuses

ADMIN = ("automation", "long-enough-Admin-1-password")
NAMES = [
    "anna", "Anna.Berg@example.com", "bo-larsen@example.com", "o.d'arc@example.com", "j_smith",
    "x+tag@example.com", "kari nordmann", "12345", "0715", "user (2)", "L'Or\u00e9al", "null",
    "\u00c5se@example.com", "stra\u00dfe@example.de", "orange@example.com", "andrea@example.com",
    "island@example.com", "selecta@example.com", "union-travel@example.com", "true", "#ops",
    "a--b@example.com", "a;b@example.com", "a/*b@example.com", "100%@example.com",
    "ops@example.com", "table@example.com",
]  # fmt: skip
FULL_NAMES = [
    "Kari Nordmann", "Jim O'Hara", "\u00c5se Berg", "Or Cohen", "Anne-Marie Dahl", "Jack Union",
    "A. B. Larsen", "Bo And", "Jan Null", "Like Andersen", "John (Jack) Doe", "Per",
    "Anna Berg, CPA", "Select Vin", "In Berg", "Null Nullsen", "And Or", "Mary Table",
    "Drop O'Database",
]  # fmt: skip
COMPANIES = [
    "Nordic Trade", "L'Or\u00e9al", "Sons & Union", "Unions AS", "Select AS", "H&M", "And Or Ltd",
    "O'Neill (UK)", "Bergen -- Oslo AS", "Table; Chair",
]  # fmt: skip
# taken for an injection in any shape: the value itself begins with a word of SQL
FLAGGED = ["and@x.example", "or@x.example", "AND", "xor@x.example", "like", "Union & Sons"]
# what the modules never send, and what the diagnosis sends once to see whether there is a firewall
PROVOKING = [
    "userName = 'x' or userName = 'X'",
    "personId = 1 or userName = 'x'",
    "userName in ('x')",
    "(personId = 1) and (isActive set true)",
]
PROBE = PROVOKING[0]


def queries_of(server: NetServer, name: str, number: int) -> set[str]:
    """Return the filters that the modules send about a user of this name, and about a new one."""
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    server.reset()
    # a company without a user is looked for among the persons
    server.tenant.add_person(contact_id=server.tenant.add_contact(name))
    server.tenant.add_person(person_id=5000 + number)
    server.tenant.add_person(person_id=6000 + number)
    server.tenant.add_external_user(name, person_id=5000 + number, role_id=5)
    new = {"role": "Vendor", "password": "Good-pass-1"}
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("superoffice_external_user_info", {"user_name": name}),
        ("superoffice_external_user_info", {"user_name": f"{name[:2]}*", "persons": True}),
        (
            "superoffice_external_user_info",
            {"role": "Partner", "last_login": True, "person_retired": True},
        ),
        ("superoffice_external_user_info", {"company": name}),
        ("superoffice_external_user", {"user_name": name, "role": "Vendor"}),
        ("superoffice_external_user", {"user_name": name, "person_id": 5000 + number}),
        ("superoffice_external_user", {"user_name": f"{name}2", "person_id": 6000 + number, **new}),
        ("superoffice_external_user", {"user_name": f"{name}2", "state": "absent"}),
        (
            "superoffice_external_users",
            {
                "users": [
                    {"user_name": f"{name}3", "previous_user_names": [name]},
                    {"user_name": f"{name}4", "person_id": 6000 + number, **new},
                    {"user_name": f"{name}5", "state": "absent"},
                ],
                "prune": "deactivate",
                "prune_scope": {"user_names": [f"{name[:1]}*"]},
                "limits": {"deactivate": None, "rename": None},
            },
        ),
        (
            "superoffice_external_users",
            {
                "users": [{"user_name": f"{name}4"}],
                "prune": "deactivate",
                "prune_scope": {"companies": [name]},
            },
        ),
    ]
    for module, options in tasks:
        result = run_in_process(module, {**connection, **options}, False)
        assert not result.get("failed"), (module, options, result["msg"])
    return {value for entry in server.journal.entries for value in entry.query.values()}


def queries_about_persons(server: NetServer) -> set[str]:
    """Return the filters that look up the persons of new users, alone and many at once."""
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    server.reset()
    addresses = [name if "@" in name else f"{name.split()[0]}@x.example" for name in NAMES]
    by_name: list[dict[str, Any]] = []
    for number, full_name in enumerate(FULL_NAMES):
        company = COMPANIES[number % len(COMPANIES)]
        first, _space, last = full_name.partition(" ")
        server.tenant.add_person(
            first_name=first, last_name=last, contact_id=server.tenant.add_contact(company)
        )
        by_name.append({"person_name": full_name, "company": company})
    for address in addresses:
        server.tenant.add_person(email=["first@x.example", address])
    by_email: list[dict[str, Any]] = [{"person_email": address} for address in addresses]
    new = {"role": "Vendor", "password": "Good-pass-1"}
    users = [
        {"user_name": f"new{number}", **named, **new}
        for number, named in enumerate([*by_email, *by_name])
    ]
    mark = server.journal.mark()
    for options in ({"users": users}, {"users": users[:1]}):
        result = run_in_process(
            "superoffice_external_users", {**connection, **options, "preflight": "offline"}, True
        )
        assert not result.get("failed"), result["msg"]
    for one in users:
        result = run_in_process("superoffice_external_user", {**connection, **one}, True)
        assert not result.get("failed"), result["msg"]
    return {value for entry in server.journal.since(mark) for value in entry.query.values()}


def queries_of_filters(server: NetServer) -> set[str]:
    """Return the queries of all combinations of filters, and of an installation with many users."""
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    server.reset()
    twins = [server.tenant.add_role("Twin") for _number in range(2)]
    anna = server.tenant.add_external_user("anna", role_id=twins[0])
    person = server.tenant.user(anna).person_id  # type: ignore[union-attr]
    for number in range(150):
        server.tenant.add_external_user(f"u{number}", role_id=twins[number % 2])
    filters = {
        "associate_id": anna,
        "person_id": person,
        "user_name": "a*",
        "role": "Partner",
        "is_active": True,
        "company": "Contoso Ltd",
    }
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("superoffice_external_user_info", {name: filters[name] for name in names})
        for size in range(len(filters) + 1)
        for names in itertools.combinations(filters, size)
    ]
    tasks += [
        ("superoffice_external_user_info", {"last_login": True, "person_retired": True}),
        ("superoffice_external_users", {"users": [{"user_name": "anna", "role": "No such role"}]}),
        ("superoffice_role_info", {}),
        ("superoffice_installation_info", {"probe_user": "anna"}),
        ("superoffice_person_info", {}),
        ("superoffice_person_info", {"person_id": person}),
        *(("superoffice_person_info", {"email": name}) for name in NAMES if "@" in name),
        *(("superoffice_person_info", {"name": name}) for name in FULL_NAMES),
        *(("superoffice_person_info", {"company": name}) for name in COMPANIES),
    ]
    for module, options in tasks:
        result = run_in_process(module, {**connection, **options}, False)
        assert not result.get("failed") or "No such role" in result["msg"], (options, result["msg"])
    sent = {value for entry in server.journal.entries for value in entry.query.values()}
    assert PROBE in sent
    return sent - {PROBE}


def refused(queries: Iterable[str]) -> list[str]:
    """Return the queries that the embedded firewall refuses."""
    return [query for query in sorted(queries) if refuses(f"$filter={quote(query)}")]


@pytest.fixture(scope="module")
def judged_queries() -> dict[str, set[str]]:
    with NetServer(admin=ADMIN) as server:
        about_users = {name: queries_of(server, name, n) for n, name in enumerate(NAMES)}
        return {
            **about_users,
            "persons": queries_about_persons(server),
            "filters": queries_of_filters(server),
        }


def test_no_query_for_an_ordinary_name_is_taken_for_an_injection(
    judged_queries: dict[str, set[str]], subtests: pytest.Subtests
) -> None:
    shapes = set().union(*judged_queries.values())
    assert len(shapes) > 4 * len(NAMES)
    provoking = [*PROVOKING, *(f"userName = '{name}'" for name in FLAGGED)]
    with subtests.test("the embedded firewall"):
        assert refused(shapes) == []
        assert refused(provoking) == sorted(provoking)
    with subtests.test("libinjection"):
        libinjection = pytest.importorskip(
            "libinjection", reason="libinjection is not installed; it has to be compiled"
        )

        def injections(texts: Iterable[str]) -> list[str]:
            judged = ((text, libinjection.is_sql_injection(text)["is_sqli"]) for text in texts)
            return sorted(text for text, is_injection in judged if is_injection)

        assert injections(shapes) == []
        assert injections(provoking) == sorted(provoking)
