# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retry policy."""

from __future__ import annotations

from ansible_collections.superoffice.crm.plugins.module_utils.client import errors, retry


def test_write_is_retried_only_without_effect() -> None:
    cases: list[tuple[errors.NetServerError, bool, bool]] = [
        (errors.Unreachable("refused"), True, True),
        (errors.Throttled("429"), True, False),
        (errors.Throttled("429", effect=errors.Effect.NONE), True, True),
        (errors.Throttled("503", retry_after=2.0), True, False),
        (errors.Unavailable("503", effect=errors.Effect.NONE), True, True),
        (errors.Unavailable("502"), True, False),
        (errors.ConnectionLost("reset"), True, False),
        (errors.ConnectionLost("reset", effect=errors.Effect.NONE), True, True),
        (errors.Cancelled("interrupted"), False, False),
        (errors.TimedOut("late"), True, False),
        (errors.Failed("500"), False, False),
        (errors.Refused("400"), False, False),
        (errors.Forbidden("403"), False, False),
        (errors.Unauthorized("401"), False, False),
        (errors.Untrusted("tls"), False, False),
        (errors.Redirected("302"), False, False),
        (errors.NotUnderstood("html"), False, False),
        (errors.BadConnectionOption("url"), False, False),
        (errors.NoUserAgent("online"), False, False),
    ]
    for error, read, write in cases:
        assert retry.should_retry(error, safe=True) is read
        assert retry.should_retry(error, safe=False) is write


def test_delays_grow_up_to_a_maximum() -> None:
    pauses = [retry.delay(attempt, None, 1.0) for attempt in range(12)]
    assert pauses[:4] == [0.25, 0.5, 1.0, 2.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == retry.MAX_DELAY


def test_jitter_reduces_delay_by_at_most_half() -> None:
    for attempt in [0, 3, 2000]:
        whole = retry.delay(attempt, None, 1.0)
        assert retry.delay(attempt, None, 0.0) == whole / 2


def test_retry_after_is_followed_up_to_a_maximum() -> None:
    cases: list[tuple[float, float]] = [(0.0, 0.0), (2.5, 2.5), (86400.0, retry.MAX_RETRY_AFTER)]
    for asked, waited in cases:
        assert retry.delay(5, asked, 0.3) == waited
