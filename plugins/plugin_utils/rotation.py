# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New passwords for a scope of users, and the file that hands them over."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping

from ..module_utils.domain.errors import UserError
from ..module_utils.domain.model import CurrentUser, Role
from ..module_utils.domain.names import name_key
from ..module_utils.domain.protection import EMPTY_GLOB, is_protected
from ..module_utils.domain.roles import EXTERNAL_USER, Roles
from ..module_utils.domain.selection import Scope, parse_scope
from ..module_utils.engine.passwords import generate_password
from .definition_writer import scalar
from .plain_values import plain
from .report.model import ReportError

_HEAD = """\
---
# New passwords of external users. Hand them over, then delete this file.
# It is a file of variables. To finish a run that was broken off, rename this file and run the same
# playbook again with `-e @` its new name: that run sets these very passwords.
"""
_NOT_YET = """\
# This file was written before the first password was set, and is updated at the end of the run. If
# you read this after the run, it was broken off: each of {count} passwords may or may not be set.
"""


def rotation_of(
    users: object,
    *,
    scope: object,
    protect: object = None,
    roles: object = None,
    passwords: object = None,
    inactive: bool = False,
) -> list[dict[str, typing.Any]]:
    """Return the users in scope, each with a password: one of those given, or a new one.

    `roles` are those of the installation; without them only the roles of the users are known.

    Raises:
        ReportError: the scope is empty, or a name in it is that of no role, of several roles, of a
            deleted one, or of no company.
    """
    chosen = _scope(plain(scope))
    given = {name_key(name): text for name, text in (plain(passwords) or {}).items()}
    protected = _protected(plain(protect))
    entries = []
    listed = [_user(facts) for facts in plain(users)]
    known = _roles(listed) if roles is None else _roles_of_service(plain(roles))
    try:
        selection = chosen.selection(Roles(known))
    except UserError as error:
        raise ReportError(f"the scope: {error}") from error
    if unknown := chosen.companies_without(listed):
        named = ", ".join(f"'{company}'" for company in unknown)
        raise ReportError(f"no user belongs to a company called {named}. Correct companies.")
    for user in listed:
        if not selection.holds(user) or not (user.is_active or inactive):
            continue
        if is_protected(user.names, protected):
            continue
        password = given.get(name_key(user.user_name)) or generate_password().value
        # the id may be that of another person's login when the password is set
        person = {"person_id": user.person_id} if user.person_id > 0 else {}
        entries.append(
            {
                "associate_id": user.associate_id,
                **person,
                "user_name": user.user_name,
                "password": password,
            }
        )
    return sorted(entries, key=lambda entry: name_key(str(entry["user_name"])))


def handover_of(entries: object, result: object = None) -> str:
    """Return the file that hands passwords over: those of `entries` that `result` says are set.

    Without a result, before the first write, it has all.
    """
    outcome = plain(result) if result is not None else None
    rows = (outcome or {}).get("results") or []
    by_id = {row.get("associate_id"): row for row in rows if row.get("associate_id")}
    by_name = {name_key(str(row.get("user_name"))): row for row in rows}
    done: list[str] = []
    failed: list[str] = []
    for entry in plain(entries):
        # a user that is created has no id before
        created = by_name.get(name_key(entry["user_name"]))
        row = by_id.get(entry["associate_id"]) or created
        name, password = scalar(entry["user_name"]), scalar(entry["password"])
        if outcome is None or (row and row.get("status") in ("created", "modified")):
            done.append(f"  {name}: {password}")
            continue
        why = scalar(
            ((row or {}).get("error") or {}).get("msg")
            or "it was not reached, or its state is not known"
        )
        failed.append(f"  {name}: {{password: {password}, problem: {why}}}")
    if outcome is None:
        state = _NOT_YET.format(count=len(done))
    else:
        every = len(done) + len(failed)
        state = f"# {every} users, of which {len(done)} have their new password.\n"
    lines = [f"{_HEAD}{state}".rstrip("\n")]
    lines += ["external_users_passwords:", *done] if done else ["external_users_passwords: {}"]
    if failed:
        lines.append("# these may or may not be set; try one, or run again with this file")
        lines += ["external_users_passwords_not_set:", *failed]
    return "\n".join([*lines, ""])


def _user(facts: Mapping[str, typing.Any]) -> CurrentUser:
    """Return a user; a row of a result tells no more of one than id and name."""
    return CurrentUser(
        associate_id=facts.get("associate_id"),
        person_id=facts.get("person_id", 0),
        user_name=facts["user_name"],
        role_id=facts.get("role_id", 0),
        role=facts.get("role", ""),
        is_active=facts.get("is_active", True),
        company=facts.get("company") or "",
        company_name=facts.get("company_name") or "",
    )


def _protected(globs: object) -> list[str]:
    """Return the globs; a string is split at commas, as options that are lists are."""
    if isinstance(globs, str):
        globs = [glob.strip() for glob in globs.split(",")]
    if globs is None:
        return []
    if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
        raise ReportError(
            "protect must be a list of strings; put numbers, true and false in quotes"
        )
    if not all(glob.strip() for glob in globs):
        raise ReportError(f"protect {EMPTY_GLOB}")
    return globs


def _roles(users: Iterable[CurrentUser]) -> list[Role]:
    found = {(user.role_id, user.role) for user in users if user.role}
    return [Role(role_id, name, EXTERNAL_USER) for role_id, name in sorted(found)]


def _roles_of_service(roles: Iterable[Mapping[str, typing.Any]]) -> list[Role]:
    return [
        Role(role["role_id"], role["name"], role["type"], deleted=role["deleted"])
        for role in roles
        if role["type"] == EXTERNAL_USER
    ]


def _scope(scope: object) -> Scope:
    try:
        return parse_scope(scope)
    except UserError as error:
        raise ReportError(
            f"the scope, that is whose passwords are to be rotated, {error}"
        ) from error
