# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments of every kind: a result and no traceback; no write with invalid input."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.saved_plan import checksum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.reliability import figures
from tests.reliability.workloads import BULK, DEFINITIONS, MANY, ONE, add_users, user_states

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "\ud800", "\u0000", "9" * 4000, "\u00b2", "\u0663", "x" * 70_000, "anna",
         "ANNA", "RJ", "automation", "*", "[", "a'b\\", "{{ x }}", "-1", "0x10", "1e3", "null",
         "true", "present", "absent", "Partner", "10%", "all"]
    ),
)  # fmt: skip
SCALARS = st.one_of(
    # tracebacks of ansible-core, in every module: an infinite number, one of 5,000 digits, and for
    # an id a list that begins with a number of more than 64 bits
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_infinity=False),
    TEXTS, st.sampled_from([0, 1, -1, 101, 1001, 2**31]),
)  # fmt: skip
NAMES = st.sampled_from(
    ["state", "associate_id", "person_id", "user_name", "previous_user_names", "password",
     "update_password", "generate_password", "role", "role_id", "is_active", "users", "x", ""]
)  # fmt: skip
VALUES = st.integers() | st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.dictionaries(NAMES, VALUES, max_size=5)
ONE_OPTIONS = st.dictionaries(
    st.sampled_from(
        ["state", "associate_id", "person_id", "user_name", "previous_user_names", "password",
         "update_password", "generate_password", "role", "role_id", "is_active", "verify",
         "show_generated_password", "language", "timeout", "retries", "app_token", "proxy",
         "ca_path", "client_cert", "client_key", "auth_method", "url", "allow_http"]
    ),
    VALUES,
    max_size=6,
)  # fmt: skip
MANY_OPTIONS = st.fixed_dictionaries(
    {"users": st.lists(st.sampled_from(DEFINITIONS) | ENTRIES, max_size=5) | VALUES},
    optional={
        "defaults": ENTRIES | VALUES,
        "passwords": st.dictionaries(TEXTS, VALUES, max_size=3) | VALUES,
        "prune": st.sampled_from(["ignore", "deactivate", "delete"]) | VALUES,
        "prune_scope": st.just("all")
        | st.dictionaries(st.sampled_from(["roles", "user_names", "person_ids", "x"]), VALUES)
        | VALUES,
        "protect": st.lists(TEXTS, max_size=3) | VALUES,
        "limits": st.dictionaries(
            st.sampled_from(["create", "modify", "delete", "password", "deactivate", "x"]), VALUES
        )
        # ansible-core ends in a TypeError if an option with suboptions is a number
        | TEXTS,
        "concurrency": st.sampled_from([1, 2]) | VALUES,
        "max_failures": VALUES,
        "plan": VALUES,
        "on_stale": VALUES,
        "list_results": VALUES,
        "allow_empty": VALUES,
        "src": st.lists(TEXTS, max_size=2),
    },
)


def try_options(
    server: NetServer, connection: Result, name: str, options: Result, check: bool
) -> Result | None:
    """Run a module; an argument that no task can hold is no example."""
    for secret in ("timeout", "retries"):
        if isinstance(options.get(secret), (int, float)):
            options = {**options, secret: 1}
    server.reset()
    add_users(server)
    before = user_states(server)
    result = run_in_process(name, {**connection, "timeout": 5, **options}, check)
    json.dumps(result)
    if check:
        assert server.journal.writes == []
    if result.get("failed") and "findings" in result:
        assert server.journal.writes == [], result
        assert user_states(server) == before
    if result.get("failed"):
        assert result["msg"]
        assert "Traceback" not in result["msg"]
    return result


def fuzz(server: NetServer, connection: Result, examples: int) -> None:
    quiet = settings(max_examples=examples, suppress_health_check=list(HealthCheck))

    @quiet
    @given(ONE_OPTIONS, st.booleans())
    def one(options: Result, check: bool) -> None:
        url = options.get("url")
        if isinstance(url, str):
            options = {**options, "url": url.replace("automation", "localhost:9")}
        try_options(server, connection, ONE, options, check)
        figures.count("fuzzing: arguments")

    @quiet
    @given(MANY_OPTIONS, st.booleans())
    def many(options: Result, check: bool) -> None:
        try_options(server, connection, MANY, options, check)
        figures.count("fuzzing: arguments")

    one()
    many()


def test_random_arguments(server: NetServer, connection: Result) -> None:
    fuzz(server, connection, 40)


@pytest.mark.slow
def test_many_random_arguments(server: NetServer, connection: Result) -> None:
    fuzz(server, connection, 3_000)


# --- plans


def plan_of(server: NetServer, connection: Result) -> Result:
    add_users(server)
    planned = run_in_process(MANY, {**connection, **BULK}, True)
    plan: Result = planned["plan"]
    server.reset()
    return plan


def fuzz_plans(server: NetServer, connection: Result, examples: int) -> None:
    """Plans that were edited, with a checksum made to fit."""
    plan = plan_of(server, connection)
    places = [(number, key) for number, entry in enumerate(plan["entries"]) for key in entry] + [
        (number, f"{side}.{key}")
        for number, entry in enumerate(plan["entries"])
        for side in ("before", "after")
        for key in entry[side] or {}
    ]

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(places), VALUES, st.booleans(), st.booleans())
    def edited(place: tuple[int, str], value: Any, check: bool, gone: bool) -> None:
        document = copy.deepcopy(plan)
        target = document["entries"][place[0]]
        side, _dot, key = place[1].rpartition(".")
        target = target[side] if side else target
        if gone:
            del target[key]
        else:
            target[key] = value
        try:
            document["checksum"] = checksum(document)
        except ValueError:
            return
        options = {**BULK, "plan": document, "passwords": {"carla": "New-password-1"}}
        del options["users"]
        try_options(server, connection, MANY, {**options, "verify": False}, check)
        figures.count("fuzzing: edited plans")

    edited()


def test_edited_plans(server: NetServer, connection: Result) -> None:
    fuzz_plans(server, connection, 30)


@pytest.mark.slow
def test_many_edited_plans(server: NetServer, connection: Result) -> None:
    fuzz_plans(server, connection, 2_000)
