# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP exchanges on threads that can be abandoned.

`requests` limits each wait for the network, but not their sum: resolving a name, a TLS handshake or
headers that arrive byte by byte can outlast any limit. So a request is sent by a daemon thread with
a session of its own, and the caller waits for it until a deadline, or until the run is cancelled.
"""

from __future__ import annotations

import contextlib
import errno
import queue
import re
import threading
import typing
from collections.abc import Iterator

from .errors import NotUnderstood
from .request import Request
from .responses import RawResponse
from .sessions import RedirectRefused, SendOptions, new_session, option_errors
from .settings import ConnectionSettings

if typing.TYPE_CHECKING:
    import requests

# a page of users has 0.2 MB; a hostile response grows to 25 times its size when it is decoded
MAX_RESPONSE = 32 * 1024 * 1024
CHUNK = 64 * 1024


class AbandonedError(Exception):
    """The caller of an exchange has stopped waiting for it."""


class RequestBody:
    """The body of a request, which shows whether any of it was sent.

    `requests` sends the headers of a request, then iterates over its body. Until then, and once the
    body is withheld, it is certain that the request has no effect, however the connection fails or
    hangs.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.was_sent = False
        self._withheld = False
        self._lock = threading.Lock()

    def withhold(self) -> None:
        """Do not send the body from now on."""
        with self._lock:
            self._withheld = True

    def __iter__(self) -> Iterator[bytes]:
        """Yield the content, anew each time that the request is sent."""
        with self._lock:
            if self._withheld:
                raise AbandonedError
            self.was_sent = True
        yield self.content


class Exchange:
    """One request and the response to it, shared by the caller and a session's thread."""

    def __init__(self, request: Request, url: str, content: bytes | None) -> None:
        self.request = request
        self.url = url
        self._body = None if content is None else RequestBody(content)
        self._is_abandoned = False
        # put() is reentrant, so that a signal handler may cancel at any moment
        self._ends: queue.SimpleQueue[RawResponse | BaseException | None] = queue.SimpleQueue()

    @property
    def body_was_sent(self) -> bool | None:
        """Whether the body was sent, at least in part; None if the request has no body."""
        return self._body.was_sent if self._body else None

    def wait(self, seconds: float) -> RawResponse | None:
        """Return the response, or None if there is none after some seconds, or `wake` was called.

        Raises:
            Exception: whatever ended the exchange.
        """
        try:
            end = self._ends.get(timeout=min(seconds, threading.TIMEOUT_MAX))
        except queue.Empty:
            return None
        if isinstance(end, BaseException):
            raise end
        return end

    def wake(self) -> None:
        """End the wait."""
        self._ends.put(None)

    def abandon(self) -> None:
        """Send nothing more of the request, and drop its response."""
        self._is_abandoned = True
        if self._body:
            self._body.withhold()

    def run(self, session: requests.Session, options: SendOptions) -> None:
        """Send the request and read the response; what comes of it ends the wait."""
        try:
            self._ends.put(self._response(session, options))
        except BaseException as exc:  # noqa: BLE001 - raised in the thread that waits
            self._ends.put(exc)

    def _response(self, session: requests.Session, options: SendOptions) -> RawResponse:
        prepared = self._prepared(session)
        try:
            with contextlib.closing(session.send(prepared, **options)) as response:
                body = self._read(response)
            if response.status_code == 204 and _announces_body(response):
                # the body that follows would be read as the next response on this connection
                session.close()
        except RedirectRefused as redirect:
            return redirect.response
        return RawResponse(response.status_code, response.headers, body)

    def _prepared(self, session: requests.Session) -> requests.PreparedRequest:
        import requests

        content = self._body.content if self._body else None
        headers = {} if content is None else {"Content-Type": "application/json; charset=utf-8"}
        with option_errors(self.request.name):
            prepared = session.prepare_request(
                requests.Request(self.request.method, self.url, headers=headers, data=content)
            )
        if self._body:
            # the authentication has seen the content, and the headers have its length
            prepared.body = self._body  # type: ignore[assignment]
        return prepared

    def _read(self, response: requests.Response) -> bytes:
        chunks, size = [], 0
        for chunk in response.iter_content(CHUNK):
            if self._is_abandoned:
                raise AbandonedError
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_RESPONSE:
                raise NotUnderstood(
                    f"{self.request.name} returned more than {MAX_RESPONSE} bytes",
                    operation=self.request.operation,
                    status=response.status_code,
                )
        body = b"".join(chunks)
        _check_end(response, body)
        return body


class SessionThread:
    """A daemon thread that sends one exchange after another through a session of its own."""

    def __init__(self, settings: ConnectionSettings, options: SendOptions) -> None:
        self._options = options
        self._session = new_session(settings)
        self._exchanges: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True, name="superoffice-http").start()

    def start(self, exchange: Exchange) -> None:
        """Send an exchange as soon as the one before it has ended."""
        self._exchanges.put(exchange)

    def stop(self) -> None:
        """Close the session and end the thread after the exchanges that were started."""
        self._exchanges.put(None)

    def _serve(self) -> None:
        with self._session as session:
            while (exchange := self._exchanges.get()) is not None:
                exchange.run(session, self._options)


def _announces_body(response: requests.Response) -> bool:
    headers = response.headers
    return headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers


def _check_end(response: requests.Response, body: bytes) -> None:
    """Raise if the connection was closed before the end of the response.

    http.client takes headers that end early for complete ones, and urllib3 1.26 does the same with
    a body. So a success without a body has to say that there is none.
    """
    if response.status_code == 204:
        return
    headers = response.headers
    length = headers.get("Content-Length", "")
    if headers.get("Transfer-Encoding", "").strip().lower() == "chunked":
        return
    if re.fullmatch("[0-9]{1,18}", length):
        is_complete = response.raw.tell() >= int(length)
    else:
        is_complete = response.status_code >= 300 or body != b""
    if not is_complete:
        raise ConnectionResetError(errno.ECONNRESET, "the response is incomplete")
