# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_files
short_description: Convert existing external users to definition files
version_added: 1.0.0
description:
  - Converts definitions, which M(superoffice.crm.superoffice_external_user_info) returns with V(format=definitions), to the content of
    definition files, ordered by name.
  - Every string is preserved exactly, including V(yes), V(0123), V(null), quotes and leading spaces. A string that Ansible would treat as
    a template is tagged with C(!unsafe).
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
      - How the definitions are distributed over files.
    type: str
    choices:
      none: One file.
      company: One file for each company, named after the company and its ID.
      role: One file for each role, with the role as a default for all its users.
    default: none
  persons:
    description:
      - C(persons) that M(superoffice.crm.superoffice_external_user_info) returns with V(persons=true). With it, a comment above each
        definition shows person and company. Needed for O(split=company).
    type: list
    elements: dict
  name:
    description:
      - Name of the file with O(split=none). By default C(users.yml) or C(users.csv).
    type: str
  format:
    description:
      - Format of the files. Definitions that no cell of CSV can hold, such as a role with a template in its name, are written to a YAML file
        of the same name.
    type: str
    choices:
      - yaml
      - csv
    default: yaml
  schema:
    description:
      - Path of the JSON schema of definition files, relative to the files. Each YAML file then begins with a comment by which editors find
        it. The collection contains the schema as C(docs/external_users.schema.json).
    type: str
"""

EXAMPLES = r"""
- name: Read all users
  superoffice.crm.superoffice_external_user_info:
    format: definitions
    persons: true
  register: existing

- name: Show the names of the files
  ansible.builtin.debug:
    msg: "{{ existing.users | superoffice.crm.external_users_files(split='company', persons=existing.persons) | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The files, each with C(name), C(users) (the number of users in it) and C(text).
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
    entries: object,
    *,
    split: str = "none",
    persons: object = None,
    name: str = "",
    format: str = "yaml",
    schema: str = "",
) -> typing.Any:
    """Return the files."""
    try:
        # a template makes None of the word none
        files = files_of(
            entries,
            split=str(split).lower(),
            persons=persons,
            name=name,
            file_format=format,
            schema=schema,
        )
    except ReportError as error:
        raise AnsibleFilterError(f"external_users_files: {error}") from error
    return as_data([file._asdict() for file in files])


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_files": external_users_files}
