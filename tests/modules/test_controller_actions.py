# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_files and superoffice_report: wrong options are reported as those of a module."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.modules.execution_paths import Result, action

FILE: Result = {"name": "a.txt", "text": "secret-text-1"}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("files", {"files": [FILE], "moed": 1}, "superoffice_files) module: moed (did you mean 'm"),
        ("files", {"files": [{**FILE, "txt": 1}]}, "module: files.txt (did you mean 'text'?)"),
        ("files", {"files": [{"name": "a.txt"}]}, "missing required arguments: text found in f"),
        ("files", {"files": ["secret-text-1"]}, "dictionary requested"),
        ("files", {"files": [FILE], "folder": ""}, "folder must not be empty"),
        ("files", {"files": [FILE], "mode": 416}, "mode must be octal digits in quotes"),
        ("files", {"files": [FILE], "existing": "never"}, "value of existing must be one of: over"),
        ("report", {"result": {}, "formts": []}, "superoffice_report) module: formts (did you mea"),
        ("report", {"result": {}, "kind": "x"}, "value of kind must be one of: check, "),
    ],
)
def test_wrong_options_are_named_and_nothing_is_written(
    name: str, options: Result, expected: str, tmp_path: Path
) -> None:
    result = action(f"superoffice_{name}", {"folder": str(tmp_path), **options}).run(task_vars={})
    assert result["failed"] is True
    assert expected in result["msg"]
    assert "secret-text-1" not in str(result)
    assert list(tmp_path.iterdir()) == []
