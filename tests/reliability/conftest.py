# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the reliability tests: a NetServer, and the connection options that lead to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.modules.execution_paths import Result
from tests.netserver import NetServer
from tests.reliability import figures

ADMIN = ("automation", "long-enough-Admin-1-password")


@pytest.fixture(scope="session")
def running_server() -> Iterator[NetServer]:
    with NetServer(admin=ADMIN, persons=20) as server:
        yield server


@pytest.fixture
def server(running_server: NetServer) -> Iterator[NetServer]:
    """A server without external users, with persons from 1001."""
    running_server.reset()
    yield running_server
    running_server.reset()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("SUPEROFFICE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def connection(server: NetServer) -> Result:
    """The connection options that lead to the server."""
    return {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1], "retries": 1}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    file = Path(report.location[0])
    if file.parent.name == "reliability":
        figures.seconds[file.stem] += report.duration  # type: ignore[assignment]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if figures.counts:
        figures.save()
