# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A newcomer's walk: every command of the README, copied from the page, in a new folder with a new
virtual environment. `make walk` runs it.

Three names are replaced, since there is no such host: the address to clone from by this checkout,
the collection on Galaxy by the artefact of the clone, and the installation by an embedded server.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ADMIN, ROOT, SITE, blocks, fill
from tests.netserver import NetServer

CLONE = "https://git.example.com/superoffice/crm.git"
SECONDS = 1200


@pytest.mark.slow
def test_commands_of_the_readme_run(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    kept = ("PIP_", "UV_", "SSL_", "LANG", "LC_")
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith(kept)},
        "HOME": str(home),
        "PATH": f"{venv / 'bin'}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin",
        "ANSIBLE_NOCOLOR": "1",
    }
    output = ""
    with NetServer(admin=ADMIN) as server:
        fill(server)
        for block in blocks("README.md"):
            if "file" in block.notes:
                path = tmp_path / block.notes["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            if block.language != "console" or "example" in block.notes:
                continue
            script = replaced(commands(block.text), tmp_path, server)
            done = subprocess.run(
                ["bash", "-e", "-x", "-c", script],
                cwd=tmp_path,
                env=environment,
                input=f"{ADMIN[1]}\n",
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode == 0, f"{block.place} stumbles:\n{done.stdout}"
            output += done.stdout
        names = {user.user_name: user.is_active for user in server.tenant.users()}
    assert "real run: 5 writes    last run: 0 writes, all ok" in output
    assert ADMIN[1] not in output
    assert names["anna@example.com"] is True
    assert names["bo@example.com"] is False
    assert list((tmp_path / "reports").glob("*.html"))


def commands(text: str) -> str:
    return "\n".join(re.findall(r"^\$ (.*)$", text, re.MULTILINE))


def replaced(script: str, folder: Path, server: NetServer) -> str:
    """Put what there is in the place of what there will be."""
    galaxy = "ansible-galaxy collection install superoffice.crm "
    build = f"ansible-galaxy collection build --output-path {folder} {folder}/superoffice.crm"
    local = f"ansible-galaxy collection install --offline {folder}/superoffice-crm-*.tar.gz "
    script = script.replace(galaxy, f"{build}\n{local}")
    return script.replace(CLONE, f"file://{ROOT}").replace(SITE, server.url)
