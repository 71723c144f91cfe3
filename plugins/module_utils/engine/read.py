# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How things are: roles, and the users that the keys of a definition lead to. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..client import archive, urls
from ..client.archive import UserRow
from ..client.client import Service
from ..client.errors import (
    Forbidden,
    NetServerError,
    NotUnderstood,
    NoUserAgent,
    Refused,
    Unauthorized,
)
from ..client.user_agent import UserCard
from ..domain.errors import UserError
from ..domain.model import UNSET, CurrentUser, DesiredUser, Role, State, same_name
from ..domain.roles import EXTERNAL_USER, Roles

# so many users are asked for one by one, where a text does not tell their roles
FEW = 5


def read_roles(service: Service) -> Roles:
    """Read the roles that external users can have.

    It is the first request of every task, and so the one that meets a wrong address, a wrong login
    and an installation without the User agent.
    """
    try:
        roles = service.agent.external_roles()
    except (Unauthorized, Forbidden, Refused) as error:
        raise _without_agent(service, error) from error
    if roles is None:
        raise _without_agent(
            service, NotUnderstood("POST v1/Agents/User/GetAllRoles answered null", status=200)
        )
    return Roles(roles)


def find_role(
    roles: Roles, desired: DesiredUser, everything: Callable[[], Iterable[Role]]
) -> Role | None:
    """Return the role that a definition asks for, none if it asks for none.

    `everything` reads the roles of all types, which it takes to say what is wrong with one.

    Raises:
        UserError: there is no such role for external users; it says which ones there are.
    """
    if not desired.manages_role or desired.state is State.ABSENT:
        return None
    role = roles.wanted(desired)
    if role is None:
        raise roles.refusal(desired, everything())
    return role


def find_users(service: Service, roles: Roles, desired: DesiredUser) -> list[CurrentUser]:
    """Return every external user that a key of `desired` may mean.

    Raises:
        UserError: a key means a user that is not an external one, and so not ours to touch.
    """
    restrictions, cards = _restrictions(service, desired)
    rows: dict[int, UserRow] = {}
    for restriction in archive.batches(restrictions):
        for row in service.archive.few_external_users(restriction):
            rows[row.associate_id] = row
    users = as_users(service, roles, list(rows.values()))
    for card in _cards_of_missing(service, desired, users, cards):
        if not card.is_external:
            raise not_ours(desired, card)
        if card.associate_id not in rows and not card.deleted:
            users.extend(_listed(service, roles, desired, card))
    return users or _called_formerly(service, roles, desired, cards)


def as_users(service: Service, roles: Roles, rows: Sequence[UserRow]) -> list[CurrentUser]:
    """Give listed users the ids of their roles, which the list itself shows as texts only.

    Where a text does not tell the role, because several have that name or because none is known by
    it, the service is asked: role by role for many users, user by user for a few.
    """
    ids = {text: roles.id_of_text(text) for text in {row.role for row in rows}}
    unclear = {row.associate_id: row.role for row in rows if ids[row.role] is None}
    known: dict[int, int] = {}
    candidates = roles.ids_of_texts(set(unclear.values()))
    if sum(not roles.ids_of_texts([text]) for text in unclear.values()) > FEW:
        everything = service.archive.roles()
        candidates = [role.role_id for role in everything if role.type == EXTERNAL_USER]
    if len(unclear) > len(candidates) > 0:
        for role_id in candidates:
            for row in service.archive.external_users(archive.role_is([role_id])):
                known[row.associate_id] = role_id
    for associate_id in unclear.keys() - known.keys():
        card = service.agent.user(associate_id)
        known[associate_id] = card.role_id if card else 0
    return [_as_user(roles, row, known.get(row.associate_id) or ids[row.role] or 0) for row in rows]


def _as_user(roles: Roles, row: UserRow, role_id: int) -> CurrentUser:
    return CurrentUser(
        associate_id=row.associate_id,
        person_id=row.person_id,
        user_name=row.user_name,
        role_id=role_id,
        role=roles.name(role_id) or row.role,
        is_active=row.is_active,
        associate_name=row.associate_name,
    )


def read_again(service: Service, roles: Roles, associate_id: int) -> CurrentUser | None:
    """Read one user by its id."""
    rows = service.archive.few_external_users(archive.associate_is([associate_id]))
    users = as_users(service, roles, [row for row in rows if row.associate_id == associate_id])
    return users[0] if users else None


def not_ours(desired: DesiredUser, card: UserCard) -> UserError:
    """Say that a key means a user of another type."""
    return not_external(desired, card.user_name or card.name, card.associate_id, card.user_type)


def not_external(
    desired: DesiredUser, name: str, associate_id: int | None, user_type: str
) -> UserError:
    """Say that a user is of another type."""
    return UserError(
        "not_external",
        f"{desired.subject}: '{name}' (associate {associate_id}) is not an external user but of"
        f" the type {user_type}. It was not touched; choose another key or name.",
    )


def _restrictions(
    service: Service, desired: DesiredUser
) -> tuple[list[str], dict[str, UserCard | None]]:
    """Turn the keys into restrictions, and names that no restriction can hold into look-ups."""
    restrictions: list[str] = []
    if desired.associate_id is not UNSET:
        restrictions.append(archive.associate_is([desired.associate_id]))
    if desired.person_id is not UNSET:
        restrictions.append(archive.number_is("personId", desired.person_id))
    cards: dict[str, UserCard | None] = {}
    for name in _names(desired):
        restriction = archive.text_is("userName", name)
        if restriction is not None and archive.fits(restriction):
            restrictions.append(restriction)
            continue
        card = cards[name] = service.agent.user_by_name(name)
        if card and card.is_external:
            restrictions.append(archive.associate_is([card.associate_id]))
    return restrictions, cards


def _names(desired: DesiredUser) -> Iterable[str]:
    if desired.user_name is not UNSET:
        yield desired.user_name
    if desired.associate_id is UNSET and desired.person_id is UNSET:
        yield from desired.previous_user_names


def _cards_of_missing(
    service: Service,
    desired: DesiredUser,
    users: list[CurrentUser],
    cards: dict[str, UserCard | None],
) -> Iterable[UserCard]:
    """Look beyond the list of external users, for keys that it knows nothing of.

    A name may be taken by an internal user, or spelled in a way that the list was not asked for.
    """
    found: list[UserCard | None] = []
    if desired.associate_id is not UNSET and not any(
        user.associate_id == desired.associate_id for user in users
    ):
        found.append(service.agent.user(desired.associate_id))
    if desired.user_name is not UNSET and not any(
        user.is_called(desired.user_name) for user in users
    ):
        if desired.user_name not in cards:
            cards[desired.user_name] = service.agent.user_by_name(desired.user_name)
        found.append(cards[desired.user_name])
    return [card for card in found if card is not None]


def _called_formerly(
    service: Service, roles: Roles, desired: DesiredUser, cards: dict[str, UserCard | None]
) -> list[CurrentUser]:
    """Look former names up one by one, where the list knows nobody by any of the names.

    It may have them in another case, or not in the column that it is asked by.
    """
    if desired.state is State.ABSENT:
        return []
    found: dict[int, UserCard] = {}
    for name in _names(desired):
        if name not in cards:
            cards[name] = service.agent.user_by_name(name)
        card = cards[name]
        if card and card.is_external and not card.deleted:
            found[card.associate_id] = card
    return [user for card in found.values() for user in _listed(service, roles, desired, card)]


def _listed(
    service: Service, roles: Roles, desired: DesiredUser, card: UserCard
) -> list[CurrentUser]:
    user = read_again(service, roles, card.associate_id)
    if user is None:
        raise UserError(
            "identity",
            f"{desired.subject}: the service knows associate {card.associate_id} as an external"
            " user, but does not list it among them. Nothing was changed; look at that user in"
            " Settings and maintenance.",
        )
    return [user]


def _without_agent(service: Service, error: NetServerError) -> NetServerError:
    """Find out whether the login is bad, the address, or the User agent is not to be had."""
    root = service.transport.settings.root
    if error.status == 401 and not urls.looks_like_online(root):
        known_as = _login_problem(service)
        if isinstance(known_as, Unauthorized):
            return error
    else:
        known_as = _login_problem(service)
    if isinstance(known_as, Refused) and known_as.status == 404:
        return Refused(
            f"There is no SuperOffice WebAPI at {root} ({error})",
            operation=error.operation,
            status=error.status,
        )
    if known_as is not None:
        return error
    return NoUserAgent(
        f"The User agent is not available to this login at {root} ({error}). SuperOffice Online"
        " does not offer it, this collection is for onsite installations; onsite the login needs"
        " the right to administer external users",
        operation=error.operation,
        status=error.status,
    )


def _login_problem(service: Service) -> NetServerError | None:
    try:
        service.check_login()
    except NetServerError as error:
        return error
    return None


def is_same_card(user: CurrentUser, card: UserCard) -> bool:
    """Tell whether a listed user and what GetUser says of its id are one and the same."""
    names = {same_name(card.name), same_name(card.user_name)}
    known = same_name(user.user_name) in names or same_name(user.associate_name) in names
    return known and card.person_id in (0, user.person_id)
