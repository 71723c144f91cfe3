# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one HTML page that needs nothing but itself: no network, no fonts, no libraries.

The page is whole without JavaScript; the script only searches, sorts and filters what is there. A
content security policy allows that one script, by its hash, and nothing else, so that a hostile
text which found a way into the page would still not run.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path

from .characters import visible, visible_lines
from .model import CHANGES, STATUSES, Installation, Report, User

FOLDER = Path(__file__).with_name("page")
# rows are laid out by groups of this size, when they come into view
GROUP = 100
STATES = {
    "failed": "Failed",
    "refused": "Refused: nothing was changed",
    "drift": "Differs from the definitions",
    "changed": "Changed as declared",
    "in_sync": "As declared",
}
SHOWN_ROLES = 8


class Bar(typing.NamedTuple):
    """A bar of a chart: what it is about, how long it is in percent, and its count."""

    key: str
    label: str
    users: int
    percent: float


class RoleBar(typing.NamedTuple):
    """How many of the listed users have a role before and after."""

    label: str
    before: int
    after: int
    percent_before: float
    percent_after: float


class Row(typing.NamedTuple):
    """A user of the table."""

    number: int
    installation: str
    user: User
    word: str
    rank: int


def to_html(report: Report) -> str:
    """Return the page."""
    template = _environment().get_template("page.html.j2")
    script = _file("page.js")
    return str(
        template.render(
            report=report,
            several=len(report.installations) > 1,
            state=STATES[report.status],
            states=STATES,
            style=_file("page.css"),
            script=script,
            script_hash=_hash(script),
            bars=_bars(report),
            roles=_roles(report),
            groups=list(_groups(_rows(report))),
            statuses=[status for status in STATUSES if status in _present(report)],
            words=report.words,
            changes=CHANGES,
            share=_share(report),
        )
    )


@functools.cache
def _environment() -> typing.Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = lambda text: visible(str(text))
    environment.filters["visible_lines"] = lambda text: visible_lines(str(text))
    environment.filters["count"] = lambda number: f"{number:,}"
    return environment


def _file(name: str) -> str:
    return FOLDER.joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _present(report: Report) -> set[str]:
    return {user.status for one in report.installations for user in one.users}


def _bars(report: Report) -> list[Bar]:
    counts = {
        status: count
        for status in STATUSES
        if status != "unchanged" and (count := report.summary[status])
    }
    longest = max(counts.values(), default=1)
    return [
        Bar(status, report.words[status], count, max(1.0, round(100 * count / longest, 2)))
        for status, count in counts.items()
    ]


def _roles(report: Report) -> list[RoleBar]:
    """Count by role what the users that change have before and after; only logins that work."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for one in report.installations:
        for user in one.users:
            if user.status not in CHANGES:
                continue
            for side, counts in ((user.before, before), (user.after, after)):
                if side and side.get("is_active"):
                    role = str(side.get("role") or "")
                    counts[role] = counts.get(role, 0) + 1
    moved = {
        role: (before.get(role, 0), after.get(role, 0))
        for role in before.keys() | after.keys()
        if before.get(role, 0) != after.get(role, 0)
    }
    longest = max(itertools.chain.from_iterable(moved.values()), default=1)
    ordered = sorted(moved.items(), key=lambda item: (-abs(item[1][1] - item[1][0]), item[0]))
    return [
        RoleBar(role, first, second, 100 * first / longest, 100 * second / longest)
        for role, (first, second) in ordered[:SHOWN_ROLES]
    ]


def _share(report: Report) -> list[tuple[str, float, float]]:
    """Return the parts of the ring: status, start and length in percent."""
    total = report.summary["total"]
    parts = []
    start = 0.0
    for status in STATUSES:
        length = 100 * report.summary[status] / total if total else 0.0
        if length:
            parts.append((status, round(start, 3), round(length, 3)))
        start += length
    return parts


def _rows(report: Report) -> Iterator[Row]:
    number = itertools.count(1)
    for one in report.installations:
        for user in _listed(one):
            rank = STATUSES.index(user.status) if user.status in STATUSES else 0
            word = one.words.get(user.status, user.status)
            yield Row(next(number), one.name, user, word, rank)


def _listed(one: Installation) -> Iterable[User]:
    return (*one.news, *(user for user in one.users if user.status == "unchanged"))


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while group := list(itertools.islice(rows, GROUP)):
        yield group
