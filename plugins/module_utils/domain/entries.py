# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One entry of a definition file: option values, checked and in their types."""

from __future__ import annotations

import datetime
import difflib
import enum
import functools
import re
import typing
from collections.abc import Callable, Iterable, Mapping

from .errors import UserError
from .model import UNSET, DesiredUser, Secret, State, UpdatePassword
from .names import invisible_part, is_sendable
from .options import OPTIONS, SHARABLE, Kind
from .periods import FORMS, contradiction, normalized

Values = dict[str, typing.Any]
# returns the value of the option of this name in its type, or raises a ValueError
Check = Callable[[str, object], typing.Any]
# where Ansible would take a text for a template
TEMPLATE_MARK = re.compile(r"\{[{%#]")
_USER_NAMES = ("user_name", "previous_user_names")
# an entry needs one of these
KEYS = ("associate_id", "person_id", "user_name", "person_email", "person_name")
# how ansible-vault and sops begin what they have encrypted
_ENCRYPTED = ("$ANSIBLE_VAULT;", "ENC[AES256_GCM,")
LARGEST_ID = 2**31 - 1
LONGEST_ID = 20


class UnsupportedValue(typing.NamedTuple):
    """A value of a file that is no string, number or list; `what` describes it.

    `time` is the text of a date or a time, which only options of that kind can have.
    """

    what: str
    time: str = ""


def parse_entry(entry: object, known: Mapping[str, Check] | None = None) -> Values:
    """Return the values of an entry in the types of a definition; null is the same as not given.

    Args:
        entry: an item of a list of users, or its defaults.
        known: the options that may be given, with their checks; all options by default.

    Raises:
        UserError: everything that is wrong with the entry, in one sentence.
    """
    known = _CHECKS if known is None else known
    if isinstance(entry, UnsupportedValue):
        raise UserError("definition", f"{entry.what}.")
    if not isinstance(entry, dict):
        raise UserError("definition", f"an entry must be a mapping, not {type_name(entry)}.")
    values: Values = {}
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


def parse_defaults(defaults: Mapping[str, typing.Any]) -> Values:
    """Return the values of options that many users share.

    Raises:
        UserError: everything that is wrong with them.
    """
    values = parse_entry(defaults, _SHARABLE)
    if "role" in values and "role_id" in values:
        raise UserError("definition", "give either role or role_id, not both.")
    return values


def with_defaults(values: Values, defaults: Mapping[str, typing.Any]) -> Values:
    """Add defaults to an entry; what it says itself about role or password takes precedence."""
    if not defaults:
        return values
    merged = {**defaults, **values}
    if "role" in values or "role_id" in values:
        for name in {"role", "role_id"} - values.keys():
            merged.pop(name, None)
    if "password" in values and "generate_password" not in values:
        merged["generate_password"] = False
    return merged


def desired_user(values: Mapping[str, typing.Any]) -> DesiredUser:
    """Make a desired user of parsed option values.

    Raises:
        UserError: the options contradict each other, or one has an impossible value.
    """
    desired = DesiredUser(**values)
    problem = _contradiction(desired)
    if problem:
        raise UserError("definition", f"{desired.subject}: {problem}.")
    return desired


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that was probably meant, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _unknown(name: object, known: Iterable[str]) -> str:
    text = str(name)[:80]
    return f"unknown option '{text}'{nearest(text, known)}"


def require_string(name: str, value: object) -> str:
    """Return a value that is a string.

    Raises:
        ValueError: it is none, such as a number that YAML made of a value without quotes.
    """
    if isinstance(value, str):
        return value
    _refuse_unsupported(name, value)
    has_items = isinstance(value, (dict, list, tuple))
    hint = "" if has_items or value is None else "; put it in quotes"
    raise ValueError(f"{name} must be a string, not {type_name(value)}{hint}")


def _id(name: str, value: object) -> int:
    if isinstance(value, str) and len(value) <= LONGEST_ID and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID:
        return value
    _refuse_unsupported(name, value)
    if isinstance(value, (str, float)):
        raise ValueError(
            f"{name} must be a positive id of digits only, without separators or decimals"
        )
    # a number that is not too long to be read
    shown = f", not {value}" if isinstance(value, int) and abs(value) < 2**63 else ""
    raise ValueError(f"{name} must be a positive id{shown}")


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    flag = words.get(value.strip().lower()) if isinstance(value, str) else None
    if flag is None:
        _refuse_unsupported(name, value)
        raise ValueError(f"{name} must be true or false")
    return flag


def _shared_string(name: str, value: object) -> str:
    # many users have the same few roles; the string may be a subclass of Ansible's own
    return _shared(require_string(name, value))


def _names(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(require_string(f"each of {name}", item) for item in value)
    _refuse_unsupported(name, value)
    raise ValueError(f"{name} must be a list of strings, not {type_name(value)}")


def _time(name: str, value: object) -> str:
    if isinstance(value, UnsupportedValue):
        value = value.time or value
    elif isinstance(value, datetime.date):  # also a datetime
        value = value.isoformat()
    if isinstance(value, str):
        try:
            return normalized(value)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
    _refuse_unsupported(name, value)
    raise ValueError(f"{name} must be {FORMS}, not {type_name(value)}")


def _secret(name: str, value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    text = require_string(name, value)
    if is_encrypted(text):
        raise ValueError(
            f"{name} is still encrypted; load it as a variable, which Ansible decrypts"
        )
    return Secret(text)


def is_encrypted(text: str) -> bool:
    """Tell whether a string is what ansible-vault or sops made of a secret."""
    return text.lstrip().startswith(_ENCRYPTED)


def _choice(choices: Mapping[str, enum.Enum], name: str, value: object) -> enum.Enum:
    text = require_string(name, value)
    if text not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}")
    return choices[text]


def _refuse_unsupported(name: str, value: object) -> None:
    if isinstance(value, UnsupportedValue):
        raise ValueError(f"{name} cannot be {value.what}")


def _choice_of(kind: type[enum.Enum]) -> Check:
    return functools.partial(_choice, {str(one.value): one for one in kind})


_shared = functools.lru_cache(str)
# templates make strings of numbers and booleans, so that both forms are accepted
_CHECK_OF_KIND: dict[Kind, Check] = {
    Kind.TEXT: require_string,
    Kind.SECRET: _secret,
    Kind.ID: _id,
    Kind.FLAG: _flag,
    Kind.NAMES: _names,
    Kind.TIME: _time,
}
_CHECKS = {
    **{one.name: _CHECK_OF_KIND[one.kind] for one in OPTIONS if one.kind in _CHECK_OF_KIND},
    "state": _choice_of(State),
    "update_password": _choice_of(UpdatePassword),
    "role": _shared_string,
    "company": _shared_string,
}
_SHARABLE = {name: _CHECKS[name] for name in SHARABLE}


def type_name(value: object) -> str:
    """Return what a value is, in the words of YAML."""
    # bool before int, since it is one
    names = {dict: "a mapping", list: "a list", str: "a string", bool: "true or false"}
    names |= {int: "a number", float: "a number", type(None): "null", datetime.date: "a date"}
    return next(
        (name for kind, name in names.items() if isinstance(value, kind)), "a special value"
    )


def _contradiction(desired: DesiredUser) -> str:
    """Return why a definition is invalid in itself, or an empty string."""
    if not any(getattr(desired, key) is not UNSET for key in KEYS):
        return f"an entry needs {', '.join(KEYS[:-1])} or {KEYS[-1]}"
    if desired.person_email is not UNSET and desired.person_name is not UNSET:
        return "give either person_email or person_name, not both"
    for option, text in _strings(desired):
        if not text or text.isspace():
            return f"{option} must not be empty"
        if not is_sendable(text):
            return f"{option} has characters that cannot be sent"
        if option in _USER_NAMES and (problem := invisible_part(text)):
            return f"{option} has {problem}; to manage a user of this name, use associate_id"
    if desired.password is not UNSET and desired.generate_password:
        return "give either password or generate_password, not both"
    if desired.role is not UNSET and desired.role_id is not UNSET:
        return "give either role or role_id, not both"
    return contradiction(desired)


def _strings(desired: DesiredUser) -> list[tuple[str, str]]:
    strings = [("previous_user_names", name) for name in desired.previous_user_names]
    for option in ("user_name", "person_email", "person_name", "company", "role"):
        text = getattr(desired, option)
        if text is not UNSET:
            strings.append((option, text))
    strings += desired.about.items()
    if isinstance(desired.password, Secret):
        strings.append(("password", desired.password.value))
    return strings
