# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which existing user a definition means, decided from the users that its keys lead to."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence

from .definitions import Definition
from .errors import UserError
from .findings import Finding
from .model import UNSET, CurrentUser, DesiredUser, State, describe
from .names import name_key
from .persons import names_person
from .selection import Selection
from .user_index import UserIndex


class Match(typing.NamedTuple):
    """A definition, and the existing user that it means, if there is one."""

    definition: Definition
    current: CurrentUser | None


def match_definitions(
    definitions: Sequence[Definition], users: UserIndex
) -> tuple[list[Match], list[Finding]]:
    """Find the user of each definition; two definitions of one user are refused."""
    found: list[Match] = []
    findings: list[Finding] = []
    owners: dict[int, Definition] = {}
    logins = functools.cache(functools.partial(_declared_logins, definitions))
    for definition in definitions:
        desired = definition.desired
        candidates = users.candidates(desired)
        if _is_further_login(desired, candidates, logins):
            candidates = []
        try:
            current = find_user(desired, candidates)
            _refuse_contradictory_deletion(desired, current, candidates)
        except UserError as error:
            findings.append(Finding(str(definition.location), str(error), error.kind))
            continue
        if current and current.associate_id is not None:
            first = owners.setdefault(current.associate_id, definition)
            if first is not definition:
                message = (
                    f"{desired.subject} is the same user as {first.desired.subject} of"
                    f" {first.location}, associate {current.associate_id}. Keep one of the two."
                )
                findings.append(Finding(str(definition.location), message, "duplicate"))
                continue
        found.append(Match(definition, current))
    return found, findings


def unmatched_users(
    users: UserIndex, matches: Iterable[Match], scope: Selection
) -> Iterator[CurrentUser]:
    """Return the users in scope that no definition means."""
    ids = {match.current.associate_id for match in matches if match.current}
    return (user for user in users if user.associate_id not in ids and scope.holds(user))


def find_user(desired: DesiredUser, candidates: Sequence[CurrentUser]) -> CurrentUser | None:
    """Return the one user that `desired` means, or None if it does not exist.

    The first key that is given decides, in the order associate_id, person_id, user_name; the others
    must not lead to another user. Whether another user has the name is left open: among many
    definitions, that user may give it away.

    Args:
        desired: the definition.
        candidates: every user that one of its keys may mean.

    Raises:
        UserError: the keys identify different users, or at several.
    """
    found = _by_leading_key(desired, candidates)
    if found is None:
        found = _by_previous_name(desired, candidates)
    _check_person(desired, found)
    return None if found and _is_another(desired, found) else found


def names_to_confirm(wanted: Iterable[DesiredUser], users: UserIndex) -> list[str]:
    """Return the names of which only the service can say whose they are.

    That are names of no user, where a user has a name that is alike or has the name in the second
    column only, and names that two users have, in different columns. None of them may decide about
    a write unless the service confirms it.
    """
    unclear: dict[str, None] = {}
    for desired in wanted:
        names = [] if desired.user_name is UNSET else [desired.user_name]
        for name in (*names, *desired.previous_user_names):
            named = users.by_name(name)
            if len(named) == 1 and named[0].logs_in_as(name):
                break  # former names do not matter then
            if named or users.alike(name):
                unclear[name] = None
    return list(unclear)


def name_conflict(
    desired: DesiredUser, found: CurrentUser | None, holder: CurrentUser
) -> UserError:
    """Return the error of a definition whose keys lead to two users."""
    key = "associate_id" if desired.associate_id is not UNSET else desired.person_option
    whose = describe(found)[0].lower() + describe(found)[1:] if found else "no existing user"
    return UserError(
        "conflict",
        f"{desired.subject}: {key} and user_name identify different users, {key} at {whose}, and"
        f" the name '{holder.user_name}' is that of associate {holder.associate_id} (person"
        f" {holder.person_id}). Nothing was changed; correct one of the keys.",
    )


def _by_leading_key(desired: DesiredUser, candidates: Sequence[CurrentUser]) -> CurrentUser | None:
    if desired.associate_id is not UNSET:
        return next((u for u in candidates if u.associate_id == desired.associate_id), None)
    if desired.person_id is not UNSET:
        of_person = [u for u in candidates if u.person_id == desired.person_id]
        if len(of_person) > 1 and desired.user_name is not UNSET:
            # the name says which of the person's logins is meant, if it is the name of one
            named = _with_name(desired.user_name, of_person)
            of_person = named if named or desired.state is State.ABSENT else of_person
        return _only(desired, of_person, f"person {desired.person_id}")
    if desired.user_name is not UNSET:
        named = _with_name(desired.user_name, candidates)
        return _only(desired, named, f"the name '{desired.user_name}'")
    return None


def _by_previous_name(
    desired: DesiredUser, candidates: Sequence[CurrentUser]
) -> CurrentUser | None:
    """Find the user under a former name, where the name is the key and the user should exist."""
    by_name = desired.associate_id is UNSET and desired.person_id is UNSET
    if not by_name or desired.state is State.ABSENT:
        return None
    former = [
        user
        for user in candidates
        if any(user.logs_in_as(name) for name in desired.previous_user_names)
    ]
    return _only(desired, former, "the previous_user_names")


def _check_person(desired: DesiredUser, found: CurrentUser | None) -> None:
    if found and desired.person_id is not UNSET and found.person_id != desired.person_id:
        raise UserError(
            "conflict",
            f"{desired.subject}: associate_id and person_id identify different users, associate"
            f" {found.associate_id} is '{found.user_name}' of person {found.person_id}. Nothing"
            " was changed; correct one of the keys.",
        )


def _is_another(desired: DesiredUser, found: CurrentUser) -> bool:
    """Tell whether the login to delete is gone, and `found` another one of the same person.

    For a user that should exist, another name is the one that it is to have.
    """
    if desired.state is State.PRESENT or desired.user_name is UNSET:
        return False
    if found.logs_in_as(desired.user_name):
        return False
    if desired.associate_id is UNSET:
        return True
    raise UserError(
        "conflict",
        f"{desired.subject} was not deleted: the name of that user is '{found.user_name}'. Correct"
        " user_name, or leave it out.",
    )


def _is_further_login(
    desired: DesiredUser,
    candidates: Sequence[CurrentUser],
    logins: Callable[[], set[tuple[int, str]]],
) -> bool:
    """Tell whether the person of a definition has only logins that other definitions declare.

    By itself the definition would mean that the person's login gets another name.
    """
    if desired.associate_id is not UNSET or desired.user_name is UNSET:
        return False
    theirs = [user for user in candidates if user.person_id == desired.person_id]
    for user in theirs:
        if user.logs_in_as(desired.user_name):
            return False
    return bool(theirs) and all(
        {(user.person_id, name_key(user.user_name)), (0, name_key(user.user_name))} & logins()
        for user in theirs
    )


def _declared_logins(definitions: Iterable[Definition]) -> set[tuple[int, str]]:
    """Return the logins that are declared by person and name; 0 is a person without an id."""
    declared = set()
    for desired in (one.desired for one in definitions):
        if desired.user_name is UNSET:
            continue
        if desired.person_id is not UNSET:
            declared.add((desired.person_id, name_key(desired.user_name)))
        elif names_person(desired):
            # a user of this name exists, so that its person was not looked up
            declared.add((0, name_key(desired.user_name)))
    return declared


def _refuse_contradictory_deletion(
    desired: DesiredUser, current: CurrentUser | None, candidates: Sequence[CurrentUser]
) -> None:
    """Refuse keys of a user to delete that lead to two users; no other change makes them agree."""
    if desired.state is State.PRESENT or desired.user_name is UNSET:
        return
    for holder in _with_name(desired.user_name, candidates):
        if holder != current:
            raise name_conflict(desired, current, holder)


def _with_name(user_name: str, users: Sequence[CurrentUser]) -> list[CurrentUser]:
    return [user for user in users if user.logs_in_as(user_name)]


def _only(desired: DesiredUser, users: Sequence[CurrentUser], key: str) -> CurrentUser | None:
    if len(users) <= 1:
        return users[0] if users else None
    which = ", ".join(f"'{user.user_name}' (associate {user.associate_id})" for user in users)
    raise UserError(
        "ambiguous",
        f"{desired.subject}: {key} means {len(users)} external users, {which}. Nothing was"
        " changed; say which one with associate_id.",
    )
