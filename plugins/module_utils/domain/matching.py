# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which existing user a definition is about, decided from the users that its keys lead to."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import UserError
from .model import UNSET, CurrentUser, DesiredUser, State, describe


def identify(desired: DesiredUser, candidates: Sequence[CurrentUser]) -> CurrentUser | None:
    """Return the one user that `desired` is about, or none if it does not exist.

    The first key that is given leads, in the order associate_id, person_id, user_name; the others
    must not lead to another user. `candidates` hold every user that one of the keys may mean.

    Raises:
        UserError: the keys point at different users, or at several.
    """
    found = identify_by_key(desired, candidates)
    holder = name_holder(desired, found, candidates)
    if holder:
        raise name_conflict(desired, found, holder)
    return found


def identify_by_key(desired: DesiredUser, candidates: Sequence[CurrentUser]) -> CurrentUser | None:
    """Identify like `identify`, but leave open whether another user has the name.

    Among many declarations that one may be about to give the name away.
    """
    found = _by_leading_key(desired, candidates)
    if found is None:
        found = _by_previous_name(desired, candidates)
    _check_person(desired, found)
    return None if found and _is_another(desired, found) else found


def name_holder(
    desired: DesiredUser, found: CurrentUser | None, candidates: Sequence[CurrentUser]
) -> CurrentUser | None:
    """Return the user that has the name which `found`, or a new user, shall have."""
    if desired.user_name is UNSET:
        return None
    return next((u for u in _called(desired.user_name, candidates) if u != found), None)


def name_conflict(
    desired: DesiredUser, found: CurrentUser | None, holder: CurrentUser
) -> UserError:
    """Say that the keys of a declaration lead to two users."""
    key = "associate_id" if desired.associate_id is not UNSET else "person_id"
    whose = describe(found)[0].lower() + describe(found)[1:] if found else "no existing user"
    return UserError(
        "conflict",
        f"{desired.subject}: {key} and user_name point at different users, {key} at {whose}, and"
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
            called = _called(desired.user_name, of_person)
            of_person = called if called or desired.state is State.ABSENT else of_person
        return _only(desired, of_person, f"person {desired.person_id}")
    if desired.user_name is not UNSET:
        called = _called(desired.user_name, candidates)
        return _only(desired, called, f"the name '{desired.user_name}'")
    return None


def _by_previous_name(
    desired: DesiredUser, candidates: Sequence[CurrentUser]
) -> CurrentUser | None:
    """Find the user under a former name, where the name is the key and a user shall exist."""
    by_name = desired.associate_id is UNSET and desired.person_id is UNSET
    if not by_name or desired.state is State.ABSENT:
        return None
    former = [
        user
        for user in candidates
        if any(user.is_called(name) for name in desired.previous_user_names)
    ]
    return _only(desired, former, "the previous_user_names")


def _check_person(desired: DesiredUser, found: CurrentUser | None) -> None:
    if found and desired.person_id is not UNSET and found.person_id != desired.person_id:
        raise UserError(
            "conflict",
            f"{desired.subject}: associate_id and person_id point at different users, associate"
            f" {found.associate_id} is '{found.user_name}' of person {found.person_id}. Nothing"
            " was changed; correct one of the keys.",
        )


def _is_another(desired: DesiredUser, found: CurrentUser) -> bool:
    """Tell whether the login to delete is gone, and `found` another one of the same person.

    For a user that shall exist, another name is the one that it shall get.
    """
    if desired.state is State.PRESENT or desired.user_name is UNSET:
        return False
    if found.is_called(desired.user_name):
        return False
    if desired.associate_id is UNSET:
        return True
    raise UserError(
        "conflict",
        f"{desired.subject} was not deleted: the name of that user is '{found.user_name}'. Correct"
        " user_name, or leave it out.",
    )


def _called(user_name: str, users: Sequence[CurrentUser]) -> list[CurrentUser]:
    return [user for user in users if user.is_called(user_name)]


def _only(desired: DesiredUser, users: Sequence[CurrentUser], key: str) -> CurrentUser | None:
    if len(users) <= 1:
        return users[0] if users else None
    which = ", ".join(f"'{user.user_name}' (associate {user.associate_id})" for user in users)
    raise UserError(
        "ambiguous",
        f"{desired.subject}: {key} means {len(users)} external users, {which}. Nothing was"
        " changed; say which one with associate_id.",
    )
