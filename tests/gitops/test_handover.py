# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Password files: every login that a run creates or gives a new password is in one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gitops.playbook import Workspace
from tests.netserver import NetServer

OLD = "Old-password-1"
PERSONS = (5001, 5002, 5003, 5004)


def new_users(here: Workspace, server: NetServer, folder: str, persons: tuple[int, ...]) -> None:
    """Define a login for each person, with a generated password."""
    for person in persons:
        server.tenant.add_person(person_id=person)
    defaults = {"role": "Partner", "generate_password": True}
    users = [{"user_name": f"new{person}", "person_id": person} for person in persons]
    here.write(f"{folder}/all.yml", yaml.safe_dump({"defaults": defaults, "users": users}))


def existing_users(server: NetServer) -> None:
    for person in PERSONS:
        server.tenant.add_person(person_id=person)
        server.tenant.add_external_user(f"new{person}", person_id=person, role_id=5, password=OLD)


ROTATION: dict[str, Any] = {
    "external_users_rotate_scope": {"roles": ["Partner"]},
    "external_users_limits": {"password": 100},
}


def passwords_of(file: Path) -> dict[str, str]:
    """Return all passwords that a file tells of, set or not."""
    if not file.exists():
        return {}
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    unsure = told.get("external_users_passwords_not_set", {})
    return {
        **told["external_users_passwords"],
        **{name: entry["password"] for name, entry in unsure.items()},
    }


def has_every_password(server: NetServer, told: dict[str, str]) -> bool:
    return all(
        server.tenant.password_matches(user.user_name, told.get(user.user_name, OLD))
        or server.tenant.password_matches(user.user_name, OLD)
        for user in server.tenant.users()
    )


def test_each_host_has_a_password_file_of_its_own(here: Workspace, server: NetServer) -> None:
    """Whatever the names of hosts have in common with that of the file, which is given once."""
    hosts = ("e", "new", "newer")
    for number, host in enumerate(hosts):
        new_users(here, server, f"users/{host}", (PERSONS[number],))
    here.write(
        "hosts.yml", yaml.safe_dump({"superoffice": {"hosts": {host: {} for host in hosts}}})
    )
    options = ("-i", "hosts.yml", "--forks", "4")
    here.ok("superoffice.crm.apply", *options, external_users_handover_file="out/newer.yml")
    files = sorted(here.folder.joinpath("out").iterdir())
    names = [file.name for file in files]
    assert names == ["newer-e.yml", "newer-new.yml", "newer.yml"]
    assert sorted(name for file in files for name in passwords_of(file)) == [
        f"new{person}" for person in PERSONS[: len(hosts)]
    ]
    for file in files:
        for name, password in passwords_of(file).items():
            assert server.tenant.password_matches(name, password)
    given = {**ROTATION, "external_users_rotate_handover_file": "rotated.yml"}
    here.ok("superoffice.crm.rotate_passwords", *options, "--limit", "e", **given)
    for name, password in passwords_of(here.folder / "rotated-e.yml").items():
        assert server.tenant.password_matches(name, password)


def test_what_keeps_the_password_file_from_being_written_is_told_before_any_write(
    here: Workspace, server: NetServer
) -> None:
    new_users(here, server, "users", PERSONS)
    here.write("file", "in place of a folder")
    outcome = here.play("superoffice.crm.apply", external_users_handover_file="file/new.yml")
    assert outcome.task_failed("The passwords could not be saved, so nothing was changed.")
    assert "file cannot take files: File exists." in outcome.words
    assert not server.journal.writes
    server.tenant.add_external_user("there", role_id=5, password=OLD)
    given = {**ROTATION, "external_users_rotate_handover_file": "file/passwords.yml"}
    outcome = here.play("superoffice.crm.rotate_passwords", **given)
    assert outcome.task_failed("The passwords could not be saved, so nothing was changed.")
    assert not server.journal.writes


def test_a_password_file_that_cannot_be_updated_is_told_beside_the_outcome(
    here: Workspace, server: NetServer
) -> None:
    new_users(here, server, "users", PERSONS)
    file = here.folder / "out" / "new.yml"

    def obstruct(_number: int, operation: str) -> None:
        if operation == "CreateExternalUser" and file.is_file():
            file.rename(file.with_name("kept.yml"))
            file.mkdir()

    server.before_request(obstruct)
    outcome = here.play("superoffice.crm.apply", external_users_handover_file="out/new.yml")
    assert outcome.code == 2
    assert "Applied: 4 created (of 4 users)." in outcome.words
    assert "The password file was not updated, and still has all new passwords." in outcome.words
    assert here.report()["summary"]["created"] == 4
    kept = file.with_name("kept.yml")
    assert "may or may not be set" in kept.read_text()
    assert has_every_password(server, passwords_of(kept))
    assert [one.name for one in file.parent.iterdir() if one.name.startswith(".")] == []


def killed_at_a_write(
    here: Workspace, server: NetServer, command: list[str], write: int, number: int
) -> None:
    """Run a command, and send it a signal when the write of this number arrives."""
    process = subprocess.Popen(
        command,
        cwd=here.folder,
        env=here.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    arrived: list[str] = []

    def kill(_number: int, operation: str) -> None:
        if operation in ("CreateExternalUser", "SetExternalUserInfo"):
            arrived.append(operation)
            if len(arrived) == write:
                os.kill(process.pid, number)

    server.before_request(kill)
    try:
        process.wait(60)
        time.sleep(1)  # a worker may finish the write that it has begun
    finally:
        process.kill()
    assert len(arrived) >= write


@pytest.mark.parametrize(
    ("playbook", "write", "number"),
    [
        ("apply", 2, signal.SIGKILL),
        ("rotate_passwords", 2, signal.SIGTERM),
        *(
            pytest.param(playbook, write, number, marks=pytest.mark.slow)
            for playbook in ("apply", "rotate_passwords")
            for write in range(1, len(PERSONS) + 1)
            for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
        ),
    ],
)
def test_a_run_that_is_killed_leaves_no_login_without_a_known_password(
    playbook: str, write: int, number: int, here: Workspace, server: NetServer
) -> None:
    variables: dict[str, Any] = ROTATION
    if playbook == "apply":
        new_users(here, server, "users", PERSONS)
        variables = {"external_users_handover_file": "passwords.yml"}
    else:
        existing_users(server)
    variables = {**variables, "external_users_concurrency": 1}
    command = here.command(f"superoffice.crm.{playbook}", **variables)
    killed_at_a_write(here, server, command, write, number)
    file = here.folder / "passwords.yml"
    told = passwords_of(file)
    assert set(told) == {f"new{person}" for person in PERSONS}
    assert has_every_password(server, told)
    assert "it was broken off" in file.read_text() or number == signal.SIGTERM
    secrets = [password.encode() for password in told.values()]
    for other in here.folder.rglob("*"):
        if other.is_file() and other != file:
            assert not any(secret in other.read_bytes() for secret in secrets), other


WRITER = """
import sys
from pathlib import Path
from ansible_collections.superoffice.crm.plugins.plugin_utils.atomic_file import write_atomically
print("ready", flush=True)
while True:
    write_atomically(Path(sys.argv[1]), "secret " * 300_000, 0o600)
"""


def test_a_writer_that_is_killed_leaves_a_complete_file_and_nothing_else(tmp_path: Path) -> None:
    for milliseconds in range(0, 60, 6):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "passwords.yml")], stdout=subprocess.PIPE
        )
        assert process.stdout
        process.stdout.readline()
        time.sleep(milliseconds / 1000)
        process.kill()
        process.wait(10)
        process.stdout.close()
        for file in tmp_path.iterdir():
            assert file.name == "passwords.yml"
            assert len(file.read_bytes()) == len("secret ") * 300_000


def test_of_two_runs_at_once_one_writes_the_password_file(
    here: Workspace, server: NetServer
) -> None:
    new_users(here, server, "users", PERSONS)
    server.faults.add("delay", operation="Archive/*", times=None, seconds=0.2)
    command = here.command("superoffice.crm.apply", external_users_handover_file="passwords.yml")
    runs = [
        subprocess.Popen(
            command,
            cwd=here.folder,
            env=here.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _run in range(2)
    ]
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 2], outputs
    refused = next(out for run, out in zip(runs, outputs, strict=True) if run.returncode)
    assert "Nothing was" in " ".join(refused.split()) or "nothing was changed" in refused
    assert has_every_password(server, passwords_of(here.folder / "passwords.yml"))
