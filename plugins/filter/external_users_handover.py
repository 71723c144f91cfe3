# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_handover
short_description: Convert new passwords to a file of variables
version_added: 1.0.0
description:
  - Converts the passwords that P(superoffice.crm.external_users_rotation#filter) generated to the content of a file of variables. It
    contains every user with its new password, and lists the users whose password could not be set.
  - The result contains secrets. Encrypt it, for example with P(ansible.builtin.vault#filter), or restrict access to the file.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  _input:
    description:
      - Result of P(superoffice.crm.external_users_rotation#filter).
    type: list
    elements: dict
    required: true
  result:
    description:
      - Result of M(superoffice.crm.superoffice_external_users). If it is omitted, the file says that no password has been set yet.
    type: dict
"""

EXAMPLES = r"""
- name: Save the new passwords before they are set
  ansible.builtin.copy:
    content: "{{ entries | superoffice.crm.external_users_handover | ansible.builtin.vault(vault_password) }}"
    dest: handover.yml
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_value:
  description: The content of the file, in YAML.
  type: str
"""

import typing
from collections.abc import Callable

from ..plugin_utils.rotation import handover_of
from ..plugin_utils.untrusted import as_data


def external_users_handover(entries: object, result: object = None) -> typing.Any:
    """Return the text of the file."""
    return as_data(handover_of(entries, result))


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Callable[..., typing.Any]]:
        """Return the filter by name."""
        return {"external_users_handover": external_users_handover}
