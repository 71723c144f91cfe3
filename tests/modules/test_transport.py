# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transport on real sockets: what is proved, deadlines, cancellation, authentication."""

from __future__ import annotations

import base64
import itertools
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
import trustme
from ansible_collections.superoffice.crm.plugins.module_utils.client.authentication import Basic
from ansible_collections.superoffice.crm.plugins.module_utils.client.cancellation import CancelToken
from ansible_collections.superoffice.crm.plugins.module_utils.client.concurrency import Concurrency
from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import (
    Cancelled,
    ConnectionLost,
    Effect,
    NetServerError,
    Redirected,
    TimedOut,
    Unavailable,
    Unreachable,
    Untrusted,
)
from ansible_collections.superoffice.crm.plugins.module_utils.client.http import Transport
from ansible_collections.superoffice.crm.plugins.module_utils.client.request import Request
from ansible_collections.superoffice.crm.plugins.module_utils.client.settings import (
    ConnectionSettings,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import Secret

from tests.modules.scripted_server import OK, Connection, Script, Server, scripted_server

READ = Request("user", "GetUser", "GET", "v1/Agents/User/GetUser")
WRITE = Request(
    "delete", "DeleteExternalUser", "POST", "v1/Agents/User/DeleteExternalUser", {},
    {"AssociateId": 427}, safe=False,
)  # fmt: skip
BODY = b'{"AssociateId": 427}'
PROXY_LOGIN = b"Basic " + base64.b64encode(b"me:proxy-secret")
PLAIN_ALERT = bytes.fromhex("15030300020250")  # fatal, internal error


class Tls(NamedTuple):
    """A server's side of TLS, and the authority that a client has to trust."""

    context: ssl.SSLContext
    ca_path: str


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return Tls(context, str(path))


class Nobody(NamedTuple):
    """A port on which nobody responds."""

    port: int
    tls: None = None


def settings(server: Server | Nobody, **options: Any) -> ConnectionSettings:
    scheme = "https" if server.tls else "http"
    plain: dict[str, Any] = {
        "root": f"{scheme}://127.0.0.1:{server.port}/api",
        "authentication": Basic("me", Secret("long-enough-password")),
        "timeout": 2.0,
        "retries": 0,
    }
    return ConnectionSettings(**{**plain, **options})


def failure(server: Server | Nobody, request: Request = WRITE, **options: Any) -> NetServerError:
    """Send a request that fails; return how."""
    transport = Transport(settings(server, **options))
    try:
        with pytest.raises(NetServerError) as caught:
            transport.call(request)
    finally:
        transport.close()
    assert caught.value.operation == request.operation
    return caught.value


# seconds for which a service does not respond, and within which a wait ends on a busy machine
HANGING, WITHOUT_HANGING = 50, 30


def take(connection: Connection) -> None:
    connection.read_request()


def take_and_hang(connection: Connection) -> None:
    connection.read_request()
    time.sleep(HANGING)


def hang(_connection: Connection) -> None:
    time.sleep(HANGING)


def respond(*replies: bytes) -> Script:
    """A script that sends one reply for each request, over all connections."""
    waiting = iter(replies)

    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            connection.send(next(waiting))

    return script


# --- proved: nothing was sent


def test_refused_connection_has_no_effect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = failure(Nobody(port))
    assert isinstance(error, Unreachable)
    assert error.effect is Effect.NONE
    assert str(error) == f"Could not connect to http://127.0.0.1:{port}: Connection refused"


def test_unknown_host_has_no_effect() -> None:
    error = failure(Nobody(1), root="http://no-such-host.invalid/api")
    assert isinstance(error, Unreachable)
    assert error.effect is Effect.NONE


def test_connection_timeout_has_no_effect() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting_sockets = [socket.socket() for _number in range(4)]
        for one in waiting_sockets:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        error = failure(Nobody(port), timeout=0.3)
        for one in waiting_sockets:
            one.close()
    assert isinstance(error, Unreachable)
    assert error.effect is Effect.NONE
    assert "within 0.3 seconds" in str(error)


def no_tls(connection: Connection) -> None:
    connection.socket.recv(1)
    connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def alert_in_handshake(connection: Connection) -> None:
    connection.socket.recv(1)
    connection.send(PLAIN_ALERT)
    connection.socket.recv(100_000)


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize("script", [no_tls, alert_in_handshake])
def test_failed_handshake_is_reported_as_tls_error(
    script: Script, request_: Request, tls: Tls
) -> None:
    with scripted_server(script, tls.context) as server:
        error = failure(server, request_, ca_path=tls.ca_path)
    assert isinstance(error, Untrusted)
    if request_ is WRITE:
        assert error.effect is Effect.NONE


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
def test_untrusted_certificate_has_no_effect(request_: Request, tls: Tls, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with scripted_server(Connection.start_tls, tls.context) as server:
        error = failure(server, request_, ca_path=str(other))
        assert isinstance(error, Untrusted)
        assert error.effect is Effect.NONE
        assert f"TLS connection to https://127.0.0.1:{server.port}: " in str(error)
        assert error.sentence().partition(". ")[2].startswith("Set ca_path to your CA file.")
        assert server.requests == []


def test_interrupted_handshake_has_no_effect_and_is_transient(tls: Tls) -> None:
    with scripted_server(lambda connection: None, tls.context) as server:
        error = failure(server, retries=2, ca_path=tls.ca_path)
        assert server.connections == 3
    assert isinstance(error, ConnectionLost)
    assert error.effect is Effect.NONE


# --- not proved: the request went out


def plain_alert(connection: Connection) -> None:
    connection.send_below_tls(PLAIN_ALERT)


def garbage(connection: Connection) -> None:
    connection.send_below_tls(b"\x00" * 100)


def bad_record(connection: Connection) -> None:
    connection.send_below_tls(bytes.fromhex("1703030020") + b"\xff" * 32)


def close(connection: Connection) -> None:
    connection.socket.close()


def close_properly(connection: Connection) -> None:
    connection.socket.unwrap()  # type: ignore[attr-defined]


def reset(connection: Connection) -> None:
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.socket.close()


ENDS = [plain_alert, garbage, bad_record, close, close_properly, reset]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("end", ENDS)
def test_tls_error_after_the_request_is_a_lost_connection(
    end: Script, version: ssl.TLSVersion, tls: Tls
) -> None:
    def script(connection: Connection) -> None:
        connection.start_tls()
        connection.read_request()
        end(connection)

    tls.context.maximum_version = version
    try:
        with scripted_server(script, tls.context) as server:
            error = failure(server, retries=2, ca_path=tls.ca_path)
            assert [body for _head, body in server.requests] == [BODY]
    finally:
        tls.context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    assert isinstance(error, ConnectionLost)
    assert error.effect is Effect.UNKNOWN


@pytest.mark.parametrize("end", ENDS)
def test_tls_error_after_a_request_without_body_is_a_lost_connection(end: Script, tls: Tls) -> None:
    def script(connection: Connection) -> None:
        connection.start_tls()
        connection.read_request()
        connection.send(OK)
        connection.read_request()
        end(connection)

    with scripted_server(script, tls.context) as server:
        transport = Transport(settings(server, ca_path=tls.ca_path))
        transport.call(READ)
        with pytest.raises(ConnectionLost) as caught:
            transport.call(READ)
    assert caught.value.effect is Effect.UNKNOWN
    assert caught.value.transient


def test_missing_client_certificate_is_named(tls: Tls) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    path = Path(tls.ca_path).with_name("mutual.pem")
    authority.cert_pem.write_to_path(str(path))
    with scripted_server(Connection.start_tls, context) as server:
        sentences = [failure(server, one, ca_path=str(path)).sentence() for one in (READ, WRITE)]
    for sentence in sentences:
        assert "set client_cert and client_key" in sentence


def tunnel(port: int, most_back: int) -> Script:
    """A CONNECT proxy with authentication that drops what comes back after a handshake."""

    def script(connection: Connection) -> None:
        head = connection.read_head()
        if PROXY_LOGIN not in head:
            connection.send(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")
            return
        connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        connection.tunnel_to(port, most_back)

    return script


def test_response_lost_by_an_authenticating_proxy_leaves_effect_unknown(tls: Tls) -> None:
    def serve(connection: Connection) -> None:
        connection.start_tls()
        connection.read_request()
        connection.send(OK)

    tls.context.maximum_version = ssl.TLSVersion.TLSv1_2  # no encrypted data before the response
    try:
        with (
            scripted_server(serve, tls.context) as server,
            scripted_server(tunnel(server.port, 0)) as proxy,
        ):
            url = f"http://me:proxy-secret@127.0.0.1:{proxy.port}"
            error = failure(server, proxy=url, retries=2, ca_path=tls.ca_path)
            assert [body for _head, body in server.requests] == [BODY]
    finally:
        tls.context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    assert isinstance(error, ConnectionLost)
    assert error.effect is Effect.UNKNOWN
    assert "proxy-secret" not in error.sentence()


def test_response_lost_by_a_forwarding_proxy_leaves_effect_unknown() -> None:
    with scripted_server(take) as proxy:
        proxy_url = f"http://me:proxy-secret@127.0.0.1:{proxy.port}"
        error = failure(proxy, root="http://crm.example.com/api", proxy=proxy_url, retries=2)
        assert [body for _head, body in proxy.requests] == [BODY]
    assert isinstance(error, ConnectionLost)
    assert error.effect is Effect.UNKNOWN


def test_tunnel_refused_by_the_proxy_has_no_effect(tls: Tls) -> None:
    with scripted_server(Connection.start_tls, tls.context) as server:
        with scripted_server(tunnel(server.port, 0)) as proxy:
            url = f"http://me:wrong@127.0.0.1:{proxy.port}"
            error = failure(server, proxy=url, ca_path=tls.ca_path)
        assert server.connections == 0
    assert isinstance(error, Unreachable)
    assert error.effect is Effect.NONE
    assert "proxy" in str(error)


# --- responses and requests that end early


REPLIES = {
    "a number": OK,
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n4\r\n2\r\n27\r\n0\r\n\r\n"
    ),
    "nothing": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", REPLIES)
def test_response_truncated_at_any_byte_is_not_a_success(name: str) -> None:
    reply = REPLIES[name]
    ends = iter(range(len(reply)))

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply[: next(ends)])

    with scripted_server(script) as server:
        transport = Transport(settings(server))
        ends_of = [ending(transport) for _end in range(len(reply))]
        assert len(server.requests) == len(reply)
    # a success is one without the empty line at the very end, after all that counts
    taken = {reply[end:] for end, error in enumerate(ends_of) if error is None}
    assert taken <= {b"\n", b"\r\n", b"\n\r\n", b"\r\n\r\n"}
    failed = [error for error in ends_of if error is not None]
    assert {(error.__class__, error.effect) for error in failed} == {
        (ConnectionLost, Effect.UNKNOWN)
    }


def ending(transport: Transport) -> NetServerError | None:
    try:
        transport.call(WRITE)
    except NetServerError as error:
        return error
    return None


def test_connection_closed_at_any_byte_of_a_request_is_classified_correctly() -> None:
    sizes: list[int] = []

    def count(connection: Connection) -> None:
        head, body = connection.read_request()
        sizes.append(len(head) + len(body))
        connection.send(OK)

    with scripted_server(count) as server:
        Transport(settings(server)).call(WRITE)
    size = sizes[0]
    for end in (0, 1, 20, size - len(BODY) - 1, size - len(BODY), size - 1, size):

        def script(connection: Connection, end: int = end) -> None:
            taken = 0
            while taken < end:
                taken += len(connection.socket.recv(end - taken))

        with scripted_server(script) as server:
            error = failure(server)
        assert isinstance(error, ConnectionLost)
        if end == size:
            assert error.effect is Effect.UNKNOWN


# --- deadlines


def trickle_headers(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.trickle(b"X: y\r\n", 0.05)


def trickle_status(connection: Connection) -> None:
    connection.read_request()
    connection.trickle(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02)


def trickle_body(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    connection.trickle(b"1", 0.05)


def trickle_redirect(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 300 OK\r\nLocation: /x\r\n\r\n")
    connection.trickle(b"1", 0.05)


def test_slow_response_ends_at_the_deadline() -> None:
    cases = [
        (trickle_headers, READ),
        (trickle_headers, WRITE),
        (trickle_status, WRITE),
        (trickle_body, WRITE),
        (trickle_redirect, WRITE),
    ]

    def attempt(case: tuple[Script, Request]) -> NetServerError:
        with scripted_server(case[0]) as server:
            # the deadline is ten times the timeout, which must be longer than a pause of a busy CPU
            return failure(server, case[1], timeout=0.8)

    with ThreadPoolExecutor(len(cases)) as pool:
        errors = list(pool.map(attempt, cases))
    for error in errors:
        assert isinstance(error, TimedOut)
        assert error.effect is Effect.UNKNOWN
        assert "was not complete after 8 seconds" in str(error)


def test_missing_response_ends_at_the_timeout() -> None:
    with scripted_server(hang) as server:
        error = failure(server, timeout=0.3)
    assert isinstance(error, TimedOut)
    assert error.effect is Effect.UNKNOWN
    assert "got no response in 0.3 seconds" in str(error)


def test_slow_tunnel_ends_at_the_deadline_without_sending_the_request(
    tls: Tls,
) -> None:
    answered = threading.Event()

    def script(connection: Connection) -> None:
        connection.read_head()
        connection.send(b"HTTP/1.1 200 OK\r\n")
        for _number in range(80):
            connection.send(b"X")
            time.sleep(0.05)
        connection.send(b": y\r\n\r\n")
        try:
            connection.tunnel_to(server.port)
        finally:
            answered.set()

    def serve(connection: Connection) -> None:
        connection.start_tls()
        connection.read_request()

    with scripted_server(serve, tls.context) as server, scripted_server(script) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        error = failure(server, proxy=url, timeout=0.3, ca_path=tls.ca_path)
        assert isinstance(error, TimedOut)
        assert error.effect is Effect.NONE
        assert answered.wait(60)
        assert server.connections == 1
        assert server.requests == []


# --- cancellation


def cancelled(server: Server, request: Request = WRITE, **options: Any) -> NetServerError:
    """Cancel a call after a moment; return how it ended, at once."""
    token = CancelToken()
    transport = Transport(settings(server, timeout=60, **options), cancel_token=token)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(transport.call, request)
        time.sleep(0.3)
        started = time.monotonic()
        token.cancel()
        with pytest.raises(NetServerError) as caught:
            call.result(timeout=WITHOUT_HANGING)
    assert time.monotonic() - started < WITHOUT_HANGING
    connections = server.connections
    with pytest.raises(Cancelled):
        transport.call(READ)
    assert server.connections == connections
    return caught.value


def test_cancelling_abandons_a_request_that_hangs() -> None:
    with scripted_server(take_and_hang) as server:
        error = cancelled(server)
    assert isinstance(error, Cancelled)
    assert error.effect is Effect.UNKNOWN


def test_request_cancelled_before_sending_is_never_sent(tls: Tls) -> None:
    go_on = threading.Event()
    ended = threading.Event()

    def script(connection: Connection) -> None:
        go_on.wait(5)
        try:
            connection.start_tls()
            connection.read_request()
        finally:
            ended.set()

    with scripted_server(script, tls.context) as server:
        error = cancelled(server, ca_path=tls.ca_path)
        assert isinstance(error, Cancelled)
        assert error.effect is Effect.NONE
        go_on.set()
        assert ended.wait(5)
        assert server.requests == []


def test_cancelling_ends_the_pause_before_a_retry() -> None:
    reply = b"HTTP/1.1 503 X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"
    with scripted_server(respond(*[reply] * 5)) as server:
        assert isinstance(cancelled(server, READ, retries=3), Cancelled)
        assert len(server.requests) == 1


def test_closed_transport_starts_no_request() -> None:
    with scripted_server(respond(OK, OK)) as server:
        transport = Transport(settings(server))
        transport.call(READ)
        transport.close()
        with pytest.raises(Cancelled):
            transport.call(WRITE)
        assert len(server.requests) == 1


def test_signal_ends_the_wait_of_the_main_thread() -> None:
    class Interrupted(BaseException):
        pass

    def interrupt(_number: int, _frame: object) -> None:
        raise Interrupted

    with scripted_server(hang) as server:
        transport = Transport(settings(server, timeout=60))
        before = signal.signal(signal.SIGALRM, interrupt)
        started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            with pytest.raises(Interrupted):
                transport.call(WRITE)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert time.monotonic() - started < WITHOUT_HANGING


def test_process_ends_although_a_request_hangs() -> None:
    with scripted_server(hang) as server:
        program = f"""
import sys, threading
sys.path[:] = {sys.path}
from tests.modules.test_transport import CancelToken, Nobody, Transport, WRITE, settings
token = CancelToken()
threading.Timer(0.3, token.cancel).start()
try:
    Transport(settings(Nobody({server.port}), timeout=60), cancel_token=token).call(WRITE)
except Exception as error:
    print(type(error).__name__)
"""
        started = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
        )
    assert ended.stdout == "Cancelled\n"
    assert time.monotonic() - started < WITHOUT_HANGING


# --- authentication


class Counting:
    """An authentication whose header is another one with each request."""

    scheme = "counting"
    advice = advice_after_success = ""
    secrets: Sequence[str] = ()

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Counting {next(self._numbers)}"
        return request


class Digest(requests.auth.HTTPDigestAuth):
    """HTTP Digest, as `requests` brings it."""

    scheme = "digest"
    advice = ""
    secrets: Sequence[str] = ("long-enough-password",)


def authorizations(server: Server) -> list[str]:
    return [
        line.partition(":")[2].strip()
        for head, _body in server.requests
        for line in head.decode("latin-1").split("\r\n")
        if line.lower().startswith("authorization:")
    ]


def test_authentication_is_applied_to_each_request_and_retry() -> None:
    busy = b"HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n"
    with scripted_server(respond(OK, busy, busy, OK, OK)) as server:
        transport = Transport(settings(server, authentication=Counting(), retries=2))
        for request in (READ, READ, WRITE):
            transport.call(request)
        assert authorizations(server) == [f"Counting {number}" for number in range(1, 6)]
        assert len({head.partition(b"\r\n")[0] for head, _body in server.requests}) == 2


def test_digest_authentication_repeats_the_body_after_the_challenge() -> None:
    nonces = itertools.count(1)

    def script(connection: Connection) -> None:
        while True:
            head, _body = connection.read_request()
            if b"Digest username" in head:
                connection.send(OK)
            else:
                challenge = f'Digest realm="crm", qop="auth", nonce="n{next(nonces)}"'
                connection.send(
                    f"HTTP/1.1 401 X\r\nWWW-Authenticate: {challenge}\r\n"
                    "Content-Length: 0\r\n\r\n".encode()
                )

    with scripted_server(script) as server:
        digest = Digest("me", "long-enough-password")
        transport = Transport(settings(server, authentication=digest))
        assert transport.call(WRITE).value == 427
        assert transport.call(WRITE).value == 427
        assert {body for _head, body in server.requests} == {BODY}
        sent = authorizations(server)
        assert len(sent) >= 2
        assert len(set(sent)) == len(sent)


def test_endless_redirect_after_a_challenge_is_not_read() -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(
            b'HTTP/1.1 401 X\r\nWWW-Authenticate: Digest realm="crm", qop="auth", nonce="n1"\r\n'
            b"Content-Length: 0\r\n\r\n"
        )
        connection.read_request()
        connection.send(b"HTTP/1.1 302 X\r\nLocation: /elsewhere\r\n\r\n")
        connection.trickle(b"x", 0)

    with scripted_server(script) as server:
        digest = Digest("me", "long-enough-password")
        started = time.monotonic()
        error = failure(server, authentication=digest, timeout=5)
        assert len(server.requests) == 2
    assert isinstance(error, Redirected)
    assert time.monotonic() - started < WITHOUT_HANGING


class TokenService(Counting):
    """An authentication that asks a service of its own, which is not there."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        requests.get("http://127.0.0.1:9/token", timeout=1)
        return request


def test_failing_authentication_has_no_effect() -> None:
    with scripted_server(respond(OK)) as server:
        error = failure(server, authentication=TokenService())
        assert server.requests == []
    assert isinstance(error, Unreachable)
    assert error.effect is Effect.NONE


# --- redirects, cookies, the environment, sessions


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_endless_redirect_is_not_read(status: int) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1:9/x\r\n\r\n" % status)
        connection.trickle(b"x" * 1000, 0)

    with scripted_server(script) as server:
        started = time.monotonic()
        error = failure(server, timeout=5)
    assert isinstance(error, Redirected)
    assert error.effect is Effect.UNKNOWN
    assert "http://127.0.0.1:9/x" in str(error)
    assert time.monotonic() - started < WITHOUT_HANGING


def test_no_cookie_is_kept() -> None:
    reply = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=1; Path=/\r\n\r\n")
    with scripted_server(respond(reply, reply)) as server:
        transport = Transport(settings(server))
        transport.call(READ)
        transport.call(READ)
        assert b"cookie" not in b"".join(head for head, _body in server.requests).lower()


def test_environment_is_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_server(respond(OK, OK, OK)) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
        transport = Transport(settings(server, root="http://crm.example.com/api"))
        transport.call(READ)
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        transport.call(READ)
        assert server.connections == 1
        transport.with_login(Counting()).call(READ)
        assert server.connections == 2
        assert authorizations(server)[-1] == "Counting 1"


def test_threads_share_connections() -> None:
    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            time.sleep(0.01)
            connection.send(OK)

    with scripted_server(script) as server:
        transport = Transport(settings(server), concurrency=Concurrency(3))
        with ThreadPoolExecutor(8) as pool:
            assert {one.value for one in pool.map(transport.call, [READ] * 40)} == {427}
        assert server.connections == 3
        transport.call(READ)
        assert server.connections == 3
        assert transport.sent == {"user": 41}


def test_read_on_a_closed_connection_is_retried() -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(OK)

    with scripted_server(script) as server:
        transport = Transport(settings(server, retries=1))
        assert [transport.call(READ).value for _number in range(5)] == [427] * 5


def idle_threads() -> int:
    return sum(thread.name == "superoffice-http" for thread in threading.enumerate())


def test_closing_ends_the_threads() -> None:
    before = idle_threads()
    with scripted_server(respond(OK)) as server:
        transport = Transport(settings(server))
        transport.call(READ)
        assert idle_threads() == before + 1
        transport.close()
        for _number in range(100):
            if idle_threads() == before:
                return
            time.sleep(0.02)
    raise AssertionError("a thread is left")


@pytest.mark.parametrize("headers", [b"", b"Retry-After: 0\r\n"])
def test_503_reduces_concurrent_requests(headers: bytes) -> None:
    busy = most = 0
    lock = threading.Lock()
    is_first = iter([True])

    def script(connection: Connection) -> None:
        nonlocal busy, most
        while True:
            connection.read_request()
            if next(is_first, False):
                connection.send(b"HTTP/1.1 503 X\r\n" + headers + b"Content-Length: 0\r\n\r\n")
                continue
            with lock:
                busy += 1
                most = max(most, busy)
            time.sleep(0.05)
            with lock:
                busy -= 1
            connection.send(OK)

    with scripted_server(script) as server:
        transport = Transport(settings(server), concurrency=Concurrency(8))
        with pytest.raises(Unavailable):
            transport.call(WRITE)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(transport.call, [READ] * 8))
    assert most <= 5
