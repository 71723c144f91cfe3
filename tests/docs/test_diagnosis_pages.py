# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages say of a diagnosis: the table of checks, the choices, and an output."""

from __future__ import annotations

import re

import yaml
from ansible_collections.superoffice.crm.plugins.module_utils.diagnosis import profile, run
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.diagnosis import (
    diagnosis_document,
)
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.terminal import (
    diagnosis_block,
)

from tests.docs.pages import ADMIN, ROOT, blocks
from tests.modules.execution_paths import run_in_process
from tests.netserver import NetServer
from tests.netserver.profile import CHOICES

PAGE = (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
FILES = ("reports/diagnosis.md", "reports/diagnosis.json")
WIDTH = 79


def without_figures(text: str) -> str:
    """Replace what differs from run to run: times, the port, the version of Python."""
    text = re.sub(r"\d+ ms( \(median\); concurrency=\d+)?", "N ms", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:0", text)
    text = re.sub(r"Python/[\d.]+", "Python", text)
    return re.sub(r"[ ]{2,}", "  ", text).strip()


def test_output_on_the_troubleshooting_page_is_real() -> None:
    (block,) = (
        block for block in blocks("docs/troubleshooting.md") if "output of diagnose" in block.notes
    )
    choice, _equals, value = block.notes["output of diagnose"].partition("=")
    with NetServer(users=3, admin=ADMIN, profile={choice: value}) as server:
        options = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
        result = run_in_process("superoffice_installation_info", options, False)
        shown = diagnosis_block(diagnosis_document(result), server.url, FILES, WIDTH)
    assert without_figures(block.text) == without_figures(shown)


def test_the_page_describes_all_checks_in_their_order() -> None:
    table = PAGE.partition("| check |")[2].partition("## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert named == [check.name for check in run.all_checks()]
    assert f"at most {run.MOST_REQUESTS} requests" in PAGE


def test_the_page_names_all_choices_that_can_be_told_apart_and_those_that_cannot() -> None:
    _title, _between, section = PAGE.partition("The embedded server knows")
    known, _and, unknown = section.partition("The other")
    assert re.findall(r"\d+", known)[:3] == [
        str(len(CHOICES)),
        str(len(profile.CHOICES)),
        str(len(profile.PROBED)),
    ]
    listed = known.partition(":\n\n")[2].partition(".\n\n")[0]
    assert re.findall(r"`(\w+)`", listed) == list(profile.CHOICES)
    others = re.findall(r"`(\w+)`", unknown)
    assert others == [name for name in CHOICES if name not in profile.CHOICES]
    assert re.findall(r"\d+", unknown)[0] == str(len(others))


def test_forms_for_issues_ask_for_the_diagnosis() -> None:
    for name in ("bug", "installation"):
        path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml"
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))["body"]
        (field,) = (one for one in fields if one.get("id") == "diagnosis")
        assert "reports/diagnosis.md" in field["attributes"]["description"]
