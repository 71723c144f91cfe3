# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports as CSV, for spreadsheets: one row per user, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ..escaping import for_csv
from . import wording
from .model import Report
from .review import Review


def to_csv(report: Report) -> str:
    """Return a row for each user that the results list."""
    head = (
        *(
            "installation",
            "user_name",
            "associate_id",
            "person",
            "company",
            "owner",
            "active_until",
        ),
        *("action", "status", "changes", "found", "problem"),
    )
    rows = (
        (
            one.name,
            user.user_name,
            user.associate_id,
            user.about.get("person"),
            user.about.get("company"),
            user.about.get("owner"),
            user.about.get("active_until"),
            user.action,
            user.status,
            "; ".join(f"{c.field}: {c.before} -> {c.after}" for c in user.changes),
            "; ".join(f"{c.field}: {c.after}" for c in wording.found_changes(user)),
            user.problem,
        )
        for one in report.installations
        for user in one.users
    )
    return _table(head, rows)


def review_to_csv(review: Review) -> str:
    """Return a row for each existing user, as the yearly access review wants them."""
    head = (
        *("installation", "user_name", "associate_id", "person_id", "person", "company", "role"),
        *("is_active", "owner", "in_git", "defined_in", "description", "last_login", "retired"),
        *("active_from", "active_until", "issues"),
    )
    rows = (
        (
            review.name,
            login.user_name,
            login.associate_id,
            login.person_id,
            login.person,
            login.company,
            login.role,
            "yes" if login.is_active else "no",
            login.owner,
            "yes" if login.where else "no",
            login.where,
            login.description,
            (login.last_login or "never") if login.last_login_known else "",
            "yes" if login.retired else "no",
            login.active_from,
            login.active_until,
            "; ".join(map(review.label, review.issues(login))),
        )
        for login in review.logins
    )
    return _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([for_csv(value) for value in row])
    return text.getvalue()
