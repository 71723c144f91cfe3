# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication: Basic, SOTicket, Bearer, and the web client's cookie with X-XSRF-TOKEN."""

from __future__ import annotations

import base64
import binascii
import collections
import dataclasses
import threading
from collections.abc import Mapping

from .errors import Unauthorized
from .profile import Profile
from .tenant import Tenant
from .view import UserRecord

_BASIC = {"WWW-Authenticate": 'Basic realm="SuperOffice"'}
_WINDOWS = {"WWW-Authenticate": "Negotiate, NTLM"}


def challenge(profile: Profile) -> dict[str, str]:
    """Return the header of a 401."""
    return dict(_BASIC if profile.challenge == "basic" else _WINDOWS)


@dataclasses.dataclass(frozen=True)
class Credential:
    """The credential of a request; `sent` is the text by which an expiry is remembered."""

    scheme: str
    sent: str = ""
    name: str = ""
    secret: str = ""


def credential_of(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Credential:
    """Read the credential of a request."""
    authorization = headers.get("Authorization", "").strip()
    if authorization:
        scheme, _blank, value = authorization.partition(" ")
        return _from_header(scheme.lower(), value.strip())
    session = cookies.get("SuperOfficeSession", "")
    if session or "X-XSRF-TOKEN" in headers:
        token = headers.get("X-XSRF-TOKEN", "")
        return Credential("xsrf", sent=session, name=session, secret=token)
    return Credential("none")


def _from_header(scheme: str, value: str) -> Credential:
    if scheme == "soticket":
        return Credential("soticket", sent=value, secret=value)
    if scheme == "bearer":
        return Credential("bearer", sent=value, secret=value)
    if scheme != "basic":
        return Credential("none")
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return Credential("basic", sent=value)
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError:
        text = decoded.decode("latin-1")
    if text.startswith("7T:") and text.endswith(":"):
        # A ticket contains a colon, so it cannot be split at the first one.
        return Credential("soticket", sent=text[:-1], secret=text[:-1])
    name, _colon, password = text.partition(":")
    return Credential("basic", sent=value, name=name, secret=password)


class Authenticator:
    """Checks credentials, and counts wrong passwords for names that get locked."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._lock = threading.Lock()
        self._failures: collections.Counter[str] = collections.Counter()

    def reset(self) -> None:
        """Forget the wrong passwords."""
        with self._lock:
            self._failures.clear()

    def authenticate(self, credential: Credential, profile: Profile) -> UserRecord:
        """Return the user of a credential, or raise Unauthorized."""
        if credential.scheme == "none":
            raise Unauthorized("Authentication is required.")
        if self._tenant.sessions.is_refused(credential.sent):
            raise Unauthorized("The session has expired.")
        if credential.scheme == "basic":
            if profile.challenge == "windows-only":
                raise Unauthorized("Windows authentication is required.", page=True)
            return self._with_password(credential, profile)
        if credential.scheme == "bearer" and profile.bearer == "refused":
            raise Unauthorized("Bearer tokens are not accepted.")
        return self._with_session(credential, profile)

    def _with_password(self, credential: Credential, profile: Profile) -> UserRecord:
        key = credential.name.lower()
        limit = profile.limit("lockout")
        if limit and self._failures[key] >= limit:
            raise Unauthorized("The user is locked.")
        user = None
        if credential.name:
            user = self._tenant.verify(credential.name, credential.secret)
        if user is None:
            with self._lock:
                self._failures[key] += 1
            raise Unauthorized("Wrong user name or password.")
        if self._failures:
            with self._lock:
                self._failures.pop(key, None)
        allowed = _allowed(user, profile)
        self._tenant.set_last_login(user.associate_id)
        return allowed

    def _with_session(self, credential: Credential, profile: Profile) -> UserRecord:
        sessions = self._tenant.sessions
        is_cookie = credential.scheme == "xsrf"
        if is_cookie and not sessions.xsrf_matches(credential.name, credential.secret):
            raise Unauthorized("The XSRF token is missing or wrong.")
        key = credential.name if is_cookie else credential.secret
        limits = profile.limit("session_requests"), profile.limit("session_seconds")
        holder = sessions.holder(key, *limits)
        user = self._tenant.user(holder) if holder is not None else None
        if user is None or user.deleted or not user.is_active:
            raise Unauthorized("The ticket, token or session is not valid, or has ended.")
        return user


def _allowed(user: UserRecord, profile: Profile) -> UserRecord:
    """Return a user whose password was right, or refuse the login for another reason."""
    if user.is_external and profile.external_login == "refused":
        raise Unauthorized("External users may not log in.")
    if user.deleted:
        raise Unauthorized("Wrong user name or password.")
    if not user.is_active:
        raise Unauthorized("The user may not log in.", status=int(profile.inactive_login))
    if user.type in ("Resource", "Anonymous"):
        raise Unauthorized("Users of this type may not log in.")
    if user.is_external and profile.external_login == "forbidden":
        raise Unauthorized("External users may not use the web services.", status=403)
    if user.is_external and profile.external_login == "html":
        raise Unauthorized("Please log in.", status=200, html=True)
    return user
