# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A green CI run has left nothing out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTED = "Ansible itself refuses to pass it to a module"


def run_of_a_skipped_test(folder: Path, reason: str, ci: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_skipped.py"
    file.write_text(f"import pytest\n\ndef test_it():\n    pytest.skip({reason!r})\n", "utf-8")
    plugins = ("-p", "tests.conftest", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, str(file)],
        cwd=ROOT,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_skipped_test_with_an_unlisted_reason_fails_ci(tmp_path: Path) -> None:
    done = run_of_a_skipped_test(tmp_path, "no browser here", "true")
    assert done.returncode == 1
    assert "test_it: no browser here" in done.stdout


@pytest.mark.parametrize(("reason", "ci"), [(LISTED, "true"), ("no browser here", "")])
def test_a_listed_reason_or_a_run_elsewhere_is_accepted(
    tmp_path: Path, reason: str, ci: str
) -> None:
    done = run_of_a_skipped_test(tmp_path, reason, ci)
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
