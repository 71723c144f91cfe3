# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded NetServer: a strict, stateful stand-in for the SuperOffice NetServer WebAPI."""

from __future__ import annotations

from .journal import Entry, Journal
from .passwords import PasswordRules
from .profile import Profile, load_profile
from .server import NetServer, Tls
from .tenant import Tenant
from .view import UserRecord

__all__ = [
    "Entry",
    "Journal",
    "NetServer",
    "PasswordRules",
    "Profile",
    "Tenant",
    "Tls",
    "UserRecord",
    "load_profile",
]
