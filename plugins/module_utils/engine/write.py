# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One write, and what to do when its response is lost.

No blind retries: where a write may have taken effect, the user is read first, and only what is
missing is sent again.
"""

from __future__ import annotations

from ..client import archive
from ..client.client import Client
from ..client.errors import Effect, Forbidden, NetServerError, Unauthorized
from ..domain.errors import UserError
from ..domain.fields import flag_names
from ..domain.model import CurrentUser, Modification, Secret
from ..domain.plan import Action, Step, remaining
from ..domain.roles import Roles
from .failure import Failure, Problem, failure_of
from .read import read_user, to_users
from .step_result import StepResult

PAST_TENSE = {
    Action.CREATE: "created",
    Action.MODIFY: "modified",
    Action.RENAME: "renamed",
    Action.DELETE: "deleted",
}
# by whether the service may still be at work on a request whose response was lost
_NOT_SEEN = {
    False: "Reading the user again shows that it did not take effect.",
    True: "Reading the user again shows no effect so far; a slow service may still apply it.",
}
_NOT_READABLE = "Whether the password was set is not known, because it cannot be read."
# the service refused the creation, and yet the user is there
_CREATED_BY_WHOM = (
    "The user exists now. Whether this request created it is not known: something in front of the"
    " service may have sent it twice, or another run was faster, with another password. Run the"
    " task again, with update_password: always if the password matters."
)
# what says for certain that the request had no effect
_CERTAIN = (Unauthorized, Forbidden)


def write_step(client: Client, roles: Roles, step: Step) -> StepResult:
    """Make the one call of a step; the result is not verified yet."""
    if not step.changes:
        return StepResult(step, user=step.after, started=True)
    write = _WRITES[step.action](client, roles, step)
    try:
        associate_id = _write_with_recovery(client, write)
    except Problem as error:
        failure = _write_failure(step, error, write)
        return StepResult(
            step,
            write.took_part(),
            write.current,
            failure,
            started=True,
            is_unknown=write.is_unknown,
        )
    after = step.after and step.after._replace(associate_id=associate_id)
    if write.is_read_back:
        return StepResult(step, True, write.current, started=True, is_read_back=True)
    return StepResult(step, True, after, started=True)


def is_gone(client: Client, roles: Roles, user: CurrentUser) -> bool:
    """Tell whether a user is deleted.

    The service may keep it in the list, marked as deleted, or give its id to another user.
    """
    found = read_user(client, roles, user.associate_id or 0)
    if found is None or not found.is_login_of(user):
        return True
    record = client.agent.user(user.associate_id or 0)
    return record is None or record.deleted


class _Write:
    """One write of a step: how it is sent, and how to see whether it took effect.

    `known` says in a sentence what is known of its effect, and `is_read_back` that `current` was
    read after the write, and shows all of it.
    """

    def __init__(self, client: Client, roles: Roles, step: Step) -> None:
        self.client = client
        self.roles = roles
        self.step = step
        self.current = step.before
        self.known = "Nothing was changed."
        self.is_unknown = False
        self.is_read_back = False

    def send(self) -> int:
        """Make the call; return the associate id of the user."""
        raise NotImplementedError

    def find_effect(self) -> int | None:
        """Read the user; return its associate id if the call has taken effect, else None."""
        raise NotImplementedError

    def took_part(self) -> bool:
        """Tell whether a call that failed has changed something all the same."""
        return False

    def doubt_what_is_not_seen(self) -> None:
        """Note what reading the user cannot show of a call that may have taken effect."""


class _Creation(_Write):
    def send(self) -> int:
        user = _existing(self.step.after)
        return self.client.agent.create_external_user(user, _password(self.step))

    def find_effect(self) -> int | None:
        user = _existing(self.step.after)
        restriction = archive.number_is("personId", user.person_id)
        rows = self.client.archive.few_external_users(restriction)
        found = to_users(self.client, self.roles, rows)
        self.current = next((u for u in found if u.has_name(user.user_name)), None)
        return self.current.associate_id if self.current else None

    def took_part(self) -> bool:
        return self.current is not None


class _Modification(_Write):
    def __init__(self, client: Client, roles: Roles, step: Step) -> None:
        super().__init__(client, roles, step)
        self.left = step.modification

    def send(self) -> int:
        current, after = _existing(self.current), _existing(self.step.after)
        self.client.agent.set_external_user_info(
            current, after, self.left, _password(self.step), self._is_visible
        )
        return _id_of(current)

    def find_effect(self) -> int | None:
        before, after = _existing(self.step.before), _existing(self.step.after)
        found = read_user(self.client, self.roles, _id_of(before))
        if found is None or not (found.is_login_of(before) or found.is_login_of(after)):
            self.is_unknown = True
            self.known = "Whether the change took effect is not known."
            raise UserError("not_applied", f"{self.step.subject} is no longer listed.")
        self.current = found
        # whether a password took effect cannot be seen: sending it again does no harm
        self.left = remaining(after, found) | (self.left & Modification.PASSWORD)
        if self.took_part():
            done = ", ".join(flag_names(self.step.modification & ~self.left))
            self.known = f"Only {done} took effect."
        return None if self.left else found.associate_id

    def took_part(self) -> bool:
        return bool(self.step.modification & ~self.left)

    def doubt_what_is_not_seen(self) -> None:
        if not self.left & Modification.PASSWORD:
            return
        self.is_unknown = True
        seen = self.step.modification & ~Modification.PASSWORD
        self.known = f"{self.known} {_NOT_READABLE}" if seen else _NOT_READABLE

    def _is_visible(self) -> bool:
        try:
            self.find_effect()
        except NetServerError as error:
            error.effect = Effect.UNKNOWN  # that of the write which is looked for
            raise
        self.is_read_back = not self.left & ~Modification.PASSWORD
        return self.is_read_back


class _Deletion(_Write):
    def send(self) -> int:
        associate_id = _id_of(self.step.before)
        self.client.agent.delete_external_user(associate_id)
        return associate_id

    def find_effect(self) -> int | None:
        user = _existing(self.step.before)
        return _id_of(user) if is_gone(self.client, self.roles, user) else None


_WRITES: dict[Action, type[_Write]] = {
    Action.CREATE: _Creation,
    Action.MODIFY: _Modification,
    Action.RENAME: _Modification,
    Action.DELETE: _Deletion,
}


def _write_with_recovery(client: Client, write: _Write) -> int:
    """Write until it is certain that the write took effect, or that it will not.

    A refusal is looked into as well: something in front of the service may have sent the request
    twice, so that "already in use" and "not found" can be the response to the second one.

    Raises:
        NetServerError: the last try; `write.known` says what is known of the effect.
    """
    attempt = 0
    unsure = False
    while True:
        try:
            return write.send()
        except NetServerError as error:
            unsure = unsure or error.effect is Effect.UNKNOWN
            if not unsure and (error.status is None or isinstance(error, _CERTAIN)):
                raise
            if unsure:
                write.known = _NOT_SEEN[error.transient]
            associate_id = _find_effect(write, error)
            if associate_id is not None and (unsure or not isinstance(write, _Creation)):
                return associate_id
            if associate_id is not None:
                write.is_unknown = True
                write.known = _CREATED_BY_WHOM
                raise
            if unsure:
                write.doubt_what_is_not_seen()
            if not unsure or not error.transient or attempt >= client.transport.settings.retries:
                raise
            client.transport.pause(attempt, error.retry_after)
            attempt += 1


def _find_effect(write: _Write, error: NetServerError) -> int | None:
    try:
        return write.find_effect()
    except Problem as read_error:
        write.is_unknown = True
        write.known = (
            "Whether it took effect is not known, and reading the user again failed: "
            f"{failure_of(read_error).message} Run the task again: it reads before it writes."
        )
        raise error from read_error


def _password(step: Step) -> Secret:
    password = step.desired.password
    return password if isinstance(password, Secret) else Secret("")


def _existing(user: CurrentUser | None) -> CurrentUser:
    """Return a user that this kind of step is sure to have."""
    if user is None:
        raise UserError("identity", "A plan without its user cannot be applied.")
    return user


def _id_of(user: CurrentUser | None) -> int:
    associate_id = _existing(user).associate_id
    if associate_id is None:
        raise UserError("identity", "A user without an associate id cannot be changed.")
    return associate_id


def _write_failure(step: Step, error: UserError | NetServerError, write: _Write) -> Failure:
    flags = f" ({', '.join(flag_names(step.modification))})" if step.modification else ""
    tried = f"{step.subject} could not be {PAST_TENSE[step.action]}{flags}"
    return failure_of(error, tried, write.known)
