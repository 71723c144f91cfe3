# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four external-user calls: what they do, and what they refuse without changing anything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.netserver import NetServer, PasswordRules

from .conftest import PASSWORD, Client

USER = 101


def test_create_fills_everything(server: NetServer, client: Client) -> None:
    person = server.tenant.add_person(first_name="Anna")
    answer = client.create(PersonId=person, RoleId=5, IsActive=False)
    assert answer.text == "104"
    user = server.tenant.user(104)
    assert user is not None
    assert (user.user_name, user.person_id, user.role_id, user.is_active, user.type) == (
        "anna@example.com", person, 5, False, "ExternalPerson",
    )  # fmt: skip
    assert server.tenant.password_matches(104, PASSWORD)


def test_ids_are_never_used_again(client: Client) -> None:
    first = client.create("a").json()
    client.delete(first)
    assert client.create("b").json() == first + 1


@pytest.mark.parametrize(
    ("changes", "error_type"),
    [
        ({"PersonId": 99999}, "SoNotFoundException"),
        ({"RoleId": 99999}, "SoNotFoundException"),
        ({"RoleId": 1}, "SoInvalidArgumentException"),
        ({"RoleId": 9}, "SoInvalidArgumentException"),
        ({"UserName": ""}, "SoValidationException"),
        ({"UserName": "  "}, "SoValidationException"),
        ({"UserName": None}, "SoValidationException"),
        ({"UserName": "x" * 240}, "SoValidationException"),
        ({"UserName": "USER00001@Example.com"}, "SoDuplicateException"),
        ({"UserName": "rj"}, "SoDuplicateException"),
        ({"UserName": "system"}, "SoDuplicateException"),
        ({"Password": ""}, "SoInvalidPasswordException"),
        ({"Password": None}, "SoInvalidPasswordException"),
        ({"Password": "Sh0rt"}, "SoInvalidPasswordException"),
        ({"Password": "no-upper-case-1"}, "SoInvalidPasswordException"),
        ({"Password": "NO-LOWER-CASE-1"}, "SoInvalidPasswordException"),
        ({"Password": "No-number-here"}, "SoInvalidPasswordException"),
    ],
)
def test_create_refuses(
    changes: dict[str, Any], error_type: str, server: NetServer, client: Client
) -> None:
    person = changes.pop("PersonId", None) or server.tenant.add_person()
    body = {"PersonId": person, "UserName": "anna", "Password": PASSWORD, "RoleId": 2}
    before = server.tenant.snapshot()
    answer = client.agent("CreateExternalUser", {**body, "IsActive": True, **changes})
    assert (answer.status_code, answer.json()["ErrorType"]) == (400, error_type)
    assert server.tenant.snapshot() == before
    assert not server.journal.committed


def test_name_of_greatest_length(client: Client) -> None:
    assert client.create("x" * 239).status_code == 200


def test_special_characters_can_be_demanded(server: NetServer, client: Client) -> None:
    server.tenant.password_rules = PasswordRules(min_special=2)
    assert client.create(Password="Canary1-secret").status_code == 400
    assert client.create(Password="Canary1-secret!").status_code == 200


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ("UserName", {"user_name"}),
        ("Password", {"password"}),
        ("Role", {"role_id"}),
        ("Active", {"is_active"}),
        ("Role,Active", {"role_id", "is_active"}),
        ("role,  ACTIVE", {"role_id", "is_active"}),
        ("UserName, Password", {"user_name", "password"}),
        ("All", {"user_name", "password", "role_id", "is_active"}),
        (1, {"user_name"}),
        (12, {"role_id", "is_active"}),
        (15, {"user_name", "password", "role_id", "is_active"}),
    ],
)
def test_modify_changes_what_the_flags_name(
    flags: object, changed: set[str], server: NetServer, client: Client
) -> None:
    answer = client.modify(USER, flags, UserName="new", Password=PASSWORD, RoleId=5, IsActive=False)
    assert (answer.status_code, answer.content) == (204, b"")
    user = server.tenant.user(USER)
    assert user is not None
    done = {
        "user_name": user.user_name == "new",
        "password": server.tenant.password_matches(USER, PASSWORD),
        "role_id": user.role_id == 5,
        "is_active": not user.is_active,
    }
    assert {name for name, is_done in done.items() if is_done} == changed


@pytest.mark.parametrize("flags", [16, 31, -1, 2**40, "Admin", "Role,", "", "4", None, True, 4.0,
                                   ["Role"], "Role;Active", "UndefinedValue16"])  # fmt: skip
def test_modify_refuses_flags(flags: object, server: NetServer, client: Client) -> None:
    before = server.tenant.snapshot()
    answer = client.modify(USER, flags, RoleId=5)
    assert (answer.status_code, set(answer.json())) == (400, {"Message", "MessageDetail"})
    assert server.tenant.snapshot() == before


def test_modify_is_all_or_nothing(server: NetServer, client: Client) -> None:
    before = server.tenant.snapshot()
    assert client.modify(USER, "Role, Active", RoleId=1, IsActive=False).status_code == 400
    assert server.tenant.snapshot() == before


@pytest.mark.parametrize("associate_id", [1, 2, 3, 4])
@pytest.mark.parametrize("method", ["SetExternalUserInfo", "DeleteExternalUser"])
def test_internal_users_are_not_touched(
    associate_id: int, method: str, server: NetServer, client: Client
) -> None:
    before = server.tenant.snapshot()
    body = {"AssociateId": associate_id, "ExternalUserInfoModification": "Active"}
    answer = client.agent(method, body)
    assert answer.json()["ErrorType"] == "SoIllegalOperationException"
    assert server.tenant.snapshot() == before


def test_rename_to_own_name_in_other_case(server: NetServer, client: Client) -> None:
    assert client.modify(USER, 1, UserName="USER00001@example.com").status_code == 204
    user = server.tenant.user(USER)
    assert user is not None
    assert user.user_name == "USER00001@example.com"
    assert client.modify(USER, 1, UserName="user00002@example.com").status_code == 400


def test_delete_frees_name_and_keeps_person(server: NetServer, client: Client) -> None:
    assert client.delete(USER).status_code == 204
    assert server.tenant.user(USER) is None
    assert client.get("Person/1001").json()["IsAssociate"] is False
    assert client.create("user00001@example.com", PersonId=1001).status_code == 200


def test_generated_password_works(server: NetServer, client: Client) -> None:
    name = "user00001@example.com"
    answer = client.agent("GenerateNewPasswordForExternalUser", {"AssociateName": name})
    assert server.tenant.password_matches(USER, answer.json())
    assert server.tenant.password_rules.violation(answer.json()) is None
    for missing in ("nobody", "RJ"):
        answer = client.agent("GenerateNewPasswordForExternalUser", {"AssociateName": missing})
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("password", "result"), [(PASSWORD, True), ("weak", False), ("", False), (None, False)]
)
def test_set_password_reports_by_bool(
    password: object, result: bool, server: NetServer, client: Client
) -> None:
    answer = client.agent("SetPassword", {"AssociateId": USER, "Password": password})
    assert answer.json() is result
    assert server.tenant.password_matches(USER, PASSWORD) is result


@pytest.mark.parametrize(
    ("name", "associate_id", "valid"),
    [
        ("free", 0, True),
        ("user00001@example.com", 0, False),
        ("user00001@example.com", USER, True),
        ("RJ", 0, False),
        ("", 0, False),
        ("x" * 240, 0, False),
    ],
)
def test_user_name_valid(name: str, associate_id: int, valid: bool, client: Client) -> None:
    body = {"AssociateId": associate_id, "Type": "ExternalAssociate", "UserName": name}
    assert client.agent("IsUserNameValid", body).json() is valid
    reasoned = client.agent("IsUserNameValidWithReason", body).json()
    assert (reasoned["Result"], bool(reasoned["Reason"])) == (valid, not valid)


def test_password_valid_never_repeats_the_password(client: Client) -> None:
    body = {"Type": 3, "Password": "canary-weak"}
    answer = client.agent("IsPasswordValidWithReason", body)
    assert answer.json()["Result"] is False
    assert "canary" not in answer.text


def test_mail_and_password_ways(server: NetServer, client: Client) -> None:
    silent = server.tenant.add_external_user("no-mail")
    ways = "GetSupportedChangePasswordTypes"
    assert client.agent(ways, {"AssociateId": USER}).json() == ["Email", "Password"]
    assert client.agent(ways, {"AssociateId": silent}).json() == ["Password"]
    mail = "SendChangePasswordEMail"
    assert client.agent(mail, {"AssociateId": USER}).json()["Success"] is True
    assert client.agent(mail, {"AssociateId": silent}).json()["Success"] is False
    assert server.tenant.mails == [USER]
