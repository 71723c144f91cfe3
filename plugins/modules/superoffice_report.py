#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_report
short_description: Show the result of a run and write its reports
version_added: 1.0.0
description:
  - Shows the planned or applied changes of a run as text, writes reports on the controller, and fails if the run has failed. The role
    P(superoffice.crm.external_users#role) uses it as its last task.
  - Always works on the controller, whatever the connection is. The text is omitted with callbacks whose output is for programs
    (C(json), C(jsonl)).
  - To show a failure only once, run M(superoffice.crm.superoffice_external_users) with C(failed_when) set to V(false) before.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  result:
    description:
      - Result of M(superoffice.crm.superoffice_external_users), also if it failed.
      - With O(kind=review) the result of P(superoffice.crm.external_users_review#filter), with O(kind=export) that of
        M(superoffice.crm.superoffice_files), with O(kind=diagnosis) that of M(superoffice.crm.superoffice_installation_info).
      - With these kinds, the result of an earlier task that has failed is shown as the reason why there is nothing to report.
    type: raw
    required: true
  kind:
    description:
      - Kind of O(result).
      - V(check) - Instead of a report, checks before a run what would only be noticed after it, that is whether O(folder), O(all_folder)
        and the folder of O(plan_file) can be written, whether a variable of the role is misspelled, and whether a host would read or
        prune the users of another host. O(result) is ignored.
      - V(read) - Fails if O(result) has a C(msg), as that of a failed info module with C(failed_when) set to V(false). Shows it as text,
        with the variables of the role to correct.
    type: str
    choices:
      - check
      - read
      - run
      - review
      - export
      - diagnosis
    default: run
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
      - Name of the installation.
    type: str
    default: SuperOffice
  title:
    description:
      - Title of the reports.
    type: str
    default: External users
  generated_at:
    description:
      - Time of the result, as a string.
    type: str
    default: ''
  run_url:
    description:
      - URL of the page of the CI job, which the reports link to.
    type: str
    default: ''
  base_dir:
    description:
      - Paths of definitions in this folder are shown relative to it.
    type: str
    default: ''
  plan:
    description:
      - The plan that the run applied, or the path of its file, to show what was planned for users whose state or definition has
        changed since.
    type: raw
  folder:
    description:
      - Folder for the reports. If it is empty, no reports are written.
    type: str
    default: ''
  formats:
    description:
      - Formats of the reports, see P(superoffice.crm.external_users_report#filter). A review and a diagnosis are always written in all their formats.
    type: list
    elements: str
    choices:
      - markdown
      - html
      - json
      - junit
      - csv
    default:
      - markdown
      - html
      - json
  file_mode:
    description:
      - Mode of the files, as a quoted octal number. By default only the owner can read them, because lists of logins help an attacker.
    type: raw
    default: '0600'
  plan_file:
    description:
      - File for the plan of the result. If the run has failed, the file is removed. If it is empty, no plan is written.
    type: str
    default: ''
  keep_plan:
    description:
      - Whether O(plan_file) is kept if the run has failed.
    type: bool
    default: false
  all_results:
    description:
      - Results of several installations, each with a C(name) and a C(result), for one report on all of them.
    type: list
    elements: dict
    default: []
  all_folder:
    description:
      - Folder for the report on O(all_results).
    type: str
    default: ''
  set_stats:
    description:
      - Whether the plan and the status of a run that did not fail are passed on to the next job of a workflow as the artifacts
        C(external_users_plans) and C(external_users_status), as with P(ansible.builtin.set_stats#module).
      - The output then lists every user that is not in sync, and not the first 20, since it is what people approve.
    type: bool
    default: false
  host:
    description:
      - Name of the host under which the plan is passed on.
    type: str
    default: localhost
  fail_on_drift:
    description:
      - Whether the task fails if users are out of sync. In the format V(junit) they are then failed tests.
    type: bool
    default: false
  problems:
    description:
      - What else went wrong, with O(kind=run), as sentences. They are shown after the outcome, and the task fails.
    type: list
    elements: str
    default: []
  users:
    description:
      - Number of exported users, with O(kind=export).
    type: int
    default: 0
  src:
    description:
      - Paths of the definitions of O(host), with O(kind=check).
    type: list
    elements: str
    default: []
  prunes:
    description:
      - Whether the run changes users that have no definition, as pruning and the rotation of passwords do, with O(kind=check). Then no
        other host of the play may have the same C(external_users_url).
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Reports are also written in check mode, because a plan is made in check mode.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
seealso:
  - plugin: superoffice.crm.external_users_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Plan external users
  superoffice.crm.superoffice_external_users:
    src:
      - users
  check_mode: true
  failed_when: false
  register: planned

- name: Write reports
  superoffice.crm.superoffice_report:
    result: "{{ planned }}"
    folder: reports
"""

RETURN = r"""
written:
  description: The files that were written. Files in the current folder have relative paths.
  returned: success
  type: list
  elements: str
  sample:
    - reports/report.html
error:
  description: The RV(superoffice.crm.superoffice_external_users#module:error) of the run.
  returned: when the run has failed
  type: dict
  sample:
    kind: limits
    operation: null
    status: null
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.superoffice.crm.plugins.module_utils.task.report_options import (
    ARGUMENT_SPEC,
)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    module.fail_json(msg="superoffice_report works on the controller, as an action plugin")


if __name__ == "__main__":
    main()
