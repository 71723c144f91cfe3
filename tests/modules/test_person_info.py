# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_person_info: filters, addresses, logins, pages."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer


@pytest.fixture
def persons(connection: Result) -> Run:
    def list_persons(*, check: bool = False, **options: Any) -> Result:
        return run_in_process("superoffice_person_info", {**connection, **options}, check)

    return list_persons


@pytest.fixture
def ids(tenant: Any) -> dict[str, int]:
    """Some persons of two companies, and one without a company."""
    sales = tenant.add_contact("Twin AS", department="Sales")
    tenant.add_contact("Empty AS")

    def add(name: str, email: Any, company: int, **options: Any) -> int:
        first, _space, last = name.partition(" ")
        added: int = tenant.add_person(
            first_name=first, last_name=last, email=email, contact_id=company, **options
        )
        return added

    return {
        "anna": add("Anna Berg", ["anna@x.example", "a.berg@x.example"], 2),
        "kim": add("Kim Lie", "kim@x.example", sales),
        "gone": add("Gro O'Gone", "gone@x.example", sales, retired=True),
        "åse": add("Åse Müller", "", 0),
        "hidden": add("Hanna Hidden", "hidden@x.example", sales, hidden=True),
    }


PROFILES: list[Result] = [
    {},
    {"person_addresses": "rows", "page_cap": "2"},
    {"page_cap": "3", "next_link": "none"},
    {"person_login_id": "name", "name_comparison": "accent-insensitive"},
    {"firewall": "query"},
]
FILTERS: list[tuple[Result, list[str]]] = [
    ({"email": "anna@x.example"}, ["anna"]),
    ({"email": "A.Berg@X.example "}, ["anna"]),
    ({"email": "nobody@x.example"}, []),
    ({"email": "hidden@x.example"}, []),
    ({"name": "kim  lie"}, ["kim"]),
    ({"name": "Gro O'Gone"}, ["gone"]),
    ({"name": "Ase Muller"}, []),
    ({"name": unicodedata.normalize("NFD", "Åse Müller")}, ["åse"]),
    ({"company": "twin as"}, ["kim", "gone"]),
    ({"company": "Twin AS, Sales"}, ["kim", "gone"]),
    ({"company": "Twin AS, Oslo"}, []),
    ({"company": "Empty AS"}, []),
    ({"company": "No such company"}, []),
    ({"company": "Twin AS", "email": "gone@x.example"}, ["gone"]),
    ({"company": "Twin AS", "email": "anna@x.example"}, []),
    ({"company": "Northwind Traders", "name": "Anna Berg"}, ["anna"]),
    ({"person_id": 4711}, []),
]


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_filters_are_combined(
    server: NetServer, persons: Run, ids: dict[str, int], profile: Result
) -> None:
    with server.using(**profile):
        for filters, expected in FILTERS:
            found = persons(**filters)
            assert "failed" not in found, (filters, found["msg"])
            listed = [one["person_id"] for one in found["persons"]]
            assert listed == sorted(ids[name] for name in expected), filters
        mine = persons(person_id=ids["kim"], company="Twin AS")["persons"]
        assert [one["full_name"] for one in mine] == ["Kim Lie"]


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_person_has_its_company_all_addresses_and_its_login(
    server: NetServer, tenant: Any, persons: Run, ids: dict[str, int], user: Run, profile: Result
) -> None:
    tenant.add_external_user("anna", person_id=ids["anna"], role_id=5)
    tenant.add_external_user("anna2", person_id=ids["anna"], role_id=6)
    with server.using(**profile):
        [anna] = persons(email="a.berg@x.example")["persons"]
        login = user(user_name="anna")["user"]
        assert anna == {
            "person_id": ids["anna"],
            "full_name": "Anna Berg",
            "emails": ["anna@x.example", "a.berg@x.example"],
            "company_id": 2,
            "company_name": "Northwind Traders",
            "department": "",
            "retired": False,
            "user": login,
        }
        [gone] = persons(name="Gro O'Gone")["persons"]
        assert (gone["retired"], gone["user"], gone["department"]) == (True, None, "Sales")
        [alone] = persons(person_id=ids["åse"])["persons"]
        assert (alone["emails"], alone["company_id"], alone["company_name"]) == ([], 0, "")


def test_the_login_of_an_employee_is_not_an_external_user(persons: Run) -> None:
    [robert] = persons(person_id=1)["persons"]
    assert (robert["full_name"], robert["user"]) == ("Robert Johnson", None)


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_all_pages_are_read(
    server: NetServer, tenant: Any, persons: Run, ids: dict[str, int], profile: Result
) -> None:
    company = tenant.add_contact("Large AS")
    expected = [
        tenant.add_person(email=[f"p{n}@x.example", f"q{n}@x.example"], contact_id=company)
        for n in range(60)
    ]
    for number in range(20, 60):
        tenant.add_external_user(f"p{number}", person_id=expected[number])
    with server.using(**profile):
        listed = persons(company="Large AS")["persons"]
        assert [one["person_id"] for one in listed] == expected
        assert [one["person_id"] for one in listed if one["user"]] == expected[20:]
        everybody = persons()["persons"]
    assert [one["person_id"] for one in everybody] == sorted(
        [1, *expected, *(ids[name] for name in ("anna", "kim", "gone", "åse"))]
    )


@pytest.mark.parametrize("profile", [{}, {"person_addresses": "rows"}], ids=str)
def test_a_list_that_changes_while_it_is_read_is_complete(
    server: NetServer, tenant: Any, persons: Run, profile: Result
) -> None:
    company = tenant.add_contact("Large AS")
    expected = [
        tenant.add_person(email=[f"p{n}@x.example", f"q{n}@x.example"], contact_id=company)
        for n in range(20)
    ]
    # a person on a page that is read already leaves the list: all others move up
    server.changes.add(
        lambda s: s.tenant.hide_person(expected[0]), after=2, operation="Archive/Person"
    )
    with server.using(page_cap="7", **profile):
        listed = persons(company="Large AS")["persons"]
    assert [one["person_id"] for one in listed][-19:] == expected[1:]


def test_a_text_that_cannot_be_asked_for_is_one_sentence(persons: Run, server: NetServer) -> None:
    for options, part in (
        ({"email": "a\\b@x.example"}, "email 'a\\b@x.example' cannot be looked up"),
        ({"name": " "}, "name must not be empty"),
        ({"company": "x" * 1600}, "is too long"),
    ):
        assert part in persons(**options)["msg"]
    with server.using(firewall="query"):
        refused = persons(email="and@x.example")
    assert refused["error"]["kind"] == "blocked"
    assert "The persons could not be listed: HTTP 403" in refused["msg"]


def test_check_mode_returns_the_same_result_and_nothing_is_written(
    persons: Run, ids: dict[str, int], tenant: Any
) -> None:
    before = tenant.snapshot()
    assert persons(check=True) == persons()
    assert tenant.snapshot() == before
