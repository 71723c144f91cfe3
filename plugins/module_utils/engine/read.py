# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the current state; nothing here writes.

There are two readers of one state: the keyed reader asks for the users that the keys of one
definition lead to, the full reader for all users, page by page.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Sequence

from ..client import archive, urls
from ..client.archive import UserRow
from ..client.client import Client
from ..client.errors import (
    Forbidden,
    NetServerError,
    NotUnderstood,
    NoUserAgent,
    Refused,
    Unauthorized,
)
from ..client.user_agent import UserRecord
from ..domain.errors import UserError
from ..domain.model import UNSET, CurrentUser, DesiredUser, State
from ..domain.roles import EXTERNAL_USER, Roles
from ..domain.user_index import UserIndex

# a phase, and how many users are done, of how many (0 while that is unknown)
ReportProgress = Callable[[str, int, int], None]
# so many users are asked for one by one, where a role name does not tell the role
FEW = 5


class CurrentState(typing.NamedTuple):
    """The installation as it was read. `is_complete` says that `users` are all users."""

    roles: Roles
    users: UserIndex
    is_complete: bool


class Reader(typing.Protocol):
    """Reads the state that a run needs."""

    def read(self) -> CurrentState:
        """Return the roles and the users."""


class FullReader:
    """Reads the roles and all external users."""

    def __init__(self, client: Client, progress: ReportProgress) -> None:
        self._client = client
        self._progress = progress

    def read(self) -> CurrentState:
        """Return the roles and all users."""
        roles = read_roles(self._client)
        rows = self._client.archive.external_users(
            progress=lambda done: self._progress("read", done, 0)
        )
        return CurrentState(roles, UserIndex(to_users(self._client, roles, rows)), is_complete=True)


class KeyedReader:
    """Reads the roles, and every external user that a key of one definition may mean."""

    def __init__(self, client: Client, desired: DesiredUser) -> None:
        self._client = client
        self._desired = desired
        # names that no restriction can express, and names that the list does not know
        self._records: dict[str, UserRecord | None] = {}

    def read(self) -> CurrentState:
        """Return the roles and the users.

        Raises:
            UserError: a key means a user that is not an external one, which is never touched.
        """
        roles = read_roles(self._client)
        users = UserIndex(self._users(roles))
        return CurrentState(roles, users.with_aliases(self._confirmed_names()), is_complete=False)

    def _confirmed_names(self) -> dict[int | None, list[str]]:
        """Return the names that were looked up, by the id of the user that the service named."""
        confirmed: dict[int | None, list[str]] = {}
        for name, record in self._records.items():
            if record is not None:
                confirmed.setdefault(record.associate_id, []).append(name)
        return confirmed

    def _users(self, roles: Roles) -> list[CurrentUser]:
        rows: dict[int, UserRow] = {}
        for restriction in archive.batches(self._restrictions()):
            for row in self._client.archive.few_external_users(restriction):
                rows[row.associate_id] = row
        users = to_users(self._client, roles, list(rows.values()))
        for record in self._records_of_missing(users):
            if not record.is_external:
                raise not_external(self._desired, record)
            if record.associate_id not in rows and not record.deleted:
                users.append(self._listed(roles, record))
        return users or self._users_of_former_names(roles)

    def _restrictions(self) -> list[str]:
        """Turn the keys into restrictions, and look up names that no restriction can express."""
        desired = self._desired
        restrictions: list[str] = []
        if desired.associate_id is not UNSET:
            restrictions.append(archive.associate_is([desired.associate_id]))
        if desired.person_id is not UNSET:
            restrictions.append(archive.number_is("personId", desired.person_id))
        for name in self._names():
            restriction = archive.text_is("userName", name)
            if restriction is not None and archive.fits(restriction):
                restrictions.append(restriction)
                continue
            record = self._by_name(name)
            if record and record.is_external:
                restrictions.append(archive.associate_is([record.associate_id]))
        return restrictions

    def _names(self) -> Iterable[str]:
        desired = self._desired
        if desired.user_name is not UNSET:
            yield desired.user_name
        if desired.associate_id is UNSET and desired.person_id is UNSET:
            yield from desired.previous_user_names

    def _by_name(self, name: str) -> UserRecord | None:
        if name not in self._records:
            self._records[name] = self._client.agent.user_by_name(name)
        return self._records[name]

    def _records_of_missing(self, users: Sequence[CurrentUser]) -> list[UserRecord]:
        """Look beyond the list of external users, for keys that it does not know.

        A name may be taken by an internal user, or spelled in a way that the list was not asked
        for.
        """
        desired = self._desired
        found: list[UserRecord | None] = []
        associate_id, user_name = desired.associate_id, desired.user_name
        if associate_id is not UNSET and not any(u.associate_id == associate_id for u in users):
            found.append(self._client.agent.user(associate_id))
        if user_name is not UNSET and not any(user.logs_in_as(user_name) for user in users):
            found.append(self._by_name(user_name))
        return [record for record in found if record is not None]

    def _users_of_former_names(self, roles: Roles) -> list[CurrentUser]:
        """Look former names up one by one, where the list knows none of the names.

        It may have them in another case, or not in the column that it is searched by.
        """
        if self._desired.state is State.ABSENT:
            return []
        found: dict[int, UserRecord] = {}
        for name in self._names():
            record = self._by_name(name)
            if record and record.is_external and not record.deleted:
                found[record.associate_id] = record
        return [self._listed(roles, record) for record in found.values()]

    def _listed(self, roles: Roles, record: UserRecord) -> CurrentUser:
        user = read_user(self._client, roles, record.associate_id)
        if user is None:
            raise UserError(
                "identity",
                f"{self._desired.subject}: the service knows associate {record.associate_id} as an"
                " external user, but does not list it among them. Nothing was changed; look at that"
                " user in Settings and maintenance.",
            )
        return user


def read_roles(client: Client) -> Roles:
    """Read the roles that external users can have.

    It is the first request of every task, and so the one that meets a wrong address, a wrong login
    and an installation without the User agent.
    """
    try:
        roles = client.agent.external_roles()
    except (Unauthorized, Forbidden, Refused) as error:
        raise _without_agent(client, error) from error
    if roles is None:
        raise _without_agent(
            client, NotUnderstood("POST v1/Agents/User/GetAllRoles answered null", status=200)
        )
    return Roles(roles)


def read_user(client: Client, roles: Roles, associate_id: int) -> CurrentUser | None:
    """Read one user by its id."""
    return read_users(client, roles, [associate_id]).get(associate_id)


def read_users(
    client: Client, roles: Roles, associate_ids: Sequence[int]
) -> dict[int | None, CurrentUser]:
    """Read users by their ids, in as few requests as the length of a query allows."""
    rows = [
        row
        for batch in archive.batches_of_ids(associate_ids)
        for row in client.archive.few_external_users(archive.associate_is(batch), len(batch))
        if row.associate_id in batch
    ]
    return {user.associate_id: user for user in to_users(client, roles, rows)}


def read_users_of_persons(
    client: Client, roles: Roles, person_ids: Iterable[int]
) -> list[CurrentUser]:
    """Read the users of persons, in a request for each few dozen."""
    wanted = [archive.number_is("personId", one) for one in sorted(person_ids)]
    rows = [
        row
        for restriction in archive.batches(wanted)
        for row in client.archive.few_external_users(restriction)
    ]
    return to_users(client, roles, rows)


def to_users(client: Client, roles: Roles, rows: Sequence[UserRow]) -> list[CurrentUser]:
    """Add the ids of their roles to listed users; the list itself has only role names.

    Where a name does not tell the role, because several roles have it or none is known by it, the
    service is asked: role by role for many users, user by user for a few.
    """
    ids = {text: roles.id_of_text(text) for text in {row.role for row in rows}}
    unclear = {row.associate_id: row.role for row in rows if ids[row.role] is None}
    known: dict[int, int] = {}
    candidates = roles.ids_of_texts(set(unclear.values()))
    if sum(not roles.ids_of_texts([text]) for text in unclear.values()) > FEW:
        all_roles = client.archive.roles()
        candidates = [role.role_id for role in all_roles if role.type == EXTERNAL_USER]
    if len(unclear) > len(candidates) > 0:
        for role_id in candidates:
            for row in client.archive.external_users(archive.role_is([role_id])):
                known[row.associate_id] = role_id
    for associate_id in unclear.keys() - known.keys():
        record = client.agent.user(associate_id)
        known[associate_id] = record.role_id if record else 0
    return [_to_user(roles, row, known.get(row.associate_id) or ids[row.role] or 0) for row in rows]


def not_external(desired: DesiredUser, record: UserRecord, name: str = "") -> UserError:
    """Return the error of a key that means a user of another type."""
    return UserError(
        "not_external",
        f"{desired.subject}: '{name or record.name}' (associate {record.associate_id}) is not an"
        f" external user but of the type {record.user_type}. It was not touched; choose another key"
        " or name.",
    )


def _to_user(roles: Roles, row: UserRow, role_id: int) -> CurrentUser:
    return CurrentUser(
        associate_id=row.associate_id,
        person_id=row.person_id,
        user_name=row.user_name,
        role_id=role_id,
        role=roles.name(role_id) or row.role,
        is_active=row.is_active,
        associate_name=row.associate_name,
    )


def _without_agent(client: Client, error: NetServerError) -> NetServerError:
    """Find out whether the login is wrong, or the address, or the User agent is not available."""
    root = client.transport.settings.root
    if error.status == 401 and not urls.looks_like_online(root):
        problem = _login_problem(client)
        if isinstance(problem, Unauthorized):
            return error
    else:
        problem = _login_problem(client)
    if isinstance(problem, Refused) and problem.status == 404:
        return Refused(
            f"There is no SuperOffice WebAPI at {root} ({error})",
            operation=error.operation,
            status=error.status,
        )
    if problem is not None:
        return error
    return NoUserAgent(
        f"The User agent is not available to this login at {root} ({error}). SuperOffice Online"
        " does not offer it, this collection is for onsite installations; onsite the login needs"
        " the right to administer external users",
        operation=error.operation,
        status=error.status,
    )


def _login_problem(client: Client) -> NetServerError | None:
    try:
        client.check_login()
    except NetServerError as error:
        return error
    return None
