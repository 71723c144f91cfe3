# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_report
short_description: Convert the result of superoffice_external_users to a report
version_added: 1.0.0
description:
  - Converts the result of M(superoffice.crm.superoffice_external_users) to a report for people or programs, also if the task failed.
  - All formats are views of the same result. None of them contains a password. Names are shown as plain text.
author:
  - The superoffice.crm authors (@superoffice-crm)
positional: _input, format
options:
  _input:
    description:
      - Result of the task, either a plan from check mode or the result of a run.
      - For one report on several installations, a list of mappings with the keys C(name) and C(result).
      - For an access review, the result of P(superoffice.crm.external_users_review#filter). Its formats are V(markdown), V(csv) and
        V(json).
    type: raw
    required: true
  format:
    description:
      - Format of the report.
      - With a list of formats, the result is a list of files for M(superoffice.crm.superoffice_files), each with a C(name) such as
        V(report.md) and a C(text).
    type: raw
    choices:
      markdown: For comments on merge requests, of at most O(limit) characters.
      html: A self-contained page with charts, and a table that can be searched and sorted.
      json: For programs. C(docs/external_users_report.schema.json) of the collection describes it.
      junit: Test results in XML, for CI systems.
      csv: One row for each listed user, for spreadsheets.
    default: markdown
  mode:
    description:
      - Whether the result is that of a V(plan), or of a run that should V(apply) changes.
    type: str
    choices:
      - plan
      - apply
    default: plan
  name:
    description:
      - Name of the installation, if the input is a single result.
    type: str
    default: SuperOffice
  title:
    description:
      - Title of the report.
    type: str
    default: External users
  generated_at:
    description:
      - Time of the result, as a string. If it is omitted, the report shows no time, so that reports can be compared.
    type: str
    default: ''
  limit:
    description:
      - Maximum length of a report with O(format=markdown), in characters. The end of the report says what was omitted.
    type: int
    default: 65536
  drift_is_failure:
    description:
      - Whether a user that is out of sync is a failed test with O(format=junit).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan external users
  superoffice.crm.superoffice_external_users:
    src:
      - users
  check_mode: true
  register: planned

- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ planned | superoffice.crm.external_users_report }}"

- name: Create one page for all installations
  ansible.builtin.set_fact:
    page: >-
      {{ [{'name': 'north', 'result': north}, {'name': 'south', 'result': south}]
         | superoffice.crm.external_users_report('html', mode='apply') }}
"""

RETURN = r"""
_value:
  description: The report, or a list of files if O(format) is a list.
  type: raw
"""

import json
import typing
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils.report.html_page import to_html
from ..plugin_utils.report.junit import to_junit
from ..plugin_utils.report.markdown import LIMIT, to_markdown
from ..plugin_utils.report.model import Report, ReportError, document, plain, report_of
from ..plugin_utils.report.review import (
    Review,
    review_document,
    review_from_document,
    review_to_markdown,
)
from ..plugin_utils.report.table import review_to_csv, to_csv
from ..plugin_utils.untrusted import as_data

SUFFIXES = {"markdown": "md", "html": "html", "json": "json", "junit": "xml", "csv": "csv"}
MODES = ("plan", "apply")


def external_users_report(
    results: object,
    format: object = "markdown",
    *,
    mode: str = "plan",
    name: str = "SuperOffice",
    title: str = "",
    generated_at: str = "",
    limit: int = LIMIT,
    drift_is_failure: bool = False,
) -> typing.Any:
    """Return the report in the given format, or a list of files in the given formats."""
    formats = plain(format) if isinstance(format, (list, tuple)) else [str(format)]
    unknown = [one for one in formats if one not in SUFFIXES]
    if unknown:
        raise AnsibleFilterError(f"format must be one of {', '.join(SUFFIXES)}, not {unknown[0]}")
    if mode not in MODES:
        raise AnsibleFilterError(f"mode must be one of {', '.join(MODES)}, not {mode}")
    try:
        review = review_from_document(results)
        if review:
            stem, texts = "review", [_of_review(review, one, int(limit)) for one in formats]
        else:
            report = report_of(
                results, mode=mode, name=name, title=title, generated_at=generated_at
            )
            stem = "report"
            texts = [_text(report, one, int(limit), drift_is_failure) for one in formats]
    except ReportError as error:
        raise AnsibleFilterError(f"external_users_report: {error}") from error
    if not isinstance(format, (list, tuple)):
        return as_data(texts[0])
    names = [f"{stem}.{SUFFIXES[one]}" for one in formats]
    return as_data([{"name": one, "text": text} for one, text in zip(names, texts, strict=True)])


def _text(report: Report, format: str, limit: int, drift_is_failure: bool) -> str:
    if format == "markdown":
        return to_markdown(report, limit)
    if format == "html":
        return to_html(report)
    if format == "junit":
        return to_junit(report, drift_is_failure=drift_is_failure)
    if format == "csv":
        return to_csv(report)
    return _json(document(report))


def _of_review(review: Review, format: str, limit: int) -> str:
    if format == "markdown":
        return review_to_markdown(review, limit)
    if format == "csv":
        return review_to_csv(review)
    if format == "json":
        return _json(review_document(review))
    raise ReportError("an access review is to be had as markdown, csv or json")


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_report": external_users_report}
