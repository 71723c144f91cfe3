# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Getting started, followed command by command, against the sandbox that it names.

The sandbox is started by the command of the page, on a free port; nothing else is replaced.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT, Block, blocks

PAGE = "docs/getting-started.md"
ADDRESS = "http://127.0.0.1:8080"
SECONDS = 300


@contextlib.contextmanager
def sandbox(block: Block) -> Iterator[str]:
    """Run the server as the page starts it; yields its address without a path."""
    (command,) = re.findall(r"^\$ python3 (-m tests\.netserver .*)$", block.text, re.MULTILINE)
    arguments = shlex.split(command.replace("--port 8080", "--port 0"))
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            yield json.loads(server.stdout.readline())["url"].removesuffix("/SuperOffice")
        finally:
            server.terminate()


def test_every_step_of_the_page_works_against_its_sandbox(tmp_path: Path) -> None:
    found = list(blocks(PAGE))
    (start,) = (block for block in found if "sandbox" in block.notes)
    output = ""
    with sandbox(start) as address:
        for block in found:
            if "file" in block.notes:
                assert block.text.startswith(f"# {block.notes['file']}\n"), block.place
                path = tmp_path / block.notes["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "console" and not {"example", "sandbox"} & set(block.notes):
                output += run_commands(block, address, tmp_path)
    for block in found:
        if block.language == "text":
            for line in filter(None, block.text.splitlines()):
                assert re.sub(r"\s+", " ", line) in re.sub(r"\s+", " ", output), block.place
    # the single user: in check mode, for real, and once more
    assert re.findall(r"localhost .*changed=(\d)", output)[-3:] == ["1", "1", "0"]
    assert "Former partner" not in output


def run_commands(block: Block, address: str, folder: Path) -> str:
    """Run the commands of a block; variables that one exports last for the blocks after it."""
    environment = {
        **{name: value for name, value in os.environ.items() if "SUPEROFFICE" not in name},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_NOCOLOR": "1",
        "COLUMNS": "120",
    }
    exports = folder / ".exports"
    commands = "\n".join(re.findall(r"^\$ (.*)$", block.text, re.MULTILINE))
    script = f"[ -f {exports} ] && . {exports}\n{commands.replace(ADDRESS, address)}\n"
    done = subprocess.run(
        ["bash", "-e", "-c", f"{script}export -p | grep SUPEROFFICE > {exports}"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{block.place} stumbles:\n{done.stdout}"
    return done.stdout
