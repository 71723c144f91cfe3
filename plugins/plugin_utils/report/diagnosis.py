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
    yield "### Diagnosis of a SuperOffice installation"
    yield ""
    yield f"**{for_markdown(diagnosis_headline(document))}**"
    yield ""
    yield " ".join(_facts(document))
    yield ""
    yield "| Check | Status | Found | What to do |"
    yield "| --- | --- | --- | --- |"
    for (status, detail, remedy), names in _by_outcome(document["checks"]).items():
        checks = ", ".join(map(markdown_code, names))
        yield f"| {checks} | {status} | {for_markdown(detail)} | {for_markdown(remedy)} |"
    yield ""
    yield "The profile, which the embedded NetServer imitates:"
    yield ""
    yield "```json"
    yield json.dumps(document["profile"], indent=2)
    yield "```"


def _facts(document: Values) -> Iterator[str]:
    """Yield sentences about the version and the login, as far as they are known."""
    version, login = document["installation"]["version"], document["login"]
    if version:
        yield f"NetServer {markdown_code(str(version))}."
    if login["type"]:
        may = "may" if login["may_manage_external_users"] else "may not, as far as is shown,"
        yield f"The login ({markdown_code(str(login['type']))}) {may} administer external users."
    yield f"{_counted(sum(document['requests'].values()), 'request')}."


def _by_outcome(checks: Sequence[Values]) -> dict[tuple[str, str, str], list[str]]:
    """Return the names of the checks by outcome, the failed ones first."""
    names: dict[tuple[str, str, str], list[str]] = {}
    for one in sorted(checks, key=lambda one: STATUSES.index(one["status"])):
        outcome = (one["status"], str(one["detail"]), str(one["remedy"]))
        names.setdefault(outcome, []).append(str(one["name"]))
    return names


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _mapping(value: object) -> Mapping[str, typing.Any]:
    return value if isinstance(value, Mapping) else {}
