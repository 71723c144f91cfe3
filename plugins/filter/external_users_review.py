# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_review
short_description: Compare existing external users with the definitions
version_added: 1.0.0
description:
  - Makes an access review of the users that M(superoffice.crm.superoffice_external_user_info) lists in one read. It lists the logins
    without a definition, the inactive ones, and who has which role.
  - Definitions are matched with users as M(superoffice.crm.superoffice_external_users) does it, without asking the service.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  _input:
    description:
      - C(users) as M(superoffice.crm.superoffice_external_user_info) returns them with V(format=facts).
    type: list
    elements: dict
    required: true
  contacts:
    description:
      - C(contacts) as the same task returns them with V(contacts=true), to show companies and find persons without one.
    type: list
    elements: dict
  definitions:
    description:
      - Definitions of users.
    type: list
    elements: dict
  src:
    description:
      - Files with definitions, and folders of such files.
    type: list
    elements: path
  defaults:
    description:
      - Options for every definition that does not say otherwise.
    type: dict
  name:
    description:
      - Name of the installation.
    type: str
    default: ''
  base_dir:
    description:
      - Paths of definitions in this folder are shown relative to it.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Read all users, once
  superoffice.crm.superoffice_external_user_info:
    contacts: true
  register: existing

- name: Show the review
  ansible.builtin.debug:
    msg: >-
      {{ existing.users
         | superoffice.crm.external_users_review(contacts=existing.contacts, src=['users'])
         | superoffice.crm.external_users_report('markdown') }}
"""

RETURN = r"""
_value:
  description:
    - The review, with C(summary), C(roles), C(logins), C(missing) and C(findings).
    - P(superoffice.crm.external_users_report#filter) shows it.
  type: dict
"""

import typing
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils.report.model import ReportError
from ..plugin_utils.report.review import review_document, review_of
from ..plugin_utils.untrusted import as_data


def external_users_review(
    users: object,
    *,
    contacts: object = None,
    definitions: object = None,
    src: object = None,
    defaults: object = None,
    name: str = "",
    base_dir: str = "",
) -> typing.Any:
    """Return the review as data."""
    try:
        review = review_of(
            users,
            contacts=contacts,
            definitions=definitions,
            src=src,
            defaults=defaults,
            name=name,
            base_dir=base_dir,
        )
    except ReportError as error:
        raise AnsibleFilterError(f"external_users_review: {error}") from error
    return as_data(review_document(review))


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_review": external_users_review}
