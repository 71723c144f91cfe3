# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users install holds all that they need and nothing else, and works by its full names."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.artefact.conftest import ROOT, Machine
from tools.ansible_test import files_of_checkout

TOP = {
    "CHANGELOG.rst", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "FILES.json", "LICENSE",
    "MANIFEST.json", "README.md", "SECURITY.md", "changelogs", "docs", "meta", "playbooks",
    "plugins", "roles", "tests",
}  # fmt: skip
WHOLE = ("plugins/", "roles/", "playbooks/", "meta/")
USER = "superoffice.crm.superoffice_external_user"


def files(machine: Machine) -> set[str]:
    with tarfile.open(machine.artefact) as tar:
        return {member.name for member in tar.getmembers() if member.isfile()}


def test_it_holds_what_users_need(machine: Machine) -> None:
    needed = {name for name in files_of_checkout() if name.startswith(WHOLE)}
    needed |= {name for name in files_of_checkout() if re.fullmatch(r"docs/[^/]+", name)}
    assert needed <= files(machine)


def test_it_holds_nothing_else(machine: Machine) -> None:
    names = files(machine)
    assert {name.split("/")[0] for name in names} <= TOP
    assert {name for name in names if name.startswith("tests/")} == {"tests/config.yml"}
    # examples are whole projects, with the files that CI systems want
    own = [name for name in names if not name.startswith("docs/examples/")]
    assert not [name for name in own if re.search(r"(^|/)\.|\.pyc$|__pycache__", name)]


def test_the_manifest_says_what_galaxy_wants(machine: Machine) -> None:
    manifest = json.loads((machine.installed / "MANIFEST.json").read_text(encoding="utf-8"))
    info = manifest["collection_info"]
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert (info["namespace"], info["name"]) == ("superoffice", "crm")
    assert info["version"] == galaxy["version"]
    assert info["dependencies"] == {}


def test_a_module_runs_by_its_full_name(machine: Machine, connection: dict[str, str]) -> None:
    output = machine.must(
        "ansible", "localhost", "-c", "local", "-m", USER,
        "-a", "user_name=user00001@example.com is_active=false", variables=connection,
    )  # fmt: skip
    assert "CHANGED" in output
    assert '"Active"' in output


def test_the_documentation_is_found(machine: Machine) -> None:
    listed = json.loads(machine.must("ansible-doc", "-l", "--json", "superoffice.crm"))
    modules = (machine.installed / "plugins" / "modules").glob("*.py")
    assert set(listed) == {f"superoffice.crm.{path.stem}" for path in modules}
    assert "external_users" in machine.must("ansible-doc", "-t", "role", "-l", "superoffice.crm")


def test_the_playbooks_and_the_role_run_by_their_full_names(
    machine: Machine, connection: dict[str, str], tmp_path: Path
) -> None:
    def play(name: str, *options: str) -> str:
        return machine.must(
            "ansible-playbook", name, *options, folder=tmp_path, variables=connection
        )

    play("superoffice.crm.export")
    exported = list((tmp_path / "users").rglob("*.yml"))
    assert exported
    assert recap(play("superoffice.crm.plan"))["failed"] == 0
    assert (tmp_path / "reports" / "plan.json").exists()
    assert list((tmp_path / "reports").glob("*.html"))

    declared = yaml.safe_load(exported[0].read_text(encoding="utf-8"))
    declared["users"][0]["is_active"] = False
    exported[0].write_text(yaml.safe_dump(declared), encoding="utf-8")
    limits = json.dumps({"external_users_limits": {"deactivate": 1}})
    play("superoffice.crm.apply", "-e", limits)
    inactive = machine.must(
        "ansible", "localhost", "-c", "local", "-m", f"{USER}_info", "-a", "is_active=false",
        variables=connection,
    )  # fmt: skip
    assert declared["users"][0]["user_name"] in inactive
    play("superoffice.crm.review")
    play("superoffice.crm.diagnose")
    assert (tmp_path / "reports" / "diagnosis.json").exists()

    role = [{"hosts": "localhost", "connection": "local", "gather_facts": False,
             "roles": ["superoffice.crm.external_users"]}]  # fmt: skip
    (tmp_path / "site.yml").write_text(yaml.safe_dump(role), encoding="utf-8")
    assert recap(play("site.yml", "--check"))["failed"] == 0


@pytest.mark.parametrize("playbook", ["rotate_passwords", "demo"])
def test_the_other_playbooks_are_found_and_read(machine: Machine, playbook: str) -> None:
    machine.must("ansible-playbook", "--syntax-check", f"superoffice.crm.{playbook}")


def test_a_missing_library_is_named(
    machine: Machine, connection: dict[str, str], tmp_path: Path
) -> None:
    """A host without `requests` says so in Ansible's own words."""
    bare = tmp_path / "bare"
    machine.must(str(machine.venv / "bin" / "python"), "-m", "venv", "--without-pip", str(bare))
    # with an environment of its own a task is run by the module, and not in the controller
    task = {"name": "Ask", USER: {"user_name": "anna", "state": "absent"}}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False,
            "environment": {"ANY": "thing"}, "tasks": [task],
            "vars": {"ansible_python_interpreter": str(bare / "bin" / "python")}}  # fmt: skip
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = machine.run(["ansible-playbook", "play.yml"], tmp_path, connection)
    assert done.returncode != 0
    assert "Failed to import the required Python library (requests)" in done.stdout


def recap(output: str) -> dict[str, int]:
    """Return the counts of the last line of a run."""
    counts = re.findall(r"(\w+)=(\d+)", output.strip().splitlines()[-1])
    return {name: int(number) for name, number in counts}
