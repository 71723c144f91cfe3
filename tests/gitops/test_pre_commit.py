# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hook that checks definition files before they are committed, by pre-commit itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.gitops.hostile import HOSTILE, is_harmless_line

ROOT = Path(__file__).resolve().parents[2]
PARTS = (".pre-commit-hooks.yaml", "tools", "plugins/module_utils", "plugins/plugin_utils")
GOOD = "users:\n  - {user_name: anna@x.example, role: Partner}\n"


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection as a repository that pre-commit clones."""
    folder = tmp_path_factory.mktemp("collection")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            shutil.copy2(source, folder / part)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "The collection")
    return folder


def environment(home: Path) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x.example",
        "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x.example",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PRE_COMMIT_HOME": str(home / ".pre-commit"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def checked(folder: Path, hook: Path, files: dict[str, str]) -> tuple[int, str]:
    """Run the hook on a repository with these files."""
    example = ROOT / "docs/examples/gitops/.pre-commit-config.yaml"
    config = yaml.safe_load(example.read_text())
    config["repos"][0] |= {"repo": str(hook), "rev": git(hook, "rev-parse", "HEAD")}
    git(folder, "init", "--quiet")
    folder.joinpath(".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        cwd=folder,
        env=environment(folder),
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_hook_accepts_valid_definitions_and_ignores_other_files(tmp_path: Path, hook: Path) -> None:
    files = {"users/a.yml": GOOD, "docs/b.yml": "users: nonsense\n"}
    code, output = checked(tmp_path, hook, files)
    assert code == 0, output


INVALID = {
    "users/typo.yml": (GOOD.replace("role", "rolle"), "did you mean 'role'"),
    "users/first.yml": (GOOD.replace("anna", "bo"), ""),
    "users/folder/second.yml": (GOOD.replace("anna", "BO"), "names compare without case"),
    "users/number.yml": ("users: [{user_name: 0123}]\n", "put it in quotes"),
    "users/password.yml": (
        GOOD.replace("anna", "cora").replace("role:", "password: Secret-1, role:"),
        "does not belong into git",
    ),
    "users/twice.json": ('{"users": [{"user_name": "x", "user_name": "y"}]}', "duplicate key"),
    "users/broken.yml": ("users:\n  - {user_name: a\n", "is not valid YAML"),
}


def test_hook_reports_every_invalid_file(tmp_path: Path, hook: Path) -> None:
    code, output = checked(tmp_path, hook, {name: text for name, (text, _) in INVALID.items()})
    assert code == 1, output
    for name, (_text, message) in INVALID.items():
        if message:
            assert re.search(rf"{re.escape(name)}.*{re.escape(message)}", output), (name, output)


def test_hook_runs_for_a_file_that_is_no_definition_file(tmp_path: Path, hook: Path) -> None:
    """It would run for none of the others, if only such a file is committed."""
    for name in ("partners", "partners.yml.bak", "partners.YAML"):
        folder = tmp_path / name
        folder.mkdir()
        code, output = checked(folder, hook, {f"users/{name}": GOOD.replace("role", "rolle")})
        assert code == 1, output
        told = "did you mean 'role'" if name.endswith("YAML") else "is not a definition file"
        assert told in output


def test_hook_needs_no_ansible(tmp_path: Path) -> None:
    """A plain Python with PyYAML does; that is what a hook finds on a laptop."""
    tmp_path.joinpath("a.yml").write_text(GOOD)
    block = (
        "import sys, runpy\n"
        "class Block:\n"
        "    def find_spec(self, name, *_rest):\n"
        "        if name.split('.')[0] in ('ansible', 'ansible_collections', 'requests'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "sys.argv = ['check', 'a.yml']\n"
        f"runpy.run_path({str(ROOT / 'tools/check_definitions.py')!r}, run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "1 definitions are fine.\n"), done.stderr


def test_no_line_of_the_hook_is_more_than_text(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    subtests: pytest.Subtests,
) -> None:
    for text in HOSTILE:
        with subtests.test(text=text):
            from tools.check_definitions import main

            definition = {"user_name": text, text: 1, "role": [text]}
            path = tmp_path / "::error::file.yml"
            path.write_text(json.dumps({"users": [definition, definition], text: text}))
            monkeypatch.chdir(tmp_path)
            assert main([path.name]) == 1
            printed = capsys.readouterr().out
            assert len(printed) > 10
            assert all(map(is_harmless_line, printed.split("\n")))
