# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transport: a request in, a decoded value or an error out."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import random
import re
import threading
import time
import traceback
import typing
import urllib.parse
from collections.abc import Mapping

from ..domain.model import Secret
from . import responses, retry
from .authentication import Authentication, ExchangedBasic
from .cancellation import CancelToken
from .concurrency import ONE_AT_A_TIME, Concurrency, ConcurrencyLimit
from .connection_errors import connection_error
from .errors import Cancelled, Effect, NetServerError, Throttled, TimedOut, Unauthorized
from .exchange import Exchange, SessionThread
from .request import Request
from .sessions import VERSION, SendOptions, option_errors, proxy_secrets, send_options
from .settings import ConnectionSettings

try:
    import requests.exceptions
    import urllib3.exceptions
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
    _CONNECTION_ERRORS: tuple[type[Exception], ...] = ()
else:
    REQUESTS_IMPORT_ERROR = None
    # besides its own exceptions `requests` lets some of the layers below through
    _CONNECTION_ERRORS = (
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
    )

# a task that has sent so many requests gets a token, if it may: shorter ones gain nothing
REQUESTS_BEFORE_EXCHANGE = 25
# one that has expired, and the one that replaced it
MOST_TOKENS_REFUSED = 2
_SENDABLE_TOKEN = re.compile("[!-~]+")
_TOKEN = Request("login", "User/currentToken", "GET", "v1/User/currentToken")

__all__ = ["REQUESTS_IMPORT_ERROR", "VERSION", "Transport"]


class Transport:
    """Sessions with one installation, for one login.

    Retries what is safe to retry, follows no redirect, keeps no cookie, and counts all requests in
    `sent`, by kind. Any number of threads may call it; as many sessions, each with a thread and a
    connection of its own, are open as requests were in flight at once.

    No call waits without end: each attempt ends by `settings.deadline`, and all waits end when
    `cancel_token` is cancelled.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        concurrency: Concurrency = ONE_AT_A_TIME,
        cancel_token: CancelToken | None = None,
        options: SendOptions | None = None,
    ) -> None:
        self.settings = settings
        self.cancel_token = cancel_token or CancelToken()
        self.sent: collections.Counter[str] = collections.Counter()
        self._total_sent = 0
        self._count_lock = threading.Lock()
        self._concurrency = ConcurrencyLimit(
            concurrency.most, self.cancel_token, first=concurrency.first
        )
        self._has_succeeded = False
        self._closed = False
        self._idle: list[SessionThread] = []
        self._send_options = options or send_options(settings)
        login = settings.authentication
        self._exchanged = login if isinstance(login, ExchangedBasic) else None

    def with_login(self, authentication: Authentication) -> Transport:
        """Return sessions for another login, which are cancelled with these; nothing is retried.

        The way to the installation is the same: the environment is not evaluated again.
        """
        return Transport(
            dataclasses.replace(self.settings, authentication=authentication, retries=0),
            cancel_token=self.cancel_token,
            options=self._send_options,
        )

    @property
    def concurrency(self) -> int:
        """How many requests may be in flight at this moment."""
        return self._concurrency.limit

    def close(self) -> None:
        """Close the sessions; no further request starts, those in flight end by themselves."""
        self._closed = True
        while self._idle:
            self._idle.pop().stop()

    def secrets(self, body: typing.Any) -> list[str]:
        """Return all that a message about a request with this body must not contain."""
        settings = self.settings
        tokens = [settings.app_token.value] if settings.app_token else []
        proxies = proxy_secrets(self._send_options)
        return [*settings.authentication.secrets, *tokens, *proxies, *_secrets(body)]

    def count(self, kind: str, number: int = 1) -> None:
        """Count requests that were sent."""
        with self._count_lock:
            self.sent[kind] += number
            self._total_sent += number

    def pause(self, attempt: int, retry_after: float | None = None) -> None:
        """Wait before the attempt that follows number `attempt`, as the service asked for.

        Raises:
            Cancelled: the run was cancelled.
        """
        self.cancel_token.wait(self._delay(attempt, retry_after))

    def call(self, request: Request) -> responses.Response:
        """Send `request`, with retries where they are safe, and return the response.

        Raises:
            NetServerError: how the last attempt ended.
        """
        attempt = 0
        may_log_in_again = True
        tokens_refused = 0
        token = ""
        while True:
            try:
                with self._concurrency.slot():
                    token = self._token()
                    started = time.monotonic()
                    response = self._send(request)
                self._concurrency.increase(request.kind, time.monotonic() - started)
                if self._exchanged:
                    self._exchanged.confirm(token)
                return response
            except Unauthorized as error:
                if self._exchanged and token and tokens_refused < MOST_TOKENS_REFUSED:
                    self._exchanged.discard(token)
                    tokens_refused += 1
                    continue
                # a session may have expired; the next request opens one again
                if not (self._has_succeeded and may_log_in_again):
                    self._explain(error)
                    raise
                may_log_in_again = False
            except NetServerError as error:
                is_overload = isinstance(error, Throttled) or error.status == 503
                if is_overload:
                    self._concurrency.decrease(self._delay(attempt, error.retry_after))
                is_last = attempt >= self.settings.retries
                if is_last or not retry.should_retry(error, safe=request.safe):
                    raise
                if not is_overload:
                    self.pause(attempt, error.retry_after)
                attempt += 1

    def send_once(self, request: Request) -> responses.RawResponse:
        """Send `request` once and return the response to it, whatever its status.

        Raises:
            NetServerError: there is no complete response.
        """
        with self._concurrency.slot():
            response = self._exchange(request)
        self._has_succeeded = True
        return response

    def _token(self) -> str:
        """Return the token that requests are sent with, if any; get one when it is time to.

        What keeps the service from giving a token is no failure: user name and password remain.
        """
        login = self._exchanged
        if login is None:
            return ""
        is_long = self._has_succeeded and self._total_sent >= REQUESTS_BEFORE_EXCHANGE
        if is_long and login.begin_exchange():
            with contextlib.suppress(NetServerError):
                token = self._send(_TOKEN).value
                if isinstance(token, str) and _SENDABLE_TOKEN.fullmatch(token):
                    login.use(token)
        return login.token

    def _send(self, request: Request) -> responses.Response:
        raw = self._exchange(request)
        response = responses.parse_response(request, raw, self.secrets(request.body))
        self._has_succeeded = True
        return response

    def _exchange(self, request: Request) -> responses.RawResponse:
        """Send a request once and return the response to it, whatever its status."""
        with option_errors(request.name):
            exchange = Exchange(request, _url(self.settings.root, request), _encoded(request.body))
        self.cancel_token.raise_if_cancelled()
        if self._closed:
            raise Cancelled(f"{request.name} was not sent: the connection is closed")
        self.count(request.kind)
        if not request.safe:
            self.cancel_token.may_have_written = True
        thread = self._thread()
        try:
            with self.cancel_token.waking(exchange.wake):
                thread.start(exchange)
                response = exchange.wait(self.settings.deadline)
        except _CONNECTION_ERRORS as exc:
            self._give_back(thread)
            raise connection_error(
                exc,
                request,
                self.settings,
                body_was_sent=exchange.body_was_sent,
                was_trusted=self._has_succeeded,
            ) from exc
        except BaseException:  # an interrupt, or an error of ours
            exchange.abandon()
            thread.stop()
            raise
        if response is None:
            exchange.abandon()
            thread.stop()
            raise self._abandoned(exchange)
        self._give_back(thread)
        return response

    def _thread(self) -> SessionThread:
        try:
            return self._idle.pop()
        except IndexError:
            return SessionThread(self.settings, self._send_options)

    def _give_back(self, thread: SessionThread) -> None:
        self._idle.append(thread)
        if self._closed:  # perhaps since the request started
            self.close()

    def _abandoned(self, exchange: Exchange) -> NetServerError:
        """Return the error for a request that was cancelled, or took too long."""
        request = exchange.request
        effect = Effect.NONE if exchange.body_was_sent is False else Effect.UNKNOWN
        if self.cancel_token.cancelled:
            return Cancelled(
                f"The run was interrupted before {request.name} was complete",
                operation=request.operation,
                effect=effect,
            )
        return TimedOut(
            f"{request.name} at {self.settings.site} was not complete after"
            f" {self.settings.deadline:g} seconds",
            operation=request.operation,
            effect=effect,
        )

    def _explain(self, error: Unauthorized) -> None:
        if self._has_succeeded:
            error.advice = self.settings.authentication.advice_after_success
        else:
            error.site = self.settings.site
            error.advice = self.settings.authentication.advice

    def _delay(self, attempt: int, retry_after: float | None) -> float:
        return retry.delay(attempt, retry_after, random.random())  # noqa: S311 - no secret


def query_string(query: Mapping[str, str]) -> str:
    """Return a query as it is sent."""
    # not every server reads "+" as a space, and "$select" is easier to find in its log
    return urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe="$")


def _url(root: str, request: Request) -> str:
    query = query_string(request.query)
    return f"{root}/{request.path}" + (f"?{query}" if query else "")


def _encoded(body: typing.Any) -> bytes | None:
    if body is None:
        return None
    return json.dumps(body, ensure_ascii=False, default=_unwrapped).encode("utf-8")


def _unwrapped(value: object) -> str:
    if isinstance(value, Secret):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be part of a request")


def _secrets(body: typing.Any) -> list[str]:
    values = body.values() if isinstance(body, Mapping) else ()
    return [value.value for value in values if isinstance(value, Secret)]
