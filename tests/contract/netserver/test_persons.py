# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Persons and companies: several addresses, none, retired, departments, equal names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.netserver import NetServer

from .conftest import Client

COLUMNS = (
    "personId,fullName,retired,personNumber,email/emailAddress,personContact/contactId,"
    "personContact/name,personContact/department,personContact/number,personContact/orgnr,"
    "correspondingAssociate/associateDbId,correspondingAssociate/assocName,"
    "correspondingAssociate/userName,correspondingAssociate/role,"
    "correspondingAssociate/isActive,correspondingAssociate/assocType"
)


def test_person_and_login_are_one_row(server: NetServer, client: Client) -> None:
    company = server.tenant.add_contact(
        "Nordic Trade", department="Oslo", number="10", orgnr="NO 123"
    )
    person = server.tenant.add_person(
        first_name="Anna", last_name="Berg", email=["anna@x.example", "a.berg@x.example"],
        contact_id=company, person_number="P-7",
    )  # fmt: skip
    user = server.tenant.add_external_user("anna", person, role_id=7, is_active=False)
    row = client.get(
        f"Archive/Person?$select={COLUMNS}&$filter=email/emailAddress eq 'A.Berg@x.example'",
        headers={"Accept-Language": "en"},
    ).json()["value"]
    assert row == [{
        "PrimaryKey": str(person), "EntityName": "person", "personId": person,
        "fullName": "Anna Berg", "retired": False, "personNumber": "P-7",
        "email/emailAddress": "anna@x.example", "personContact/contactId": company,
        "personContact/name": "Nordic Trade", "personContact/department": "Oslo",
        "personContact/number": "10", "personContact/orgnr": "NO 123",
        "correspondingAssociate/associateDbId": user, "correspondingAssociate/assocName": "anna",
        "correspondingAssociate/userName": "anna", "correspondingAssociate/role": "Supplier",
        "correspondingAssociate/isActive": False, "correspondingAssociate/assocType": "External",
    }]  # fmt: skip
    listed = client.rows(filter="userName = anna", select="contactFullName,contactDepartment")
    assert listed[0]["contactFullName"] == "Nordic Trade, Oslo"
    assert listed[0]["contactDepartment"] == "Oslo"
    simple = client.agent(f"GetUser?userId={user}").json()["Person"]
    assert (simple["ContactFullName"], simple["PersonNumber"]) == ("Nordic Trade, Oslo", "P-7")
    entity = client.get(f"Person/{person}").json()
    assert [mail["Value"] for mail in entity["Emails"]] == ["anna@x.example", "a.berg@x.example"]


def test_person_without_address_company_or_login(server: NetServer, client: Client) -> None:
    person = server.tenant.add_person(contact_id=0)
    (row,) = client.rows("Person", filter=f"personId = {person}", select=COLUMNS)
    assert row["email/emailAddress"] in ("", None)
    assert row["personContact/contactId"] == 0
    assert row["correspondingAssociate/associateDbId"] == 0
    assert row["correspondingAssociate/isActive"] is False
    assert client.get(f"Person/{person}").json()["Contact"] is None


@pytest.mark.parametrize(
    ("entities", "found"),
    [("", "pr"), ("person", "p"), ("retiredPerson", "r"), ("person,retiredperson", "pr")],
)
def test_retired_persons_are_an_entity(
    entities: str, found: str, server: NetServer, client: Client
) -> None:
    server.tenant.add_person(last_name="Same")
    server.tenant.add_person(last_name="Same", retired=True)
    rows = client.rows("Person", filter="lastName = 'Same'", entities=entities, select="retired")
    kinds = {"p": ("person", False), "r": ("retiredPerson", True)}
    assert [(row["EntityName"], row["retired"]) for row in rows] == [kinds[k] for k in found]


@pytest.mark.parametrize("column", ["email", "personEmail", "contactName", "emailAddress"])
def test_columns_of_other_archives_are_not_columns_of_persons(column: str, client: Client) -> None:
    assert client.archive("Person", filter=f"{column} = 'x'").status_code == 400


def test_companies_of_one_name(server: NetServer, client: Client) -> None:
    companies = [server.tenant.add_contact("Twin AS", department=d) for d in ("", "", "Sales")]
    for company in companies:
        server.tenant.add_person(first_name="Kim", last_name="Lie", contact_id=company)
    rows = client.rows("Person", filter="fullName = 'Kim Lie' and personContact/name = 'twin as'",
                       select="personContact/contactId,personContact/department")  # fmt: skip
    assert [row["personContact/contactId"] for row in rows] == companies
    assert [row["personContact/department"] for row in rows] == ["", "", "Sales"]


def test_many_addresses_are_asked_for_at_once(server: NetServer, client: Client) -> None:
    addresses = [f"person{number:05d}@example.com" for number in (1, 2)] + ["nobody@example.com"]
    text = " or ".join(f"email/emailAddress eq '{address}'" for address in addresses)
    rows: list[dict[str, Any]] = client.rows("Person", filter=text, select="personId")
    assert [row["personId"] for row in rows] == [1004, 1005]


def test_credential_type_of_a_user_without_password(server: NetServer, client: Client) -> None:
    server.tenant.change_user(101, password=None)
    rows = client.rows(filter="getAllRows=true", select="credentialType,personEmail,canLogin")
    assert [row["credentialType"] for row in rows] == ["", "CRM5/PASSWORD", "CRM5/PASSWORD"]
