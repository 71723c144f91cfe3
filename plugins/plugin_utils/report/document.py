# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as data, for programs; docs/external_users_report.schema.json describes it."""

from __future__ import annotations

import typing

from .model import Ending, Installation, Report, User

Document = dict[str, typing.Any]


def document(report: Report) -> Document:
    """Return the report as data."""
    return {
        "format": 1,
        "title": report.title,
        "generated_at": report.generated_at or None,
        "run_url": report.run_url or None,
        "mode": report.mode,
        "status": report.status,
        "drift": report.drift,
        "summary": report.summary,
        "installations": [_installation(one) for one in report.installations],
    }


def _installation(one: Installation) -> Document:
    return {
        "name": one.name,
        "installation": one.address or None,
        "mode": one.mode,
        "status": one.status,
        "drift": one.drift,
        "summary": dict(one.summary),
        "only": list(one.only),
        "message": one.message or None,
        "error": one.error,
        "findings": [dict(finding) for finding in one.findings],
        "unfinished_journal": one.journal or None,
        "warnings": list(one.warnings),
        "requests": dict(one.requests),
        "plan_checksum": one.checksum or None,
        "ending": [_ending(ending) for ending in one.ending],
        "users": [_user(user) for user in one.users],
    }


def _ending(ending: Ending) -> Document:
    return {
        "user_name": ending.user_name,
        "associate_id": ending.associate_id,
        **{name: text or None for name, text in ending.about.items()},
        "has_ended": ending.has_ended,
    }


def _user(user: User) -> Document:
    return {
        "user_name": user.user_name,
        "associate_id": user.associate_id,
        **{name: text or None for name, text in user.about.items()},
        "action": user.action,
        "status": user.status,
        "modification": list(user.modification),
        "password_status": user.password_status,
        "password_email": user.password_email or None,
        "before": user.before,
        "after": user.after,
        "found": user.found,
        "error": user.error,
    }
