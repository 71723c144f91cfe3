# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: the collection at work, against an embedded NetServer that is filled for it.

Runs playbooks/demo.yml in check mode, for real, and once more, says what happened, and fails
loudly if it is not what should have happened: seen in Ansible's own counts, in the requests that
the server journalled, and in the users that it holds at the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.netserver import NetServer  # noqa: E402

PASSWORD = "a-password-for-the-demo-1A!"
PLAYBOOK = "superoffice.crm.demo"

#          user name               person  role             active
DRIFTED = (
    ("bo.old@fjord.example", 1002, "Vendor", True),
    ("cecilie@fjord.example", 1003, "Vendor", False),
    ("david@fjord.example", 1004, "External user", True),
    ("eva@fjord.example", 1005, "Vendor", True),
    ("finn@fjord.example", 1006, "External user", True),
)
EXPECTED = {
    "anna@fjord.example": ("Partner", True),
    "bo@fjord.example": ("Vendor", True),
    "cecilie@fjord.example": ("Vendor", True),
    "david@fjord.example": ("Partner", False),
    "finn@fjord.example": ("External user", True),
}
# what one real run has to write, and nothing else
WRITES = {"CreateExternalUser": 1, "SetExternalUserInfo": 3, "DeleteExternalUser": 1}


class DemoError(Exception):
    """The demo did not show what it should."""


def main() -> int:
    try:
        with NetServer(admin=("automation", PASSWORD)) as server:
            show(server)
    except DemoError as error:
        print(f"\nThe demo FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def show(server: NetServer) -> None:
    """Run the three runs and check each."""
    fill(server)
    before = server.tenant.snapshot()
    say(
        "An embedded NetServer holds five external users who have drifted from their definitions,"
        " and a person who has no login yet. It listens at " + server.url
    )
    say("1. What would change? ansible-playbook --check --diff (nothing is written)")
    play(server, "--check", "--diff", changed=1)
    expect("writes of the check run", writes(server), {})
    expect("users after the check run", server.tenant.snapshot() == before, True)
    say("2. The real run: one call per user that differs, none for the one that does not")
    play(server, changed=1)
    expect("writes of the real run", writes(server), WRITES)
    expect(
        "users", {u.user_name: (u.role_name, u.is_active) for u in server.tenant.users()}, EXPECTED
    )
    say("3. Once more: all users are in sync, so all is ok and nothing is written")
    play(server, changed=0)
    expect("writes of the last run", writes(server), {})
    say(
        "Done. The server was asked, changed and asked again:\n"
        "  check run: 0 writes    real run: 5 writes    last run: 0 writes, all ok\n"
        "The definitions are in playbooks/demo.yml; change one, and run it again."
    )


def fill(server: NetServer) -> None:
    """Put the people and the drifted users of the demo into the server."""
    tenant = server.tenant
    company = tenant.add_contact("Fjord Software AS")
    people = ("Anna", "Bo", "Cecilie", "David", "Eva", "Finn")
    for person_id, name in enumerate(people, start=1001):
        tenant.add_person(
            first_name=name,
            last_name="Berg",
            email=f"{name.lower()}@fjord.example",
            contact_id=company,
            person_id=person_id,
        )
    for user_name, person_id, role, is_active in DRIFTED:
        tenant.add_external_user(
            user_name, person_id=person_id, role_id=tenant.role_id(role), is_active=is_active
        )


def play(server: NetServer, *options: str, changed: int) -> None:
    """Run the playbook, show what it prints, and compare Ansible's count of changed tasks."""
    name, password = server.admin
    environment = {
        **os.environ,
        "SUPEROFFICE_URL": server.url,
        "SUPEROFFICE_USERNAME": name,
        "SUPEROFFICE_PASSWORD": password,
    }
    if sys.stdout.isatty():
        environment["ANSIBLE_FORCE_COLOR"] = "true"
    server.journal.clear()
    command = [shutil.which("ansible-playbook") or "ansible-playbook", PLAYBOOK, *options]
    print(f"$ ansible-playbook {' '.join([PLAYBOOK, *options])}", flush=True)
    output = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(f"  {line}" if line.strip() else "", end="" if line.strip() else "\n", flush=True)
            output.append(line)
    if process.returncode:
        raise DemoError(f"ansible-playbook ended with exit code {process.returncode}")
    counts = re.findall(
        r"(ok|changed|failed)=\D*(\d+)", re.sub(r"\x1b\[[\d;]*m", "", "".join(output))
    )
    expect("tasks that reported a change", int(dict(counts).get("changed", -1)), changed)


def writes(server: NetServer) -> dict[str, int]:
    """Return the calls that changed something since the last run began, by name."""
    names = [entry.operation for entry in server.journal.committed]
    return {name: names.count(name) for name in sorted(set(names))}


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise DemoError(f"{what}: {found!r} instead of {wanted!r}")


def say(text: str) -> None:
    print(f"\n=== {text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
