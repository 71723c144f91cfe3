# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP proxy in a thread: it forwards, tunnels, requires a login, and alters responses."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# gets path, status and body of a response; returns the pieces that are sent instead
AlterResponse = Callable[[str, int, bytes], list[bytes]]
PAUSE = 0.05


class HttpProxy(ThreadingHTTPServer):
    """Forwards every request to `target`, whatever host it names; `requests` lists them."""

    daemon_threads = True

    def __init__(
        self, target: str, login: str | None = None, alter: AlterResponse | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = target
        self.login = login
        self.alter = alter
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: HttpProxy

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def do_GET(self) -> None:
        self.forward()

    def do_POST(self) -> None:
        self.forward()

    def do_CONNECT(self) -> None:
        self.note()
        if self.refuses():
            return
        host, _colon, port = self.server.target.partition(":")
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.wfile.flush()
            tunnel(self.connection, far)
        self.close_connection = True

    def forward(self) -> None:
        self.note()
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if self.refuses():
            return
        path = self.path
        if path.startswith("http://"):
            path = "/" + path.split("/", 3)[3]
        far = http.client.HTTPConnection(self.server.target, timeout=10)
        headers = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy-")}
        far.request(self.command, path, body, headers)
        reply = far.getresponse()
        content = reply.read()
        pieces = self.server.alter(path, reply.status, content) if self.server.alter else []
        if not pieces:
            head = f"HTTP/1.1 {reply.status} {reply.reason}\r\n"
            kind = reply.headers.get("Content-Type", "application/json")
            head += f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
            pieces = [head.encode() + content]
        self.wfile.write(pieces[0])
        for piece in pieces[1:]:
            time.sleep(PAUSE)
            self.wfile.write(piece)
        far.close()

    def note(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers))

    def refuses(self) -> bool:
        if self.server.login is None:
            return False
        if self.headers.get("Proxy-Authorization") == self.server.login:
            return False
        self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        self.wfile.flush()
        return True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def tunnel(near: socket.socket, far: socket.socket) -> None:
    ends = {near: far, far: near}
    while True:
        readable = select.select(list(ends), [], [], 10)[0]
        if not readable:
            return
        for end in readable:
            data = end.recv(65536)
            if not data:
                return
            ends[end].sendall(data)


@contextlib.contextmanager
def http_proxy(
    target: str, login: str | None = None, alter: AlterResponse | None = None
) -> Iterator[HttpProxy]:
    """Run a proxy to `target` (host:port)."""
    with HttpProxy(target, login, alter) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
