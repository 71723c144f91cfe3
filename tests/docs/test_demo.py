# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo` works again after what it invites to: changing a definition."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT

DEMO = (ROOT / "playbooks" / "demo.yml").read_text(encoding="utf-8")


def run_demo(folder: Path, *changes: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    text = DEMO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    playbook = folder / "demo.yml"
    playbook.write_text(text, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "demo.py"), str(playbook)],
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_demo_with_changed_definitions_shows_their_plan_and_ends_in_sync(tmp_path: Path) -> None:
    cecilie = "user_name: cecilie@fjord.example\n        role: "
    done = run_demo(
        tmp_path,
        (f"{cecilie}Vendor", f"{cecilie}Partner"),
        ("        state: absent\n", "        is_active: true\n"),
    )
    assert done.returncode == 0, done.stdout
    assert "Plan: 1 to create, 1 to modify, 1 to rename, 1 to deactivate (of 6" in done.stdout
    assert "role Vendor -> Partner;" in done.stdout
    assert "real run: 4 writes    last run: 0 writes, all ok" in done.stdout
    assert "All 6 users are in sync." in done.stdout


def test_demo_with_a_misspelt_definition_ends_with_the_message_of_the_role(tmp_path: Path) -> None:
    done = run_demo(tmp_path, ("role: External user", "role: Externl user"))
    assert done.returncode == 1
    assert "did you mean 'External user'?" in done.stdout
    assert "its message is above" in done.stdout
