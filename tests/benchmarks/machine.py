# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On what was measured."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform


def machine() -> str:
    """Return one sentence about machine, versions and date."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("ansible-core", "requests")
    )
    return (
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()},"
        f" {versions}, on {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}"
    )
