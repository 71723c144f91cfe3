# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_files: the options of this module, which always runs on the controller."""

from __future__ import annotations

ARGUMENT_SPEC = {
    "folder": {"type": "path", "required": True},
    "files": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "text": {"type": "raw", "required": True},
            "users": {"type": "int"},
            "generated": {"type": "bool", "default": False},
        },
    },
    "mode": {"type": "raw", "default": "0600"},
    "existing": {
        "type": "str",
        "default": "overwrite",
        "choices": ["overwrite", "refuse", "refuse_file", "replace"],
    },
}
