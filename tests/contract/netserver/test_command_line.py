# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: one JSON line, a clean end, state that survives, clear violations."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.netserver", *arguments]


@contextlib.contextmanager
def started(*arguments: str, stop: int = signal.SIGTERM) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        command("--port", "0", *arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(stop)
        assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""
    finally:
        process.kill()
        process.wait()


def agent(line: dict[str, Any], method: str, body: Any) -> requests.Response:
    url = f"{line['url']}/api/v1/Agents/User/{method}"
    return requests.post(url, json=body, auth=("boss", "secret:with:colons"), timeout=5)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_start_and_stop(stop: int) -> None:
    with started("--users", "2", "--admin", "boss:secret:with:colons", stop=stop) as line:
        assert line["url"].endswith("/SuperOffice")
        assert isinstance(line["pid"], int)
        assert agent(line, "GetUserFromName", {"UserName": "user00002@example.com"}).json()
        assert len(requests.get(line["journal"], timeout=5).json()) == 1


def test_state_survives_a_restart(tmp_path: Path) -> None:
    options = ("--database", str(tmp_path / "state.db"), "--admin", "boss:secret:with:colons")
    with started("--users", "2", *options) as line:
        assert agent(line, "DeleteExternalUser", {"AssociateId": 101}).status_code == 204
    with started("--users", "5", *options) as line:
        assert agent(line, "GetUserFromName", {"UserName": "user00001@example.com"}).json() is None
        assert agent(line, "GetUserFromName", {"UserName": "user00003@example.com"}).json() is None
        assert agent(line, "GetUserFromName", {"UserName": "user00002@example.com"}).json()


def test_dialects_faults_and_latency() -> None:
    options = ("--choice", "void_reply=null-200", "--choice", "primary_key=number",
               "--fault", "status:DeleteExternalUser:status=429", "--latency", "50",
               "--admin", "boss:secret:with:colons", "--users", "1")  # fmt: skip
    with started(*options) as line:
        first = agent(line, "DeleteExternalUser", {"AssociateId": 101})
        second = agent(line, "DeleteExternalUser", {"AssociateId": 101})
        assert (first.status_code, second.status_code, second.text) == (429, 200, "null")
        assert second.elapsed.total_seconds() >= 0.05


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--choice", "flag=any"], ["'flag'", "'flags'"]),
        (["--choice", "flags"], ["NAME=VALUE"]),
        (["--choice", "flags=some"], ["'some'", "integer"]),
        (["--users", "-1"], ["--users", "'-1'"]),
        (["--users", "many"], ["--users", "'many'"]),
        (["--port", "99999"], ["--port"]),
        (["--latency", "-5"], ["--latency"]),
        (["--admin", "canary"], ["--admin", "NAME:PASSWORD"]),
        (["--fault", "drop"], ["'drop'", "drop_before"]),
        (["--fault", "delay::seconds=x"], ["x"]),
        (["--tls-cert", "x"], ["--tls-key"]),
        (["--client-ca", "x"], ["--tls-cert"]),
        (["--tls-cert", "no", "--tls-key", "no"], ["cannot start"]),
        (["--database", "/nonexistent/state.db"], ["cannot start"]),
        (["--nonsense"], ["--nonsense"]),
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_one_sentence(arguments: list[str], words: list[str]) -> None:
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in words)
    assert "canary" not in done.stderr


def test_list_of_dialects() -> None:
    done = subprocess.run(
        command("--list-choices"), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "flags\n    How ExternalUserInfoModification" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize("wrap", [lambda choices: choices, lambda choices: {"profile": choices}])
def test_profile_of_a_file_is_imitated_and_a_choice_overrides_it(wrap: Any, tmp_path: Path) -> None:
    file = tmp_path / "diagnosis.json"
    choices = {"void_reply": "null-200", "page_cap": 2, "lockout": None, "unknown_id": "error"}
    file.write_text(json.dumps(wrap(choices)), encoding="utf-8")
    options = ("--profile", str(file), "--choice", "unknown_id=http-404", "--users", "3",
               "--admin", "boss:secret:with:colons")  # fmt: skip
    with started(*options) as line:
        assert agent(line, "DeleteExternalUser", {"AssociateId": 101}).text == "null"
        assert agent(line, "GetUserFromName", {"UserName": "nobody"}).status_code == 404


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"flag": "any"}', ["'flag'", "'flags'"]),
        ('{"flag": "any", "colour": "red"}', ["'flag', 'colour'"]),
        ('{"profile": {"flags": "some"}}', ["'some'", "integer"]),
        ('{"profile": {"page_cap": 1.5}}', ["'1.5'", "page_cap"]),
        ('{"profile": ["flags"]}', ["not a JSON object"]),
        ("[]", ["not a JSON object"]),
        ("{", ["not JSON"]),
        (None, ["Cannot read"]),
    ],
)
def test_wrong_profile_is_one_sentence(text: str | None, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        command("--profile", str(file)),
        cwd=ROOT, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in [str(file), *words])
