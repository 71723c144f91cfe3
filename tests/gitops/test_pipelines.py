# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life cycle of definitions in a git repository, with the pipelines of GitHub and GitLab.

Adopt an installation, change it by a merge request, plan, change one user by hand, see the apply
refuse that one user, heal, and end without drift.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gitops.ci_providers import TOKEN, CiProvider, GitHub, GitLab
from tests.gitops.playbook import Workspace
from tests.gitops.repository import (
    EXAMPLE,
    ROOT,
    Repository,
    Step,
    evaluated,
    github_context,
    github_workflow,
    gitlab_context,
    matches_rule,
)
from tests.gitops.sample_data import settled
from tests.netserver import NetServer

LABEL = "external-users-drift"


@pytest.fixture(params=[GitHub, GitLab], ids=["github", "gitlab"])
def provider(request: pytest.FixtureRequest) -> Iterator[CiProvider]:
    if request.param is GitHub and not shutil.which("jq"):
        pytest.skip("jq is not installed, with which the command gh of the tests filters")
    with request.param() as provider:
        yield provider


@pytest.fixture
def repository(tmp_path: Path, server: NetServer, provider: CiProvider) -> Repository:
    return Repository(tmp_path, server, provider)


def passed(steps: list[Step]) -> None:
    assert not [step for step in steps if step.code], "\n".join(one.output for one in steps)


def output(steps: list[Step]) -> str:
    return " ".join(" ".join(step.output for step in steps).split())


def edited(repository: Repository, changes: dict[str, dict[str, Any]]) -> None:
    """Change definitions, as a person does in an editor."""
    path = repository.folder / "users" / "users.yml"
    content = yaml.safe_load(path.read_text())
    for entry in content["users"]:
        entry.update(changes.pop(entry["user_name"], {}))
    content["users"] += [{"user_name": name, **entry} for name, entry in changes.items()]
    path.write_text(yaml.safe_dump(content, allow_unicode=True))


def is_active(server: NetServer, name: str) -> bool:
    user = server.tenant.user(name)
    assert user
    return bool(user.is_active)


def role(server: NetServer, name: str) -> str:
    user = server.tenant.user(name)
    assert user
    return user.role_name


def report(repository: Repository) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        repository.last.joinpath("reports/report.json").read_text()
    )
    return document


@pytest.mark.parametrize(
    "provider",
    [pytest.param(GitHub, id="github"), pytest.param(GitLab, id="gitlab", marks=pytest.mark.slow)],
    indirect=True,
)
def test_pipeline_adopts_plans_refuses_stale_heals_and_closes_the_issue(  # noqa: PLR0915 - a story
    repository: Repository, server: NetServer, provider: CiProvider
) -> None:
    users = [one["user_name"] for one in settled(server, 24)]
    newcomer = server.tenant.add_person(first_name="New", last_name="Comer")

    # adopt: one command, one commit, and nothing differs
    exported = repository.laptop.run(["./external-users", "export"])
    assert exported.code == 0, exported.output
    passed(repository.run("drift", repository.commit("Adopt the installation"), "schedule"))
    assert report(repository)["status"] == "in_sync"
    assert not provider.issues
    assert not server.journal.writes

    # a change by request: the plan is a comment, kept up to date
    repository.git("checkout", "--quiet", "-b", "change")
    moved, renamed, untouched = users[0], users[1], users[2]
    edited(
        repository,
        {
            moved: {"role": "Partner" if role(server, moved) != "Partner" else "Vendor"},
            untouched: {"is_active": False},
            "new.comer@fjord.example": {"person_id": newcomer, "role": "Vendor"},
        },
    )
    passed(repository.run("plan", repository.commit("Change some users"), "pull_request"))
    (comment,) = provider.our_comments
    assert moved in comment
    assert "new.comer" in comment
    edited(repository, {renamed: {"user_name": f"r.{renamed}", "previous_user_names": [renamed]}})
    head = repository.commit("And rename one")
    # GitLab may run the pipeline on the merge of the head with main
    planned = repository.merged_result(head) if provider.name == "gitlab" else head
    passed(repository.run("plan", planned, "pull_request"))
    (comment,) = provider.our_comments
    assert f"r.{renamed}" in comment
    assert provider.name == "gitlab" or f"r.{renamed}" in repository.summary
    assert not server.journal.writes

    # before the merge somebody gives one user another role by hand
    other = "Vendor" if role(server, untouched) == "External user" else "External user"
    server.tenant.change_user(untouched, role_id=server.tenant.role_id(other))
    commit = repository.merge("change")
    steps = repository.run("apply", commit, "push")
    assert any(step.code for step in steps)
    numbers = [report(repository)["summary"][name] for name in ("created", "modified", "renamed")]
    assert numbers == [1, 1, 1], output(steps)
    rows = report(repository)["installations"][0]["users"]
    (refused,) = [user for user in rows if user["status"] == "failed"]
    assert (refused["user_name"], refused["error"]["kind"]) == (untouched, "stale")
    assert is_active(server, untouched)
    assert server.tenant.user(f"r.{renamed}")
    assert server.tenant.user("new.comer@fjord.example")

    # the next night opens an issue about that one, and the night after it updates the issue
    for night in (1, 2):
        steps = repository.run("drift", commit, "schedule")
        # to GitHub a run with drift is no failure, to GitLab it is a warning
        assert {step.code for step in steps} == ({0} if provider.name == "github" else {2})
        rows = report(repository)["installations"][0]["users"]
        assert [user["user_name"] for user in rows] == [untouched]
        (issue,) = provider.open_issues(LABEL)
        assert untouched in issue["text"]
        issue["text"] = f"as of night {night}"

    # somebody runs the pipeline by hand: a plan, an approval, that plan
    writes = len(server.journal.writes)
    passed(repository.run("plan", commit, "by_hand", selected_users=untouched))
    run = repository.runs
    assert len(provider.our_comments) == 1
    assert len(server.journal.writes) == writes
    steps = repository.run("apply-by-hand", commit, "by_hand", run=run, selected_users=untouched)
    passed(steps)
    assert f"users named {untouched}" in output(steps)
    assert not is_active(server, untouched)

    # and drift is zero, and the issue closed
    server.journal.clear()
    passed(repository.run("drift", commit, "schedule"))
    assert (report(repository)["status"], report(repository)["drift"]) == ("in_sync", False)
    assert not provider.open_issues(LABEL)
    (issue,) = provider.issues
    assert "in sync" in issue["notes"][0]
    assert not server.journal.writes
    assert not provider.unauthorized


def forged_request(repository: Repository, server: NetServer) -> tuple[str, str]:
    """Merge a harmless change that has a plan of its own in every folder that may be read.

    Return the commit before, and the commit of the merge.
    """
    definitions = settled(server, 6)
    path = repository.folder / "users/users.yml"
    path.write_text(yaml.safe_dump({"users": definitions}))
    base = repository.commit("Adopt")
    definitions[1]["state"] = "absent"
    path.write_text(yaml.safe_dump({"users": definitions}))
    plan = repository.laptop.play("plan.yml")
    assert plan.code == 0, plan.output
    repository.git("checkout", "--quiet", "-b", "forged")
    definitions[1].pop("state")
    definitions[0]["is_active"] = not definitions[0]["is_active"]
    path.write_text(yaml.safe_dump({"users": definitions}))
    theirs = repository.folder / "reports/plan.json"
    for folder in ("reports/reports", "reviewed"):
        place = repository.folder / folder
        place.mkdir(parents=True)
        shutil.copy(theirs, place / "plan.json")
    repository.git("add", "--force", "reports", "reviewed")
    passed(repository.run("plan", repository.commit("A harmless change"), "pull_request"))
    return base, repository.merge("forged")


@pytest.mark.parametrize(
    "provider",
    [pytest.param(GitHub, id="github"), pytest.param(GitLab, id="gitlab")],
    indirect=True,
)
def test_only_the_reviewed_plan_is_fetched(
    repository: Repository, server: NetServer, provider: CiProvider, subtests: pytest.Subtests
) -> None:
    base, commit = forged_request(repository, server)
    (kept,) = provider.artifacts
    plan = next(one for one in kept.files if re.fullmatch(r"(reports/)?plan\.json", one))
    # more than a plan may have, and what is left of the artifact without the plan
    huge = {**kept.files, plan: b"x" * (64 * 2**20 + 1)}
    rest = {one: text for one, text in kept.files.items() if one != plan}
    on_github = provider.name == "github"
    not_ours = "is no successful run of this workflow" if on_github else "There is no plan of"
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "another commit": ({"head": base}, "There is no plan of"),
        "a fork": ({"fork": True}, "There is no plan of"),
        "another event": ({"event": "push"}, not_ours),
        "a failed run": ({"conclusion": "failure"}, not_ours),
        "too large": ({"files": huge}, "too large for a plan"),
    }
    if on_github:
        cases["expired"] = {"expired": True}, "There is no plan of"
    else:
        cases["lost"] = {"files": rest}, "HTTP 404"
    for name, (facts, message) in cases.items():
        with subtests.test(name):
            provider.artifacts = [dataclasses.replace(kept, **facts)]
            steps = repository.run("apply", commit, "push", part="fetch-plan")
            assert steps[-1].code, output(steps)
            assert message in output(steps)
            assert "Traceback" not in output(steps)
    provider.artifacts = [kept]
    merged = provider.merged
    for name, facts in (
        ("another branch", {"target": "release"}),
        ("pushed past everybody", {"merged": {}}),
    ):
        with subtests.test(name):
            provider.target, provider.merged = "main", merged
            vars(provider).update(facts)
            steps = repository.run("apply", commit, "push", part="fetch-plan")
            assert steps[-1].code
            assert "so that there is no reviewed plan" in output(steps)
    provider.target, provider.merged = "main", merged
    if on_github:
        with subtests.test("lost"):
            provider.artifacts = [dataclasses.replace(kept, files=rest)]
            steps = repository.run("apply", commit, "push")
            assert any(step.code for step in steps)
            assert not server.journal.writes
    with subtests.test("as reviewed"):
        provider.artifacts = [kept]
        passed(repository.run("apply", commit, "push"))
        assert [one.operation for one in server.journal.committed] == ["SetExternalUserInfo"]


def test_one_plan_is_fetched_for_each_installation(
    repository: Repository, server: NetServer, provider: CiProvider
) -> None:
    hosts = {"superoffice": {"hosts": {"north": None, "south": None}}}
    repository.folder.joinpath("inventory/hosts.yml").write_text(yaml.safe_dump(hosts))
    repository.git("checkout", "--quiet", "-b", "change")
    head = repository.commit("Two installations")
    commit = repository.merge("change")
    kept = repository.folder / "kept"
    reports = kept if provider.name == "github" else kept / "reports"
    for name in ("plan.json", "north/plan.json", "south/plan.json", "reports/plan.json"):
        path = reports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the plan {name}")
    is_github = provider.name == "github"
    event = "pull_request" if is_github else "merge_request_event"
    provider.keep(1, "plan-7" if is_github else "plan", head, kept, event=event)
    passed(repository.run("apply", commit, "push", part="fetch-plan"))
    fetched = repository.last / "temporary/reviewed"
    for host in ("north", "south"):
        assert fetched.joinpath(host, "plan.json").read_text() == f"the plan {host}/plan.json"


@pytest.mark.parametrize("provider", [GitLab], ids=["gitlab"], indirect=True)
def test_what_fails_at_gitlab_is_told_in_a_sentence(
    repository: Repository, server: NetServer, provider: CiProvider, subtests: pytest.Subtests
) -> None:
    settings = {
        "CI_API_V4_URL": f"{provider.root}/api/v4",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_COMMIT_BRANCH": "main",
        "CI_COMMIT_SHA": repository.git("rev-parse", "HEAD"),
        "PROJECT_TOKEN": TOKEN,
    }
    report = repository.folder / "report.md"
    report.write_text("a report")
    cases = {
        "a wrong token": ({"PROJECT_TOKEN": "wrong"}, "HTTP 401", ["comment", "report.md"]),
        "no token": ({"PROJECT_TOKEN": ""}, "PROJECT_TOKEN is not set", ["comment", "report.md"]),
        "no report": ({}, "There is no none.md", ["comment", "none.md"]),
        "no such server": (
            {"CI_API_V4_URL": "http://127.0.0.1:9/api/v4"},
            "could not be reached",
            ["drift-issue", "0", "report.md"],
        ),
        "no such project": ({"CI_PROJECT_ID": "4"}, "HTTP 404", ["fetch-plan", "reviewed"]),
        "a check that failed": ({}, "was left as it is", ["drift-issue", "1", "report.md"]),
        "no code": ({}, "was left as it is", ["drift-issue", "", "report.md"]),
        "no such command": ({}, "usage:", ["plan"]),
    }  # fmt: skip
    for name, (changes, message, arguments) in cases.items():
        with subtests.test(name):
            environment = {**repository.environment, **settings, **changes}
            command = [sys.executable, "ci/gitlab.py", *arguments]
            outcome = Workspace(repository.folder, environment).run(command)
            assert outcome.code == 1
            assert message in outcome.output
            assert outcome.output.count("\n") == 1


@pytest.mark.parametrize("provider", [GitHub], ids=["github"], indirect=True)
def test_refused_plan_is_reported_on_the_pull_request(
    repository: Repository, server: NetServer, provider: CiProvider
) -> None:
    definitions = settled(server, 3)
    definitions[1]["role"] = "Parner"
    text = yaml.safe_dump({"users": definitions})
    repository.folder.joinpath("users/users.yml").write_text(text)
    steps = repository.run("plan", repository.commit("With a slip"), "pull_request")
    assert any(step.code for step in steps)
    assert "did you mean" in provider.our_comments[0]
    assert "did you mean" in repository.summary
    assert provider.artifacts[0].conclusion == "failure"


@pytest.mark.parametrize(
    "lose",
    ["group", "inventory", "url", "password", "plan"],
)
@pytest.mark.parametrize("provider", [GitHub], ids=["github"], indirect=True)
def test_what_is_lost_ends_red(
    repository: Repository, server: NetServer, provider: CiProvider, lose: str
) -> None:
    definitions = settled(server, 3)
    users = repository.folder / "users/users.yml"
    users.write_text(yaml.safe_dump({"users": definitions}))
    if lose == "group":
        repository.folder.joinpath("inventory/hosts.yml").write_text("all:\n  hosts: {}\n")
    elif lose == "inventory":
        shutil.rmtree(repository.folder / "inventory")
    elif lose in {"url", "password"}:
        repository.login[f"SUPEROFFICE_{lose.upper()}"] = ""
    commit = repository.commit("Lost")
    if lose == "plan":
        # nobody planned, and the apply is tried all the same
        outcome = repository.laptop.play("apply.yml")
        assert outcome.code
        assert "plan_required" in outcome.words
    else:
        steps = repository.run("drift", commit, "schedule")
        assert steps[-1].code
        assert "was left as it is" in output(steps)
        assert not provider.issues
    assert not server.journal.writes


def test_a_drift_check_tells_drift_from_failure_by_its_exit_code(
    tmp_path: Path, server: NetServer
) -> None:
    with GitHub() as provider:
        repository = Repository(tmp_path, server, provider)
        definitions = settled(server, 4)
        users = repository.folder / "users/users.yml"
        users.write_text(yaml.safe_dump({"users": definitions}))
        command = ["./external-users", "drift", "-e", "external_users_fail_on_drift=true"]
        assert repository.laptop.run(command).code == 0
        server.tenant.change_user(definitions[0]["user_name"], is_active=False)
        definitions[0]["is_active"] = True
        users.write_text(yaml.safe_dump({"users": definitions}))
        assert repository.laptop.run(command).code == 2
        # the report of the run before says drift; this one failed
        users.write_text("users: [")
        assert repository.laptop.run(command).code == 1
        users.write_text(yaml.safe_dump({"users": definitions}))
        without = [*command, "-e", '{"external_users_report_formats": ["html"]}']
        outcome = repository.laptop.run(without)
        assert outcome.code == 1
        assert "Traceback" not in outcome.output
        usage = repository.laptop.run(["./external-users"])
        assert usage.code == 1
        assert "./external-users drift" in usage.output


def test_each_event_starts_the_jobs_that_are_meant_for_it() -> None:
    jobs = github_workflow(EXAMPLE)["jobs"]
    started = {
        event: {name for name, job in jobs.items() if evaluated(job["if"], github_context(event))}
        for event in ("pull_request", "push", "schedule", "by_hand")
    }
    assert started == {
        "pull_request": {"plan"},
        "push": {"apply"},
        "schedule": {"drift"},
        "by_hand": {"plan", "apply-by-hand"},
    }
    assert not evaluated(jobs["plan"]["if"], github_context("pull_request", fork=True))
    elsewhere = github_context("by_hand") | {"github.ref_name": "change"}
    assert not evaluated(jobs["apply-by-hand"]["if"], elsewhere)
    pipeline = yaml.safe_load(EXAMPLE.joinpath(".gitlab-ci.yml").read_text())
    rules = {name: job["rules"] for name, job in pipeline.items() if "script" in job}
    for event, expected in started.items():
        context = gitlab_context(event)
        assert any(matches_rule(rule["if"], context) for rule in pipeline["workflow"]["rules"])
        found = {
            name
            for name, these in rules.items()
            if any(matches_rule(rule["if"], context) for rule in these)
        }
        assert found == expected


def test_the_workflow_is_built_as_the_guide_says() -> None:
    workflow = github_workflow(EXAMPLE)
    # a required check that is not started stays pending for ever
    assert "paths" not in workflow["on"]["pull_request"]
    assert workflow["permissions"] == {}
    writing = [job for job in workflow["jobs"].values() if "Apply" in job["name"]]
    assert len(writing) == 2
    for job in writing:
        expected = {"group": "external-users-write", "cancel-in-progress": False, "queue": "max"}
        assert job["concurrency"] == expected
        assert set(job["permissions"].values()) == {"read"}
    groups = [job["concurrency"]["group"] for job in workflow["jobs"].values()]
    assert "github.event.number" in groups[0]
    guide = (ROOT / "docs/examples/gitops/README.md").read_text()
    for job in workflow["jobs"].values():
        assert job["environment"] in guide
        for step in job["steps"]:
            assert re.fullmatch(
                r"actions/[\w-]+@[0-9a-f]{40}", step.get("uses", "actions/a@" + 40 * "0")
            )
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
    pipeline = yaml.safe_load(EXAMPLE.joinpath(".gitlab-ci.yml").read_text())
    assert {pipeline[name]["resource_group"] for name in ("apply", "apply-by-hand")} == {
        "superoffice"
    }
    assert pipeline["variables"]["ANSIBLE_CONFIG"] == "$CI_PROJECT_DIR/ansible.cfg"


def test_everything_that_the_pipelines_install_is_pinned() -> None:
    lines = EXAMPLE.joinpath("requirements.txt").read_text().splitlines()
    packages = [line for line in lines if line and line[0] not in "# "]
    assert all(re.match(r"[\w-]+==[\w.]+ \\$", line) for line in packages)
    assert sum("--hash=sha256:" in line for line in lines) >= len(packages)
    wanted = EXAMPLE.joinpath("collections/requirements.yml").read_text()
    version = yaml.safe_load(ROOT.joinpath("galaxy.yml").read_text())["version"]
    assert yaml.safe_load(wanted)["collections"] == [
        {"name": "superoffice.crm", "version": version}
    ]
