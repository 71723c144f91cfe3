# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes between two requests, while a client reads."""

from __future__ import annotations

from typing import Any

from tests.netserver import NetServer

from .conftest import Client

PAGE: dict[str, Any] = {"filter": "getAllRows set true", "top": 1}


def pages(client: Client) -> list[list[str]]:
    """Read four pages of one row each."""
    return [[row["PrimaryKey"] for row in client.rows(skip=skip, **PAGE)] for skip in range(4)]


def test_user_removed_between_two_pages_hides_another(server: NetServer, client: Client) -> None:
    server.changes.add(lambda s: s.tenant.remove_user(101), after=1, operation="Archive/*")
    assert pages(client) == [["101"], ["103"], [], []]


def test_user_added_between_two_pages_appears(server: NetServer, client: Client) -> None:
    server.changes.add(lambda s: s.tenant.add_external_user("late"), after=2)
    assert pages(client) == [["101"], ["102"], ["103"], ["104"]]


def test_changes_run_once_in_the_order_of_their_requests(server: NetServer, client: Client) -> None:
    server.changes.add(lambda s: s.tenant.change_user(101, deleted=True), after=1)
    server.changes.add(lambda s: s.tenant.change_user(102, role_id=6), after=2)
    server.changes.add(lambda s: s.choose(page_cap=1, retired_listed="no"), after=3)
    query = {"filter": "getAllRows set true", "select": "role"}
    seen = [[row["role"] for row in client.rows(**query)] for _time in range(5)]
    same = ["External user"] * 3
    changed = ["External user", "Vendor", "External user"]
    assert seen == [same, same, changed, ["Vendor"], ["Vendor"]]
    server.reset()
    assert len(client.rows(**query)) == 3


def test_changes_of_an_operation_count_its_requests(server: NetServer, client: Client) -> None:
    server.changes.add(lambda s: s.tenant.change_user(101, role_id=5), after=1, operation="GetUser")
    path = "GetUser?userId=101"
    first = client.agent(path).json()["Role"]["Id"]
    client.rows(**PAGE)
    assert (first, client.agent(path).json()["Role"]["Id"]) == (2, 5)


def test_callback_sees_every_request_before_it_is_served(server: NetServer, client: Client) -> None:
    seen: list[tuple[int, str, int]] = []
    server.before_request(
        lambda number, operation: seen.append((number, operation, len(server.tenant.users())))
    )
    client.delete(101)
    client.get("User/currentPrincipal")
    assert seen == [(1, "DeleteExternalUser", 3), (2, "User/currentPrincipal", 2)]
    server.reset()
    client.get("User/currentPrincipal")
    assert len(seen) == 2


def test_failing_change_is_an_error_of_the_request_and_not_a_silence(
    server: NetServer, client: Client
) -> None:
    server.changes.add(lambda s: s.tenant.remove_user("nobody"))
    answer = client.get("User/currentPrincipal")
    assert (answer.status_code, answer.json()["ErrorType"]) == (500, "KeyError")
    assert client.get("User/currentPrincipal").status_code == 200
