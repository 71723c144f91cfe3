# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The context of one call: who asks, in which language, under which profile."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Mapping
from functools import cached_property

from .enums import EXTERNAL
from .errors import MissingRight, NotFound
from .language import requested_language, translate
from .profile import Profile
from .tenant import Tenant
from .view import UserRecord, View

ADMINISTRATION_RIGHTS = frozenset({"admin-all", "admin-users", "admin-extern-user"})


@dataclasses.dataclass
class Call:
    """The context that operations are given."""

    tenant: Tenant
    profile: Profile
    login: UserRecord
    query: Mapping[str, str]
    headers: Mapping[str, str]
    url: str = ""

    @cached_property
    def view(self) -> View:
        """The state that this request reads; it may lag behind the writes."""
        return self.tenant.reading()

    @cached_property
    def language(self) -> str | None:
        """The language that texts come in; None for raw texts."""
        return requested_language(self.headers)

    def text(self, stored: str | None) -> str:
        """Return a stored text in the language of the request."""
        return translate(stored or "", self.language)

    def require_administration(self) -> None:
        """Refuse callers that may not administer external users."""
        if not may_administer(self.login):
            raise MissingRight(
                "The user does not have the right to administer external users (admin-extern-user)."
            )

    def require_managed(self, row: sqlite3.Row, missing: str) -> None:
        """Refuse look-ups of users that the caller may not manage, where the profile does."""
        form = self.profile.unmanaged_user
        if form == "shown" or may_manage(self.login, row):
            return
        if form == "null":
            raise NotFound(missing)
        raise MissingRight("The user may not be managed by the current user.", form)

    def require_internal(self) -> None:
        """Refuse external users where only internal ones may read."""
        if self.login.is_external:
            raise MissingRight("External users may not read this.")


def may_manage(caller: UserRecord, row: sqlite3.Row) -> bool:
    """Tell whether a caller may manage a user: external ones, or all with the rights for that."""
    return not row["hidden"] and (row["type"] == EXTERNAL or may_manage_internal(caller))


def may_manage_internal(caller: UserRecord) -> bool:
    """Tell whether a caller may manage internal users."""
    rights = {"admin-all", "admin-users"} & set(caller.functional_rights)
    return caller.type == "System" or bool(rights)


def may_administer(user: UserRecord) -> bool:
    """Tell whether a user may administer external users; system users may do everything."""
    if user.type == "System":
        return True
    return not user.is_external and bool(ADMINISTRATION_RIGHTS & set(user.functional_rights))
