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
  - Lists the logins of customers, partners and vendors, all or those that meet the given conditions, in as few requests as the
    pages of the web service allow.
  - A list can be had in the form of definitions for M(superoffice.crm.superoffice_external_users), to start managing an
    existing installation with.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes.info
  - superoffice.crm.connection
options:
  associate_id:
    description:
      - Only the user with this id.
    type: int
  person_id:
    description:
      - Only the users of this person.
    type: int
  user_name:
    description:
      - Only users whose name meets this glob, such as V(*@example.com). Names compare without case.
    type: str
  role:
    description:
      - Only users with a role of this name, in the language of O(language).
    type: str
  is_active:
    description:
      - Only users who can log in, or only those who can not.
    type: bool
  format:
    description:
      - Form of RV(users).
      - V(facts) - Everything that is known of a user, with the ids of this installation.
      - V(definitions) - Entries as M(superoffice.crm.superoffice_external_users) takes them in
        O(superoffice.crm.superoffice_external_users#module:users). Applying them changes nothing. They hold no passwords, so
        that they manage users and do not create any.
    type: str
    choices:
      - facts
      - definitions
    default: facts
  contacts:
    description:
      - Whether RV(contacts) tells the company of each person. It costs no further request.
    type: bool
    default: false
seealso:
  - module: superoffice.crm.superoffice_external_user
"""

EXAMPLES = r"""
# The connection is taken from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: List the partners who can log in
  superoffice.crm.superoffice_external_user_info:
    role: Partner
    is_active: true
  register: partners

- name: Write all users down as definitions
  superoffice.crm.superoffice_external_user_info:
    format: definitions
  register: existing

- name: Show them as a file
  ansible.builtin.debug:
    msg: "{{ {'users': existing.users} | to_nice_yaml }}"
"""

RETURN = r"""
users:
  description: The users, ordered by id. With O(format=definitions) the entries hold C(user_name) or C(associate_id), C(person_id), C(role) or C(role_id),
    and C(is_active).
  returned: success
  type: list
  elements: dict
  contains:
    associate_id:
      description: Id of the user.
      type: int
      returned: with O(format=facts), or where another name differs in case only
      sample: 427
    person_id:
      description: Id of the person whose login it is.
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
      description: Id of the role.
      type: int
      returned: with O(format=facts), or where several roles have the name
      sample: 7
    is_active:
      description: Whether the user can log in.
      type: bool
      returned: always
      sample: true
contacts:
  description: The companies of the persons whose logins were listed, ordered by person.
  returned: with O(contacts=true)
  type: list
  elements: dict
  contains:
    person_id:
      description: Id of the person.
      type: int
      returned: always
      sample: 1001
    contact_id:
      description: Id of the company, V(0) if the person has none.
      type: int
      returned: always
      sample: 3
    contact_name:
      description: Name of the company.
      type: str
      returned: always
      sample: Fjord Software AS
requests:
  description: How many requests were sent to the service, by kind.
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
      description: HTTP status of the answer, if there was one.
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
