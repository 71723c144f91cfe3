# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users look like in a definition file: from entries to declarations, and back."""

from __future__ import annotations

import difflib
import enum
import functools
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence

from .errors import UserError
from .model import (
    UNSET,
    CurrentUser,
    DesiredUser,
    Secret,
    State,
    UpdatePassword,
    is_sendable,
    same_name,
)
from .options import OPTIONS, SHARABLE, Kind
from .roles import Roles

Entry = dict[str, typing.Any]
# returns the value of the option of this name in its type, or raises a ValueError
Check = Callable[[str, object], typing.Any]
LARGEST_ID = 2**31 - 1
LONGEST_ID = 20
MOST_FINDINGS = 1000


class Place(typing.NamedTuple):
    """Where an entry stands: in which list, and at which number.

    `lines` tells the lines of all entries, if it is the list of a file.
    """

    source: str
    number: int
    lines: Callable[[], Sequence[int]] | None = None

    @property
    def line(self) -> int:
        """The line in which the entry begins, or 0."""
        lines = self.lines() if self.lines else ()
        return lines[self.number] if self.number < len(lines) else 0

    def __str__(self) -> str:
        line = self.line
        if line:
            return f"{self.source}:{line} (users[{self.number}])"
        return f"{self.source}[{self.number}]"


class Declared(typing.NamedTuple):
    """A declaration, and where it stands."""

    desired: DesiredUser
    place: Place


class Foreign(typing.NamedTuple):
    """A value of a file that no option can have, such as a date; `what` says which kind."""

    what: str


class Finding(typing.NamedTuple):
    """Something wrong with the input or with what it asks for; `where` may be empty."""

    where: str
    message: str
    kind: str = "definition"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class Definitions:
    """Collects declarations from entries, and everything that is wrong with them."""

    def __init__(
        self, defaults: Mapping[str, typing.Any], passwords: Mapping[str, Secret], source: str
    ) -> None:
        self.declared: list[Declared] = []
        self.findings: list[Finding] = []
        self._passwords: dict[str, Secret] = {}
        self._unused_passwords: dict[str, str] = {}
        for name, secret in passwords.items():
            first = self._unused_passwords.setdefault(same_name(name), name)
            if first is not name:
                message = f"'{first}' and '{name}' are one name; names compare without case."
                self.findings.append(Finding("passwords", message, "duplicate"))
            self._passwords[same_name(name)] = secret
        self._defaults = self._checked_defaults(defaults, source)

    @property
    def unused_passwords(self) -> list[str]:
        """The names that have a password and no definition."""
        return sorted(self._unused_passwords.values())

    def add(
        self,
        entries: Iterable[tuple[Place, object]],
        defaults: Mapping[str, typing.Any] | None = None,
        source: str = "",
    ) -> None:
        """Add the entries of one list, with the `defaults` of its file if it has some."""
        shared = {**self._defaults, **self._checked_defaults(defaults or {}, source)}
        for place, entry in entries:
            if len(self.findings) >= MOST_FINDINGS:
                self._give_up(place)
                return
            try:
                values = _with_defaults(checked_entry(entry), shared)
                if self._passwords:
                    self._add_password(values)
                self.declared.append(Declared(desired_of(values), place))
            except UserError as error:
                self.findings.append(Finding(str(place), str(error), error.kind))

    def leave_out_doubles(self) -> None:
        """Report declarations that say themselves that they are about the user of another one."""
        seen: dict[tuple[str, object], Place] = {}
        kept = []
        for declared in self.declared:
            keys = _keys(declared.desired)
            doubles = [key for key in keys if key in seen]
            if not doubles:
                for key in keys:
                    seen[key] = declared.place
                kept.append(declared)
                continue
            if len(self.findings) >= MOST_FINDINGS:
                self._give_up(declared.place)
                break
            option, value = key = doubles[0]
            shown = declared.desired.user_name if option == "user_name" else value
            message = (
                f"{option} '{shown}' is that of {seen[key]} already; names compare without case."
                " Keep one of the two."
            )
            self.findings.append(Finding(str(declared.place), message, "duplicate"))
        self.declared = kept

    def _give_up(self, place: Place) -> None:
        """Say, once, that so much is wrong that nobody wants to read more of it."""
        if len(self.findings) == MOST_FINDINGS:
            self.findings.append(Finding(str(place), "from here on nothing more was looked at."))

    def _add_password(self, values: Entry) -> None:
        name = values.get("user_name")
        if not isinstance(name, str):
            return
        self._unused_passwords.pop(same_name(name), None)
        secret = self._passwords.get(same_name(name))
        if secret is None:
            return
        if values.get("password") is not None:
            raise UserError(
                "definition",
                f"External user '{name}': the password is given twice, here and in passwords.",
            )
        values["password"] = secret
        values["generate_password"] = False

    def _checked_defaults(self, defaults: Mapping[str, typing.Any], source: str) -> Entry:
        where = f"{source}: defaults" if source else "defaults"
        try:
            values = checked_entry(defaults, _SHARABLE)
        except UserError as error:
            self.findings.append(Finding(where, str(error)))
            return {}
        if values.get("role") is not None and values.get("role_id") is not None:
            self.findings.append(Finding(where, "give either role or role_id, not both."))
        return values


def checked_entry(entry: object, known: Mapping[str, Check] | None = None) -> Entry:
    """Return an entry with its values as a declaration has them; null is the same as not given.

    Args:
        entry: what stands in a list of users, or as its defaults.
        known: the options that may be given; all of them unless others are named.

    Raises:
        UserError: everything that is wrong with the entry, in one sentence.
    """
    known = _CHECKS if known is None else known
    if not isinstance(entry, dict):
        raise UserError("definition", f"an entry must be a mapping, not {_type_name(entry)}.")
    values: Entry = {}
    problems = []
    for name, value in entry.items():
        check = known.get(name)
        if check is None:
            problems.append(_unknown(name, known))
        elif value is not None:
            try:
                values[name] = check(name, value)
            except ValueError as error:
                problems.append(str(error))
    if problems:
        name = entry.get("user_name")
        subject = f"External user '{name}': " if isinstance(name, str) else ""
        raise UserError("definition", f"{subject}{'; '.join(problems)}.")
    return values


def desired_of(values: Mapping[str, typing.Any]) -> DesiredUser:
    """Turn checked values of the options, those that are given, into a declaration.

    Raises:
        UserError: the options contradict each other, or one can not be what it is.
    """
    desired = DesiredUser(**values)
    problem = _contradiction(desired)
    if problem:
        raise UserError("definition", f"{desired.subject}: {problem}.")
    return desired


def definitions_of(users: Iterable[CurrentUser], roles: Roles) -> list[Entry]:
    """Write existing users down as entries; applying them changes nothing.

    There is no password in them, so that such an entry can manage a user and not create one. An id
    stands in for a name only where the name would not do: a role name that several roles have, a
    user name that differs from another one in case only. A role that can no longer be given is
    left out, which leaves it alone.
    """
    users = list(users)
    alike: dict[str, int] = {}
    for user in users:
        folded = same_name(user.user_name)
        alike[folded] = alike.get(folded, 0) + 1
    return [_definition(user, roles, alike[same_name(user.user_name)] > 1) for user in users]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that was probably meant, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _unknown(name: object, known: Iterable[str]) -> str:
    text = str(name)[:80]
    return f"unknown option '{text}'{nearest(text, known)}"


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    _refuse_foreign(name, value)
    raise ValueError(f"{name} must be a text, not {_type_name(value)}; put it in quotes")


def _id(name: str, value: object) -> int:
    if isinstance(value, str) and len(value) <= LONGEST_ID and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID:
        return value
    _refuse_foreign(name, value)
    # a number that is not too long to be read
    shown = f", not {value}" if isinstance(value, int) and abs(value) < 2**63 else ""
    raise ValueError(f"{name} must be a positive id{shown}")


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    flag = words.get(value.strip().lower()) if isinstance(value, str) else None
    if flag is None:
        _refuse_foreign(name, value)
        raise ValueError(f"{name} must be true or false")
    return flag


def _shared_text(name: str, value: object) -> str:
    # many users have the same few roles, and then the same text; it may be a kind of Ansible's own
    return _shared(_text(name, value))


def _names(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(name, item) for item in value)
    _refuse_foreign(name, value)
    raise ValueError(f"{name} must be a list of texts, not {_type_name(value)}")


def _secret(name: str, value: object) -> Secret:
    return value if isinstance(value, Secret) else Secret(_text(name, value))


def _choice(choices: Mapping[str, enum.Enum], name: str, value: object) -> enum.Enum:
    text = _text(name, value)
    if text not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}")
    return choices[text]


def _refuse_foreign(name: str, value: object) -> None:
    if isinstance(value, Foreign):
        raise ValueError(f"{name} can not be {value.what}")


def _chosen(kind: type[enum.Enum]) -> Check:
    return functools.partial(_choice, {str(one.value): one for one in kind})


_shared = functools.lru_cache(str)
# return a value in the type of a declaration; templates make texts of numbers and booleans
_CHECK_OF_KIND: dict[Kind, Check] = {
    Kind.TEXT: _text,
    Kind.SECRET: _secret,
    Kind.ID: _id,
    Kind.FLAG: _flag,
    Kind.NAMES: _names,
}
_CHECKS = {
    **{one.name: _CHECK_OF_KIND[one.kind] for one in OPTIONS if one.kind in _CHECK_OF_KIND},
    "state": _chosen(State),
    "update_password": _chosen(UpdatePassword),
    "role": _shared_text,
}
_SHARABLE = {name: _CHECKS[name] for name in SHARABLE}


def _type_name(value: object) -> str:
    # bool before int, since it is one
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false"}
    names |= {int: "a number", float: "a number", type(None): "nothing"}
    return next(
        (name for kind, name in names.items() if isinstance(value, kind)), "a special value"
    )


def _with_defaults(values: Entry, defaults: Mapping[str, typing.Any]) -> Entry:
    """Add defaults to an entry; what it says itself about the role or the password goes first."""
    if not defaults:
        return values
    merged = {**defaults, **values}
    if "role" in values or "role_id" in values:
        for name in {"role", "role_id"} - values.keys():
            merged.pop(name, None)
    if "password" in values and "generate_password" not in values:
        merged["generate_password"] = False
    return merged


def _contradiction(desired: DesiredUser) -> str:
    """Say what is wrong with a declaration in itself, or nothing."""
    if desired.associate_id is desired.person_id is desired.user_name is UNSET:
        return "an entry needs associate_id, person_id or user_name"
    for option, text in _texts(desired):
        if not text or text.isspace():
            return f"{option} must not be empty"
        if not is_sendable(text):
            return f"{option} has characters that can not be sent"
    if desired.password is not UNSET and desired.generate_password:
        return "give either password or generate_password, not both"
    if desired.role is not UNSET and desired.role_id is not UNSET:
        return "give either role or role_id, not both"
    return ""


def _texts(desired: DesiredUser) -> list[tuple[str, str]]:
    texts = [("previous_user_names", name) for name in desired.previous_user_names]
    if desired.user_name is not UNSET:
        texts.append(("user_name", desired.user_name))
    if desired.role is not UNSET:
        texts.append(("role", desired.role))
    if isinstance(desired.password, Secret):
        texts.append(("password", desired.password.value))
    return texts


def _keys(desired: DesiredUser) -> list[tuple[str, object]]:
    """Return what no second declaration may say as well.

    One person may have several users, which their names tell apart.
    """
    keys: list[tuple[str, object]] = []
    if desired.associate_id is not UNSET:
        keys.append(("associate_id", desired.associate_id))
    if desired.user_name is not UNSET:
        keys.append(("user_name", same_name(desired.user_name)))
    elif desired.person_id is not UNSET and desired.associate_id is UNSET:
        keys.append(("person_id", desired.person_id))
    return keys


def _definition(user: CurrentUser, roles: Roles, has_double: bool) -> Entry:
    entry: Entry = {}
    # a name of blanks alone can be read, and not declared
    if has_double or not user.user_name.strip():
        entry["associate_id"] = user.associate_id
    else:
        entry["user_name"] = user.user_name
    entry["person_id"] = user.person_id
    role = roles.get(user.role_id)
    if role and not role.deleted:
        if roles.id_of_text(role.name) is None:
            entry["role_id"] = role.role_id
        else:
            entry["role"] = role.name
    entry["is_active"] = user.is_active
    return entry
