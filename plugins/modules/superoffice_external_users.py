#!/usr/bin/python

# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: superoffice_external_users
short_description: Manage all external users of SuperOffice CRM in one task
version_added: 1.0.0
description:
  - Manages the logins of customers, partners and vendors, many of them at once.
  - Reads all existing users in a few requests, plans what differs, validates the plan with the service and checks it against safety
    limits. Only then are users changed, in parallel. Written users are read back to verify the result.
  - All input errors and all validation errors are reported together, and then nothing is written.
  - Users without a definition are left alone unless O(prune) says otherwise.
author:
  - The superoffice.crm authors (@superoffice-crm)
extends_documentation_fragment:
  - superoffice.crm.attributes
  - superoffice.crm.connection
options:
  users:
    description:
      - Definitions of users. The options have the same meaning as those of M(superoffice.crm.superoffice_external_user), which describes
        them in more detail.
      - Names must be strings. Quote V(0123) and V(yes).
    type: list
    elements: dict
    suboptions:
      state:
        description: Whether the user should exist.
        type: str
        choices:
          - present
          - absent
        default: present
      associate_id:
        description: ID of the user. If it is set, it is the key.
        type: int
      person_id:
        description: ID of the person that the login belongs to. It is the key if O(users[].associate_id) is omitted. Required to create
          a user, unless O(users[].person_email) or O(users[].person_name) names the person.
        type: int
      user_name:
        description: Name with which the user logs in. It is the key if both IDs are omitted, otherwise the desired name.
        type: str
      person_email:
        description:
          - E-mail address of the person that the login belongs to. It is looked up only if both IDs are omitted and no user has the name
            O(users[].user_name) or one of O(users[].previous_user_names). Exactly one person that is not retired must have the address.
          - Mutually exclusive with O(users[].person_name).
        type: str
      person_name:
        description: Full name of the person that the login belongs to, usually together with O(users[].company). Used like
          O(users[].person_email).
        type: str
      company:
        description: Company of the person, by its name alone or as V(name, department). A person that is looked up must belong to it.
        type: str
      previous_user_names:
        description: Former names of the user, under which it is found if O(users[].user_name) is the key. A user found by
          its person is renamed only if its current name is listed here.
        type: list
        elements: str
      password:
        description: Password of the user. O(users[].update_password) says when it is set.
        type: str
      update_password:
        description: When O(users[].password) is set on an existing user.
        type: str
        choices:
          - on_create
          - always
          - when_changed
        default: on_create
      generate_password:
        description: Whether a strong random password is generated when the user is created.
        type: bool
        default: false
      send_password_email:
        description: Whether the service is asked to send a new user a mail with a link for choosing a password.
        type: bool
        default: false
      role:
        description: Name of a role of type C(ExternalUser). Mutually exclusive with O(users[].role_id).
        type: str
      role_id:
        description: ID of the role, for role names that are not unique. Mutually exclusive with O(users[].role).
        type: int
      is_active:
        description: Whether the user can log in.
        type: bool
      active_from:
        description: From when the user can log in. A date, or an ISO 8601 time, which is in UTC unless it has an offset. Outside the period
          from O(users[].active_from) to O(users[].active_until) the user is desired to be inactive, inside it active. O(users[].is_active=false)
          wins over a period.
        type: str
      active_until:
        description: Until when the user can log in. A date, which includes that day, or an ISO 8601 time, which is in UTC unless it has an
          offset.
        type: str
      owner:
        description: Who is responsible for the login. It is shown in reports and reviews, and never sent to the service.
        type: str
      description:
        description: Why the login exists. It is shown in reports, and never sent to the service.
        type: str
  src:
    description:
      - Files with definitions, in YAML, JSON or CSV, and folders of such files. They are read where the module runs.
      - On a local connection, relative paths start at the folder of the playbook. On a remote host, paths must be absolute.
      - A file in YAML or JSON is a mapping with the list C(users), and optionally C(defaults) for the users of that file.
      - A file in CSV has a header with the names of the options of O(users), and a row for each user. The delimiter is a comma, a semicolon
        or a tab, the encoding UTF-8. An empty cell means that the option is not given. C(previous_user_names) are separated by V(|).
      - In a folder, hidden files are ignored, and any other file that is not a definition file is an error.
      - Templates in files are not rendered. A string with C({{), C({%) or C({#) is an error, unless it is tagged with C(!unsafe) in
        YAML. Passwords are exempt.
    type: list
    elements: path
  passwords:
    description:
      - Passwords by user name, to keep them apart from the definitions, for example in a file that is encrypted by C(ansible-vault).
    type: dict
  defaults:
    description:
      - Options for every user whose definition omits them, such as C(role) or C(generate_password).
    type: dict
  prune:
    description:
      - What happens to users in O(prune_scope) that have no definition.
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
      - The users that the definitions are authoritative for. Required with O(prune).
      - V(all), or a mapping with one or more of the following options. A user is in scope if all of them match.
    type: raw
    suboptions:
      roles:
        description: Names of roles. Each must be that of exactly one role that is not deleted.
        type: list
        elements: str
      user_names:
        description: Globs of names of users.
        type: list
        elements: str
      person_ids:
        description: IDs of persons.
        type: list
        elements: int
      companies:
        description: Names of companies that the persons belong to, alone or with the department. Names compare without case. A company
          that has no persons is an error.
        type: list
        elements: str
  protect:
    description:
      - Globs of names of users that are never changed, whatever the definitions say. The calling login is always protected.
    type: list
    elements: str
  limits:
    description:
      - Safety limits, which are the most users that one run may change in a way. Each is a count such as V(5), or a percentage such
        as V(10%), which allows at least one user. V(null) removes a limit.
      - Percentages are of the external users in O(prune_scope) that are not retired; for O(limits.deactivate) and
        O(limits.password), of those of them that can log in.
    type: dict
    suboptions:
      create:
        description: Users that are created. No limit by default.
        type: raw
      modify:
        description: Existing users that are changed, except those that are renamed or deactivated. No limit by default.
        type: raw
      rename:
        description: Users that get another name.
        type: raw
        default: 10%
      deactivate:
        description: Users that can no longer log in.
        type: raw
        default: 10%
      delete:
        description: Users that are deleted.
        type: raw
        default: 10%
      password:
        description: Existing users that get another password.
        type: raw
        default: 10%
  allow_empty:
    description:
      - Whether pruning is allowed when no definition has C(state=present), so that every user in O(prune_scope) is pruned.
    type: bool
    default: false
  on_error:
    description:
      - What happens when a user cannot be changed. The task fails in any case, and returns what happened to each user.
      - V(continue) - Other users are still changed, until O(max_failures) users have failed.
      - V(stop) - No further user is started.
    type: str
    choices:
      - continue
      - stop
    default: continue
  max_failures:
    description:
      - The number of failed users at which no further user is started. V(0) means any number.
    type: int
    default: 10
  preflight:
    description:
      - How a plan is validated before the first write.
      - V(service) - The service validates the persons, names and passwords that would be written.
      - V(offline) - The service is not asked, which saves up to two requests for each user that is created.
    type: str
    choices:
      - service
      - offline
    default: service
  concurrency:
    description:
      - How many requests may be in progress at once, from 1 to 32, or V(auto). The module reduces it when the service throttles requests.
      - With V(auto), the module begins with 8. It raises the number up to 32 while responses do not take longer, and lowers it when they do.
    type: raw
    default: 8
  verify:
    description:
      - Whether written users are read back at the end. A user that is not as planned has failed.
    type: bool
    default: true
  only:
    description:
      - Globs of user names. Only users with these names are planned and changed, and no other user is pruned. By default, all users are.
      - A user counts under its current name and under the name that it is to have, so that a rename is planned under either.
      - A glob that matches no user with a definition, and none that would be pruned, is an error. So is an empty name.
      - The percentages of O(limits) do not change. A plan that was made with this option is applied with the same one.
    type: list
    elements: str
  journal:
    description:
      - Path of a file, on the machine where the task runs, that gets a JSON line with the intent before each write and one with the
        outcome after it. A run that is killed leaves a journal that says which users were changed, and for which ones that is unknown.
      - The journal of a run that finished is replaced by the next one. It contains no password.
    type: path
  plan:
    description:
      - RV(plan) of an earlier run in check mode, or the path of a file that contains it. Exactly this plan is applied.
      - With O(users) or O(src), the definitions must be unchanged since the plan was made. Without them, the passwords of new users
        are taken from O(passwords).
      - A plan carries the O(limits), O(protect), O(prune_scope) and O(only) that it was made under. It is refused under conditions
        that allow more, with another O(only), and for another installation.
      - A plan that is given but empty is an error.
    type: raw
  plan_required:
    description:
      - Whether the task fails if O(plan) is omitted.
      - If this option is omitted, the environment variable E(SUPEROFFICE_PLAN_REQUIRED) is used, so that a pipeline can require a plan
        whatever the playbook says.
    type: bool
    default: false
  on_stale:
    description:
      - What happens to a user of O(plan) whose state or definition has changed since the plan was made. It is not changed in any
        case.
      - V(fail) - The user has failed, and the task fails.
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
  max_results_on_failure:
    description:
      - The most users that RV(results) of a failed task lists, since Ansible prints a failed result as a whole. Failed users come
        first, then users that were changed. RV(plan) and RV(diff) are omitted with the users that do not fit.
      - With O(show_generated_password=true), users with a generated password are always listed.
      - V(0) means all.
    type: int
    default: 100
  show_generated_password:
    description:
      - Whether generated passwords are returned in clear text. Protect the task with C(no_log) then.
    type: bool
    default: false
attributes:
  idempotent:
    details:
      - A password cannot be read back, so that C(update_password=always) reports a change in every run.
seealso:
  - module: superoffice.crm.superoffice_external_user
  - module: superoffice.crm.superoffice_external_user_info
"""

EXAMPLES = r"""
# All tasks take the connection from SUPEROFFICE_URL, SUPEROFFICE_USERNAME and SUPEROFFICE_PASSWORD

- name: Deactivate partners who have no definition
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

- name: Manage a few users
  superoffice.crm.superoffice_external_users:
    users:
      - user_name: anna@example.com
        person_id: 1001
        role: Partner
        generate_password: true
      - user_name: bo@example.com
        is_active: false

- name: Plan external users
  superoffice.crm.superoffice_external_users:
    src:
      - "{{ playbook_dir }}/users"
  check_mode: true
  register: planned

- name: Apply exactly this plan
  superoffice.crm.superoffice_external_users:
    src:
      - "{{ playbook_dir }}/users"
    plan: "{{ planned.plan }}"
"""

RETURN = r"""
summary:
  description: Number of users by status. In check mode, as predicted.
  returned: when there is a plan
  type: dict
  sample:
    unchanged: 9990
    created: 4
    modified: 5
    renamed: 0
    deactivated: 1
    deleted: 0
    failed: 0
    skipped: 0
    protected: 0
    total: 10000
results:
  description: What happened to each user, ordered by name. O(list_results) says which users are listed.
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
      description: ID of the user. None for a user that would be created.
      type: int
      returned: always
      sample: 427
    person:
      description: Full name of the person that the login belongs to. None if it is not known.
      type: str
      returned: always
      sample: Anna Berg
    company:
      description: Name of the company of the person, with its department. None if there is none, or it is not known.
      type: str
      returned: always
      sample: Fjord Software AS
    action:
      description: What was planned, one of V(none), V(create), V(modify), V(rename) and V(delete). V(rename) whenever the name changes.
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
      description: One of V(unchanged), V(created), V(modified), V(renamed), V(deactivated), V(deleted), V(failed), V(skipped) and V(protected).
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
      description: What happened to the password, as in M(superoffice.crm.superoffice_external_user).
      type: str
      returned: always
      sample: unchanged
    active_from:
      description: From when the user can log in.
      type: str
      returned: when the definition of the user says it
      sample: "2026-06-01"
    active_until:
      description: Until when the user can log in.
      type: str
      returned: when the definition of the user says it
      sample: "2026-12-31"
    owner:
      description: Who is responsible for the login.
      type: str
      returned: when the definition of the user says it
      sample: Kari Nordmann
    description:
      description: Why the login exists.
      type: str
      returned: when the definition of the user says it
      sample: Orders spare parts in the portal
    password_email:
      description: What became of the mail with a link for choosing a password, as in M(superoffice.crm.superoffice_external_user).
      type: str
      returned: when the user was created with V(send_password_email=true)
      sample: sent
    generated_password:
      description: The password that was generated for a new user, masked unless O(show_generated_password=true).
      type: str
      returned: when the user was created with V(generate_password=true), or may have been created by a request that failed
      sample: "********"
    found:
      description: The current state of a user that is not changed because it is not as in O(plan). None if the user does not exist.
      type: dict
      returned: when the user or its definition has changed since the plan was made
      sample:
        associate_id: 427
        person_id: 1001
        user_name: anna@example.com
        role: Vendor
        role_id: 6
        is_active: true
        full_name: Anna Berg
        company: Fjord Software AS
        company_name: Fjord Software AS
        company_id: 3
        email: anna@example.com
ending:
  description: Users whose O(users[].active_until) is within 30 days, the next one first, and then those for whom it has passed, the latest
    one first. At most 1,000, without users that are absent or that O(users[].is_active) deactivates.
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
      description: ID of the user. None for a user that did not exist before the run.
      type: int
      returned: always
      sample: 427
    person:
      description: Full name of the person, as far as it is known.
      type: str
      returned: always
      sample: Anna Berg
    company:
      description: Company of the person, as far as it is known.
      type: str
      returned: always
      sample: Fjord Software AS
    has_ended:
      description: Whether the access of the user has ended.
      type: bool
      returned: always
      sample: false
    active_from:
      description: From when the user can log in.
      type: str
      returned: when the definition of the user says it
      sample: "2026-06-01"
    active_until:
      description: Until when the user can log in.
      type: str
      returned: always
      sample: "2026-12-31"
    owner:
      description: Who is responsible for the login.
      type: str
      returned: when the definition of the user says it
      sample: Kari Nordmann
    description:
      description: Why the login exists.
      type: str
      returned: when the definition of the user says it
      sample: Orders spare parts in the portal
plan:
  description: The planned changes, without any secret. Pass it to a later run as O(plan).
  returned: when there is a plan
  type: dict
  contains:
    format:
      description: Version of the format.
      type: int
      returned: always
      sample: 2
    installation:
      description: Address of the web service that the plan was made for.
      type: str
      returned: always
      sample: https://crm.example.com/SuperOffice/api
    conditions:
      description: The O(limits), O(protect), O(prune_scope) and O(only) that the plan was made under.
      type: dict
      returned: always
      sample:
        limits:
          delete: 10 %
        protect: []
        prune_scope: all
        only: []
    entries:
      description: The users that would be changed, with their state before and after, and fingerprints of state and definition.
      type: list
      elements: dict
      returned: always
      sample:
        - user_name: anna@example.com
          person: Anna Berg
          company: Fjord Software AS
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
      description: Checksum of the plan.
      type: str
      returned: always
      sample: 6f1ed002ab5595859014ebf0951522d9f6c4ae06b6b7b8f0e9d5a5b7c6a7a1b2
unfinished_journal:
  description: What O(journal) says of an earlier run that was interrupted.
  returned: when there is such a journal
  type: dict
  contains:
    path:
      description: Path of the journal.
      type: str
      returned: always
      sample: reports/journal.jsonl
    started:
      description: When that run started to write.
      type: str
      returned: always
      sample: "2026-11-25T10:00:00.000+00:00"
    total:
      description: Number of users that it was to change.
      type: int
      returned: always
      sample: 400
    done:
      description: Number of users that it changed.
      type: int
      returned: always
      sample: 120
    unknown:
      description: Names of the users for which it is not known.
      type: list
      elements: str
      returned: always
      sample:
        - anna@example.com
results_omitted:
  description: Number of users that RV(results) omits. O(max_results_on_failure) says how many it lists.
  returned: when a failed task does not list all users
  type: int
  sample: 4900
only:
  description: The O(only) of the task. All else in the result is about users with these names.
  returned: when O(only) is set
  type: list
  elements: str
  sample:
    - "*@example.com"
drift:
  description: Whether any user is out of sync with its definition.
  returned: when there is a plan
  type: bool
  sample: true
diff:
  description: The managed fields of the users that differ, before and after, for at most 1,000 users.
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
  description: Number of requests that were sent to the service, by kind.
  returned: always
  type: dict
  sample:
    archive: 22
    modify: 5
    roles: 1
    user: 1
findings:
  description: All errors that were found before the first write.
  returned: when there is one
  type: list
  elements: dict
  contains:
    where:
      description: The definition, by index or by file and line, or the option.
      type: str
      returned: always
      sample: "users/partners.yml:12 (users[3])"
    message:
      description: The problem and what to do.
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
      description: HTTP status of the first response that was a failure, if there was one.
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
