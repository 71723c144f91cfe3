# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of all users that a run with `only` is about."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from .definitions import Definition
from .findings import Finding
from .matching import Match
from .model import UNSET, CurrentUser, DesiredUser
from .persons import names_person
from .selection import is_literal, matches
from .user_index import UserIndex

Globs = tuple[str, ...]


def covers_user(only: Globs, user: CurrentUser) -> bool:
    """Tell whether an existing user has a name that `only` lists; empty means every user."""
    return not only or any(matches(name, only) for name in user.names)


def covers(only: Globs, match: Match) -> bool:
    """Tell whether a definition is about a user that has such a name, or is to have it.

    A former name counts only while the user still has it: another user may have it by now.
    """
    return (
        not only
        or _covers_name(only, match.definition.desired)
        or (match.current is not None and covers_user(only, match.current))
    )


def findings_within(
    only: Globs, findings: Sequence[Finding], definitions: Iterable[Definition], users: UserIndex
) -> list[Finding]:
    """Return the findings about definitions that may be about a user that `only` lists.

    A definition that could not be matched may mean any user that one of its keys leads to.
    """
    if not only or not findings:
        return list(findings)
    outside = {
        str(one.location)
        for one in definitions
        if not _covers_name(only, one.desired)
        and not _may_be_anybodys(one.desired)
        and not any(covers_user(only, user) for user in users.candidates(one.desired))
    }
    return [finding for finding in findings if finding.where not in outside]


def unmatched_globs(
    only: Globs,
    definitions: Sequence[Definition],
    existing: Iterable[CurrentUser],
    users: UserIndex,
) -> list[Finding]:
    """Return a finding for each glob that is the name of no user the run could be about.

    Args:
        only: the globs.
        definitions: all definitions. A former name in them is known: the user may have been renamed
            by an earlier run with the same `only`.
        existing: the users that definitions or pruning are about.
        users: all existing users.
    """
    if not only:
        return []
    known = {name for user in existing for name in user.names}
    known.update(name for one in definitions for name in _declared(one.desired))
    left = [
        glob for glob in dict.fromkeys(only) if not any(matches(name, (glob,)) for name in known)
    ]
    return [Finding("only", _nothing_named(glob, known, users), "only") for glob in left]


def _nothing_named(glob: str, known: Iterable[str], users: UserIndex) -> str:
    text = f"'{glob}' matches the name of no user that is defined or would be pruned"
    holder = next((user for user in users if covers_user((glob,), user)), None)
    if holder:
        return f"{text}: external user '{holder.user_name}' exists, but has no definition."
    near = difflib.get_close_matches(glob, sorted(known), n=1) if is_literal(glob) else []
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return f"{text}{hint}. Nothing was changed; correct the name."


def _covers_name(only: Globs, desired: DesiredUser) -> bool:
    return desired.user_name is not UNSET and matches(desired.user_name, only)


def _may_be_anybodys(desired: DesiredUser) -> bool:
    """Tell whether only the person could tell whose login is meant."""
    return desired.user_name is UNSET and names_person(desired)


def _declared(desired: DesiredUser) -> Iterator[str]:
    if desired.user_name is not UNSET:
        yield desired.user_name
    yield from desired.previous_user_names
