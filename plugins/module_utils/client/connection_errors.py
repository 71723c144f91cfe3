# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an exception of `requests` says about a request: never sent, lost, late, not trusted."""

from __future__ import annotations

import ssl
import typing

from . import urls
from .errors import (
    BadConnectionOption,
    ConnectionLost,
    NetServerError,
    TimedOut,
    Unreachable,
    Untrusted,
)

if typing.TYPE_CHECKING:
    from .http import Settings
    from .request import Request


def connection_error(exc: Exception, request: Request, settings: Settings) -> NetServerError:
    """Turn what `requests` raised for `request` into an error of ours."""
    error = _option_error(exc) or _error(exc, request.name, settings)
    error.operation = request.operation
    return error


def _option_error(exc: Exception) -> NetServerError | None:
    from requests import exceptions

    if isinstance(exc, UnicodeError):
        return BadConnectionOption("proxy has characters that can not be sent in a login")
    invalid = (exceptions.InvalidURL, exceptions.InvalidProxyURL, exceptions.InvalidSchema)
    if isinstance(exc, invalid):
        return BadConnectionOption("url or proxy is not an address that can be used")
    return None


def _error(exc: Exception, request: str, settings: Settings) -> NetServerError:
    # not at the top: this is the way of failure, and `requests` may be missing
    from requests import exceptions
    from urllib3 import exceptions as urllib3_exceptions

    site = urls.without_secrets(settings.root)
    causes = list(_causes(exc))
    reason = _reason(causes)
    if isinstance(exc, exceptions.ProxyError):
        return Unreachable(f"The proxy on the way to {site} could not be used ({reason})")
    if isinstance(exc, exceptions.SSLError):
        if any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes):
            return ConnectionLost(f"The connection to {site} broke during {request} ({reason})")
        return Untrusted(f"No trusted connection to {site} came about ({reason})")
    if isinstance(exc, exceptions.ConnectTimeout):
        return Unreachable(f"{site} did not accept a connection in {settings.timeout:g} seconds")
    if isinstance(exc, exceptions.ReadTimeout) or any(
        isinstance(cause, (TimeoutError, urllib3_exceptions.ReadTimeoutError)) for cause in causes
    ):
        return TimedOut(f"{request} at {site} got no answer in {settings.timeout:g} seconds")
    if any(isinstance(cause, urllib3_exceptions.NewConnectionError) for cause in causes):
        return Unreachable(f"{site} can not be reached ({reason})")
    return ConnectionLost(f"The connection to {site} broke during {request} ({reason})")


def _causes(exc: BaseException) -> typing.Iterator[BaseException]:
    """Walk from an exception to the one that started it, through arguments and reasons too."""
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
    """Say in a few words why; the texts of urllib3 hold whole addresses and are left out."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate verify failed: {cause.verify_message}"
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return cause.reason.replace("_", " ").lower()
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return type(causes[-1]).__name__
