# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A repository of definitions, made of docs/examples/gitops, and its pipelines as shell steps."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import yaml

from tests.gitops.ci_providers import TOKEN, CiProvider
from tests.gitops.playbook import Workspace, workspace
from tests.netserver import NetServer

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "gitops"
SECONDS = 600
ENVIRONMENTS = ("superoffice-plan", "superoffice", "superoffice-approval")


@dataclasses.dataclass(frozen=True)
class Step:
    """A shell step that ran."""

    name: str
    code: int
    output: str


@functools.cache
def artefact() -> Path:
    """Build the collection, once for all repositories."""
    folder = Path(tempfile.mkdtemp(prefix="superoffice-crm-artefact-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    command = ["ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder)]
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=SECONDS)
    return next(folder.glob("*.tar.gz"))


class Repository:
    """A clone on disk; pipelines run in a checkout of their own, as on a runner.

    What the first job of a process has installed serves the later ones too, as a cache would.
    """

    installed: ClassVar[Path | None] = None

    def __init__(self, folder: Path, server: NetServer, provider: CiProvider) -> None:
        self.folder = folder / "repository"
        self.provider = provider
        self.server = server
        self.runs = 0
        self.summary = ""
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
        programs = folder / "programs"
        programs.mkdir()
        gh = programs / "gh"
        gh.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).parent}/gh.py" "$@"\n')
        gh.chmod(0o755)
        self.environment["PATH"] = f"{programs}:{self.environment['PATH']}"
        # a person logs in by these; a job only by what its environment of the provider has
        self.login = {
            name: self.environment.pop(name)
            for name in ("SUPEROFFICE_URL", "SUPEROFFICE_USERNAME", "SUPEROFFICE_PASSWORD")
        }
        shutil.copytree(EXAMPLE, self.folder)
        # a release is installed by its name; ansible-galaxy takes this checkout for it
        self.folder.joinpath("collections/requirements.yml").write_text(
            yaml.safe_dump({"collections": [{"source": str(artefact()), "type": "file"}]})
        )
        # what is installed here, on another Python than that of the pipelines
        version = importlib.metadata.version("ansible-core")
        self.folder.joinpath("requirements.txt").write_text(f"ansible-core=={version}\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("The example")
        provider.parents = lambda commit: self.git("rev-parse", f"{commit}^@").split()

    @property
    def laptop(self) -> Workspace:
        """The clone, and the login of a person."""
        return Workspace(self.folder, {**self.environment, **self.login})

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

    def merged_result(self, head: str) -> str:
        """Return a commit that joins main and a head, as GitLab makes one for a pipeline."""
        tree = self.git("merge-tree", "--write-tree", "main", head).splitlines()[0]
        return self.git("commit-tree", tree, "-p", "main", "-p", head, "-m", "Merged result")

    def run(
        self, job: str, commit: str, event: str, run: int = 0, part: str = "", **inputs: str
    ) -> list[Step]:
        """Run the steps of a job as they stand, each as its provider does.

        `event` is one of pull_request, push, schedule and by_hand; `run` continues an earlier run;
        `part` is what the commands to run have in common, if not all of them are to run.
        """
        self.runs += 1
        checkout = self.folder.parent / f"run-{self.runs}"
        self.git("worktree", "add", "--quiet", "--detach", str(checkout), commit)
        checkout.joinpath("temporary").mkdir()
        self.last, self.summary = checkout, ""
        on = self._on_github if self.provider.name == "github" else self._on_gitlab
        steps = on(job, commit, event, checkout, run or self.runs, part, inputs)
        assert steps
        return steps

    def _on_github(
        self,
        job: str,
        commit: str,
        event: str,
        checkout: Path,
        run: int,
        part: str,
        inputs: dict[str, str],
    ) -> list[Step]:
        workflow = github_workflow(checkout)
        known = github_context(event) | {f"inputs.{name}": text for name, text in inputs.items()}
        declared = workflow["jobs"][job]
        assert evaluated(declared["if"], known), f"{job} does not run on {event}"
        if declared.get("environment") in ENVIRONMENTS:
            for name, text in self.login.items():
                known[f"{'vars' if name.endswith('URL') else 'secrets'}.{name}"] = text
        known |= {"github.run_id": run, "github.token": TOKEN}
        temporary = checkout / "temporary"
        environment = self.environment | {
            "GH_TEST_API": self.provider.root,
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": str(run),
            "GITHUB_SHA": commit,
            "GITHUB_REF_NAME": str(known["github.ref_name"]),
            "GITHUB_STEP_SUMMARY": str(temporary / "summary.md"),
            "GITHUB_OUTPUT": str(temporary / "output"),
            "RUNNER_TEMP": str(temporary),
        }
        done: list[Step] = []
        kept = []
        for step in declared["steps"]:
            has_failed = any(one.code for one in done)
            known["success()"] = not has_failed
            if not evaluated(step.get("if", "success()"), known):
                continue
            if step.get("uses", "").startswith("actions/upload-artifact@"):
                kept.append({name: filled(text, known) for name, text in step["with"].items()})
            if part not in step.get("run", "") or "run" not in step:
                continue
            assert "${{" not in step["run"], "an expression in a command can be a command"
            given = {name: filled(text, known) for name, text in step.get("env", {}).items()}
            if step["name"] == "Install":
                done += self._install(step["run"], checkout, environment)
                continue
            done.append(_shell(step["name"], step["run"], checkout, environment | given))
            output = temporary / "output"
            if "id" in step and output.exists():
                for line in output.read_text().splitlines():
                    name, _sign, text = line.partition("=")
                    known[f"steps.{step['id']}.outputs.{name}"] = text
        conclusion = "failure" if any(one.code for one in done) else "success"
        for one in kept:
            folder = checkout / one["path"]
            facts = {"event": str(known["github.event_name"]), "conclusion": conclusion}
            if folder.exists():
                self.provider.keep(run, one["name"], commit, folder, **facts)
        summary = temporary / "summary.md"
        self.summary = summary.read_text() if summary.exists() else ""
        return done

    def _on_gitlab(
        self,
        job: str,
        commit: str,
        event: str,
        checkout: Path,
        run: int,
        part: str,
        inputs: dict[str, str],
    ) -> list[Step]:
        pipeline = yaml.safe_load(checkout.joinpath(".gitlab-ci.yml").read_text())
        predefined = gitlab_context(event)
        declared = pipeline[job]
        assert any(matches_rule(rule["if"], predefined) for rule in declared["rules"])
        environment = {**self.environment, **predefined}
        for name, value in pipeline["variables"].items():
            text = value["value"] if isinstance(value, dict) else value
            environment[name] = text.replace("$CI_PROJECT_DIR", str(checkout))
        if declared.get("environment") in ENVIRONMENTS or (
            declared.get("environment", {}).get("name") in ENVIRONMENTS
        ):
            environment |= self.login
        environment |= {
            "CI_API_V4_URL": f"{self.provider.root}/api/v4",
            "CI_PROJECT_ID": "3",
            "CI_PROJECT_DIR": str(checkout),
            "CI_JOB_URL": f"https://gitlab.example/jobs/{run}",
            "GITLAB_CI": "true",
            "CI_COMMIT_SHA": commit,
            "PROJECT_TOKEN": TOKEN,
            **{name.upper(): text for name, text in inputs.items()},
        }
        # other jobs of the pipeline hand their artifacts over
        for needed in declared.get("needs", []):
            artifact = next(
                one for one in self.provider.artifacts if (one.run, one.name) == (run, needed)
            )
            for name, content in artifact.files.items():
                checkout.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
                checkout.joinpath(name).write_bytes(content)
        # a job has the machine for itself
        if not part:
            self._install("\n".join(pipeline["default"]["before_script"]), checkout, environment)
        script = "\n".join(one for one in declared["script"] if part in one)
        text = script.replace("/tmp/", f"{checkout}/temporary/")
        done = [_shell("script", text, checkout, environment)]
        if "after_script" in declared:
            after = "\n".join(declared["after_script"])
            done.append(_shell("after_script", after, checkout, environment))
        if "artifacts" in declared and checkout.joinpath("reports").exists():
            kept = checkout / "temporary" / "kept"
            shutil.copytree(checkout / "reports", kept / "reports")
            conclusion = "failed" if done[0].code else "success"
            source = predefined["CI_PIPELINE_SOURCE"]
            self.provider.keep(run, job, commit, kept, event=source, conclusion=conclusion)
        return done

    def _install(self, script: str, checkout: Path, environment: dict[str, str]) -> list[Step]:
        target = checkout / "collections/ansible_collections"
        if Repository.installed:
            target.symlink_to(Repository.installed)
            return []
        done = _shell("Install", script, checkout, environment)
        assert done.code == 0, done.output
        kept = artefact().parent / "ansible_collections"
        shutil.copytree(target, kept)
        Repository.installed = kept
        return [done]


def github_workflow(folder: Path) -> dict[str, Any]:
    """Return the workflow of a checkout."""
    path = folder / ".github/workflows/external-users.yml"
    workflow: dict[str, Any] = yaml.safe_load(path.read_text())
    return workflow


def github_context(event: str, *, fork: bool = False) -> dict[str, object]:
    """Return what GitHub says of an event, as expressions name it."""
    is_request = event == "pull_request"
    return {
        "github.event_name": "workflow_dispatch" if event == "by_hand" else event,
        "github.repository": "o/r",
        "github.ref_name": "7/merge" if is_request else "main",
        "github.event.repository.default_branch": "main",
        "github.event.number": 7 if is_request else "",
        "github.event.pull_request.head.repo.full_name": "f/r" if fork else "o/r",
    }


def gitlab_context(event: str) -> dict[str, str]:
    """Return the variables that GitLab sets for the source of a pipeline."""
    if event == "pull_request":
        return {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7"}
    source = "web" if event == "by_hand" else event
    branches = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
    return {"CI_PIPELINE_SOURCE": source, **branches}


def evaluated(expression: str, known: dict[str, object]) -> Any:
    """Return the value of an expression of GitHub's; what is not known is empty."""
    text = re.sub(r"^\$\{\{|\}\}$", "", str(expression).strip())
    found: dict[str, object] = {"always()": True, "cancelled()": False, **known}
    tokens = re.findall(r"'[^']*'|[\w.-]+(?:\(\))?|&&|\|\||==|!=|!|[()]", text)
    words = {"&&": "and", "||": "or", "!": "not"}
    plain = {"==", "!=", "(", ")"}
    parts = [
        words.get(one) or (one if one in plain or one[0] == "'" else repr(found.get(one, "")))
        for one in tokens
    ]
    return eval(" ".join(parts), {"__builtins__": {}})


def filled(text: object, known: dict[str, object]) -> str:
    """Return a text with its expressions evaluated."""
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: str(evaluated(match[1], known)), str(text))


def matches_rule(rule: str, variables: dict[str, str]) -> bool:
    """Tell whether a rule of GitLab's holds: comparisons that are joined by &&."""
    for part in rule.split(" && "):
        left, right = (
            variables.get(one[1:], "") if one[0] == "$" else one.strip('"')
            for one in part.split(" == ")
        )
        if left != right:
            return False
    return True


def _shell(name: str, script: str, folder: Path, environment: dict[str, str]) -> Step:
    """Run a step with the shell that both providers use."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Step(name, done.returncode, done.stdout)
