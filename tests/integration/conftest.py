# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server that integration tests talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.server_process import ServerProcess, serving


@pytest.fixture
def netserver_process(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server for one test alone."""
    with serving(tmp_path) as server:
        yield server
