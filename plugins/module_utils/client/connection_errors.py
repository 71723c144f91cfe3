# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of connections: what an exception of `requests` proves about a request.

A request is proved not sent (`Effect.NONE`) if its body was not sent; see `exchange.RequestBody`.
The kind of the exception proves less: through a proxy urllib3 reports a response that was lost as a
failed connection to the proxy, and a TLS alert after the request like one in the handshake. For a
request without a body only a connection that was refused, timed out or not trusted is proof.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import typing
import zlib

from .errors import (
    PROXY_LOGIN,
    BadConnectionOption,
    ConnectionLost,
    Effect,
    NetServerError,
    TimedOut,
    Unreachable,
    Untrusted,
    proxy_login_required,
)

if typing.TYPE_CHECKING:
    from .request import Request
    from .settings import ConnectionSettings

_PROXY = (
    "Check proxy (SUPEROFFICE_PROXY) and the variables HTTP_PROXY and HTTPS_PROXY; name the host in"
    " NO_PROXY if no proxy is needed"
)
_HOST_NAME = (
    "Check the host name in url (SUPEROFFICE_URL), and the DNS and the proxy settings of this"
    " machine"
)
_NO_TLS = (
    "The server does not speak TLS on this port: check the port in url (SUPEROFFICE_URL), and"
    " whether it begins with http or https"
)
_PERHAPS_TLS = (
    "If the server expects TLS on this port, url (SUPEROFFICE_URL) has to begin with https"
)
_CA = "Set ca_path to your CA file. The environment variable is SUPEROFFICE_CA_PATH"
# what OpenSSL makes of a response in plain text
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
# by what OpenSSL says of a certificate (X509_V_ERR_...), as ssl.SSLCertVerificationError has it
_OTHER_HOST = 62
_CERTIFICATE_ADVICE = {
    9: "The certificate is not valid yet: check the clock of this machine and of the server",
    10: "Renew the certificate on the server",
    _OTHER_HOST: "Use a name in url (SUPEROFFICE_URL) that the certificate was issued for",
    64: "Use a name in url (SUPEROFFICE_URL) that the certificate was issued for",
}


def connection_error(
    exc: Exception,
    request: Request,
    settings: ConnectionSettings,
    *,
    body_was_sent: bool | None,
    was_trusted: bool = False,
) -> NetServerError:
    """Return the error for an exception that `requests` raised.

    Args:
        exc: the exception.
        request: the request.
        settings: where it was sent.
        body_was_sent: whether any of its body was sent; None if it has none.
        was_trusted: whether there has been a response from there before.
    """
    error = None if body_was_sent else _option_error(exc)
    if error is None:
        causes = list(_causes(exc))
        not_sent = _is_proof(causes) if body_was_sent is None else not body_was_sent
        in_flight = not not_sent and (bool(body_was_sent) or was_trusted)
        error = _error_of(
            exc, causes, request, settings, in_flight=in_flight, was_trusted=was_trusted
        )
        error.effect = Effect.NONE if not_sent else Effect.UNKNOWN
    error.operation = request.operation
    return error


def _option_error(exc: Exception) -> NetServerError | None:
    from requests import exceptions

    if isinstance(exc, UnicodeError):
        return BadConnectionOption("proxy has characters that cannot be sent in a login")
    invalid = (
        exceptions.InvalidURL,
        exceptions.InvalidProxyURL,
        exceptions.InvalidSchema,
        http.client.InvalidURL,  # behind a lost connection, with older versions of urllib3
    )
    if any(isinstance(cause, invalid) for cause in _causes(exc)):
        return BadConnectionOption(
            "proxy or url is not an address that can be used (SUPEROFFICE_PROXY, HTTPS_PROXY,"
            " SUPEROFFICE_URL). A proxy is given as http://proxy.example.com:3128"
        )
    return None


def _is_proof(causes: list[BaseException]) -> bool:
    """Tell whether an exception proves that no connection was established."""
    from urllib3 import exceptions

    proof = (
        exceptions.NewConnectionError,
        exceptions.ConnectTimeoutError,
        ssl.SSLCertVerificationError,
    )
    return any(isinstance(cause, proof) for cause in causes)


def _error_of(
    exc: Exception,
    causes: list[BaseException],
    request: Request,
    settings: ConnectionSettings,
    *,
    in_flight: bool,
    was_trusted: bool,
) -> NetServerError:
    # not at the top: `requests` may be missing
    from requests import exceptions

    site, reason = settings.site, _reason(causes)
    if _is_timeout(exc, causes):
        if isinstance(exc, exceptions.ConnectTimeout) and not in_flight:
            return Unreachable(f"Could not connect to {site} within {settings.timeout:g} seconds")
        return TimedOut(f"{request.name} at {site} got no response in {settings.timeout:g} seconds")
    if not in_flight:
        if isinstance(exc, exceptions.ProxyError):
            return _proxy_error(causes, site, reason)
        if isinstance(exc, exceptions.SSLError) and not _is_end_of_file(causes):
            return _tls_error(causes, site, reason)
        if _is_proof(causes):
            unreachable = Unreachable(f"Could not connect to {site}: {reason}")
            if any(isinstance(cause, socket.gaierror) for cause in causes):
                unreachable.advice = _HOST_NAME
            return unreachable
    error = ConnectionLost(f"The connection to {site} was lost during {request.name}: {reason}")
    if _has_responded(causes):
        return error
    is_https = settings.root.startswith("https:")
    if is_https and not settings.client_cert and not was_trusted:
        # with TLS 1.3 a client learns only after the handshake that its certificate is missing
        error.advice = Untrusted.advice
    elif not is_https and not was_trusted:
        error.advice = _PERHAPS_TLS
    return error


def _proxy_error(causes: list[BaseException], site: str, reason: str) -> NetServerError:
    # http.client raises an OSError whose text is all that tells the status of a CONNECT
    refusals = [re.search(r"Tunnel connection failed: (\d{3})", str(one)) for one in causes]
    status = next((int(match[1]) for match in refusals if match), 0)
    if status == PROXY_LOGIN:
        return proxy_login_required(f"on the way to {site}")
    if status:
        reason = f"the proxy refused the connection (HTTP {status})"
    error = Unreachable(f"Could not connect to {site} through the proxy: {reason}")
    error.advice = _PROXY
    return error


def _tls_error(causes: list[BaseException], site: str, reason: str) -> NetServerError:
    error = Untrusted(f"Could not establish a trusted TLS connection to {site}: {reason}")
    problems = [one for one in causes if isinstance(one, ssl.SSLCertVerificationError)]
    if problems:
        # older versions of urllib3 compare the host name themselves, and give no number
        number = getattr(problems[0], "verify_code", _OTHER_HOST)
        error.advice = _CERTIFICATE_ADVICE.get(number, _CA)
    elif any(isinstance(one, ssl.SSLError) and one.reason in _NOT_TLS for one in causes):
        error.advice = _NO_TLS
    return error


def _is_timeout(exc: Exception, causes: list[BaseException]) -> bool:
    from requests import exceptions
    from urllib3 import exceptions as urllib3_exceptions

    timeouts = (TimeoutError, urllib3_exceptions.ReadTimeoutError)
    return isinstance(exc, exceptions.Timeout) or any(isinstance(c, timeouts) for c in causes)


def _has_responded(causes: list[BaseException]) -> bool:
    """Tell whether there was a response, of which the body is incomplete or damaged."""
    return any(isinstance(one, (http.client.IncompleteRead, zlib.error)) for one in causes)


def _is_end_of_file(causes: list[BaseException]) -> bool:
    return any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes)


def _causes(exc: BaseException) -> typing.Iterator[BaseException]:
    """Yield an exception and all that caused it, through arguments and reasons too."""
    seen: set[int] = set()
    waiting: list[BaseException] = [exc]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        nested = [current.__cause__, current.__context__, getattr(current, "reason", None)]
        nested.extend(current.args)
        waiting.extend(cause for cause in nested if isinstance(cause, BaseException))


def _reason(causes: list[BaseException]) -> str:
    """Return a reason in a few words; the texts of urllib3 contain whole addresses."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = getattr(cause, "verify_message", "") or " ".join(map(str, cause.args))
            return str(message).rstrip(".")
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return cause.reason.replace("_", " ").lower()
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    if any(isinstance(cause, http.client.RemoteDisconnected) for cause in causes):
        return "the server closed it without a response"
    if any(isinstance(cause, http.client.IncompleteRead) for cause in causes):
        return "the response is incomplete"
    if any(isinstance(cause, zlib.error) for cause in causes):
        return "the compressed response is damaged"
    return type(causes[-1]).__name__
