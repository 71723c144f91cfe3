# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fault proxy in front of a NetServer: a rule decides what happens to each request.

It can do what the faults of the embedded NetServer cannot: refuse connections for a while, hold a
request while something else happens, and change responses.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit


@dataclasses.dataclass
class ProxiedRequest:
    """One request; `number` counts from 1."""

    number: int
    operation: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclasses.dataclass
class ProxiedResponse:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def wire(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Some reason"]
        own = ("content-length", "transfer-encoding")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in own}
        if self.status != 204:
            headers["Content-Length"] = str(len(self.body))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


# None: the connection is closed without an response
Reply = ProxiedResponse | bytes | Iterable[bytes] | None
Rule = Callable[[ProxiedRequest, Callable[[], ProxiedResponse]], Reply]

_OWN_HEADERS = ("content-length", "transfer-encoding", "connection")


def let_through(_request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Reply:
    """Do nothing to a request."""
    return forward()


class FaultProxy:
    """Forwards to `site` what its rule lets through; `asked` has every request that came."""

    def __init__(self, site: str, rule: Rule = let_through) -> None:
        parts = urlsplit(site)
        assert parts.hostname
        self._far = (parts.hostname, parts.port or 80)
        self.rule = rule
        self.requests: list[ProxiedRequest] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.port = 0
        self.open()
        self.url = f"http://127.0.0.1:{self.port}{parts.path}"

    def open(self) -> None:
        """Accept connections, on the port of before if there is one."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self, seconds: float | None = None) -> None:
        """Refuse connections, for some seconds or for ever; those that are open stay open."""
        if self._listener:
            # a thread that waits in accept() would keep the port
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        if seconds is not None:
            timer = threading.Timer(seconds, self.open)
            timer.daemon = True
            timer.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: object) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            _Handler(connection, address, self)  # type: ignore[arg-type]

    def number(self) -> int:
        with self._lock:
            return next(self._numbers)

    def forward(self, request: ProxiedRequest) -> ProxiedResponse:
        """Forward a request to the NetServer."""
        far = http.client.HTTPConnection(*self._far, timeout=60)
        try:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in _OWN_HEADERS}
            headers.pop("Accept-Encoding", None)
            far.request(request.method, request.path, request.body or None, headers)
            reply = far.getresponse()
            return ProxiedResponse(reply.status, dict(reply.headers.items()), reply.read())
        finally:
            far.close()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_error: object) -> None:
        self.refuse()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: FaultProxy  # type: ignore[assignment]

    def _pass(self) -> None:
        proxy = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items())
        request = ProxiedRequest(
            proxy.number(), operation_of(self.path), self.command, self.path, headers, body
        )
        proxy.requests.append(request)
        reply = proxy.rule(request, lambda: proxy.forward(request))
        if reply is None:
            self.close_connection = True
            return
        if isinstance(reply, ProxiedResponse):
            if "close" in reply.headers.get("Connection", ""):
                self.close_connection = True
            reply = reply.wire()
        elif isinstance(reply, bytes):
            self.close_connection = True
        else:
            self.close_connection = True
            for piece in reply:
                self.wfile.write(piece)
                self.wfile.flush()
            return
        self.wfile.write(reply)
        self.wfile.flush()

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def operation_of(path: str) -> str:
    """Name a request as the journal of the NetServer does."""
    parts = urlsplit(path).path.rstrip("/").split("/")
    return parts[-1] if "Agents" in parts else "/".join(parts[-2:])


@contextlib.contextmanager
def fault_proxy(site: str, rule: Rule = let_through) -> Iterator[FaultProxy]:
    """Run a fault proxy in front of the NetServer at `site`."""
    with FaultProxy(site, rule) as running:
        yield running
