#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_external_users
short_description: Declare all external users of SuperOffice CRM in one task
version_added: 1.0.0
description:
  - Makes the logins of customers, partners and vendors be as declared, many of them at once. Reads all existing users in a few
    requests, plans what differs, checks the plan against limits and the rules of the service, and only then changes users, in
    parallel. A last read proves the result.
  - Everything that is wrong with the input, or that speaks against the plan, is reported together, and nothing is written then.
  - Users that no definition names are left alone unless O(prune) says otherwise.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes
  - superoffice.crm.connection
options:
  users:
    description:
      - Definitions of users. Each has the options that M(superoffice.crm.superoffice_external_user) has for one user, V(state),
        V(associate_id), V(person_id), V(user_name), V(previous_user_names), V(password), V(update_password), V(generate_password),
        V(role), V(role_id) and V(is_active), with the same meaning.
      - Names must be texts. Write V(0123) and V(yes) in quotes.
    type: list
    elements: dict
  src:
    description:
      - Files with definitions, in YAML or JSON, and folders of such files. They are read where the module runs.
      - A file is a mapping with the list C(users), and optionally C(defaults) for the users of that file.
    type: list
    elements: path
  passwords:
    description:
      - Passwords by user name, to keep them apart from the definitions, for example in a file of C(ansible-vault).
    type: dict
  defaults:
    description:
      - Options for every user that does not say otherwise, such as V(role) or V(generate_password).
    type: dict
  prune:
    description:
      - What happens to users in O(prune_scope) that no definition names.
      - V(ignore) - Nothing.
      - V(deactivate) - They can no longer log in.
      - V(delete) - Their logins are deleted.
    type: str
    choices:
      - ignore
      - deactivate
      - delete
    default: ignore
  prune_scope:
    description:
      - The users that the definitions claim to be complete for, needed with O(prune). Either V(all), or a mapping with one or more of
        V(roles) (a list of names), V(user_names) (a list of globs) and V(person_ids) (a list of ids), all of which have to hold.
    type: raw
  protect:
    description:
      - Globs of user names that are never touched, whatever the definitions say. The calling login is always protected.
    type: list
    elements: str
  limits:
    description:
      - The most users that a run may V(create), V(modify), V(deactivate), V(delete), or give another V(password). Each is a count,
        or a share such as V(10%) of the existing users in O(prune_scope), at least one. V(null) lifts a limit.
      - The defaults are V(10%) for V(deactivate), V(delete) and V(password). The other two have no limit.
    type: dict
  allow_empty:
    description:
      - Whether pruning is allowed when no definition says that a user shall exist, which means every user in O(prune_scope).
    type: bool
    default: false
  on_error:
    description:
      - What happens when a user can not be changed. The task fails in any case, and returns what became of each user.
      - V(continue) - The others are still changed, until O(max_failures) users have failed.
      - V(stop) - No further user is begun.
    type: str
    choices:
      - continue
      - stop
    default: continue
  max_failures:
    description:
      - The number of failed users at which no further one is begun. V(0) means that there is no such number.
    type: int
    default: 10
  preflight:
    description:
      - How thoroughly a plan is checked before the first write.
      - V(service) - The persons, names and passwords that would be written are put to the service's own checks, in parallel.
      - V(offline) - The service is not asked, which saves up to two requests for each user that is created.
    type: str
    choices:
      - service
      - offline
    default: service
  concurrency:
    description:
      - How many requests may be under way at once, from 1 to 32. When the service asks for a pause, the whole run slows down.
    type: int
    default: 8
  verify:
    description:
      - Whether all users are read once more at the end. A user that is not as planned is a failure.
    type: bool
    default: true
  plan:
    description:
      - RV(plan) of an earlier run in check mode, or the path of a file that holds it. Exactly that is carried out.
      - With O(users) or O(src), the definitions must still be those that the plan was made from. Without them the passwords of new
        users come from O(passwords).
    type: raw
  on_stale:
    description:
      - What happens to a user of O(plan) whose state or definition has changed since the plan was made. It is left alone in any case.
      - V(fail) - The user counts as failed, and the task fails.
      - V(skip) - The user is skipped.
    type: str
    choices:
      - fail
      - skip
    default: fail
  list_results:
    description:
      - Which users RV(results) lists.
      - V(changes) - All but those that are unchanged.
      - V(all) - All.
    type: str
    choices:
      - changes
      - all
    default: changes
  show_generated_password:
    description:
      - Whether generated passwords are returned readable. Use C(no_log) or C(register) with care then.
    type: bool
    default: false
attributes:
  idempotent:
    details:
      - A password can not be read back, so that V(update_password=always) reports a change on every run.
seealso:
  - module: superoffice.crm.superoffice_external_user
  - module: superoffice.crm.superoffice_external_user_info
"""

EXAMPLES = r"""
# The connection is taken from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: Our partners are those in the folder, and no others
  superoffice.crm.superoffice_external_users:
    src:
      - "{{ playbook_dir }}/users"
    passwords: "{{ vault_passwords }}"
    defaults:
      role: Partner
    prune: deactivate
    prune_scope:
      roles:
        - Partner
    protect:
      - "*@ourselves.example"
    limits:
      deactivate: 5

- name: A few users, right here
  superoffice.crm.superoffice_external_users:
    users:
      - user_name: anna@example.com
        person_id: 1001
        role: Partner
        generate_password: true
      - user_name: bo@example.com
        is_active: false

- name: Plan
  superoffice.crm.superoffice_external_users:
    src:
      - "{{ playbook_dir }}/users"
  check_mode: true
  register: planned

- name: Carry out exactly what was planned
  superoffice.crm.superoffice_external_users:
    src:
      - "{{ playbook_dir }}/users"
    plan: "{{ planned.plan }}"
"""

RETURN = r"""
summary:
  description: How many users ended how. In check mode, how they would.
  returned: when there is a plan
  type: dict
  sample:
    unchanged: 9990
    created: 4
    modified: 5
    deactivated: 1
    deleted: 0
    failed: 0
    skipped: 0
    protected: 0
    total: 10000
results:
  description: What became of each user, ordered by name. O(list_results) says which users are listed.
  returned: when there is a plan
  type: list
  elements: dict
  contains:
    user_name:
      description: Name of the user.
      type: str
      returned: always
      sample: anna@example.com
    associate_id:
      description: Id of the user. None for one that would be created.
      type: int
      returned: always
      sample: 427
    action:
      description: What was planned, one of V(none), V(create), V(modify) and V(delete).
      type: str
      returned: always
      sample: modify
    modification:
      description: Flags of C(ExternalUserInfoModification) that were sent, or would be sent in check mode.
      type: list
      elements: str
      returned: always
      sample:
        - Role
    status:
      description: One of V(unchanged), V(created), V(modified), V(deactivated), V(deleted), V(failed), V(skipped) and V(protected).
      type: str
      returned: always
      sample: modified
    error:
      description: Why the user failed or was skipped, with V(msg), V(kind), V(status) and V(operation). None for all others.
      type: dict
      returned: always
      sample:
        msg: "External user 'anna@example.com' (associate 427) could not be modified (Role): HTTP 403 Forbidden from
          POST v1/Agents/User/SetExternalUserInfo. The calling login needs the right to administer external users. Nothing was changed."
        kind: forbidden
        status: 403
        operation: SetExternalUserInfo
    password_status:
      description: What became of the password, as in M(superoffice.crm.superoffice_external_user).
      type: str
      returned: always
      sample: unchanged
    generated_password:
      description: The password that was made for a new user, masked unless O(show_generated_password=true).
      type: str
      returned: when the user was created with V(generate_password=true)
      sample: "********"
plan:
  description: What differs, without any secret. A later run takes it in O(plan).
  returned: when there is a plan
  type: dict
  contains:
    format:
      description: Version of this form.
      type: int
      returned: always
      sample: 1
    installation:
      description: Address of the web service that the plan is for.
      type: str
      returned: always
      sample: https://crm.example.com/SuperOffice/api
    entries:
      description: The users that would be changed, with their state before and after, and the fingerprints that tell whether they moved.
      type: list
      elements: dict
      returned: always
      sample:
        - user_name: anna@example.com
          action: modify
          modification:
            - Active
          password: unchanged
          generate_password: false
          before:
            associate_id: 427
            person_id: 1001
            user_name: anna@example.com
            role_id: 7
            role: Partner
            is_active: true
          after:
            associate_id: 427
            person_id: 1001
            user_name: anna@example.com
            role_id: 7
            role: Partner
            is_active: false
          state: 6f1ed002ab559585
          definition: 1c94ebf0951522d9
    checksum:
      description: Checksum over all of it.
      type: str
      returned: always
      sample: 6f1ed002ab5595859014ebf0951522d9f6c4ae06b6b7b8f0e9d5a5b7c6a7a1b2
drift:
  description: Whether any user differed from its definition.
  returned: when there is a plan
  type: bool
  sample: true
diff:
  description: The managed fields of the users that differ, before and after, of at most 1,000 of them.
  returned: when there is a plan
  type: dict
  sample:
    before:
      anna@example.com:
        user_name: anna@example.com
        is_active: true
    after:
      anna@example.com:
        user_name: anna@example.com
        is_active: false
    before_header: external users
    after_header: external users
requests:
  description: How many requests were sent to the service, by kind.
  returned: always
  type: dict
  sample:
    archive: 22
    modify: 5
    roles: 1
    user: 1
findings:
  description: Everything that speaks against the first write.
  returned: when something does
  type: list
  elements: dict
  contains:
    where:
      description: The definition, by index or by file and line, or the option.
      type: str
      returned: always
      sample: "users/partners.yml:12 (users[3])"
    message:
      description: What is wrong, and what to do.
      type: str
      returned: always
      sample: "External user 'anna@example.com': the role 'Parner' does not exist (did you mean 'Partner'?)."
    kind:
      description: Reason, such as V(definition), V(duplicate), V(conflict), V(role), V(person), V(password) or V(limits).
      type: str
      returned: always
      sample: role
error:
  description: What went wrong, for conditions in playbooks.
  returned: on failure
  type: dict
  contains:
    kind:
      description: Reason of the failure, V(several) if the users failed for different ones.
      type: str
      returned: always
      sample: limits
    status:
      description: HTTP status of the first answer that was a failure, if there was one.
      type: int
      returned: always
      sample: 403
    operation:
      description: Call of the service that failed first, if one did.
      type: str
      returned: always
      sample: SetExternalUserInfo
"""

from ansible_collections.superoffice.crm.plugins.module_utils.task.external_users import TASK
from ansible_collections.superoffice.crm.plugins.module_utils.task.module import run_module


def main() -> None:
    run_module(TASK)


if __name__ == "__main__":
    main()
