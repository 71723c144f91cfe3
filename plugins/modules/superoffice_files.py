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
  - Writes files on the controller, many in one task, each whole or not at all, and readable for their owner only.
  - Works on the controller whatever the connection is, so that one playbook may write reports for many installations.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  folder:
    description:
      - Folder for the files. It is made if it is not there, for its owner only.
    type: path
    required: true
  files:
    description:
      - The files, each with a C(name) and a C(text). A name may hold folders. A text that is a mapping or a list is written as JSON.
    type: list
    elements: dict
    required: true
  mode:
    description:
      - Mode of the files, octal and in quotes. Lists of logins help an attacker, so that others may not read them.
    type: str
    default: '0600'
  existing:
    description:
      - What happens to definition files (C(.yml), C(.yaml) and C(.json)) that are in O(folder) already.
      - V(overwrite) - Those of the same name are overwritten, others stay.
      - V(refuse) - Nothing is written if there are any, nor if a file of the same name is there.
      - V(replace) - Those that are not written are removed.
    type: str
    choices:
      - overwrite
      - refuse
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
- name: Plan
  superoffice.crm.superoffice_external_users:
    src:
      - users
  check_mode: true
  register: planned

- name: Write the plan as a page and as Markdown
  superoffice.crm.superoffice_files:
    folder: reports
    files: "{{ planned | superoffice.crm.external_users_report(['html', 'markdown']) }}"
"""

RETURN = r"""
written:
  description: The files that were written, or would be in check mode. Those that are as they should be are not.
  returned: success
  type: list
  elements: str
  sample:
    - reports/report.html
removed:
  description: The files that were removed.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True},
            "files": {"type": "list", "elements": "dict", "required": True},
            "mode": {"type": "str", "default": "0600"},
            "existing": {
                "type": "str",
                "default": "overwrite",
                "choices": ["overwrite", "refuse", "replace"],
            },
        },
        supports_check_mode=True,
    )
    module.fail_json(msg="superoffice_files works on the controller, as an action plugin")


if __name__ == "__main__":
    main()
