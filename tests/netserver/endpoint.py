# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request from socket to journal: route, login, fault, rules, answer."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import itertools
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
    JSON,
    LOGIN_PAGE,
    Reply,
    not_found,
    refusal,
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
class Answer:
    """What became of a request: the reply, and what the journal needs to know."""

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

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one request."""
        started = time.perf_counter()
        number = self._connections.get(request.protocol, 0)
        body = await request.read()
        if request.path.lower().rstrip("/") == "/journal":
            return self._own_journal(request)
        self._active += 1
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            return await self._serve(request, body, started, number)
        finally:
            self._active -= 1

    def connected(self, protocol: object) -> None:
        """Number a new connection."""
        self._connections[protocol] = next(self._numbers)

    def disconnected(self, protocol: object) -> None:
        """Forget a connection."""
        self._connections.pop(protocol, None)

    async def _serve(
        self, request: web.BaseRequest, body: bytes, started: float, connection: int
    ) -> web.StreamResponse:
        dialect = self.dialect
        plain = Request(
            method=request.method,
            path=request.rel_url.raw_path,
            query={name.lower(): value for name, value in request.query.items()},
            content_type=request.content_type.lower(),
            charset=request.charset,
            body=body,
        )
        credential = credential_of(request.headers, request.cookies)
        answer = Answer()
        route = self._route(plain, dialect, answer)
        fault = self.faults.strike(answer.operation, request.path)
        answer.fault = fault
        if fault and fault.kind == "delay" and fault.options["when"] == "before":
            await asyncio.sleep(fault.options["seconds"])
        if route and (fault is None or fault.commit):
            self._execute(request, plain, route, credential, dialect, answer)
        elif fault and fault.kind == "expire_session":
            self.tenant.sessions.refuse(credential.sent)
            problem = Unauthorized("The session has expired.")
            answer.reply = refusal(problem, dialect, agent=True) or answer.reply
        correlation = f"{next(self._requests):012x}"
        spoiled = _spoil(answer, request, body, correlation) if fault else None
        response = spoiled or self._respond(answer, correlation)
        self._record(request, plain, credential, answer, started, connection)
        if fault and fault.kind == "delay" and fault.options["when"] == "after":
            await asyncio.sleep(fault.options["seconds"])
        return response

    def _route(self, request: Request, dialect: Dialect, answer: Answer) -> Route | None:
        try:
            route = operation_of(request)
        except HttpProblem as problem:
            answer.operation = f"{request.method} {request.path}"
            answer.reply = refusal(problem, dialect, agent=False) or answer.reply
            return None
        answer.operation = route.operation
        return route

    def _execute(
        self,
        request: web.BaseRequest,
        plain: Request,
        route: Route,
        credential: Credential,
        dialect: Dialect,
        answer: Answer,
    ) -> None:
        """Run the operation; whatever it raises becomes the reply."""
        commits = self.tenant.commits
        try:
            self._demand_room(dialect)
            _demand_json(request)
            login = self.doorkeeper.admit(credential, dialect) if route.login else _NOBODY
            answer.login = login if route.login else None
            reply = unavailable(dialect) if route.managed else None
            if reply is None:
                url = _site_url(request)
                call = Call(self.tenant, dialect, login, plain.query, request.headers, url)
                reply = _reply(route, call)
        except Exception as problem:
            refused = refusal(problem, dialect, agent=route.agent is not None)
            if refused is None:
                raise
            reply = refused
        answer.reply = reply
        answer.committed = self.tenant.commits != commits

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

    def _respond(self, answer: Answer, correlation: str) -> web.StreamResponse:
        reply = answer.reply
        if reply.raw_null:
            return transport.wire(reply, correlation)
        return transport.ordinary(reply, correlation)

    def _record(
        self,
        request: web.BaseRequest,
        plain: Request,
        credential: Credential,
        answer: Answer,
        started: float,
        connection: int,
    ) -> None:
        parsed = _journal_body(plain)
        app_token = request.headers.get("SO-AppToken")
        fault = answer.fault
        silent = fault is not None and fault.kind in ("drop_before", "drop_after")
        self.journal.append(
            method=plain.method,
            path=request.path,
            operation=answer.operation,
            query=open_query(request.query),
            body=without_secrets(parsed),
            body_keys=tuple(parsed) if isinstance(parsed, dict) else (),
            headers={n: request.headers[n] for n in _HEADERS if n in request.headers},
            scheme=credential.scheme,
            login=answer.login.user_name if answer.login else None,
            app_token=digest(app_token) if app_token else None,
            status=0 if silent else answer.reply.status,
            committed=answer.committed,
            connection=connection,
            fault=fault.kind if fault else None,
            seconds=round(time.perf_counter() - started, 6),
        )

    def _own_journal(self, request: web.BaseRequest) -> web.Response:
        """Serve the journal to users; it is no part of the service."""
        if request.method == "DELETE":
            self.journal.clear()
            return web.Response(status=204)
        since = request.query.get("since", "0")
        mark = int(since) if since.isascii() and since.isdigit() else 0
        entries = [dataclasses.asdict(entry) for entry in self.journal.since(mark)]
        return web.Response(body=orjson.dumps(entries), content_type="application/json")


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


def _demand_json(request: web.BaseRequest) -> None:
    accept = request.headers.get("Accept", "").lower()
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


def _spoil(
    answer: Answer, request: web.BaseRequest, body: bytes, correlation: str
) -> web.StreamResponse | None:
    """Turn the answer into what the fault makes of it; None for faults that leave it alone."""
    fault = answer.fault
    assert fault is not None
    options: dict[str, Any] = fault.options
    if fault.kind in ("drop_before", "drop_after"):
        return transport.dropped()
    if fault.kind == "truncate":
        half = answer.reply.body[: len(answer.reply.body) // 2]
        length = len(answer.reply.body) if options["how"] == "length" else None
        return transport.wire(answer.reply, correlation, body=half, length=length)
    if fault.kind == "slow_drip":
        return transport.wire(answer.reply, correlation, drip=options["seconds"])
    answer.reply = _spoiled_reply(fault, answer.reply, request, body)
    return None


def _spoiled_reply(fault: Fault, reply: Reply, request: web.BaseRequest, body: bytes) -> Reply:
    options = fault.options
    if fault.kind == "status":
        text = options["body"]
        content = text.encode() if isinstance(text, str) else orjson.dumps(text or {})
        after = options["retry_after"]
        headers = {} if after is None else {"Retry-After": str(after)}
        return Reply(options["status"], content, options["content_type"], headers)
    if fault.kind == "content_type":
        return dataclasses.replace(reply, content_type=options["content_type"])
    if fault.kind == "html":
        return Reply(200, LOGIN_PAGE, HTML)
    if fault.kind == "redirect":
        return Reply(options["status"], b"", HTML, {"Location": options["location"]})
    if fault.kind == "echo":
        sent = [f"{name}: {value}" for name, value in request.headers.items()]
        text = body.decode("utf-8", "replace")
        error = {"Error": True, "Message": "\n".join([*sent, "", text]), "Request": text}
        return Reply(options["status"], orjson.dumps(error), JSON)
    if fault.kind == "garbage":
        return Reply(200, str(options["body"]).encode(), JSON)
    return reply
