# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: the collection at work, against an embedded NetServer that is filled for it.

Runs playbooks/demo.yml in check mode, for real, and once more. Each run is checked in Ansible's
own counts, in the requests that the server journalled, and in the users that it holds at the end.
What is expected follows from the definitions in the playbook, so that they can be changed.

    python tools/demo.py [PLAYBOOK]
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

import yaml  # noqa: E402

from tests.netserver import NetServer  # noqa: E402

PASSWORD = "a-password-for-the-demo-1A!"
PLAYBOOK = ROOT / "playbooks" / "demo.yml"
REPORTS = ROOT / "build" / "demo"

#          user name               person  role             active
DRIFTED = (
    ("bo.old@fjord.example", 1002, "Vendor", True),
    ("cecilie@fjord.example", 1003, "Vendor", False),
    ("david@fjord.example", 1004, "External user", True),
    ("eva@fjord.example", 1005, "Vendor", True),
    ("finn@fjord.example", 1006, "External user", True),
)


class DemoError(Exception):
    """The demo did not show what it should."""


def main(playbook: Path = PLAYBOOK) -> int:
    try:
        with NetServer(admin=("automation", PASSWORD)) as server:
            show(server, playbook)
    except DemoError as error:
        print(f"\nThe demo FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def show(server: NetServer, playbook: Path) -> None:
    """Run the three runs and check each."""
    definitions = yaml.safe_load(playbook.read_text("utf-8"))[0]["vars"]["external_users_users"]
    fill(server)
    before = server.tenant.snapshot()
    say(
        "An embedded NetServer holds five external users, four of whom are out of sync with their"
        " definitions, and a person who has no login yet. It listens at " + server.url
    )
    say("1. What would change? ansible-playbook --check (nothing is written to the server)")
    play(server, playbook, "plan", "--check")
    expect("writes of the check run", writes(server), {})
    expect("users after the check run", server.tenant.snapshot() == before, True)
    say("2. The real run: one call for each user that differs, none for the others")
    play(server, playbook, "apply")
    done = writes(server)
    check_users(server, definitions)
    say("3. Once more: all users are in sync, so nothing is written")
    changed = play(server, playbook, "again")
    expect("tasks that reported a change in the last run", changed, 0)
    expect("writes of the last run", writes(server), {})
    say(
        "Done. The server was read, changed and read again:\n"
        f"  check run: 0 writes    real run: {sum(done.values())} writes    last run: 0 writes, all"
        " ok\n"
        f"The plan as a page: {REPORTS.relative_to(ROOT)}/plan/report.html\n"
        "The definitions are in playbooks/demo.yml: change one, and run `make demo` again."
    )


def check_users(server: NetServer, definitions: list[dict[str, object]]) -> None:
    """Compare the users that the server holds with their definitions."""
    users = {user.user_name: user for user in server.tenant.users()}
    for one in definitions:
        name = str(one["user_name"])
        is_wanted = one.get("state", "present") == "present"
        expect(f"whether {name} exists", name in users, is_wanted)
        if is_wanted and "role" in one:
            expect(f"role of {name}", users[name].role_name, one["role"])
        if is_wanted and "is_active" in one:
            expect(f"whether {name} is active", users[name].is_active, one["is_active"])


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


def play(server: NetServer, playbook: Path, folder: str, *options: str) -> int:
    """Run the playbook, show what it prints, and return Ansible's count of changed tasks.

    Its reports go to a folder of their own.
    """
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
    shown = os.path.relpath(playbook)
    print(f"$ ansible-playbook {' '.join([shown, *options])}", flush=True)
    command = [shutil.which("ansible-playbook") or "ansible-playbook", str(playbook), *options]
    command += ["-e", f"external_users_output_dir={REPORTS / folder}"]
    output = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(f"  {line}" if line.strip() else "", end="" if line.strip() else "\n", flush=True)
            output.append(line)
    if process.returncode:
        raise DemoError(
            f"ansible-playbook ended with exit code {process.returncode}; its message is above"
        )
    counts = re.findall(
        r"(ok|changed|failed)=\D*(\d+)", re.sub(r"\x1b\[[\d;]*m", "", "".join(output))
    )
    return int(dict(counts).get("changed", -1))


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
    sys.exit(main(*map(Path, sys.argv[1:])))
