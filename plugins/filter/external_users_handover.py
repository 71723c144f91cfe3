# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: external_users_handover
short_description: Write new passwords down for those who hand them over
version_added: 1.0.0
description:
  - Turns what P(superoffice.crm.external_users_rotation#filter) made into the text of a file of variables, which names every user and
    its new password, and those whose password could not be set.
  - The result holds secrets. Encrypt it, for example by P(ansible.builtin.vault#filter), or keep its file to yourself.
author:
  - The superoffice.crm authors (@superoffice-crm)
options:
  _input:
    description:
      - What P(superoffice.crm.external_users_rotation#filter) returned.
    type: list
    elements: dict
    required: true
  result:
    description:
      - What M(superoffice.crm.superoffice_external_users) returned. Without it the file is one of passwords that are still to be set.
    type: dict
"""

EXAMPLES = r"""
- name: Keep the new passwords before they are set
  ansible.builtin.copy:
    content: "{{ entries | superoffice.crm.external_users_handover | ansible.builtin.vault(vault_password) }}"
    dest: handover.yml
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_value:
  description: The text of the file, in YAML.
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
