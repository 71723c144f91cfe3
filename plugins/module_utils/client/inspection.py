# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inspection of single responses: status, headers, body and time, whatever the status."""

from __future__ import annotations

import dataclasses
import json
import re
import time
import typing
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ..domain.model import Secret
from . import retry
from .authentication import Authentication, Bearer
from .cancellation import CancelToken
from .errors import Blocked, NetServerError, Redirected
from .http import Transport, query_string
from .request import Request
from .responses import RawResponse, is_error_object, parse_response
from .settings import ConnectionSettings

# an inspection shows what the service does: it repeats a request only where a network fails
MOST_RETRIES = 2


class Anonymous:
    """No login at all."""

    scheme = "none"
    advice = ""
    advice_after_success = ""
    secrets: Sequence[str] = ()

    def __call__(self, request: typing.Any) -> typing.Any:  # noqa: D102
        return request


class BudgetSpent(Exception):
    """All requests that an inspection may send were sent."""


class Inspected(typing.NamedTuple):
    """A response, and what the client makes of it: a value, or an error."""

    raw: RawResponse
    value: typing.Any
    error: NetServerError | None
    milliseconds: float
    received_at: float

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.raw.status

    @property
    def json(self) -> typing.Any:
        """The body as JSON, whatever the status; None for any other body."""
        try:
            return json.loads(self.raw.body)
        except (ValueError, RecursionError):
            return None

    @property
    def is_error_object(self) -> bool:
        """Whether the body has the form in which the service describes a failed call."""
        return is_error_object(self.json)

    @property
    def reason(self) -> str:
        """The name of the exception that the service reports, without its namespace."""
        return self.error.error_type.rpartition(".")[2] if self.error else ""

    def result(self) -> typing.Any:
        """Return the value.

        Raises:
            NetServerError: the response is not a success.
        """
        if self.error:
            raise self.error
        return self.value


class Inspector:
    """Sends single requests with and without the login of a task, up to a number of them."""

    def __init__(
        self, settings: ConnectionSettings, budget: int, cancel_token: CancelToken | None = None
    ) -> None:
        self.settings = dataclasses.replace(settings, retries=min(settings.retries, MOST_RETRIES))
        self._budget = budget
        self._login = Transport(self.settings, cancel_token=cancel_token)
        self._transports = {"login": self._login}
        self.seen: list[Inspected] = []
        self.throttled = 0

    def __enter__(self) -> Inspector:
        return self

    def __exit__(self, *_error: object) -> None:
        for transport in self._transports.values():
            transport.close()

    @property
    def requests(self) -> dict[str, int]:
        """How many requests were sent, by kind."""
        total: dict[str, int] = {}
        for transport in self._transports.values():
            for kind, number in transport.sent.items():
                total[kind] = total.get(kind, 0) + number
        return dict(sorted(total.items()))

    @property
    def left(self) -> int:
        """How many more requests may be sent."""
        return self._budget - sum(self.requests.values())

    def allow(self, number: int) -> None:
        """Allow so many more requests, and no others."""
        self._budget = sum(self.requests.values()) + number

    def send(self, request: Request) -> Inspected:
        """Send a request with the login of the task.

        Raises:
            NetServerError: there is no complete response.
            BudgetSpent: all requests were sent.
        """
        return self._send(self._login, request)

    def send_anonymously(self, request: Request) -> Inspected:
        """Send a request without a login; raises as `send`."""
        return self._send(self._transport("anonymous", Anonymous()), request)

    def send_with_token(self, request: Request, token: Secret) -> Inspected:
        """Send a request with a bearer token; raises as `send`."""
        return self._send(self._transport("token", Bearer(token)), request)

    def archive(self, provider: str, query: Mapping[str, str], kind: str = "archive") -> Inspected:
        """Ask for the rows of an archive; raises as `send`."""
        operation = f"Archive/{provider}"
        return self.send(Request(kind, operation, "GET", f"v1/{operation}", query))

    def agent(
        self,
        method: str,
        body: typing.Any = None,
        query: Mapping[str, str] | None = None,
        *,
        safe: bool = True,
        kind: str = "user",
    ) -> Inspected:
        """Call a method of the User agent; raises as `send`."""
        path = f"v1/Agents/User/{method}"
        content = {} if body is None else body
        return self.send(Request(kind, method, "POST", path, query or {}, content, safe))

    def _transport(self, name: str, authentication: Authentication) -> Transport:
        if name not in self._transports:
            self._transports[name] = self._login.with_login(authentication)
        return self._transports[name]

    def _send(self, transport: Transport, request: Request) -> Inspected:
        attempt = 0
        while True:
            if self.left <= 0:
                raise BudgetSpent
            started = time.monotonic()
            try:
                raw = transport.send_once(request)
            except NetServerError as error:
                if not self._may_repeat(error, request, attempt):
                    raise
                transport.pause(attempt, error.retry_after)
                attempt += 1
                continue
            seconds, now = time.monotonic() - started, time.time()
            inspected = _inspected(transport, request, raw, seconds * 1000, now)
            self.seen.append(inspected)
            failure = inspected.error
            if failure and (failure.status == 429 or failure.kind == "throttled"):
                self.throttled += 1
            if failure is None or not self._may_repeat(failure, request, attempt):
                return inspected
            transport.pause(attempt, failure.retry_after)
            attempt += 1

    def _may_repeat(self, error: NetServerError, request: Request, attempt: int) -> bool:
        # an error 500 may be how the service refuses; a gateway has statuses of its own
        is_passing = error.status in (None, 408, 429, 502, 503, 504)
        is_last = attempt >= self.settings.retries or self.left <= 0
        return is_passing and not is_last and retry.should_retry(error, safe=request.safe)


def length_of(query: Mapping[str, str]) -> int:
    """Return how many characters a query has as it is sent."""
    return len(query_string(query))


def neutral(error: NetServerError, settings: ConnectionSettings) -> str:
    """Describe an error without the address, and without what the service wrote itself.

    What the service writes may contain names of persons and companies; the name of its exception
    does not.
    """
    if isinstance(error, Redirected):
        return f"The request was redirected to another address (HTTP {error.status})"
    text = error.message
    for part in _addresses(settings):
        text = text.replace(part, "the installation")
    reason = error.error_type.rpartition(".")[2]
    if re.fullmatch(r"[A-Za-z]{1,60}Exception", reason):
        text += f" ({reason})"
    elif isinstance(error, Blocked):
        text += " (not in the form of the service)"
    return text


def _addresses(settings: ConnectionSettings) -> list[str]:
    host = urlsplit(settings.root)
    known = [settings.root, settings.site, host.netloc, host.hostname or ""]
    return [part for part in known if part]


def _inspected(
    transport: Transport, request: Request, raw: RawResponse, milliseconds: float, now: float
) -> Inspected:
    try:
        value = parse_response(request, raw, transport.secrets(request.body)).value
    except NetServerError as error:
        return Inspected(raw, None, error, milliseconds, now)
    return Inspected(raw, value, None, milliseconds, now)
