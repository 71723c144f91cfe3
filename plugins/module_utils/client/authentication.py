# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authentication methods of the service, one small class each.

Each is an authentication as `requests` documents it: a callable that is applied to every prepared
request, retries included, so that a method may send another header with each request. Several
threads may call it at once.
"""

from __future__ import annotations

import base64
import threading
import typing
from collections.abc import Sequence

from ..domain.model import Secret

if typing.TYPE_CHECKING:
    from requests import PreparedRequest


class Authentication(typing.Protocol):
    """What the transport needs to know of a method."""

    scheme: str
    # for a login that fails from the start, and for one that worked before
    advice: str
    advice_after_success: str

    @property
    def secrets(self) -> Sequence[str]:
        """All strings that must not be shown, as they are sent."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the credentials to a request."""


class _Header:
    """A method that sends one Authorization header."""

    scheme = ""
    advice = ""
    advice_after_success = ""

    def __init__(self, word: str, credentials: str, secrets: Sequence[str]) -> None:
        self._header = f"{word} {credentials}"
        self.secrets = (*secrets, credentials)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class Basic(_Header):
    """User name and password."""

    scheme = "basic"
    advice = "Check auth_username and auth_password (SUPEROFFICE_USERNAME, SUPEROFFICE_PASSWORD)"
    advice_after_success = (
        "The login worked before: check that it was not locked or changed meanwhile, and that it"
        " has the right to administer external users"
    )

    def __init__(self, user_name: str, password: Secret) -> None:
        self.user_name = user_name
        joined = f"{user_name}:{password.value}".encode()
        super().__init__("Basic", base64.b64encode(joined).decode(), [password.value])


class ExchangedBasic(Basic):
    """User name and password, and after some requests a token that the service gave for them.

    With Basic, the service logs in anew for each request. The transport gets the token; whenever
    there is none, or it is refused, requests are sent with user name and password.
    """

    def __init__(self, user_name: str, password: Secret) -> None:
        super().__init__(user_name, password)
        self._basic = self._header
        self._lock = threading.Lock()
        self._may_exchange = True
        self._has_worked = False
        self.token = ""

    def begin_exchange(self) -> bool:
        """Tell whether to get a token now: there is none, and nobody else is getting one."""
        with self._lock:
            begins = self._may_exchange and not self.token
            self._may_exchange = self._may_exchange and not begins
            return begins

    def use(self, token: str) -> None:
        """Send a token from now on."""
        with self._lock:
            self.secrets = (*self.secrets, token)
            self.token = token
            self._has_worked = False
            self._header = f"Bearer {token}"

    def confirm(self, token: str) -> None:
        """Take note that a request with this token has succeeded."""
        if token and not self._has_worked:
            with self._lock:
                self._has_worked = token == self.token

    def discard(self, token: str) -> None:
        """Stop sending a token that was refused; one that has worked can be replaced."""
        with self._lock:
            if token == self.token:
                self._header = self._basic
                self.token = ""
                self._may_exchange = self._has_worked


class SoTicket(_Header):
    """A ticket of the service, sent unchanged."""

    scheme = "soticket"
    advice = "Check auth_ticket (SUPEROFFICE_TICKET): a ticket expires"
    advice_after_success = (
        "The ticket has expired: get a new one for auth_ticket (SUPEROFFICE_TICKET)"
    )

    def __init__(self, ticket: Secret) -> None:
        super().__init__("SOTicket", ticket.value, [])


class Bearer(_Header):
    """A token, from User/currentToken or an identity provider."""

    scheme = "bearer"
    advice = "Check auth_token (SUPEROFFICE_TOKEN): a token expires"
    advice_after_success = "The token has expired: get a new one for auth_token (SUPEROFFICE_TOKEN)"

    def __init__(self, token: Secret) -> None:
        super().__init__("Bearer", token.value, [])


class Xsrf:
    """The session cookies of a browser, and their token."""

    scheme = "xsrf"
    advice = (
        "Check auth_cookie and xsrf_token (SUPEROFFICE_COOKIE, SUPEROFFICE_XSRF_TOKEN): a session"
        " expires"
    )
    advice_after_success = (
        "The session has expired: log in again for auth_cookie and xsrf_token (SUPEROFFICE_COOKIE,"
        " SUPEROFFICE_XSRF_TOKEN)"
    )

    def __init__(self, cookie: Secret, token: Secret) -> None:
        self._cookie = cookie.value
        self._token = token.value
        values = [part.strip().partition("=")[2] for part in cookie.value.split(";")]
        # short ones such as "1" are not secret, and masking them would spoil every message
        long_values = [value for value in values if len(value) >= 6]
        self.secrets: Sequence[str] = (cookie.value, token.value, *long_values)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:  # noqa: D102
        request.headers["Cookie"] = self._cookie
        request.headers["X-XSRF-TOKEN"] = self._token
        return request
