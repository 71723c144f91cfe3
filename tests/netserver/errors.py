# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the service, before a response is made of them."""

from __future__ import annotations

RIGHT_ERRORS = {
    "illegal-operation": "SoIllegalOperationException",
    "function-right": "SoFunctionRightException",
    "sentry": "SoSentryException",
}


class ServiceError(Exception):
    """A rule of the service refuses the call; `error_type` is NetServer's own exception name."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


class NotFound(ServiceError):
    """An id or a name does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__("SoNotFoundException", message)


class MissingRight(ServiceError):
    """The caller is known, but may not do this; `kind` is a value of a choice."""

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(RIGHT_ERRORS[kind or "illegal-operation"], message)
        self.is_fixed = kind is not None


class BadArgument(Exception):
    """The request cannot be bound to the arguments of the call."""

    def __init__(self, message: str, detail: str) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class FlagsRefused(BadArgument):
    """The modification flags are spelled in a way that this server does not take."""


class QueryError(Exception):
    """An archive query is wrong: filter, column, order or paging."""


class HttpError(Exception):
    """An error of HTTP itself: an unknown path, a wrong method or content type."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class Unauthorized(Exception):
    """No identity, or one that may not log in; `status` is 401 unless a choice says otherwise."""

    def __init__(
        self, message: str, status: int = 401, html: bool = False, page: bool = False
    ) -> None:
        super().__init__(message)
        self.page = page
        self.message = message
        self.status = status
        self.html = html
