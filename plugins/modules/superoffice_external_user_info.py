#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_external_user_info
short_description: List external users of SuperOffice CRM
version_added: 1.0.0
description:
  - Lists the logins of customers, partners and vendors, either all of them or those that match the given conditions.
  - With O(format=definitions) the list has the form of definitions for M(superoffice.crm.superoffice_external_users). Use it to start
    managing an existing installation.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes.info
  - superoffice.crm.connection
options:
  associate_id:
    description:
      - List only the user with this ID.
    type: int
  person_id:
    description:
      - List only the users of the person with this ID.
    type: int
  user_name:
    description:
      - List only users whose name matches this glob, such as V(*@example.com). Names compare without case.
      - A name without wildcards also finds what only the service itself recognizes as that name. A warning says if it belongs to a user
        that the calling login may not manage.
    type: str
  role:
    description:
      - List only users with the role of this name, in any language of the installation. The name must be that of exactly one role that is
        not deleted.
    type: str
  is_active:
    description:
      - List only users that can log in (V(true)), or only those that cannot (V(false)).
    type: bool
  company:
    description:
      - List only the users whose person belongs to the company of this name. The name is given alone, for all departments of the company,
        or with the department as RV(users[].company) shows it. Names compare without case. The service calls a company a contact.
    type: str
  format:
    description:
      - Form of RV(users).
      - V(facts) - All facts about a user, with the IDs of this installation.
      - V(definitions) - Definitions for O(superoffice.crm.superoffice_external_users#module:users). Applying them changes nothing.
        They contain no passwords, and therefore cannot create users.
    type: str
    choices:
      - facts
      - definitions
    default: facts
  persons:
    description:
      - Whether RV(persons) is returned. Useful with O(format=definitions), whose entries do not tell whose logins they are. This takes no
        additional request.
    type: bool
    default: false
  last_login:
    description:
      - Whether RV(users[].last_login) is returned. This reads one more list, from C(Archive/dynamic). Where the service refuses that list, up
        to 200 users are asked for one by one; for more users the value is not available, and a warning says so.
      - Only with O(format=facts).
    type: bool
    default: false
  person_retired:
    description:
      - Whether RV(users[].person_retired) is returned. This reads the persons of a few users, or for many users the list of all retired
        persons.
      - Only with O(format=facts).
    type: bool
    default: false
seealso:
  - module: superoffice.crm.superoffice_external_user
"""

EXAMPLES = r"""
# All tasks take the connection from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: List the partners that can log in
  superoffice.crm.superoffice_external_user_info:
    role: Partner
    is_active: true
  register: partners

- name: Read all users as definitions
  superoffice.crm.superoffice_external_user_info:
    format: definitions
  register: existing

- name: Show the definitions as a file
  ansible.builtin.debug:
    msg: "{{ {'users': existing.users} | to_nice_yaml }}"
"""

RETURN = r"""
users:
  description: The users, ordered by ID. With O(format=definitions), each has C(user_name) or C(associate_id), C(person_id), C(role) or
    C(role_id), and C(is_active).
  returned: success
  type: list
  elements: dict
  contains:
    associate_id:
      description: ID of the user.
      type: int
      returned: with O(format=facts), or for a user that its name cannot identify in a definition
      sample: 427
    person_id:
      description: ID of the person that the login belongs to.
      type: int
      returned: always
      sample: 1001
    user_name:
      description: Name with which the user logs in.
      type: str
      returned: always with O(format=facts)
      sample: anna@example.com
    role:
      description: Name of the role, in the language of O(language).
      type: str
      returned: always with O(format=facts)
      sample: Partner
    role_id:
      description: ID of the role.
      type: int
      returned: with O(format=facts), or for a role name that is not unique
      sample: 7
    is_active:
      description: Whether the user can log in.
      type: bool
      returned: always
      sample: true
    full_name:
      description: Full name of the person. Empty if it is not known.
      type: str
      returned: always with O(format=facts)
      sample: Anna Berg
    company:
      description: Name of the company of the person, with its department. Empty if the person has none. The service calls a company a
        contact.
      type: str
      returned: always with O(format=facts)
      sample: Fjord Software AS
    company_name:
      description: Name of the company without its department.
      type: str
      returned: always with O(format=facts)
      sample: Fjord Software AS
    company_id:
      description: ID of the company, V(0) if the person has none.
      type: int
      returned: always with O(format=facts)
      sample: 3
    email:
      description: E-mail address of the person. Empty if there is none.
      type: str
      returned: always with O(format=facts)
      sample: anna@example.com
    last_login:
      description: When the user logged in last, in UTC. None if the user has never logged in.
      type: str
      returned: with O(last_login=true) and O(format=facts), if it is available
      sample: "2026-01-31T07:05:00Z"
    person_retired:
      description: Whether the person is retired.
      type: bool
      returned: with O(person_retired=true) and O(format=facts), if it is available
      sample: false
persons:
  description: The persons that the listed logins belong to, ordered by ID.
  returned: with O(persons=true)
  type: list
  elements: dict
  contains:
    person_id:
      description: ID of the person.
      type: int
      returned: always
      sample: 1001
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

from ansible_collections.superoffice.crm.plugins.module_utils.task.external_user_info import TASK
from ansible_collections.superoffice.crm.plugins.module_utils.task.module import run_module


def main() -> None:
    run_module(TASK)


if __name__ == "__main__":
    main()
