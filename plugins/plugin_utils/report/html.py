# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports as one HTML page each that needs nothing but itself: no network, fonts or libraries.

A page is complete without JavaScript; the script only searches, sorts and filters what is there. A
content security policy allows that one script, by its hash, and nothing else, so that a hostile
text which found a way into the page would still not run.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import re
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..escaping import SHOWN_LINES, SHOWN_MESSAGE, for_html, shortened
from . import wording
from .model import CHANGES, STATUSES, Installation, Report, User
from .review import ISSUES, Login, Review, last_login

FOLDER = Path(__file__).with_name("page")
# rows are laid out by groups of this size, when they come into view
GROUP = 100
SHOWN_ROLES = 8
# a list that is longer than this is laid out by groups; all of a shorter one is laid out at once
SHORT = 500
_BREAKS = re.compile(r"(?<=[@/:])(?=[^/])|(?=[.@_-])")
_URL = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]+")


class Bar(typing.NamedTuple):
    """A bar of a chart: what it is about, how long it is in percent, and its count."""

    key: str
    label: str
    users: int
    percent: float


class RoleBar(typing.NamedTuple):
    """Two counts of a role, side by side."""

    label: str
    before: int
    after: int
    percent_before: float
    percent_after: float


class Row(typing.NamedTuple):
    """A user of the table."""

    installation: str
    user: User
    title: str
    word: str
    rank: int
    about: str
    states: list[str]
    compared: list[tuple[str, list[str]]]
    planned: str
    unchanged: str


class LoginRow(typing.NamedTuple):
    """A login of an access review."""

    login: Login
    key: str
    word: str
    rank: int
    notes: str
    used: str


def to_html(report: Report) -> str:
    """Return the page of a report."""
    rows = list(_rows(report))
    several = len(report.installations) > 1
    has_persons = any(row.user.person or row.about for row in rows)
    named = wording.words(report)
    present = {row.user.status for row in rows}
    columns = [
        *([("installation", "Installation")] if several else []),
        ("name", "Login"),
        *([("person", "Person")] if has_persons else []),
        *(("status", "Action"), ("changes", "Before → after"), ("id", "Associate id")),
    ]
    message = report.installations[0].message.partition("\n")[0]
    return _page(
        "report.html.j2",
        report=report,
        several=several,
        has_persons=has_persons,
        state=wording.STATES[report.status],
        states=wording.STATES,
        headline=wording.headline(report, shortened(message, SHOWN_MESSAGE)),
        notes=wording.notes,
        ending=[(one.name, ending) for one in report.installations for ending in one.ending],
        ending_title=wording.ENDING,
        title=wording.title,
        end_of=wording.end_of,
        run_url=report.run_url if _URL.fullmatch(report.run_url) else "",
        bars=_bars([(one, named[one], report.counts[one]) for one in STATUSES[:-1]]),
        roles=_changed_roles(report),
        share=_share(report),
        columns=columns,
        chips=[(status, named[status]) for status in STATUSES if status in present],
        groups=list(_groups(iter(rows))),
        counted=[(one, named[one]) for one in (*CHANGES, "failed") if report.counts[one]],
        is_long=len(rows) > SHORT,
    )


def review_to_html(review: Review) -> str:
    """Return the page of an access review."""
    counts = review.summary
    states = {
        "outside": "without a definition",
        "inactive": "inactive",
        "defined": "defined",
    }
    rows = sorted(_login_rows(review, states), key=lambda row: row.rank)
    present = {row.key for row in rows}
    defined = counts["total"] - counts["outside"]
    return _page(
        "review.html.j2",
        review=review,
        bars=_bars(
            [
                ("outside", "without a definition", counts["outside"]),
                ("defined", "defined", defined),
                ("inactive", "inactive", counts["inactive"]),
                ("missing", "defined, no login", counts["missing"]),
                ("retired", "person is retired", counts["retired"]),
                ("unused", "never used", counts["never_used"]),
                ("unused", review.label("unused"), counts["unused"]),
                ("skipped", "without an owner", counts["without_owner"]),
                ("skipped", "without a company", counts["without_company"]),
            ]
        ),
        roles=_role_bars({role: (one["total"], one["outside"]) for role, one in review.roles}),
        columns=[
            *(("name", "Login"), ("person", "Person"), ("status", "State"), ("role", "Role")),
            *(("used", "Last login"), ("where", "Definition"), ("id", "Associate id")),
        ],
        chips=[(key, label) for key, label in states.items() if key in present],
        groups=list(_groups(iter(rows))),
        is_long=len(rows) > SHORT,
    )


def _page(template: str, **values: typing.Any) -> str:
    script = _file("page.js")
    page = _environment().get_template(template)
    return str(
        page.render(style=_file("page.css"), script=script, script_hash=_hash(script), **values)
    )


@functools.cache
def _environment() -> typing.Any:
    import jinja2
    from markupsafe import Markup, escape

    def breakable(text: object) -> Markup:
        """Let a long address break after its parts, and not inside of words."""
        parts = _BREAKS.split(for_html(str(text)))
        return Markup("<wbr>").join(escape(part) for part in parts if part)

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = lambda text: for_html(str(text))
    environment.filters["shown_lines"] = lambda text: "\n".join(
        for_html(line) for line in str(text).splitlines()[:SHOWN_LINES]
    )
    environment.filters["breakable"] = breakable
    environment.filters["count"] = lambda number: f"{number:,}"
    return environment


@functools.cache
def _file(name: str) -> str:
    return FOLDER.joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _bars(counted: Iterable[tuple[str, str, int]]) -> list[Bar]:
    shown = [(key, label, count) for key, label, count in counted if count]
    longest = max((count for _key, _label, count in shown), default=1)
    return [
        Bar(key, label, count, max(1.0, round(100 * count / longest, 2)))
        for key, label, count in shown
    ]


def _changed_roles(report: Report) -> list[RoleBar]:
    """Count by role what the users that change have before and after; only active logins."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for one in report.installations:
        for user in one.shown_users:
            if not wording.is_change(user):
                continue
            for side, counts in ((user.before, before), (user.after, after)):
                if side and side.get("is_active"):
                    role = str(side.get("role") or "")
                    counts[role] = counts.get(role, 0) + 1
    counted = {
        role: (before.get(role, 0), after.get(role, 0)) for role in before.keys() | after.keys()
    }
    moved = {role: pair for role, pair in counted.items() if pair[0] != pair[1]}
    ordered = sorted(moved, key=lambda role: (-abs(moved[role][1] - moved[role][0]), role))
    return _role_bars({role: moved[role] for role in ordered})


def _role_bars(counted: Mapping[str, tuple[int, int]]) -> list[RoleBar]:
    longest = max(itertools.chain.from_iterable(counted.values()), default=1) or 1
    return [
        RoleBar(role, one, other, 100 * one / longest, 100 * other / longest)
        for role, (one, other) in itertools.islice(counted.items(), SHOWN_ROLES)
    ]


def _share(report: Report) -> list[tuple[str, float, float]]:
    """Return the parts of the ring: status, start and length in percent."""
    total = report.counts["total"]
    parts = []
    start = 0.0
    for status in STATUSES:
        length = 100 * report.counts[status] / total if total else 0.0
        if length:
            parts.append((status, round(start, 3), round(length, 3)))
        start += length
    return parts


def _rows(report: Report) -> Iterator[Row]:
    for one in report.installations:
        for user in _listed(one):
            about = user.about
            yield Row(
                installation=one.name,
                user=user,
                title=wording.title(user),
                word=wording.action(user, one),
                rank=1 + (STATUSES.index(user.status) if user.status in STATUSES else 0),
                about=" · ".join(filter(None, map(about.get, ("company", "owner", "description")))),
                states=[name for name, _side in wording.sides(user)] if user.is_stale else [],
                compared=wording.compared(user) if user.is_stale else [],
                planned=_planned(user),
                unchanged=wording.unchanged(user),
            )


def _planned(user: User) -> str:
    """Return what stands before changes that were not made; empty if they were."""
    if user.status not in {"failed", "skipped"} or not user.changes:
        return ""
    return "planned: delete" if user.planned_status == "deleted" else "planned:"


def _listed(one: Installation) -> Sequence[User]:
    return (*one.news, *(user for user in one.users if user.status == "unchanged"))


def _login_rows(review: Review, states: Mapping[str, str]) -> Iterator[LoginRow]:
    for login in review.logins:
        key = "outside" if not login.where else "defined" if login.is_active else "inactive"
        inactive = ", inactive" if key == "outside" and not login.is_active else ""
        rank = 1 + list(states).index(key)
        shown = set(review.issues(login)) - {"outside", "inactive"}
        notes = [review.label(issue) for issue in ISSUES if issue in shown]
        used = last_login(login)
        yield LoginRow(login, key, states[key] + inactive, rank, " · ".join(notes), used)


def _groups(rows: Iterator[typing.Any]) -> Iterator[list[typing.Any]]:
    while group := list(itertools.islice(rows, GROUP)):
        yield group
