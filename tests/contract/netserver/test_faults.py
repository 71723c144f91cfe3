# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault: what the client sees, whether the call took effect, what the journal says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.netserver import NetServer
from tests.netserver.faults import KINDS, parse_fault

from .conftest import PASSWORD, Client

Seen = Callable[[requests.Response], bool]
LOST = "lost"

# kind, options, took effect, what the client sees (or that the answer is lost)
TABLE: list[tuple[str, dict[str, Any], bool, Seen | str]] = [
    ("drop_before", {}, False, LOST),
    ("drop_after", {}, True, LOST),
    ("drop_after", {"how": "reset"}, True, LOST),
    ("status", {"status": 429, "retry_after": 3}, False,
     lambda r: r.status_code == 429 and r.headers["Retry-After"] == "3"),
    ("status", {"status": 502, "body": "<h1>Bad gateway</h1>", "content_type": "text/html"}, False,
     lambda r: r.status_code == 502 and r.text == "<h1>Bad gateway</h1>"
     and "Retry-After" not in r.headers),
    ("status", {"status": 504, "commit": True}, True, lambda r: r.status_code == 504),
    ("delay", {"seconds": 0.2}, True,
     lambda r: r.json() == 104 and r.elapsed.total_seconds() > 0.2),
    ("delay", {"seconds": 0.2, "when": "after"}, True,
     lambda r: r.json() == 104 and r.elapsed.total_seconds() > 0.2),
    ("truncate", {}, True, LOST),
    ("truncate", {"how": "json"}, True, lambda r: r.status_code == 200 and r.text == "1"),
    ("content_type", {}, True, lambda r: r.headers["Content-Type"] == "text/plain"),
    ("html", {}, False, lambda r: r.status_code == 200 and r.text.startswith("<!DOCTYPE")),
    ("redirect", {}, False,
     lambda r: r.status_code == 302 and r.headers["Location"] == "http://127.0.0.1:9/login"),
    ("redirect", {"status": 307, "location": "/elsewhere"}, False,
     lambda r: r.status_code == 307 and r.headers["Location"] == "/elsewhere"),
    ("expire_session", {}, False, lambda r: r.status_code == 401),
    ("echo", {}, False, lambda r: r.status_code == 500 and PASSWORD in r.text
     and "Authorization: Basic" in r.json()["Message"]),
    ("garbage", {}, True, lambda r: r.json() == {"unexpected": [1, {"a": None}]}),
    ("slow_drip", {"seconds": 0.2}, True,
     lambda r: r.json() == 104),
    ("bad_bytes", {}, True, LOST),
    ("empty_page", {}, True, lambda r: r.json() == 104),
]  # fmt: skip


@pytest.mark.parametrize("case", TABLE, ids=[f"{k}{o or ''}" for k, o, *_rest in TABLE])
def test_fault(
    case: tuple[str, dict[str, Any], bool, Seen | str], server: NetServer, client: Client
) -> None:
    kind, options, committed, seen = case
    server.faults.add(kind, operation="CreateExternalUser", **options)
    person = server.tenant.add_person()
    if seen == LOST:
        with pytest.raises(requests.exceptions.RequestException):
            client.create(PersonId=person)
    else:
        assert callable(seen)
        assert seen(client.create(PersonId=person))
    assert (server.tenant.user("anna@example.com") is not None) is committed
    entry = server.journal.entries[-1]
    assert (entry.fault, entry.committed) == (kind, committed)
    if kind.startswith("drop") or kind == "bad_bytes":
        assert entry.status == 0


def test_every_kind_is_tested() -> None:
    assert {kind for kind, *_rest in TABLE} == set(KINDS)


def test_page_is_empty_although_a_next_one_was_promised(client: Client) -> None:
    options: dict[str, Any] = {"filter": "getAllRows set true", "top": 2}
    client.server.faults.add("empty_page", operation="Archive/ExternalUsers", skip=1)
    first, second, third = (client.archive(skip=skip, **options).json() for skip in (0, 2, 2))
    assert (len(first["value"]), bool(first["odata.nextLink"])) == (2, True)
    assert (second["value"], second["odata.nextLink"]) == ([], None)
    assert len(third["value"]) == 1


def test_reset_is_a_reset(client: Client) -> None:
    client.server.faults.add("drop_before", how="reset")
    with pytest.raises(requests.exceptions.ConnectionError, match="reset"):
        client.get("User/currentPrincipal")


def test_bad_bytes_break_a_tls_connection_after_the_effect(certificates: Path) -> None:
    cert, key = str(certificates / "cert.pem"), str(certificates / "key.pem")
    with NetServer(tls=(cert, key), users=1) as server:
        server.faults.add("bad_bytes", operation="DeleteExternalUser")
        client = Client(server)
        client.session.verify = cert
        with pytest.raises(requests.exceptions.RequestException) as caught:
            client.delete(101)
        assert "SSL" in str(caught.value)
        assert server.tenant.user(101) is None


def test_skip_times_and_patterns(server: NetServer, client: Client) -> None:
    server.faults.add("status", operation="archive/*", times=2, skip=1, status=500)
    codes = [client.archive(filter="getAllRows set true").status_code for _time in range(5)]
    assert codes == [200, 500, 500, 200, 200]
    server.faults.add("status", path="*/User/GetUser", times=None)
    assert [client.agent("GetUser?userId=101").status_code for _time in range(3)] == [503] * 3
    server.faults.clear()
    assert client.agent("GetUser?userId=101").status_code == 200


def test_expired_session_stays_expired_and_a_new_one_works(
    server: NetServer, client: Client
) -> None:
    def ask(ticket: str) -> int:
        headers = {"Authorization": f"SOTicket {ticket}"}
        return client.get("User/currentPrincipal", headers=headers, auth=None).status_code

    client.session.auth = None
    old, new = server.tenant.issue_ticket("system"), server.tenant.issue_ticket("system")
    server.faults.add("expire_session", operation="User/currentPrincipal", skip=1)
    assert [ask(old), ask(old), ask(old), ask(new)] == [200, 401, 401, 200]


def test_client_that_gives_up_finds_the_entry(server: NetServer, client: Client) -> None:
    server.faults.add("delay", operation="CreateExternalUser", seconds=2.0, when="after")
    person = server.tenant.add_person()
    body = {"PersonId": person, "UserName": "anna", "Password": PASSWORD, "RoleId": 2,
            "IsActive": True}  # fmt: skip
    with pytest.raises(requests.exceptions.Timeout):
        client.agent("CreateExternalUser", body, timeout=0.3)
    assert server.journal.writes[-1].committed


def test_drip_takes_its_time(server: NetServer, client: Client) -> None:
    server.faults.add("slow_drip", operation="GetUser", seconds=0.5)
    started = time.monotonic()
    assert client.agent("GetUser?userId=101").json()["AssociateId"] == 101
    assert time.monotonic() - started > 0.4


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("drop", {}, ("'drop'", "'drop_")),
        ("delay", {"second": 1}, ("'second'", "seconds")),
        ("html", {"status": 1}, ("'status'", "none")),
    ],
)
def test_wrong_fault(
    kind: str, options: dict[str, Any], words: tuple[str, ...], server: NetServer
) -> None:
    with pytest.raises(ValueError, match="'") as caught:
        server.faults.add(kind, **options)
    assert all(word in str(caught.value) for word in words)


def test_fault_of_the_command_line() -> None:
    assert parse_fault("drop_after:CreateExternalUser:times=none,skip=2") == {
        "kind": "drop_after", "operation": "CreateExternalUser", "times": None, "skip": 2,
    }  # fmt: skip
    assert parse_fault("delay::seconds=0.5,commit=no") == {
        "kind": "delay", "operation": None, "seconds": 0.5, "commit": False,
    }  # fmt: skip


def test_a_request_that_waits_is_forgotten_by_a_reset(server: NetServer, client: Client) -> None:
    server.faults.add("delay", seconds=3)
    with pytest.raises(requests.Timeout):
        client.get("User/currentPrincipal", timeout=0.2)
    server.reset()
    with server.using(parallel="1"):
        assert client.get("User/currentPrincipal").status_code == 200
