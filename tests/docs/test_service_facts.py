# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of service facts and the code refer to each other by names that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "service-facts.md").read_text(encoding="utf-8")
# a comment may break a citation into two lines
CITATION = re.compile(r"docs/service-facts\.md,\s+(?:# )?([A-Z][a-z]+(?: [a-z]+)*)")


def test_all_named_files_exist() -> None:
    named = set(re.findall(r"`((?:client|domain|engine|task)/\w+\.py)`", PAGE))
    assert len(named) > 10
    package = ROOT / "plugins" / "module_utils"
    assert not [name for name in named if not (package / name).is_file()]


def test_every_citation_names_a_section() -> None:
    sections = set(re.findall(r"^## (.+)$", PAGE, re.MULTILINE))
    cited = [
        (path.name, name)
        for path in sorted((ROOT / "plugins").rglob("*.py"))
        for name in CITATION.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(cited) >= 5
    assert not [(file, name) for file, name in cited if name not in sections]


def test_no_source_cites_a_document_outside_the_repository() -> None:
    outside = re.compile(r"netserver-api|\binterface(?:\.md)? \d|\bdesign, section| \(\d+\.\d+\)")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in sorted((ROOT / "plugins").rglob("*.py"))
        for match in outside.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found
