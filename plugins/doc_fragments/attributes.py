# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the attributes of the modules."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes that the modules of this collection share."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - The prediction is the plan that a real run applies. It is validated by the service as well.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
    details:
      - Only managed fields are shown. Of a password only whether it is set.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled by the module has not changed in a relevant way.
    support: partial
    details:
      - A password cannot be read back, so that O(update_password=always) reports a change in every run.
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details:
      - On a local connection the task runs in the process of the controller, otherwise as a module on the host. The result is the same.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - With C(async) the task runs as a module.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: full
    details:
      - The task runs where it is delegated to, and takes environment variables and files from there.
  action_group:
    description: Use C(group/superoffice.crm.superoffice) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - superoffice.crm.superoffice
"""

    # for modules that only read
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled by the module has not changed in a relevant way.
    support: full
    details:
      - This module does not change anything.
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details:
      - On a local connection the task runs in the process of the controller, otherwise as a module on the host. The result is the same.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - With C(async) the task runs as a module.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: full
    details:
      - The task runs where it is delegated to, and takes environment variables and files from there.
  action_group:
    description: Use C(group/superoffice.crm.superoffice) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - superoffice.crm.superoffice
"""
