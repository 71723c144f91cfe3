# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which role a name or an id means, and what to say when it means none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .errors import UserError
from .model import UNSET, DesiredUser, Role
from .names import invisible_part

EXTERNAL_USER = "ExternalUser"


class Roles:
    """The roles that external users can have, as the service lists them."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self._roles = tuple(roles)
        self._by_id = {role.role_id: role for role in self._roles}
        self._by_text: dict[str, list[int]] = {}
        for role in self._roles:
            for text in {role.name, *role.names}:
                self._by_text.setdefault(text, []).append(role.role_id)

    @property
    def _existing(self) -> list[Role]:
        return [role for role in self._roles if not role.deleted]

    @property
    def possible(self) -> list[str]:
        """The names of the roles that may be given to an external user."""
        return sorted(role.name for role in self._existing)

    def get(self, role_id: int) -> Role | None:
        """Return the role with this id, even if it is deleted."""
        return self._by_id.get(role_id)

    def name(self, role_id: int) -> str:
        """Return the name of a role, or an empty string for one that the service does not list."""
        role = self._by_id.get(role_id)
        return role.name if role else ""

    def id_of_text(self, text: str) -> int | None:
        """Return the id that a string in the list of users means, None if that is not certain."""
        ids = self._by_text.get(text, ())
        return ids[0] if len(ids) == 1 else None

    def ids_of_texts(self, texts: Iterable[str]) -> list[int]:
        """Return the ids of all roles that one of the strings may mean."""
        return sorted({role_id for text in texts for role_id in self._by_text.get(text, ())})

    def find(self, desired: DesiredUser) -> Role | None:
        """Return the role that a definition asks for, or None if there is no such external role.

        A name that is spelled exactly wins over one that differs in case.

        Raises:
            UserError: the name is that of several roles; the text does not name the user.
        """
        if desired.role_id is not UNSET:
            return next((one for one in self._existing if one.role_id == desired.role_id), None)
        if desired.role is UNSET:
            return None
        found = _with_name(desired.role, self._existing)
        if len(found) > 1:
            raise _ambiguous(desired.role, found, "Give role_id instead.")
        return found[0] if found else None

    def ids_of_names(self, names: Iterable[str]) -> frozenset[int]:
        """Return the ids of roles that a scope or a filter names.

        Raises:
            UserError: a name is that of no role, of several roles, or of a deleted one.
        """
        return frozenset(self._id_of_name(name) for name in names)

    def _id_of_name(self, name: str) -> int:
        found = _with_name(name, self._existing)
        if len(found) > 1:
            # neither a scope nor a filter has ids of roles
            raise _ambiguous(
                name,
                found,
                "Select the users by their names or persons instead, or rename one of the roles.",
            )
        if found:
            return found[0].role_id
        if _with_name(name, list(self._roles)):
            raise UserError("role", f"the role '{name}' is deleted. {self._possible_roles()}")
        hint = self._nearest(DesiredUser(role=name))
        raise UserError(
            "role",
            f"there is no role '{name}' for external users{hint}. {self._possible_roles()}",
        )

    def refusal(self, desired: DesiredUser, all_roles: Iterable[Role]) -> UserError:
        """Say why the desired role cannot be given, knowing the roles of all types.

        The text does not name the user, so that it serves for every definition with this role.
        """
        named = (
            f"the role with the id {desired.role_id}"
            if desired.role_id is not UNSET
            else f"the role '{desired.role}'"
        )
        other = next((role for role in all_roles if _is_meant(role, desired)), None)
        if other is None:
            reason = "does not exist" + self._nearest(desired)
        elif other.type != EXTERNAL_USER:
            reason = f"is of the type {other.type}, an external user needs one of {EXTERNAL_USER}"
        else:
            reason = "is deleted"
        return UserError("role", f"{named} {reason}. {self._possible_roles()}")

    def _possible_roles(self) -> str:
        names = ", ".join(f"'{name}'" for name in self.possible)
        return f"Possible roles: {names or 'none'}."

    def _nearest(self, desired: DesiredUser) -> str:
        if desired.role is UNSET:
            return ""
        near = difflib.get_close_matches(desired.role, self.possible, n=1)
        hints = [f"did you mean '{near[0]}'?"] if near else []
        if invisible := invisible_part(desired.role):
            hints.insert(0, f"it has {invisible}")
        return f" ({'; '.join(hints)})" if hints else ""


def _ambiguous(name: str, roles: list[Role], remedy: str) -> UserError:
    ids = ", ".join(str(role.role_id) for role in roles)
    text = f"the role name '{name}' is ambiguous, it is that of the roles with the ids {ids}."
    return UserError("role", f"{text} {remedy}")


def _with_name(name: str, roles: list[Role]) -> list[Role]:
    """Return the roles that are called exactly so, else those that differ only in case."""
    return [role for role in roles if role.has_name(name)] or [
        role
        for role in roles
        if name.casefold() in {text.casefold() for text in (role.name, *role.names)}
    ]


def _is_meant(role: Role, desired: DesiredUser) -> bool:
    if desired.role_id is not UNSET:
        return role.role_id == desired.role_id
    return desired.role is not UNSET and role.has_name(desired.role)
