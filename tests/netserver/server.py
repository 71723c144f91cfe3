# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded NetServer: a thread with a socket, and what tests read and change."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from aiohttp import web

from .changes import Changes
from .endpoint import Endpoint
from .faults import Faults
from .journal import Journal
from .profile import Profile
from .seed import seed
from .tenant import Tenant

DEFAULT_ADMIN = ("system", "system-password")
_START_SECONDS = 60.0
# As IIS has it for bodies; lines may be longer than in IIS (see the choice query_limit).
_LARGEST_BODY = 30_000_000
_LONGEST_LINE = 65_536


class Tls(NamedTuple):
    """HTTPS: certificate and key files; with `client_ca` every client must show a certificate."""

    cert: str | Path
    key: str | Path
    client_ca: str | Path | None = None

    def context(self) -> ssl.SSLContext:
        """Make the context of the socket."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.cert, self.key)
        if self.client_ca:
            context.load_verify_locations(self.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class _Listener(web.Server):
    """Reports connections to the endpoint, which numbers them in the journal."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(
            endpoint.handle,
            request_factory=self._request,
            access_log=None,
            max_line_size=_LONGEST_LINE,
        )
        self._endpoint = endpoint

    def _request(self, *parts: Any) -> web.BaseRequest:
        message, payload, protocol, writer, task = parts
        loop = asyncio.get_running_loop()
        return web.BaseRequest(
            message, payload, protocol, writer, task, loop, client_max_size=_LARGEST_BODY
        )

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        self._endpoint.connected(handler)
        super().connection_made(handler, transport)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        self._endpoint.disconnected(handler)
        super().connection_lost(handler, exc)


class NetServer:
    """A NetServer with external users, to be used as a context manager."""

    def __init__(
        self,
        *,
        users: int = 0,
        persons: int = 0,
        admin: tuple[str, str] = DEFAULT_ADMIN,
        profile: Mapping[str, object] | None = None,
        latency: float = 0.0,
        database: str | Path | None = None,
        tls: Tls | tuple[str, str] | tuple[str, str, str] | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        journal_file: str | Path | None = None,
    ) -> None:
        self.admin = admin
        self._first_profile = Profile().with_choices(profile or {})
        self.tenant = Tenant(Path(database) if database else None)
        self.tenant.compare_names(self._first_profile.name_comparison)
        if self.tenant.is_empty():
            seed(self.tenant, users, persons, admin, self._first_profile.name_column)
        elif self.tenant.user(admin[0]) is None:
            self.tenant.add_internal_user(admin[0], "System", password=admin[1])
        else:
            self.tenant.change_user(admin[0], password=admin[1])
        self.tenant.remember_start()
        self.journal = Journal(Path(journal_file) if journal_file else None)
        self.faults = Faults()
        self.changes = Changes(self)
        self._first_latency = latency
        self._endpoint = Endpoint(
            self.tenant, self.journal, self.faults, self.changes, self._first_profile
        )
        self._endpoint.latency = latency
        self._tls = Tls(*tls) if tls else None
        self._host, self._port = host, port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    @property
    def profile(self) -> Profile:
        """The present choices."""
        return self._endpoint.profile

    @property
    def latency(self) -> float:
        """Seconds before each response; assign to change it."""
        return self._endpoint.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._endpoint.latency = seconds

    @property
    def root_url(self) -> str:
        """Scheme, host and port."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    @property
    def url(self) -> str:
        """The URL of the site, as clients are given it."""
        return self.root_url + "/SuperOffice"

    @property
    def journal_url(self) -> str:
        """Where users read the journal."""
        return self.root_url + "/journal"

    @contextlib.contextmanager
    def using(self, **choices: object) -> Iterator[NetServer]:
        """Make choices for the time of a `with` block."""
        before = self._endpoint.profile
        self.choose(**choices)
        try:
            yield self
        finally:
            self._use(before)

    def choose(self, **choices: object) -> None:
        """Make choices that last until `reset` or the end of a `using` block."""
        self._use(self._endpoint.profile.with_choices(choices))

    def _use(self, profile: Profile) -> None:
        with self.tenant.lock:
            self._endpoint.profile = profile
            self.tenant.compare_names(profile.name_comparison)

    def before_request(self, callback: Callable[[int, str], object]) -> None:
        """Call `callback(number, operation)` before each request, until `reset`.

        It runs in the server's thread with the tenant locked, and may change tenant and choices.
        """
        self.changes.call(callback)

    def reset(self) -> None:
        """Go back to the start: state, journal, faults, changes, choices, latency."""
        self.faults.clear()
        self.changes.clear()
        self._use(self._first_profile)
        self._endpoint.latency = self._first_latency
        self._endpoint.reset()
        self.tenant.reset()
        self.journal.clear()

    def start(self) -> NetServer:
        """Listen; returns when the socket is open."""
        self._thread = threading.Thread(target=self._run, name="netserver", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("The server did not start in time.")
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Close all connections and the database."""
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()
        self.tenant.close()
        self.journal.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - the waiting thread must see it
            self._failure = exc
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = _Listener(self._endpoint)
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        context = self._tls.context() if self._tls else None
        site = web.TCPSite(runner, self._host, self._port, ssl_context=context)
        try:
            await site.start()
            self._port = runner.addresses[0][1]
            self._ready.set()
            await self._stopping.wait()
        finally:
            await runner.cleanup()

    def __enter__(self) -> NetServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
