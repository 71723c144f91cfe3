# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_rotation
short_description: Generate new passwords for a scope of external users
version_added: 1.0.0
description:
  - Selects users and generates a random password for each. The result is a list of definitions for
    M(superoffice.crm.superoffice_external_users), which sets the passwords with V(update_password=always).
  - The result contains secrets. Use it only in tasks with C(no_log).
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  _input:
    description:
      - C(users) that M(superoffice.crm.superoffice_external_user_info) returns with V(format=facts), or C(results) of
        M(superoffice.crm.superoffice_external_users).
    type: list
    elements: dict
    required: true
  scope:
    description:
      - The users that get new passwords. V(all), or a mapping with one or more of C(user_names) (a list of globs), C(roles) (a list of
        names), C(person_ids) (a list of IDs) and C(companies) (a list of names). A user is selected if all of them match.
    type: raw
    required: true
  protect:
    description:
      - Globs of names of users that are never selected.
    type: list
    elements: str
  roles:
    description:
      - C(roles) that M(superoffice.crm.superoffice_role_info) returns. Without them, a role in O(scope) must be that of one of the users.
    type: list
    elements: dict
  passwords:
    description:
      - Passwords by user name, to use instead of generated ones.
    type: dict
  inactive:
    description:
      - Whether users that cannot log in also get a new password.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read all users
  superoffice.crm.superoffice_external_user_info:
  register: existing

- name: Give every vendor a new password
  superoffice.crm.superoffice_external_users:
    users: "{{ existing.users | superoffice.crm.external_users_rotation(scope={'roles': ['Vendor']}) }}"
    defaults:
      update_password: always
    limits:
      password: 20
  no_log: true
"""

RETURN = r"""
_value:
  description:
    - One definition for each selected user, with C(associate_id), C(user_name) and C(password), ordered by name. C(person_id) is part of it if
      the input has it, so that an ID that another person's login has by then is refused.
  type: list
  elements: dict
"""

import typing
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils.report.model import ReportError
from ..plugin_utils.rotation import rotation_of
from ..plugin_utils.untrusted import as_data


def external_users_rotation(
    users: object,
    *,
    scope: object,
    protect: object = None,
    roles: object = None,
    passwords: object = None,
    inactive: bool = False,
) -> typing.Any:
    """Return the definitions."""
    try:
        entries = rotation_of(
            users,
            scope=scope,
            protect=protect,
            roles=roles,
            passwords=passwords,
            inactive=inactive,
        )
    except ReportError as error:
        raise AnsibleFilterError(f"external_users_rotation: {error}") from error
    return as_data(entries)


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_rotation": external_users_rotation}
