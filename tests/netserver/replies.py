# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers, from a value or a refusal to status, headers and bytes."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson

from .authentication import CHALLENGE
from .dialect import Dialect
from .problems import (
    BadArgument,
    FlagsRefused,
    HttpProblem,
    MissingRight,
    NotFound,
    QueryError,
    ServiceError,
    Unauthorized,
)

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body>"
_SOURCE = "SuperOffice.Services.Implementation"


@dataclasses.dataclass(frozen=True)
class Reply:
    """One answer. `raw_null` asks for the impossible body after a 204."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    raw_null: bool = False


def value_reply(value: object, dialect: Dialect) -> Reply:
    """Answer with JSON."""
    body = orjson.dumps(value)
    if dialect.byte_order_mark == "yes":
        body = b"\xef\xbb\xbf" + body
    return Reply(200, body)


def void_reply(dialect: Dialect) -> Reply:
    """Answer a call without a result."""
    if dialect.void_reply == "null-204":
        return Reply(204, b"null", raw_null=True)
    if dialect.void_reply == "null-200":
        return Reply(200, b"null")
    return Reply(200 if dialect.void_reply == "empty-200" else 204, b"")


def refusal(problem: Exception, dialect: Dialect, *, agent: bool) -> Reply | None:
    """Spell a refusal as this dialect does; None for an exception that is none."""
    if isinstance(problem, FlagsRefused):
        return _flags_refusal(problem, dialect)
    if isinstance(problem, BadArgument):
        return _json(int(dialect.malformed), _message(problem.message, problem.detail))
    if isinstance(problem, QueryError):
        status = int(dialect.archive_errors)
        return _json(status, _error("SoInvalidArgumentException", str(problem), agent=agent))
    if isinstance(problem, HttpProblem):
        detail = _error("HttpException", problem.message, agent=False)
        return dataclasses.replace(_json(problem.status, detail), headers=problem.headers)
    if isinstance(problem, Unauthorized):
        return unauthorized(problem, dialect)
    if isinstance(problem, MissingRight):
        return _missing_right(problem, dialect, agent=agent)
    if isinstance(problem, ServiceError):
        return _refused_call(problem, dialect) if agent else _rest_refusal(problem)
    return None


def not_found(problem: NotFound, dialect: Dialect) -> Reply:
    """Answer an agent's reading call for an unknown id."""
    if dialect.unknown_id == "null":
        return Reply(200, b"null")
    if dialect.unknown_id == "http-404":
        return _json(404, _error(problem.error_type, problem.message, agent=True))
    return _refused_call(problem, dialect)


def unauthorized(problem: Unauthorized, dialect: Dialect) -> Reply:
    """Answer a request without a (good) login."""
    if problem.html:
        return Reply(problem.status, LOGIN_PAGE, HTML)
    headers = CHALLENGE if problem.status == 401 else {}
    if problem.status == 401 and dialect.unauthorized_body == "html":
        page = b"<html><body><h2>401 - Unauthorized: Access is denied.</h2></body></html>"
        return Reply(401, page, HTML, headers)
    if problem.status == 401 and dialect.unauthorized_body == "empty":
        return Reply(401, b"", headers=headers)
    body = _error("SoSessionException", problem.message, agent=False)
    return dataclasses.replace(_json(problem.status, body), headers=headers)


def unavailable(dialect: Dialect) -> Reply | None:
    """Answer for an agent that is not to be had, as Online; None if it is."""
    if dialect.user_agent == "available":
        return None
    message = "The User agent is not available for partner applications."
    error = _error("SoIllegalOperationException", message, agent=True)
    if dialect.user_agent == "online-object":
        return _json(200, error)
    status = int(dialect.user_agent.rpartition("-")[2])
    headers = CHALLENGE if status == 401 else {}
    return dataclasses.replace(_json(status, error), headers=headers)


def _refused_call(problem: ServiceError, dialect: Dialect) -> Reply:
    form = dialect.errors
    if form == "null":
        return Reply(200, b"null")
    if form == "message":
        return _json(400, _message(problem.message, problem.error_type))
    agent = form not in ("errormessage", "object-errormessage")
    status = {"server-error": 500, "object": 200, "object-errormessage": 200}.get(form, 400)
    return _json(status, _error(problem.error_type, problem.message, agent=agent))


def _rest_refusal(problem: ServiceError) -> Reply:
    status = 404 if isinstance(problem, NotFound) else 400
    return _json(status, _error(problem.error_type, problem.message, agent=False))


def _missing_right(problem: MissingRight, dialect: Dialect, *, agent: bool) -> Reply:
    form = dialect.missing_right
    error = _error(problem.error_type, problem.message, agent=agent)
    if form == "null" and agent:
        return Reply(200, b"null")
    if form == "object" and agent:
        return _json(200, error)
    status = int(form) if form.isdigit() else 403
    headers = CHALLENGE if status == 401 else {}
    return dataclasses.replace(_json(status, error), headers=headers)


def _flags_refusal(problem: FlagsRefused, dialect: Dialect) -> Reply:
    form = dialect.flags_refusal
    if form == "message":
        return _json(int(dialect.malformed), _message(problem.message, problem.detail))
    if form == "null":
        return Reply(200, b"null")
    if form == "ignored":
        return void_reply(dialect)
    error = _error("ArgumentException", problem.detail, agent=True)
    return _json(500 if form == "server-error" else 400, error)


def _message(message: str, detail: str) -> dict[str, Any]:
    return {"Message": message, "MessageDetail": detail}


def _error(error_type: str, message: str, *, agent: bool) -> dict[str, Any]:
    """REST says ErrorMessage; the vendor's recorded agent call says Message."""
    return {
        "Error": True,
        "ErrorType": error_type,
        "Message" if agent else "ErrorMessage": message,
        "ErrorSource": _SOURCE,
    }


def _json(status: int, value: object) -> Reply:
    return Reply(status, orjson.dumps(value))
