# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One installation, accessed with one login for the duration of one task."""

from __future__ import annotations

from collections.abc import Mapping

from ..domain.model import CurrentUser, LoginProbe, Secret
from ..domain.names import name_key
from . import json_fields
from .archive import Archive
from .authentication import Basic
from .cancellation import CancelToken
from .concurrency import ONE_AT_A_TIME, Concurrency
from .errors import NetServerError, Unauthorized
from .http import Transport
from .persons import Persons
from .request import Request
from .settings import ConnectionSettings
from .user_agent import UserAgent

_PRINCIPAL = Request("login", "User/currentPrincipal", "GET", "v1/User/currentPrincipal")
_PROBE = _PRINCIPAL._replace(kind="login_probe")


class Client:
    """Access to one NetServer: the User agent, the archives, and the login itself."""

    def __init__(
        self,
        settings: ConnectionSettings,
        concurrency: Concurrency = ONE_AT_A_TIME,
        cancel_token: CancelToken | None = None,
    ) -> None:
        self.transport = Transport(settings, concurrency=concurrency, cancel_token=cancel_token)
        self.agent = UserAgent(self.transport)
        self.archive = Archive(self.transport)
        self.persons = Persons(self.transport, self.archive)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.transport.close()

    @property
    def is_cancelled(self) -> bool:
        """Whether the run was interrupted: no further request starts."""
        return self.transport.cancel_token.cancelled

    def cancel(self) -> None:
        """Let no further request start, and end all waits."""
        self.transport.cancel_token.cancel()

    @property
    def requests(self) -> dict[str, int]:
        """How many requests were sent, by kind."""
        return dict(sorted(self.transport.sent.items()))

    def check_login(self) -> None:
        """Ask the service who we are; raises why it refuses."""
        self.transport.call(_PRINCIPAL)

    @property
    def login_name(self) -> str:
        """The name of the calling login, empty where the credentials do not tell it."""
        authentication = self.transport.settings.authentication
        return authentication.user_name if isinstance(authentication, Basic) else ""

    def login_id(self) -> int:
        """Return the associate id of the calling login (User/currentPrincipal)."""
        principal = json_fields.record(self.transport.call(_PRINCIPAL).value, _PRINCIPAL.operation)
        return json_fields.number(principal, "AssociateId", _PRINCIPAL.operation)

    def probe_login(self, user: CurrentUser, password: Secret) -> LoginProbe:
        """Log in once as `user`, in a session of its own, to see whether `password` is right.

        Anything but an identity that is this user's, or a plain 401, tells nothing: the service
        may not let external users in at all, or something before it may have responded.
        """
        scheme = self.transport.settings.authentication.scheme
        if scheme != Basic.scheme or ":" in user.user_name:
            return LoginProbe.NOT_VERIFIABLE
        theirs = self.transport.with_login(Basic(user.user_name, password))
        try:
            principal = theirs.call(_PROBE).value
        except Unauthorized:
            return LoginProbe.MISMATCH
        except NetServerError:
            return LoginProbe.NOT_VERIFIABLE
        finally:
            for kind, number in theirs.sent.items():
                self.transport.count(kind, number)
            theirs.close()
        return LoginProbe.MATCH if _is_principal(principal, user) else LoginProbe.NOT_VERIFIABLE


def _is_principal(principal: object, user: CurrentUser) -> bool:
    if not isinstance(principal, Mapping):
        return False
    try:
        found = json_fields.number(principal, "AssociateId", "User/currentPrincipal")
    except NetServerError:
        name = principal.get("UserName")
        return isinstance(name, str) and name_key(name) == name_key(user.user_name)
    return found == user.associate_id
