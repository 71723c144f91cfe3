# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of agent calls: from a JSON body, a query or a bare array to typed values."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import orjson

from .enums import MODIFICATION_FLAGS, ROLE_TYPES, USER_TYPES
from .errors import BadArgument, FlagsRefused, HttpError
from .profile import Profile

INVALID = "The request is invalid."
JSON_TYPES = frozenset({
    "application/json", "text/json", "application/json-patch+json", "application/merge-patch+json",
})  # fmt: skip
_ENUMS = {"UserType": USER_TYPES, "RoleType": ROLE_TYPES}
_DEFAULTS: dict[str, Any] = {"int": 0, "bool": False, "string": None, "flags": 0, "any": None}
_FLAG_NAMES = {name.lower(): number for name, number in MODIFICATION_FLAGS.items()}
_INT32 = range(-(2**31), 2**31)


@dataclasses.dataclass(frozen=True)
class Argument:
    """One property of a request: its PascalCase name and its kind.

    A property that is left out has the default of its type, as in .NET: 0, false or null.
    """

    name: str
    kind: str

    @functools.cached_property
    def python_name(self) -> str:
        """The name as a Python parameter."""
        return "".join("_" + c.lower() if c.isupper() else c for c in self.name).lstrip("_")

    @property
    def default(self) -> object:
        """The value when the property is left out."""
        if self.kind in _ENUMS:
            return next(iter(_ENUMS[self.kind]))
        return _DEFAULTS[self.kind]


def parse_body(content_type: str, charset: str | None, body: bytes) -> object:
    """Parse a body by its content type; an empty one is None."""
    if not body:
        return None
    if content_type not in JSON_TYPES:
        raise HttpError(415, f"The content type '{content_type}' is not served here; send JSON.")
    if (charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise HttpError(415, f"The character set '{charset}' is not served here; send UTF-8.")
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as exc:
        raise BadArgument(INVALID, f"The body is not JSON: {exc.msg}.") from exc


def bind_body(
    arguments: tuple[Argument, ...], body: object, profile: Profile, *, nullable: bool = False
) -> dict[str, Any]:
    """Bind the properties of a JSON object, in any case, to Python arguments.

    With `nullable`, null counts as a property that is left out (SetExternalUserInfo).
    """
    if not isinstance(body, dict):
        raise BadArgument(INVALID, "A JSON object is required as body.")
    given = {str(name).lower(): value for name, value in body.items()}
    known = {argument.name.lower() for argument in arguments}
    unknown = [name for name in body if str(name).lower() not in known]
    if unknown and profile.unknown_properties == "refuse":
        raise BadArgument(INVALID, f"Unknown property '{unknown[0]}'.")
    bound: dict[str, Any] = {}
    for argument in arguments:
        value = given.get(argument.name.lower(), argument.default)
        if value is None and nullable and argument.kind in ("int", "bool"):
            value = argument.default
        bound[argument.python_name] = convert(argument.name, argument.kind, value, profile)
    return bound


def bind_query(argument: Argument, query: Mapping[str, str]) -> dict[str, Any]:
    """Bind the one argument that a getter takes from the query."""
    text = next((v for k, v in query.items() if k.lower() == argument.name.lower()), None)
    if text is None or not text.strip():
        raise BadArgument(INVALID, f"The query argument '{argument.name}' is missing.")
    return {"id": to_int(argument.name, text)}


def bind_array(argument: Argument, body: object) -> dict[str, Any]:
    """Bind a bare JSON array of ids."""
    if not isinstance(body, list):
        raise BadArgument(INVALID, "A JSON array of integers is required as body.")
    return {"ids": [_strict_int(argument.name, value) for value in body]}


def to_int(name: str, text: str) -> int:
    """Read an int32 from text."""
    stripped = text.strip()
    digits = stripped[1:] if stripped[:1] in "+-" else stripped
    if not (digits.isascii() and digits.isdigit()) or int(stripped) not in _INT32:
        raise BadArgument(INVALID, f"'{name}' must be a 32-bit integer.")
    return int(stripped)


def convert(name: str, kind: str, value: object, profile: Profile) -> object:
    """Check one value against its kind, without conversion."""
    if kind == "any":
        return value
    if kind == "int":
        return _strict_int(name, value)
    if kind == "flags":
        return parse_flags(value, profile)
    if kind == "bool":
        if not isinstance(value, bool):
            raise BadArgument(INVALID, f"'{name}' must be true or false.")
        return value
    if kind == "string":
        if value is not None and not isinstance(value, str):
            raise BadArgument(INVALID, f"'{name}' must be a string.")
        return value
    return _enum(name, _ENUMS[kind], value)


def _strict_int(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _INT32:
        raise BadArgument(INVALID, f"'{name}' must be a 32-bit integer.")
    return value


def _enum(name: str, known: Mapping[str, int], value: object) -> str:
    for enum_name, number in known.items():
        if isinstance(value, str) and value.lower() == enum_name.lower():
            return enum_name
        if isinstance(value, int) and not isinstance(value, bool) and value == number:
            return enum_name
    raise BadArgument(INVALID, f"'{name}' must be one of {', '.join(known)}.")


def parse_flags(value: object, profile: Profile) -> int:
    """Read the flags of ExternalUserInfoModification as far as the profile takes the spelling."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _flags_refused("neither an integer nor a string")
    if isinstance(value, int):
        if profile.flags in ("names", "single"):
            raise _flags_refused("not spelled by name")
        if value not in range(16):
            raise _flags_refused("out of range")
        return value
    names = [name.strip().lower() for name in value.split(",")]
    if profile.flags == "integer":
        raise _flags_refused("not an integer")
    if profile.flags == "single" and len(names) > 1:
        raise _flags_refused("more than one name")
    flags = 0
    for name in names:
        if name not in _FLAG_NAMES:
            raise _flags_refused("not a known name")
        flags |= _FLAG_NAMES[name]
    return flags


def _flags_refused(why: str) -> FlagsRefused:
    detail = f"'ExternalUserInfoModification' has a value that is {why}."
    return FlagsRefused(INVALID, detail)
