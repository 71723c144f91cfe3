# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives: columns, filters, order, paging, forms of rows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.netserver import NetServer
from tests.netserver.providers import NAMES, provider

from .conftest import Client

PEOPLE = (
    # user name, first name, role, active
    ("anna@example.com", "Anna", 2, True),
    ("bob@example.com", "Bob", 5, True),
    ("L'Oréal", "Zoë", 5, False),
    ("ÆRØ", "Łukasz", 6, True),
    ("a*b?c[d]", "日本", 6, False),
)


@pytest.fixture
def people(server: NetServer) -> NetServer:
    """Five users, named by their first letters: a b l æ * (ids from 104)."""
    for user_name, first_name, role, active in PEOPLE:
        person = server.tenant.add_person(first_name=first_name, contact_id=3)
        server.tenant.add_external_user(user_name, person, role, is_active=active)
    return server


FILTERS = [
    # text, numbers of the people found (1..5)
    ("isActive set true", "124"),
    ("isActive set false", "35"),
    ("ISACTIVE SET TRUE", "124"),
    ("getNoRows set true", ""),
    ("getAllRows set true", "12345"),
    ("userName = 'anna@example.com'", "1"),
    ("userName eq 'ANNA@EXAMPLE.COM'", "1"),
    ("username is 'Anna@example.com'", "1"),
    ("userName isNot 'anna@example.com'", "2345"),
    ("userName begins 'BO'", "2"),
    ("userName contains 'example'", "12"),
    ("userName notBegins 'a'", "234"),
    ("userName notContains 'example'", "345"),
    (r"userName = 'L\'Oréal'", "3"),
    ("userName = 'ærø'", "4"),
    ("userName contains '*b?'", "5"),
    ("userName contains '[d]'", "5"),
    ("userName contains 'a%'", ""),
    ("firstName = '日本'", "5"),
    ("firstName begins 'ł'", "4"),
    ("userName in ('anna@example.com','BOB@example.com', 'nobody')", "12"),
    ("userName between ('a','b')", "15"),
    ("startswith(userName,'anna')", "1"),
    ("endswith(userName, '.com')", "12"),
    ("substringof('xample', userName)", "12"),
    ("substringof(userName, 'xample')", "12"),
    ("SubstringOf('xample', USERNAME)", "12"),
    ("contactId = 3", "12345"),
    ("contactId equals 3 and contactId gt 2 and contactId less 4", "12345"),
    ("contactId ne 3", ""),
    ("contactId unequals 2", "12345"),
    ("contactId between (1,3)", "12345"),
    ("contactId set true", "12345"),
    ("contactId set false", ""),
    ("contactId greater -1", "12345"),
    ("role oneOf (5,6)", "2345"),
    ("role ONEOF (5)", "23"),
    ("role notOneOf (5,6)", "1"),
    ("role equals 6", "45"),
    ("role in (5,6)", "2345"),
    ("contactId in (3, 4)", "12345"),
    ("associateDbId associateIsOneOf (104)", "1"),
    ("getAllRows=true", "12345"),
    ("getAllRows = true and role in (6)", "45"),
    ("getNoRows=true", ""),
    ("isActive set", "124"),
    ("contactId set and isActive set false", "35"),
    ("userName begins bo", "2"),
    ("userName = anna@example.com and isActive set", "1"),
    ("userName in (anna@example.com, 'bob@example.com')", "12"),
    ("firstName begins Ł", "4"),
    ("userName = 5", ""),
    ("usergroup oneOf (1)", ""),
    ("associateDbId associateIsOneOf (104,105)", "12"),
    ("assocName associateIsNotOneOf (104,105)", "345"),
    ("assocName currentAssociate", ""),
    # `and` binds tighter than `or`
    ("role equals 2 or role equals 5 and isActive set false", "13"),
    ("(role equals 2 or role equals 5) and isActive set false", "3"),
    ("isActive set false and role equals 5 or role equals 2", "13"),
    ("isActive set true and (userName begins 'b' or (userName begins 'æ'))", "24"),
    ("role equals 2 OR role equals 6 AND isActive SET true", "14"),
]  # fmt: skip

ERRORS = [
    "nonsense", "userName", "userName =", "userName = 'anna", "= 'anna'",
    "userName = 'O''Brien'", 'userName = "anna"', "userName = 'a' and", "and userName = 'a'",
    "(userName = 'a'", "userName = 'a')", "userName = 'a' userName = 'b'", "userName ! 'a'",
    # operators of another type
    "userName equals 'a'", "userName set true", "userName oneOf (1)",
    "isActive = true", "isActive equals true", "isActive eq 1", "isActive set 1",
    "isActive set 'true'", "isActiveText = 'Active'", "contactId = '3'", "contactId begins '3'",
    "contactId oneOf (3)", "contactId = 99999999999", "contactId le 3", "contactId between (1)",
    "contactId between ('a','b')", "role = 2", "role = 'External user'", "role eq 2",
    "role equals 'x'", "role equals x", "role in ('a')", "isActive in (1)", "isActive set maybe",
    "userName = and isActive set", "role oneOf ('a')", "role oneOf ()", "role contains 'User'",
    "assocName = 'anna'", "assocName begins 'a'", "assocName associateIsOneOf ('a')",
    "assocName currentAssociate 5", "userplan = ''", "userName ends 'x'", "userName notEnds 'x'",
    "startswith('a','b')", "startswith(role,'b')", "tolower(userName,'a')",
    "startswith(userName)", "nonsense = 'a'",
]  # fmt: skip


def test_filters(people: NetServer, client: Client, subtests: pytest.Subtests) -> None:
    names = [user_name for user_name, *_rest in PEOPLE]
    for text, found in FILTERS:
        with subtests.test(text):
            rows = client.rows(filter=f"({text}) and contactId = 3", select="userName")
            assert "".join(str(names.index(row["userName"]) + 1) for row in rows) == found


def test_invalid_filters_are_refused(
    people: NetServer, client: Client, subtests: pytest.Subtests
) -> None:
    for text in ERRORS:
        with subtests.test(text):
            response = client.archive(filter=text)
            assert (response.status_code, response.json()["Error"]) == (400, True)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("userName", "51234"),
        ("userName desc", "43215"),
        # by the text of the role: Vendor, Partner, External user
        ("role desc, userName asc", "54231"),
        ("isActive,userName desc", "35421"),
        ("ASSOCIATEDBID DESC", "54321"),
    ],
)
def test_order(order: str, found: str, people: NetServer, client: Client) -> None:
    rows = client.rows(filter="contactId = 3", select="userName", orderBy=order)
    names = [user_name for user_name, *_rest in PEOPLE]
    assert "".join(str(names.index(row["userName"]) + 1) for row in rows) == found


@pytest.mark.parametrize("order", ["nonsense", "canLogin", "userName sideways", "userplan"])
def test_order_error(order: str, client: Client) -> None:
    assert client.archive(filter="getAllRows set true", orderBy=order).status_code == 400


@pytest.mark.parametrize("options", [{"top": "x"}, {"top": -1}, {"skip": "1.5"}, {"top": 2**31},
                                     {"mode": "Fat"}, {"entities": "nonsense"}])  # fmt: skip
def test_option_errors(options: dict[str, Any], client: Client) -> None:
    assert client.archive(filter="getAllRows set true", **options).status_code == 400


@pytest.mark.parametrize("size", [1, 3, 4, 8, 9])
def test_pages_join_to_the_whole(size: int, people: NetServer, client: Client) -> None:
    options = {"filter": "getAllRows set true", "select": "userName", "orderBy": "userName"}
    whole = client.rows(**options)
    pages: list[Any] = []
    for skip in range(0, 10, size):
        page = client.archive(top=size, skip=skip, **options).json()
        assert (page["odata.nextLink"] is None) == (skip + size >= len(whole))
        pages += page["value"]
    assert len(whole) == 8
    assert pages == whole


def test_next_link_leads_through_all_rows(people: NetServer, client: Client) -> None:
    options = {"$filter": r"userName isNot 'L\'Oréal'", "$top": "3", "$select": "userName"}
    page = client.get("Archive/externalusers", params=options).json()
    rows = page["value"]
    while page["odata.nextLink"]:
        page = client.session.get(page["odata.nextLink"], timeout=5).json()
        rows += page["value"]
    assert [row["PrimaryKey"] for row in rows] == ["101", "102", "103", "104", "105", "107", "108"]


def test_count_is_of_all_pages(people: NetServer, client: Client) -> None:
    for form in ("True", "AllPages", "estimate"):
        answer = client.archive(filter="role equals 5", inlineCount=form, top=1).json()
        assert answer["odata.count"] == 2
    assert "odata.count" not in client.archive(filter="role equals 5").json()


def test_slim_row(client: Client) -> None:
    columns = "userName,role,isActive,personId,assocName,usergroup,title,isActiveText"
    row = client.rows(select=columns, filter="userName begins 'user00001'")[0]
    assert row == {
        "PrimaryKey": "101", "EntityName": "all", "userName": "user00001@example.com",
        "role": "External user", "isActive": True, "personId": 1001,
        "assocName": "user00001@example.com", "usergroup": "", "title": "",
        "isActiveText": "Active",
    }  # fmt: skip


def test_full_row(client: Client) -> None:
    answer = client.archive(select="role,isActive", filter="userName begins 'user00001'",
                            mode="full").json()  # fmt: skip
    cell = {"LinkHint": "", "TooltipHint": ""}
    assert answer["value"] == [{
        "PrimaryKey": 101, "EntityName": "all", "StyleHint": "", "LinkHint": "",
        "TableRight": None, "Column": {
            "role": {"RawValue": 2, "DisplayValue": "External user", **cell},
            "isActive": {"RawValue": True, "DisplayValue": "True", **cell},
        }}]  # fmt: skip


def test_names_of_options_in_any_case(client: Client) -> None:
    query = "?$SELECT=USERNAME&$Filter=userName begins 'user00001'&$TOP=1"
    assert client.get("archive/EXTERNALUSERS" + query).json()["value"] == [
        {"PrimaryKey": "101", "EntityName": "all", "USERNAME": "user00001@example.com"}
    ]


def test_post_for_long_queries(server: NetServer, client: Client) -> None:
    form = {"$filter": "userName begins 'user0000'", "$select": "userName", "$top": "2"}
    answer = client.request("POST", "Archive/ExternalUsers", data=form)
    assert [row["PrimaryKey"] for row in answer.json()["value"]] == ["101", "102"]
    assert server.journal.entries[-1].operation == "Archive/ExternalUsers"
    assert client.request("POST", "Archive/ExternalUsers", json=form).status_code == 415


def test_entities(server: NetServer, client: Client) -> None:
    def keys(entities: str) -> list[str]:
        rows = client.rows(filter="getAllRows set true", entities=entities, select="personId")
        return [row["PrimaryKey"] for row in rows]

    assert keys("all") == ["101", "102", "103"]
    assert keys("ALL, potential") == ["101", "102", "103"]
    # for `potential` the primary key is the person's id
    assert keys("potential") == ["1004", "1005"]
    assert keys("expired") == []


def test_roles(client: Client) -> None:
    rows = client.rows("Role", filter="roleTypeId = 1 and isDeleted set false",
                       select="roleId,name,roleTypeName,isDeleted")  # fmt: skip
    assert [row["roleId"] for row in rows] == [2, 5, 6, 7, 8]
    assert rows[0] == {"PrimaryKey": "2", "EntityName": "role", "roleId": 2,
                       "name": "External user", "roleTypeName": "External user",
                       "isDeleted": False}  # fmt: skip


def test_every_column_of_every_provider_can_be_asked_for(server: NetServer, client: Client) -> None:
    archives = client.get("Archive").json()["value"]
    assert [archive["name"] for archive in archives] == list(NAMES)
    for name in NAMES:
        source = provider(name, server.profile, frozenset())
        assert source is not None
        metadata = client.get(f"Archive/{name}/$metadata").json()
        assert set(metadata) == {column.name for column in source.columns.values()}
        for column in source.columns.values():
            described = metadata[column.name]
            assert described["CanRestrictBy"] is (column.type != "-")
            for mode in ("Slim", "Full"):
                assert client.rows(name, select=column.name, mode=mode)
            ordered = client.archive(name, orderBy=column.name).status_code
            assert ordered == (200 if described["CanOrderBy"] else 400)


def test_agent_by_columns(people: NetServer, client: Client) -> None:
    body = {
        "providerName": "externalusers", "columns": ["userName", "contactId", "isActive"],
        "sortOrder": [{"name": "userName", "direction": "DESC"}],
        "restriction": [
            {"name": "contactId", "operator": "=", "values": ["[I:3]"], "interParenthesis": 0},
            {"name": "userName", "operator": "is", "values": ["L'Oréal"], "interOperator": "Or",
             "interParenthesis": 1},
            {"name": "userName", "operator": "begins", "values": ["anna"], "interParenthesis": -1},
        ],
        "entities": ["all"], "page": 0, "pageSize": 10,
    }  # fmt: skip
    answer = client.request("POST", "Agents/Archive/GetArchiveListByColumns", json=body).json()
    assert [item["PrimaryKey"] for item in answer] == [106, 104]
    assert answer[0]["ColumnData"] == {
        "userName": {"DisplayValue": "L'Oréal", "TooltipHint": "", "LinkHint": ""},
        "contactId": {"DisplayValue": "[I:3]", "TooltipHint": "", "LinkHint": ""},
        "isActive": {"DisplayValue": "[B:False]", "TooltipHint": "", "LinkHint": ""},
    }
    text = {
        "ProviderName": "ExternalUsers", "Columns": "userName", "SortOrder": "userName desc",
        "Restrictions": "contactId = 3", "Entities": "all", "Page": 1, "PageSize": 2,
    }  # fmt: skip
    answer = client.request("POST", "Agents/Archive/GetArchiveListByColumns2", json=text).json()
    assert [item["PrimaryKey"] for item in answer] == [105, 104]
