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
  - All formats are views of the same result. None of them contains a password. Names and messages are shown as plain text.
author:
  - The superoffice.crm authors (@superoffice-crm)
positional: _input, format
options:
  _input:
    description:
      - Result of the task, either a plan from check mode or the result of a run.
      - For one report on several installations, a list of mappings with the keys C(name) and C(result).
      - For an access review, the result of P(superoffice.crm.external_users_review#filter), in any format but V(junit).
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
      html: A self-contained page with charts, and a table to search, filter and sort.
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
  run_url:
    description:
      - URL of the page of the CI job, which the report links to.
    type: str
    default: ''
  plan:
    description:
      - The plan that the task applied, to show what was planned for users whose state or definition has changed since.
    type: dict
  base_dir:
    description:
      - Paths of definitions in this folder are shown relative to it.
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

import typing
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.task.report_options import FORMATS, MODES
from ..plugin_utils.plain_values import plain
from ..plugin_utils.report.files import files_of_report, files_of_review
from ..plugin_utils.report.markdown import LIMIT
from ..plugin_utils.report.model import ReportError, report_of
from ..plugin_utils.report.review import review_from_document
from ..plugin_utils.untrusted import as_data


def external_users_report(
    results: object,
    format: object = "markdown",
    *,
    mode: str = "plan",
    name: str = "SuperOffice",
    title: str = "",
    generated_at: str = "",
    run_url: str = "",
    plan: object = None,
    base_dir: str = "",
    limit: int = LIMIT,
    drift_is_failure: bool = False,
) -> typing.Any:
    """Return the report in the given format, or a list of files in the given formats."""
    formats = plain(format) if isinstance(format, (list, tuple)) else [str(format)]
    unknown = [one for one in formats if one not in FORMATS]
    if unknown:
        raise AnsibleFilterError(f"format must be one of {', '.join(FORMATS)}, not {unknown[0]}")
    if mode not in MODES:
        raise AnsibleFilterError(f"mode must be one of {', '.join(MODES)}, not {mode}")
    try:
        review = review_from_document(results)
        if review:
            files = files_of_review(review, formats, int(limit))
        else:
            report = report_of(
                results,
                mode=mode,
                name=name,
                title=title,
                generated_at=generated_at,
                run_url=run_url,
                plan=plan,
                base_dir=base_dir,
            )
            files = files_of_report(
                report, formats, limit=int(limit), drift_is_failure=drift_is_failure
            )
    except ReportError as error:
        raise AnsibleFilterError(f"external_users_report: {error}") from error
    if not isinstance(format, (list, tuple)):
        return as_data(next(iter(files.values())))
    return as_data([{"name": one, "text": text} for one, text in files.items()])


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_report": external_users_report}
