# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a review is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.model import ReportError
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.review import review_of

USERS = [
    {"associate_id": 101, "person_id": 1, "user_name": "anna", "role": "Partner", "role_id": 5,
     "is_active": True},
]  # fmt: skip


def test_a_source_that_is_a_string_is_one_path(tmp_path: Path) -> None:
    tmp_path.joinpath("a.yml").write_text("users: [{user_name: anna}]\n")
    for src in (str(tmp_path), str(tmp_path / "a.yml")):
        review = review_of(USERS, src=src)
        assert not review.findings
        assert not review.outside


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"src": 5}, "src must be a list of paths"),
        ({"src": ["a", 5]}, "src must be a list of paths"),
        ({"definitions": "anna"}, "definitions must be a list"),
        ({"definitions": {"user_name": "anna"}}, "definitions must be a list"),
        ({"src": [], "defaults": ["role"]}, "defaults a mapping"),
    ],
)
def test_what_is_no_list_is_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ReportError, match=problem):
        review_of(USERS, **given)
