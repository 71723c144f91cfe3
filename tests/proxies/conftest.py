# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests through real proxies: daemons, workloads, and runs that are verified."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.modules.execution_paths import EXECUTION_PATHS  # the one import of how tests run modules
from tests.netserver import NetServer, Tls
from tests.proxies import certificates as authority
from tests.proxies import daemon, squid
from tests.proxies.agreement import (
    PASSWORD,
    Result,
    Workload,
    disagreements,
    is_desired,
    picture,
    workload,
)
from tests.proxies.certificates import Certificates
from tests.proxies.daemon import Daemon
from tests.proxies.haproxy import HAProxy
from tests.proxies.nginx import PREFIX, Nginx
from tests.proxies.service import ServiceProcess

ADMIN = ("automation", "long-enough-Admin-1-password")
SECRETS = (ADMIN[1], PASSWORD, squid.LOGIN[1])
SECONDS_FOR_LOG = 5.0
WORKLOADS = ["create", "modify", "delete", "bulk"]
# the bulk workload has all three operations: of the single ones one is enough for `make e2e`
SLOW_WORKLOADS = {"modify", "delete"}

Start = Callable[[Callable[[int], Daemon]], Daemon]


class Disagreement(AssertionError):
    """Result, server state and request journal contradict each other."""


class Gateway:
    """A daemon before the service, and the connection options that lead through it."""

    def __init__(self, daemon: Daemon, options: Result) -> None:
        self.daemon = daemon
        self.options = options

    def has_logged(self, text: str) -> bool:
        """Return whether the access log has a text; a tunnel is logged when it has ended."""
        deadline = time.monotonic() + SECONDS_FOR_LOG
        while text not in self.log():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def log(self, name: str = "access.log") -> str:
        return (self.daemon.folder / name).read_text(errors="replace")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("SUPEROFFICE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(params=["in_process", pytest.param("module", marks=pytest.mark.slow)])
def execution_path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- the service


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return authority.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def plain_server() -> Iterator[NetServer]:
    with NetServer(admin=ADMIN) as server:
        yield server


@pytest.fixture(scope="session")
def tls_server(certificates: Certificates) -> Iterator[NetServer]:
    tls = Tls(certificates.server_cert, certificates.server_key)
    with NetServer(admin=ADMIN, tls=tls) as server:
        yield server


@pytest.fixture
def server(plain_server: NetServer) -> Iterator[NetServer]:
    """A server without users, that speaks http."""
    yield plain_server
    plain_server.reset()


@pytest.fixture
def secure_server(tls_server: NetServer) -> Iterator[NetServer]:
    """A server without users, that speaks https."""
    yield tls_server
    tls_server.reset()


# --- daemons


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a daemon that gives up the rights of root, and so cannot read pytest's."""
    path = Path(tempfile.mkdtemp(prefix="superoffice-crm-proxies-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start(request: pytest.FixtureRequest, folder: Path) -> Iterator[Start]:
    """Starts daemons, and kills them at the end."""
    running = request.node.stash[DAEMONS] = []
    with contextlib.ExitStack() as ending:

        def start_daemon(build: Callable[[int], Daemon]) -> Daemon:
            started = daemon.start(build)
            ending.callback(started.kill)
            running.append(started)
            return started

        yield start_daemon


DAEMONS = pytest.StashKey[list[Daemon]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """Show the logs of the daemons where a test fails."""
    report = yield
    if report.failed:
        for one in item.stash.get(DAEMONS, []):
            report.sections.append((f"logs of {one.name}", one.logs()))
    return report


@pytest.fixture
def reverse_proxy(
    start: Start, folder: Path, certificates: Certificates, server: NetServer
) -> Callable[..., Gateway]:
    """Starts nginx or HAProxy before the server."""

    def start_proxy(configuration: Nginx | HAProxy, upstream: int | None = None) -> Gateway:
        port = upstream or int(server.root_url.rpartition(":")[2])
        started = start(lambda own: configuration.daemon(folder, own, port, certificates))
        prefix = PREFIX if isinstance(configuration, Nginx) else "/SuperOffice"
        options = {
            "url": f"https://127.0.0.1:{started.port}{prefix}",
            "ca_path": str(certificates.ca),
            "client_cert": str(certificates.client),
        }
        return Gateway(started, options)

    return start_proxy


@pytest.fixture
def forward_proxy(start: Start, folder: Path) -> Callable[..., Gateway]:
    """Starts squid."""

    def start_proxy(rules: str = "") -> Gateway:
        started = start(lambda port: squid.squid(folder, port, rules))
        login = ":".join(squid.LOGIN)
        return Gateway(started, {"proxy": f"http://{login}@127.0.0.1:{started.port}"})

    return start_proxy


# --- runs


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if name in SLOW_WORKLOADS else [])
        for name in WORKLOADS
    ]
)
def work_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def work(work_name: str, server: NetServer) -> Workload:
    return workload(server.tenant, work_name)


@pytest.fixture
def secure_work(work_name: str, secure_server: NetServer) -> Workload:
    return workload(secure_server.tenant, work_name)


Execute = Callable[..., Result]


@pytest.fixture
def execute(execution_path: str) -> Execute:
    """Runs the module for a workload."""

    def run(work: Workload, options: Result, *, check: bool = False) -> Result:
        options = {"auth_username": ADMIN[0], "auth_password": ADMIN[1], **options}
        run_module = EXECUTION_PATHS[execution_path]
        if work.is_single:
            return run_module("superoffice_external_user", {**options, **work.users[0]}, check)
        bulk = {"users": work.users, "limits": {"delete": "100%"}}
        return run_module("superoffice_external_users", {**options, **bulk}, check)

    return run


Verified = Callable[..., Result]


@pytest.fixture
def verified(
    execute: Execute, certificates: Certificates, record_property: Callable[[str, object], None]
) -> Verified:
    """Runs the module, verifies what it says, and runs it again directly, until it is in sync.

    What broke the service is over when the second run begins.
    """

    def run(
        server: NetServer | ServiceProcess,
        work: Workload,
        gateway: Gateway,
        *,
        is_sent_once: bool = True,
        **options: Any,
    ) -> Result:
        before, mark = picture(server.tenant), server.journal.mark()
        result = execute(work, {"url": server.url, **gateway.options, **options})
        after = picture(server.tenant)
        writes = [entry for entry in server.journal.since(mark) if entry.writes]
        record_property("outcome", outcome(result))
        found = disagreements(
            result,
            work,
            before,
            after,
            writes,
            is_sent_once=is_sent_once,
            is_journal_complete=isinstance(server, NetServer),
        )
        assert not [secret for secret in SECRETS if secret in json.dumps(result)]

        if isinstance(server, NetServer):
            server.faults.clear()
        else:
            server.recover()
        direct = {"url": server.url, "ca_path": str(certificates.ca)}
        again = execute(work, direct)
        assert "failed" not in again, again["msg"]
        assert again["changed"] is not is_in_sync(work, after.users)
        assert is_in_sync(work, picture(server.tenant).users)
        assert execute(work, direct, check=True)["changed"] is False
        if found:
            raise Disagreement("\n".join(found))
        return result

    return run


def is_in_sync(work: Workload, users: Any) -> bool:
    return all(is_desired(user, users.get(user["user_name"])) for user in work.users)


def outcome(result: Result) -> str:
    """Return the kind of the error of a result, or that all was changed."""
    if result.get("failed"):
        return str(result["error"]["kind"])
    return "changed" if result["changed"] else "unchanged"
