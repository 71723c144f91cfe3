# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lay the guides out in build/site for Sphinx, as in the checkout: their links hold in both.

`make docs` then writes the reference, has it finished here, and builds the site.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import zlib
from importlib import resources
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "site"
SOURCE = SITE / "rst"
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
REPOSITORY = f"{GALAXY['repository']}/src/branch/main"
SETTINGS = ROOT / "docs" / "docsite" / "site"
BESIDE = (
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "tests/netserver/README.md",
)
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
    shutil.copy2(SETTINGS / "index.md", SOURCE)
    lead_to_the_repository()
    shutil.copy2(SETTINGS / "conf.py", SITE)
    shutil.copy2(ROOT / "galaxy.yml", SITE)
    shutil.copytree(SETTINGS / "static", SITE / "static")
    (SITE / "static" / "reference-colors.css").write_text(colors(), encoding="utf-8")
    # antsibull-docs wants a folder that only its owner can write to
    (SOURCE / "reference").mkdir(mode=0o700)
    (SITE / "ansible.inv").write_bytes(inventory())


def colors() -> str:
    """Return the colours of the reference, light and dark, by what the reader chose in the theme.

    The extension itself offers only what the system prefers.
    """
    light, dark = (
        resources.files("sphinx_antsibull_ext").joinpath(f"colors-{name}.css").read_text("utf-8")
        for name in ("default", "default-dark")
    )
    rules = dark.removeprefix(":root")
    return (
        f"{light}\nbody[data-theme=dark]{rules}\n"
        f"@media (prefers-color-scheme:dark){{body:not([data-theme=light]){rules}}}\n"
    )


def playbooks() -> str:
    """Return the page of the playbooks, from the comment at the head of each."""
    spec = ROOT / "roles" / "external_users" / "meta" / "argument_specs.yml"
    entry_points = yaml.safe_load(spec.read_text(encoding="utf-8"))["argument_specs"]
    parts = [PLAYBOOKS]
    for file in sorted((ROOT / "playbooks").glob("*.yml")):
        name = f"superoffice.crm.{file.stem}"
        comment = file.read_text(encoding="utf-8").split("\n\n")[1]
        lines = [line.removeprefix("#") for line in comment.splitlines() if line.startswith("#")]
        prose = " ".join(line.strip() for line in lines if not line.startswith("   "))
        commands = [line.strip() for line in lines if line.startswith("   ")]
        shown = [
            f"$ {line}" if line.startswith("ansible-") else line
            for line in commands or [f"ansible-playbook {name}"]
        ]
        parts += [
            f"(ansible_collections.superoffice.crm.{file.stem}_playbook)=\n",
            f"## {name}\n",
            f"{prose}\n",
            "```console\n" + "\n".join(shown) + "\n```\n",
        ]
        # what has no entry point of its own uses the main one, or only the connection
        entry = file.stem if file.stem in entry_points else "main"
        if entry != "main" or file.stem in {"plan", "apply"}:
            parts.append(
                f"Its variables are those of the entry point `{entry}` of the"
                " {ref}`role <ansible_collections.superoffice.crm.external_users_role>`.\n"
            )
    return "\n".join(parts)


PLAYBOOKS = """# Playbooks

Playbooks of the collection are run by their names, from the folder that holds your definitions.
Each of them runs on the hosts of the group `superoffice` of your inventory, or on localhost if
there is no such group. The connection is that of the role's variables or of environment variables.
"""


def finish_reference() -> None:
    """Add the page of the playbooks, and leave out tables of contents, which the theme has."""
    (SOURCE / "reference" / "playbooks.md").write_text(playbooks(), encoding="utf-8")
    for page in (*(SOURCE / "reference").glob("*.rst"), SOURCE / "CHANGELOG.rst"):
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"^\.\. contents::.*\n( +:.*\n)*", "", text, flags=re.MULTILINE)
        page.write_text(text, encoding="utf-8")


def lead_to_the_repository() -> None:
    """Let links to folders, and to files that are no pages, lead to where they can be looked at."""
    for page in sorted(SOURCE.rglob("*.md")):
        folder = page.relative_to(SOURCE).parent

        def target(match: re.Match[str], folder: Path = folder) -> str:
            path = Path(os.path.normpath(folder / match[1]))
            is_elsewhere = (ROOT / path).exists() and not (SOURCE / path).is_file()
            return f"]({REPOSITORY}/{path}{match[2] or ''})" if is_elsewhere else match[0]

        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)", target, text), encoding="utf-8")


if __name__ == "__main__":
    # the reference is written between the two
    finish_reference() if sys.argv[1:] == ["reference"] else gather()
