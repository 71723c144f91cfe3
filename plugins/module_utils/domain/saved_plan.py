# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as a document: made by a check run, reviewed by people, carried out as it stands.

It holds no secret. Each entry carries fingerprints of the state and of the definition that it was
made from, so that a user who moved since is noticed, and a checksum over all notices an edit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import typing
from collections.abc import Iterable, Mapping, Sequence

from .batch import Step, match
from .definitions import Declared, Finding
from .errors import UserError
from .fields import FIELDS, flag_names
from .model import UNSET, Change, CurrentUser, DesiredUser, Secret, State, same_name
from .plan import Action, PasswordEvent, Plan, has_password, subject
from .user_index import UserIndex

FORMAT = 1
Document = dict[str, typing.Any]
_STATE = ("associate_id", "person_id", "user_name", "role_id", "role", "is_active")


class Entry(typing.NamedTuple):
    """One user of a saved plan."""

    action: Action
    change: Change
    event: PasswordEvent
    before: CurrentUser | None
    after: CurrentUser | None
    state: str
    definition: str | None
    generates: bool


class Fingerprints:
    """Makes fingerprints; `key` is a secret that both runs know, for those that cover passwords."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of_state(self, user: CurrentUser | None) -> str:
        """Return the fingerprint of a user as it is, or of there being none."""
        return _digest(None if user is None else _facts(user, with_role_name=False))

    def of_definition(self, desired: DesiredUser) -> str:
        """Return the fingerprint of a declaration, its password included.

        The password goes in under the key only, so that nobody can try passwords on the plan.
        """
        values = {name: value for name, value in desired._asdict().items() if name != "password"}
        plain = {name: None if value is UNSET else value for name, value in values.items()}
        if isinstance(desired.password, Secret) and not desired.generate_password:
            password = desired.password.value.encode()
            plain["password"] = hmac.new(self._key, password, hashlib.sha256).hexdigest()[:16]
        return _digest(plain)


def to_document(steps: Iterable[Step], installation: str, prints: Fingerprints) -> Document:
    """Write the steps that would change something down as a plan, in the order of results."""
    acting = sorted((step for step in steps if step.acts), key=lambda step: step.rank)
    entries = [_entry(step, prints) for step in acting]
    document: Document = {"format": FORMAT, "installation": installation, "entries": entries}
    return {**document, "checksum": checksum(document)}


def checksum(document: Mapping[str, typing.Any]) -> str:
    """Return the checksum of a plan, over everything but the checksum itself."""
    content = {name: value for name, value in document.items() if name != "checksum"}
    return hashlib.sha256(_canonical(content)).hexdigest()


def from_document(document: object, installation: str) -> list[Entry]:
    """Read a plan.

    Raises:
        UserError: it is none, was edited, or is for another installation.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise UserError(
            "plan", "plan is not a plan of this module, as a check run returns it in `plan`."
        )
    try:
        is_as_made = document.get("checksum") == checksum(document)
    except (TypeError, ValueError, RecursionError):  # nothing that could have come from JSON
        is_as_made = False
    if not is_as_made:
        raise UserError(
            "plan", "plan was changed after it was made (its checksum differs). Make a new one."
        )
    if document.get("installation") != installation:
        raise UserError(
            "plan",
            f"plan was made for {document.get('installation')}, and this is {installation}.",
        )
    try:
        return [_read_entry(entry) for entry in document["entries"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("plan", f"plan can not be read ({type(error).__name__}).") from error


def revived(
    entries: Iterable[Entry],
    population: UserIndex,
    declared: Iterable[Declared] | None,
    passwords: Mapping[str, Secret],
    prints: Fingerprints,
) -> tuple[list[Step], list[Finding]]:
    """Turn the entries of a plan into steps, on the world as it is now.

    A password that the plan sets has to be given again, since the plan does not hold it.

    Args:
        entries: what was planned.
        population: the users as they are.
        declared: the definitions as they are, none if the run has none.
        passwords: passwords by user name, for a run without definitions.
        prints: the fingerprints of both runs.
    """
    sources = None if declared is None else _Sources(list(declared), population, prints)
    folded = {same_name(name): secret for name, secret in passwords.items()}
    steps = [_revive(entry, population, sources, folded, prints) for entry in entries]
    findings = [
        Finding(
            step.where if step.place else "plan",
            f"{subject(step.plan)}: the plan sets its password, which is not given. Give it in"
            " passwords.",
            "password",
        )
        for step in steps
        if step.acts and step.plan.sets_password and not has_password(step.plan.desired)
    ]
    return steps, findings


class _Sources:
    """The definitions that entries of a plan come from."""

    def __init__(
        self, declared: Sequence[Declared], population: UserIndex, prints: Fingerprints
    ) -> None:
        self._by_print = {prints.of_definition(one.desired): one for one in declared}
        matched, _findings = match(declared, population)
        self._claimed = {one.current.associate_id for one in matched if one.current}

    def get(self, entry: Entry) -> Declared | None:
        """Return the definition that an entry was made from, if it still is as it was."""
        return self._by_print.get(entry.definition or "")

    def have_changed(self, entry: Entry) -> bool:
        """Tell whether a definition differs, or names a user that none named."""
        if entry.definition is not None:
            return self.get(entry) is None
        return entry.before is not None and entry.before.associate_id in self._claimed


def _revive(
    entry: Entry,
    population: UserIndex,
    sources: _Sources | None,
    passwords: Mapping[str, Secret],
    prints: Fingerprints,
) -> Step:
    source = sources.get(entry) if sources else None
    desired = source.desired if source else _bare(entry, passwords)
    current = _current(entry, population)
    plan = Plan(desired, entry.action, current, entry.after, entry.change, entry.event)
    place = source.place if source else None
    is_done = _is_done(entry, current)
    if is_done and entry.action is Action.MODIFY and plan.sets_password:
        # what a password is can not be seen: it is set again, and does no harm
        plan = plan._replace(after=current, change=Change.PASSWORD)
    elif is_done:
        done = plan._replace(
            action=Action.NONE, change=Change.NONE, password_event=PasswordEvent.UNCHANGED
        )
        return Step(done._replace(after=current), place)
    if not is_done and prints.of_state(current) != entry.state:
        stale = "its state has changed since the plan was made"
    elif sources and sources.have_changed(entry):
        stale = "its definition has changed since the plan was made"
    else:
        stale = ""
    return Step(plan, place, stale=stale)


def _current(entry: Entry, population: UserIndex) -> CurrentUser | None:
    if entry.before:
        return population.get(entry.before.associate_id)
    if entry.after:
        called = population.called(entry.after.user_name)
        return next((user for user in called if user.person_id == entry.after.person_id), None)
    return None


def _is_done(entry: Entry, current: CurrentUser | None) -> bool:
    """Tell whether a user is already as planned, as after a run that was broken off."""
    if entry.after is None or current is None:
        return entry.after is None and current is None
    same = all(
        getattr(entry.after, field.option) == getattr(current, field.option)
        for field in FIELDS
        if field.change is not Change.PASSWORD
    )
    return same and entry.after.person_id == current.person_id


def _bare(entry: Entry, passwords: Mapping[str, Secret]) -> DesiredUser:
    """Return a declaration for an entry that comes without one: it manages what changes."""
    user = entry.after or entry.before
    if user is None:
        raise UserError("plan", "plan has an entry without a user.")
    is_named = entry.definition is not None or Change.USER_NAME in entry.change
    desired = DesiredUser(
        state=State.ABSENT if entry.after is None else State.PRESENT,
        associate_id=UNSET if user.associate_id is None else user.associate_id,
        person_id=user.person_id,
        user_name=user.user_name if is_named else UNSET,
        password=passwords.get(same_name(user.user_name), UNSET),
        generate_password=entry.generates,
    )
    if Change.ROLE in entry.change:
        desired = desired._replace(role_id=user.role_id)
    if Change.ACTIVE in entry.change:
        desired = desired._replace(is_active=user.is_active)
    return desired


def _entry(step: Step, prints: Fingerprints) -> Document:
    plan = step.plan
    return {
        "user_name": step.user_name,
        "action": plan.action.value,
        "modification": flag_names(plan.change),
        "password": plan.password_event.value,
        "generate_password": step.generated is not None,
        "before": plan.before and _facts(plan.before),
        "after": plan.after and _facts(plan.after),
        "state": prints.of_state(plan.before),
        "definition": None if step.place is None else prints.of_definition(plan.desired),
    }


def _read_entry(entry: Mapping[str, typing.Any]) -> Entry:
    change = Change.NONE
    for field in FIELDS:
        if field.flag in _typed(entry, "modification", list):
            change |= field.change
    return Entry(
        action=Action(entry["action"]),
        change=change,
        event=PasswordEvent(entry["password"]),
        before=_user(_typed(entry, "before", dict, None)),
        after=_user(_typed(entry, "after", dict, None)),
        state=_typed(entry, "state", str),
        definition=_typed(entry, "definition", str, None),
        generates=_typed(entry, "generate_password", bool),
    )


def _typed(record: Mapping[str, typing.Any], name: str, *kinds: type | None) -> typing.Any:
    """Return a value of one of the types; who edits a plan can make the checksum fit as well."""
    value = record[name]
    if not any(value is None if kind is None else isinstance(value, kind) for kind in kinds):
        raise TypeError(name)
    return value


def _facts(user: CurrentUser, *, with_role_name: bool = True) -> Document:
    names = _STATE if with_role_name else [name for name in _STATE if name != "role"]
    return {name: getattr(user, name) for name in names}


def _user(facts: Mapping[str, typing.Any] | None) -> CurrentUser | None:
    if facts is None:
        return None
    return CurrentUser(
        associate_id=_typed(facts, "associate_id", int, None),
        person_id=_typed(facts, "person_id", int),
        user_name=_typed(facts, "user_name", str),
        role_id=_typed(facts, "role_id", int),
        role=_typed(facts, "role", str),
        is_active=_typed(facts, "is_active", bool),
        associate_name=_typed(facts, "user_name", str),
    )


def _digest(value: object) -> str:
    return hashlib.sha256(_canonical(value)).hexdigest()[:16]


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
