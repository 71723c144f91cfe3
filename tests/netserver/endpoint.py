# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP endpoint: a request from the socket to the journal by way of login, fault and call."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import itertools
import logging
import time
from typing import Any

import orjson
from aiohttp import web

from . import firewall, transport
from .authentication import Authenticator, Credential, credential_of
from .call import Call
from .changes import Changes
from .errors import BadArgument, HttpError, NotFound, Unauthorized
from .external_users import Nothing
from .faults import Fault, Faults
from .journal import WRITE_OPERATIONS, Journal, digest, open_query, without_secrets
from .profile import Profile
from .responses import (
    HTML,
    LOGIN_PAGE,
    Response,
    not_found,
    refusal,
    unauthorized,
    unavailable,
    value_response,
    void_response,
)
from .routing import Request, Route, operation_of
from .tenant import Tenant
from .view import UserRecord

_HEADERS = ("Accept", "Accept-Language", "Content-Type", "SO-Language", "User-Agent")
_WITHOUT_RESPONSE = ("drop_before", "drop_after", "bad_bytes")
_JSON_ACCEPTED = ("*/*", "application/*", "text/*", "json")


@dataclasses.dataclass(eq=False)
class Exchange:
    """One request and its response."""

    http: web.BaseRequest
    request: Request
    credential: Credential
    connection: int
    started: float
    profile: Profile
    operation: str = ""
    response: Response = dataclasses.field(default_factory=lambda: Response(404))
    login: UserRecord | None = None
    committed: bool = False
    fault: Fault | None = None


class Endpoint:
    """The handler that aiohttp calls."""

    def __init__(
        self,
        tenant: Tenant,
        journal: Journal,
        faults: Faults,
        changes: Changes,
        profile: Profile,
    ) -> None:
        self.tenant = tenant
        self.journal = journal
        self.faults = faults
        self.changes = changes
        self.profile = profile
        self.latency = 0.0
        self.authenticator = Authenticator(tenant)
        self._connections: dict[object, int] = {}
        self._numbers = itertools.count(1)
        self._requests = itertools.count(1)
        self._recent: collections.deque[float] = collections.deque()
        self._active: set[Exchange] = set()

    async def handle(self, http: web.BaseRequest) -> web.StreamResponse:
        """Serve one request."""
        started = time.perf_counter()
        connection = self._connections.get(http.protocol, 0)
        body = await http.read()
        if http.path.lower().rstrip("/") == "/journal":
            return self._own_journal(http)
        request = Request(
            method=http.method,
            path=http.rel_url.raw_path,
            query={name.lower(): value for name, value in http.query.items()},
            content_type=http.content_type.lower(),
            charset=http.charset,
            body=body,
        )
        credential = credential_of(http.headers, http.cookies)
        exchange = Exchange(http, request, credential, connection, started, self.profile)
        self._active.add(exchange)
        try:
            wait = self.latency
            if credential.scheme == "basic":
                wait += (self.profile.limit("login_milliseconds") or 0) / 1000
            if wait:
                await asyncio.sleep(wait)
            return await self._serve(exchange)
        finally:
            self._active.discard(exchange)

    def reset(self) -> None:
        """Forget wrong passwords, the rate of requests, and requests that still wait."""
        self.authenticator.reset()
        self._recent.clear()
        self._active.clear()

    def connected(self, protocol: object) -> None:
        """Give a new connection its number."""
        self._connections[protocol] = next(self._numbers)

    def disconnected(self, protocol: object) -> None:
        """Forget a connection."""
        self._connections.pop(protocol, None)

    async def _serve(self, exchange: Exchange) -> web.StreamResponse:
        route = _route(exchange)
        try:
            with self.tenant.lock:
                self.changes.run(exchange.operation)
        except Exception as error:  # noqa: BLE001 - a failing change of a test must be seen
            exchange.response, route = _defect(error), None
        exchange.profile = self.profile
        fault = exchange.fault = self.faults.match(exchange.operation, exchange.http.path)
        if fault and fault.waits == "before":
            await asyncio.sleep(fault.options["seconds"])
        if exchange.profile.firewall == "query" and firewall.refuses(
            exchange.http.rel_url.raw_query_string
        ):
            exchange.response = Response(403, firewall.PAGE, HTML)
        elif route and (fault is None or fault.commit):
            # No request is served while a test reads or changes the tenant.
            with self.tenant.lock:
                self._execute(route, exchange)
        elif fault and fault.kind == "expire_session":
            self.tenant.sessions.refuse(exchange.credential.sent)
            exchange.response = unauthorized(
                Unauthorized("The session has expired."), exchange.profile
            )
        correlation = f"{next(self._requests):012x}"
        faulty = _faulty(exchange, correlation) if fault else None
        response = faulty or _response(exchange.response, correlation)
        self._record(exchange)
        if fault and fault.waits == "after":
            await asyncio.sleep(fault.options["seconds"])
        return response

    def _execute(self, route: Route, exchange: Exchange) -> None:
        """Run the operation; an exception becomes the response."""
        commits = self.tenant.commits
        try:
            exchange.response = self._run(route, exchange)
        except Exception as error:  # noqa: BLE001 - a defect of this server must be seen, too
            agent = route.agent is not None
            exchange.response = refusal(error, exchange.profile, agent=agent) or _defect(error)
        exchange.committed = self.tenant.commits != commits

    def _run(self, route: Route, exchange: Exchange) -> Response:
        profile = exchange.profile
        self._require_capacity(profile)
        _require_reasonable(exchange)
        login = _NOBODY
        if route.login:
            login = exchange.login = self.authenticator.authenticate(exchange.credential, profile)
        missing = unavailable(profile) if route.managed else None
        if missing is not None:
            return missing
        headers, query = exchange.http.headers, exchange.request.query
        url = _site_url(exchange.http)
        return _reply(route, Call(self.tenant, profile, login, query, headers, url))

    def _require_capacity(self, profile: Profile) -> None:
        """Refuse requests that are too many at once or too many a second."""
        headers = {"Retry-After": "1"} if profile.retry_after == "yes" else {}
        status = profile.throttle_status
        parallel = profile.limit("parallel")
        if parallel and len(self._active) > parallel:
            busy = 503 if status == "usual" else int(status)
            raise HttpError(busy, "The server is too busy.", headers)
        rate = profile.limit("throttle")
        if rate:
            now = time.monotonic()
            while self._recent and now - self._recent[0] >= 1.0:
                self._recent.popleft()
            if len(self._recent) >= rate:
                raise HttpError(
                    429 if status == "usual" else int(status), "Too many requests.", headers
                )
            self._recent.append(now)

    def _record(self, exchange: Exchange) -> None:
        request, headers, fault = exchange.request, exchange.http.headers, exchange.fault
        parsed = _journal_body(request)
        app_token = headers.get("SO-AppToken")
        silent = fault is not None and fault.kind in _WITHOUT_RESPONSE
        self.journal.append(
            method=request.method,
            path=exchange.http.path,
            operation=exchange.operation,
            query=open_query(exchange.http.query),
            body=without_secrets(parsed),
            body_keys=tuple(parsed) if isinstance(parsed, dict) else (),
            headers={name: headers[name] for name in _HEADERS if name in headers},
            scheme=exchange.credential.scheme,
            login=exchange.login.user_name if exchange.login else None,
            app_token=digest(app_token) if app_token else None,
            status=0 if silent else exchange.response.status,
            committed=exchange.committed,
            connection=exchange.connection,
            fault=fault.kind if fault else None,
            seconds=round(time.perf_counter() - exchange.started, 6),
        )

    def _own_journal(self, http: web.BaseRequest) -> web.Response:
        """Serve the journal, which is not a part of the service."""
        if http.method == "DELETE":
            self.journal.clear()
            return web.Response(status=204)
        since = http.query.get("since", "0")
        mark = int(since) if since.isascii() and since.isdigit() else 0
        entries = [dataclasses.asdict(entry) for entry in self.journal.since(mark)]
        return web.Response(body=orjson.dumps(entries), content_type="application/json")


def _route(exchange: Exchange) -> Route | None:
    try:
        route = operation_of(exchange.request)
    except HttpError as error:
        exchange.operation = f"{exchange.request.method} {exchange.request.path}"
        exchange.response = refusal(error, exchange.profile, agent=False) or exchange.response
        return None
    exchange.operation = route.operation
    return route


def _response(response: Response, correlation: str) -> web.StreamResponse:
    if response.raw_null:
        return transport.wire(response, correlation)
    return transport.ordinary(response, correlation)


def _defect(error: Exception) -> Response:
    logging.getLogger(__name__).error("A defect of the embedded NetServer", exc_info=error)
    body = {"Error": True, "ErrorType": type(error).__name__, "Message": "Internal error"}
    return Response(500, orjson.dumps(body))


_NOBODY = UserRecord(0, 0, "", "", 0, "", False, "Anonymous", False, False, ())


def _reply(route: Route, call: Call) -> Response:
    try:
        value = route.run(call)
    except Nothing:
        return Response(200, b"null")
    except NotFound as error:
        reading = route.agent is not None and route.operation not in WRITE_OPERATIONS
        if reading:
            return not_found(error, call.profile)
        raise
    if route.agent is not None and route.agent.void:
        return void_response(call.profile)
    return value_response(value, call.profile)


def _require_reasonable(exchange: Exchange) -> None:
    """Refuse what the web server refuses before the service."""
    limit = exchange.profile.limit("query_limit")
    if limit and len(exchange.http.rel_url.raw_query_string) > limit:
        raise HttpError(404, "The query string is too long.")
    accept = exchange.http.headers.get("Accept", "").lower()
    if accept and not any(kind in accept for kind in _JSON_ACCEPTED):
        raise HttpError(406, "Only JSON is served here.")


def _site_url(request: web.BaseRequest) -> str:
    scheme = "https" if request.secure else "http"
    return f"{scheme}://{request.host}/SuperOffice"


def _journal_body(request: Request) -> object:
    if not request.body:
        return None
    try:
        return request.json()
    except (BadArgument, HttpError):
        return {"unparsed": digest(request.body.decode("latin-1"))}


def _faulty(exchange: Exchange, correlation: str) -> web.StreamResponse | None:
    """Apply a fault to the response; None where the result is an ordinary response."""
    fault, response = exchange.fault, exchange.response
    assert fault is not None
    options: dict[str, Any] = fault.options
    if fault.kind in ("drop_before", "drop_after"):
        return transport.dropped(reset=options["how"] == "reset")
    if fault.kind == "bad_bytes":
        return transport.bad_bytes(options["body"])
    if fault.kind == "truncate":
        half = response.body[: len(response.body) // 2]
        length = len(response.body) if options["how"] == "length" else None
        return transport.wire(response, correlation, body=half, length=length)
    if fault.kind == "slow_drip":
        return transport.wire(response, correlation, drip=options["seconds"])
    if fault.kind == "echo":
        exchange.response = _echo(options["status"], exchange)
    else:
        exchange.response = _replaced(fault.kind, options, response)
    return None


def _replaced(kind: str, options: dict[str, Any], response: Response) -> Response:
    if kind == "status":
        text = options["body"]
        content = text.encode() if isinstance(text, str) else orjson.dumps(text or {})
        after = options["retry_after"]
        headers = {} if after is None else {"Retry-After": str(after)}
        return Response(options["status"], content, options["content_type"], headers)
    if kind == "content_type":
        return dataclasses.replace(response, content_type=options["content_type"])
    if kind == "html":
        return Response(200, LOGIN_PAGE, HTML)
    if kind == "redirect":
        return Response(options["status"], b"", HTML, {"Location": options["location"]})
    if kind == "empty_page":
        return _without_rows(response)
    return Response(200, str(options["body"]).encode()) if kind == "garbage" else response


def _without_rows(response: Response) -> Response:
    page = orjson.loads(response.body) if response.status == 200 else None
    if not isinstance(page, dict) or "value" not in page:
        return response
    page.update({"value": [], "odata.nextLink": None})
    return dataclasses.replace(response, body=orjson.dumps(page))


def _echo(status: int, exchange: Exchange) -> Response:
    """Repeat everything that was sent, as some servers and proxies do."""
    sent = [f"{name}: {value}" for name, value in exchange.http.headers.items()]
    text = exchange.request.body.decode("utf-8", "replace")
    line = f"{exchange.request.method} {exchange.http.rel_url}"
    message = "\n".join([line, *sent, "", text])
    return Response(status, orjson.dumps({"Error": True, "Message": message, "Request": text}))
