# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that gives the id of a deleted user to the next new one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.plugin_utils.rotation import rotation_of

from tests.modules.conftest import Run
from tests.netserver import NetServer

NEW = {"role": "Vendor", "password": "Good-pass-1"}


@pytest.fixture(autouse=True)
def reusing(server: NetServer) -> None:
    server.choose(id_reuse="yes")


def replace(server: Any, associate_id: int) -> None:
    """Give the id to the login of another person."""
    server.tenant.remove_user(associate_id)
    server.tenant.add_external_user("innocent", associate_id=associate_id)


def names_of(tenant: Any) -> list[str]:
    return [user.user_name for user in tenant.users() if user.is_external]


def test_user_that_takes_over_name_and_id_of_a_deleted_one_is_created(
    bulk: Run, tenant: Any
) -> None:
    associate_id = tenant.add_external_user("anna")
    person = tenant.add_person()
    users = [
        {"associate_id": associate_id, "state": "absent"},
        {"user_name": "anna", "person_id": person, **NEW},
    ]
    result = bulk(users=users)
    assert "failed" not in result, result["msg"]
    assert (result["summary"]["created"], result["summary"]["deleted"]) == (1, 1)
    [user] = [user for user in tenant.users() if user.is_external]
    assert (user.associate_id, user.person_id) == (associate_id, person)


@pytest.mark.parametrize("module", ["bulk", "single"])
@pytest.mark.parametrize("state", ["absent", "present"])
def test_write_whose_response_is_lost_is_not_sent_again_to_another_user(
    state: str, module: str, run: Run, server: NetServer, tenant: Any
) -> None:
    associate_id = tenant.add_external_user("anna", role_id=5)
    operation = "DeleteExternalUser" if state == "absent" else "SetExternalUserInfo"
    server.faults.add("drop_after", operation=operation, commit=False)

    def change(_number: int, asked: str) -> None:
        is_next = any(entry.operation == operation for entry in server.journal.entries)
        if is_next and asked.startswith("Archive") and "innocent" not in names_of(tenant):
            replace(server, associate_id)

    server.before_request(change)
    entry = {"user_name": "anna", "state": state}
    if state == "present":
        entry["role"] = "Vendor"
    options = {"users": [entry]} if module == "bulk" else entry
    result = run(
        f"superoffice_external_user{'s' if module == 'bulk' else ''}", retries=3, **options
    )
    assert bool(result.get("failed")) is (state == "present"), result.get("msg")
    assert names_of(tenant) == ["innocent"]
    assert tenant.user("innocent").role_id != 6
    assert [e.operation for e in server.journal.writes] == [operation]


@pytest.mark.parametrize("others", [False, True])
def test_id_that_is_used_again_before_the_deletion_is_noticed(
    others: bool, bulk: Run, server: NetServer, tenant: Any
) -> None:
    tenant.add_external_user("berta", role_id=5)
    associate_id = tenant.add_external_user("anna")
    users: list[dict[str, Any]] = [{"user_name": "anna", "state": "absent"}]
    if others:
        users.append({"user_name": "berta", "role": "Vendor"})
    before = "SetExternalUserInfo" if others else "User/currentPrincipal"
    server.changes.add(lambda s: replace(s, associate_id), operation=before)
    result = bulk(users=users)
    assert result["failed"] is True
    assert (result["error"]["kind"], result["summary"]["modified"]) == ("identity", int(others))
    assert names_of(tenant) == ["berta", "innocent"] or names_of(tenant) == ["innocent", "berta"]
    assert "DeleteExternalUser" not in server.journal.counts()


def test_rotation_gives_no_password_to_another_user_with_the_id(
    run: Run, server: NetServer, tenant: Any
) -> None:
    associate_id = tenant.add_external_user("anna")
    listed = run("superoffice_external_user_info")["users"]
    users = rotation_of(listed, scope={"user_names": ["anna"]})
    assert users[0]["person_id"] == tenant.user("anna").person_id
    replace(server, associate_id)
    mark = server.journal.mark()
    result = run("superoffice_external_users", users=users, defaults={"update_password": "always"})
    assert result["error"]["kind"] == "conflict"
    assert names_of(tenant) == ["innocent"]
    assert not [entry for entry in server.journal.since(mark) if entry.committed]
