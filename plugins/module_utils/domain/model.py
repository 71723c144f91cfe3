# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values: current users, desired users, roles, and what a modification names."""

from __future__ import annotations

import dataclasses
import enum
import typing
from typing import Final

from .names import loose_key, name_key
from .shown_text import shown_name


class Unset(enum.Enum):
    """The type of UNSET: an option that was not given, which is neither null nor empty."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


class Modification(enum.Flag):
    """What a modification names; the numbers are those of ExternalUserInfoModification."""

    NONE = 0
    USER_NAME = 1
    PASSWORD = 2
    ROLE = 4
    ACTIVE = 8


class State(str, enum.Enum):
    """Whether the user should exist."""

    PRESENT = "present"
    ABSENT = "absent"


class UpdatePassword(str, enum.Enum):
    """When a given password is set on an existing user."""

    ON_CREATE = "on_create"
    ALWAYS = "always"
    WHEN_CHANGED = "when_changed"


class LoginProbe(enum.Enum):
    """The result of one login with the declared password."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_VERIFIABLE = "not verifiable"


@dataclasses.dataclass(frozen=True, slots=True)
class Secret:
    """A string that no repr, log or result may show."""

    value: str = dataclasses.field(repr=False)


class Role(typing.NamedTuple):
    """A role of the installation.

    `names` holds every spelling that the service may use for it (a multi-language name has one per
    language); `name` is the one in the language of the task.
    """

    role_id: int
    name: str
    type: str = "ExternalUser"
    deleted: bool = False
    names: frozenset[str] = frozenset()

    def has_name(self, text: str) -> bool:
        """Tell whether `text` is exactly a name of this role."""
        return text == self.name or text in self.names


class CurrentUser(typing.NamedTuple):
    """An external user as the service has it, or as a plan predicts it.

    `associate_id` is None for a user that is not created yet. `associate_name` is the name in the
    associate row, which the service may store apart from the login name. `aliases` are further
    names that the service confirmed to be names of this user.

    The fields from `full_name` on say whose login it is, as far as that was read. They are for
    people: no decision depends on them but the choice of users by company. `company` is the name of
    the company with its department, `company_name` without it.
    """

    associate_id: int | None
    person_id: int
    user_name: str
    role_id: int
    role: str
    is_active: bool
    associate_name: str = ""
    aliases: tuple[str, ...] = ()
    full_name: str = ""
    company: str = ""
    company_name: str = ""
    company_id: int = 0
    email: str = ""

    @property
    def names(self) -> list[str]:
        """All names of the user that are not empty."""
        return [name for name in (self.user_name, self.associate_name, *self.aliases) if name]

    def has_name(self, user_name: str) -> bool:
        """Tell whether `user_name` is a name of this user; names compare without case."""
        if user_name and user_name == self.user_name:  # as nearly always
            return True
        wanted = name_key(user_name)
        return any(name_key(name) == wanted for name in self.names)

    def spells(self, user_name: str) -> bool:
        """Tell whether the service stores exactly this spelling, in either of its columns."""
        return user_name in (self.user_name, self.associate_name)

    def is_alike(self, user_name: str) -> bool:
        """Tell whether the service might take `user_name` for a name of this user."""
        wanted = loose_key(user_name)
        return any(loose_key(name) == wanted for name in self.names)

    def is_login_of(self, other: CurrentUser) -> bool:
        """Tell whether this is the same login as `other`, and not a later one with its id."""
        names = {*map(name_key, self.names)}
        return self.person_id == other.person_id and (
            not names or not other.names or any(name_key(name) in names for name in other.names)
        )

    def has_state_of(self, other: CurrentUser) -> bool:
        """Tell whether nothing differs but names of person and company, and confirmed names."""
        return self.named_as(other)._replace(aliases=other.aliases) == other

    def named_as(self, other: CurrentUser) -> CurrentUser:
        """Return this user with the person and the company of another one."""
        return self._replace(
            full_name=other.full_name,
            company=other.company,
            company_name=other.company_name,
            company_id=other.company_id,
            email=other.email,
        )

    def logs_in_as(self, user_name: str) -> bool:
        """Tell whether `user_name` is the login name itself, or one that the service confirmed."""
        if user_name == self.user_name:  # as nearly always
            return True
        wanted = name_key(user_name)
        return any(name_key(name) == wanted for name in (self.user_name, *self.aliases))


class DesiredUser(typing.NamedTuple):
    """One user as a task or a definition declares it; UNSET means that the field is not managed.

    `active_from` and `active_until` are dates or times in the form of `periods.normalized`.
    `person_is_found` says that `person_id` was not declared, but looked up by the person's e-mail
    address or name.
    """

    state: State = State.PRESENT
    associate_id: int | Unset = UNSET
    person_id: int | Unset = UNSET
    user_name: str | Unset = UNSET
    person_email: str | Unset = UNSET
    person_name: str | Unset = UNSET
    company: str | Unset = UNSET
    previous_user_names: tuple[str, ...] = ()
    password: Secret | Unset = UNSET
    update_password: UpdatePassword = UpdatePassword.ON_CREATE
    generate_password: bool = False
    send_password_email: bool = False
    role: str | Unset = UNSET
    role_id: int | Unset = UNSET
    is_active: bool | Unset = UNSET
    active_from: str | Unset = UNSET
    active_until: str | Unset = UNSET
    owner: str | Unset = UNSET
    description: str | Unset = UNSET
    person_is_found: bool = False

    @property
    def declared(self) -> DesiredUser:
        """The definition as it was written, without the id of a person that was looked up."""
        if not self.person_is_found:
            return self
        return self._replace(person_id=UNSET, person_is_found=False)

    def with_person(self, person_id: int) -> DesiredUser:
        """Return the definition with the id of the person that it names."""
        return self._replace(person_id=person_id, person_is_found=True)

    @property
    def person_option(self) -> str:
        """The option that says which person is meant."""
        if not self.person_is_found:
            return "person_id"
        return "person_name" if self.person_email is UNSET else "person_email"

    @property
    def subject(self) -> str:
        """Name the user for a sentence, by all its keys."""
        ids = []
        if self.associate_id is not UNSET:
            ids.append(f"associate {self.associate_id}")
        if self.person_id is not UNSET:
            ids.append(f"person {self.person_id}")
        elif self.person_email is not UNSET:
            ids.append(f"person {shown_name(self.person_email)}")
        elif self.person_name is not UNSET:
            ids.append(f"person '{shown_name(self.person_name)}'")
        name = "" if self.user_name is UNSET else f" '{shown_name(self.user_name)}'"
        return f"External user{name}" + (f" ({', '.join(ids)})" if ids else "")

    @property
    def manages_role(self) -> bool:
        """Whether the definition says which role the user has."""
        return self.role is not UNSET or self.role_id is not UNSET

    @property
    def manages_access(self) -> bool:
        """Whether the definition says, in any way, if the user can log in."""
        given = (self.is_active, self.active_from, self.active_until)
        return any(one is not UNSET for one in given)

    @property
    def about(self) -> dict[str, str]:
        """What the definition tells people beside the values of the service, as far as it does."""
        told = (
            ("active_from", self.active_from),
            ("active_until", self.active_until),
            ("owner", self.owner),
            ("description", self.description),
        )
        return {name: text for name, text in told if text is not UNSET}


def describe(user: CurrentUser) -> str:
    """Name an existing user for a sentence."""
    return f"External user '{shown_name(user.user_name)}' (associate {user.associate_id})"
