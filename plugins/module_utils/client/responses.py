# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP responses: every form that the service documents, and what gateways send instead.

The service's documentation contradicts itself on how calls fail: by status, by an error object with
any status, or by a bare null. The first two become errors here; a null is a value, since only the
caller knows whether the call may return one.

Whether a request that failed can have had an effect depends on who responded. A gateway before the
service (a reverse proxy, a firewall, a load balancer) responds with HTML, with nothing or with JSON
of its own, and may do so after the service applied the request. So the effect is known to be NONE
only where the service rejects the request in its own error form (an error object, see
`is_error_object`), or where a login is missing, which is asked for before anything else:

======================================  ===========  =============  =====================
status                                  error        own form       any other body
======================================  ===========  =============  =====================
2xx with an error object                Refused      NONE           (success, or not JSON)
2xx that is not JSON, or is not called  NotUnderstood               UNKNOWN
so, 1xx, other 2xx
3xx                                     Redirected   UNKNOWN        UNKNOWN
401 login required: "not applied"       Unauthorized NONE           NONE
403 also blocks responses (firewalls)   Forbidden    NONE           UNKNOWN (Blocked)
406 as 403                              Refused      NONE           UNKNOWN (Blocked)
408 also: no response from the service  Unavailable  UNKNOWN        UNKNOWN
429 also: limits at any point           Throttled    NONE           UNKNOWN
407 the request did not pass the proxy  Unreachable  NONE           NONE
400 404 405 411 413 414 415 417         Refused      NONE           UNKNOWN
421 431 also web servers
any other 4xx                           Refused      NONE           UNKNOWN (a page: Blocked)
500 an error at any point               Failed       UNKNOWN        UNKNOWN (Unavailable)
501 firewalls                           Failed       UNKNOWN        UNKNOWN (a page: Blocked)
502 504 no response from the service    Unavailable  UNKNOWN        UNKNOWN
503 with Retry-After                    Throttled    NONE           UNKNOWN
503 without                             Unavailable  NONE           UNKNOWN
any other 5xx                           Failed       UNKNOWN        UNKNOWN
======================================  ===========  =============  =====================

An exception that means a missing right is Forbidden with any status. A 204 whose headers announce a
body is a success. A page is a body that is not JSON, such as the HTML of web servers and firewalls;
whatever its status, it says nothing about a user.
"""

from __future__ import annotations

import email.utils
import json
import re
import time
import typing
from collections.abc import Mapping, Sequence

from ..domain.shown_text import shortened
from .errors import (
    PROXY_LOGIN,
    Blocked,
    ConnectionLost,
    Effect,
    Failed,
    Forbidden,
    NetServerError,
    NotUnderstood,
    Redirected,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
    firewall_advice,
    proxy_login_required,
)
from .redaction import redacted
from .request import Request
from .urls import without_secrets

MAX_TEXT = 300
BROKEN_JSON = "broken or truncated JSON"
# secrets are masked in this much of a text, of which MAX_TEXT is shown
MAX_TEXT_READ = 100_000
# RFC 9110, 15.5.2: a request without a valid login was not applied, whoever says so
LOGIN_REQUIRED = 401
# what web servers say of a request with a page of their own; other 4xx pages are those of firewalls
OF_WEB_SERVERS = frozenset({400, 404, 405, 411, 413, 414, 415, 417, 421, 431})
ERROR_KEYS = frozenset(
    {
        "Error",
        "ErrorType",
        "ErrorMessage",
        "ErrorSource",
        "Message",
        "MessageDetail",
        "ExceptionMessage",
        "ExceptionType",
        "StackTrace",
        "InnerException",
    }
)
# types of errors that mean that the calling login lacks a right
MISSING_RIGHT = frozenset(
    {"SoFunctionRightException", "SoSentryException", "SoIllegalOperationException"}
)
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class RawResponse(typing.NamedTuple):
    """An HTTP response: status, headers and decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Response(typing.NamedTuple):
    """A successful response; `value` is None for a null and for no content at all."""

    status: int
    value: typing.Any

    @property
    def is_bare_null(self) -> bool:
        """Whether the response can mean success as well as failure: null with status 200."""
        return self.status == 200 and self.value is None


def parse_response(request: Request, raw: RawResponse, secrets: Sequence[str]) -> Response:
    """Return the value of a response, or raise the error that it describes.

    Args:
        request: the request.
        raw: the response to it.
        secrets: what the service may have echoed, and no message may contain.

    Raises:
        NetServerError: the response is not a success.
    """
    value, is_json = _decoded(raw.body)
    if 300 <= raw.status < 400:
        target = redacted(
            without_secrets(raw.headers.get("Location", "an unnamed address")), secrets
        )
        raise Redirected(
            f"{request.name} was redirected (HTTP {raw.status}) to {target}; redirects are not"
            " followed, since the credentials would be sent to that address",
            operation=request.operation,
            status=raw.status,
        )
    if raw.status >= 400:
        raise _refusal(request, raw, value, secrets, is_page=not is_json)
    if is_error_object(value):
        said = _service_text(raw, value, secrets)
        error_class = Forbidden if _reason(value) in MISSING_RIGHT else Refused
        raise error_class(
            f"{request.name} returned HTTP {raw.status} with an error",
            detail=said,
            effect=Effect.NONE,
            operation=request.operation,
            status=raw.status,
            error_type=_error_type(value),
        )
    if raw.status not in (200, 201, 202, 204) or not is_json or not _is_called_json(raw):
        description = _description(raw, is_json=is_json)
        error = NotUnderstood(
            f"{request.name} returned HTTP {raw.status} with {description} instead of JSON",
            operation=request.operation,
            status=raw.status,
        )
        error.transient = description == BROKEN_JSON
        error.is_page = not error.transient
        if error.transient:
            error.advice = ConnectionLost.advice
        raise error
    return Response(raw.status, value)


def is_error_object(value: object) -> bool:
    """Tell whether a value has the form in which the service describes a failed call."""
    if not isinstance(value, Mapping) or not value:
        return False
    if value.get("Error") is True:
        return True
    return ERROR_KEYS.issuperset(value) and bool(
        {"Message", "ErrorMessage", "ExceptionMessage"} & set(value)
    )


def _refusal(
    request: Request, raw: RawResponse, value: object, secrets: Sequence[str], *, is_page: bool
) -> NetServerError:
    status, retry_after = raw.status, _retry_after(raw.headers.get("Retry-After"))
    if status == PROXY_LOGIN:
        return proxy_login_required(f"to {request.name}", request.operation)
    said = _service_text(raw, value, secrets)
    own_form = is_error_object(value)
    error_class = _error_class(status, retry_after, own_form=own_form, is_page=is_page)
    if _reason(value) in MISSING_RIGHT:
        error_class = Forbidden
    reason = f" {REASONS[status]}" if status in REASONS else ""
    error = error_class(
        f"HTTP {status}{reason} from {request.name}",
        operation=request.operation,
        status=status,
        error_type=_error_type(value),
        retry_after=retry_after,
        effect=_effect(status, own_form=own_form),
        detail=said + _challenge(raw),
    )
    error.is_page = is_page
    if _reason(value) in MISSING_RIGHT:
        error.advice = Forbidden.advice
    elif error_class is Blocked or (error_class is Refused and is_page):
        error.advice = firewall_advice(request.path)
    return error


def _challenge(raw: RawResponse) -> str:
    """Name Windows authentication where the web server asks for it in place of the service."""
    offered = raw.headers.get("WWW-Authenticate", "") if raw.status == 401 else ""
    if not re.search(r"\b(Negotiate|NTLM)\b", offered, re.IGNORECASE):
        return ""
    return (
        "; the web server asks for Windows authentication (Negotiate, NTLM). Enable anonymous"
        " authentication in IIS for the folder of the WebAPI, so that the service itself checks"
        " the login"
    )


def _error_class(
    status: int, retry_after: float | None, *, own_form: bool, is_page: bool
) -> type[NetServerError]:
    if status == LOGIN_REQUIRED:
        return Unauthorized
    if status in (403, 406) and not own_form:
        return Blocked
    if status == 403:
        return Forbidden
    if status == 429 or (status == 503 and retry_after is not None):
        return Throttled
    if status in (408, 502, 503, 504) or (status == 500 and not own_form):
        return Unavailable
    if is_page and status not in OF_WEB_SERVERS and status <= 501:
        return Blocked
    return Failed if status >= 500 else Refused


def _effect(status: int, *, own_form: bool) -> Effect:
    """Tell whether a request that was rejected can have had an effect; the table is above."""
    if status == LOGIN_REQUIRED:
        return Effect.NONE
    # any other 5xx, and a 408, may come after the call took effect, even from the service itself
    is_rejection = (status < 500 and status != 408) or status == 503
    return Effect.NONE if own_form and is_rejection else Effect.UNKNOWN


def _decoded(body: bytes) -> tuple[typing.Any, bool]:
    if not body.strip():
        return None, True
    try:
        return json.loads(body), True
    except (ValueError, RecursionError):
        return None, False


def _service_text(raw: RawResponse, value: object, secrets: Sequence[str]) -> str:
    """Return what the service says, as the end of a sentence."""
    mark = redacted(_correlation(raw), secrets)
    if not isinstance(value, Mapping):
        return mark
    keys = ("ErrorMessage", "Message", "MessageDetail", "ExceptionMessage")
    said = [value[key] for key in keys if isinstance(value.get(key), str)]
    texts = [_without_secrets(text, secrets) for text in (_error_type(value), *said)]
    folded = dict.fromkeys(" ".join(text.split()).rstrip(".") for text in texts)
    text = " - ".join(filter(None, folded))
    return f": {shortened(text, MAX_TEXT)}{mark}" if text else mark


def _without_secrets(text: str, secrets: Sequence[str]) -> str:
    """Mask secrets before white space is folded or a part left out: only a whole one is found."""
    masked = redacted(text[:MAX_TEXT_READ], secrets)
    # the last characters that were read may be the first ones of a secret
    return masked if len(text) <= MAX_TEXT_READ else f"{masked[:MAX_TEXT]} …"


def _error_type(value: object) -> str:
    """Return the type of an error: the service's own form, or that of ASP.NET."""
    if not isinstance(value, Mapping):
        return ""
    for key in ("ErrorType", "ExceptionType"):
        found = value.get(key)
        if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9_.]{1,120}", found):
            return found
    return ""


def _reason(value: object) -> str:
    return _error_type(value).rpartition(".")[2]


def _correlation(raw: RawResponse) -> str:
    mark = raw.headers.get("X-Correlation-Id", "")
    return f" [correlation {mark}]" if re.fullmatch(r"[A-Za-z0-9-]{1,64}", mark) else ""


def _is_called_json(raw: RawResponse) -> bool:
    """Tell whether a body has the content type of JSON, or none."""
    return not raw.body.strip() or raw.status == 204 or "json" in (_media_type(raw) or "json")


def _media_type(raw: RawResponse) -> str:
    return raw.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _description(raw: RawResponse, *, is_json: bool) -> str:
    media_type = _media_type(raw)
    if is_json and not _is_called_json(raw):
        known = re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", media_type)
        return f"the content type {media_type if known else 'of something else'}"
    start = raw.body.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")) or "html" in media_type:
        return "an HTML page"
    if start.startswith((b"{", b"[", b'"')):
        return BROKEN_JSON
    return f"{len(raw.body)} bytes that are not JSON"


def _retry_after(text: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
        return max(0.0, date.timestamp() - time.time())
    except (TypeError, ValueError):
        return None
