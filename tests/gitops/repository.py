# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A repository of definitions, made of docs/examples/gitops, and its pipelines as shell steps."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.gitops.ci_providers import TOKEN, CiProvider
from tests.gitops.playbook import workspace
from tests.netserver import NetServer

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "gitops"
SECONDS = 600


@dataclasses.dataclass(frozen=True)
class Step:
    """A shell step that ran."""

    name: str
    code: int
    output: str


class Repository:
    """A clone on disk; pipelines run in a checkout of their own, as on a runner."""

    def __init__(self, folder: Path, server: NetServer, provider: CiProvider) -> None:
        self.folder = folder / "repository"
        self.provider = provider
        self.server = server
        self.runs = 0
        self.environment = workspace(folder, server).environment
        # settings come from the ansible.cfg of the repository
        del self.environment["ANSIBLE_COLLECTIONS_PATH"]
        self.environment |= {
            "HOME": str(folder / "home"),
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x.example",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x.example",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }  # fmt: skip
        folder.joinpath("home").mkdir()
        shutil.copytree(EXAMPLE, self.folder)
        for path in self.folder.joinpath("users").iterdir():
            path.unlink()
        # a release is installed by its name; ansible-galaxy takes this checkout for it
        self.folder.joinpath("collections/requirements.yml").write_text(
            yaml.safe_dump({"collections": [{"source": str(ROOT), "type": "dir"}]})
        )
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("The example")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything; return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str) -> str:
        """Merge a branch, as the button of the provider does; return the commit of the merge."""
        head = self.git("rev-parse", branch)
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", branch)
        commit = self.git("rev-parse", "HEAD")
        self.provider.merged[commit] = head
        return commit

    def run(self, job: str, commit: str) -> list[Step]:
        """Run the steps of a job as they stand, each as its provider does."""
        self.runs += 1
        checkout = self.folder.parent / f"run-{self.runs}"
        self.git("worktree", "add", "--quiet", "--detach", str(checkout), commit)
        environment = {**self.environment, **self.provider.environment()}
        if self.provider.name == "github":
            steps = self._on_github(job, commit, checkout, environment)
        else:
            steps = self._on_gitlab(job, commit, checkout, environment)
        if job == "plan" and not any(step.code for step in steps):
            prefix = "reports/" if self.provider.name == "gitlab" else ""
            self.provider.keep(commit, checkout / "reports", prefix=prefix)
        self.last = checkout
        return steps

    def _on_github(
        self, job: str, commit: str, checkout: Path, environment: dict[str, str]
    ) -> list[Step]:
        workflow = yaml.safe_load(
            checkout.joinpath(".github/workflows/external-users.yml").read_text()
        )
        known = {
            "secrets.SUPEROFFICE_USERNAME": self.server.admin[0],
            "secrets.SUPEROFFICE_PASSWORD": self.server.admin[1],
            "vars.SUPEROFFICE_URL": self.server.url,
            "github.token": TOKEN,
            "github.event.number": "7",
        }
        environment |= {
            "GITHUB_SHA": commit,
            "GITHUB_STEP_SUMMARY": str(checkout / "summary.md"),
            **_resolved(workflow["env"], known),
        }
        done: list[Step] = []
        for step in workflow["jobs"][job]["steps"]:
            if "run" not in step:
                continue
            assert "${{" not in step["run"], "an expression in a command can be a command"
            failed = any(one.code for one in done)
            if failed and step.get("if") != "always()":
                continue
            variables = environment | _resolved(step.get("env", {}), known)
            done.append(_shell(step["name"], step["run"], checkout, variables))
        return done

    def _on_gitlab(
        self, job: str, commit: str, checkout: Path, environment: dict[str, str]
    ) -> list[Step]:
        pipeline = yaml.safe_load(checkout.joinpath(".gitlab-ci.yml").read_text())
        environment |= {
            "CI_COMMIT_SHA": commit,
            "CI_MERGE_REQUEST_IID": "7",
            "FORGE_TOKEN": TOKEN,
        }
        # a runner joins these two into one script; what follows runs whatever they end with
        script = [*pipeline["default"]["before_script"], *pipeline[job]["script"]]
        done = [_shell("script", "\n".join(script), checkout, environment)]
        if "after_script" in pipeline[job]:
            after = "\n".join(pipeline[job]["after_script"])
            done.append(_shell("after_script", after, checkout, environment))
        return done


def _resolved(values: dict[str, Any], known: dict[str, str]) -> dict[str, str]:
    return {
        name: re.sub(r"\$\{\{ (.+?) \}\}", lambda match: known[match[1]], str(value))
        for name, value in values.items()
    }


def _shell(name: str, script: str, folder: Path, environment: dict[str, str]) -> Step:
    """Run a step with the shell that both providers use."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**environment, "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Step(name, done.returncode, done.stdout)
