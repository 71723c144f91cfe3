#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_files
short_description: Write plans, reports and definitions on the controller
version_added: 1.0.0
description:
  - Writes files on the controller, many in one task. Each file is written completely or not at all, and only its owner can read it.
  - Always writes on the controller, whatever the connection is, so that one playbook can write reports for many installations.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  folder:
    description:
      - Folder for the files. If it does not exist, it is created with access for its owner only.
    type: path
    required: true
  files:
    description:
      - The files.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the file, which may include subfolders of O(folder).
        type: str
        required: true
      text:
        description:
          - Content of the file. A mapping or a list is written as JSON.
        type: raw
        required: true
      users:
        description:
          - Number of users in the file, as P(superoffice.crm.external_users_files#filter) returns it. Not used.
        type: int
      generated:
        description:
          - Whether nobody edits the file, so that it is overwritten whatever O(existing) says.
        type: bool
        default: false
  mode:
    description:
      - Mode of the files, as a quoted octal number. By default only the owner can read them, because lists of logins help an attacker.
    type: raw
    default: '0600'
  existing:
    description:
      - What happens to definition files (C(.yml), C(.yaml), C(.json) and C(.csv)) that already exist in O(folder).
      - V(overwrite) - Files with the same name are overwritten, all others are kept.
      - V(refuse) - If there are any, or if any other file with the same name exists, nothing is written and the task fails.
      - V(refuse_file) - If any file with the same name exists, nothing is written and the task fails. Other files are kept.
      - V(replace) - Files with the same name are overwritten, all others are removed.
    type: str
    choices:
      - overwrite
      - refuse
      - refuse_file
      - replace
    default: overwrite
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
seealso:
  - plugin: superoffice.crm.external_users_files
    plugin_type: filter
  - plugin: superoffice.crm.external_users_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Plan external users
  superoffice.crm.superoffice_external_users:
    src:
      - users
  check_mode: true
  register: planned

- name: Write the plan as HTML and as Markdown
  superoffice.crm.superoffice_files:
    folder: reports
    files: "{{ planned | superoffice.crm.external_users_report(['html', 'markdown']) }}"
"""

RETURN = r"""
written:
  description: The files that were written, or would be written in check mode. Files that are unchanged are not included.
  returned: success
  type: list
  elements: str
  sample:
    - reports/report.html
removed:
  description: The files that were removed, or would be removed in check mode.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.superoffice.crm.plugins.module_utils.task.file_options import (
    ARGUMENT_SPEC,
)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    module.fail_json(msg="superoffice_files works on the controller, as an action plugin")


if __name__ == "__main__":
    main()
