# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life cycle of definitions in a git repository, with the pipelines of GitHub and GitLab.

Adopt an installation, change it by a merge request, plan, change one user by hand, see the apply
refuse that one user, plan again, apply, and end without drift.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gitops.ci_providers import CiProvider, GitHub, GitLab
from tests.gitops.playbook import Workspace, workspace
from tests.gitops.repository import Repository, Step
from tests.gitops.sample_data import settled
from tests.netserver import NetServer


@pytest.fixture(params=[GitHub, GitLab], ids=["github", "gitlab"])
def provider(request: pytest.FixtureRequest) -> Iterator[CiProvider]:
    with request.param() as provider:
        yield provider


@pytest.fixture
def repository(tmp_path: Path, server: NetServer, provider: CiProvider) -> Repository:
    return Repository(tmp_path, server, provider)


def passed(steps: list[Step]) -> None:
    assert not [step for step in steps if step.code], steps[-1].output


def edited(repository: Repository, changes: dict[str, dict[str, Any]]) -> None:
    """Change definitions, as a person does in an editor."""
    path = repository.folder / "users" / "users.yml"
    content = yaml.safe_load(path.read_text())
    for entry in content["users"]:
        entry.update(changes.pop(entry["user_name"], {}))
    content["users"] += [{"user_name": name, **entry} for name, entry in changes.items()]
    path.write_text(yaml.safe_dump(content, allow_unicode=True))


@pytest.mark.parametrize(
    "provider",
    [pytest.param(GitHub, id="github"), pytest.param(GitLab, id="gitlab", marks=pytest.mark.slow)],
    indirect=True,
)
def test_pipeline_adopts_plans_refuses_stale_and_applies(
    repository: Repository, server: NetServer, provider: CiProvider
) -> None:
    users = [one["user_name"] for one in settled(server, 24)]
    newcomer = server.tenant.add_person(first_name="New", last_name="Comer")

    # adopt: one command, one commit, and nothing differs
    environment = workspace(repository.folder, server).environment
    Workspace(repository.folder, environment).ok("superoffice.crm.export")
    passed(repository.run("drift", repository.commit("Adopt the installation")))
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
    passed(repository.run("plan", repository.commit("Change some users")))
    assert len(provider.comments) == 2
    assert moved in provider.comments[1]["body"]
    assert "new.comer" in provider.comments[1]["body"]
    edited(repository, {renamed: {"user_name": f"r.{renamed}", "previous_user_names": [renamed]}})
    passed(repository.run("plan", repository.commit("And rename one")))
    assert len(provider.comments) == 2
    assert f"r.{renamed}" in provider.comments[1]["body"]
    assert not server.journal.writes

    # before the merge somebody gives one user another role by hand
    server.tenant.change_user(untouched, role_id=server.tenant.role_id("External user"))
    if role(server, untouched) == "External user":
        server.tenant.change_user(untouched, role_id=server.tenant.role_id("Vendor"))
    commit = repository.merge("change")
    steps = repository.run("apply", commit)
    assert steps[-1].code
    report = json.loads(repository.last.joinpath("reports/report.json").read_text())
    numbers = [report["summary"][name] for name in ("created", "modified", "renamed")]
    assert numbers == [1, 1, 1]
    (refused,) = [
        user for user in report["installations"][0]["users"] if user["status"] == "failed"
    ]
    assert (refused["user_name"], refused["error"]["kind"]) == (untouched, "stale")
    assert is_active(server, untouched)
    assert server.tenant.user(f"r.{renamed}")
    assert server.tenant.user("new.comer@fjord.example")

    # the alarm of the night tells of that one; the next request plans it anew, and applies
    steps = repository.run("drift", commit)
    assert any(step.code for step in steps)
    report = json.loads(repository.last.joinpath("reports/report.json").read_text())
    assert [user["user_name"] for user in report["installations"][0]["users"]] == [untouched]
    repository.git("checkout", "--quiet", "-b", "again")
    passed(repository.run("plan", repository.commit("Plan again")))
    passed(repository.run("apply", repository.merge("again")))
    assert not is_active(server, untouched)

    # and drift is zero
    server.journal.clear()
    passed(repository.run("drift", repository.git("rev-parse", "HEAD")))
    report = json.loads(repository.last.joinpath("reports/report.json").read_text())
    assert (report["status"], report["drift"]) == ("in_sync", False)
    assert not server.journal.writes
    assert not provider.unauthorized


def is_active(server: NetServer, name: str) -> bool:
    user = server.tenant.user(name)
    assert user
    return bool(user.is_active)


def role(server: NetServer, name: str) -> str:
    user = server.tenant.user(name)
    assert user
    return user.role_name


def test_nothing_is_applied_without_a_reviewed_plan(
    repository: Repository, server: NetServer
) -> None:
    name = settled(server, 3)[0]["user_name"]
    text = yaml.safe_dump({"users": [{"user_name": name, "state": "absent"}]})
    repository.folder.joinpath("users/users.yml").write_text(text)
    steps = repository.run("apply", repository.commit("Pushed past everybody"))
    assert steps[-1].code
    assert "no reviewed plan" in steps[-1].output
    assert not server.journal.writes


@pytest.mark.parametrize("provider", [GitHub], ids=["github"], indirect=True)
def test_refused_plan_is_reported_on_the_pull_request(
    repository: Repository, server: NetServer, provider: CiProvider
) -> None:
    definitions = settled(server, 3)
    definitions[1]["role"] = "Parner"
    text = yaml.safe_dump({"users": definitions})
    repository.folder.joinpath("users/users.yml").write_text(text)
    steps = repository.run("plan", repository.commit("With a slip"))
    assert any(step.code for step in steps)
    assert "did you mean" in provider.comments[1]["body"]
    assert steps[-1].code == 0
