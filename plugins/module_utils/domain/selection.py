# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters and scopes of users; names are globs, and compare without case."""

from __future__ import annotations

import fnmatch
import functools
import re
import typing
import unicodedata
from collections.abc import Iterable, Mapping

from .entries import LONGEST_ID
from .errors import UserError
from .model import UNSET, CurrentUser, Unset
from .names import name_key, plain_key
from .roles import Roles

WILDCARDS = "*?["


class Selection(typing.NamedTuple):
    """Conditions that must all hold; UNSET means any value.

    A company is meant by its name, alone or with its department as the service writes both.
    """

    associate_id: int | Unset = UNSET
    person_ids: frozenset[int] | Unset = UNSET
    user_names: tuple[str, ...] | Unset = UNSET
    role_ids: frozenset[int] | Unset = UNSET
    is_active: bool | Unset = UNSET
    companies: tuple[str, ...] | Unset = UNSET

    def holds(self, user: CurrentUser) -> bool:
        """Tell whether `user` is selected."""
        return (
            self.associate_id in (UNSET, user.associate_id)
            and (self.person_ids is UNSET or user.person_id in self.person_ids)
            and (self.user_names is UNSET or matches(user.user_name, self.user_names))
            and (self.role_ids is UNSET or user.role_id in self.role_ids)
            and self.is_active in (UNSET, user.is_active)
            and (self.companies is UNSET or is_of_company(user, self.companies))
        )


class Scope(typing.NamedTuple):
    """The users that a run is about, as options name them; None where a condition is not given."""

    roles: tuple[str, ...] | None = None
    user_names: tuple[str, ...] | None = None
    person_ids: frozenset[int] | None = None
    companies: tuple[str, ...] | None = None

    def to_document(self) -> object:
        """Return the scope as options spell it."""
        if self == Scope():
            return "all"
        named = {name: value for name, value in self._asdict().items() if value is not None}
        return {name: sorted(value) for name, value in named.items()}

    def selection(self, roles: Roles) -> Selection:
        """Return the scope with the ids of its roles.

        Raises:
            UserError: a name is that of no role, of several, or of a deleted one.
        """
        return Selection(
            user_names=UNSET if self.user_names is None else self.user_names,
            person_ids=UNSET if self.person_ids is None else self.person_ids,
            role_ids=UNSET if self.roles is None else roles.ids_of_names(self.roles),
            companies=UNSET if self.companies is None else self.companies,
        )

    def companies_without(self, users: Iterable[CurrentUser]) -> list[str]:
        """Return the companies of the scope that none of the users belongs to."""
        missing = dict.fromkeys(self.companies or ())
        for user in users if missing else ():
            for company in [one for one in missing if is_of_company(user, (one,))]:
                del missing[company]
        return list(missing)


def parse_scope(value: object) -> Scope:
    """Read a scope: `all`, or a mapping of the conditions of a scope to lists.

    Raises:
        UserError: it is neither; the text says everything that is wrong.
    """
    if value == "all":
        return Scope()
    known = Scope._fields
    if not isinstance(value, Mapping) or not value:
        raise UserError("definition", f"must be 'all' or a mapping of {', '.join(known)}.")
    problems = [
        f"unknown {name}; known are {', '.join(known)}" for name in value if name not in known
    ]
    problems += [
        f"{name} must be a list that is not empty"
        for name in known
        if name in value and (not isinstance(value[name], list) or not value[name])
    ]
    for name in ("roles", "user_names", "companies"):
        texts = value.get(name)
        if not isinstance(texts, list):
            continue
        if any(isinstance(one, str) and not one.strip() for one in texts):
            problems.append(f"{name} has an empty name")
        if not all(isinstance(one, str) for one in texts):
            problems.append(f"{name} must be strings; put numbers, true, false and dates in quotes")
    ids = value.get("person_ids")
    if isinstance(ids, list) and not all(_is_id(one) for one in ids):
        problems.append("person_ids must be ids of digits only")
    if problems:
        raise UserError("definition", f"{'; '.join(problems)}.")
    names, roles, companies = (value.get(one) for one in ("user_names", "roles", "companies"))
    return Scope(
        roles=None if roles is None else tuple(map(str, roles)),
        user_names=None if names is None else tuple(map(str, names)),
        person_ids=None if ids is None else frozenset(map(int, ids)),
        companies=None if companies is None else tuple(map(str, companies)),
    )


def _is_id(value: object) -> bool:
    text = str(value)
    return len(text) <= LONGEST_ID and text.isdecimal()


def is_of_company(user: CurrentUser, companies: tuple[str, ...]) -> bool:
    """Tell whether the person of a user belongs to one of some companies."""
    keys = _company_keys(companies)
    return _company_key(user.company_name) in keys or _company_key(user.company) in keys


def matches(user_name: str, globs: Iterable[str]) -> bool:
    """Tell whether a name matches one of the globs, or is one of them to the letter."""
    names, pattern = _matcher(tuple(globs))
    key = _key(user_name)
    return key in names or bool(pattern and pattern.match(key))


def is_literal(glob: str) -> bool:
    """Tell whether a glob means one name only."""
    return not any(sign in glob for sign in WILDCARDS)


@functools.lru_cache(maxsize=64)
def _company_keys(companies: tuple[str, ...]) -> frozenset[str]:
    # a user without a company is in none
    return frozenset(filter(None, map(_company_key, companies)))


# there are many users of a company
_company_key = functools.lru_cache(maxsize=1024)(plain_key)


@functools.lru_cache(maxsize=64)
def _matcher(globs: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Return the globs as names, since a name may contain a bracket, and one pattern for all."""
    patterns = [fnmatch.translate(_key(glob)) for glob in globs if not is_literal(glob)]
    return frozenset(map(_key, globs)), re.compile("|".join(patterns)) if patterns else None


def _key(text: str) -> str:
    # two normal forms of one name look the same to whoever writes a glob
    return name_key(text if text.isascii() else unicodedata.normalize("NFC", text))
