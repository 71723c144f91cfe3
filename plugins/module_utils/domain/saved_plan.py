# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as a document: made by a check run, reviewed by people, applied as it is.

It holds no secret. Each entry carries fingerprints of the state and of the definition that it was
made from, so that a user who has changed since is noticed, and a checksum over all notices an edit.
The plan is bound to neither the login that made it nor the passwords of the users.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import typing
from collections.abc import Iterable, Mapping, Sequence

from .conditions import Conditions, read_conditions
from .definitions import Definition
from .errors import UserError
from .fields import FIELDS, fields_of, flag_names
from .findings import Finding
from .matching import match_definitions
from .model import (
    UNSET,
    CurrentUser,
    DesiredUser,
    Modification,
    Secret,
    State,
    UpdatePassword,
)
from .names import name_key
from .persons import names_person
from .plan import Action, PasswordStatus, Step, has_password, remaining
from .user_index import UserIndex

FORMAT = 2
Document = dict[str, typing.Any]
_STATE = ("associate_id", "person_id", "user_name", "role_id", "role", "is_active")
# of the definition, for people
_ABOUT = ("active_from", "active_until", "owner", "description")


class SavedPlan(typing.NamedTuple):
    """A plan as it was read."""

    users: list[PlannedUser]
    conditions: Conditions


class PlannedUser(typing.NamedTuple):
    """One entry of a saved plan. `state` and `definition` are fingerprints."""

    action: Action
    modification: Modification
    password_status: PasswordStatus
    before: CurrentUser | None
    after: CurrentUser | None
    state: str
    definition: str | None
    generates: bool
    about: Mapping[str, str] = {}
    valid_until: datetime.datetime | None = None
    sends_email: bool = False


def to_document(steps: Iterable[Step], installation: str, conditions: Conditions) -> Document:
    """Write the steps that would change something as a plan, in the order of results."""
    acting = sorted((step for step in steps if step.acts), key=lambda step: step.sort_key)
    entries = [_entry(step) for step in acting]
    document: Document = {
        "format": FORMAT,
        "installation": installation,
        "conditions": conditions.to_document(),
        "entries": entries,
    }
    return {**document, "checksum": checksum(document)}


def checksum(document: Mapping[str, typing.Any]) -> str:
    """Return the checksum of a plan, over everything but the checksum itself."""
    content = {name: value for name, value in document.items() if name != "checksum"}
    return hashlib.sha256(_canonical(content)).hexdigest()


def from_document(document: object, installation: str) -> SavedPlan:
    """Read a plan.

    Raises:
        UserError: it is not a plan, was edited, or is for another installation.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise UserError(
            "plan",
            "plan is not a plan of this module: give what a check run returns in `plan`, or the"
            " file plan.json of the role.",
        )
    try:
        is_as_made = document.get("checksum") == checksum(document)
    except (TypeError, ValueError, RecursionError):  # nothing that could have come from JSON
        is_as_made = False
    if not is_as_made:
        raise UserError(
            "plan",
            "plan was changed after it was made (its checksum differs). Make a new plan with a"
            " check run, and apply it unchanged.",
        )
    if document.get("installation") != installation:
        raise UserError(
            "plan",
            f"plan was made for {document.get('installation')}, and this is {installation}. Check"
            " url (SUPEROFFICE_URL), or make a plan for this installation.",
        )
    try:
        users = [_read_entry(entry) for entry in document["entries"]]
        _refuse_repeats(users)
        return SavedPlan(users, read_conditions(document["conditions"]))
    except (KeyError, TypeError, ValueError, UserError) as error:
        raise UserError("plan", f"plan cannot be read ({type(error).__name__}).") from error


def restore_steps(
    planned: Iterable[PlannedUser],
    users: UserIndex,
    definitions: Sequence[Definition] | None,
    passwords: Mapping[str, Secret],
    now: datetime.datetime,
) -> tuple[list[Step], list[Finding]]:
    """Turn the entries of a plan into steps, on the current state.

    A password that the plan sets has to be given again, since the plan does not hold it.

    Args:
        planned: what was planned.
        users: the existing users.
        definitions: the definitions as they are now, None if the run has none.
        passwords: passwords by user name, for a run without definitions.
        now: the present time; a user whose period has begun or ended since is stale.
    """
    sources = None if definitions is None else _Sources(definitions, users)
    secrets = {name_key(name): secret for name, secret in passwords.items()}
    steps = [
        _restore(entry, users, sources, secrets, now)._replace(key=key)
        for key, entry in enumerate(planned)
    ]
    findings = [
        Finding(
            step.where if step.location else "plan",
            f"{step.subject}: the plan sets its password, which is not given. Give it in"
            " passwords.",
            "password",
        )
        for step in steps
        if step.acts and step.sets_password and not has_password(step.desired)
    ]
    findings += [
        Finding(
            step.where,
            f"{step.subject}: the plan does what this definition does not ask for. Make a new plan"
            " with a check run, and apply it unchanged.",
            "plan",
        )
        for step in steps
        if step.acts and step.location and _contradicts(step)
    ]
    return steps, findings


def state_fingerprint(user: CurrentUser | None) -> str:
    """Return the fingerprint of a user's state, or of its absence."""
    return _digest(None if user is None else _facts(user, with_role_name=False))


def definition_fingerprint(desired: DesiredUser) -> str:
    """Return the fingerprint of what a definition asks for, without its password.

    A password in it would let anyone try passwords on the plan. Whether one is generated follows
    from the password, which a later job may supply. Another owner asks for nothing else. The id of
    a person that was looked up is in the plan, and applying the plan does not look it up again.
    """
    asked = desired.declared._replace(
        password=UNSET, generate_password=False, owner=UNSET, description=UNSET
    )
    values = asked._asdict()
    return _digest({name: None if value is UNSET else value for name, value in values.items()})


class _Sources:
    """The definitions that entries of a plan come from."""

    def __init__(self, definitions: Sequence[Definition], users: UserIndex) -> None:
        self._by_fingerprint = {definition_fingerprint(one.desired): one for one in definitions}
        matches, _findings = match_definitions(definitions, users)
        self._defined = {match.current.associate_id for match in matches if match.current}

    def get(self, entry: PlannedUser) -> Definition | None:
        """Return the definition that an entry was made from, if it is unchanged."""
        return self._by_fingerprint.get(entry.definition or "")

    def have_changed(self, entry: PlannedUser) -> bool:
        """Tell whether a definition differs, or one now means a user that none meant."""
        if entry.definition is not None:
            return self.get(entry) is None
        return entry.before is not None and entry.before.associate_id in self._defined


def _restore(
    entry: PlannedUser,
    users: UserIndex,
    sources: _Sources | None,
    passwords: Mapping[str, Secret],
    now: datetime.datetime,
) -> Step:
    source = sources.get(entry) if sources else None
    desired = source.desired if source else _without_definition(entry, passwords)
    planned = entry.after or entry.before
    if planned and names_person(desired):
        # the person that the plan was made for, whoever has the address by now
        desired = desired.with_person(planned.person_id)
    current = _current(entry, users)
    after = entry.after
    if after and current and (current.full_name or current.company):
        after = after.named_as(current)
    step = Step(
        desired,
        entry.action,
        current,
        after,
        entry.modification,
        entry.password_status,
        location=source.location if source else None,
        valid_until=entry.valid_until,
    )
    is_done = _is_done(entry, current)
    if is_done and step.modifies and step.sets_password:
        # whether the password was set cannot be seen: it is set again, which does no harm
        step = step._replace(after=current, modification=Modification.PASSWORD)
    elif is_done:
        return step.without_effect(current)
    if not is_done and state_fingerprint(current) != entry.state:
        return step._replace(stale="its state has changed since the plan was made")
    if entry.valid_until and entry.valid_until <= now:
        what = "ended" if entry.after and entry.after.is_active else "begun"
        return step._replace(stale=f"its period has {what} since the plan was made")
    if sources and sources.have_changed(entry):
        return step._replace(stale="its definition has changed since the plan was made")
    return step


def _current(entry: PlannedUser, users: UserIndex) -> CurrentUser | None:
    if entry.before:
        return users.get(entry.before.associate_id)
    if entry.after:
        named = users.by_name(entry.after.user_name)
        return next((user for user in named if user.person_id == entry.after.person_id), None)
    return None


def _is_done(entry: PlannedUser, current: CurrentUser | None) -> bool:
    """Tell whether a user is already as planned, as after a run that was interrupted."""
    if entry.after is None or current is None:
        return entry.after is None and current is None
    return not remaining(entry.after, current) and entry.after.person_id == current.person_id


def _without_definition(entry: PlannedUser, passwords: Mapping[str, Secret]) -> DesiredUser:
    """Return a desired user for an entry that has no definition: it manages what changes."""
    user = entry.after or entry.before
    if user is None:
        raise UserError("plan", "plan has an entry without a user.")
    is_named = entry.definition is not None or Modification.USER_NAME in entry.modification
    password = passwords.get(name_key(user.user_name), UNSET)
    desired = DesiredUser(
        state=State.ABSENT if entry.after is None else State.PRESENT,
        associate_id=UNSET if user.associate_id is None else user.associate_id,
        person_id=user.person_id,
        user_name=user.user_name if is_named else UNSET,
        password=password,
        generate_password=entry.generates and password is UNSET,
        send_password_email=entry.sends_email,
        active_from=entry.about.get("active_from", UNSET),
        active_until=entry.about.get("active_until", UNSET),
        owner=entry.about.get("owner", UNSET),
        description=entry.about.get("description", UNSET),
    )
    if Modification.ROLE in entry.modification:
        desired = desired._replace(role_id=user.role_id)
    if Modification.ACTIVE in entry.modification:
        desired = desired._replace(is_active=user.is_active)
    return desired


def _entry(step: Step) -> Document:
    return {
        "user_name": step.user_name,
        "person": (step.person and step.person.full_name) or None,
        "company": (step.person and step.person.company) or None,
        "action": step.action.value,
        "modification": flag_names(step.modification),
        "password": step.password_status.value,
        "generate_password": step.generated is not None,
        "before": step.before and _facts(step.before),
        "after": step.after and _facts(step.after),
        "state": state_fingerprint(step.before),
        "definition": None if step.location is None else definition_fingerprint(step.desired),
        **step.desired.about,
        **({"send_password_email": True} if step.sends_email else {}),
        **({"valid_until": step.valid_until.isoformat()} if step.valid_until else {}),
    }


def _read_entry(entry: Mapping[str, typing.Any]) -> PlannedUser:
    modification = Modification.NONE
    for field in FIELDS:
        if field.flag in _typed(entry, "modification", list):
            modification |= field.bit
    planned = PlannedUser(
        action=Action(entry["action"]),
        modification=modification,
        password_status=PasswordStatus(entry["password"]),
        before=_user(_typed(entry, "before", dict, None)),
        after=_named(_user(_typed(entry, "after", dict, None)), entry),
        state=_typed(entry, "state", str),
        definition=_typed(entry, "definition", str, None),
        generates=_typed(entry, "generate_password", bool),
        about={name: _typed(entry, name, str) for name in _ABOUT if name in entry},
        valid_until=_read_time(entry.get("valid_until")),
        sends_email="send_password_email" in entry and _typed(entry, "send_password_email", bool),
    )
    if not _is_consistent(planned) or len(entry["modification"]) != len(flag_names(modification)):
        raise ValueError("contradictory entry")
    return planned


def _is_consistent(planned: PlannedUser) -> bool:
    """Tell whether action, flags, password and states agree, so that limits count what is sent."""
    before, after, modification = planned.before, planned.after, planned.modification
    if planned.state != state_fingerprint(before) or not (planned.definition or _prunes(planned)):
        return False
    if planned.sends_email and planned.action is not Action.CREATE:
        return False
    sets_password = planned.password_status is PasswordStatus.SET
    if planned.action is Action.CREATE:
        return before is None and after is not None and not modification and sets_password
    if before is None or before.associate_id is None or planned.action is Action.NONE:
        return False
    if planned.action is Action.DELETE:
        return after is None and not modification and not sets_password
    if after is None or (after.associate_id, after.person_id) != (
        before.associate_id,
        before.person_id,
    ):
        return False
    renames = bool(modification & Modification.USER_NAME)
    changed = Modification.PASSWORD if sets_password else Modification.NONE
    for field in fields_of(~Modification.PASSWORD):
        if getattr(before, field.option) != getattr(after, field.option):
            changed |= field.bit
    return changed == modification and renames is (planned.action is Action.RENAME)


def _prunes(planned: PlannedUser) -> bool:
    """Tell whether an entry does what pruning does, the one thing that no definition asks for."""
    deactivates = (
        planned.action is Action.MODIFY
        and planned.modification is Modification.ACTIVE
        and planned.after is not None
        and not planned.after.is_active
    )
    return (planned.action is Action.DELETE or deactivates) and not planned.generates


def _refuse_repeats(planned: Iterable[PlannedUser]) -> None:
    """Refuse a plan that has a user, or gives a name, twice.

    Raises:
        ValueError: it has.
    """
    seen: set[int | str | None] = set()
    for one in planned:
        is_named = one.after and one.action in (Action.CREATE, Action.RENAME)
        keys: list[int | str | None] = [one.before.associate_id] if one.before else []
        keys += [name_key(one.after.user_name)] if one.after and is_named else []
        if not seen.isdisjoint(keys):
            raise ValueError("repeated entry")
        seen.update(keys)


def _contradicts(step: Step) -> bool:
    """Tell whether a step does what its definition does not ask for.

    A plan that was edited may have a checksum that fits.
    """
    desired, user = step.desired, step.after or step.before
    is_another = (
        user is None
        or (desired.state is State.ABSENT) is not (step.action is Action.DELETE)
        or desired.associate_id not in (UNSET, user.associate_id)
        or desired.person_id not in (UNSET, user.person_id)
    )
    if is_another or user is None:
        return True
    if step.before and not step.renames and desired.user_name is not UNSET:
        is_another = not step.before.is_alike(desired.user_name)
    return is_another or (step.after is not None and _changes_more(step, step.after))


def _changes_more(step: Step, after: CurrentUser) -> bool:
    """Tell whether a creation or modification has values that its definition does not ask for."""
    desired, before = step.desired, step.before
    given = ~Modification.NONE if before is None else step.modification
    has_period = not (desired.active_from is desired.active_until is UNSET)
    has_consent = (
        before is None
        or desired.associate_id is not UNSET
        or any(map(before.is_alike, (after.user_name, *desired.previous_user_names)))
    )
    wrong = {
        Modification.USER_NAME: desired.user_name != after.user_name or not has_consent,
        Modification.PASSWORD: before is not None
        and desired.update_password is UpdatePassword.ON_CREATE,
        Modification.ROLE: not desired.manages_role
        or desired.role_id not in (UNSET, after.role_id),
        Modification.ACTIVE: not has_period
        and (
            desired.is_active not in (UNSET, after.is_active)
            or (before is not None and not desired.manages_access)
        ),
    }
    return any(wrong[flag] for flag in wrong if flag & given)


def _typed(record: Mapping[str, typing.Any], name: str, *kinds: type | None) -> typing.Any:
    """Return a value of one of the types; an edited plan may have a checksum that fits."""
    value = record[name]
    if not any(value is None if kind is None else isinstance(value, kind) for kind in kinds):
        raise TypeError(name)
    return value


def _read_time(text: typing.Any) -> datetime.datetime | None:
    if text is None:
        return None
    time = datetime.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("valid_until")
    return time


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


def _named(user: CurrentUser | None, entry: Mapping[str, typing.Any]) -> CurrentUser | None:
    """Return a user with the names that the plan shows; a plan without them is one as well."""
    person, company = (
        _typed(entry, name, str, None) if name in entry else None for name in ("person", "company")
    )
    return user and user._replace(full_name=person or "", company=company or "")


def _digest(value: object) -> str:
    return hashlib.sha256(_canonical(value)).hexdigest()[:16]


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
