# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: complete, in time, and free of secrets in any spelling."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.netserver import NetServer

from .conftest import Client

CANARY = "Canary/pass+word=1 ü"


def spellings(secret: str) -> set[str]:
    raw = secret.encode()
    found = {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}
    for prefix in (b"", b"system:", b"x:"):
        found.add(base64.b64encode(prefix + raw).decode())
    return found


def test_entry_of_a_write(server: NetServer, client: Client) -> None:
    mark = server.journal.mark()
    client.modify(101, "Role, Active", RoleId=5, IsActive=False, Password=CANARY)
    (entry,) = server.journal.since(mark)
    assert (entry.operation, entry.method, entry.status, entry.committed, entry.writes) == (
        "SetExternalUserInfo", "POST", 204, True, True,
    )  # fmt: skip
    assert entry.argument("externaluserinfomodification") == "Role, Active"
    assert entry.body["Password"] == server.journal.digest(CANARY)
    assert (entry.login, entry.scheme, entry.fault) == ("system", "basic", None)
    assert entry.headers["Content-Type"] == "application/json"
    assert 0 < entry.seconds < 5


def test_counts_writes_and_committed(server: NetServer, client: Client) -> None:
    client.agent("GetUser?userId=101")
    client.agent("GetUser?userId=102")
    client.modify(101, "Role", RoleId=1)
    client.delete(101)
    journal = server.journal
    assert journal.counts() == {"GetUser": 2, "SetExternalUserInfo": 1, "DeleteExternalUser": 1}
    assert [entry.operation for entry in journal.writes] == [
        "SetExternalUserInfo",
        "DeleteExternalUser",
    ]
    assert [entry.operation for entry in journal.committed] == ["DeleteExternalUser"]
    journal.clear()
    assert journal.entries == []


def test_connections_are_numbered(server: NetServer, client: Client) -> None:
    client.get("User/currentPrincipal")
    client.get("User/currentPrincipal")
    Client(server).get("User/currentPrincipal")
    first, second, third = (entry.connection for entry in server.journal.entries)
    assert first == second != third


def test_wait(server: NetServer, client: Client) -> None:
    timer = threading.Timer(0.1, client.delete, (101,))
    timer.start()
    found = server.journal.wait(1, matching=lambda entry: entry.writes)
    assert found[0].operation == "DeleteExternalUser"
    timer.join()
    with pytest.raises(TimeoutError):
        server.journal.wait(50, timeout=0.05)


def test_no_secret_in_any_spelling(server: NetServer, client: Client) -> None:
    tenant = server.tenant
    tenant.change_user("RJ", password=CANARY)
    secrets = [CANARY]
    client.create(Password=CANARY)
    client.modify(101, "Password", Password=CANARY)
    client.agent("SetPassword", {"AssociateId": 101, "Password": CANARY})
    client.agent("IsPasswordValid", {"Type": 3, "Password": CANARY, "passwrod": CANARY})
    client.agent("CreateExternalUser", {"PersonId": CANARY, "Nested": {"Password": CANARY}})
    client.agent("GetUserInfoList", [CANARY])
    client.request("POST", "Agents/User/SetPassword", data=f'{{"Password": "{CANARY}'.encode(),
                   headers={"Content-Type": "application/json"})  # fmt: skip
    client.get(f"User/currentPrincipal?token={quote(CANARY)}")
    client.session.auth = None
    for login in (f"RJ:{CANARY}", f"system:{CANARY}", f"{CANARY}:x", "RJ"):
        token = base64.b64encode(login.encode()).decode()
        client.get("User/currentPrincipal", headers={"Authorization": f"Basic {token}"})
        secrets.append(token)
    ticket, bearer = tenant.issue_ticket("system"), tenant.issue_token("system")
    cookie, xsrf = tenant.issue_session("system")
    for headers in (
        {"Authorization": f"SOTicket {ticket}", "SO-AppToken": CANARY},
        {"Authorization": f"Basic {base64.b64encode(f'{ticket}:'.encode()).decode()}"},
        {"Authorization": f"Bearer {bearer}"},
        {"Cookie": cookie, "X-XSRF-TOKEN": xsrf},
    ):
        assert client.get("User/currentPrincipal", headers=headers).status_code == 200
    secrets += [ticket, bearer, cookie, xsrf]
    entries = [dataclasses.asdict(entry) for entry in server.journal.entries]
    text = json.dumps(entries, ensure_ascii=False) + json.dumps(entries) + repr(entries)
    served = client.session.get(server.journal_url, timeout=5).text
    for secret in secrets:
        for spelling in spellings(secret) if len(secret) > 8 else ():
            assert spelling not in text
            assert spelling not in served


def test_journal_over_http(server: NetServer, client: Client) -> None:
    client.delete(101)
    client.delete(102)
    entries = client.session.get(server.journal_url, timeout=5).json()
    assert [entry["operation"] for entry in entries] == ["DeleteExternalUser"] * 2
    since = f"{server.journal_url}?since={entries[0]['sequence']}"
    assert len(client.session.get(since, timeout=5).json()) == 1
    assert client.session.delete(server.journal_url, timeout=5).status_code == 204
    assert server.journal.entries == []


def test_journal_file(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with NetServer(users=1, journal_file=file) as server:
        Client(server).delete(101)
        Client(server).get("User/currentPrincipal")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["operation"] for line in lines] == ["DeleteExternalUser", "User/currentPrincipal"]
