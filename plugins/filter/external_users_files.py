# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_files
short_description: Write existing external users down as definition files
version_added: 1.0.0
description:
  - Turns definitions, as M(superoffice.crm.superoffice_external_user_info) lists them with V(format=definitions), into the texts of
    definition files, ordered by name.
  - Every text in them reads back as it was, also names such as V(yes), V(0123) and V(null), quotes, and leading blanks.
    What Ansible would take for a template is marked as unsafe.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  _input:
    description:
      - The definitions.
    type: list
    elements: dict
    required: true
  split:
    description:
      - How they are spread over files.
    type: str
    choices:
      none: One file.
      company: A file for each company, named after it and its id.
      role: A file for each role, which says the role once for all its users.
    default: none
  contacts:
    description:
      - C(contacts) as M(superoffice.crm.superoffice_external_user_info) returns them with V(contacts=true), for O(split=company).
    type: list
    elements: dict
  name:
    description:
      - Name of the file with O(split=none).
    type: str
    default: users.yml
"""

EXAMPLES = r"""
- name: Read all users
  superoffice.crm.superoffice_external_user_info:
    format: definitions
    contacts: true
  register: existing

- name: See which files there would be
  ansible.builtin.debug:
    msg: "{{ existing.users | superoffice.crm.external_users_files(split='company', contacts=existing.contacts) | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The files, with C(name), C(users) (how many it defines) and C(text).
  type: list
  elements: dict
"""

import typing
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils.definition_writer import files_of
from ..plugin_utils.report.model import ReportError
from ..plugin_utils.untrusted import as_data


def external_users_files(
    entries: object, *, split: str = "none", contacts: object = None, name: str = "users.yml"
) -> typing.Any:
    """Return the files."""
    try:
        # a template makes None of the word none
        files = files_of(entries, split=str(split).lower(), contacts=contacts, name=name)
    except ReportError as error:
        raise AnsibleFilterError(f"external_users_files: {error}") from error
    return as_data([file._asdict() for file in files])


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_files": external_users_files}
