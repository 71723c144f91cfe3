# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From when and until when a user can log in.

Pure: the present time is an input. A time without an offset is in UTC, so that neither the time
zone of the machine nor daylight saving changes what a definition means.
"""

from __future__ import annotations

import datetime
import re
import typing

from .model import UNSET, DesiredUser, State, Unset

# reports list what ends within this time
SOON = datetime.timedelta(days=30)
FORMS = "a date such as 2026-12-31, or an ISO 8601 time such as 2026-12-31T18:00:00+01:00"
# what JSON schemas can say as well
PATTERN = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([Tt ]([01]\d|2[0-4]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?( ?([Zz]|[+-]\d\d(:?[0-5]\d)?))?)?$"
)
# YAML writes single digits, and spaces, where ISO 8601 does not
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:(?:T|[ \t]+)(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d*))?)?"
    r"[ \t]*(Z|[+-]\d\d?(?::[0-5]\d)?|[+-]\d\d[0-5]\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_DATE_LENGTH = len("2026-12-31")
_DAY = datetime.timedelta(days=1)


class Period(typing.NamedTuple):
    """The time from `start` until before `end`; None means without a limit."""

    start: datetime.datetime | None
    end: datetime.datetime | None

    def holds(self, now: datetime.datetime) -> bool:
        """Tell whether `now` is in the period."""
        return (self.start is None or self.start <= now) and not self.has_ended(now)

    def has_ended(self, now: datetime.datetime) -> bool:
        """Tell whether the period is over."""
        return self.end is not None and self.end <= now

    def next_boundary(self, now: datetime.datetime) -> datetime.datetime | None:
        """Return when the period begins or ends next; None if neither lies ahead."""
        return next((one for one in self if one is not None and now < one), None)


def normalized(text: str) -> str:
    """Return a date as it is, and a time in the form of `datetime.isoformat`, with an offset.

    24:00 is the beginning of the next day.

    Raises:
        ValueError: it is neither, or a day or time that does not exist.
    """
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise ValueError(f"must be {FORMS}")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        date = datetime.date(int(year), int(month), int(day))
        if hour is None:
            return date.isoformat()
        microsecond = int((fraction or "").ljust(6, "0")[:6])
        is_midnight = hour == "24" and not (int(minute) or int(second or 0) or microsecond)
        time = datetime.time(
            0 if is_midnight else int(hour),
            int(minute),
            int(second or 0),
            microsecond,
            _zone(offset),
        )
        moment = datetime.datetime.combine(date + _DAY if is_midnight else date, time)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is a day or time that does not exist ({match.group()})") from error
    return moment.isoformat()


def period_of(desired: DesiredUser) -> Period | None:
    """Return the period that decides whether a user can log in; None if there is none.

    An explicit `is_active: false` wins over any period. `is_active: true` does not: access that is
    to end would not.
    """
    has_period = desired.active_from is not UNSET or desired.active_until is not UNSET
    if not has_period or desired.is_active is False or desired.state is State.ABSENT:
        return None
    return _period(desired)


def declared_at(desired: DesiredUser, now: datetime.datetime) -> DesiredUser:
    """Return the definition as it reads at one moment: a period says whether the user is active."""
    period = period_of(desired)
    return desired if period is None else desired._replace(is_active=period.holds(now))


def contradiction(desired: DesiredUser) -> str:
    """Return why the period of a definition is impossible, or an empty string."""
    if desired.active_from is UNSET or desired.active_until is UNSET:
        return ""
    start, end = _period(desired)
    if start is None or end is None or start < end:
        return ""
    return (
        f"the period ends before it begins (active_from is {desired.active_from}, active_until is"
        f" {desired.active_until})"
    )


def _period(desired: DesiredUser) -> Period:
    return Period(
        _instant(desired.active_from, is_end=False), _instant(desired.active_until, is_end=True)
    )


def _instant(text: str | Unset, *, is_end: bool) -> datetime.datetime | None:
    """Return the instant of a normalized date or time; a day ends when the next one begins."""
    if text is UNSET:
        return None
    if len(text) > _DATE_LENGTH:
        return datetime.datetime.fromisoformat(text)
    midnight = datetime.datetime.fromisoformat(f"{text}T00:00:00+00:00")
    if not is_end:
        return midnight
    try:
        return midnight + _DAY
    except OverflowError:  # 9999-12-31, as people write "never"
        return None


def _zone(offset: str | None) -> datetime.timezone:
    if offset is None or offset in "Zz":
        return datetime.timezone.utc
    digits = offset[1:].replace(":", "").rjust(2, "0")
    ahead = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return datetime.timezone(-ahead if offset[0] == "-" else ahead)
