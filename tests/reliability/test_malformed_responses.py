# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses of every shape: no traceback, no hang, bounded memory, and no blind write.

The proxy changes the responses of the embedded NetServer, whose shapes are those of the vendor's
description (tests/contract): values, types and structure of the JSON, and the HTTP around it.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.reliability import figures
from tests.reliability.fault_proxy import ProxiedRequest, ProxiedResponse, Reply, fault_proxy
from tests.reliability.limited_process import GIGABYTE, run
from tests.reliability.workloads import (
    BULK,
    CREATE,
    DELETE,
    MANY,
    MODIFY,
    ONE,
    add_users,
    user_states,
)

Path = tuple[Any, ...]
DEEP: Any = "x"
for _level in range(300):
    DEEP = [DEEP]
VALUES = [
    None, True, False, 0, -1, 1, 3, 1.5, 2**31, 2**63, 10**4000, "", " ", "0", "1", "-1", " 101 ",
    "101.0", "1e2", "9" * 5000, "\u0663", "\u00b2", "\ud800", "a\u0000b", "x" * 100_000, "true",
    "'\\", "[SR_X]", 'NO:"a', 'NO:"a";US:"b"', [], {}, [None], [[]], [{}], {"": None},
    {"Error": True}, {"Error": True, "Message": ["x"], "ErrorType": 7}, {"Message": "x"}, DEEP,
    float("nan"), float("inf"), "ExternalAssociate", 4, "anna", "ANNA", "0001-01-01T00:00:00",
]  # fmt: skip
HEADERS = [
    ("Retry-After", "\u00b2"), ("Retry-After", "9" * 400), ("Retry-After", "-1"),
    ("Retry-After", "Mon, 01 Jan 0001 00:00:00 -0000"), ("Retry-After", "x"),
    ("Content-Type", "text/html"), ("Content-Type", "application/json; charset=nonsense"),
    ("Content-Type", ""), ("Content-Encoding", "gzip"), ("Content-Encoding", "br, x"),
    ("X-Correlation-Id", "a b\u00e5" * 50), ("Location", "http://["), ("Location", "//@:x"),
    ("Set-Cookie", "a=b; domain=\u00e5; expires=x"), ("WWW-Authenticate", "Basic realm=\"\u00e5"),
    ("Content-Length ", "5"), ("Link", "<x>; rel=next" * 100),
]  # fmt: skip
STATUSES = [
    100, 199, 201, 202, 203, 204, 206, 226, 299, 300, 302, 304, 399, 400, 401, 402, 403, 404, 409,
    410, 412, 413, 418, 421, 422, 431, 451, 499, 500, 501, 505, 520, 599, 999,
]  # fmt: skip


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value."""
    yield here
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], (*here, key))
    elif isinstance(value, list):
        for number, item in enumerate(value[:4]):
            yield from paths(item, (*here, number))


def changed(value: Any, path: Path, change: Callable[[Any, Any], None]) -> Any:
    """A copy with the place at `path` changed by `change(container, key)`."""
    box = [json.loads(json.dumps(value))]
    container: Any = box
    key: Any = 0
    for following in path:
        container, key = container[key], following
    change(container, key)
    return box[0]


@st.composite
def mutations(draw: st.DrawFn) -> Callable[[ProxiedRequest, ProxiedResponse], Reply]:
    """A way to alter one response."""
    kind = draw(st.sampled_from(["value", "value", "value", "delete", "double", "rename", "status",
                                 "header", "cut", "bytes", "gzip", "list"]))  # fmt: skip
    where = draw(st.integers(0, 10_000))
    value = draw(st.sampled_from(VALUES))
    status = draw(st.sampled_from(STATUSES))
    header = draw(st.sampled_from(HEADERS))
    noise = draw(st.binary(max_size=8))

    def apply(request: ProxiedRequest, response: ProxiedResponse) -> Reply:
        if kind == "status":
            response.status = status
        elif kind == "header":
            response.headers[header[0]] = header[1]
            if header[0] in ("Retry-After", "Location"):
                response.status = 302 if header[0] == "Location" else 503
        elif kind == "cut":
            response.body = response.body[: where % (len(response.body) + 1)]
        elif kind == "bytes":
            at = where % (len(response.body) + 1)
            response.body = response.body[:at] + noise + response.body[at:]
        elif kind == "gzip":
            response.body = gzip.compress(response.body)[: where % 60]
            response.headers["Content-Encoding"] = "gzip"
        elif response.body.strip():
            response.body = json.dumps(altered(json.loads(response.body)), allow_nan=True).encode()
        return response

    def altered(content: Any) -> Any:
        places = list(paths(content))
        return changed(content, places[where % len(places)], change)

    def change(container: Any, key: Any) -> None:
        if kind == "delete" and isinstance(key, str):
            del container[key]
        elif kind == "double" and isinstance(container, list):
            container.insert(0, container[key])
        elif kind == "rename" and isinstance(key, str):
            container[key.lower()] = container.pop(key)
        elif kind == "list":
            container[key] = [container[key]]
        else:
            container[key] = value

    apply.__qualname__ = f"{kind}-{where}-{str(value)[:20]}-{status}-{header}"
    return apply


TASKS: list[tuple[str, Result]] = [
    (ONE, CREATE),
    (ONE, {**MODIFY, "person_id": 1011}),
    (ONE, DELETE),
    (ONE, {"user_name": "anna", "password": "Other-password-1", "update_password": "when_changed"}),
    (MANY, {**BULK, "concurrency": 2}),
    (MANY, {**BULK, "users": [], "allow_empty": True, "prune": "delete", "prune_scope": "all"}),
    ("superoffice_external_user_info", {"user_name": "a*", "format": "definitions"}),
    ("superoffice_role_info", {}),
    ("superoffice_person_info", {"email": "anna@x.example"}),
    ("superoffice_installation_info", {}),
]


def fuzz(server: NetServer, connection: Result, examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(
        task=st.sampled_from(TASKS),
        alter=mutations(),
        number=st.integers(1, 12),
        always=st.booleans(),
        check=st.booleans(),
    )
    def try_one(task: Any, alter: Any, number: int, always: bool, check: bool) -> None:
        def rule(request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Reply:
            response = forward()
            is_meant = request.number == number or (always and request.number > number)
            return alter(request, response) if is_meant else response

        server.reset()
        add_users(server)
        name, options = task
        if name in (MANY, ONE):
            options = {**options, "verify": always}
        begun = time.monotonic()
        with fault_proxy(server.url, rule) as strange:
            result = run_in_process(
                name,
                {**connection, "retries": 0, "timeout": 5, **options, "url": strange.url},
                check,
            )
        json.dumps(result)
        if result.get("failed"):
            assert result["msg"]
            assert result["error"]["kind"]
            assert len(result["msg"]) < 20_000
        if check or name not in (ONE, MANY):
            assert server.journal.writes == []
        creations = [
            e.argument("UserName") for e in server.journal.committed if e.argument("PersonId")
        ]
        assert len(set(creations)) == len(creations)
        user_states(server)  # fails for a duplicate name
        assert time.monotonic() - begun < 60
        verdict = "refused" if result.get("failed") else "accepted"
        figures.count("fuzzing: malformed responses")
        figures.count(f"fuzzing: malformed responses, {verdict}")

    try_one()


def test_malformed_responses(server: NetServer, connection: Result) -> None:
    fuzz(server, connection, 30)


@pytest.mark.slow
def test_many_malformed_responses(server: NetServer, connection: Result) -> None:
    fuzz(server, connection, 3_000)


# --- without end


def endless(first: bytes, piece: bytes, pause: float = 0) -> Iterator[bytes]:
    yield first
    while True:
        if pause:
            time.sleep(pause)
        yield piece


HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
BOMB = gzip.compress(b"[" + b"[]," * (70 * 1024 * 1024) + b"[]]", 9)
LONG = b"[" + b"[]," * (9 * 1024 * 1024) + b"[]]"
WITHOUT_END: dict[str, tuple[Callable[[], Reply], str]] = {
    "a body without end": (
        lambda: endless(HEAD % 200 + b"Content-Length: 99999999999\r\n\r\n[", b"1," * 50_000),
        "returned more than",
    ),
    "a redirect without end": (
        lambda: endless(HEAD % 302 + b"Location: /x\r\n\r\n", b"x" * 100_000),
        "was redirected",
    ),
    "an error without end": (
        lambda: endless(HEAD % 500 + b"\r\n", b"x" * 100_000),
        "returned more than",
    ),
    "a trickle": (
        lambda: endless(HEAD % 200 + b"Content-Length: 100000\r\n\r\n[", b"1", 0.05),
        "not complete after",
    ),
    "chunks that trickle": (
        lambda: endless(HEAD % 200 + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n1\r\n", 0.05),
        "not complete after",
    ),
    "a bomb of gzip": (
        lambda: ProxiedResponse(200, {"Content-Encoding": "gzip"}, BOMB),
        "returned more than",
    ),
    "27 MB of empty lists": (lambda: ProxiedResponse(200, {}, LONG), "list of objects"),
    "deep brackets": (lambda: ProxiedResponse(200, {}, b"[" * 10**6), "broken or truncated JSON"),
    "a huge header": (
        lambda: HEAD % 200 + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        "was lost during",
    ),
    "a thousand headers": (lambda: HEAD % 200 + b"X: y\r\n" * 1000 + b"\r\n", "was lost during"),
    "no HTTP at all": (lambda: b"SSH-2.0-OpenSSH_9.9\r\n", "was lost during"),
    "two lengths": (
        lambda: HEAD % 200 + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\n[]   ",
        "",
    ),
    "a length that is none": (lambda: HEAD % 200 + b"Content-Length: x\r\n\r\n[]", ""),
    "a chunk of wrong size": (
        lambda: HEAD % 200 + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n",
        "was lost during",
    ),
}  # fmt: skip
QUICK = ("a redirect without end", "a trickle")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in WITHOUT_END],
)
def test_endless_or_invalid_response_is_refused(
    name: str, server: NetServer, connection: Result
) -> None:
    make, words = WITHOUT_END[name]
    with fault_proxy(server.url, lambda _request, _forward: make()) as hostile:
        options = {**connection, "url": hostile.url, "user_name": "anna"}
        limits = {"retries": 0, "timeout": 0.4}
        ended = run(ONE, {**options, **limits}, memory=2 * GIGABYTE, seconds=60)
    assert "Traceback" not in ended.stderr, ended
    assert ended.result["failed"] is True, ended
    assert words in ended.result["msg"], ended
    figures.most("responses: MB of memory for the worst", ended.megabytes)
    figures.most("responses: seconds for the worst", ended.seconds)
    figures.count("responses: endless or unreadable")


def test_repeated_pages_are_detected(server: NetServer, connection: Result) -> None:
    """As from something on the way that drops $skip."""
    rows = [
        {"PrimaryKey": str(n), "personId": n, "userName": f"u{n}", "role": "Partner",
         "isActive": True, "assocName": f"u{n}"} for n in range(1, 4)
    ]  # fmt: skip

    def rule(request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Reply:
        if request.operation != "Archive/ExternalUsers":
            return forward()
        page = {"odata.nextLink": "http://x/?$skip=3", "value": rows}
        return ProxiedResponse(200, {}, json.dumps(page).encode())

    with fault_proxy(server.url, rule) as stuck:
        for task in ((MANY, BULK), ("superoffice_external_user_info", {})):
            result = run_in_process(task[0], {**connection, **task[1], "url": stuck.url}, False)
            assert "does not follow $skip" in result["msg"]
    assert server.journal.writes == []
