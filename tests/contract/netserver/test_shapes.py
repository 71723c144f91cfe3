# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carriers are complete: against a table of the project's own, and the vendor's description."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.netserver.user_agent import METHODS

from .conftest import Client

RIGHTS = {"TableRight", "FieldProperties"}
# what clients rely on, with the JSON types
CONTRACT: dict[str, dict[str, type | tuple[type, ...]]] = {
    "User": {
        "AssociateId": int, "Name": str, "UserName": str, "Type": str, "Deleted": bool,
        "Role": dict, "Person": (dict, type(None)), "Credentials": list, "IsPersonRetired": bool,
        "Lastlogin": str, "UserGroup": (dict, type(None)),
    },
    "Role": {"Id": int, "Value": str, "Tooltip": str},
    "Person": {"PersonId": int, "FullName": str, "Email": str, "ContactId": int, "Retired": int},
    "UserInfo": {
        "UserInfoId": int, "UserName": str, "PersonId": int, "UserType": str, "CanLogon": bool,
        "Deleted": bool, "GrantedLicenses": list, "RoleName": str,
    },
    "SelectableMDOListItem": {"Id": int, "Name": str, "Deleted": bool, "Rank": int, "Hidden": bool},
    "PersonEntity": {
        "PersonId": int, "Retired": bool, "IsAssociate": bool, "Emails": list, "Contact": dict,
        "CorrespondingAssociate": dict, "UserInfo": dict, "Country": type(None),
    },
    "SoPrincipalCarrier": {
        "UserType": str, "AssociateId": int, "FunctionRights": list, "Licenses": list,
        "RoleId": int, "RoleType": str, "UserName": str,
    },
    "UserValidationResult": {"Reason": str, "Result": bool},
}  # fmt: skip


def carriers(client: Client) -> Iterator[tuple[str, str, Any]]:
    """Yield file, carrier and an example of each shape that is served."""
    user = client.agent("GetUser?userId=101").json()
    yield "user-agent", "User", user
    yield "user-agent", "User", client.agent("GetUser?userId=2").json()
    yield "user-agent", "Role", user["Role"]
    yield "user-agent", "Person", user["Person"]
    yield "user-agent", "Credential", user["Credentials"][0]
    yield "user-agent", "CredentialType", user["Credentials"][0]["Type"]
    yield "user-agent", "UserGroup", client.agent("GetUser?userId=2").json()["UserGroup"]
    yield "user-agent", "UserInfo", client.agent("GetUserInfo?userInfoId=101").json()
    roles = client.agent("GetAllRoles", {"RoleType": "ExternalUser"}).json()
    yield "user-agent", "SelectableMDOListItem", roles[0]
    reason = client.agent("IsUserNameValidWithReason", {"Type": 3, "UserName": "x"}).json()
    yield "user-agent", "UserValidationResult", reason
    mail = client.agent("SendChangePasswordEMail", {"AssociateId": 101}).json()
    yield "user-agent", "OperationResult", mail
    principal = client.get("User/currentPrincipal").json()
    yield "user", "SoPrincipalCarrier", principal
    yield "user", "GrantedModuleLicense", principal["Licenses"][0]
    person = client.get("Person/1001").json()
    yield "person", "PersonEntityWithLinks", person
    yield "person", "PersonEntityWithLinks", client.get("Person/1004").json()
    yield "person", "Associate", person["CorrespondingAssociate"]
    yield "person", "UserInfo", person["UserInfo"]
    yield "person", "Contact", person["Contact"]
    yield "person", "EntityElement", person["Emails"][0]
    yield "archive", "ODataSlimResponse", client.archive(filter="getAllRows set true").json()


def test_contract_table(client: Client) -> None:
    seen = set()
    for _method, name, example in carriers(client):
        plain = name.removesuffix("WithLinks")
        if plain not in CONTRACT or (plain == "PersonEntity" and not example["IsAssociate"]):
            continue
        seen.add(plain)
        for key, kind in CONTRACT[plain].items():
            assert isinstance(example[key], kind), (name, key)
            if kind is int:
                assert not isinstance(example[key], bool), (name, key)
        if plain != "SoPrincipalCarrier":
            assert set(example) >= RIGHTS, name
    assert seen == set(CONTRACT)


def openapi_folder() -> Path | None:
    given = os.environ.get("SUPEROFFICE_OPENAPI")
    folder = Path(given) if given else Path(__file__).resolve().parents[4] / "shared" / "openapi"
    return folder if (folder / "user-agent.json").is_file() else None


def definitions(file: str) -> dict[str, Any]:
    folder = openapi_folder()
    assert folder is not None
    described = json.loads((folder / f"{file}.json").read_text(encoding="utf-8"))
    return {name.rpartition(".")[2]: value for name, value in described["definitions"].items()}


needs_description = pytest.mark.skipif(
    openapi_folder() is None,
    reason="the vendor's API description is not at hand (SUPEROFFICE_OPENAPI names its folder)",
)


@needs_description
def test_against_the_vendors_description(client: Client) -> None:
    for file, name, example in carriers(client):
        check(definitions(file), definitions(file)[name], example, name)


JSON_TYPES: dict[str, Any] = {
    "string": str, "boolean": bool, "array": list, "object": dict, "integer": int, "number": float,
}  # fmt: skip


def check(known: dict[str, Any], schema: Any, value: Any, where: str) -> None:
    """Compare a value with its schema: all properties, no others, of the right types."""
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition(".")[2]]
    if value is None:
        return
    assert isinstance(value, JSON_TYPES[schema["type"]]), where
    assert schema["type"] != "integer" or not isinstance(value, bool), where
    if "enum" in schema:
        assert value in schema["enum"], where
    if schema["type"] == "array" and "items" in schema and where != "ODataSlimResponse.value":
        for item in value:
            check(known, schema["items"], item, f"{where}[]")
    if "properties" in schema:
        assert set(value) == set(schema["properties"]), where
        for key, item in value.items():
            check(known, schema["properties"][key], item, f"{where}.{key}")


@needs_description
def test_every_served_call_of_the_agent_is_as_described(client: Client) -> None:
    folder = openapi_folder()
    assert folder is not None
    paths: dict[str, Any] = json.loads((folder / "user-agent.json").read_text(encoding="utf-8"))[
        "paths"
    ]
    for method in METHODS.values():
        path = f"Agents/User/{method.name}"
        described = paths[f"/api/v1/{path}"]["post"]
        parameters = described["parameters"]
        arguments = {p["name"] for p in parameters if p["in"] == "query"} - {"$select"}
        body: dict[str, Any] = next((p["schema"] for p in parameters if p["in"] == "body"), {})
        if "$ref" in body:
            reference = definitions("user-agent")[body["$ref"].rpartition(".")[2]]
            arguments |= set(reference["properties"])
        elif body:
            arguments.add("userInfoIds")
        assert set(client.get(path).json()["Arguments"]) == arguments, method.name
        assert ("204" in described["responses"]) is method.void, method.name
