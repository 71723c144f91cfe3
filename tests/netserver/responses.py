# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses: from a value or an error to status, headers and bytes."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson

from .authentication import challenge
from .errors import (
    RIGHT_ERRORS,
    BadArgument,
    FlagsRefused,
    HttpError,
    MissingRight,
    NotFound,
    QueryError,
    ServiceError,
    Unauthorized,
)
from .profile import Profile

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body>"
_UNAUTHORIZED_PAGE = b"<html><body><h2>401 - Unauthorized: Access is denied.</h2></body></html>"
_SOURCE = "SuperOffice.Services.Implementation"


@dataclasses.dataclass(frozen=True)
class Response:
    """One response. `raw_null` asks for the impossible body after a 204."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    raw_null: bool = False


def value_response(value: object, profile: Profile) -> Response:
    """Return a value as JSON."""
    body = orjson.dumps(value)
    if profile.byte_order_mark == "yes":
        body = b"\xef\xbb\xbf" + body
    return Response(200, body)


def void_response(profile: Profile) -> Response:
    """Return the response of a call without a result."""
    if profile.void_reply == "null-204":
        return Response(204, b"null", raw_null=True)
    if profile.void_reply == "null-200":
        return Response(200, b"null")
    return Response(200 if profile.void_reply == "empty-200" else 204, b"")


def refusal(error: Exception, profile: Profile, *, agent: bool) -> Response | None:
    """Return the response for an error; None for an exception that is no error of the service."""
    if isinstance(error, (QueryError, ServiceError)):
        return _service_error(error, profile, agent=agent)
    if isinstance(error, FlagsRefused):
        return _flags_refusal(error, profile)
    if isinstance(error, BadArgument):
        return _json(int(profile.malformed), _message(error.message, error.detail))
    if isinstance(error, HttpError):
        body = _error("HttpException", error.message, agent=False)
        return _json(error.status, body, error.headers)
    if isinstance(error, Unauthorized):
        return unauthorized(error, profile)
    return None


def _service_error(error: QueryError | ServiceError, profile: Profile, *, agent: bool) -> Response:
    if profile.errors == "asp-net":
        return _asp_net(error, profile)
    if isinstance(error, QueryError):
        status = int(profile.archive_errors)
        return _json(status, _error("SoInvalidArgumentException", str(error), agent=agent))
    if isinstance(error, MissingRight):
        return _missing_right(error, profile, agent=agent)
    return _refused_call(error, profile) if agent else _rest_refusal(error)


def not_found(error: NotFound, profile: Profile) -> Response:
    """Return the response of an agent's reading call for an unknown id."""
    if profile.unknown_id == "null":
        return Response(200, b"null")
    if profile.unknown_id == "http-404":
        return _json(404, _error(error.error_type, error.message, agent=True))
    return _refused_call(error, profile)


def unauthorized(error: Unauthorized, profile: Profile) -> Response:
    """Return the response for a request without a valid login."""
    if error.html:
        return Response(error.status, LOGIN_PAGE, HTML)
    headers = challenge(profile) if error.status == 401 else {}
    if error.status == 401 and (error.page or profile.unauthorized_body == "html"):
        return Response(401, _UNAUTHORIZED_PAGE, HTML, headers)
    if error.status == 401 and profile.unauthorized_body == "empty":
        return Response(401, b"", headers=headers)
    body = _error("SoSessionException", error.message, agent=False)
    return _json(error.status, body, headers)


def unavailable(profile: Profile) -> Response | None:
    """Return the response where the User agent is not served, as Online; None where it is."""
    if profile.user_agent == "available":
        return None
    message = "The User agent is not available for partner applications."
    body = _error("SoIllegalOperationException", message, agent=True)
    if profile.user_agent == "online-object":
        return _json(200, body)
    status = int(profile.user_agent.rpartition("-")[2])
    return _json(status, body, challenge(profile) if status == 401 else {})


def _refused_call(error: ServiceError, profile: Profile) -> Response:
    form = profile.errors
    if form == "asp-net":
        return _asp_net(error, profile)
    if form == "null":
        return Response(200, b"null")
    if form == "message":
        return _json(400, _message(error.message, error.error_type))
    agent = form not in ("errormessage", "object-errormessage")
    status = {"server-error": 500, "object": 200, "object-errormessage": 200}.get(form, 400)
    return _json(status, _error(error.error_type, error.message, agent=agent))


def _rest_refusal(error: ServiceError) -> Response:
    status = 404 if isinstance(error, NotFound) else 400
    return _json(status, _error(error.error_type, error.message, agent=False))


def _missing_right(error: MissingRight, profile: Profile, *, agent: bool) -> Response:
    form = profile.missing_right
    body = _error(_type_of(error, profile), error.message, agent=agent)
    if form == "null" and agent:
        return Response(200, b"null")
    if form == "object" and agent:
        return _json(200, body)
    status = int(form) if form.isdigit() else 403
    return _json(status, body, challenge(profile) if status == 401 else {})


def _flags_refusal(error: FlagsRefused, profile: Profile) -> Response:
    form = profile.flags_refusal
    if form == "message":
        return _json(int(profile.malformed), _message(error.message, error.detail))
    if form == "null":
        return Response(200, b"null")
    if form == "ignored":
        return void_response(profile)
    body = _error("ArgumentException", error.detail, agent=True)
    return _json(500 if form == "server-error" else 400, body)


def _message(message: str, detail: str) -> dict[str, Any]:
    return {"Message": message, "MessageDetail": detail}


def _error(error_type: str, message: str, *, agent: bool) -> dict[str, Any]:
    """Return an error object: REST has ErrorMessage, the vendor's recorded agent call Message."""
    return {
        "Error": True,
        "ErrorType": error_type,
        "Message" if agent else "ErrorMessage": message,
        "ErrorSource": _SOURCE,
    }


def _type_of(error: ServiceError | QueryError, profile: Profile) -> str:
    if isinstance(error, QueryError):
        return "SoInvalidArgumentException"
    if isinstance(error, MissingRight) and not error.is_fixed:
        return RIGHT_ERRORS[profile.missing_right_error]
    return error.error_type


def _asp_net(error: ServiceError | QueryError, profile: Profile) -> Response:
    """Return an error in the form that ASP.NET itself gives an exception."""
    return _json(500, {
        "Message": "An error has occurred.",
        "ExceptionMessage": str(error),
        "ExceptionType": f"SuperOffice.Exceptions.{_type_of(error, profile)}",
        "StackTrace": f"   at {_SOURCE}.Agent.Invoke(Object request)",
    })  # fmt: skip


def _json(status: int, value: object, headers: dict[str, str] | None = None) -> Response:
    return Response(status, orjson.dumps(value), headers=headers or {})
