# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether logins are needed: when they were used last, and whether their persons are retired."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping, Sequence

from ..client import archive
from ..client.client import Client
from ..client.errors import REFUSALS, NetServerError
from .parallel import in_parallel

# so many users are asked for one by one, where there is no list
MOST_ASKED_FOR = 200
# with more requests for persons by their ids than that, all retired persons are listed
FEW_BATCHES = 4


class LastLogins(typing.NamedTuple):
    """When users logged in last, by id, None for never; `warnings` say why some are missing."""

    times: Mapping[int, str | None]
    warnings: tuple[str, ...] = ()


def read_last_logins(
    client: Client, associate_ids: Sequence[int], concurrency: int = 1
) -> LastLogins:
    """Read when users logged in last: from a list, or user by user where that is refused.

    Raises:
        NetServerError: the service could not be asked.
    """
    if not associate_ids:
        return LastLogins({})
    try:
        found = client.archive.last_logins(associate_ids)
    except REFUSALS as error:
        return _one_by_one(client, associate_ids, concurrency, error)
    wanted = set(associate_ids)
    times = {one: time for one, time in found.items() if one in wanted}
    missing = len(wanted) - len(times)
    if missing:
        reason = "The service does not list them in Archive/dynamic."
        return LastLogins(times, (_sentence(missing, reason),))
    return LastLogins(times)


class RetiredPersons(typing.NamedTuple):
    """Whether persons are retired, by id; `warnings` say why that is not known of some."""

    known: Mapping[int, bool]
    warnings: tuple[str, ...] = ()


def read_retired_persons(client: Client, person_ids: Iterable[int]) -> RetiredPersons:
    """Read which of some persons are retired.

    Raises:
        NetServerError: the service could not be asked.
    """
    wanted = {one for one in person_ids if one}
    restrictions = [archive.number_is("personId", one) for one in sorted(wanted)]
    try:
        if len(list(archive.batches(restrictions))) <= FEW_BATCHES:
            found = client.persons.by_ids(wanted)
            return RetiredPersons({one: person.retired for one, person in found.items()})
        retired = client.persons.retired()
    except REFUSALS as error:
        reason = f"Archive/Person cannot be read ({error})"
        return RetiredPersons({}, (f"Whether persons are retired is not available. {reason}.",))
    return RetiredPersons({one: one in retired for one in wanted})


def _one_by_one(
    client: Client, associate_ids: Sequence[int], concurrency: int, error: NetServerError
) -> LastLogins:
    number = len(associate_ids)
    if number > MOST_ASKED_FOR:
        reason = (
            f"Archive/dynamic cannot be read ({error}), and without it only up to"
            f" {MOST_ASKED_FOR} users are asked for one by one. Select fewer users."
        )
        return LastLogins({}, (_sentence(number, reason),))
    records = in_parallel(client.agent.user, associate_ids, concurrency)
    times = {
        one: record.last_login
        for one, record in zip(associate_ids, records, strict=True)
        if record and record.is_visible
    }
    if len(times) < number:
        reason = "The service does not describe them to this login."
        return LastLogins(times, (_sentence(number - len(times), reason),))
    return LastLogins(times)


def _sentence(number: int, reason: str) -> str:
    users = "1 user is" if number == 1 else f"{number} users is"
    return f"The last login of {users} not available. {reason}"
