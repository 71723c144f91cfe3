# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of check mode: it writes nothing, and predicts the result and the server state."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer

MODULE = "superoffice_external_user"
PERSONS = (2001, 2002, 2003)
NAMES = ("anna", "Anna", "berta", "L'Oréal", "DOMAIN\\zoe", "a&b+c%d", " blank ", "жанна", "RJ")
PASSWORDS = ("Right-password-1", "Other-password-2", "weak")
ROLES = (2, 5, 7, 9)
COMPARED = ("changed", "action", "modification", "password", "diff", "failed", "msg", "error")


@dataclasses.dataclass(frozen=True)
class Seeded:
    """An existing user."""

    name: str
    person: int
    role: int
    active: bool
    password: str


def existing_users() -> st.SearchStrategy[list[Seeded]]:
    user = st.builds(
        Seeded,
        name=st.sampled_from(NAMES[:-1]),
        person=st.sampled_from(PERSONS),
        role=st.sampled_from(ROLES),
        active=st.booleans(),
        password=st.sampled_from(PASSWORDS[:2]),
    )
    return st.lists(user, max_size=4, unique_by=lambda seeded: seeded.name.lower())


def definitions() -> st.SearchStrategy[Result]:
    name = {"user_name": st.sampled_from(NAMES)}
    person = {"person_id": st.sampled_from(PERSONS)}
    former = {"previous_user_names": st.lists(st.sampled_from(NAMES), max_size=2)}
    odd = {
        "associate_id": st.sampled_from([101, 102, 104, 2]),
        "person_id": st.sampled_from([*PERSONS, 1, 99999]),
    }
    keys: st.SearchStrategy[Result] = st.one_of(
        st.fixed_dictionaries({**person, **name}),
        st.fixed_dictionaries({**person, **name}, optional=former),
        st.fixed_dictionaries(name, optional=former),
        st.fixed_dictionaries(person),
        st.fixed_dictionaries(name, optional=odd),
    )
    role = st.one_of(
        st.just({}),
        st.sampled_from([{"role": "Partner"}, {"role": "Supplier"}, {"role_id": 2}]),
    )
    rest: st.SearchStrategy[Result] = st.fixed_dictionaries(
        {},
        optional={
            "state": st.sampled_from(["present", "absent"]),
            "is_active": st.booleans(),
            "password": st.sampled_from([*PASSWORDS[:2], *PASSWORDS]),
            "update_password": st.sampled_from(["on_create", "always", "when_changed"]),
        },
    )
    # most definitions name a role and a password, so that users come into being
    usual = st.sampled_from([{"role": "Partner", "password": PASSWORDS[0]}] * 3 + [{}])
    return st.tuples(usual, keys, role, rest).map(merged)


def merged(parts: tuple[Any, ...]) -> Result:
    options: Result = {}
    for part in parts:
        options |= part
    if "role_id" in options:
        options.pop("role", None)
    return options


def told(result: Result) -> Result:
    """What check mode has to foretell."""
    text = {name: result.get(name) for name in COMPARED}
    if text["msg"]:
        text["msg"] = re.sub(r" \[correlation [0-9a-f]+\]", "", text["msg"])
    return text


def held(server: NetServer, associate_id: int | None, person: int, name: str) -> Result | None:
    """The user that a result is about, as the tenant has it."""
    for record in server.tenant.users():
        if associate_id in (None, record.associate_id) and (
            record.person_id == person and record.user_name == name
        ):
            shown = {7: "Supplier"}.get(record.role_id, record.role_name)
            return {
                "associate_id": record.associate_id if associate_id else None,
                "person_id": record.person_id,
                "user_name": record.user_name,
                "role": shown,
                "role_id": record.role_id,
                "is_active": record.is_active,
            }
    return None


@pytest.mark.parametrize("external_login", ["allowed", "refused"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(users_before=existing_users(), options=definitions())
def test_check_mode_writes_nothing_and_predicts_the_result(
    external_login: str,
    server: NetServer,
    connection: Result,
    users_before: list[Seeded],
    options: Result,
) -> None:
    server.reset()
    tenant, journal = server.tenant, server.journal
    for person in PERSONS:
        tenant.add_person(person_id=person)
    for seeded in users_before:
        tenant.add_external_user(
            seeded.name, seeded.person, seeded.role, is_active=seeded.active,
            password=seeded.password,
        )  # fmt: skip

    def run(*, check: bool = False) -> Result:
        return run_in_process(MODULE, {**connection, **options}, check)

    with server.using(external_login=external_login):
        start = tenant.snapshot()
        foreseen = run(check=True)
        assert tenant.snapshot() == start
        assert journal.writes == []

        done = run()
        assert told(foreseen) == told(done)
        event(done.get("action") or done["error"]["kind"])
        writes = journal.writes
        assert len(writes) == int(done["changed"])
        assert len(journal.committed) == len(writes)
        if done.get("failed"):
            assert tenant.snapshot() == start
            return
        if not done["changed"]:
            assert tenant.snapshot() == start
        predicted: dict[str, Any] | None = foreseen["user"]
        if predicted is None:
            assert done["user"] is None
        else:
            key, person, name = (predicted[k] for k in ("associate_id", "person_id", "user_name"))
            assert held(server, key, person, name) == predicted
            assert done["user"] == {**predicted, "associate_id": done["user"]["associate_id"]}

        after = tenant.snapshot()
        again = run()
        if leaves_the_password_open(options, done, closed=external_login == "refused"):
            # it could not be read, and may be set, or be too weak for that; nothing else is
            assert again.get("modification", []) in ([], ["Password"])
            assert again.get("failed", False) is ("error" in again)
            return
        assert "failed" not in again
        assert again["changed"] is False
        assert len(journal.writes) == len(writes)
        assert tenant.snapshot() == after


def leaves_the_password_open(options: Result, done: Result, *, closed: bool) -> bool:
    """Tell whether only the next run may know, or never, if the password is right.

    It is set every time by `always`; by `when_changed` where the service lets no external user in;
    and a user that this very run opened could not be asked before.
    """
    if "password" not in options or done["user"] is None:
        return False
    policy = options.get("update_password")
    opened = done["password_status"] == "not_verifiable" and "Active" in done["modification"]
    return policy == "always" or (policy == "when_changed" and (closed or opened))
