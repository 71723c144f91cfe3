#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_installation_info
short_description: Check whether a SuperOffice CRM installation fits this collection
version_added: 1.0.0
description:
  - Checks what the modules of this collection rely on in an installation of SuperOffice CRM, in at most 40 requests, which only read.
  - Each assumption is a check with a name. A check that failed says what does not work because of it, and what to do.
  - The task succeeds even if checks failed. The playbook C(superoffice.crm.diagnose) fails then, and writes reports.
  - One request is sent without a login, and one looks like an SQL injection, so that a web application firewall shows itself.
    No request has a wrong password.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  probe_user:
    description:
      - Name of an external user to whom the present values of role and active state are written back, to learn how the service
        wants flags to be spelled. This is the only check that writes. It takes up to 10 more requests.
      - The user must be an active external user that is not protected, and not the calling login. Nothing is written to any other user.
      - The user name and the password are never part of it. Afterwards the user is read again, and the check fails if anything changed.
      - Ignored in check mode.
    type: str
  protect:
    description: Names of users that O(probe_user) may not be, with wildcards C(*), C(?) and C([...]).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - superoffice.crm.attributes.info
  - superoffice.crm.connection
seealso:
  - module: superoffice.crm.superoffice_external_user_info
  - module: superoffice.crm.superoffice_role_info
"""

EXAMPLES = r"""
# All tasks take the connection from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: Check the installation
  superoffice.crm.superoffice_installation_info:
  register: found

- name: Require that no check failed
  ansible.builtin.assert:
    that: found.checks | selectattr('status', 'eq', 'failed') | length == 0
    fail_msg: "{{ found.checks | selectattr('status', 'eq', 'failed') | map(attribute='detail') | join(' ') }}"
"""

RETURN = r"""
installation:
  description: The installation.
  returned: success
  type: dict
  contains:
    address:
      description: Address of the web site.
      type: str
      returned: always
      sample: https://crm.example.com/SuperOffice
    version:
      description: Version of NetServer, null if it is unknown.
      type: str
      returned: always
      sample: 11.13.9000.1
login:
  description: The calling login.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the login as the service shows it, null if the login failed.
      type: str
      returned: always
      sample: automation
    type:
      description: Type of the login, such as V(SystemAssociate) or V(InternalAssociate), null if the login failed.
      type: str
      returned: always
      sample: SystemAssociate
    may_manage_external_users:
      description: Whether the service shows a right of the login to administer external users.
      type: bool
      returned: always
      sample: true
checks:
  description: All checks, in the order in which they were run.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the check.
      type: str
      returned: always
      sample: paging
    status:
      description:
        - V(passed) - the assumption holds.
        - V(warning) - the assumption holds, but something needs attention.
        - V(failed) - the assumption does not hold.
        - V(skipped) - the assumption could not be examined.
      type: str
      returned: always
      sample: passed
    detail:
      description: What was found, and what does not work because of it. It contains no names and no addresses.
      type: str
      returned: always
      sample: Pages have up to 1000 users, and follow one another.
    remedy:
      description: What to do, empty if there is nothing to do.
      type: str
      returned: always
      sample: ''
    milliseconds:
      description: How long the check took.
      type: int
      returned: always
      sample: 12
profile:
  description:
    - How this installation behaves where the documentation of the service leaves it open, without secrets, addresses and personal data.
    - Keys and values are choices of the embedded NetServer of this collection's repository, which imitates a profile.
      What was not learned is left out. C(profile_version) is the version of this format.
  returned: success
  type: dict
  sample:
    archive_errors: '400'
    backslash: escape
    bearer: accepted
    boolean_form: boolean
    byte_order_mark: 'no'
    challenge: basic
    count_property: odata.count
    default_order: key
    deleted_roles: listed
    doubtful_operators: error
    dynamic_archive: served
    entities: users
    errors: http
    filter_case: insensitive
    firewall: none
    internal_listed: 'no'
    malformed: '400'
    missing_filter: rows
    name_column: both
    name_columns: served
    name_comparison: simple
    next_link: absolute
    password_mail: supported
    password_rules_apply: 'yes'
    person_login_id: number
    primary_key: string
    profile_version: 1
    role_raw_value: id
    role_text: translated
    trim_names: 'no'
    unauthorized_body: json
    unknown_column: ignore
    unknown_filter_column: error
    unknown_id: 'null'
    unknown_properties: ignore
    user_agent: available
    wide_mode: full
requests:
  description: Number of requests that were sent to the service, by kind.
  returned: always
  type: dict
  sample:
    address: 2
    archive: 17
    login: 4
    person: 2
    roles: 3
    user: 8
    validate: 3
error:
  description: What went wrong, for conditions in playbooks.
  returned: on failure
  type: dict
  contains:
    kind:
      description: Reason of the failure, such as V(connection_option).
      type: str
      returned: always
      sample: connection_option
    status:
      description: HTTP status of the response, if there was one.
      type: int
      returned: always
      sample: 401
    operation:
      description: Call of the service that failed, if one did.
      type: str
      returned: always
      sample: Archive/Role
"""

from ansible_collections.superoffice.crm.plugins.module_utils.task.installation_info import TASK
from ansible_collections.superoffice.crm.plugins.module_utils.task.module import run_module


def main() -> None:
    run_module(TASK)


if __name__ == "__main__":
    main()
