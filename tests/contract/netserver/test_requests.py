# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strictness: how a request must be written, and where paths lead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.netserver import NetServer

from .conftest import PASSWORD, Client

CREATE = {"PersonId": 1004, "UserName": "anna", "Password": PASSWORD, "RoleId": 2, "IsActive": True}


@pytest.mark.parametrize(
    "spelling",
    [str, str.lower, str.upper, lambda name: name[0].lower() + name[1:]],
    ids=["Pascal", "lower", "UPPER", "camel"],
)
def test_property_names_in_any_case(spelling: Any, server: NetServer, client: Client) -> None:
    body = {spelling(name): value for name, value in CREATE.items()}
    assert client.agent("CreateExternalUser", body).json() == 104
    assert server.journal.entries[-1].body_keys == tuple(body)


@pytest.mark.parametrize(
    "change",
    [
        {"PersonId": "1004"}, {"PersonId": 1004.0}, {"PersonId": 2**31}, {"PersonId": True},
        {"PersonId": None}, {"PersonId": [1004]}, {"UserName": 5}, {"UserName": ["anna"]},
        {"Password": 12345678}, {"RoleId": "External user"}, {"IsActive": "true"}, {"IsActive": 1},
        {"IsActive": None},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_types_are_refused(change: dict[str, Any], server: NetServer, client: Client) -> None:
    before = server.tenant.snapshot()
    answer = client.agent("CreateExternalUser", {**CREATE, **change})
    assert (answer.status_code, set(answer.json())) == (400, {"Message", "MessageDetail"})
    assert server.tenant.snapshot() == before


def test_left_out_properties_have_the_default_of_their_type(
    server: NetServer, client: Client
) -> None:
    body = {name: value for name, value in CREATE.items() if name != "IsActive"}
    assert client.agent("CreateExternalUser", body).json() == 104
    user = server.tenant.user(104)
    assert user is not None
    assert user.is_active is False


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'"text"', b"null", b"{'UserName': 'x'}", b'{"UserName": NaN}', b"\xff\xfe"],
)
def test_malformed_bodies(data: bytes, client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.request("POST", "Agents/User/GetUserFromName", data=data, headers=headers)
    assert (answer.status_code, set(answer.json())) == (400, {"Message", "MessageDetail"})


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/json", 200),
        ("Application/JSON", 200),
        ("application/merge-patch+json", 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_content_types(content_type: str, status: int, client: Client) -> None:
    answer = client.request(
        "POST", "Agents/User/GetUserFromName", data=b'{"UserName": "RJ"}',
        headers={"Content-Type": content_type},
    )  # fmt: skip
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("*/*", 200), (None, 200), ("application/xml", 406)],
)
def test_accept(accept: str | None, status: int, client: Client) -> None:
    assert client.get("User/currentPrincipal", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "Agents/User/Nonsense", 404),
        ("POST", "Agents/Nobody/GetUser", 404),
        ("POST", "Agents/User", 404),
        ("GET", "Nonsense", 404),
        ("GET", "Nonsense/1", 404),
        ("GET", "../v2/User", 404),
        ("PUT", "Agents/User/GetUser", 405),
        ("DELETE", "Person/1001", 405),
        ("POST", "Person/1001", 405),
        ("GET", "Person/99999", 404),
        ("GET", "Person/99999999999", 400),
        ("GET", "PERSON/1001", 200),
        ("GET", "Archive/Nonsense", 404),
        ("POST", "Agents/User/GetUser", 400),
        ("POST", "Agents/User/GetUser?userId=abc", 400),
        ("POST", "Agents/User/GetUser?USERID=101", 200),
        ("POST", "agents/user/getuser?userId=101", 200),
    ],
)
def test_paths(method: str, path: str, status: int, client: Client) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    if status == 404:
        assert answer.json()["Error"] is True
    if status == 405:
        assert answer.headers["Allow"]


def test_get_describes_and_never_executes(server: NetServer, client: Client) -> None:
    before = server.tenant.snapshot()
    answer = client.get("Agents/User/DeleteExternalUser?AssociateId=101")
    assert answer.json()["Arguments"] == {"AssociateId": "int"}
    assert server.tenant.snapshot() == before
    assert server.journal.entries[-1].operation == "Describe/DeleteExternalUser"
    assert not server.journal.writes


def test_select_leaves_null(client: Client) -> None:
    user = client.agent("GetUser?userId=101&$select=associateId,Name").json()
    assert {name for name, value in user.items() if value is not None} == {"AssociateId", "Name"}


def test_version_needs_no_login(server: NetServer, client: Client) -> None:
    client.session.auth = None
    version = client.session.get(server.url + "/api", timeout=5).json()
    assert version["Version"] == "v1"
    assert version["NetServerVersion"].startswith("11.13.")
    addresses = client.get("").json()
    method = addresses[f"{server.url}/api/v1/Agents/User/GetUser"]
    assert list(method) == ["POST"]
    assert all(isinstance(text, str) for verbs in addresses.values() for text in verbs.values())


def test_enum_by_name_or_number(client: Client) -> None:
    by_name = client.agent("GetAllRoles", {"RoleType": "externaluser"}).json()
    assert by_name == client.agent("GetAllRoles", {"roleType": 1}).json()
    for wrong in (4, "Nobody", None, True):
        assert client.agent("GetAllRoles", {"RoleType": wrong}).status_code == 400


def test_info_list_takes_a_bare_array(client: Client) -> None:
    answer = client.agent("GetUserInfoList", [101, 102, 99999]).json()
    assert [info["UserInfoId"] for info in answer] == [101, 102]
    for wrong in ({"ids": [1]}, ["101"], [1.5]):
        assert client.agent("GetUserInfoList", wrong).status_code == 400


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, 'NO:"Leverandør";US:"Supplier";GE:"Lieferant"'),
        ({"Accept-Language": "en"}, "Supplier"),
        ({"Accept-Language": "nb-NO,nb;q=0.9"}, "Leverandør"),
        ({"Accept-Language": "en", "SO-Language": "de"}, "Lieferant"),
        ({"Accept-Language": "fr"}, "Supplier"),
        ({"Accept-Language": "*"}, 'NO:"Leverandør";US:"Supplier";GE:"Lieferant"'),
        ({"Accept-Language": "en", "SO-Language": "x"},
         'NO:"Leverandør";US:"Supplier";GE:"Lieferant"'),
    ],
)  # fmt: skip
def test_languages(headers: dict[str, str], name: str, server: NetServer, client: Client) -> None:
    server.tenant.change_user(101, role_id=7)
    roles = client.agent("GetAllRoles", {"RoleType": 1}, headers=headers).json()
    assert next(role["Name"] for role in roles if role["Id"] == 7) == name
    user = client.agent("GetUser?userId=101", headers=headers).json()
    assert user["Role"]["Value"] == name
    path = "Archive/ExternalUsers?$select=role&$filter=userName begins 'user00001'"
    assert client.get(path, headers=headers).json()["value"][0]["role"] == name


def test_resource_keys_are_resolved_with_a_language(client: Client) -> None:
    def name(**headers: str) -> object:
        rows = client.get("Archive/Role?$filter=roleId = 8", headers=headers).json()["value"]
        return rows[0]["name"]

    assert name() == "[SR_ROLE_CUSTOMER]"
    assert name(**{"SO-Language": "en"}) == "Customer"
    assert name(**{"SO-Language": "no"}) == "Kunde"
