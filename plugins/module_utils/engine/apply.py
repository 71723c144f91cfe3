# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: the one write, what to do when its answer is lost, and the proof after it.

No write is repeated on hope. Where it may have taken effect the user is looked up first, and only
what is missing is sent again.
"""

from __future__ import annotations

import typing

from ..client import archive
from ..client.client import Service
from ..client.errors import Effect, NetServerError
from ..domain.errors import UserError
from ..domain.fields import flag_names
from ..domain.model import Change, CurrentUser, Secret
from ..domain.plan import Action, Plan, differences, remaining, subject
from ..domain.roles import Roles
from .failure import Failure, Problem, failure_of
from .read import as_users, read_again

READ_BACKS = 3
_VERBS = {Action.CREATE: "created", Action.MODIFY: "modified", Action.DELETE: "deleted"}
# by whether the service may still be at work on a request whose answer was lost
_NOT_SEEN = {
    False: "A look afterwards shows that it did not take effect.",
    True: "A look afterwards shows no effect so far; a service that is only slow may still do it.",
}


class Applied(typing.NamedTuple):
    """What became of a plan: whether anything was written, the user afterwards, and what failed."""

    wrote: bool
    user: CurrentUser | None
    failure: Failure | None = None


def apply_plan(service: Service, roles: Roles, plan: Plan, *, verify: bool) -> Applied:
    """Carry out `plan`, and read the user back if `verify` says so."""
    if not plan.changed:
        return Applied(False, plan.after)
    write = _WRITES[plan.action](service, roles, plan)
    try:
        known = _insist(service, write)
    except Problem as error:
        return Applied(write.took_part(), write.current, _write_failure(plan, error, write))
    after = plan.after and plan.after._replace(associate_id=known)
    if not verify:
        return Applied(True, after)
    return prove(service, roles, plan, known)


class _Write:
    """One write of a plan: how it is sent, and how to see whether it took effect."""

    def __init__(self, service: Service, roles: Roles, plan: Plan) -> None:
        self.service = service
        self.roles = roles
        self.plan = plan
        self.current = plan.before
        self.known = "Nothing was changed."

    def send(self) -> int:
        """Make the call; return the associate id of the user."""
        raise NotImplementedError

    def look(self) -> int | None:
        """Return the associate id if the call has taken effect, none if not."""
        raise NotImplementedError

    def took_part(self) -> bool:
        """Tell whether a call that failed has changed something all the same."""
        return False


class _Creation(_Write):
    def send(self) -> int:
        return self.service.agent.create_external_user(
            _there(self.plan.after), _password(self.plan)
        )

    def look(self) -> int | None:
        user = _there(self.plan.after)
        restriction = archive.number_is("personId", user.person_id)
        rows = self.service.archive.few_external_users(restriction)
        found = as_users(self.service, self.roles, rows)
        self.current = next((u for u in found if u.is_called(user.user_name)), None)
        return self.current.associate_id if self.current else None

    def took_part(self) -> bool:
        return self.current is not None


class _Modification(_Write):
    def __init__(self, service: Service, roles: Roles, plan: Plan) -> None:
        super().__init__(service, roles, plan)
        self.left = plan.change

    def send(self) -> int:
        current, after = _there(self.current), _there(self.plan.after)
        self.service.agent.set_external_user_info(
            current, after, self.left, _password(self.plan), self._is_visible
        )
        return _id_of(current)

    def look(self) -> int | None:
        found = read_again(self.service, self.roles, _id_of(self.plan.before))
        if found is None:
            raise UserError("not_applied", f"{subject(self.plan)} is no longer listed.")
        self.current = found
        # whether a password took effect can not be seen: sending it again does no harm
        self.left = remaining(_there(self.plan.after), found) | (self.left & Change.PASSWORD)
        if self.took_part():
            done = ", ".join(flag_names(self.plan.change & ~self.left))
            self.known = f"Only {done} took effect."
        return None if self.left else found.associate_id

    def took_part(self) -> bool:
        return bool(self.plan.change & ~self.left)

    def _is_visible(self) -> bool:
        self.look()
        return not self.left & ~Change.PASSWORD


class _Deletion(_Write):
    def send(self) -> int:
        associate_id = _id_of(self.plan.before)
        self.service.agent.delete_external_user(associate_id)
        return associate_id

    def look(self) -> int | None:
        associate_id = _id_of(self.plan.before)
        return associate_id if _is_gone(self.service, self.roles, associate_id) else None


_WRITES: dict[Action, type[_Write]] = {
    Action.CREATE: _Creation,
    Action.MODIFY: _Modification,
    Action.DELETE: _Deletion,
}


def _insist(service: Service, write: _Write) -> int:
    """Write until it is certain that it took effect, or that it will not.

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
            if not unsure:
                raise
            write.known = _NOT_SEEN[error.transient]
            seen = _look(write, error)
            if seen is not None:
                return seen
            if not error.transient or attempt >= service.transport.settings.retries:
                raise
            service.transport.pause(attempt, error.retry_after)
            attempt += 1


def _look(write: _Write, error: NetServerError) -> int | None:
    try:
        return write.look()
    except Problem as blind:
        write.known = (
            "Whether it took effect is not known, and looking failed as well: "
            f"{failure_of(blind).message} Run the task again: it looks before it writes."
        )
        raise error from blind


def prove(service: Service, roles: Roles, plan: Plan, associate_id: int) -> Applied:
    """Read a written user until it is as planned, a few times at most."""
    found: CurrentUser | None = None
    wrong: list[str] = []
    for attempt in range(READ_BACKS):
        if attempt:
            service.transport.pause(attempt - 1)
        try:
            found = _found_after(service, roles, plan, associate_id)
        except Problem as error:
            tried = f"{subject(plan)} was {_VERBS[plan.action]}, but could not be read back"
            return Applied(True, plan.after, failure_of(error, tried))
        wrong = _wrong(plan, found)
        if not wrong:
            return Applied(True, found)
    mismatch = UserError(
        "not_applied",
        f"{subject(plan)} was {_VERBS[plan.action]} without an error from the service, but reading"
        f" it back shows that {' and '.join(wrong)}.",
    )
    return Applied(plan.sets_password or found != plan.before, found, failure_of(mismatch))


def _found_after(
    service: Service, roles: Roles, plan: Plan, associate_id: int
) -> CurrentUser | None:
    if plan.after is None and _is_gone(service, roles, associate_id):
        return None
    return read_again(service, roles, associate_id)


def _wrong(plan: Plan, found: CurrentUser | None) -> list[str]:
    if plan.after is None:
        return ["the user is still there"] if found else []
    return differences(plan.after, found) if found else ["the user is not listed"]


def _is_gone(service: Service, roles: Roles, associate_id: int) -> bool:
    """Tell whether a user is deleted; the service may keep it, marked, in the list."""
    if read_again(service, roles, associate_id) is None:
        return True
    card = service.agent.user(associate_id)
    return card is None or card.deleted


def _password(plan: Plan) -> Secret:
    password = plan.desired.password
    return password if isinstance(password, Secret) else Secret("")


def _there(user: CurrentUser | None) -> CurrentUser:
    """Return a user that the kind of plan is sure to have."""
    if user is None:
        raise UserError("identity", "A plan without its user can not be carried out.")
    return user


def _id_of(user: CurrentUser | None) -> int:
    associate_id = _there(user).associate_id
    if associate_id is None:
        raise UserError("identity", "A user without an associate id can not be changed.")
    return associate_id


def _write_failure(plan: Plan, error: UserError | NetServerError, write: _Write) -> Failure:
    flags = f" ({', '.join(flag_names(plan.change))})" if plan.change else ""
    tried = f"{subject(plan)} could not be {_VERBS[plan.action]}{flags}"
    return failure_of(error, tried, write.known)
