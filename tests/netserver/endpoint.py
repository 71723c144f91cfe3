# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request from socket to journal: route, login, fault, rules, answer."""

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

from . import transport
from .authentication import Credential, Doorkeeper, credential_of
from .call import Call
from .dialect import Dialect
from .external_users import Nothing
from .faults import Fault, Faults
from .journal import WRITE_OPERATIONS, Journal, digest, open_query, without_secrets
from .problems import BadArgument, HttpProblem, NotFound, Unauthorized
from .replies import (
    HTML,
    LOGIN_PAGE,
    Reply,
    not_found,
    refusal,
    unauthorized,
    unavailable,
    value_reply,
    void_reply,
)
from .routing import Request, Route, operation_of
from .tenant import Tenant
from .view import UserRecord

_HEADERS = ("Accept", "Accept-Language", "Content-Type", "SO-Language", "User-Agent")
_JSON_ACCEPTED = ("*/*", "application/*", "text/*", "json")


@dataclasses.dataclass
class Visit:
    """One request, and what became of it."""

    http: web.BaseRequest
    request: Request
    credential: Credential
    connection: int
    started: float
    dialect: Dialect
    operation: str = ""
    reply: Reply = dataclasses.field(default_factory=lambda: Reply(404))
    login: UserRecord | None = None
    committed: bool = False
    fault: Fault | None = None


class Endpoint:
    """The handler that aiohttp calls."""

    def __init__(self, tenant: Tenant, journal: Journal, faults: Faults, dialect: Dialect) -> None:
        self.tenant = tenant
        self.journal = journal
        self.faults = faults
        self.dialect = dialect
        self.latency = 0.0
        self.doorkeeper = Doorkeeper(tenant)
        self._connections: dict[object, int] = {}
        self._numbers = itertools.count(1)
        self._requests = itertools.count(1)
        self._recent: collections.deque[float] = collections.deque()
        self._active = 0

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
        visit = Visit(http, request, credential, connection, started, self.dialect)
        self._active += 1
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            return await self._serve(visit)
        finally:
            self._active -= 1

    def connected(self, protocol: object) -> None:
        """Give a new connection its number."""
        self._connections[protocol] = next(self._numbers)

    def disconnected(self, protocol: object) -> None:
        """Forget a connection."""
        self._connections.pop(protocol, None)

    async def _serve(self, visit: Visit) -> web.StreamResponse:
        route = _route(visit)
        fault = visit.fault = self.faults.strike(visit.operation, visit.http.path)
        if fault and fault.waits == "before":
            await asyncio.sleep(fault.options["seconds"])
        if route and (fault is None or fault.commit):
            # The lock makes a request and a look at the tenant exclude each other.
            with self.tenant.lock:
                self._execute(route, visit)
        elif fault and fault.kind == "expire_session":
            self.tenant.sessions.refuse(visit.credential.sent)
            visit.reply = unauthorized(Unauthorized("The session has expired."), visit.dialect)
        correlation = f"{next(self._requests):012x}"
        spoiled = _spoil(visit, correlation) if fault else None
        response = spoiled or _response(visit.reply, correlation)
        self._record(visit)
        if fault and fault.waits == "after":
            await asyncio.sleep(fault.options["seconds"])
        return response

    def _execute(self, route: Route, visit: Visit) -> None:
        """Run the operation; whatever it raises becomes the reply."""
        commits = self.tenant.commits
        try:
            visit.reply = self._run(route, visit)
        except Exception as problem:  # noqa: BLE001 - a mistake of this server must be seen, too
            agent = route.agent is not None
            visit.reply = refusal(problem, visit.dialect, agent=agent) or _mistake(problem)
        visit.committed = self.tenant.commits != commits

    def _run(self, route: Route, visit: Visit) -> Reply:
        dialect = visit.dialect
        self._demand_room(dialect)
        _demand_reasonable(visit)
        login = _NOBODY
        if route.login:
            login = visit.login = self.doorkeeper.admit(visit.credential, dialect)
        missing = unavailable(dialect) if route.managed else None
        if missing is not None:
            return missing
        headers, query = visit.http.headers, visit.request.query
        url = _site_url(visit.http)
        return _reply(route, Call(self.tenant, dialect, login, query, headers, url))

    def _demand_room(self, dialect: Dialect) -> None:
        """Refuse what is too much at once or too fast, where the dialect does."""
        parallel = dialect.limit("parallel")
        if parallel and self._active > parallel:
            raise HttpProblem(503, "The server is too busy.", {"Retry-After": "1"})
        rate = dialect.limit("throttle")
        if rate:
            now = time.monotonic()
            while self._recent and now - self._recent[0] >= 1.0:
                self._recent.popleft()
            if len(self._recent) >= rate:
                raise HttpProblem(429, "Too many requests.", {"Retry-After": "1"})
            self._recent.append(now)

    def _record(self, visit: Visit) -> None:
        request, headers, fault = visit.request, visit.http.headers, visit.fault
        parsed = _journal_body(request)
        app_token = headers.get("SO-AppToken")
        silent = fault is not None and fault.kind in ("drop_before", "drop_after")
        self.journal.append(
            method=request.method,
            path=visit.http.path,
            operation=visit.operation,
            query=open_query(visit.http.query),
            body=without_secrets(parsed),
            body_keys=tuple(parsed) if isinstance(parsed, dict) else (),
            headers={name: headers[name] for name in _HEADERS if name in headers},
            scheme=visit.credential.scheme,
            login=visit.login.user_name if visit.login else None,
            app_token=digest(app_token) if app_token else None,
            status=0 if silent else visit.reply.status,
            committed=visit.committed,
            connection=visit.connection,
            fault=fault.kind if fault else None,
            seconds=round(time.perf_counter() - visit.started, 6),
        )

    def _own_journal(self, http: web.BaseRequest) -> web.Response:
        """Serve the journal to users; it is no part of the service."""
        if http.method == "DELETE":
            self.journal.clear()
            return web.Response(status=204)
        since = http.query.get("since", "0")
        mark = int(since) if since.isascii() and since.isdigit() else 0
        entries = [dataclasses.asdict(entry) for entry in self.journal.since(mark)]
        return web.Response(body=orjson.dumps(entries), content_type="application/json")


def _route(visit: Visit) -> Route | None:
    try:
        route = operation_of(visit.request)
    except HttpProblem as problem:
        visit.operation = f"{visit.request.method} {visit.request.path}"
        visit.reply = refusal(problem, visit.dialect, agent=False) or visit.reply
        return None
    visit.operation = route.operation
    return route


def _response(reply: Reply, correlation: str) -> web.StreamResponse:
    if reply.raw_null:
        return transport.wire(reply, correlation)
    return transport.ordinary(reply, correlation)


def _mistake(problem: Exception) -> Reply:
    logging.getLogger(__name__).error("A mistake of the embedded NetServer", exc_info=problem)
    error = {"Error": True, "ErrorType": type(problem).__name__, "Message": "Internal error"}
    return Reply(500, orjson.dumps(error))


_NOBODY = UserRecord(0, 0, "", "", 0, "", False, "Anonymous", False, False, ())


def _reply(route: Route, call: Call) -> Reply:
    try:
        value = route.run(call)
    except Nothing:
        return Reply(200, b"null")
    except NotFound as problem:
        reading = route.agent is not None and route.operation not in WRITE_OPERATIONS
        if reading:
            return not_found(problem, call.dialect)
        raise
    if route.agent is not None and route.agent.void:
        return void_reply(call.dialect)
    return value_reply(value, call.dialect)


def _demand_reasonable(visit: Visit) -> None:
    """Refuse what the web server refuses before the service sees it."""
    limit = visit.dialect.limit("query_limit")
    if limit and len(visit.http.rel_url.raw_query_string) > limit:
        raise HttpProblem(404, "The query string is too long.")
    accept = visit.http.headers.get("Accept", "").lower()
    if accept and not any(kind in accept for kind in _JSON_ACCEPTED):
        raise HttpProblem(406, "Only JSON is served here.")


def _site_url(request: web.BaseRequest) -> str:
    scheme = "https" if request.secure else "http"
    return f"{scheme}://{request.host}/SuperOffice"


def _journal_body(request: Request) -> object:
    if not request.body:
        return None
    try:
        return request.json()
    except (BadArgument, HttpProblem):
        return {"unparsed": digest(request.body.decode("latin-1"))}


def _spoil(visit: Visit, correlation: str) -> web.StreamResponse | None:
    """Turn the reply into what the fault makes of it; None where an ordinary answer is left."""
    fault, reply = visit.fault, visit.reply
    assert fault is not None
    options: dict[str, Any] = fault.options
    if fault.kind in ("drop_before", "drop_after"):
        return transport.dropped()
    if fault.kind == "truncate":
        half = reply.body[: len(reply.body) // 2]
        length = len(reply.body) if options["how"] == "length" else None
        return transport.wire(reply, correlation, body=half, length=length)
    if fault.kind == "slow_drip":
        return transport.wire(reply, correlation, drip=options["seconds"])
    if fault.kind == "echo":
        visit.reply = _echo(options["status"], visit)
    else:
        visit.reply = _spoiled(fault.kind, options, reply)
    return None


def _spoiled(kind: str, options: dict[str, Any], reply: Reply) -> Reply:
    if kind == "status":
        text = options["body"]
        content = text.encode() if isinstance(text, str) else orjson.dumps(text or {})
        after = options["retry_after"]
        headers = {} if after is None else {"Retry-After": str(after)}
        return Reply(options["status"], content, options["content_type"], headers)
    if kind == "content_type":
        return dataclasses.replace(reply, content_type=options["content_type"])
    if kind == "html":
        return Reply(200, LOGIN_PAGE, HTML)
    if kind == "redirect":
        return Reply(options["status"], b"", HTML, {"Location": options["location"]})
    return Reply(200, str(options["body"]).encode()) if kind == "garbage" else reply


def _echo(status: int, visit: Visit) -> Reply:
    """Repeat everything that was sent, as careless servers and proxies do."""
    sent = [f"{name}: {value}" for name, value in visit.http.headers.items()]
    text = visit.request.body.decode("utf-8", "replace")
    line = f"{visit.request.method} {visit.http.rel_url}"
    message = "\n".join([line, *sent, "", text])
    return Reply(status, orjson.dumps({"Error": True, "Message": message, "Request": text}))
