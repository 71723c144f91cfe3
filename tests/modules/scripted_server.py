# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on a real socket that runs a script for each connection."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n427"


class Connection:
    """One accepted connection, plain until `start_tls`."""

    def __init__(self, server: Server, raw: socket.socket, number: int) -> None:
        self.server = server
        self.socket = raw
        self.number = number

    def start_tls(self) -> None:
        """Do the server's part of a TLS handshake."""
        assert self.server.tls
        self.socket = self.server.tls.wrap_socket(self.socket, server_side=True)

    def read_head(self) -> bytes:
        """Read up to the empty line, byte by byte."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise ConnectionError("the client is gone")
            head += byte
        return head

    def read_request(self) -> tuple[bytes, bytes]:
        """Read a whole request, and add it to those of the server."""
        head = self.read_head()
        length = 0
        for line in head.split(b"\r\n"):
            name, _colon, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = b""
        while len(body) < length:
            piece = self.socket.recv(length - len(body))
            if not piece:
                raise ConnectionError("the body is incomplete")
            body += piece
        self.server.requests.append((head, body))
        return head, body

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def send_below_tls(self, data: bytes) -> None:
        """Send bytes on the connection itself, past its encryption."""
        with socket.socket(fileno=os.dup(self.socket.fileno())) as raw:
            raw.sendall(data)

    def trickle(self, data: bytes, pause: float) -> None:
        """Send bytes one by one, again and again."""
        while True:
            for byte in data:
                self.socket.sendall(bytes([byte]))
                time.sleep(pause)

    def tunnel_to(self, port: int, most_back: int | None = None) -> None:
        """Forward in both directions; close after `most_back` records of TLS data came back."""
        with socket.create_connection(("127.0.0.1", port)) as far:
            near = self.socket

            def forth() -> None:
                with contextlib.suppress(OSError):
                    while data := near.recv(65536):
                        far.sendall(data)

            threading.Thread(target=forth, daemon=True).start()
            records = 0
            while record := read_record(far):
                records += record[0] == 23
                if most_back is not None and records > most_back:
                    break
                near.sendall(record)
            # not close(): the other thread is about to read from it
            near.shutdown(socket.SHUT_RDWR)


def read_record(connection: socket.socket) -> bytes:
    """Read one TLS record; 23 as its first byte means encrypted data."""
    head = connection.recv(5, socket.MSG_WAITALL)
    if len(head) < 5:
        return b""
    return head + connection.recv(int.from_bytes(head[3:], "big"), socket.MSG_WAITALL)


Script = Callable[[Connection], None]


class Server:
    """Runs `script` for each connection, in a thread; `requests` are those that came in whole."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.tls = tls
        self.requests: list[tuple[bytes, bytes]] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                raw, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            raw.settimeout(20)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, raw, self.connections)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        try:
            self.script(connection)
        except (OSError, ssl.SSLError):
            pass
        finally:
            connection.socket.close()

    def close(self) -> None:
        """Accept no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextlib.contextmanager
def scripted_server(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a scripted server."""
    server = Server(script, tls)
    try:
        yield server
    finally:
        server.close()
