# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Number of requests of a task, for any number of users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.modules.conftest import ADMIN
from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer

PASSWORD = "Creation-password-77"
NAME = "user01234@example.com"


@pytest.fixture(scope="module")
def large_server() -> Iterator[NetServer]:
    with NetServer(users=2000, persons=2, admin=ADMIN) as server:
        yield server


@pytest.fixture(params=[0, 2000])
def populated(
    request: pytest.FixtureRequest, large_server: NetServer, server: NetServer
) -> NetServer:
    """A server with the user NAME, alone or among 2,000."""
    if request.param:
        large_server.reset()
        return large_server
    server.tenant.add_external_user(NAME, password="Seed-password-01234")
    return server


def run_counted(populated: NetServer, **options: Any) -> tuple[Result, int]:
    """Run a task; the journal and the result have to agree on the number of requests."""
    connection = {"url": populated.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    mark = populated.journal.mark()
    result = run_in_process("superoffice_external_user", {**connection, **options}, False)
    assert "failed" not in result, result["msg"]
    entries = populated.journal.since(mark)
    assert sum(result["requests"].values()) == len(entries)
    return result, len(entries)


def test_task_uses_one_connection(populated: NetServer) -> None:
    mark = populated.journal.mark()
    run_counted(populated, user_name=NAME, role="Vendor")
    assert len({entry.connection for entry in populated.journal.since(mark)}) == 1


def test_login_probe_uses_its_own_connection(populated: NetServer) -> None:
    mark = populated.journal.mark()
    options = {"password": "Seed-password-01234", "update_password": "when_changed"}
    result, _requests = run_counted(populated, user_name=NAME, **options)
    assert result["password_status"] == "verified"
    assert len({entry.connection for entry in populated.journal.since(mark)}) == 2


def test_single_user_is_read_with_a_filter(populated: NetServer) -> None:
    mark = populated.journal.mark()
    run_counted(populated, user_name=NAME, role="Vendor")
    filters = [
        e.query.get("$filter", "") for e in populated.journal.since(mark) if "Archive" in e.path
    ]
    assert filters
    assert not [text for text in filters if "getAllRows" in text]


@pytest.mark.parametrize("addresses", ["any", "rows"])
def test_person_of_any_of_its_addresses_is_looked_up_with_one_request(
    addresses: str, server: NetServer
) -> None:
    person = server.tenant.add_person(email=["first@x.example", "second@x.example"])
    options = {"person_email": "second@x.example", "role": "Partner", "password": PASSWORD}
    with server.using(person_addresses=addresses):
        result, requests = run_counted(server, user_name="new", **options)
    assert (result["action"], result["user"]["person_id"]) == ("create", person)
    assert result["requests"]["person"] == 1
    assert requests <= 11


@pytest.mark.parametrize("modification", [{"role": "Vendor"}, {"is_active": False}], ids=str)
def test_state_that_was_read_for_a_null_is_not_read_again(
    modification: dict[str, Any], populated: NetServer
) -> None:
    with populated.using(void_reply="null-200"):
        result, requests = run_counted(populated, user_name=NAME, **modification)
        assert result["action"] == "modify"
        assert requests <= 6
        again, _requests = run_counted(populated, user_name=NAME, **modification)
    [name] = modification
    assert again["changed"] is False
    assert result["user"][name] == again["user"][name] == modification[name]


def test_user_that_only_its_name_finds_is_not_looked_up_by_its_id_as_well(
    server: NetServer,
) -> None:
    with server.using(name_column="name", empty_user_name="null"):
        server.tenant.add_external_user("anna", password=PASSWORD)
        result, requests = run_counted(server, user_name="anna", role="Vendor")
    assert result["modification"] == ["Role"]
    assert result["requests"]["user"] == 1
    assert requests <= 7
