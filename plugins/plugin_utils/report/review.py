# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access review: every login of one read, compared with the definitions."""

from __future__ import annotations

import collections
import dataclasses
import typing
from collections.abc import Mapping

from ...module_utils.domain.definitions import DefinitionCollector
from ...module_utils.domain.findings import Finding, SourceLocation
from ...module_utils.domain.matching import match_definitions
from ...module_utils.domain.model import CurrentUser, State
from ...module_utils.domain.names import name_key
from ...module_utils.domain.user_index import UserIndex
from ...module_utils.task.definition_files import read_all
from .model import ReportError, Values, plain, relative


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """An existing user; `where` is the location of its definition, empty if there is none."""

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


@dataclasses.dataclass(frozen=True)
class Review:
    """All logins of an installation, ordered by name, and the findings in the definitions.

    `missing` are definitions of users that do not exist.
    """

    name: str
    logins: tuple[Login, ...]
    missing: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    knows_companies: bool

    @property
    def outside(self) -> list[Login]:
        """Logins without a definition, the active ones first."""
        found = [login for login in self.logins if not login.where]
        return sorted(found, key=lambda login: not login.is_active)

    @property
    def inactive(self) -> list[Login]:
        """Logins that cannot be used."""
        return [login for login in self.logins if not login.is_active]

    @property
    def without_company(self) -> list[Login]:
        """Logins of persons of no company, if companies are known."""
        if not self.knows_companies:
            return []
        return [login for login in self.logins if not login.company_id]

    @property
    def summary(self) -> dict[str, int]:
        """The counts of the review."""
        return {
            "total": len(self.logins),
            "active": len(self.logins) - len(self.inactive),
            "inactive": len(self.inactive),
            "outside": len(self.outside),
            "without_company": len(self.without_company),
            "missing": len(self.missing),
            "roles": len(self.roles),
        }

    @property
    def headline(self) -> str:
        """The outcome in one sentence."""
        counts = self.summary
        parts = [
            f"{counts['total']:,} logins ({counts['active']:,} active)",
            f"{counts['outside']:,} without a definition",
        ]
        if counts["missing"]:
            parts.append(f"{counts['missing']:,} defined but without a login")
        if self.findings:
            number = len(self.findings)
            parts.append(f"{number:,} finding{'' if number == 1 else 's'} in the definitions")
        return f"Access review: {', '.join(parts)}."

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
) -> Review:
    """Compare the users that superoffice_external_user_info lists with definitions.

    Raises:
        ReportError: what was given is not what that module lists.
    """
    try:
        current = [_current(user) for user in plain(users)]
    except (KeyError, TypeError, ValueError) as error:
        raise ReportError(
            "a review is made of what superoffice_external_user_info lists with format: facts"
        ) from error
    declared, findings = _declared(
        plain(definitions or []), plain(src or []), plain(defaults or {})
    )
    matches, conflicts = match_definitions(declared.definitions, UserIndex(current))
    found = {one.current.associate_id: one.definition for one in matches if one.current}
    where = {number: relative(str(one.location), base_dir) for number, one in found.items()}
    owners = {number: _owner(declared.desired) for number, declared in found.items()}
    missing = [
        (one.definition.desired.subject, relative(str(one.definition.location), base_dir))
        for one in matches
        if one.current is None and one.definition.desired.state is State.PRESENT
    ]
    logins = [
        dataclasses.replace(
            _login(user, where.get(user.associate_id, "")),
            owner=owners.get(user.associate_id, ""),
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
            for one in (*findings, *declared.findings, *conflicts)
        ),
        knows_companies=any(user.company_id for user in current),
    )


def review_document(review: Review) -> dict[str, typing.Any]:
    """Return the review as data."""
    return {
        "format": 1,
        "kind": "access_review",
        "name": review.name,
        "knows_companies": review.knows_companies,
        "summary": review.summary,
        "roles": [{"role": role, **counts} for role, counts in review.roles],
        "logins": [
            {**dataclasses.asdict(login), "in_git": bool(login.where)} for login in review.logins
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
        )
    except (KeyError, TypeError) as error:
        raise ReportError("the access review was changed after it was made") from error


def _declared(
    entries: list[object], src: list[str], defaults: Mapping[str, typing.Any]
) -> tuple[DefinitionCollector, list[Finding]]:
    definitions = DefinitionCollector(defaults, {}, "")
    definitions.add(
        [(SourceLocation("users", index), entry) for index, entry in enumerate(entries)]
    )
    files, unreadable = read_all(src)
    for file in files:
        definitions.add(file.entries, file.defaults, file.name)
    definitions.refuse_duplicates()
    return definitions, unreadable


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
        company_id=int(user.get("company_id") or 0),
    )


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


def _owner(desired: object) -> str:
    owner = getattr(desired, "owner", "")
    return owner if isinstance(owner, str) else ""
