# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_review
short_description: Compare existing external users with their definitions
version_added: 1.0.0
description:
  - Creates an access review of the users that M(superoffice.crm.superoffice_external_user_info) returns. It shows which logins have no
    definition, no owner, or a person that is retired or has no company, which are inactive, never used or unused for a long time, and how
    many users have each role.
  - What the users do not contain is not judged, such as C(last_login) and C(person_retired).
  - Definitions are matched with users as by M(superoffice.crm.superoffice_external_users), but without requests to the service.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  _input:
    description:
      - C(users) that M(superoffice.crm.superoffice_external_user_info) returns with V(format=facts).
    type: list
    elements: dict
    required: true
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
      - Options for every definition that omits them.
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
  unused_days:
    description:
      - An active login whose last login is so many days ago is listed as unused. V(0) means that none is.
      - This needs C(last_login) of each user and O(now).
    type: int
    default: 0
  now:
    description:
      - The time of the review in ISO form, such as V(2026-01-31T07:05:00Z); UTC unless it has an offset.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Read all users
  superoffice.crm.superoffice_external_user_info:
    last_login: true
    person_retired: true
  register: existing

- name: Show the review
  ansible.builtin.debug:
    msg: >-
      {{ existing.users
         | superoffice.crm.external_users_review(src=['users'], unused_days=90, now=now(utc=true).isoformat())
         | superoffice.crm.external_users_report('markdown') }}
"""

RETURN = r"""
_value:
  description:
    - The review, with C(summary), C(roles), C(logins), C(missing) and C(findings).
    - P(superoffice.crm.external_users_report#filter) converts it to a report.
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
    definitions: object = None,
    src: object = None,
    defaults: object = None,
    name: str = "",
    base_dir: str = "",
    unused_days: int = 0,
    now: str = "",
) -> typing.Any:
    """Return the review as data."""
    try:
        review = review_of(
            users,
            definitions=definitions,
            src=src,
            defaults=defaults,
            name=name,
            base_dir=base_dir,
            unused_days=int(unused_days),
            now=now,
        )
    except ReportError as error:
        raise AnsibleFilterError(f"external_users_review: {error}") from error
    return as_data(review_document(review))


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_review": external_users_review}
