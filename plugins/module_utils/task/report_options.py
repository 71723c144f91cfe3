# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of superoffice_report, for the module and the action plugin."""

from __future__ import annotations

MODES = ("plan", "apply")
# the formats of reports, and the suffixes of their files
FORMATS = {"markdown": "md", "html": "html", "json": "json", "junit": "xml", "csv": "csv"}

ARGUMENT_SPEC = {
    "result": {"type": "raw", "required": True},
    "kind": {
        "type": "str",
        "default": "run",
        "choices": ["check", "read", "run", "review", "export", "diagnosis"],
    },
    "mode": {"type": "str", "default": "plan", "choices": list(MODES)},
    "name": {"type": "str", "default": "SuperOffice"},
    "title": {"type": "str", "default": "External users"},
    "generated_at": {"type": "str", "default": ""},
    "run_url": {"type": "str", "default": ""},
    "base_dir": {"type": "str", "default": ""},
    "plan": {"type": "raw"},
    "folder": {"type": "str", "default": ""},
    "formats": {
        "type": "list",
        "elements": "str",
        "default": ["markdown", "html", "json"],
        "choices": list(FORMATS),
    },
    "file_mode": {"type": "raw", "default": "0600"},
    "plan_file": {"type": "str", "default": ""},
    "keep_plan": {"type": "bool", "default": False},
    "all_results": {"type": "list", "elements": "dict", "default": []},
    "all_folder": {"type": "str", "default": ""},
    "set_stats": {"type": "bool", "default": False},
    "host": {"type": "str", "default": "localhost"},
    "fail_on_drift": {"type": "bool", "default": False},
    "problems": {"type": "list", "elements": "str", "default": []},
    "users": {"type": "int", "default": 0},
    "src": {"type": "list", "elements": "str", "default": []},
    "prunes": {"type": "bool", "default": False},
}
