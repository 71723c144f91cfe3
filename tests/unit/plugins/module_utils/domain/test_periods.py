# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From when and until when: dates, times, offsets, daylight saving, and what is none of these."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.entries import (
    desired_user,
    parse_entry,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    UNSET,
    DesiredUser,
    Unset,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.periods import (
    declared_at,
    period_of,
)

UTC = datetime.timezone.utc


def declared(**options: Any) -> DesiredUser:
    return desired_user(parse_entry({"user_name": "anna", **options}))


def at(time: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(time)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def active(now: str, **options: Any) -> bool | Unset:
    return declared_at(declared(**options), at(now)).is_active


NAIVE = datetime.datetime(2026, 12, 31)  # noqa: DTZ001 - as YAML makes it
# the option, the last moment before the boundary, the boundary
BOUNDARIES = {
    "the day itself is included": ("2026-12-31", "2026-12-31T23:59:59", "2027-01-01T00:00"),
    "a leap day": ("2028-02-29", "2028-02-29T23:59:59", "2028-03-01T00:00"),
    "before a leap day": ("2028-02-28", "2028-02-28T23:59:59", "2028-02-29T00:00"),
    "a time without an offset": ("2026-12-31T18:00", "2026-12-31T17:59:59", "2026-12-31T18:00"),
    "a time in UTC": ("2026-12-31T18:00:00Z", "2026-12-31T17:59:59", "2026-12-31T18:00"),
    "a time in Oslo": ("2026-12-31T18:00+01:00", "2026-12-31T16:59:59", "2026-12-31T17:00"),
    "a time in New York": ("2026-12-31 18:00 -0500", "2026-12-31T22:59:59", "2026-12-31T23:00"),
    "the end of a day in Oslo": ("2026-12-31T24:00+01", "2026-12-31T22:59:59", "2026-12-31T23:00"),
    "24:00 of a month's end": ("2028-02-29T24:00", "2028-02-29T23:59:59", "2028-03-01T00:00"),
    "a fraction of a second": ("2026-12-31T18:00:00.5", "2026-12-31T18:00", "2026-12-31T18:00:01"),
    "a date of YAML": (datetime.date(2026, 12, 31), "2026-12-31T23:59:59", "2027-01-01T00:00"),
    "a time of YAML": (NAIVE, "2026-12-30T23:59:59", "2026-12-31T00:00"),
    "a time of YAML with an offset": (
        datetime.datetime(2026, 12, 31, 18, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
        "2026-12-31T16:59:59", "2026-12-31T17:00",
    ),
    "outer spaces": (" 2026-12-31 ", "2026-12-31T23:59:59", "2027-01-01T00:00"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOUNDARIES)
def test_access_ends_at_the_boundary_and_not_before(case: str) -> None:
    until, before, after = BOUNDARIES[case]
    assert active(before, active_until=until) is True
    assert active(after, active_until=until) is False


def test_access_begins_at_the_boundary_and_not_before() -> None:
    for start, before, after in (
        ("2026-12-31", "2026-12-30T23:59:59", "2026-12-31T00:00"),
        ("2026-12-31T18:00+01:00", "2026-12-31T16:59:59", "2026-12-31T17:00"),
        ("2026-12-31T24:00", "2026-12-31T23:59:59", "2027-01-01T00:00"),
    ):
        assert active(before, active_from=start) is False
        assert active(after, active_from=start) is True
        assert active(after, active_from=start, active_until="2027-12-31") is True


def test_daylight_saving_is_in_the_offset_and_nowhere_else() -> None:
    oslo = zoneinfo.ZoneInfo("Europe/Oslo")
    # 02:30 happens twice on this day: the offset says which of the two is meant
    for offset, fold in (("+02:00", 0), ("+01:00", 1)):
        until = f"2026-10-25T02:30:00{offset}"
        boundary = datetime.datetime(2026, 10, 25, 2, 30, tzinfo=oslo, fold=fold).astimezone(UTC)
        for seconds, expected in ((-1, True), (0, False)):
            now = boundary + datetime.timedelta(seconds=seconds)
            assert declared_at(declared(active_until=until), now).is_active is expected
    # a day of 23 hours in Oslo is one of 24 in UTC
    assert active("2026-03-29T23:59:59", active_until="2026-03-29") is True


def test_the_present_time_may_have_any_offset() -> None:
    assert active("2027-01-01T00:59:59+01:00", active_until="2026-12-31") is True
    assert active("2026-12-31T19:00:00-05:00", active_until="2026-12-31") is False


def test_the_time_zone_of_the_machine_does_not_matter() -> None:
    code = (
        "import datetime, sys; sys.path.insert(0, 'plugins');"
        "from module_utils.domain.entries import desired_user, parse_entry;"
        "from module_utils.domain.periods import period_of;"
        "entry = {'user_name': 'a', 'active_from': '2026-03-29T02:30',"
        " 'active_until': datetime.datetime(2026, 10, 25, 2, 30)};"
        "print(*period_of(desired_user(parse_entry(entry))))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "Europe/Oslo", "America/New_York", "Pacific/Kiritimati")
    }
    assert told == {"2026-03-29 02:30:00+00:00 2026-10-25 02:30:00+00:00\n"}


@pytest.mark.parametrize(("explicit", "inside", "outside"), [
    (False, False, False),  # wins
    (True, True, False),  # access that is to end must not go on
    (None, True, False),
])  # fmt: skip
def test_an_explicit_false_wins_and_an_explicit_true_does_not(
    explicit: bool | None, inside: bool, outside: bool
) -> None:
    period = {"active_from": "2026-06-01", "active_until": "2026-06-30"}
    options = {**period, "is_active": explicit}
    assert active("2026-06-15", **options) is inside
    assert active("2026-05-31", **options) is outside
    assert active("2026-07-01", **options) is outside


def test_without_a_period_nothing_is_decided() -> None:
    assert active("2026-06-15") is UNSET
    assert active("2026-06-15", active_from=None, is_active=True) is True
    assert period_of(declared(state="absent", active_until="2026-06-15")) is None


def test_the_next_boundary_is_the_one_that_lies_ahead() -> None:
    period = period_of(declared(active_from="2026-06-01", active_until="2026-06-30"))
    assert period is not None
    for now, boundary in (
        ("2026-05-31", at("2026-06-01")),
        ("2026-06-01", at("2026-07-01")),
        ("2026-07-01", None),
    ):
        assert period.next_boundary(at(now)) == boundary
    forever = period_of(declared(active_until="9999-12-31"))
    assert forever is not None
    assert forever.holds(at("9999-12-31T23:59"))
    assert forever.next_boundary(at("2026-01-01")) is None


# each fails for the reason that the text tells
IMPOSSIBLE: list[tuple[Any, str]] = [
    *((text, "must be a date such as 2026-12-31") for text in (
        "", " ", "31.12.2026", "12/31/2026", "2026-W53-4", "20261231", "20261231T180000Z",
        "2026-12-31T18", "2026-12-31T18:00 CET", "2026-12-31T18:00[Europe/Oslo]", "tomorrow",
        "2026-12-31T18:00:00+01:00Z", "\uff12\uff10\uff12\uff16-12-31", "+2026-12-31", "1790000000",
        "2026-12", "2026-12-31T18:00+01:75",
    )),
    *((text, "does not exist") for text in (
        "2026-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "0000-01-01",
        "2026-12-31T25:00", "2026-12-31T24:00:01", "2026-12-31T24:01", "2026-12-31T18:60",
        "2026-12-31T23:59:60", "2026-12-31T18:00+24:00",
        "9999-12-31T24:00",
    )),
    (20261231, "not a number"), (True, "not true or false"), (["2026-12-31"], "not a list"),
]  # fmt: skip


def test_what_is_no_date_or_time_is_refused_with_the_option_and_what_to_write() -> None:
    for option in ("active_from", "active_until"):
        for value, told in IMPOSSIBLE:
            with pytest.raises(UserError) as raised:
                declared(**{option: value})
            assert option in str(raised.value), value
            assert told in str(raised.value), value


def test_a_date_is_no_string() -> None:
    with pytest.raises(UserError, match="user_name must be a string, not a date"):
        desired_user(parse_entry({"user_name": datetime.date(2026, 12, 31)}))


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    for start, end in (
        ("2026-12-31", "2026-12-30"),
        ("2026-12-31T18:00", "2026-12-31T18:00Z"),
        ("2026-12-31T18:00-05:00", "2026-12-31T23:00+00:00"),
        ("2027-01-01", "2026-12-31T24:00"),
    ):
        with pytest.raises(UserError) as raised:
            declared(active_from=start, active_until=end, is_active=False)
        assert "ends before it begins (active_from is 202" in str(raised.value)
    # one day, and one second
    assert active("2026-12-31T12:00", active_from="2026-12-31", active_until="2026-12-31") is True
    declared(active_from="2026-12-31T18:00:00", active_until="2026-12-31T18:00:01")
    declared(active_from="0001-01-01T00:00+14:00", active_until="9999-12-31T23:59-14:00")


def test_any_time_that_python_writes_is_read_as_the_same_time() -> None:
    pytest.importorskip("hypothesis")
    from hypothesis import given
    from hypothesis import strategies as st

    offsets = st.integers(-14 * 60, 14 * 60).map(
        lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
    )
    times = st.datetimes(
        min_value=NAIVE.replace(year=2),
        max_value=NAIVE.replace(year=9998),
        timezones=st.one_of(st.none(), offsets),
    )
    forms: list[Callable[[datetime.datetime], object]] = [
        lambda one: one,
        str,
        datetime.datetime.isoformat,
    ]

    @given(times, st.sampled_from(forms))
    def check(time: datetime.datetime, form: Callable[[datetime.datetime], object]) -> None:
        period = period_of(declared(active_until=form(time)))
        assert period is not None
        assert period.end == (time if time.tzinfo else time.replace(tzinfo=UTC))

    check()
