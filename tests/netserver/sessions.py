# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tickets, tokens and web-client sessions."""

from __future__ import annotations

import collections
import hashlib
import secrets
import threading
import time


def _mark(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """The holders of credentials, which are kept as hashes only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: dict[str, int] = {}
        self._issued: dict[str, float] = {}
        self._uses: collections.Counter[str] = collections.Counter()
        self._xsrf: dict[str, str] = {}
        self._refused: set[str] = set()

    def issue_ticket(self, associate_id: int) -> str:
        """Make a ticket."""
        return self._issue("7T:" + secrets.token_urlsafe(24) + "==", associate_id)

    def issue_token(self, associate_id: int) -> str:
        """Make a bearer token."""
        return self._issue("8A:" + secrets.token_urlsafe(32), associate_id)

    def issue_session(self, associate_id: int) -> tuple[str, str]:
        """Make a session, and return its Cookie header and XSRF token."""
        session = self._issue(secrets.token_hex(20), associate_id)
        xsrf = secrets.token_hex(16)
        with self._lock:
            self._xsrf[_mark(session)] = _mark(xsrf)
        return f"SuperOfficeSession={session}; XSRF-TOKEN={xsrf}", xsrf

    def _issue(self, credential: str, associate_id: int) -> str:
        with self._lock:
            mark = _mark(credential)
            self._holders[mark] = associate_id
            self._issued[mark] = time.monotonic()
        return credential

    def holder(
        self, credential: str, requests: int | None = None, seconds: int | None = None
    ) -> int | None:
        """Return whose ticket, token or session this is; None if it is unknown or has ended.

        Each call counts as a request; the limits say after which use or time it ends.
        """
        mark = _mark(credential)
        holder = self._holders.get(mark)
        if holder is None:
            return None
        with self._lock:
            self._uses[mark] += 1
            ended = requests is not None and self._uses[mark] > requests
        if ended or (seconds is not None and time.monotonic() - self._issued[mark] > seconds):
            return None
        return holder

    def xsrf_matches(self, session: str, xsrf: str) -> bool:
        """Tell whether the token belongs to the session."""
        return self._xsrf.get(_mark(session)) == _mark(xsrf)

    def refuse(self, credential: str) -> None:
        """Treat this credential, of any scheme, as expired from now on."""
        with self._lock:
            self._refused.add(_mark(credential))

    def is_refused(self, credential: str) -> bool:
        """Tell whether `refuse` was called for it."""
        return bool(self._refused) and _mark(credential) in self._refused

    def expire(self) -> None:
        """End all tickets, tokens and sessions; new ones can be issued."""
        with self._lock:
            self._holders.clear()
            self._issued.clear()
            self._uses.clear()
            self._xsrf.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.expire()
        with self._lock:
            self._refused.clear()
