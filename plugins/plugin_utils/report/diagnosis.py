# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The diagnosis of an installation as files for a bug report, without addresses and names.

Only what is listed here is taken from the result: not the address, and not the name of the login.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator, Mapping, Sequence

from ..escaping import for_markdown, markdown_code
from .model import ReportError

Values = dict[str, typing.Any]
STATUSES = ("failed", "warning", "skipped", "passed")
_CHECK = ("name", "status", "detail", "remedy", "milliseconds")


def diagnosis_document(result: object) -> Values:
    """Return what the files contain of a result of superoffice_installation_info.

    Raises:
        ReportError: it is no such result.
    """
    values = result if isinstance(result, Mapping) else {}
    checks = values.get("checks")
    if values.get("failed") or not isinstance(checks, Sequence):
        raise ReportError(str(values.get("msg") or "the result is not a diagnosis"))
    login = _mapping(values.get("login"))
    return {
        "installation": {"version": _mapping(values.get("installation")).get("version")},
        "login": {name: login.get(name) for name in ("type", "may_manage_external_users")},
        "summary": {status: sum(one["status"] == status for one in checks) for status in STATUSES},
        "checks": [{name: one[name] for name in _CHECK} for one in checks],
        "profile": dict(_mapping(values.get("profile"))),
        "requests": dict(_mapping(values.get("requests"))),
    }


def files_of_diagnosis(document: Values) -> dict[str, str]:
    """Return the texts of the files by name."""
    return {
        "diagnosis.md": diagnosis_to_markdown(document),
        "diagnosis.json": json.dumps(document, indent=2) + "\n",
    }


def diagnosis_headline(document: Mapping[str, typing.Any]) -> str:
    """Return the outcome in a sentence."""
    count = document["summary"]
    if count["failed"]:
        start = f"This installation cannot be used yet: {_counted(count['failed'], 'check')} failed"
    else:
        start = f"This installation fits: {_counted(count['passed'], 'check')} passed"
    more = [f"{_counted(count['warning'], 'warning')}"] if count["warning"] else []
    more += [f"{count['skipped']} not examined"] if count["skipped"] else []
    return ", ".join([start, *more]) + "."


def diagnosis_to_markdown(document: Values) -> str:
    """Return the diagnosis as Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Values) -> Iterator[str]:
    version = document["installation"]["version"]
    login = document["login"]
    may = "may" if login["may_manage_external_users"] else "may not, as far as is shown,"
    sent = sum(document["requests"].values())
    yield "### Diagnosis of a SuperOffice installation"
    yield ""
    yield f"**{for_markdown(diagnosis_headline(document))}**"
    yield ""
    yield (
        f"NetServer {markdown_code(str(version or 'of an unknown version'))}. The login"
        f" ({markdown_code(str(login['type'] or 'unknown'))}) {may} administer external users."
        f" {_counted(sent, 'request')}."
    )
    yield ""
    yield "| Check | Status | Found | What to do |"
    yield "| --- | --- | --- | --- |"
    for status in STATUSES:
        for one in document["checks"]:
            if one["status"] == status:
                cells = (for_markdown(str(one[name])) for name in ("detail", "remedy"))
                name = markdown_code(str(one["name"]))
                yield f"| {name} | {status} | {' | '.join(cells)} |"
    yield ""
    yield "The profile, which the embedded NetServer imitates:"
    yield ""
    yield "```json"
    yield json.dumps(document["profile"], indent=2)
    yield "```"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _mapping(value: object) -> Mapping[str, typing.Any]:
    return value if isinstance(value, Mapping) else {}
