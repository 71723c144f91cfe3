# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the module tests: an embedded NetServer, its journal, and tasks in process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer

ADMIN = ("automation", "long-enough-Admin-1-password")

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def running_server() -> Iterator[NetServer]:
    with NetServer(admin=ADMIN) as server:
        yield server


@pytest.fixture
def server(running_server: NetServer) -> Iterator[NetServer]:
    """A server without users, in its default dialect."""
    yield running_server
    running_server.reset()


@pytest.fixture
def tenant(server: NetServer) -> Any:
    return server.tenant


@pytest.fixture
def journal(server: NetServer) -> Any:
    return server.journal


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("SUPEROFFICE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def connection(server: NetServer) -> Result:
    """The connection options that lead to the server."""
    return {
        "url": server.url,
        "auth_username": server.admin[0],
        "auth_password": server.admin[1],
        # an error is provoked on purpose; tests of retries ask for some
        "retries": 0,
    }


@pytest.fixture
def run(connection: Result) -> Run:
    """Run a task in process against the server.

    test_execution_path_equality.py compares that with the module.
    """

    def run_task(name: str, /, *, check: bool = False, **options: Any) -> Result:
        return run_in_process(name, {**connection, **options}, check)

    return run_task


@pytest.fixture
def writes(journal: Any) -> Callable[[], list[tuple[str, Any]]]:
    """Return the writing calls so far, each with its modification flags."""

    def calls() -> list[tuple[str, Any]]:
        return [(e.operation, e.argument("ExternalUserInfoModification")) for e in journal.writes]

    return calls


@pytest.fixture
def user(run: Run) -> Run:
    """Run superoffice_external_user."""

    def run_user(**options: Any) -> Result:
        return run("superoffice_external_user", **options)

    return run_user


@pytest.fixture
def bulk(run: Run) -> Run:
    """Run superoffice_external_users."""

    def run_users(**options: Any) -> Result:
        return run("superoffice_external_users", **options)

    return run_users
