# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of requests to the service.

Each error carries the two facts that decide what may be done next: whether the request can have
taken effect (`effect`), and whether the same request may succeed later (`transient`).
"""

from __future__ import annotations

import enum

PROXY_LOGIN = 407


class Effect(enum.Enum):
    """Whether a request that failed can have had an effect."""

    NONE = "none"
    UNKNOWN = "unknown"


class NetServerError(Exception):
    """A request that did not get the response it needs.

    The text says what came back from where; the caller adds which user it was about. It holds
    neither headers nor bodies, so that it holds no secret.
    """

    kind = "service"
    effect = Effect.UNKNOWN
    transient = False
    advice = ""
    # whether the response was a page: the service itself responds with JSON, or with nothing
    is_page = False

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        status: int | None = None,
        error_type: str = "",
        retry_after: float | None = None,
        effect: Effect | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message + detail)
        self.message = message
        # what the service itself said, as the end of the message
        self.detail = detail
        self.operation = operation
        self.status = status
        self.error_type = error_type
        self.retry_after = retry_after
        if effect is not None:
            self.effect = effect

    def sentence(self) -> str:
        """Return the text, followed by what the reader can do."""
        return f"{self}. {self.advice}" if self.advice else f"{self}."


class BadConnectionOption(NetServerError):
    """A connection option that cannot work, found before anything was sent."""

    kind = "connection_option"
    effect = Effect.NONE


class Cancelled(NetServerError):
    """The run was interrupted; nothing was sent unless `effect` is UNKNOWN."""

    kind = "cancelled"
    effect = Effect.NONE


class Unreachable(NetServerError):
    """No connection could be established: nothing was sent."""

    kind = "unreachable"
    effect = Effect.NONE
    transient = True
    advice = "Check url (SUPEROFFICE_URL) and the network, and that the web service is running"


def proxy_login_required(where: str, operation: str = "") -> Unreachable:
    """Return the error for HTTP 407, which says that a request did not pass the proxy."""
    error = Unreachable(f"The proxy requires a login (HTTP 407 {where})", operation=operation)
    error.status = PROXY_LOGIN
    error.transient = False
    error.advice = (
        "Give the login of the proxy in proxy (SUPEROFFICE_PROXY), as in"
        " http://USER:PASSWORD@proxy.example.com:3128, or name the host in NO_PROXY if no proxy is"
        " needed"
    )
    return error


class Untrusted(NetServerError):
    """The TLS handshake failed: nothing was sent."""

    kind = "tls"
    effect = Effect.NONE
    advice = (
        "If the server requires a client certificate, set client_cert and client_key"
        " (SUPEROFFICE_CLIENT_CERT, SUPEROFFICE_CLIENT_KEY)"
    )


class ConnectionLost(NetServerError):
    """The connection failed while a request was in flight."""

    kind = "connection_lost"
    transient = True
    advice = (
        "If this happens again, check the proxy, load balancer or firewall between this machine"
        " and the service, and the log of the service"
    )


class TimedOut(NetServerError):
    """No complete response arrived in time."""

    kind = "timeout"
    transient = True
    advice = "Raise timeout (SUPEROFFICE_TIMEOUT) if the service is slow"


class Redirected(NetServerError):
    """A redirect, which is not followed."""

    kind = "redirect"
    advice = (
        "Set url (SUPEROFFICE_URL) to the address that serves the WebAPI itself; if only some"
        " requests are redirected, ask the administrator of the firewall in front of the service"
    )


class Unauthorized(NetServerError):
    """HTTP 401: the login failed, at `site` if no request has succeeded with it so far.

    By the definition of the status (RFC 9110, 15.5.2) the request was not applied.
    """

    kind = "unauthorized"
    effect = Effect.NONE
    advice = "Check the credentials"
    site = ""

    def sentence(self) -> str:
        """Return the text, followed by what the reader can do."""
        if not self.site:
            return super().sentence()
        return f"Login to {self.site} failed (HTTP 401{self.detail}). {self.advice}."


class Forbidden(NetServerError):
    """HTTP 403: the login is valid, but not allowed to do this."""

    kind = "forbidden"
    advice = (
        "The calling login needs the right to administer external users. Grant it in Settings and"
        " maintenance, or use another login"
    )


class Blocked(NetServerError):
    """A rejection that is not in the service's form: something in front of it refused."""

    kind = "blocked"


def firewall_advice(path: str) -> str:
    """Return what to do about a request that something in front of the service refused."""
    folder = path.rpartition("/")[0]
    return (
        "Something in front of the service, such as a web application firewall, refused the"
        " request; a right is not missing. Ask its administrator to look for the refused request"
        " in its log and to allow it, for ModSecurity with the OWASP rules usually rule 942100 for"
        f" the path .../api/{folder}"
    )


class Refused(NetServerError):
    """The service rejected the request: a 4xx, or an error object with any other status."""

    kind = "refused"
    effect = Effect.NONE


class Failed(NetServerError):
    """HTTP 5xx: an error before or after the call took effect."""

    kind = "server_error"


class Unavailable(NetServerError):
    """The service, or a gateway before it, is not available at the moment."""

    kind = "unavailable"
    transient = True
    advice = "Try again later, or raise retries (SUPEROFFICE_RETRIES) to wait longer"


class Throttled(Unavailable):
    """HTTP 429, or 503 with Retry-After: there are too many requests."""

    kind = "throttled"
    advice = (
        "Try again later, lower concurrency, or raise retries (SUPEROFFICE_RETRIES) to wait longer"
    )


class NotUnderstood(NetServerError):
    """A response that is not the service's: HTML, truncated JSON, a value of another shape."""

    kind = "not_understood"
    advice = (
        "Check that url (SUPEROFFICE_URL) leads to the WebAPI itself and not to a login page or a"
        " proxy; if only some requests fail, ask the administrator of the firewall in front of the"
        " service"
    )


class ListChanged(NetServerError):
    """A list that changed each time while it was read, so that no complete reading was possible."""

    kind = "list_changed"
    effect = Effect.NONE
    advice = "Run the task again when fewer users are being changed"


class NoUserAgent(NetServerError):
    """The installation does not expose the calls that this collection needs."""

    kind = "user_agent"
    effect = Effect.NONE


# how a service, or something in front of it, turns down a request that another form may replace
REFUSALS = (Blocked, Failed, Forbidden, NotUnderstood, Refused)
