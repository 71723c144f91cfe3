# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An index of all existing external users."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .model import UNSET, CurrentUser, DesiredUser
from .names import loose_key, name_key

Key = typing.TypeVar("Key", int, str)


class UserIndex:
    """Finds users by id, by person and by name."""

    def __init__(self, users: Iterable[CurrentUser]) -> None:
        self._by_id: dict[int, CurrentUser] = {}
        self._by_person: dict[int, list[CurrentUser]] = {}
        self._by_name: dict[str, list[CurrentUser]] = {}
        self._by_loose_name: dict[str, list[CurrentUser]] | None = None
        for user in users:
            if user.associate_id is None:
                continue
            self._by_id[user.associate_id] = user
            _add(self._by_person, user.person_id, user)
            names = {name_key(user.user_name)}
            if user.aliases or user.associate_name is not user.user_name:
                names.update(map(name_key, user.names))
            for name in names:
                _add(self._by_name, name, user)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[CurrentUser]:
        return iter(self._by_id.values())

    def get(self, associate_id: int | None) -> CurrentUser | None:
        """Return the user with this id."""
        return None if associate_id is None else self._by_id.get(associate_id)

    def by_name(self, user_name: str) -> list[CurrentUser]:
        """Return the users that have this name in any of their names."""
        return self._by_name.get(name_key(user_name), [])

    def alike(self, user_name: str) -> list[CurrentUser]:
        """Return the users with a name that the service might take for this one."""
        if self._by_loose_name is None:
            self._by_loose_name = {}
            for user in self:
                for name in set(map(loose_key, user.names)):
                    _add(self._by_loose_name, name, user)
        return self._by_loose_name.get(loose_key(user_name), [])

    def with_aliases(self, aliases: Mapping[int | None, Sequence[str]]) -> UserIndex:
        """Return the index with further names of users, by their ids."""
        return UserIndex(
            user._replace(aliases=(*user.aliases, *aliases[user.associate_id]))
            if user.associate_id in aliases
            else user
            for user in self
        )

    def candidates(self, desired: DesiredUser) -> list[CurrentUser]:
        """Return every user that a key of a definition may mean."""
        found: list[CurrentUser] = []
        if desired.associate_id is not UNSET and desired.associate_id in self._by_id:
            found.append(self._by_id[desired.associate_id])
        if desired.person_id is not UNSET:
            found += self._by_person.get(desired.person_id, ())
        if desired.user_name is not UNSET:
            found += self.by_name(desired.user_name)
        for name in desired.previous_user_names:
            found += self.by_name(name)
        return list({user.associate_id: user for user in found}.values())


def _add(index: dict[Key, list[CurrentUser]], key: Key, user: CurrentUser) -> None:
    # nearly always the first and only one: a list that is appended to takes more memory
    if key in index:
        index[key].append(user)
    else:
        index[key] = [user]
