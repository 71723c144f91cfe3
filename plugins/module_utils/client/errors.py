# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of what can go wrong between us and the service.

Each error carries the two facts that decide what may be done next: whether the request can have
taken effect (`effect`), and whether the same request may succeed later (`transient`).
"""

from __future__ import annotations

import enum


class Effect(enum.Enum):
    """Whether a request that failed can have had an effect."""

    NONE = "none"
    UNKNOWN = "unknown"


class NetServerError(Exception):
    """A request that did not get the answer it needs.

    The text says what came back from where; who was meant is added by the caller. It holds
    neither headers nor bodies, so that no secret travels with it.
    """

    kind = "service"
    effect = Effect.UNKNOWN
    transient = False
    advice = ""

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        status: int | None = None,
        error_type: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.status = status
        self.error_type = error_type
        self.retry_after = retry_after

    def sentence(self) -> str:
        """Return the text, followed by what the reader can do."""
        return f"{self}. {self.advice}" if self.advice else f"{self}."


class BadConnectionOption(NetServerError):
    """A connection option that can not work, found before anything was sent."""

    kind = "connection_option"
    effect = Effect.NONE


class Unreachable(NetServerError):
    """No connection came about: nothing was sent."""

    kind = "unreachable"
    effect = Effect.NONE
    transient = True
    advice = "Check url, the proxy and that the web service runs"


class Untrusted(NetServerError):
    """The TLS handshake failed: nothing was sent."""

    kind = "tls"
    effect = Effect.NONE
    advice = (
        "Check ca_path (the authority that signed the server's certificate), client_cert and"
        " client_key; validate_certs=false gives up the protection of the passwords"
    )


class ConnectionLost(NetServerError):
    """The connection broke after the request went out."""

    kind = "connection_lost"
    transient = True


class TimedOut(NetServerError):
    """No answer came in time."""

    kind = "timeout"
    transient = True
    advice = "Raise timeout if the service is slow"


class Redirected(NetServerError):
    """The service pointed elsewhere; credentials do not follow."""

    kind = "redirect"
    effect = Effect.NONE
    advice = "Give the address that really serves the WebAPI as url"


class Unauthorized(NetServerError):
    """HTTP 401: the service does not accept the login."""

    kind = "unauthorized"
    effect = Effect.NONE
    advice = (
        "Check the credentials, and that the installation allows this way of logging in"
        " (web.config: AuthorizeWithUsername, AuthorizeWithTicket, AuthorizeWithImplicit)"
    )


class Forbidden(NetServerError):
    """HTTP 403: the login is known and may not do this."""

    kind = "forbidden"
    effect = Effect.NONE
    advice = "The calling login needs the right to administer external users"


class Refused(NetServerError):
    """The service understood and said no: a 4xx, or an error object whatever the status."""

    kind = "refused"
    effect = Effect.NONE


class Failed(NetServerError):
    """HTTP 5xx: something broke on the way, before or after the call took effect."""

    kind = "server_error"


class Unavailable(NetServerError):
    """The service or something before it asks to come back later."""

    kind = "unavailable"
    transient = True
    advice = "Try again later"


class Throttled(Unavailable):
    """HTTP 429, or 503 with Retry-After: the request was turned away at the door."""

    kind = "throttled"
    effect = Effect.NONE


class NotUnderstood(NetServerError):
    """An answer that is none of the service's: HTML, truncated JSON, a value of another shape."""

    kind = "not_understood"
    advice = "Check that url leads to the WebAPI itself and not to a login page or a proxy"


class ListChanged(NetServerError):
    """A list that changed each time while it was read, so that no complete reading was possible."""

    kind = "list_changed"
    effect = Effect.NONE
    advice = "Run the task again when fewer users are being changed"


class NoUserAgent(NetServerError):
    """The installation does not offer the calls that this collection lives on."""

    kind = "user_agent"
    effect = Effect.NONE
