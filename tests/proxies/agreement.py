# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether result, server state and request journal agree on a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.netserver import Entry, Tenant

Definition = dict[str, Any]
Result = dict[str, Any]
State = tuple[int, int, str, bool] | None

PASSWORD = "Good-pass-1-for-tests"
OF_EACH = 8
# roles as the embedded server stores them
OLD, NEW = "External user", "Vendor"
OPERATIONS = ("CreateExternalUser", "SetExternalUserInfo", "DeleteExternalUser")
# a glob of the embedded server's: these calls, and not the archive ExternalUsers
WRITES = "[!a]*ExternalUser*"

# what a message says of the effect
NOTHING = ("Nothing was changed", "did not take effect", "shows no effect so far")
UNKNOWN = ("is not known", "may still do it", "could not be read back")
CHANGED = {"created", "modified", "renamed", "deactivated", "deleted"}
STATUS_OF = {
    "none": "unchanged",
    "create": "created",
    "modify": "modified",
    "rename": "renamed",
    "delete": "deleted",
}


class Workload(NamedTuple):
    """Definitions that all ask for a change; `is_single` runs the module for one user."""

    users: list[Definition]
    is_single: bool

    @property
    def names(self) -> list[str]:
        return [str(user["user_name"]) for user in self.users]


def workload(tenant: Tenant, name: str) -> Workload:
    """Add to the tenant what `name` (create, modify, delete, bulk) changes."""
    if name != "bulk":
        return Workload(_definitions(tenant, name, 1), is_single=True)
    users = [
        user
        for operation in ("create", "modify", "delete")
        for user in _definitions(tenant, operation, OF_EACH)
    ]
    return Workload(users, is_single=False)


def _definitions(tenant: Tenant, operation: str, count: int) -> list[Definition]:
    names = [f"{operation}-{number:02}" for number in range(count)]
    if operation == "create":
        persons = [tenant.add_person(last_name=name) for name in names]
        new = {"role": NEW, "password": PASSWORD}
        return [
            {"user_name": name, "person_id": person, **new}
            for name, person in zip(names, persons, strict=True)
        ]
    role_id = tenant.role_id(OLD)
    tenant.add_external_users({"user_name": name, "role_id": role_id} for name in names)
    change = {"role": NEW} if operation == "modify" else {"state": "absent"}
    return [{"user_name": name, **change} for name in names]


class Picture(NamedTuple):
    """The external users of a tenant at one moment, by name."""

    users: Mapping[str, State]
    ids: Mapping[int, str]


def picture(tenant: Tenant) -> Picture:
    users = tenant.users()
    return Picture(
        {u.user_name: (u.associate_id, u.person_id, u.role_name, u.is_active) for u in users},
        {u.associate_id: u.user_name for u in users},
    )


def is_desired(definition: Definition, state: State) -> bool:
    if definition.get("state") == "absent":
        return state is None
    return state is not None and state[2:] == (NEW, True)


def claims(result: Result, work: Workload) -> dict[str, tuple[str, str]]:
    """Return what a result says of each user: a status, and the message of a failure."""
    if work.is_single:
        status = "failed" if result.get("failed") else STATUS_OF[result["action"]]
        return {work.names[0]: (status, result.get("msg", ""))}
    return {
        row["user_name"]: (row["status"], (row.get("error") or {}).get("msg", ""))
        for row in result.get("results", [])
    }


def disagreements(
    result: Result,
    work: Workload,
    before: Picture,
    after: Picture,
    writes: Sequence[Entry],
    *,
    is_sent_once: bool = True,
    is_journal_complete: bool = True,
) -> list[str]:
    """Return where result, server state and request journal contradict each other.

    Args:
        result: what the module returned.
        work: what it was asked for.
        before: the state before the run.
        after: the state after it.
        writes: the writing calls that the service saw, in order.
        is_sent_once: false where the proxy itself repeats requests, or delivers them late.
        is_journal_complete: false where the service may have been killed between a change and its
            line in the journal.
    """
    said = claims(result, work)
    found = []
    for definition in work.users:
        name = definition["user_name"]
        status, message = said.get(name, ("", result.get("msg", "")))
        calls = _calls_for(name, before, writes)
        found += _contradictions(definition, status, message, before, after, calls)
        is_untouched = before.users.get(name) == after.users.get(name)
        was_written = any(entry.committed for entry in calls)
        if was_written is is_untouched and (is_journal_complete or was_written):
            found.append(f"{name}: the journal and the state of the embedded server differ")
        if is_sent_once:
            found += _repetitions(name, calls)
    found += _summary(result, work, said, before, after)
    others = set(before.users) | set(after.users)
    strangers = others - set(work.names)
    found += [f"{n} was touched" for n in strangers if before.users.get(n) != after.users.get(n)]
    return found


def _calls_for(name: str, before: Picture, writes: Sequence[Entry]) -> list[Entry]:
    """Return the writing calls for a user: creations by its name, others by its id."""
    return [
        entry
        for entry in writes
        if name == (before.ids.get(entry.argument("AssociateId")) or entry.argument("UserName"))
    ]


def _contradictions(
    definition: Definition,
    status: str,
    message: str,
    before: Picture,
    after: Picture,
    calls: Sequence[Entry],
) -> list[str]:
    name = definition["user_name"]
    is_untouched = before.users.get(name) == after.users.get(name)
    was_written = any(entry.committed for entry in calls)
    found = []
    if status in CHANGED and not is_desired(definition, after.users.get(name)):
        found.append(f"{name} is called {status}, and is not: {after.users.get(name)}")
    if status in {"unchanged", "skipped"} and (was_written or not is_untouched):
        found.append(f"{name} is called {status}, and was written")
    if any(text in message for text in NOTHING) and (was_written or not is_untouched):
        found.append(f"{name} was written, and the message is: {message}")
    return found


def _repetitions(name: str, calls: Sequence[Entry]) -> list[str]:
    committed = [index for index, entry in enumerate(calls) if entry.committed]
    if committed and committed[0] != len(calls) - 1:
        sent = ", ".join(f"{entry.operation} {entry.status}" for entry in calls)
        return [f"{name} was sent again after it had taken effect: {sent}"]
    return []


def _summary(
    result: Result,
    work: Workload,
    said: Mapping[str, tuple[str, str]],
    before: Picture,
    after: Picture,
) -> list[str]:
    is_changed = before.users != after.users
    messages = [message for _status, message in said.values()]
    is_unsure = any(text in message for message in messages for text in UNKNOWN)
    if result["changed"] and not is_changed:
        return ["the result says changed, and nothing is"]
    if not result["changed"] and is_changed and not is_unsure:
        return ["the result says not changed, and something is"]
    if not result.get("failed"):
        missing = [name for name in work.names if said.get(name, ("",))[0] not in CHANGED]
        return [f"{name} is not reported, and nothing failed" for name in missing]
    return []
