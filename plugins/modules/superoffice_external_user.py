#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_external_user
short_description: Declare one external user of SuperOffice CRM
version_added: 1.0.0
description:
  - Makes the login of a customer, partner or vendor be as declared. Reads the state of the user from the web service (NetServer
    WebAPI), works out what differs, and changes exactly that in one call.
  - An option that is not given is not managed, and keeps its value.
  - For many users use M(superoffice.crm.superoffice_external_users), which reads all of them at once.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes
  - superoffice.crm.connection
options:
  state:
    description:
      - Whether the user shall exist.
      - V(present) - The user exists. It is created if it does not, which needs O(user_name), O(person_id), a role and a
        password.
      - V(absent) - The user does not exist. The person stays; only the login is deleted. To keep the login but close it use
        O(is_active=false).
    type: str
    choices:
      - present
      - absent
    default: present
  associate_id:
    description:
      - Id of the user. If given, it is the key, and O(user_name) is the name that the user shall have.
    type: int
  person_id:
    description:
      - Id of the person (contact) whose login it is. It is the key if O(associate_id) is not given. With O(associate_id) it must
        be the person of that user.
      - Needed to create a user.
    type: int
  user_name:
    description:
      - Name with which the user logs in, often an e-mail address. It is the key if neither O(associate_id) nor O(person_id) is
        given; with one of them it is a desired value, so that a user with another name is renamed.
      - Names compare without case. A name that differs in case only is a change.
    type: str
  previous_user_names:
    description:
      - Former names. If O(user_name) is the key and no user has that name, a user with one of these is renamed instead of a
        second one being created.
    type: list
    elements: str
  password:
    description:
      - Password of the user. O(update_password) says when it is set.
      - The service can not be asked for a password, so that only a login can tell whether it is right.
    type: str
  update_password:
    description:
      - When O(password) is set on a user that exists.
      - V(on_create) - Only when the user is created.
      - V(always) - On every run, which then reports a change.
      - V(when_changed) - If one login as this user with O(password) is refused. If the user is inactive, O(auth_method) is
        not V(basic), or the service answers anything else, the password is left alone and RV(password_status) is V(not_verifiable).
    type: str
    choices:
      - on_create
      - always
      - when_changed
    default: on_create
  generate_password:
    description:
      - Whether a strong random password is made when the user is created. An existing user keeps its password.
      - It is returned once in RV(generated_password) if O(show_generated_password) asks for it.
    type: bool
    default: false
  show_generated_password:
    description:
      - Whether a generated password is returned readable. Use C(no_log) or C(register) with care then; without this nobody gets to
        know the password, and the user has to be given a new one.
    type: bool
    default: false
  role:
    description:
      - Name of the role, in the language of O(language). It must be a role of the type ExternalUser.
    type: str
  role_id:
    description:
      - Id of the role, where its name is not unique.
    type: int
  is_active:
    description:
      - Whether the user can log in. If not given, an existing user keeps what it has and a new one is active.
    type: bool
  verify:
    description:
      - Whether the user is read back after a write. The task fails if the service did not do what it reported.
    type: bool
    default: true
seealso:
  - name: SuperOffice documentation of the call
    description: The call that changes an external user.
    link: https://docs.superoffice.com/en/api/reference/restful/agent/User_Agent/v1UserAgent_SetExternalUserInfo.html
"""

EXAMPLES = r"""
- name: Anna of Example AS can log in as a partner
  superoffice.crm.superoffice_external_user:
    url: https://crm.example.com/SuperOffice
    auth_username: automation
    auth_password: "{{ vault_superoffice_password }}"
    person_id: 1001
    user_name: anna@example.com
    password: "{{ vault_anna_password }}"
    role: Partner

# The connection is taken from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD from here on

- name: Her login is closed, and all else stays as it is
  superoffice.crm.superoffice_external_user:
    user_name: anna@example.com
    is_active: false

- name: She married, and keeps her login and password under a new name
  superoffice.crm.superoffice_external_user:
    user_name: anna.berg@example.com
    previous_user_names:
      - anna@example.com

- name: Her password is what the vault says, and is only set if it is not
  superoffice.crm.superoffice_external_user:
    user_name: anna.berg@example.com
    password: "{{ vault_anna_password }}"
    update_password: when_changed

- name: Her login is gone
  superoffice.crm.superoffice_external_user:
    user_name: anna.berg@example.com
    state: absent
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode.
  returned: unless the user could not be looked at
  type: str
  choices:
    - none
    - create
    - modify
    - delete
  sample: modify
modification:
  description: Flags of C(ExternalUserInfoModification) that were sent, or would be sent in check mode.
  returned: unless the user could not be looked at
  type: list
  elements: str
  sample:
    - Role
    - Active
user:
  description: The user afterwards, as the service has it or as it would have it. None if it does not exist.
  returned: unless the user could not be looked at
  type: dict
  contains:
    associate_id:
      description: Id of the user. None for one that would be created.
      type: int
      returned: always
      sample: 427
    person_id:
      description: Id of the person whose login it is.
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
      description: Id of the role.
      type: int
      returned: always
      sample: 7
    is_active:
      description: Whether the user can log in.
      type: bool
      returned: always
      sample: true
password_status:
  description: What became of the password.
  returned: unless the user could not be looked at
  type: str
  choices:
    - unchanged
    - set
    - verified
    - not_verifiable
    - not_applied
  sample: not_applied
generated_password:
  description: The password that was made for a new user, masked unless O(show_generated_password=true). It can not be had a
    second time.
  returned: when a user was created with O(generate_password=true)
  type: str
  sample: "2QqE-4hC+b?Zs7K_mXr=9tLd"
requests:
  description: How many requests were sent to the service, by kind.
  returned: always
  type: dict
  sample:
    archive: 2
    modify: 1
    roles: 1
    user: 1
diff:
  description: The managed fields before and after. A password is shown as an event only.
  returned: unless the user could not be looked at
  type: dict
  sample:
    before:
      user_name: anna@example.com
      role: External user
      role_id: 5
    after:
      user_name: anna@example.com
      role: Partner
      role_id: 7
    before_header: external user anna@example.com (associate 427)
    after_header: external user anna@example.com (associate 427)
error:
  description: What went wrong, for conditions in playbooks.
  returned: on failure
  type: dict
  contains:
    kind:
      description: Reason of the failure, such as V(unauthorized), V(role), V(conflict), V(refused) or V(not_applied).
      type: str
      returned: always
      sample: role
    status:
      description: HTTP status of the answer, if there was one.
      type: int
      returned: always
      sample: 403
    operation:
      description: Call of the service that failed, if one did.
      type: str
      returned: always
      sample: SetExternalUserInfo
"""

from ansible_collections.superoffice.crm.plugins.module_utils.task.external_user import TASK
from ansible_collections.superoffice.crm.plugins.module_utils.task.module import run_module


def main() -> None:
    run_module(TASK)


if __name__ == "__main__":
    main()
