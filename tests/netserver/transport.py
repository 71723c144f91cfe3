# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses on the wire, and faulty ones: cut, slow, dropped, not HTTP, or `204 null`."""

from __future__ import annotations

import asyncio
import http
import os
import socket
import struct
from typing import Any

from aiohttp import web

from .responses import Response


class WireResponse(web.StreamResponse):
    """Writes its own bytes straight to the connection, then closes it."""

    def __init__(self, head: bytes, body: bytes, drip: float = 0.0, *, reset: bool = False) -> None:
        super().__init__()
        self._reset = reset
        self._head = head
        self._rest = body
        self._drip = drip

    async def prepare(self, request: web.BaseRequest) -> Any:
        """Write the whole response."""
        transport = request.transport
        self.force_close()
        if transport is None or transport.is_closing():
            return None
        if self._reset:
            # Without a time to linger, the kernel sends RST in place of FIN.
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            transport.abort()
        elif not self._drip:
            transport.write(self._head + self._rest)
        else:
            await self._trickle(transport)
        if not transport.is_closing():
            transport.close()
        return None

    async def _trickle(self, transport: asyncio.Transport) -> None:
        transport.write(self._head)
        pause = self._drip / max(len(self._rest), 1)
        # Sleeps below a millisecond would not be kept, so long bodies go in larger drops.
        size = max(1, int(len(self._rest) * 0.001 / self._drip))
        for start in range(0, len(self._rest), size):
            if transport.is_closing():
                return
            await asyncio.sleep(pause * size)
            transport.write(self._rest[start : start + size])

    async def write_eof(self, data: bytes = b"") -> None:
        """Write nothing: `prepare` has written everything."""

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection stays open."""
        return False


def ordinary(response: Response, correlation: str) -> web.Response:
    """Make a response as a web server does."""
    headers = {"X-Correlation-Id": correlation, **response.headers}
    if response.body or response.status != 204:
        headers["Content-Type"] = response.content_type
    return web.Response(status=response.status, body=response.body, headers=headers)


def wire(
    response: Response,
    correlation: str,
    *,
    body: bytes | None = None,
    length: int | None = None,
    drip: float = 0.0,
) -> WireResponse:
    """Make a response with another body or Content-Length, or a slow one."""
    sent = response.body if body is None else body
    try:
        reason = http.HTTPStatus(response.status).phrase
    except ValueError:
        reason = "Unknown"
    lines = {
        "Content-Type": response.content_type,
        "X-Correlation-Id": correlation,
        **response.headers,
        "Content-Length": str(len(sent) if length is None else length),
        "Connection": "close",
    }
    head = f"HTTP/1.1 {response.status} {reason}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    return WireResponse(head.encode("latin-1"), sent, drip)


class BadBytes(WireResponse):
    """Bytes that are not HTTP; they go beneath TLS, where the client expects a TLS record."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        """Write the bytes, and end the connection."""
        transport = request.transport
        self.force_close()
        if transport is None or transport.is_closing():
            return None
        if request.secure:
            os.write(transport.get_extra_info("socket").fileno(), self._rest)
            transport.abort()
        else:
            transport.write(self._rest)
            transport.close()
        return None


def bad_bytes(body: str) -> BadBytes:
    """Send bytes that are not a response."""
    return BadBytes(b"", body.encode("latin-1"))


def dropped(*, reset: bool) -> WireResponse:
    """End the connection without a response, by closing or resetting it."""
    return WireResponse(b"", b"", reset=reset)
