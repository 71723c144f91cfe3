# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access review: every login of one read, held against the definitions in git."""

from __future__ import annotations

import collections
import dataclasses
import typing
from collections.abc import Iterable, Mapping, Sequence

from ...module_utils.domain.definitions import DefinitionCollector
from ...module_utils.domain.findings import Finding, SourceLocation
from ...module_utils.domain.matching import match_definitions
from ...module_utils.domain.model import CurrentUser, State
from ...module_utils.domain.names import name_key
from ...module_utils.domain.user_index import UserIndex
from ...module_utils.task.definition_files import read_all
from .markdown import LIMIT, code, sentence
from .model import ReportError, Values, plain


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """An existing user; `where` is the place of its definition, empty if there is none."""

    user_name: str
    associate_id: int
    person_id: int
    role: str
    role_id: int
    is_active: bool
    contact_id: int
    contact_name: str
    where: str


@dataclasses.dataclass(frozen=True)
class Review:
    """All logins of an installation, ordered by name, and what is wrong with the definitions.

    `missing` are definitions of users that do not exist.
    """

    name: str
    logins: tuple[Login, ...]
    missing: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    knows_companies: bool

    @property
    def outside(self) -> list[Login]:
        """Logins that no definition is about, those that can be used first."""
        found = [login for login in self.logins if not login.where]
        return sorted(found, key=lambda login: not login.is_active)

    @property
    def inactive(self) -> list[Login]:
        """Logins that can not be used."""
        return [login for login in self.logins if not login.is_active]

    @property
    def without_company(self) -> list[Login]:
        """Logins of persons of no company, if companies were asked for."""
        if not self.knows_companies:
            return []
        return [login for login in self.logins if not login.contact_id]

    @property
    def roles(self) -> list[tuple[str, dict[str, int]]]:
        """How many logins each role has, ordered by name: all, active, inactive, outside git."""
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
    contacts: object = None,
    definitions: object = None,
    src: object = None,
    defaults: object = None,
    name: str = "",
) -> Review:
    """Hold the users that superoffice_external_user_info lists against definitions.

    Raises:
        ReportError: what was given is not what that module lists.
    """
    companies = _companies(plain(contacts or []))
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
    where = {
        one.current.associate_id: str(one.definition.location) for one in matches if one.current
    }
    missing = [
        (one.definition.desired.subject, str(one.definition.location))
        for one in matches
        if one.current is None and one.definition.desired.state is State.PRESENT
    ]
    logins = [_login(user, companies, where.get(user.associate_id, "")) for user in current]
    return Review(
        name=name,
        logins=tuple(sorted(logins, key=lambda one: (name_key(one.user_name), one.associate_id))),
        missing=tuple(sorted(missing)),
        findings=(*findings, *declared.findings, *conflicts),
        knows_companies=contacts is not None,
    )


def review_document(review: Review) -> dict[str, typing.Any]:
    """Return the review as data."""
    return {
        "format": 1,
        "kind": "access_review",
        "name": review.name,
        "knows_companies": review.knows_companies,
        "summary": _summary(review),
        "roles": [{"role": role, **counts} for role, counts in review.roles],
        "logins": [
            {**dataclasses.asdict(login), "in_git": bool(login.where)} for login in review.logins
        ],
        "missing": [{"definition": what, "where": where} for what, where in review.missing],
        "findings": [finding._asdict() for finding in review.findings],
    }


def review_from_document(document: typing.Any) -> Review | None:
    """Return the review that a document is, none if it is something else."""
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


def review_to_markdown(review: Review, limit: int = LIMIT) -> str:
    """Return the review in at most `limit` characters, with the count of what was cut."""
    lines = [f"### Access review{' of ' if review.name else ''}{sentence(review.name)}", ""]
    counts = _summary(review)
    lines += [
        "| logins | can log in | inactive | outside git | roles |",
        "| --: | --: | --: | --: | --: |",
    ]
    names = ("total", "active", "inactive", "outside", "roles")
    lines += [f"| {' | '.join(f'{counts[name]:,}' for name in names)} |", ""]
    sections = [
        _section(
            "What is wrong with the definitions; whom they mean may be listed as outside git",
            "| where | problem |",
            [(code(f.where) if f.where else "", sentence(f.message)) for f in review.findings],
        ),
        _section("Outside git: no definition is about them", _LOGIN_HEAD, _rows(review.outside)),
        _section(
            "Roles",
            "| role | logins | can log in | inactive | outside git |",
            [(code(role), *(f"{n:,}" for n in row.values())) for role, row in review.roles],
        ),
        _section("Inactive", _LOGIN_HEAD, _rows(review.inactive)),
        _section("Persons without a company", _LOGIN_HEAD, _rows(review.without_company)),
        _section(
            "Defined, but not there",
            "| definition | where |",
            [(sentence(what), code(where)) for what, where in review.missing],
        ),
    ]
    return _bounded(lines, sections, limit)


_LOGIN_HEAD = "| login | role | can log in | company | associate |"


def _bounded(head: list[str], sections: Sequence[list[str]], limit: int) -> str:
    """Share the room out, so that a long list does not push the next ones out."""
    text = "\n".join(head)
    filled = [section for section in sections if section]
    for number, section in enumerate(filled):
        share = (limit - len(text)) // (len(filled) - number)
        room = share - sum(len(line) + 1 for line in section[:4]) - 80
        piece = section[:4]
        for position, line in enumerate(section[4:]):
            room -= len(line) + 1
            if room < 0:
                piece.append(f"\n_{len(section) - 4 - position:,} more are not shown here._")
                break
            piece.append(line)
        text += "\n".join(["", *piece, ""])
    return text[:limit]


def _section(title: str, head: str, rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    rule = "| --- " * (head.count("|") - 1) + "|"
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"#### {title} ({len(rows):,})", "", head, rule, *lines]


def _rows(logins: Iterable[Login]) -> list[tuple[str, ...]]:
    return [
        (
            code(login.user_name),
            code(login.role),
            "yes" if login.is_active else "no",
            sentence(login.contact_name),
            str(login.associate_id),
        )
        for login in logins
    ]


def _summary(review: Review) -> dict[str, int]:
    return {
        "total": len(review.logins),
        "active": len(review.logins) - len(review.inactive),
        "inactive": len(review.inactive),
        "outside": len(review.outside),
        "without_company": len(review.without_company),
        "missing": len(review.missing),
        "roles": len(review.roles),
    }


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


def _companies(contacts: Iterable[Values]) -> dict[int, tuple[int, str]]:
    return {
        int(one["person_id"]): (int(one["contact_id"]), str(one["contact_name"]))
        for one in contacts
    }


def _current(user: Values) -> CurrentUser:
    return CurrentUser(
        associate_id=int(user["associate_id"]),
        person_id=int(user["person_id"]),
        user_name=str(user["user_name"]),
        role_id=int(user["role_id"]),
        role=str(user["role"]),
        is_active=bool(user["is_active"]),
        associate_name=str(user["user_name"]),
    )


def _login(user: CurrentUser, companies: Mapping[int, tuple[int, str]], where: str) -> Login:
    contact_id, contact_name = companies.get(user.person_id, (0, ""))
    return Login(
        user_name=user.user_name,
        associate_id=user.associate_id or 0,
        person_id=user.person_id,
        role=user.role,
        role_id=user.role_id,
        is_active=user.is_active,
        contact_id=contact_id,
        contact_name=contact_name,
        where=where,
    )
