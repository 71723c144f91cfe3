# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fault proxy that closes the connection after so many bytes of a request or of its response."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit


class Cut(NamedTuple):
    """Where a connection is closed: after `size` bytes of a request, or of its response."""

    operation: str
    side: str
    size: int


class ClosingProxy:
    """Forwards whole requests to a NetServer, and closes one connection in the middle.

    It serves plain HTTP, HTTPS where it has a certificate, and CONNECT in front of both.
    """

    def __init__(self, site: str, certificate: Path | None = None) -> None:
        parts = urlsplit(site)
        self._far = (parts.hostname or "", parts.port or 80)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._context and certificate:
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}{parts.path}"
        self.cut: Cut | None = None
        self.times = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), near:
            near.settimeout(30)
            if near.recv(7, socket.MSG_PEEK) == b"CONNECT":
                _read_message(near)
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self._context:
                near = self._context.wrap_socket(near, server_side=True)
            while message := _read_message(near):
                if not self._forward(near, message):
                    break
            # no close_notify: the connection ends as if a cable was cut
            _reset(near)

    def _forward(self, near: socket.socket, message: bytes) -> bool:
        cut = self._cut_of(message)
        with socket.create_connection(self._far, timeout=30) as far:
            if cut and cut.side == "request":
                far.sendall(message[: cut.size])
                return False
            far.sendall(message)
            response = http.client.HTTPResponse(far, method=message.split(b" ", 1)[0].decode())
            response.begin()
            body = response.read()
        head = f"HTTP/1.1 {response.status} {response.reason}\r\n"
        head += "".join(
            f"{name}: {value}\r\n"
            for name, value in response.getheaders()
            if name.lower() not in ("content-length", "transfer-encoding", "connection")
        )
        wire = f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body
        near.sendall(wire[: cut.size] if cut else wire)
        return cut is None

    def _cut_of(self, message: bytes) -> Cut | None:
        line = message.split(b"\r\n", 1)[0].decode("latin-1")
        if self.cut is None or self.times < 1 or self.cut.operation not in line:
            return None
        self.times -= 1
        return self.cut


def _read_message(near: socket.socket) -> bytes:
    """Read a request with its body; nothing if the client has closed the connection."""
    message = b""
    while b"\r\n\r\n" not in message:
        if not (chunk := near.recv(65536)):
            return b""
        message += chunk
    head = message.split(b"\r\n\r\n", 1)[0]
    size = 0
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            size = int(value)
    while len(message) < len(head) + 4 + size:
        message += near.recv(65536)
    return message


def _reset(near: socket.socket) -> None:
    with contextlib.suppress(OSError):
        near.shutdown(socket.SHUT_RDWR)
