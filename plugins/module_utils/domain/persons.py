# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Persons and their companies, and which person a definition names; nobody is guessed."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Sequence

from .errors import UserError
from .model import UNSET, CurrentUser, DesiredUser, State
from .names import loose_key, plain_key
from .user_index import UserIndex

if typing.TYPE_CHECKING:
    from .plan import Step

MOST_LISTED = 10
# what people write between a company and its department
_SEPARATORS = " ,;:/-\u2013()"


class Person(typing.NamedTuple):
    """A person, and the company that it belongs to: id 0 for none.

    `emails` are the addresses that the service shows, which may be the first one only.
    """

    person_id: int
    full_name: str = ""
    emails: tuple[str, ...] = ()
    company_id: int = 0
    company_name: str = ""
    department: str = ""
    retired: bool = False

    @property
    def company(self) -> str:
        """The name of the company with its department, as the service writes both together."""
        return ", ".join(part for part in (self.company_name, self.department) if part)

    def has_email(self, address: str) -> bool:
        """Tell whether one of the shown addresses is `address`; case does not count."""
        wanted = plain_key(address)
        return any(plain_key(email) == wanted for email in self.emails)

    def has_name(self, full_name: str) -> bool:
        """Tell whether this is the person's full name."""
        return plain_key(self.full_name) == plain_key(full_name)

    def is_of(self, company: str) -> bool:
        """Tell whether `company` names the company: alone, or together with the department."""
        wanted, name = plain_key(company), plain_key(self.company_name)
        if not name or not wanted.startswith(name):
            return False
        rest = wanted[len(name) :]
        if not rest:
            return True
        is_separated = rest[0] in _SEPARATORS
        return is_separated and rest.strip(_SEPARATORS) == plain_key(self.department)

    def __str__(self) -> str:
        about = ", ".join(part for part in (self.full_name, self.company or "no company") if part)
        return f"{self.person_id} ({about}{', retired' if self.retired else ''})"


def merged(persons: Iterable[Person]) -> list[Person]:
    """Return each person once, with all addresses: a list may have a row for each address."""
    found: dict[int, Person] = {}
    for person in persons:
        known = found.get(person.person_id)
        if known is None:
            found[person.person_id] = person
        else:
            emails = dict.fromkeys((*known.emails, *person.emails))
            found[person.person_id] = known._replace(emails=tuple(emails))
    return list(found.values())


def owners(address: str, listed: Iterable[Person]) -> list[Person]:
    """Return who has an address, of the persons that the service lists for it alone.

    A person may be listed for an address that is not shown. One that is shown with an address that
    is only alike was found by a database that ignores accents, and does not count.
    """
    loose = loose_key(address)
    return [
        person
        for person in listed
        if person.has_email(address) or all(loose_key(one) != loose for one in person.emails)
    ]


def names_person(desired: DesiredUser) -> bool:
    """Tell whether a definition names a person instead of giving an id."""
    is_named = desired.person_email is not UNSET or desired.person_name is not UNSET
    return is_named and desired.associate_id is UNSET and desired.person_id is UNSET


def needs_person(desired: DesiredUser, users: UserIndex) -> bool:
    """Tell whether the person of a definition has to be looked up.

    That is so only where no user has the name, or a former one. A login that should be absent and
    has a name is absent already then, whoever the person is.
    """
    if not names_person(desired):
        return False
    names = [] if desired.user_name is UNSET else [desired.user_name]
    for name in (*names, *desired.previous_user_names):
        if any(user.logs_in_as(name) for user in users.by_name(name)):
            return False
    return desired.state is State.PRESENT or desired.user_name is UNSET


def person_of(desired: DesiredUser, candidates: Sequence[Person]) -> Person | None:
    """Return the one person that a definition names; None if a login without one is to be absent.

    Args:
        desired: the definition.
        candidates: the persons with its e-mail address, or with its name.

    Raises:
        UserError: of the kind `person`; there is no such person, only retired ones, or several.
    """
    company = desired.company
    matching = [one for one in candidates if company is UNSET or one.is_of(company)]
    current = [one for one in matching if not one.retired]
    if desired.state is State.ABSENT:
        if not matching:
            return None
        # the login of somebody who left can still be deleted
        current = current or matching
    if len(current) == 1:
        return current[0]
    raise UserError("person", f"{desired.subject}: {_refusal(desired, candidates, current)}")


def disagreements(desired: DesiredUser, person: Person) -> list[str]:
    """Return the options of a definition that describe another person than this one."""
    wrong = []
    if desired.person_email is not UNSET and not person.has_email(desired.person_email):
        wrong.append("person_email")
    if desired.person_name is not UNSET and not person.has_name(desired.person_name):
        wrong.append("person_name")
    if desired.company is not UNSET and not person.is_of(desired.company):
        wrong.append("company")
    return wrong


def disagreement_warning(steps: Iterable[Step]) -> list[str]:
    """Return a warning about users whose person is another one than their definitions say.

    Only users that were found by their name or id are compared, with what the service shows; of
    several addresses of a person that is one.
    """
    shown = [
        text
        for step in steps
        if step.location and step.before and (text := _differing(step, step.before))
    ]
    if not shown:
        return []
    names = "; ".join(shown[:MOST_LISTED]) + ("; ..." if len(shown) > MOST_LISTED else "")
    users = "1 user" if len(shown) == 1 else f"{len(shown)} users"
    text = (
        f"The service shows another person than the definition for {users}: {names}. Correct the"
        " definition, or make sure that the login belongs to the right person."
    )
    return [text]


def _differing(step: Step, user: CurrentUser) -> str:
    """Say how a definition describes the person of an existing user in another way."""
    desired = step.desired
    if desired.person_email is desired.person_name is desired.company is UNSET:
        return ""
    if desired.person_is_found or not user.full_name:
        return ""
    person = Person(
        user.person_id,
        user.full_name,
        (user.email,) if user.email else (),
        user.company_id,
        user.company_name,
        user.company[len(user.company_name) :].strip(_SEPARATORS),
    )
    shown = {"person_email": user.email, "person_name": user.full_name, "company": user.company}
    differences = [
        f"{option} is '{shown[option]}' and not '{getattr(desired, option)}'"
        for option in disagreements(desired, person)
    ]
    return f"'{user.user_name}': {', '.join(differences)}" if differences else ""


def _refusal(desired: DesiredUser, candidates: Sequence[Person], current: Sequence[Person]) -> str:
    """Say why no single person is meant, and what to do."""
    option, named = _named(desired)
    if current:
        advice = "Add company, or give person_id" if desired.company is UNSET else "Give person_id"
        return f"{len(current)} persons have {named}: {_listed(current)}. {advice} instead."
    matching = [one for one in candidates if desired.company is UNSET or one.is_of(desired.company)]
    if matching:
        return (
            f"every person with {named} is retired: {_listed(matching)}. Take the person back in"
            f" SuperOffice first, or correct {option}."
        )
    if candidates:
        return (
            f"no person with {named} belongs to the company '{desired.company}'. With"
            f" another company there is {_listed(candidates)}. Correct {option} or company."
        )
    return (
        f"there is no person with {named}, or this login may not see it. Correct {option}, or"
        " create the person in SuperOffice first."
    )


def _named(desired: DesiredUser) -> tuple[str, str]:
    """Return the option that names the person, and what it says in words."""
    if desired.person_email is not UNSET:
        return "person_email", f"the e-mail address '{desired.person_email}'"
    return "person_name", f"the name '{desired.person_name}'"


def _listed(persons: Sequence[Person]) -> str:
    shown = [str(person) for person in persons[:MOST_LISTED]]
    more = len(persons) - len(shown)
    return "person " + ", ".join(shown) + (f" and {more} more" if more else "")
