#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_external_user
short_description: Manage one external user of SuperOffice CRM
version_added: 1.0.0
description:
  - Manages the login of a customer, partner or vendor of an onsite installation of SuperOffice CRM.
  - Reads the user, makes at most one API call that changes exactly what differs, and reads the user back to verify the result.
  - Options you omit are not managed.
  - To manage many users in one task, use M(superoffice.crm.superoffice_external_users).
  - SuperOffice Online does not expose the User agent; the module detects this and fails with a clear message.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes
  - superoffice.crm.connection
options:
  state:
    description:
      - Whether the user should exist.
      - V(present) - The user exists. To create it, set O(user_name), a role, a password and its person, by O(person_id) or
        O(person_email).
      - V(absent) - The user does not exist. The person is kept; only the login is deleted. To disable the login without deleting it,
        set O(is_active=false).
    type: str
    choices:
      - present
      - absent
    default: present
  associate_id:
    description:
      - ID of the user. If it is set, it is the key, and O(user_name) is the desired name.
    type: int
  person_id:
    description:
      - ID of the person that the login belongs to. It is the key if O(associate_id) is omitted. With O(associate_id) it must be the
        person of that user.
      - Required to create a user, unless O(person_email) or O(person_name) names the person.
    type: int
  user_name:
    description:
      - Name with which the user logs in, often an e-mail address. It is the key if both O(associate_id) and O(person_id) are omitted;
        with one of them it is the desired name.
      - Names compare without case, and a difference in case alone is never a change. To write a name in another case, add its
        present spelling to O(previous_user_names); the task fails if the service stores names in a spelling of its own.
      - The value must be a string. Names with outer spaces or invisible characters are refused.
    type: str
  person_email:
    description:
      - E-mail address of the person that the login belongs to, any of its addresses. Case does not matter.
      - The person is looked up only if O(associate_id) and O(person_id) are omitted and no user has the name O(user_name) or one of
        O(previous_user_names). Exactly one person that is not retired must have the address. No person is ever created.
      - Without O(user_name) it is the key, the login of this person. With O(state=absent) a person who does not exist has no login
        either, and the login of a retired person is deleted.
      - With O(person_id), that ID decides. A new user is created only if the person has this address, and for an existing user with
        another address there is a warning.
      - Mutually exclusive with O(person_name).
    type: str
  person_name:
    description:
      - Full name of the person that the login belongs to, as SuperOffice shows it, usually together with O(company). Used like
        O(person_email). Case and the number of spaces do not matter, accents do.
      - Mutually exclusive with O(person_email).
    type: str
  company:
    description:
      - Company of the person, by its name alone or as V(name, department). The service calls a company a contact.
      - A person that is looked up must belong to it. Alone it identifies nobody.
    type: str
  previous_user_names:
    description:
      - Former names of the user. If O(user_name) is the key and no user has that name, the user with one of these names is renamed
        instead of a second one being created.
      - If the login is found by its person, it is renamed only if its current name is listed here. Otherwise the task fails, since a
        wrong O(person_id) or O(person_email) would rename the login of another person.
    type: list
    elements: str
  password:
    description:
      - Password of the user. O(update_password) says when it is set.
      - A password cannot be read from the service; only a login can tell whether it is correct.
    type: str
  update_password:
    description:
      - When O(password) is set on an existing user.
      - V(on_create) - Never. The password is set only when the user is created.
      - V(always) - In every run, which therefore always reports a change.
      - V(when_changed) - If one login as this user with O(password) is refused. If the user is inactive, O(auth_method) is not
        V(basic), or the response is anything else, the password is not changed and RV(password_status) is V(not_verifiable).
    type: str
    choices:
      - on_create
      - always
      - when_changed
    default: on_create
  generate_password:
    description:
      - Whether a strong random password is generated when the user is created. An existing user keeps its password.
    type: bool
    default: false
  show_generated_password:
    description:
      - Whether RV(generated_password) is returned in clear text. Protect the task with C(no_log) then.
      - If neither this option nor another task keeps the password, it is lost and must be reset.
    type: bool
    default: false
  send_password_email:
    description:
      - Whether the service is asked to send a new user a mail with a link for choosing a password, after it was created. It is asked only if
        it says that it can for this user. RV(password_email) says what became of the mail; if it was not sent, that is a warning.
      - The password of the user is O(password) or generated, as without this option. An existing user gets no mail.
    type: bool
    default: false
  role:
    description:
      - Name of a role of type C(ExternalUser), in any language of the installation. Required to create a user, unless O(role_id) is
        set.
      - Mutually exclusive with O(role_id).
    type: str
  role_id:
    description:
      - ID of the role, for role names that are not unique.
      - Mutually exclusive with O(role).
    type: int
  is_active:
    description:
      - Whether the user can log in. A new user can, unless this is V(false) or it is outside the period from O(active_from) to
        O(active_until).
    type: bool
  active_from:
    description:
      - From when the user can log in. A date such as V(2026-12-31), or an ISO 8601 time such as V(2026-12-31T18:00:00+01:00), which is
        in UTC unless it has an offset. A date without quotes in YAML is accepted.
      - Outside the period from O(active_from) to O(active_until) the user is desired to be inactive, inside it active. The task compares
        with the time of the machine that it runs on; something has to run it after the period has begun or ended.
      - O(is_active=false) wins over a period. O(is_active=true) does not.
    type: str
  active_until:
    description:
      - Until when the user can log in, in the same form as O(active_from). A date includes that day, in UTC.
    type: str
  owner:
    description:
      - Who is responsible for the login, for example the employee who asked for it. It is for people, and never sent to the service, so
        that another owner is never a change.
    type: str
  description:
    description:
      - Why the login exists. It is for people, and never sent to the service.
    type: str
  verify:
    description:
      - Whether the user is read back after a change. If it is not as desired, the task fails.
    type: bool
    default: true
attributes:
  idempotent:
    details:
      - A password cannot be read back, so that O(update_password=always) reports a change in every run.
seealso:
  - module: superoffice.crm.superoffice_external_users
  - module: superoffice.crm.superoffice_external_user_info
  - module: superoffice.crm.superoffice_role_info
"""

EXAMPLES = r"""
- name: Create a login for a partner
  superoffice.crm.superoffice_external_user:
    url: https://crm.example.com/SuperOffice
    auth_username: automation
    auth_password: "{{ vault_superoffice_password }}"
    person_id: 1001
    user_name: anna@example.com
    password: "{{ vault_anna_password }}"
    role: Partner

# The following tasks take the connection from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: Create a login for a person without knowing the ID
  superoffice.crm.superoffice_external_user:
    person_email: guro@example.com
    user_name: guro@example.com
    generate_password: true
    role: Partner

- name: Create a login for a person of a company
  superoffice.crm.superoffice_external_user:
    person_name: Hans Berg
    company: Example AS
    user_name: hans@example.com
    generate_password: true
    role: Partner

- name: Disable the login and change nothing else
  superoffice.crm.superoffice_external_user:
    user_name: anna@example.com
    is_active: false

- name: Rename the login
  superoffice.crm.superoffice_external_user:
    user_name: anna.berg@example.com
    previous_user_names:
      - anna@example.com

- name: Set the password only if it differs from the one in the vault
  superoffice.crm.superoffice_external_user:
    user_name: anna.berg@example.com
    password: "{{ vault_anna_password }}"
    update_password: when_changed

- name: Delete the login
  superoffice.crm.superoffice_external_user:
    user_name: anna.berg@example.com
    state: absent
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode. V(rename) whenever the name changes.
  returned: when the user's state could be read
  type: str
  choices:
    - none
    - create
    - modify
    - rename
    - delete
  sample: modify
modification:
  description: Flags of C(ExternalUserInfoModification) that were sent, or would be sent in check mode.
  returned: when the user's state could be read
  type: list
  elements: str
  sample:
    - Role
    - Active
user:
  description: The user after the task, or as it would be in check mode. None if it does not exist.
  returned: when the user's state could be read
  type: dict
  contains:
    associate_id:
      description: ID of the user. None for a user that would be created.
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
      description: E-mail address of the person. Empty if there is none, and for a user that would be created.
      type: str
      returned: always
      sample: anna@example.com
password_status:
  description: What happened to the password.
  returned: when the user's state could be read
  type: str
  choices:
    - unchanged
    - set
    - verified
    - not_verifiable
    - not_applied
  sample: not_applied
generated_password:
  description: The password that was generated for a new user, masked unless O(show_generated_password=true). It is returned only
    once.
  returned: when a user was created with O(generate_password=true), or may have been created by a request that failed
  type: str
  sample: "2QqE-4hC+b?Zs7K_mXr=9tLd"
requests:
  description: Number of requests that were sent to the service, by kind.
  returned: always
  type: dict
  sample:
    archive: 2
    modify: 1
    roles: 1
    user: 1
password_email:
  description:
    - What became of the mail with a link for choosing a password.
    - V(sent) - The service said that it sent the mail.
    - V(not_supported) - The service offers no change of the password by e-mail for this user. The person may have no e-mail address.
    - V(failed) - The mail was not sent, or this is not known because the response of the service was lost.
  returned: when a user was created with O(send_password_email=true)
  type: str
  sample: sent
diff:
  description: The managed fields before and after. Of a password only whether it is set.
  returned: when the user's state could be read
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
      description: HTTP status of the response, if there was one.
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
