# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code blocks of the pages and how they are run, against an embedded NetServer.

A comment above a block says what it is: `<!-- file: NAME -->` is written to that file, and
`<!-- example: WHY -->` is only read. Any other block in YAML is a play or a list of tasks and is
run; so are the commands of a `console` block.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.netserver import NetServer

ROOT = Path(__file__).resolve().parents[2]
SITE = "https://crm.example.com/SuperOffice"
ADMIN = ("automation", "a-Password-of-automation-1")
VARIABLES = {
    "vault_superoffice_password": ADMIN[1],
    "vault_anna_password": "a-Password-of-anna-1",
    "vault_bo_password": "a-Password-of-bo-1",
    "vault_passwords": {"anna@example.com": "a-Password-of-anna-1"},
}
SECONDS = 300
_BLOCK = re.compile(
    r"(?:^<!--(?P<note>(?:(?!-->).)*)-->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: str
    line: int
    language: str
    text: str
    notes: dict[str, str]

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """The pages with code, relative to the root."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))


def blocks(page: str) -> Iterator[Block]:
    """Every code block of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        lines = (match["note"] or "").strip().splitlines()
        notes = {
            name.strip(): value.strip() for name, _colon, value in (x.partition(":") for x in lines)
        }
        line = text.count("\n", 0, match.start("text"))
        yield Block(page, line, match["language"], match["text"], notes)


def fill(server: NetServer) -> None:
    """The people and users that the pages speak of."""
    tenant = server.tenant
    company = tenant.add_contact("Example AS")
    names = ("Anna", "Bo", "Cecilie", "Dag", "Eva", "Finn", "Guro", "Hans", "Ida", "Jon")
    for person_id, name in enumerate(names, start=1001):
        tenant.add_person(
            first_name=name,
            last_name="Berg",
            email=f"{name.lower()}@example.com",
            contact_id=company,
            person_id=person_id,
        )
    for name, person_id, role, is_active in (
        ("bo@example.com", 1002, "Partner", True),
        ("cecilie@example.com", 1003, "Vendor", True),
        ("dag@example.com", 1004, "Partner", False),
        ("jon@ourselves.example", 1010, "Partner", True),
    ):
        tenant.add_external_user(
            name, person_id=person_id, role_id=tenant.role_id(role), is_active=is_active
        )


def environment(server: NetServer) -> dict[str, str]:
    """The environment of a user with an installation, and Ansible beside this Python."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SUPEROFFICE_")}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "SUPEROFFICE_URL": server.url,
        "SUPEROFFICE_USERNAME": ADMIN[0],
        "SUPEROFFICE_PASSWORD": ADMIN[1],
    }


def as_play(tasks: Sequence[Any]) -> list[dict[str, Any]]:
    """Tasks as a play of their own."""
    return [
        {
            "name": "Tasks of a page",
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": tasks,
        }
    ]


def is_playbook(content: object) -> bool:
    return isinstance(content, list) and all("hosts" in play for play in content)


def run(
    command: Sequence[str], folder: Path, server: NetServer, place: str, typed: str = ""
) -> str:
    """Run a command and return what it printed; it has to succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(server),
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{place} failed:\n{done.stdout}"
    return done.stdout


def run_playbook(
    text: str, folder: Path, server: NetServer, place: str, options: Sequence[str] = ()
) -> str:
    """Run a playbook with the variables of the pages."""
    variables = folder / ".variables.yml"
    variables.write_text(yaml.safe_dump(VARIABLES), encoding="utf-8")
    playbook = folder / ".page.yml"
    playbook.write_text(text.replace(SITE, server.url), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "playbook", *options]
    output = run([*command, f"-e@{variables}", str(playbook)], folder, server, place)
    assert "ok=" in output, f"{place} ran on no host:\n{output}"
    return output
