# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that knows HTTP: a request in, a decoded value or an error out."""

from __future__ import annotations

import base64
import collections
import contextlib
import copy
import dataclasses
import http.cookiejar
import json
import pathlib
import random
import threading
import time
import traceback
import typing
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..domain.model import Secret
from . import responses, retry
from .authentication import Authentication
from .concurrency import ConcurrencyLimit
from .connection_errors import connection_error
from .errors import (
    BadConnectionOption,
    Forbidden,
    NetServerError,
    NotUnderstood,
    Throttled,
    TimedOut,
    Unauthorized,
)
from .one_site import OneSite
from .request import Request

try:
    import requests
    import urllib3
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

VERSION = "1.0.0"
# a page of users has 0.2 MB; decoded, a hostile answer grows to 25 times its size
LARGEST_ANSWER = 32 * 1024 * 1024
PIECE = 64 * 1024
# an answer that trickles in may take this many timeouts as a whole
PATIENCE = 10


@dataclasses.dataclass(frozen=True)
class Settings:
    """How to reach an installation; `root` is the address of its WebAPI, `.../api`."""

    root: str
    authentication: Authentication
    app_token: Secret | None = None
    language: str = "en"
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = dataclasses.field(default=None, repr=False)
    timeout: float = 30.0
    retries: int = 4


class Transport:
    """Kept-open connections to one installation, for one login.

    Repeats what is safe to repeat, never follows a redirect, keeps no cookie, and counts every
    request that it sends in `sent`, by kind.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        most_at_once: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.sent: collections.Counter[str] = collections.Counter()
        self._counting = threading.Lock()
        self._pace = ConcurrencyLimit(most_at_once)
        self._sleep = sleep
        self._jitter = jitter
        self._was_let_in = False
        self._first_of: dict[tuple[str, str], requests.PreparedRequest] = {}
        self._session = _session(settings, most_at_once)
        with _request_errors("the connection options"):
            self._ways: Mapping[str, typing.Any] = self._session.merge_environment_settings(
                settings.root, _proxies(settings), True, _verify(settings), _certificate(settings)
            )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def secrets(self, body: typing.Any) -> list[str]:
        """Return all that the answer to a request with this body must not bring to light."""
        settings = self.settings
        tokens = [settings.app_token.value] if settings.app_token else []
        logins = _proxy_secrets(self._ways["proxies"].values())
        return [*settings.authentication.secrets, *tokens, *logins, *_secrets(body)]

    def count(self, kind: str, number: int = 1) -> None:
        """Take note of requests that were sent."""
        with self._counting:
            self.sent[kind] += number

    def pause(self, attempt: int, retry_after: float | None = None) -> None:
        """Wait as long as it is wise after the try number `attempt`, or as the service asked."""
        self._sleep(retry.delay(attempt, retry_after, self._jitter()))

    def call(self, request: Request) -> responses.Response:
        """Send `request`, again where that is safe, and return the service's answer.

        Raises:
            NetServerError: how the last try ended.
        """
        attempt = 0
        may_log_in_again = True
        while True:
            try:
                with self._pace.request():
                    answer = self._send(request)
                self._pace.speed_up()
                return answer
            except Unauthorized as error:
                # a login that was good a moment ago: a session ended, and the next try opens one
                if not (self._was_let_in and may_log_in_again):
                    if self._was_let_in:
                        error.advice = Forbidden.advice
                    raise
                may_log_in_again = False
            except NetServerError as error:
                if attempt >= self.settings.retries or not retry.should_retry(
                    error, safe=request.safe
                ):
                    raise
                if isinstance(error, Throttled):
                    self._pace.slow_down(retry.delay(attempt, error.retry_after, self._jitter()))
                else:
                    self.pause(attempt, error.retry_after)
                attempt += 1

    def _send(self, request: Request) -> responses.Response:
        with _request_errors(request.name):
            prepared = self._prepared(request)
        self.count(request.kind)
        # not by the session: even where redirects are not allowed it reads the whole body of one
        adapter = self._session.get_adapter(self.settings.root)
        try:
            answer: typing.Any = adapter.send(prepared, timeout=self.settings.timeout, **self._ways)
            with contextlib.closing(answer):
                body = self._read(request, answer)
        # requests' own errors are OSErrors, or ValueErrors
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as exc:
            raise connection_error(exc, request, self.settings) from exc
        if answer.status == 204 and body == b"" and _announces_body(answer):
            # the "null" that follows would be taken for the next answer on this connection
            self._session.close()
        raw = responses.RawResponse(answer.status, answer.headers, body)
        meaning = responses.parse_response(request, raw, self.secrets(request.body))
        self._was_let_in = True
        return meaning

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        """Make an HTTP request; those of one operation differ in their bodies only."""
        operation = (request.method, _url(self.settings.root, request))
        first = self._first_of.get(operation)
        if first is None:
            unprepared = requests.Request(*operation, headers=_headers(request))
            first = self._session.prepare_request(unprepared)
            if not request.query:
                # an address with a query, as those of reads, hardly ever comes again
                self._first_of[operation] = first
        body = _encoded(request.body)
        if body is None:
            return first
        prepared = copy.copy(first)
        prepared.body = body
        length = {"Content-Length": str(len(body))}
        prepared.headers = requests.structures.CaseInsensitiveDict({**first.headers, **length})
        return prepared

    def _read(self, request: Request, answer: typing.Any) -> bytes:
        """Read a body, but neither for ever nor without end."""
        deadline = time.monotonic() + PATIENCE * self.settings.timeout
        pieces, size = [], 0
        for piece in _pieces(answer):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise NotUnderstood(
                    f"{request.name} answered with more than {LARGEST_ANSWER} bytes",
                    operation=request.operation,
                    status=answer.status,
                )
            if time.monotonic() > deadline:
                raise TimedOut(
                    f"The answer to {request.name} was not complete after"
                    f" {PATIENCE * self.settings.timeout:g} seconds",
                    operation=request.operation,
                )
        return b"".join(pieces)


def _pieces(answer: typing.Any) -> Iterator[bytes]:
    """Yield a body as it arrives: whoever waits for a whole piece may wait for ever."""
    read = getattr(answer, "read1", None)
    if read is None:  # urllib3 1.26
        yield from answer.stream(PIECE, decode_content=True)
        return
    while piece := read(PIECE, decode_content=True):
        yield piece


def _session(settings: Settings, most_at_once: int) -> requests.Session:
    session = requests.Session()
    adapter = OneSite(pool_connections=1, pool_maxsize=most_at_once)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.auth = settings.authentication
    session.headers.clear()
    session.headers.update(
        {
            "User-Agent": f"superoffice.crm/{VERSION}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": settings.language,
            "SO-Language": settings.language,
        }
    )
    if settings.app_token:
        session.headers["SO-AppToken"] = settings.app_token.value
    # every request brings its own proof; a session of the service's would only be one more state
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return session


def _verify(settings: Settings) -> bool | str:
    if not settings.validate_certs:
        # the task says so; a warning of Python's would end up in the controller's own output
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return False
    return _existing("ca_path", settings.ca_path) or True


def _certificate(settings: Settings) -> str | tuple[str, str] | None:
    certificate = _existing("client_cert", settings.client_cert)
    key = _existing("client_key", settings.client_key)
    if key and not certificate:
        raise BadConnectionOption("client_key was given without client_cert")
    for path in filter(None, (certificate, key)):
        if b"ENCRYPTED" in pathlib.Path(path).read_bytes():
            raise BadConnectionOption(
                f"the key in {path} has a passphrase, which would be asked for at a terminal; give"
                " a key without one"
            )
    return (certificate, key) if certificate and key else certificate


def _existing(option: str, path: str | None) -> str | None:
    if path and not pathlib.Path(path).exists():
        raise BadConnectionOption(f"{option} '{path}' does not exist")
    return path or None


def _proxies(settings: Settings) -> dict[str, str]:
    if not settings.proxy:
        return {}
    return {"http": settings.proxy, "https": settings.proxy}


def _url(root: str, request: Request) -> str:
    # "+" for a blank is not every server's reading, and "$select" is easier to find in its log
    query = urllib.parse.urlencode(request.query, quote_via=urllib.parse.quote, safe="$")
    return f"{root}/{request.path}" + (f"?{query}" if query else "")


def _headers(request: Request) -> dict[str, str]:
    return {} if request.body is None else {"Content-Type": "application/json; charset=utf-8"}


def _encoded(body: typing.Any) -> bytes | None:
    if body is None:
        return None
    return json.dumps(body, ensure_ascii=False, default=_unwrapped).encode("utf-8")


def _unwrapped(value: object) -> str:
    if isinstance(value, Secret):
        return value.value
    raise TypeError(f"{type(value).__name__} has no place in a request")


def _secrets(body: typing.Any) -> list[str]:
    values = body.values() if isinstance(body, Mapping) else ()
    return [value.value for value in values if isinstance(value, Secret)]


def _proxy_secrets(urls: Iterable[str]) -> Iterator[str]:
    """Yield the passwords in addresses of proxies, as they stand there and as they travel."""
    for url in urls:
        user, password = requests.utils.get_auth_from_url(url)
        if password:
            yield password
            # as `requests` sends them
            yield base64.b64encode(f"{user}:{password}".encode("latin-1", "replace")).decode()


def _announces_body(answer: typing.Any) -> bool:
    length = answer.headers.get("Content-Length", "0")
    return length != "0" or "Transfer-Encoding" in answer.headers


@contextlib.contextmanager
def _request_errors(what: str) -> Iterator[None]:
    """Turn what can not be written into a request into a sentence about the option."""
    try:
        yield
    except UnicodeError as exc:
        raise BadConnectionOption(
            f"{what}: a value has characters that can not be sent ({type(exc).__name__})"
        ) from None
    except requests.exceptions.RequestException as exc:
        raise BadConnectionOption(
            f"{what}: a value can not be part of a request ({type(exc).__name__})"
        ) from None
