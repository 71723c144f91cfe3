# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an HTTP answer means: every documented form, and what proxies put in its place.

The documents contradict each other on how calls fail (netserver-api 6): by status, by an error
object with whatever status, or by a bare null. The first two become errors here; a null is a value,
since only the caller knows whether the call could have one.
"""

from __future__ import annotations

import email.utils
import json
import re
import time
import typing
from collections.abc import Mapping, Sequence

from .errors import (
    Failed,
    Forbidden,
    NetServerError,
    NotUnderstood,
    Redirected,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from .redaction import redacted
from .request import Request
from .urls import without_secrets

LONGEST_TEXT = 300
# so much of a text is searched for secrets, of which far less is shown
LONGEST_READ = 100_000
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
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class RawResponse(typing.NamedTuple):
    """An HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Response(typing.NamedTuple):
    """A successful answer; `value` is none for a null and for no content at all."""

    status: int
    value: typing.Any

    @property
    def is_bare_null(self) -> bool:
        """Whether the answer could be success as well as failure: null with status 200."""
        return self.status == 200 and self.value is None


def parse_response(request: Request, raw: RawResponse, secrets: Sequence[str]) -> Response:
    """Return the value of an answer, or raise what it says went wrong.

    Args:
        request: what was asked.
        raw: the answer.
        secrets: what the service may have echoed and must not reach a message.

    Raises:
        NetServerError: the answer is no success.
    """
    value, is_json = _decoded(raw.body)
    if 300 <= raw.status < 400:
        target = redacted(without_secrets(raw.headers.get("Location", "an unnamed place")), secrets)
        raise Redirected(
            f"{request.name} was redirected (HTTP {raw.status}) to {target}; redirects are not"
            " followed, since they would carry the credentials along",
            operation=request.operation,
            status=raw.status,
        )
    if raw.status >= 400:
        raise _refusal(request, raw, value, secrets)
    if is_error_object(value):
        said = _service_text(raw, value, secrets)
        raise Refused(
            f"{request.name} answered HTTP {raw.status} with an error{said}",
            operation=request.operation,
            status=raw.status,
            error_type=_error_type(value),
        )
    if raw.status not in (200, 201, 202, 204) or not is_json:
        raise NotUnderstood(
            f"{request.name} answered HTTP {raw.status} with {_what_it_is(raw)} instead of JSON",
            operation=request.operation,
            status=raw.status,
        )
    return Response(raw.status, value)


def is_error_object(value: object) -> bool:
    """Tell whether a value is the service's way of saying that the call failed."""
    if not isinstance(value, Mapping) or not value:
        return False
    if value.get("Error") is True:
        return True
    return ERROR_KEYS.issuperset(value) and bool(
        {"Message", "ErrorMessage", "ExceptionMessage"} & set(value)
    )


def _refusal(
    request: Request, raw: RawResponse, value: object, secrets: Sequence[str]
) -> NetServerError:
    status, retry_after = raw.status, _retry_after(raw.headers.get("Retry-After"))
    said = _service_text(raw, value, secrets)
    form = _form(status, retry_after, service_spoke=is_error_object(value))
    reason = f" {REASONS[status]}" if status in REASONS else ""
    return form(
        f"HTTP {status}{reason} from {request.name}{said}",
        operation=request.operation,
        status=status,
        error_type=_error_type(value),
        retry_after=retry_after,
    )


def _form(status: int, retry_after: float | None, *, service_spoke: bool) -> type[NetServerError]:
    if status == 401:
        return Unauthorized
    if status == 403:
        return Forbidden
    if status == 429 or (status == 503 and retry_after is not None):
        return Throttled
    if status in (408, 502, 503, 504) or (status == 500 and not service_spoke):
        return Unavailable
    return Failed if status >= 500 else Refused


def _decoded(body: bytes) -> tuple[typing.Any, bool]:
    if not body.strip():
        return None, True
    try:
        return json.loads(body), True
    except (ValueError, RecursionError):
        return None, False


def _service_text(raw: RawResponse, value: object, secrets: Sequence[str]) -> str:
    """Return what the service says in words, as the end of a sentence."""
    mark = redacted(_correlation(raw), secrets)
    if not isinstance(value, Mapping):
        return mark
    keys = ("ErrorMessage", "Message", "MessageDetail", "ExceptionMessage")
    said = [value[key][:LONGEST_READ] for key in keys if isinstance(value.get(key), str)]
    # before blanks are folded or the end is cut: a secret must be whole to be found
    texts = [redacted(text, secrets) for text in (_error_type(value), *said)]
    folded = dict.fromkeys(" ".join(text.split()).rstrip(".") for text in texts)
    text = " - ".join(filter(None, folded))
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + " ..."
    return f": {text}{mark}" if text else mark


def _error_type(value: object) -> str:
    found = value.get("ErrorType") if isinstance(value, Mapping) else None
    return found if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9_.]{1,80}", found) else ""


def _correlation(raw: RawResponse) -> str:
    mark = raw.headers.get("X-Correlation-Id", "")
    return f" [correlation {mark}]" if re.fullmatch(r"[A-Za-z0-9-]{1,64}", mark) else ""


def _what_it_is(raw: RawResponse) -> str:
    start = raw.body.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")) or "html" in raw.headers.get(
        "Content-Type", ""
    ):
        return "an HTML page"
    if start.startswith((b"{", b"[", b'"')):
        return "broken or truncated JSON"
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
