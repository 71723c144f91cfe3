# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routing: from method and path, in any case, to an operation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from . import archive_agent, rest, user_agent
from .binding import parse_body
from .call import Call
from .errors import HttpError
from .providers import canonical
from .user_agent import AgentMethod

SITE = "superoffice"
_AGENTS = {"user": user_agent.METHODS, "archive": archive_agent.METHODS}
_FORM = "application/x-www-form-urlencoded"


@dataclasses.dataclass(frozen=True)
class Request:
    """The parts of a request that routing needs."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str
    charset: str | None
    body: bytes

    def json(self) -> object:
        """Parse the body."""
        return parse_body(self.content_type, self.charset, self.body)


@dataclasses.dataclass(frozen=True)
class Route:
    """An operation, ready to run. `agent` is set for calls of an agent."""

    operation: str
    run: Callable[[Call], object]
    login: bool = True
    agent: AgentMethod | None = None
    managed: bool = False


def operation_of(request: Request) -> Route:
    """Find the operation of a request; HttpError if there is none."""
    raw = request.path.strip("/").split("/")
    segments = [unquote(segment) for segment in raw if segment]
    lower = [segment.lower() for segment in segments]
    if lower[:2] != [SITE, "api"]:
        raise HttpError(404, "There is nothing at this path.")
    if len(lower) == 2:
        return _public(request, "api", rest.version)
    if lower[2] != "v1":
        raise HttpError(404, "There is no such version of the service.")
    if len(lower) == 3:
        return _public(request, "api/v1", _addresses)
    if lower[3] == "agents":
        return _agent(request, segments[4:])
    return _rest(request, segments[3:])


def _public(request: Request, operation: str, run: Callable[[Call], object]) -> Route:
    _allow(request, "GET")
    return Route(operation, run, login=False)


def _addresses(call: Call) -> object:
    agents = {
        agent.capitalize(): [method.name for method in methods.values()]
        for agent, methods in _AGENTS.items()
    }
    return rest.addresses(call, agents)


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allow = ", ".join(methods)
        raise HttpError(405, f"Only {allow} is served at this path.", {"Allow": allow})


def _agent(request: Request, segments: list[str]) -> Route:
    if len(segments) != 2:
        raise HttpError(404, "There is no such agent method.")
    agent, name = segments
    method = _AGENTS.get(agent.lower(), {}).get(name.lower())
    if method is None:
        raise HttpError(404, f"There is no agent method '{agent}/{name}' here.")
    _allow(request, "POST", "GET")
    if request.method == "GET":
        return _description(agent, method)
    managed = agent.lower() == "user"
    operation = method.name if managed else f"Agents/Archive/{method.name}"

    def run(call: Call) -> object:
        if method.administration:
            call.require_administration()
        call.require_internal()
        body = None if method.source == "query" else request.json()
        if method.source == "body" and not method.arguments:
            body = {}
        return method.run(call, **method.bind(body, call.query, call.profile))

    return Route(operation, run, agent=method, managed=managed)


def _description(agent: str, method: AgentMethod) -> Route:
    """A GET on an agent's URL tells about the call, and never executes it."""
    text = {
        "Agent": agent, "Method": method.name, "Verb": "POST",
        "Arguments": {argument.name: argument.kind for argument in method.arguments},
    }  # fmt: skip
    return Route(f"Describe/{method.name}", lambda call: text)


def _rest(request: Request, segments: list[str]) -> Route:
    entity = segments[0].lower()
    if entity == "archive":
        return _archive(request, segments[1:])
    _allow(request, "GET")
    if len(segments) == 2 and entity == "user":
        return _current(segments[1])
    if len(segments) == 2 and entity == "person":
        return Route("Person/get", lambda call: rest.person(call, segments[1]))
    raise HttpError(404, "There is nothing at this path.")


def _current(key: str) -> Route:
    """Find `User/current...`, which is served even where the User agent is not available."""
    operations: dict[str, Callable[[Call], object]] = {
        "User/currentPrincipal": rest.current_principal,
        "User/currentToken": rest.current_token,
    }
    for operation, run in operations.items():
        if operation.lower() == f"user/{key.lower()}":
            return Route(operation, run)
    raise HttpError(404, "There is nothing at this path.")


def _archive(request: Request, segments: list[str]) -> Route:
    if not segments:
        _allow(request, "GET")
        return Route("Archive", rest.archive_names)
    name = segments[0]
    operation = f"Archive/{canonical(name)}"
    if len(segments) == 2 and segments[1].lower() == "$metadata":
        _allow(request, "GET")
        return Route(f"{operation}/$metadata", lambda call: rest.archive_metadata(call, name))
    if len(segments) != 1:
        raise HttpError(404, "There is nothing at this path.")
    _allow(request, "GET", "POST")
    if request.method == "GET":
        return Route(operation, lambda call: rest.archive_rows(call, name, call.query))
    return Route(operation, lambda call: rest.archive_rows(call, name, _form(request, call.query)))


def _form(request: Request, query: Mapping[str, str]) -> dict[str, Any]:
    if request.content_type != _FORM:
        raise HttpError(415, f"Send the options of an archive as {_FORM}.")
    text = request.body.decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True)
    return {**query, **{name.lower(): value for name, value in pairs}}
