# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths: which operation a method and a path name, in any letter case."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from . import archive_agent, rest, user_agent
from .binding import parse_body
from .call import Call
from .problems import HttpProblem
from .providers import canonical
from .user_agent import AgentMethod

SITE = "superoffice"
_AGENTS = {"user": user_agent.METHODS, "archive": archive_agent.METHODS}
_LISTS = {"user": "AllUsers", "person": "Person", "role": "Role"}
_CURRENT: dict[str, tuple[str, Callable[[Call], object]]] = {
    "current": ("User/current", rest.current_user),
    "currentprincipal": ("User/currentPrincipal", rest.current_principal),
    "currentassociate": ("User/currentAssociate", rest.current_associate),
}
_FORM = "application/x-www-form-urlencoded"


@dataclasses.dataclass(frozen=True)
class Request:
    """What routing needs of a request."""

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
    """Find the operation of a request; HttpProblem if there is none."""
    raw = request.path.strip("/").split("/")
    segments = [unquote(segment) for segment in raw if segment]
    lower = [segment.lower() for segment in segments]
    if lower[:2] != [SITE, "api"]:
        raise HttpProblem(404, "There is nothing at this path.")
    if len(lower) == 2:
        return _public(request, "api", rest.VERSION)
    if lower[2] != "v1":
        raise HttpProblem(404, "There is no such version of the service.")
    if len(lower) == 3:
        return Route("api/v1", lambda call: rest.urls(call.url), login=False)
    if lower[3] == "agents":
        return _agent(request, segments[4:])
    return _rest(request, segments[3:])


def _public(request: Request, operation: str, value: object) -> Route:
    _allow(request, "GET")
    return Route(operation, lambda call: value, login=False)


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allow = ", ".join(methods)
        raise HttpProblem(405, f"Only {allow} is served at this path.", {"Allow": allow})


def _agent(request: Request, segments: list[str]) -> Route:
    if len(segments) != 2:
        raise HttpProblem(404, "There is no such agent method.")
    agent, name = segments
    method = _AGENTS.get(agent.lower(), {}).get(name.lower())
    if method is None:
        raise HttpProblem(404, f"There is no agent method '{agent}/{name}' here.")
    _allow(request, "POST", "GET")
    if request.method == "GET":
        return _description(agent, method)
    managed = agent.lower() == "user"
    operation = method.name if managed else f"Agents/Archive/{method.name}"

    def run(call: Call) -> object:
        if method.administration:
            call.demand_administration()
        call.demand_internal()
        body = None if method.source == "query" else request.json()
        if method.source == "body" and not method.arguments:
            body = {}
        return method.run(call, **method.bind(body, call.query, call.dialect))

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
    rest_of_path = segments[1:]
    if entity == "archive":
        return _archive(request, rest_of_path)
    _allow(request, "GET")
    if entity in _LISTS and not rest_of_path:
        name = _LISTS[entity]
        return Route(
            f"Archive/{name}",
            lambda call: rest.archive_rows(call, name, call.query),
            managed=name != "Person",
        )
    if len(rest_of_path) == 1:
        return _entity(entity, rest_of_path[0])
    raise HttpProblem(404, "There is nothing at this path.")


def _entity(entity: str, key: str) -> Route:
    if entity == "user" and key.lower() in _CURRENT:
        operation, current = _CURRENT[key.lower()]
        # The login probe is to be had even where the User agent is not.
        return Route(operation, current)
    getters: dict[str, tuple[str, Callable[[Call, str], object]]] = {
        "user": ("User", rest.user),
        "person": ("Person", rest.person),
        "role": ("Role", rest.role),
        "mdolist": ("MDOList", rest.mdo_list),
    }
    if entity not in getters:
        raise HttpProblem(404, "There is nothing at this path.")
    name, get = getters[entity]
    managed = entity in ("user", "role")
    operation = f"MDOList/{key}" if name == "MDOList" else f"{name}/get"
    return Route(operation, lambda call: get(call, key), managed=managed)


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
        raise HttpProblem(404, "There is nothing at this path.")
    _allow(request, "GET", "POST")
    if request.method == "GET":
        return Route(operation, lambda call: rest.archive_rows(call, name, call.query))
    return Route(operation, lambda call: rest.archive_rows(call, name, _form(request, call.query)))


def _form(request: Request, query: Mapping[str, str]) -> dict[str, Any]:
    if request.content_type != _FORM:
        raise HttpProblem(415, f"Send the options of an archive as {_FORM}.")
    text = request.body.decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True)
    return {**query, **{name.lower(): value for name, value in pairs}}
