# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access review: every login of one read, compared with the definitions."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import functools
import typing
from collections.abc import Mapping, Sequence

from ...module_utils.domain.definitions import Definition
from ...module_utils.domain.findings import Finding
from ...module_utils.domain.matching import match_definitions
from ...module_utils.domain.model import UNSET, CurrentUser, DesiredUser, State
from ...module_utils.domain.names import name_key
from ...module_utils.domain.persons import Person, needs_person
from ...module_utils.domain.user_index import UserIndex
from ...module_utils.task.definition_files import collect
from ..plain_values import plain
from .model import ReportError, Values, period_of, relative

# what may be worth a look about a login, the most urgent first
ISSUES = {
    "retired": "person is retired",
    "outside": "without a definition",
    "never_used": "never used",
    "unused": "unused for a long time",
    "without_owner": "without an owner",
    "without_company": "without a company",
    "inactive": "inactive",
}

FINDINGS_OF_REVIEW = (
    "Findings in the definitions (their users may be listed as logins without a definition)"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """An existing user; `where` is the location of its definition, empty if there is none.

    `last_login` is None for a user that never logged in, if `last_login_known`. `retired` says
    whether the person is, as far as that is known.
    """

    user_name: str
    associate_id: int
    person_id: int
    role: str
    role_id: int
    is_active: bool
    where: str
    person: str = ""
    company: str = ""
    company_id: int = 0
    owner: str = ""
    description: str = ""
    active_from: str = ""
    active_until: str = ""
    last_login: str | None = None
    last_login_known: bool = False
    retired: bool = False

    @property
    def period(self) -> str:
        """From when until when the user can log in, as its definition says; may be empty."""
        return period_of({"active_from": self.active_from, "active_until": self.active_until})


@dataclasses.dataclass(frozen=True)
class Review:
    """All logins of an installation, ordered by name, and the findings in the definitions.

    `missing` are definitions of users that do not exist. A login counts as unused after
    `unused_days` days before `reviewed_at`; 0 days mean that none does.
    """

    name: str
    logins: tuple[Login, ...]
    missing: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    knows_companies: bool
    reviewed_at: str = ""
    unused_days: int = 0

    def issues(self, login: Login) -> list[str]:
        """Return what may be worth a look about a login, as keys of `ISSUES`."""
        is_idle = login.is_active and login.last_login_known
        found = {
            "retired": login.retired,
            "outside": not login.where,
            "never_used": is_idle and login.last_login is None,
            "unused": is_idle and bool(login.last_login) and str(login.last_login) < self._limit,
            # a login without a definition has nobody who could say so
            "without_owner": bool(login.where) and not login.owner,
            "without_company": self.knows_companies and not login.company_id,
            "inactive": not login.is_active,
        }
        return [issue for issue in ISSUES if found[issue]]

    @functools.cached_property
    def found(self) -> Mapping[str, list[Login]]:
        """The logins with each issue, by name; those without a definition the active ones first."""
        logins: dict[str, list[Login]] = {issue: [] for issue in ISSUES}
        for login in self.logins:
            for issue in self.issues(login):
                logins[issue].append(login)
        logins["outside"].sort(key=lambda login: not login.is_active)
        return logins

    @functools.cached_property
    def _limit(self) -> str:
        """The time before which a last login is too long ago; empty if none is."""
        if not self.unused_days or not self.reviewed_at:
            return ""
        limit = _time(self.reviewed_at) - datetime.timedelta(days=self.unused_days)
        return f"{limit:%Y-%m-%dT%H:%M:%S}Z"

    @property
    def reviewed_on(self) -> str:
        """When the logins were compared, for people; empty if it is not known."""
        return f"{_time(self.reviewed_at):%Y-%m-%d %H:%M} UTC" if self.reviewed_at else ""

    @property
    def outside(self) -> list[Login]:
        """Logins without a definition, the active ones first."""
        return self.found["outside"]

    @property
    def needs_attention(self) -> bool:
        """Whether anything is worth a look that a well-kept installation does not have."""
        urgent = ("retired", "outside", "never_used", "unused")
        return bool(self.missing or self.findings or any(self.found[one] for one in urgent))

    def label(self, issue: str) -> str:
        """Return an issue in words."""
        return f"unused for {self.unused_days:,} days" if issue == "unused" else ISSUES[issue]

    @property
    def summary(self) -> dict[str, int]:
        """The counts of the review."""
        return {
            "total": len(self.logins),
            "active": len(self.logins) - len(self.found["inactive"]),
            **{issue: len(logins) for issue, logins in self.found.items()},
            "missing": len(self.missing),
            "roles": len(self.roles),
        }

    @property
    def headline(self) -> str:
        """The outcome in one sentence."""
        counts = self.summary
        parts = [
            f"{_logins(counts['total'])} ({counts['active']:,} active)",
            f"{counts['outside']:,} without a definition",
        ]
        noted = [
            f"{counts[issue]:,} {words}"
            for issue, words in (
                ("retired", "of retired persons"),
                ("never_used", "never used"),
                ("unused", self.label("unused")),
            )
            if counts[issue]
        ]
        if counts["missing"]:
            parts.append(f"{counts['missing']:,} defined but without a login")
        if self.findings:
            number = len(self.findings)
            parts.append(f"{number:,} finding{'' if number == 1 else 's'} in the definitions")
        told = f" Check also: {', '.join(noted)}." if noted else ""
        return f"Access review: {', '.join(parts)}.{told}"

    @property
    def roles(self) -> list[tuple[str, dict[str, int]]]:
        """How many logins each role has, by name: all, active, inactive, without a definition."""
        counts: dict[str, collections.Counter[str]] = {}
        for login in self.logins:
            count = counts.setdefault(login.role, collections.Counter())
            count["total"] += 1
            count["active" if login.is_active else "inactive"] += 1
            count["outside"] += not login.where
        names = ("total", "active", "inactive", "outside")
        return [
            (role, {name: count[name] for name in names}) for role, count in sorted(counts.items())
        ]


def review_of(
    users: object,
    *,
    definitions: object = None,
    src: object = None,
    defaults: object = None,
    name: str = "",
    base_dir: str = "",
    unused_days: int = 0,
    now: str = "",
) -> Review:
    """Compare the users that superoffice_external_user_info lists with definitions.

    A login that was not used for `unused_days` days before `now`, a time in ISO form, is unused.

    Raises:
        ReportError: what was given is not what that module lists, no definitions, or not a time.
    """
    reviewed_at = f"{_time(now):%Y-%m-%dT%H:%M:%S}Z" if now else ""
    facts = plain(users)
    try:
        current = [_current(user) for user in facts]
        activity = {
            user.associate_id: _activity(one) for user, one in zip(current, facts, strict=True)
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ReportError(
            "a review is made of what superoffice_external_user_info lists with format: facts"
        ) from error
    entries, shared = plain(definitions or []), plain(defaults or {})
    sources = [src] if isinstance(src, str) else plain(src or [])
    if not isinstance(entries, list) or not isinstance(shared, dict):
        raise ReportError("definitions must be a list, and defaults a mapping")
    if not isinstance(sources, list) or not all(isinstance(one, str) for one in sources):
        raise ReportError("src must be a list of paths")
    declared = collect(entries, sources, shared)
    users_by_key = UserIndex(current)
    persons = [_person(user, one) for user, one in zip(current, facts, strict=True)]
    resolved = [_with_person(one, persons, users_by_key) for one in declared.definitions]
    matches, conflicts = match_definitions(resolved, users_by_key)
    found = {one.current.associate_id: one.definition for one in matches if one.current}
    where = {number: relative(str(one.location), base_dir) for number, one in found.items()}
    about: dict[int | None, dict[str, typing.Any]] = {
        number: dict(declared.desired.about) for number, declared in found.items()
    }
    missing = [
        (one.definition.desired.subject, relative(str(one.definition.location), base_dir))
        for one in matches
        if one.current is None and one.definition.desired.state is State.PRESENT
    ]
    logins = [
        dataclasses.replace(
            _login(user, where.get(user.associate_id, "")),
            **about.get(user.associate_id, {}),
            **activity[user.associate_id],
        )
        for user in current
    ]
    return Review(
        name=name,
        logins=tuple(sorted(logins, key=lambda one: (name_key(one.user_name), one.associate_id))),
        missing=tuple(sorted(missing)),
        findings=tuple(
            one._replace(
                where=relative(one.where, base_dir), message=relative(one.message, base_dir)
            )
            for one in (*declared.findings, *conflicts)
        ),
        knows_companies=any(user.company_id for user in current),
        reviewed_at=reviewed_at,
        unused_days=max(0, unused_days),
    )


def review_document(review: Review) -> dict[str, typing.Any]:
    """Return the review as data."""
    return {
        "format": 1,
        "kind": "access_review",
        "name": review.name,
        "knows_companies": review.knows_companies,
        "reviewed_at": review.reviewed_at,
        "unused_days": review.unused_days,
        "summary": review.summary,
        "roles": [{"role": role, **counts} for role, counts in review.roles],
        "logins": [
            {
                **dataclasses.asdict(login),
                "in_git": bool(login.where),
                "issues": review.issues(login),
            }
            for login in review.logins
        ],
        "missing": [{"definition": what, "where": where} for what, where in review.missing],
        "findings": [finding._asdict() for finding in review.findings],
    }


def review_from_document(document: typing.Any) -> Review | None:
    """Return the review that a document is, None if it is something else."""
    if not isinstance(document, Mapping) or document.get("kind") != "access_review":
        return None
    document = plain(document)
    names = [field.name for field in dataclasses.fields(Login)]
    try:
        return Review(
            name=document["name"],
            logins=tuple(
                Login(**{name: one[name] for name in names}) for one in document["logins"]
            ),
            missing=tuple((one["definition"], one["where"]) for one in document["missing"]),
            findings=tuple(Finding(**one) for one in document["findings"]),
            knows_companies=document["knows_companies"],
            reviewed_at=document["reviewed_at"],
            unused_days=document["unused_days"],
        )
    except (KeyError, TypeError) as error:
        raise ReportError("the access review was changed after it was made") from error


def _logins(number: int) -> str:
    return f"{number:,} login{'' if number == 1 else 's'}"


def last_login(login: Login) -> str:
    """Return the day of the last login for people; empty if it is not known."""
    if not login.last_login_known:
        return ""
    return login.last_login[:10] if login.last_login else "never"


def _current(user: Values) -> CurrentUser:
    return CurrentUser(
        associate_id=int(user["associate_id"]),
        person_id=int(user["person_id"]),
        user_name=str(user["user_name"]),
        role_id=int(user["role_id"]),
        role=str(user["role"]),
        is_active=bool(user["is_active"]),
        associate_name=str(user["user_name"]),
        full_name=str(user.get("full_name") or ""),
        company=str(user.get("company") or ""),
        company_name=str(user.get("company_name") or ""),
        company_id=int(user.get("company_id") or 0),
        email=str(user.get("email") or ""),
    )


def _person(user: CurrentUser, facts: Values) -> Person:
    return Person(
        person_id=user.person_id,
        full_name=user.full_name,
        emails=(user.email,) if user.email else (),
        company_id=user.company_id,
        company_name=user.company_name,
        department=user.company.removeprefix(user.company_name).removeprefix(", "),
        retired=bool(facts.get("person_retired")),
    )


def _with_person(definition: Definition, persons: Sequence[Person], users: UserIndex) -> Definition:
    """Give a definition the id of the person that it names, if one of those with a login is meant.

    Otherwise the person has no login, or it is not clear who is meant: then none is assumed.
    """
    desired = definition.desired
    if not needs_person(desired, users):
        return definition
    # a person with several logins is one person
    meant = {one.person_id: one for one in persons if _is_meant(desired, one)}
    found = [one for one in meant.values() if not one.retired] or list(meant.values())
    if len(found) != 1:
        return definition
    return definition._replace(desired=desired.with_person(found[0].person_id))


def _is_meant(desired: DesiredUser, person: Person) -> bool:
    if desired.company is not UNSET and not person.is_of(desired.company):
        return False
    if desired.person_email is not UNSET:
        return person.has_email(desired.person_email)
    return desired.person_name is not UNSET and person.has_name(desired.person_name)


def _login(user: CurrentUser, where: str) -> Login:
    return Login(
        user_name=user.user_name,
        associate_id=user.associate_id or 0,
        person_id=user.person_id,
        role=user.role,
        role_id=user.role_id,
        is_active=user.is_active,
        where=where,
        person=user.full_name,
        company=user.company,
        company_id=user.company_id,
    )


def _activity(facts: Values) -> dict[str, typing.Any]:
    """Return what the list tells of the use of a login, if it was asked for."""
    last_login = facts.get("last_login")
    return {
        "last_login": None if last_login is None else f"{_time(last_login):%Y-%m-%dT%H:%M:%S}Z",
        "last_login_known": "last_login" in facts,
        "retired": bool(facts.get("person_retired")),
    }


def _time(text: object) -> datetime.datetime:
    try:
        time = datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError as error:
        raise ReportError(f"'{text}' is not a time in ISO form") from error
    zone = datetime.timezone.utc
    return time.replace(tzinfo=zone) if time.tzinfo is None else time.astimezone(zone)
