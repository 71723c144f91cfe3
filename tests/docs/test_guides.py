# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides do what they say: their files, plays, tasks and commands run in order, and links lead
somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import (
    ADMIN,
    ROOT,
    SITE,
    Block,
    as_play,
    blocks,
    fill,
    is_playbook,
    pages,
    run,
    run_playbook,
)
from tests.netserver import NetServer

# these are run by tests of their own, or need more than one server can give
ELSEWHERE = (
    "docs/getting-started",
    "docs/gitops",
    "docs/reliability",
    "docs/performance",
    "docs/architecture",
)
TO_RUN = [page for page in pages() if not page.startswith(ELSEWHERE)]


@pytest.mark.parametrize("page", TO_RUN)
def test_commands_and_plays_of_the_page_run(page: str, tmp_path: Path) -> None:
    with NetServer(admin=ADMIN) as server:
        fill(server)
        for block in blocks(page):
            if "example" in block.notes:
                continue
            if block.language == "yaml":
                follow_yaml(block, tmp_path, server)
            elif block.language == "csv":
                path = tmp_path / block.notes["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                follow_commands(block, tmp_path, server)


def follow_yaml(block: Block, folder: Path, server: NetServer) -> None:
    content = yaml.safe_load(block.text)
    name = block.notes.get("file")
    if name:
        assert block.text.startswith(f"# {name}\n"), f"{block.place}: the reader cannot see where"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text.replace(SITE, server.url), encoding="utf-8")
    if is_playbook(content):
        run_playbook(block.text, folder, server, block.place, block.notes.get("with", "").split())
    elif isinstance(content, list):
        run_playbook(yaml.safe_dump(as_play(content)), folder, server, block.place)
    else:
        assert name, f"{block.place}: neither a play, nor tasks, nor a file"


def follow_commands(block: Block, folder: Path, server: NetServer) -> None:
    for command in re.findall(r"^\$ (.*)$", block.text, re.MULTILINE):
        run(["bash", "-c", command], folder, server, f"{block.place}: {command}")


def test_yaml_and_json_blocks_are_valid() -> None:
    for page in pages():
        for block in blocks(page):
            if block.language == "yaml":
                yaml.load(block.text, Loader=Lenient)
            elif block.language == "json":
                json.loads(block.text)


class Lenient(yaml.SafeLoader):
    """Takes Ansible's tags as they are."""


Lenient.add_multi_constructor("!", lambda *_unused: "tagged")


def documents() -> list[str]:
    fixed = ["README.md", "CONTRIBUTING.md", "tests/netserver/README.md"]
    return [*fixed, *pages()]


def test_links_point_to_files_and_headings() -> None:
    for page in documents():
        text = (ROOT / page).read_text(encoding="utf-8")
        text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            file, _hash, heading = target.partition("#")
            path = (ROOT / page).parent / file if file else ROOT / page
            assert path.exists(), f"{page} links to {target}"
            if heading:
                assert heading in anchors(path), f"{page} links to {target}"


def anchors(path: Path) -> set[str]:
    """The anchors that a page has for its headings, as git hosts and MyST make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in headings}


def test_address_of_the_repository_is_that_of_galaxy_yml_everywhere() -> None:
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    host = repository.partition("//")[2].partition("/")[0]
    for page in [
        *documents(),
        "docs/docsite/links.yml",
        "docs/docsite/site/conf.py",
        "tools/docs.py",
    ]:
        text = (ROOT / page).read_text(encoding="utf-8")
        for address in re.findall(rf"https://{re.escape(host)}[^\s\"')]*", text):
            assert address.startswith(repository), f"{page}: {address}"
