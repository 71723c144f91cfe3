#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_person_info
short_description: Find persons of SuperOffice CRM and their logins
version_added: 1.0.0
description:
  - Finds persons by e-mail address, name, company or ID, and tells which of them have a login. A definition for
    M(superoffice.crm.superoffice_external_users) names its person by one of these.
  - A person must meet all given conditions. Without any, all persons are listed.
  - Retired persons are included and marked. Persons that the calling login may not see are missing.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes.info
  - superoffice.crm.connection
options:
  person_id:
    description:
      - List only the person with this ID.
    type: int
  email:
    description:
      - List only persons that have this e-mail address, as any of their addresses. Case does not matter.
    type: str
  name:
    description:
      - List only persons with this full name. Case does not matter, accents do.
    type: str
  company:
    description:
      - List only persons of this company, by its name alone or as V(name, department). Case does not matter. The service calls a company a
        contact.
    type: str
seealso:
  - module: superoffice.crm.superoffice_external_users
  - module: superoffice.crm.superoffice_external_user_info
"""

EXAMPLES = r"""
# All tasks take the connection from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: Find out whose address this is
  superoffice.crm.superoffice_person_info:
    email: anna@example.com
  register: found

- name: Show the persons
  ansible.builtin.debug:
    var: found.persons

- name: List the persons of a company
  superoffice.crm.superoffice_person_info:
    company: Example AS
  register: company

- name: Show who of them has no login
  ansible.builtin.debug:
    msg: "{{ company.persons | rejectattr('user') | rejectattr('retired') | map(attribute='full_name') }}"
"""

RETURN = r"""
persons:
  description: The persons, ordered by ID.
  returned: success
  type: list
  elements: dict
  contains:
    person_id:
      description: ID of the person.
      type: int
      returned: always
      sample: 1001
    full_name:
      description: Full name of the person.
      type: str
      returned: always
      sample: Anna Berg
    emails:
      description: E-mail addresses of the person. If more than 50 persons are found, a service may show only the first address of each.
      type: list
      elements: str
      returned: always
      sample: [anna@example.com]
    company_id:
      description: ID of the company, V(0) if the person has none.
      type: int
      returned: always
      sample: 3
    company_name:
      description: Name of the company, without its department.
      type: str
      returned: always
      sample: Fjord Software AS
    department:
      description: Department of the company.
      type: str
      returned: always
      sample: Oslo
    retired:
      description: Whether the person has left. A retired person cannot get a login.
      type: bool
      returned: always
      sample: false
    user:
      description: Login of the person, V(null) if it has none. If a person has several, it is the one with the lowest ID;
        M(superoffice.crm.superoffice_external_user_info) lists all of them.
      type: dict
      returned: always
      contains:
        associate_id:
          description: ID of the user.
          type: int
          returned: always
          sample: 427
        person_id:
          description: ID of the person that the login belongs to.
          type: int
          returned: always
          sample: 1001
        user_name:
          description: Name with which the user logs in.
          type: str
          returned: always
          sample: anna@example.com
        role:
          description: Name of the role, in the language of O(language).
          type: str
          returned: always
          sample: Partner
        role_id:
          description: ID of the role.
          type: int
          returned: always
          sample: 7
        is_active:
          description: Whether the user can log in.
          type: bool
          returned: always
          sample: true
        full_name:
          description: Full name of the person. Empty if it is not known.
          type: str
          returned: always
          sample: Anna Berg
        company:
          description: Name of the company of the person, with its department. Empty if the person has none. The service calls a company a
            contact.
          type: str
          returned: always
          sample: Fjord Software AS
        company_name:
          description: Name of the company without its department.
          type: str
          returned: always
          sample: Fjord Software AS
        company_id:
          description: ID of the company, V(0) if the person has none.
          type: int
          returned: always
          sample: 3
        email:
          description: E-mail address of the person. Empty if there is none.
          type: str
          returned: always
          sample: anna@example.com
requests:
  description: Number of requests that were sent to the service, by kind.
  returned: always
  type: dict
  sample:
    archive: 1
    roles: 1
error:
  description: What went wrong, for conditions in playbooks.
  returned: on failure
  type: dict
  contains:
    kind:
      description: Reason of the failure, such as V(unauthorized) or V(role).
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
      sample: GetAllRoles
"""

from ansible_collections.superoffice.crm.plugins.module_utils.task.module import run_module
from ansible_collections.superoffice.crm.plugins.module_utils.task.person_info import TASK


def main() -> None:
    run_module(TASK)


if __name__ == "__main__":
    main()
