#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_role_info
short_description: List the roles of SuperOffice CRM
version_added: 1.0.0
description:
  - Lists the roles of all types with their IDs. The role of an external user must be of type C(ExternalUser) and not deleted.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes.info
  - superoffice.crm.connection
seealso:
  - module: superoffice.crm.superoffice_external_user
"""

EXAMPLES = r"""
# All tasks take the connection from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: List the roles
  superoffice.crm.superoffice_role_info:
  register: found

- name: Show the roles that an external user can have
  ansible.builtin.debug:
    msg: "{{ found.roles | selectattr('type', 'eq', 'ExternalUser') | rejectattr('deleted') | map(attribute='name') }}"
"""

RETURN = r"""
roles:
  description: The roles, ordered by ID.
  returned: success
  type: list
  elements: dict
  contains:
    role_id:
      description: ID of the role.
      type: int
      returned: always
      sample: 7
    name:
      description: Name of the role, in the language of O(language).
      type: str
      returned: always
      sample: Partner
    type:
      description: Type of the role, one of V(Employee), V(ExternalUser), V(Anonymous) and V(System).
      type: str
      returned: always
      sample: ExternalUser
    deleted:
      description: Whether the role is deleted. The service keeps deleted roles.
      type: bool
      returned: always
      sample: false
requests:
  description: Number of requests that were sent to the service, by kind.
  returned: always
  type: dict
  sample:
    roles: 2
error:
  description: What went wrong, for conditions in playbooks.
  returned: on failure
  type: dict
  contains:
    kind:
      description: Reason of the failure, such as V(unauthorized).
      type: str
      returned: always
      sample: unauthorized
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

from ansible_collections.superoffice.crm.plugins.module_utils.task.module import run_module
from ansible_collections.superoffice.crm.plugins.module_utils.task.role_info import TASK


def main() -> None:
    run_module(TASK)


if __name__ == "__main__":
    main()
