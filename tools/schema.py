# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the schemas of definition files and of diagnoses anew: python tools/schema.py."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.superoffice.crm.plugins.module_utils.diagnosis import profile
from ansible_collections.superoffice.crm.plugins.module_utils.domain.schema import json_schema

DOCS = Path(__file__).resolve().parents[1] / "docs"
SCHEMAS = {
    "external_users.schema.json": json_schema,
    "diagnosis.schema.json": profile.json_schema,
}


if __name__ == "__main__":
    for name, schema in SCHEMAS.items():
        (DOCS / name).write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
