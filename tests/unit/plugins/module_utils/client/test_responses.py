# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP responses, in every form that the service documents and gateways send."""

from __future__ import annotations

import datetime
import email.utils
import json
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import (
    Blocked,
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
    Unreachable,
)
from ansible_collections.superoffice.crm.plugins.module_utils.client.request import Request
from ansible_collections.superoffice.crm.plugins.module_utils.client.responses import (
    MAX_TEXT,
    MAX_TEXT_READ,
    RawResponse,
    is_error_object,
    parse_response,
)

REQUEST = Request("modify", "SetExternalUserInfo", "POST", "v1/Agents/User/SetExternalUserInfo")
NOT_DONE, UNKNOWN = Effect.NONE, Effect.UNKNOWN
REST_ERROR = {
    "Error": True, "ErrorType": "SoNotFoundException", "ErrorMessage": "Contact 9 not found",
    "ErrorSource": "SuperOffice.Services.Implementation",
}  # fmt: skip
AGENT_ERROR = {
    "Error": True, "ErrorType": "ArgumentException", "Message": "Bad argument",
    "ErrorSource": "SuperOffice.Services.Implementation",
}  # fmt: skip
MALFORMED = {"Message": "The request is invalid.", "MessageDetail": "No value for X."}
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"


def meaning(
    status: int, body: Any = b"", headers: dict[str, str] | None = None, *secrets: str
) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_response(REQUEST, RawResponse(status, headers or {}, content), secrets)


def failure(
    status: int, body: Any = b"", headers: dict[str, str] | None = None, *secrets: str
) -> NetServerError:
    with pytest.raises(NetServerError) as caught:
        meaning(status, body, headers, *secrets)
    assert caught.value.status == status
    assert caught.value.operation == "SetExternalUserInfo"
    return caught.value


def test_every_form_of_success_is_parsed() -> None:
    cases: list[tuple[int, bytes, Any, bool]] = [
        (204, b"", None, False),
        (204, b"null", None, False),
        (200, b"null", None, True),
        (200, b"", None, True),
        (200, b"  \r\n", None, True),
        (200, b"427", 427, False),
        (200, b'"427"', "427", False),
        (200, b"\xef\xbb\xbf427", 427, False),
        (200, b"false", False, False),
        (200, b"[]", [], False),
        (200, b"{}", {}, False),
        (201, b"1", 1, False),
        (200, '{"Name":"Leverand\u00f8r"}'.encode(), {"Name": "Leverand\u00f8r"}, False),
        (200, b'{"Reason":"","Result":true}', {"Reason": "", "Result": True}, False),
    ]
    for status, body, value, bare_null in cases:
        answer = meaning(status, body)
        assert answer.value == value
        assert answer.is_bare_null is bare_null


# what the service itself calls a failed call, and what gateways send instead
OWN_FORM: tuple[Any, ...] = (AGENT_ERROR, REST_ERROR, MALFORMED)
FOREIGN: tuple[Any, ...] = (
    PAGE,
    b"",
    b"null",
    b"{}",
    {"message": "too many"},
    {"Message": "x", "code": 1},
    [],
    "x",
)


def test_effect_of_each_status() -> None:
    cases: list[tuple[int, type[NetServerError], Effect, Effect]] = [
        (400, Refused, NOT_DONE, UNKNOWN),
        (401, Unauthorized, NOT_DONE, NOT_DONE),
        (402, Refused, NOT_DONE, UNKNOWN),
        (403, Forbidden, NOT_DONE, UNKNOWN),
        (404, Refused, NOT_DONE, UNKNOWN),
        (405, Refused, NOT_DONE, UNKNOWN),
        (406, Refused, NOT_DONE, UNKNOWN),
        (407, Unreachable, NOT_DONE, NOT_DONE),
        (408, Unavailable, UNKNOWN, UNKNOWN),
        (409, Refused, NOT_DONE, UNKNOWN),
        (411, Refused, NOT_DONE, UNKNOWN),
        (412, Refused, NOT_DONE, UNKNOWN),
        (413, Refused, NOT_DONE, UNKNOWN),
        (414, Refused, NOT_DONE, UNKNOWN),
        (415, Refused, NOT_DONE, UNKNOWN),
        (417, Refused, NOT_DONE, UNKNOWN),
        (421, Refused, NOT_DONE, UNKNOWN),
        (422, Refused, NOT_DONE, UNKNOWN),
        (425, Refused, NOT_DONE, UNKNOWN),
        (429, Throttled, NOT_DONE, UNKNOWN),
        (431, Refused, NOT_DONE, UNKNOWN),
        (499, Refused, NOT_DONE, UNKNOWN),
        (501, Failed, UNKNOWN, UNKNOWN),
        (502, Unavailable, UNKNOWN, UNKNOWN),
        (503, Unavailable, NOT_DONE, UNKNOWN),
        (504, Unavailable, UNKNOWN, UNKNOWN),
        (505, Failed, UNKNOWN, UNKNOWN),
        (599, Failed, UNKNOWN, UNKNOWN),
    ]
    for status, kind, own_form, any_other in cases:
        other_kind = Blocked if status in (403, 406) else kind
        expected = [(body, kind, own_form) for body in OWN_FORM]
        expected += [(body, other_kind, any_other) for body in FOREIGN if body != PAGE]
        is_firewall = status in (402, 403, 406, 409, 412, 422, 425, 499, 501)
        expected += [(PAGE, Blocked if is_firewall else kind, any_other)]
        for body, error_class, effect in expected:
            error = failure(status, body)
            assert error.__class__ is error_class, (status, body)
            assert error.effect is effect, (status, body)
            assert f"HTTP {status}" in str(error)
            assert "POST v1/Agents/User/SetExternalUserInfo" in str(error)


def test_internal_error_leaves_effect_unknown() -> None:
    assert failure(500, AGENT_ERROR).__class__ is Failed
    assert failure(500, PAGE).__class__ is Unavailable
    assert {failure(500, body).effect for body in (*OWN_FORM, *FOREIGN)} == {UNKNOWN}


def test_retry_after_does_not_identify_the_service() -> None:
    for status in [429, 503]:
        for body in FOREIGN:
            error = failure(status, body, {"Retry-After": "1"})
            assert error.__class__ is Throttled
            assert error.effect is UNKNOWN
        assert failure(status, AGENT_ERROR, {"Retry-After": "1"}).effect is NOT_DONE


def test_documented_failures_are_classified() -> None:
    cases: list[tuple[int, Any, type[NetServerError], Effect, str]] = [
        (200, AGENT_ERROR, Refused, NOT_DONE, "ArgumentException - Bad argument"),
        (200, REST_ERROR, Refused, NOT_DONE, "SoNotFoundException - Contact 9 not found"),
        (200, MALFORMED, Refused, NOT_DONE, "The request is invalid - No value for X"),
        (204, AGENT_ERROR, Refused, NOT_DONE, "Bad argument"),
        (400, AGENT_ERROR, Refused, NOT_DONE, "HTTP 400 Bad Request"),
        (400, REST_ERROR, Refused, NOT_DONE, "Contact 9 not found"),
        (400, MALFORMED, Refused, NOT_DONE, "No value for X"),
        (401, PAGE, Unauthorized, NOT_DONE, "HTTP 401 Unauthorized"),
        (403, AGENT_ERROR, Forbidden, NOT_DONE, "HTTP 403 Forbidden"),
        (429, b"", Throttled, UNKNOWN, "HTTP 429 Too Many Requests"),
        (200, PAGE, NotUnderstood, UNKNOWN, "an HTML page instead of JSON"),
        (200, b'{"Na', NotUnderstood, UNKNOWN, "broken or truncated JSON"),
        (200, b"ok", NotUnderstood, UNKNOWN, "2 bytes that are not JSON"),
        (200, b"\xff\xfe\x00", NotUnderstood, UNKNOWN, "instead of JSON"),
        (200, b"[" * 100_000, NotUnderstood, UNKNOWN, "broken or truncated JSON"),
        (206, b"{}", NotUnderstood, UNKNOWN, "HTTP 206"),
    ]
    for status, body, kind, outcome, said in cases:
        error = failure(status, body)
        assert error.__class__ is kind
        assert error.effect is outcome
        assert said in str(error)
        assert "POST v1/Agents/User/SetExternalUserInfo" in str(error)


def test_redirect_names_its_target_without_secrets() -> None:
    for status in [301, 302, 303, 307, 308]:
        target = "https://me:pw@sso.example.com/login?ticket=abc#frag"
        error = failure(status, b"", {"Location": target})
        assert isinstance(error, Redirected)
        assert error.effect is UNKNOWN
        assert "https://sso.example.com/login" in str(error)
        for hidden in ("pw@", "ticket", "abc", "frag"):
            assert hidden not in str(error)


@pytest.mark.parametrize("header", ["7", " 7 ", "date"])
def test_retry_after_is_seconds_or_date(header: str) -> None:
    if header == "date":
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=7)
        header = email.utils.format_datetime(later, usegmt=True)
    error = failure(503, b"", {"Retry-After": header})
    assert error.__class__ is Throttled
    assert error.retry_after == pytest.approx(7, abs=2)


def test_invalid_retry_after_is_ignored() -> None:
    for header in ["soon", "", "-5", "1e3"]:
        assert failure(429, b"", {"Retry-After": header}).retry_after is None


def test_error_object_is_distinguished_from_a_carrier() -> None:
    cases: list[tuple[Any, bool]] = [
        (REST_ERROR, True),
        (AGENT_ERROR, True),
        (MALFORMED, True),
        ({"Message": "x"}, True),
        ({"Error": True}, True),
        ({"Error": False, "AssociateId": 1}, False),
        ({"Message": "x", "AssociateId": 1}, False),
        ({"Success": False, "Message": "x"}, False),
        ({"Reason": "x", "Result": False}, False),
        ({}, False),
        (None, False),
        ([], False),
        ("Error", False),
    ]
    for value, is_error in cases:
        assert is_error_object(value) is is_error


def test_long_message_is_shortened_after_masking() -> None:
    secret = "s3cret-" * 10
    text = "x" * (MAX_TEXT - 20) + secret
    error = failure(400, {"Message": text, "Error": True}, None, secret)
    assert len(str(error)) < MAX_TEXT + 120
    assert "s3cret" not in str(error)
    # a secret of which only the first half was read
    text = "x" * (MAX_TEXT_READ - len(secret) // 2) + secret
    assert "s3cret" not in str(failure(400, {"Message": text, "Error": True}, None, secret))


def test_only_valid_correlation_id_is_shown() -> None:
    cases: list[tuple[str, bool]] = [
        ("00ab-7f", True),
        ("a\nb", False),
        ("x" * 65, False),
        ("pa ss", False),
    ]
    for mark, shown in cases:
        error = failure(400, AGENT_ERROR, {"X-Correlation-Id": mark})
        assert (f"[correlation {mark}]" in str(error)) is shown


def test_invalid_error_type_is_ignored() -> None:
    for odd in ("<b>x</b>", "x" * 121, 5, None, ["SoNotFoundException"]):
        assert failure(400, {**AGENT_ERROR, "ErrorType": odd}).error_type == ""
    assert failure(400, AGENT_ERROR).error_type == "ArgumentException"
