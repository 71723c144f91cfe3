# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come in, by which scheme, and who may do what."""

from __future__ import annotations

import base64
import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.netserver import NetServer

from .conftest import PASSWORD, Client


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def ticket(server: NetServer) -> dict[str, str]:
    return {"Authorization": f"SOTicket {server.tenant.issue_ticket('system')}"}


def ticket_in_capitals(server: NetServer) -> dict[str, str]:
    return {"Authorization": f"SOTICKET {server.tenant.issue_ticket('system')}"}


def ticket_as_name(server: NetServer) -> dict[str, str]:
    return basic(server.tenant.issue_ticket("system") + ":")


def bearer(server: NetServer) -> dict[str, str]:
    return {"Authorization": f"bearer {server.tenant.issue_token('system')}"}


def cookie(server: NetServer) -> dict[str, str]:
    header, token = server.tenant.issue_session("system")
    return {"Cookie": header, "X-XSRF-TOKEN": token}


SCHEMES: list[tuple[Callable[[NetServer], dict[str, str]], str]] = [
    (lambda server: basic(":".join(server.admin)), "basic"),
    (ticket, "soticket"),
    (ticket_in_capitals, "soticket"),
    (ticket_as_name, "soticket"),
    (bearer, "bearer"),
    (cookie, "xsrf"),
]


@pytest.mark.parametrize(("headers_of", "scheme"), SCHEMES)
def test_scheme(
    headers_of: Callable[[NetServer], dict[str, str]],
    scheme: str,
    server: NetServer,
    client: Client,
) -> None:
    client.session.auth = None
    headers = headers_of(server)
    answer = client.get("User/currentPrincipal", headers=headers)
    assert answer.json()["UserName"] == "system"
    entry = server.journal.entries[-1]
    assert (entry.scheme, entry.login) == (scheme, "system")
    if scheme != "basic":
        server.tenant.expire_sessions()
        assert client.get("User/currentPrincipal", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("system:wrong"),
        basic("system:"),
        basic("nobody:system-password"),
        basic(":system-password"),
        basic("ROOM1:"),
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic"},
        {"Authorization": "SOTicket 7T:wrong"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Negotiate abc"},
        {"Cookie": "SuperOfficeSession=wrong", "X-XSRF-TOKEN": "wrong"},
        {"X-XSRF-TOKEN": "alone"},
    ],
)
def test_refused(headers: dict[str, str], server: NetServer, client: Client) -> None:
    client.session.auth = None
    answer = client.get("User/currentPrincipal", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert server.journal.entries[-1].login is None


def test_session_needs_its_own_token(server: NetServer, client: Client) -> None:
    client.session.auth = None
    header, token = server.tenant.issue_session("system")
    _cookie, other = server.tenant.issue_session("system")
    for sent, status in ((token, 200), (other, 401), ("", 401)):
        headers = {"Cookie": header, "X-XSRF-TOKEN": sent}
        assert client.get("User/currentPrincipal", headers=headers).status_code == status


def test_blank_and_non_ascii_passwords(server: NetServer, client: Client) -> None:
    client.session.auth = None
    for password in ("", "Pässwörd:with:colons"):
        server.tenant.change_user("RJ", password=password)
        answer = client.get("User/currentPrincipal", headers=basic(f"RJ:{password}"))
        assert answer.status_code == 200


def test_external_user_logs_in_but_manages_nothing(server: NetServer, client: Client) -> None:
    client.session.auth = ("USER00001@example.com", "Seed-password-00001")
    principal = client.get("User/currentPrincipal").json()
    assert (principal["UserType"], principal["AssociateId"]) == ("ExternalAssociate", 101)
    before = server.tenant.snapshot()
    assert client.create("x").status_code == 403
    assert client.delete(102).status_code == 403
    assert client.agent("GetUser?userId=102").status_code == 403
    assert client.archive().status_code == 403
    assert client.get("Person/1001").status_code == 403
    server.tenant.remove_user(101)
    assert server.tenant.snapshot() != before


def test_inactive_and_retired_users_stay_out(server: NetServer, client: Client) -> None:
    client.session.auth = ("user00001@example.com", "Seed-password-00001")
    assert client.get("User/currentPrincipal").status_code == 200
    server.tenant.change_user(101, is_active=False)
    assert client.get("User/currentPrincipal").status_code == 401
    server.tenant.change_user(101, is_active=True, deleted=True)
    assert client.get("User/currentPrincipal").status_code == 401


@pytest.mark.parametrize(
    ("rights", "status"),
    [((), 403), (("admin-role",), 403), (("admin-extern-user",), 204), (("admin-all",), 204)],
)
def test_right_of_the_caller(
    rights: tuple[str, ...], status: int, server: NetServer, client: Client
) -> None:
    server.tenant.add_internal_user("EMP", password=PASSWORD, functional_rights=rights)
    client.session.auth = ("EMP", PASSWORD)
    assert client.modify(101, "Role", RoleId=5).status_code == status
    assert client.agent("GetUser?userId=101").status_code == 200
    assert client.get("User/currentPrincipal").json()["FunctionRights"] == sorted(rights)


def test_missing_right_in_the_form_of_asp_net(server: NetServer, client: Client) -> None:
    server.tenant.add_internal_user("EMP", password=PASSWORD)
    client.session.auth = ("EMP", PASSWORD)
    with server.using(errors="asp-net", missing_right_error="function-right"):
        answer = client.delete(101)
        wrong = client.archive(filter="nonsense")
    assert answer.status_code == wrong.status_code == 500
    kind = "SuperOffice.Exceptions.SoFunctionRightException"
    assert answer.json()["ExceptionType"] == kind
    assert "admin-extern-user" in answer.json()["ExceptionMessage"]
    assert wrong.json()["ExceptionType"].endswith("SoInvalidArgumentException")


def test_application_token_is_recorded_as_digest(server: NetServer, client: Client) -> None:
    client.get("User/currentPrincipal", headers={"SO-AppToken": "canary-token"})
    assert server.journal.entries[-1].app_token == server.journal.digest("canary-token")


def test_tls_and_client_certificates(certificates: Path) -> None:
    cert, key = str(certificates / "cert.pem"), str(certificates / "key.pem")
    with NetServer(tls=(cert, key)) as server:
        assert server.url.startswith("https://")
        assert requests.get(server.url + "/api", verify=cert, timeout=5).status_code == 200
    with NetServer(tls=(cert, key, cert)) as server:
        good = requests.get(server.url + "/api", verify=cert, cert=(cert, key), timeout=5)
        assert good.status_code == 200
        with pytest.raises((requests.exceptions.RequestException, ssl.SSLError)):
            requests.get(server.url + "/api", verify=cert, timeout=5)


def test_token_of_the_current_user_ends_with_the_others(server: NetServer, client: Client) -> None:
    token = client.get("User/currentToken").json()
    client.session.auth = None
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("User/currentPrincipal", headers=headers).json()["UserName"] == "system"
    server.tenant.expire_sessions()
    assert client.get("User/currentPrincipal", headers=headers).status_code == 401


def test_last_login_is_that_of_a_password(server: NetServer, client: Client) -> None:
    def logins() -> list[str]:
        rows = client.rows("dynamic", filter="associate.associate_id = 101",
                           select="associate.associate_id,associate.lastlogin")  # fmt: skip
        assert [row["associate.associate_id"] for row in rows] == [101]
        user = client.agent("GetUser?userId=101").json()
        return [rows[0]["associate.lastlogin"], user["Lastlogin"], server.tenant.last_login(101)]

    assert logins() == ["0001-01-01T00:00:00"] * 3
    other = Client(server)
    other.session.auth = None
    token = {"Authorization": f"Bearer {server.tenant.issue_token(101)}"}
    assert other.get("User/currentPrincipal", headers=token).status_code == 200
    other.session.auth = ("user00001@example.com", "wrong")
    assert other.get("User/currentPrincipal").status_code == 401
    assert logins() == ["0001-01-01T00:00:00"] * 3
    other.session.auth = ("user00001@example.com", "Seed-password-00001")
    before = server.tenant.snapshot()
    assert other.get("User/currentPrincipal").status_code == 200
    now = datetime.datetime.now(datetime.timezone.utc)
    for text in logins():
        time = datetime.datetime.fromisoformat(text + "+00:00")
        assert abs((now - time).total_seconds()) < 30
    assert server.tenant.snapshot() == before
    server.tenant.set_last_login(
        101, datetime.datetime(2025, 1, 31, 7, 5, tzinfo=datetime.timezone.utc)
    )
    assert logins() == ["2025-01-31T07:05:00"] * 3
    server.reset()
    assert logins() == ["0001-01-01T00:00:00"] * 3


@pytest.mark.parametrize("path", [
    "GetUser?userId=2", "GetUserInfo?userInfoId=2", "GetUserFromName", "GetUserFromPersonId",
    "SetExternalUserInfo", "DeleteExternalUser",
])  # fmt: skip
def test_users_that_a_restricted_caller_may_not_manage_are_refused(
    path: str, server: NetServer, client: Client
) -> None:
    server.tenant.add_internal_user(
        "EMP", password=PASSWORD, functional_rights=["admin-extern-user"]
    )
    body = {"UserName": "RJ", "PersonId": 1, "AssociateId": 2, "ExternalUserInfoModification": 8}
    with server.using(unmanaged_user="sentry"):
        assert client.agent(path, body).status_code != 403
        client.session.auth = ("EMP", PASSWORD)
        answer = client.agent(path, body)
        assert (answer.status_code, answer.json()["ErrorType"]) == (403, "SoSentryException")
        infos = client.agent("GetUserInfoList", [2, 101]).json()
        assert [info["UserInfoId"] for info in infos] == [101]
        with server.using(internal_listed="yes"):
            rows = client.rows(filter="getAllRows set true")
        assert [row["PrimaryKey"] for row in rows] == ["101", "102", "103"]


def test_hidden_persons_and_their_logins_are_left_out(server: NetServer, client: Client) -> None:
    server.tenant.hide_person(1002)
    rows = client.rows(filter="getAllRows set true", top=2)
    assert [row["PrimaryKey"] for row in rows] == ["101", "103"]
    assert [row["PrimaryKey"] for row in client.rows("Person", filter="personId gt 1000")] == [
        "1001", "1003", "1004", "1005",
    ]  # fmt: skip
    assert len(client.rows("dynamic", filter="associate.type = 4")) == 2
    assert client.get("Person/1002").status_code == 404
    assert client.create(PersonId=1002).json()["ErrorType"] == "SoNotFoundException"
    with server.using(unmanaged_user="function-right"):
        answer = client.delete(102)
        assert (answer.status_code, answer.json()["ErrorType"]) == (403, "SoFunctionRightException")
        assert client.agent("GetUserInfoList", [102]).json() == []
    assert server.tenant.user(102) is not None
