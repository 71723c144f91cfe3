# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retry policy: what may be sent again, and after which delay. Pure: the caller sleeps."""

from __future__ import annotations

from .errors import Effect, NetServerError

FIRST_DELAY = 0.25
MAX_DELAY = 30.0
MAX_RETRY_AFTER = 120.0


def should_retry(error: NetServerError, *, safe: bool) -> bool:
    """Tell whether the request that ended in `error` may be sent again unchanged.

    Args:
        error: how the request ended.
        safe: whether the request only reads. A write is sent again only if it is proved that it
            had no effect; otherwise the caller has to read the user first.
    """
    return error.transient and (safe or error.effect is Effect.NONE)


def delay(attempt: int, retry_after: float | None, jitter: float) -> float:
    """Return the seconds to wait before the next attempt.

    Args:
        attempt: number of the attempt that failed, from 0.
        retry_after: the seconds that the service asked for.
        jitter: a random number from 0 to 1, so that several clients do not retry at once.
    """
    if retry_after is not None:
        return min(retry_after, MAX_RETRY_AFTER)
    grown = min(FIRST_DELAY * 2.0 ** min(attempt, 16), MAX_DELAY)
    return float(grown * (0.5 + jitter / 2))
