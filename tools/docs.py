# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lay the guides out in build/site for Sphinx, as in the checkout: their links hold in both.

`make docs` then adds the reference and builds the site.
"""

from __future__ import annotations

import os
import re
import shutil
import zlib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "site"
SOURCE = SITE / "rst"
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
REPOSITORY = f"{GALAXY['repository']}/src/branch/main"
SETTINGS = ROOT / "docs" / "docsite" / "site"
BESIDE = ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "tests/netserver/README.md")
BUILTIN = "ansible_collections.ansible.builtin"
# pages of the reference link to these labels of Ansible's own documentation
LABELS = {
    "action_plugins": "plugins/action.html#action-plugins",
    f"{BUILTIN}.vault_filter": "collections/ansible/builtin/vault_filter.html",
    f"{BUILTIN}.set_stats_module": "collections/ansible/builtin/set_stats_module.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def inventory() -> bytes:
    """Return an inventory of Sphinx with the labels that are needed, so that none is fetched."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: latest\n"
    head += "# The remainder of this file is compressed using zlib.\n"
    rows = "".join(f"{label} std:label -1 {page} {label}\n" for label, page in LABELS.items())
    return head.encode() + zlib.compress(rows.encode())


def gather() -> None:
    """Lay the pages out as Sphinx wants them."""
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(
        ROOT / "docs", SOURCE / "docs", ignore=shutil.ignore_patterns("docsite", "examples")
    )
    for name in BESIDE:
        (SOURCE / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, SOURCE / name)
    shutil.copy2(SETTINGS / "index.rst", SOURCE)
    lead_to_the_repository()
    shutil.copy2(SETTINGS / "conf.py", SITE)
    # antsibull-docs wants a folder that only its owner can write to
    (SOURCE / "reference").mkdir(mode=0o700)
    (SITE / "ansible.inv").write_bytes(inventory())


def lead_to_the_repository() -> None:
    """Let links to folders, and to files that are no pages, lead to where they can be looked at."""
    for page in sorted(SOURCE.rglob("*.md")):
        folder = page.relative_to(SOURCE).parent

        def target(match: re.Match[str], folder: Path = folder) -> str:
            path = Path(os.path.normpath(folder / match[1]))
            is_elsewhere = (ROOT / path).exists() and not (SOURCE / path).is_file()
            return f"]({REPOSITORY}/{path})" if is_elsewhere else match[0]

        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r"\]\(([^)#:\s]+)\)", target, text), encoding="utf-8")


if __name__ == "__main__":
    gather()
