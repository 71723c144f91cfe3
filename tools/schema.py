# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/external_users.schema.json anew: python tools/schema.py."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.superoffice.crm.plugins.module_utils.domain.schema import json_schema

FILE = Path(__file__).resolve().parents[1] / "docs" / "external_users.schema.json"


def text() -> str:
    """Return the file as it should be."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
