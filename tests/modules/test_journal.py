# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a run: intent and outcome of each write, line by line, without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

PASSWORD = "Journal-Secret-1"


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def people(tenant: Any) -> list[dict[str, Any]]:
    tenant.add_external_users({"user_name": name, "role_id": 5} for name in ("anna", "bo", "dag"))
    new = {"user_name": "new", "person_id": tenant.add_person(), "role": "Vendor"}
    return [
        {"user_name": "anna", "role": "Vendor"},
        {"user_name": "bo", "is_active": False, "password": PASSWORD, "update_password": "always"},
        {"user_name": "dag", "state": "absent"},
        {**new, "password": PASSWORD},
    ]


def test_each_write_has_its_intent_before_and_its_outcome_after_it(
    bulk: Run, people: list[dict[str, Any]], tmp_path: Path, journal: Any
) -> None:
    path = tmp_path / "new" / "journal.jsonl"
    assert bulk(users=people, journal=str(path), check=True)["changed"] is True
    assert not path.exists()
    result = bulk(users=people, journal=str(path))
    assert "failed" not in result, result["msg"]
    lines = records(path)
    assert [line["event"] for line in lines[:1]] == ["start"]
    assert lines[-1]["event"] == "end"
    assert path.stat().st_mode & 0o777 == 0o600
    seen: dict[int, str] = {}
    for line in lines[1:-1]:
        if line["event"] == "intent":
            seen[line["step"]] = line["user_name"]
        else:
            assert line["status"] == "done"
            assert seen[line["step"]]
    assert sorted(seen.values()) == ["anna", "bo", "dag", "new"]
    assert len(lines) == 2 + 2 * len(journal.committed)
    assert PASSWORD not in path.read_text()


def test_a_failure_and_an_unknown_outcome_are_told_apart(
    bulk: Run, people: list[dict[str, Any]], tmp_path: Path, server: NetServer
) -> None:
    path = tmp_path / "journal.jsonl"
    body = '{"Error": true, "ErrorType": "SoSentryException", "Message": "No."}'
    server.faults.add("status", operation="SetExternalUserInfo", status=400, body=body, times=1)
    bulk(users=people, journal=str(path), concurrency=1)
    told = {line["status"] for line in records(path) if line["event"] == "outcome"}
    assert told == {"failed", "done"}


def test_a_journal_that_ends_in_the_middle_of_a_line_is_continued_on_the_next_one(
    bulk: Run, people: list[dict[str, Any]], tmp_path: Path, server: NetServer
) -> None:
    path = tmp_path / "journal.jsonl"
    intent = {"event": "intent", "step": 99, "user_name": "x"}
    path.write_text(
        f'{{"event": "start", "time": "now", "total": 9}}\n{json.dumps(intent)}\n{{"event": "out'
    )
    result = bulk(users=people, journal=str(path))
    assert result["unfinished_journal"]["unknown"] == ["x"]
    lines = path.read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines[3:4]] == ["start"]
    assert json.loads(lines[-1])["event"] == "end"
    assert len(lines) == 3 + 2 + 2 * len(server.journal.committed)


@pytest.mark.parametrize("place", ["folder", "file/journal.jsonl"])
def test_a_journal_that_cannot_be_written_stops_the_run_before_the_first_write(
    place: str, bulk: Run, people: list[dict[str, Any]], tmp_path: Path, journal: Any
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    result = bulk(users=people, journal=str(tmp_path / place))
    assert result["failed"] is True
    assert result["error"]["kind"] == "journal"
    assert "cannot be written" in result["msg"]
    assert journal.writes == []
