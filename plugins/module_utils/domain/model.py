# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that decisions are made of: what is, what shall be, and what would change."""

from __future__ import annotations

import dataclasses
import enum
import typing
from typing import Final


class Unset(enum.Enum):
    """The type of UNSET: an option that was not given, which is neither null nor empty."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


class Change(enum.Flag):
    """What a modification names; the numbers are those of ExternalUserInfoModification."""

    NONE = 0
    USER_NAME = 1
    PASSWORD = 2
    ROLE = 4
    ACTIVE = 8


class State(str, enum.Enum):
    """Whether the user shall exist."""

    PRESENT = "present"
    ABSENT = "absent"


class UpdatePassword(str, enum.Enum):
    """When a password that was given is set on a user that exists."""

    ON_CREATE = "on_create"
    ALWAYS = "always"
    WHEN_CHANGED = "when_changed"


class LoginProbe(enum.Enum):
    """What one login with the wanted password told."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_VERIFIABLE = "not verifiable"


@dataclasses.dataclass(frozen=True, slots=True)
class Secret:
    """A text that no repr, log or result may show."""

    value: str = dataclasses.field(repr=False)


class Role(typing.NamedTuple):
    """A role of the installation.

    `names` are all spellings that the service may use for it (a multi-language text has one per
    language), `name` is the one in the language of the task.
    """

    role_id: int
    name: str
    type: str = "ExternalUser"
    deleted: bool = False
    names: frozenset[str] = frozenset()

    def is_called(self, text: str) -> bool:
        """Tell whether `text` is a name of this role, to the letter."""
        return text == self.name or text in self.names


class CurrentUser(typing.NamedTuple):
    """An external user as the service has it, or as a plan predicts it.

    `associate_id` is none for a user that is not created yet. `associate_name` is the name of the
    associate row, which the service may keep apart from the login name (netserver-api 8).
    """

    associate_id: int | None
    person_id: int
    user_name: str
    role_id: int
    role: str
    is_active: bool
    associate_name: str = ""

    def is_called(self, user_name: str) -> bool:
        """Tell whether `user_name` is this user's name; names compare without case."""
        wanted = same_name(user_name)
        return wanted == same_name(self.user_name) or wanted == same_name(self.associate_name)

    def is_named(self, user_name: str) -> bool:
        """Tell whether the name is spelled `user_name`, so that a rename has nothing to do.

        Where login name and associate name really differ, the service has renamed one of the two
        only, and either spelling is as good as it gets.
        """
        if user_name == self.user_name:
            return True
        split = same_name(self.user_name) != same_name(self.associate_name)
        return split and user_name == self.associate_name


class DesiredUser(typing.NamedTuple):
    """One user as a task or a definition declares it; UNSET means: not managed."""

    state: State = State.PRESENT
    associate_id: int | Unset = UNSET
    person_id: int | Unset = UNSET
    user_name: str | Unset = UNSET
    previous_user_names: tuple[str, ...] = ()
    password: Secret | Unset = UNSET
    update_password: UpdatePassword = UpdatePassword.ON_CREATE
    generate_password: bool = False
    role: str | Unset = UNSET
    role_id: int | Unset = UNSET
    is_active: bool | Unset = UNSET

    @property
    def subject(self) -> str:
        """Name the user for a sentence, by the best key there is."""
        ids = []
        if self.associate_id is not UNSET:
            ids.append(f"associate {self.associate_id}")
        if self.person_id is not UNSET:
            ids.append(f"person {self.person_id}")
        name = "" if self.user_name is UNSET else f" '{self.user_name}'"
        return f"External user{name}" + (f" ({', '.join(ids)})" if ids else "")

    @property
    def manages_role(self) -> bool:
        """Whether the definition says which role the user has."""
        return self.role is not UNSET or self.role_id is not UNSET


def same_name(user_name: str) -> str:
    """Fold a user name so that two spellings of one login are equal."""
    folded = user_name.casefold()
    # mostly the same: one text for both takes half the room
    return user_name if folded == user_name else folded


def is_sendable(text: str) -> bool:
    """Tell whether a text is all characters; half of a surrogate pair is none, and has no UTF-8."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def describe(user: CurrentUser) -> str:
    """Name an existing user for a sentence."""
    return f"External user '{user.user_name}' (associate {user.associate_id})"
