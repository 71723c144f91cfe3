# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many installations: hosts of an inventory, in parallel; a broken one does not stop the others."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml

from tests.gitops.playbook import Workspace, workspace
from tests.gitops.sample_data import ADMIN, settled
from tests.netserver import NetServer

NUMBER = 8
# one refuses the login, one is not there, one is asked for a role that it does not have
LOCKED, GONE, WRONG = "tenant01", "tenant03", "tenant06"


@pytest.fixture
def tenants(tmp_path: Path) -> Iterator[tuple[Workspace, dict[str, NetServer]]]:
    """Embedded servers, an inventory of them, and a folder of definitions for each."""
    with contextlib.ExitStack() as stack:
        servers = {}
        hosts = {}
        for number in range(NUMBER):
            name = f"tenant{number:02}"
            server = stack.enter_context(NetServer(admin=ADMIN))
            definitions = settled(server, 5 + number)
            definitions[0]["role"] = "Vendor" if definitions[0]["role"] == "Partner" else "Partner"
            if name == WRONG:
                definitions[1]["role"] = "No such role"
            folder = tmp_path / "users" / name
            folder.mkdir(parents=True)
            folder.joinpath("all.yml").write_text(yaml.safe_dump({"users": definitions}))
            url = "http://127.0.0.1:9/SuperOffice" if name == GONE else server.url
            password = "not the password" if name == LOCKED else ADMIN[1]
            hosts[name] = {"external_users_url": url, "external_users_auth_password": password}
            servers[name] = server
        common = {"external_users_auth_username": ADMIN[0], "external_users_retries": 0}
        inventory = {"superoffice": {"hosts": hosts, "vars": common}}
        tmp_path.joinpath("hosts.yml").write_text(yaml.safe_dump(inventory))
        yield workspace(tmp_path, None), servers


def test_one_broken_installation_does_not_stop_the_others(
    tenants: tuple[Workspace, dict[str, NetServer]],
) -> None:
    here, servers = tenants
    broken = {LOCKED, GONE, WRONG}
    formats = ["markdown", "html", "json", "junit"]
    arguments = ("-i", "hosts.yml", "--forks", "8")
    planned = here.play("superoffice.crm.plan", *arguments, external_users_report_formats=formats)
    assert planned.code == 2
    report = here.report()
    assert [one["name"] for one in report["installations"]] == sorted(servers)
    states = {one["name"]: one["status"] for one in report["installations"]}
    assert {name for name, state in states.items() if state == "drift"} == set(servers) - broken
    assert (states[WRONG], states[LOCKED], states[GONE]) == ("refused", "failed", "failed")
    assert report["summary"]["modified"] == NUMBER - len(broken)
    assert not any(server.journal.writes for server in servers.values())
    # each has its own files, and a plan if there is one
    for name in servers:
        own = here.report(f"reports/{name}/report.json")
        assert own["installations"][0]["name"] == name
        plan = here.folder / "reports" / name / "plan.json"
        assert plan.exists() == (name not in broken)

    # exactly these plans, on merge
    applied = here.play(
        "superoffice.crm.apply", *arguments, external_users_plan_dir="reports",
        external_users_output_dir="applied", external_users_report_formats=formats,
    )  # fmt: skip
    assert applied.code == 2
    report = here.report("applied/report.json")
    states = {one["name"]: one["status"] for one in report["installations"]}
    assert {name for name, state in states.items() if state == "changed"} == set(servers) - broken
    for name, server in servers.items():
        assert len(server.journal.committed) == (0 if name in broken else 1)
    assert len(JUnitXml.fromfile(str(here.folder / "applied/report.xml"))) == NUMBER
    page = here.read("applied/report.html")
    assert all(name in page for name in servers)
    assert not here.folder.joinpath("applied", GONE, "plan.json").exists()
    assert json.dumps(ADMIN[1]) not in applied.output + planned.output


@pytest.mark.parametrize("url", ["{{ site }}", "http://127.0.0.1:{{ port }}/SuperOffice"])
def test_hosts_with_one_address_are_refused_wherever_it_is_set(tmp_path: Path, url: str) -> None:
    """A variable of the play stands above those of the hosts, and its template may differ."""
    play = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {
            "external_users_url": url,
            "external_users_auth_username": ADMIN[0],
            "external_users_auth_password": ADMIN[1],
            "external_users_prune": "delete",
            "external_users_prune_scope": "all",
            "external_users_limits": {"delete": "100%"},
        },
        "roles": ["superoffice.crm.external_users"],
    }
    here = workspace(tmp_path, None)
    with NetServer(admin=ADMIN) as one, NetServer(admin=ADMIN) as two:
        hosts = {}
        for name, server in (("north", one), ("south", two)):
            server.tenant.add_external_user(name)
            here.write(f"users/{name}/all.yml", f"users: [{{user_name: {name}}}]\n")
            hosts[name] = {
                "site": server.url,
                "port": server.url.rpartition(":")[2].partition("/")[0],
            }
        here.write("play.yml", yaml.safe_dump([play]))
        here.write("hosts.yml", yaml.safe_dump({"all": {"hosts": hosts}}))
        here.ok("play.yml", "-i", "hosts.yml")
        hosts["south"] = {**hosts["north"], "site": f"{one.url}/api/"}
        here.write("hosts.yml", yaml.safe_dump({"all": {"hosts": hosts}}))
        outcome = here.play("play.yml", "-i", "hosts.yml")
        assert outcome.code == 2
        assert "north and south have one address" in outcome.words
        assert [user.user_name for user in one.tenant.users() if user.is_external] == ["north"]
        assert not one.journal.writes
