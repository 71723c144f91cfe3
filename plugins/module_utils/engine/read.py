# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the current state; nothing here writes.

There are two readers of one state: the keyed reader asks for the users that the keys of one
definition lead to, the full reader for all users, page by page.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence

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
from ..domain.matching import names_to_confirm
from ..domain.model import UNSET, CurrentUser, DesiredUser, Role, State
from ..domain.persons import Person
from ..domain.roles import EXTERNAL_USER, Roles
from ..domain.user_index import UserIndex
from .parallel import in_parallel

# a phase, and how many users are done, of how many (0 while that is unknown)
ReportProgress = Callable[[str, int, int], None]
# so many users are asked for one by one, where a role name does not tell the role
FEW = 5


class CurrentState(typing.NamedTuple):
    """The installation as it was read. `is_complete` says that `users` are all users.

    `persons` are those that were looked up, by id.
    """

    roles: Roles
    users: UserIndex
    is_complete: bool
    persons: Mapping[int, Person] = types.MappingProxyType({})


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
    """Reads the roles, and every external user that a key of one definition may mean.

    Each key is asked for by itself, in a comparison that web application firewalls let pass.
    """

    def __init__(self, client: Client, desired: DesiredUser) -> None:
        self._client = client
        self._desired = desired

    def read(self) -> CurrentState:
        """Return the roles and the users.

        Raises:
            UserError: a key means a user that is not an external one, which is never touched.
        """
        roles = read_roles(self._client)
        return CurrentState(roles, self._users(roles), is_complete=False)

    def _users(self, roles: Roles) -> UserIndex:
        desired = self._desired
        users: dict[int | None, CurrentUser] = {}
        if desired.associate_id is not UNSET:
            users |= self._by_id(roles, desired.associate_id)
        if desired.person_id is not UNSET:
            found = read_users_of_persons(self._client, roles, [desired.person_id])
            users |= {user.associate_id: user for user in found}
        if desired.user_name is not UNSET:
            users |= self._by_name(roles, desired.user_name, users)
        by_name = desired.associate_id is UNSET and desired.person_id is UNSET
        if by_name and not users and desired.state is State.PRESENT:
            for name in desired.previous_user_names:
                users |= self._by_name(roles, name, users)
        return UserIndex(users.values())

    def _by_id(self, roles: Roles, associate_id: int) -> dict[int | None, CurrentUser]:
        users = read_users(self._client, roles, [associate_id])
        if not users:
            self._refuse_other(self._client.agent.user(associate_id))
        return users

    def _by_name(
        self, roles: Roles, name: str, known: Mapping[int | None, CurrentUser]
    ) -> dict[int | None, CurrentUser]:
        """Return the user of a name, unless it is among those that are known already."""
        if any(user.logs_in_as(name) for user in known.values()):
            return {}
        found = find_by_name(self._client, roles, name)
        self._refuse_other(found.record)
        return {user.associate_id: user for user in found.users}

    def _refuse_other(self, record: UserRecord | None) -> None:
        """Refuse a user that the list of external users does not have."""
        if record is None or record.deleted:
            return
        if not record.is_external:
            raise not_external(self._desired, record)
        raise UserError(
            "identity",
            f"{self._desired.subject}: the service knows associate {record.associate_id} as an"
            " external user, but does not list it among them. Nothing was changed; look at that"
            " user in Settings and maintenance.",
        )


class NamedUsers(typing.NamedTuple):
    """The external users of a name; `record` is a user of the name that is not among them."""

    users: list[CurrentUser]
    record: UserRecord | None = None


def find_by_name(client: Client, roles: Roles, name: str) -> NamedUsers:
    """Find external users by their login name.

    The list is asked first. What it does not find, because of the case, of a character that a
    filter cannot express or of the column that it searches, GetUserFromName may find; the user that
    it names is read by its id, with the name as a confirmed one.
    """
    restriction = archive.text_is("userName", name)
    users: list[CurrentUser] = []
    if restriction is not None and archive.fits(restriction):
        users = to_users(client, roles, client.archive.few_external_users(restriction))
        if any(user.logs_in_as(name) for user in users):
            return NamedUsers(users)
    record = client.agent.user_by_name(name)
    if record is None:
        return NamedUsers(users)
    if not record.is_external or record.deleted:
        return NamedUsers(users, record)
    listed = read_users(client, roles, [record.associate_id])
    if not listed:
        return NamedUsers(users, record)
    confirmed = {one: user._replace(aliases=(name,)) for one, user in listed.items()}
    return NamedUsers([*({user.associate_id: user for user in users} | confirmed).values()])


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
            client, NotUnderstood("POST v1/Agents/User/GetAllRoles returned null", status=200)
        )
    return Roles(roles)


def list_roles(client: Client) -> list[Role]:
    """Read all roles of all types.

    Where it is the first request of a task, it may meet a wrong address.
    """
    try:
        return client.archive.roles()
    except NetServerError as error:
        if _is_missing(error) and _is_missing(_login_problem(client)):
            raise _without_web_api(client, error) from error
        raise


def read_user(client: Client, roles: Roles, associate_id: int) -> CurrentUser | None:
    """Read one user by its id."""
    return read_users(client, roles, [associate_id]).get(associate_id)


def read_users(
    client: Client, roles: Roles, associate_ids: Sequence[int]
) -> dict[int | None, CurrentUser]:
    """Read users by their ids, in as few requests as the length of a query allows."""
    wanted = set(associate_ids)

    def read(batch: Sequence[int]) -> list[UserRow]:
        return client.archive.few_external_users(archive.associate_is(batch), len(batch))

    batches = archive.batches_of_ids(associate_ids, client.archive.page_size)
    found = in_parallel(read, batches, client.transport.concurrency)
    rows = [row for batch in found for row in batch if row.associate_id in wanted]
    return {user.associate_id: user for user in to_users(client, roles, rows)}


def read_users_of_persons(
    client: Client, roles: Roles, person_ids: Iterable[int]
) -> list[CurrentUser]:
    """Read the users of persons, in a request for each few dozen."""
    wanted = [archive.number_is("personId", one) for one in sorted(person_ids)]
    # a person may have any number of users, so that how many of them one page has proves nothing
    read = client.archive.few_external_users if len(wanted) == 1 else client.archive.external_users
    rows = [row for restriction in archive.batches(wanted) for row in read(restriction)]
    return to_users(client, roles, rows)


def with_confirmed_names(
    client: Client, users: UserIndex, wanted: Iterable[DesiredUser], concurrency: int
) -> UserIndex:
    """Ask the service whose names are that no comparison here can decide (GetUserFromName)."""
    names = names_to_confirm(wanted, users)
    if not names:
        return users
    records = in_parallel(client.agent.user_by_name, names, concurrency)
    aliases: dict[int | None, list[str]] = {}
    for name, record in zip(names, records, strict=True):
        if record is not None and record.is_visible:
            aliases.setdefault(record.associate_id, []).append(name)
    return users.with_aliases(aliases)


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
    """Return the error of a key that means a user of another type, or one out of reach."""
    if not record.is_visible:
        return UserError(
            "forbidden",
            f"{desired.subject}: the name or id belongs to a user that this login may not manage."
            " It was not touched; choose another key or name.",
        )
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
        full_name=row.full_name,
        company=row.company,
        company_name=row.company_name,
        company_id=row.company_id,
        email=row.email,
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
    if _is_missing(problem):
        return _without_web_api(client, error)
    if problem is not None:
        return error
    online = "SuperOffice Online does not offer the User agent: this collection is for onsite"
    right = "needs the right to administer external users, granted in Settings and maintenance"
    if urls.looks_like_online(root):
        reasons = f"{online} installations. Onsite the login {right}"
    else:
        reasons = f"The login {right}. {online} installations"
    return NoUserAgent(
        f"The User agent is not available to this login at {root} ({error}). {reasons}",
        operation=error.operation,
        status=error.status,
    )


def _without_web_api(client: Client, error: NetServerError) -> NetServerError:
    return Refused(
        f"There is no SuperOffice WebAPI at {client.transport.settings.root} ({error}). Check the"
        " path in url (SUPEROFFICE_URL): it is the address of the web site, without /api, such as"
        " https://crm.example.com/SuperOffice",
        operation=error.operation,
        status=error.status,
    )


def _is_missing(error: NetServerError | None) -> bool:
    return isinstance(error, Refused) and error.status == 404


def _login_problem(client: Client) -> NetServerError | None:
    try:
        client.check_login()
    except NetServerError as error:
        return error
    return None
