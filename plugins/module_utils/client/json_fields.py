# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads values out of the service's JSON, and refuses what is not of the expected shape."""

from __future__ import annotations

import datetime
import re
import typing
from collections.abc import Mapping

from .errors import NotUnderstood

# more digits than any id has; Python refuses to read thousands of them
LONGEST_NUMBER = 20
UTC = datetime.timezone.utc
# the year of a date that is not set; databases have their own first day
EMPTY_YEAR = 1900
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")


def rows(value: typing.Any, operation: str) -> list[Mapping[str, typing.Any]]:
    """Return a list of objects."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise _unexpected(operation, "a list of objects")
    return value


def texts(value: typing.Any, operation: str) -> list[str]:
    """Return a list of strings."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _unexpected(operation, "a list of strings")
    return value


def record(value: typing.Any, operation: str) -> Mapping[str, typing.Any]:
    """Return an object."""
    if not isinstance(value, Mapping):
        raise _unexpected(operation, "an object")
    return value


def number(
    row: Mapping[str, typing.Any], key: str, operation: str, *, missing: int | None = None
) -> int:
    """Return an id: a number, or digits in a string; `missing` is for null and a missing key."""
    value = row.get(key)
    if value is None and missing is not None:
        return missing
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and value.strip().isdecimal():
        return int(value)
    raise _unexpected(operation, f"a number in {key}")


def text(row: Mapping[str, typing.Any], key: str, operation: str) -> str:
    """Return a string; null and a missing key are an empty one."""
    value = row.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise _unexpected(operation, f"a string in {key}")


def moment(row: Mapping[str, typing.Any], key: str, operation: str) -> str | None:
    """Return a time in the ISO form of UTC; None for null and for an empty date.

    The service writes times without an offset, which are UTC, and an empty date as the first moment
    of the first year.
    """
    value = row.get(key)
    if value is None or value == "":
        return None
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _unexpected(operation, f"a time in {key}")
    text, offset = found.groups()
    try:
        time = datetime.datetime.fromisoformat(f"{text}{(offset or 'Z').replace('Z', '+00:00')}")
        return None if time.year <= EMPTY_YEAR else f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    except (ValueError, OverflowError) as error:
        raise _unexpected(operation, f"a time in {key}") from error


def shown_moment(row: Mapping[str, typing.Any], key: str) -> str | None:
    """Return a time that is only shown; anything else is None."""
    try:
        return moment(row, key, "")
    except NotUnderstood:
        return None


def shown_text(row: Mapping[str, typing.Any], key: str) -> str:
    """Return a string that is only shown; anything else is an empty one."""
    value = row.get(key)
    return value if isinstance(value, str) else ""


def shown_number(row: Mapping[str, typing.Any], key: str) -> int:
    """Return an id that is only shown; anything else is 0."""
    value = row.get(key)
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def flag(
    row: Mapping[str, typing.Any], key: str, operation: str, *, missing: bool | None = None
) -> bool:
    """Return a boolean, which some archives write as 0 and 1 or as a string.

    `missing` is for null and a missing key.
    """
    value = row.get(key)
    if value is None and missing is not None:
        return missing
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    found = known.get(str(value).strip().lower())
    if found is None:
        raise _unexpected(operation, f"true or false in {key}")
    return found


def _unexpected(operation: str, wanted: str) -> NotUnderstood:
    return NotUnderstood(
        f"The response to {operation} does not contain {wanted}", operation=operation, status=200
    )
