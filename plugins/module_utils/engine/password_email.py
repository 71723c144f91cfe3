# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail with a link for choosing a password, that the service sends to a new user.

A mail cannot be taken back, and whether it was sent cannot be read. It is requested once.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable

from ..client.client import Client
from ..client.errors import Effect, Forbidden, NetServerError, Unauthorized
from .failure import Problem, failure_of
from .step_result import PasswordEmail, StepResult

# how often the service is asked about a user that it does not know yet: it may lag behind
ASK_AGAIN = 3
SHOWN_NAMES = 10
SHOWN_REASONS = 5
_TOO_MANY = 429
# what says for certain that the request had no effect
_CERTAIN = (Unauthorized, Forbidden)
_UNKNOWN = "Whether the mail was sent is not known; it is not requested again."
INTERRUPTED = PasswordEmail(
    "failed", "The run was interrupted; whether the mail was sent is not known"
)
_NOT_SUPPORTED = PasswordEmail(
    "not_supported",
    "The service offers no change of the password by e-mail for them; their persons may have no"
    " e-mail address",
)


def is_wanted(result: StepResult) -> bool:
    """Tell whether a step has created a user, beyond doubt, that is to get the mail."""
    return result.step.sends_email and result.succeeded and result.wrote


def send_password_email(client: Client, associate_id: int) -> PasswordEmail:
    """Request the mail, if the service says that it can send one to this user."""
    try:
        if not _is_supported(client, associate_id):
            return _NOT_SUPPORTED
    except Problem as error:
        return PasswordEmail("failed", failure_of(error).message)
    try:
        problem = _send(client, associate_id)
    except Problem as error:
        is_known = isinstance(error, _CERTAIN) or getattr(error, "effect", None) is Effect.NONE
        known = "" if is_known else _UNKNOWN
        return PasswordEmail("failed", failure_of(error, known=known).message)
    if problem is not None:
        return PasswordEmail("failed", f"The service did not send it: {problem}")
    return PasswordEmail("sent")


def _send(client: Client, associate_id: int) -> str | None:
    """Send the request, again only after HTTP 429: such a request was not applied (RFC 6585)."""
    attempt = 0
    while True:
        try:
            return client.agent.send_password_email(associate_id)
        except NetServerError as error:
            if error.status != _TOO_MANY or attempt >= client.transport.settings.retries:
                raise
            client.transport.pause(attempt, error.retry_after)
            attempt += 1


def warnings_of(results: Iterable[StepResult]) -> list[str]:
    """Say which new users did not get the mail, and why."""
    names = collections.defaultdict(list)
    for result in results:
        mail = result.password_email
        if mail is not None and mail.status != "sent":
            names[mail.reason].append(result.step.user_name)
    told = [
        f"The password e-mail was not sent to {len(found)} of the new users, "
        f"{', '.join(found[:SHOWN_NAMES])}{', ...' if len(found) > SHOWN_NAMES else ''}:"
        f" {reason.rstrip('.')}."
        for reason, found in list(names.items())[:SHOWN_REASONS]
    ]
    more = sum(map(len, list(names.values())[SHOWN_REASONS:]))
    return [
        *told,
        *([f"It failed for {more} more; see password_email in results."] if more else []),
    ]


def _is_supported(client: Client, associate_id: int) -> bool:
    attempt = 0
    while True:
        supported = client.agent.supports_password_email(associate_id)
        attempt += 1
        if supported is not None or attempt == ASK_AGAIN:
            return bool(supported)
        client.transport.pause(attempt - 1)
