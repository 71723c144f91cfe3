# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be repeated, and when. Pure: the caller sleeps."""

from __future__ import annotations

from .errors import Effect, NetServerError

FIRST_DELAY = 0.25
LONGEST_DELAY = 30.0
LONGEST_RETRY_AFTER = 120.0


def should_retry(error: NetServerError, *, safe: bool) -> bool:
    """Tell whether the request that ended in `error` may be sent again as it stands.

    Args:
        error: how the request ended.
        safe: whether the request only reads. One that writes is repeated only if it certainly had
            no effect; for all else the caller has to look first.
    """
    return error.transient and (safe or error.effect is Effect.NONE)


def delay(attempt: int, retry_after: float | None, jitter: float) -> float:
    """Return the seconds to wait before the next try.

    Args:
        attempt: number of the try that failed, from 0.
        retry_after: the seconds that the service asked for.
        jitter: a random number from 0 to 1, so that several clients do not come back together.
    """
    if retry_after is not None:
        return min(retry_after, LONGEST_RETRY_AFTER)
    grown = min(FIRST_DELAY * 2.0 ** min(attempt, 16), LONGEST_DELAY)
    return float(grown * (0.5 + jitter / 2))
