# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook `diagnose`: what it shows and writes, its exit code, and the imitation of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema

from tests.gitops.playbook import Workspace
from tests.modules.execution_paths import run_in_process
from tests.netserver import NetServer

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "diagnosis.schema.json").read_text(encoding="utf-8"))


def diagnosis_in(here: Workspace) -> Any:
    found = json.loads(here.read("reports/diagnosis.json"))
    jsonschema.validate(found, SCHEMA)
    return found


def test_an_installation_that_fits(here: Workspace, server: NetServer) -> None:
    server.tenant.add_external_user("anna@fjord.example", role_id=5)
    server.tenant.add_external_user("bo@fjord.example", role_id=5)
    before = server.tenant.snapshot()
    done = here.play("superoffice.crm.diagnose")
    assert done.code == 0, done.output
    assert "This installation fits" in done.words
    assert f"Installation: {server.url}" in done.words
    assert "+ paging" in done.words
    assert "reports/diagnosis.md, reports/diagnosis.json" in done.words
    table = done.output.partition("This installation fits")[2].partition("PLAY RECAP")[0]
    assert all(len(line) <= 80 for line in table.splitlines())
    found = diagnosis_in(here)
    assert found["summary"]["failed"] == 0
    for name in ("diagnosis.md", "diagnosis.json"):
        text = here.read(f"reports/{name}")
        assert here.folder.joinpath("reports", name).stat().st_mode & 0o777 == 0o600
        assert not [word for word in (server.url, "fjord.example", *server.admin) if word in text]

    # in check mode the same, and nobody is written to
    again = here.play(
        "superoffice.crm.diagnose", "--check", external_users_probe_user="anna@fjord.example"
    )
    assert again.code == 0, again.output
    checked = diagnosis_in(here)
    assert checked["profile"] == found["profile"]
    assert [one["name"] for one in checked["checks"]] == [one["name"] for one in found["checks"]]
    assert server.journal.writes == []

    probed = here.play("superoffice.crm.diagnose", external_users_probe_user="anna@fjord.example")
    assert probed.code == 0, probed.output
    assert diagnosis_in(here)["profile"]["flags"] == "any"
    assert server.journal.writes
    assert server.tenant.snapshot() == before


def test_an_installation_that_does_not_fit_fails_the_play_and_can_be_imitated(
    here: Workspace, server: NetServer
) -> None:
    server.tenant.add_external_user("anna@fjord.example", role_id=5)
    server.choose(user_agent="online-403", errors="null", challenge="windows")
    done = here.play("superoffice.crm.diagnose")
    assert done.task_failed("This installation cannot be used yet: 1 check failed"), done.output
    assert "x user_agent" in done.words
    assert "Use an onsite installation" in done.words
    found = diagnosis_in(here)
    # checks that were not examined for the same reason share a row
    reason = "Not examined: the check 'user_agent' failed."
    assert sum(reason in line for line in here.read("reports/diagnosis.md").splitlines()) == 1
    command = [sys.executable, "-m", "tests.netserver", "--users", "3", "--profile"]
    with subprocess.Popen(
        [*command, str(here.folder / "reports/diagnosis.json")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as imitation:  # fmt: skip
        try:
            assert imitation.stdout is not None
            url = json.loads(imitation.stdout.readline())["url"]
            connection = {"url": url, "auth_username": "system"}
            connection["auth_password"] = "system-password"
            result = run_in_process("superoffice_installation_info", connection, False)
        finally:
            imitation.terminate()
    assert result["profile"] == found["profile"]
    failed = [one["name"] for one in result["checks"] if one["status"] == "failed"]
    assert failed == ["user_agent"]


def test_a_wrong_option_fails_the_play_in_one_sentence(here: Workspace) -> None:
    done = here.play("superoffice.crm.diagnose", external_users_timeout=0)
    assert done.task_failed("must be more than 0"), done.output
    assert done.words.count("must be more than 0") == 1
    assert "Diagnosis failed: " in done.output
    assert not here.folder.joinpath("reports/diagnosis.md").exists()


def test_a_profile_of_another_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "diagnosis.json"
    cases = {'{"profile_version": 2}': "version 2", '{"profile": {"fags": "any"}}': "'flags'"}
    for text, words in cases.items():
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "tests.netserver", "--profile", str(file)],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
