# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the tenant: reading, changing by hand, invariants under any sequence of calls."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.netserver import NetServer

from .conftest import PASSWORD, Client

NAMES = ("anna", "ANNA", "bob", "RJ", "user00001@example.com", "", "ÆRØ", "ærø")
STEP = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(NAMES), st.sampled_from((2, 5, 1, 9, 77)),
              st.booleans()),
    st.tuples(st.just("modify"), st.integers(1, 106), st.integers(-1, 17), st.sampled_from(NAMES),
              st.sampled_from((2, 6, 3)), st.booleans()),
    st.tuples(st.just("delete"), st.integers(1, 106)),
)  # fmt: skip


def perform(client: Client, step: tuple[Any, ...]) -> int:
    if step[0] == "create":
        _what, name, role, active = step
        return client.create(name, PersonId=1004, RoleId=role, IsActive=active).status_code
    if step[0] == "modify":
        _what, key, flags, name, role, active = step
        return client.modify(key, flags, UserName=name, RoleId=role, IsActive=active,
                             Password=PASSWORD).status_code  # fmt: skip
    return client.delete(step[1]).status_code


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=12))
def test_invariants(running_server: NetServer, steps: list[tuple[Any, ...]]) -> None:
    running_server.reset()
    client, tenant = Client(running_server), running_server.tenant
    internal = [tenant.user(key) for key in (1, 2, 3, 4)]
    for step in steps:
        before = tenant.snapshot()
        status = perform(client, step)
        entry = running_server.journal.entries[-1]
        assert entry.committed is (status in (200, 204))
        if status == 400:
            assert tenant.snapshot() == before
    users = tenant.users()
    names = [name.lower() for user in users for name in sorted({user.user_name, user.name})]
    taken = [user.user_name.lower() for user in internal if user]
    assert len(set(names + taken)) == len(names) + len(taken)
    external_roles = {row["role_id"] for row in tenant.live.roles(1) if not row["deleted"]}
    assert all(user.role_id in external_roles and user.type == "ExternalPerson" for user in users)
    assert [tenant.user(key) for key in (1, 2, 3, 4)] == internal
    listed = client.rows(filter="getAllRows set true", select="userName,isActive")
    assert [(row["PrimaryKey"], row["userName"], row["isActive"]) for row in listed] == [
        (str(user.associate_id), user.user_name, user.is_active) for user in users
    ]


def test_reset_brings_back_the_start(server: NetServer, client: Client) -> None:
    start = server.tenant.snapshot()
    client.create()
    client.delete(101)
    server.tenant.add_role("New")
    server.faults.add("html", times=None)
    server.latency = 1.0
    assert server.tenant.snapshot() != start
    server.reset()
    assert server.tenant.snapshot() == start
    assert (server.latency, server.journal.entries) == (0.0, [])
    assert client.create().json() == 104


def test_bulk_seeding_is_one_transaction(server: NetServer) -> None:
    ids = server.tenant.add_external_users({"user_name": f"bulk{i}"} for i in range(200))
    assert (ids[0], ids[-1]) == (104, 303)
    before = server.tenant.snapshot()
    with pytest.raises(TypeError):
        server.tenant.add_external_users([{"user_name": "good"}, {"nonsense": 1}])
    assert server.tenant.snapshot() == before


def test_a_broken_transaction_leaves_no_trace(server: NetServer) -> None:
    before, commits = server.tenant.snapshot(), server.tenant.commits

    def write_half() -> None:
        with server.tenant.writing():
            server.tenant.update_associate(101, active=0)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_half()
    assert (server.tenant.snapshot(), server.tenant.commits) == (before, commits)


def test_drift_by_hand(server: NetServer, client: Client) -> None:
    server.tenant.change_user("user00001@example.com", role_id=5, is_active=False, password="New")
    user = server.tenant.user(101)
    assert user is not None
    assert (user.role_id, user.is_active) == (5, False)
    assert server.tenant.password_matches(101, "New")
    assert not server.journal.committed
    with pytest.raises(KeyError):
        server.tenant.change_user("nobody", role_id=5)


def test_seed_is_as_documented(server: NetServer) -> None:
    users = server.tenant.users()
    assert [(u.associate_id, u.person_id, u.user_name) for u in users] == [
        (101, 1001, "user00001@example.com"), (102, 1002, "user00002@example.com"),
        (103, 1003, "user00003@example.com"),
    ]  # fmt: skip
    assert server.tenant.password_matches(101, "Seed-password-00001")
    assert server.tenant.role_id("External user") == 2
    assert [server.tenant.user(key).type for key in (1, 2, 3, 4)] == [  # type: ignore[union-attr]
        "System", "Employee", "Resource", "Anonymous",
    ]  # fmt: skip


def test_equal_runs_end_in_equal_states() -> None:
    def run() -> object:
        with NetServer(users=2, persons=1) as server:
            Client(server).create(PersonId=1003)
            Client(server).modify(101, "Password", Password=PASSWORD)
            return server.tenant.snapshot()

    assert run() == run()


def test_a_large_tenant_starts_quickly() -> None:
    with NetServer(users=20_000) as server:
        page = Client(server).rows(filter="getAllRows set true", top=1000, skip=19_000)
        assert page[-1]["userName"] == "user20000@example.com"
