# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role: secrets from a vault, reports, limits, drift, rotation of passwords."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from junitparser import JUnitXml

from tests.gitops.playbook import Workspace
from tests.gitops.sample_data import drifted, settled
from tests.netserver import NetServer

ROLE = Path(__file__).resolve().parents[2] / "roles" / "external_users"
VAULT = "Vault-password-for-tests-1"
# long, and unlike anything else, so that a search for one finds nothing but a leak
CANARIES = {name: f"Canary-{name}-8c1f5a-Aa1" for name in ("file", "value", "lookup", "given")}


def vaulted(text: str) -> str:
    secret = VaultSecret(VAULT.encode())
    return str(VaultLib([("default", secret)]).encrypt(text, secret).decode())


def opened(text: str) -> Any:
    return yaml.safe_load(VaultLib([("default", VaultSecret(VAULT.encode()))]).decrypt(text))


@pytest.fixture
def vault_file(here: Workspace) -> str:
    here.write("vault-password", VAULT)
    return "--vault-password-file=vault-password"


OWN_PLAYBOOK = """
- name: Our users
  hosts: localhost
  connection: local
  gather_facts: false
  vars_files: [secrets.yml]
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    external_users_src: [users]
    external_users_passwords: "{{ vaulted_passwords }}"
    single: !vault |
@single@
    external_users_users:
      - {user_name: value@x.example, person_id: 5002, role: Vendor, password: "{{ single }}"}
      - user_name: lookup@x.example
        person_id: 5003
        role: Vendor
        password: "{{ lookup('ansible.builtin.env', 'WORD') }}"
  roles:
    - superoffice.crm.external_users
"""


def test_secrets_from_vault_and_lookups_are_used_and_never_printed(
    here: Workspace, server: NetServer, vault_file: str
) -> None:
    """And not one of the secrets shows up anywhere, however much Ansible is asked to say."""
    for person in (5001, 5002, 5003):
        server.tenant.add_person(person_id=person)
    single = "\n".join("      " + line for line in vaulted(CANARIES["value"]).splitlines())
    here.write("site/play.yml", OWN_PLAYBOOK.replace("@single@", single))
    secrets = {"vaulted_passwords": {"file@x.example": CANARIES["file"]}}
    here.write("site/secrets.yml", vaulted(yaml.safe_dump(secrets)))
    definition = {"user_name": "file@x.example", "person_id": 5001, "role": "Partner"}
    here.write("site/users/a.yml", yaml.safe_dump({"users": [definition]}))
    here.environment["WORD"] = CANARIES["lookup"]

    output = here.ok("site/play.yml", vault_file, "-vvvv", "--diff")
    for name in ("file", "value", "lookup"):
        assert server.tenant.password_matches(f"{name}@x.example", CANARIES[name])
    said = output + "".join(
        path.read_text(errors="replace")
        for path in here.folder.rglob("*")
        if path.is_file() and path.name not in ("secrets.yml", "vault-password", "play.yml")
    )
    assert here.folder.joinpath("site/reports/report.html").exists()
    for text in (*CANARIES.values(), server.admin[1]):
        assert text not in said
    assert "changed=0" in here.ok("site/play.yml", vault_file)


def test_role_makes_one_call_for_any_number_of_users(here: Workspace, server: NetServer) -> None:
    definitions = settled(server, 400)
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    server.journal.clear()
    output = here.ok("superoffice.crm.apply")
    assert output.count("Plan or apply external users") == 1
    assert sum(server.journal.counts().values()) <= 4
    assert here.report()["summary"]["unchanged"] == 400


def test_reports_are_written_for_a_refused_plan(here: Workspace, server: NetServer) -> None:
    definitions = settled(server, 30)
    definitions[3]["role"] = "Parner"
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    formats = ["markdown", "html", "json", "junit", "csv"]
    here.write("reports/plan.json", "of an earlier run")
    outcome = here.play("superoffice.crm.plan", external_users_report_formats=formats)
    assert outcome.task_failed("did you mean 'Partner'?")
    assert not here.folder.joinpath("reports/plan.json").exists()
    outcome = here.play("superoffice.crm.apply", external_users_report_formats=formats)
    assert outcome.task_failed("did you mean 'Partner'?")
    assert not server.journal.writes
    report = here.report()
    assert report["status"] == "refused"
    assert "did you mean 'Partner'?" in report["installations"][0]["findings"][0]["message"]
    finding = report["installations"][0]["findings"][0]
    assert f"{finding['where']}: {finding['message']}" in outcome.words
    for suffix in ("md", "html", "json", "xml", "csv"):
        assert here.mode(f"reports/report.{suffix}") == 0o600
    assert here.mode("reports") == 0o755  # it was there
    assert JUnitXml.fromfile(str(here.folder / "reports/report.xml")).errors == 1


def test_reports_show_failed_users(here: Workspace, server: NetServer) -> None:
    definitions = settled(server, 12)
    for one in definitions[:3]:
        one["is_active"] = not one["is_active"]
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    server.faults.add("status", operation="SetExternalUserInfo", times=1, status=403)
    outcome = here.play(
        "superoffice.crm.apply",
        external_users_limits={"deactivate": 9},
        external_users_concurrency=1,
    )
    assert outcome.code == 2
    summary = here.report()["summary"]
    assert (summary["failed"], summary["modified"] + summary["deactivated"]) == (1, 2)
    assert "failed" in here.read("reports/report.md")


def test_exceeded_limit_prevents_all_writes(here: Workspace, server: NetServer) -> None:
    settled(server, 40)
    here.write("users/all.yml", "users: [{user_name: anna.berg@fjord.example}]\n")
    partners = [user.user_name for user in server.tenant.users() if user.role_name == "Partner"]
    protected = partners[-1]
    variables: dict[str, Any] = {
        "external_users_prune": "delete",
        "external_users_prune_scope": {"roles": ["Partner"]},
        "external_users_protect": [protected],
    }
    outcome = here.play("superoffice.crm.apply", **variables)
    assert outcome.task_failed("limits.delete")
    assert not server.journal.writes
    left = {user.user_name for user in server.tenant.users() if user.role_name != "Partner"}
    here.ok("superoffice.crm.apply", **variables, external_users_limits={"delete": "100%"})
    after = {user.user_name for user in server.tenant.users()}
    assert after == left | {protected} | {"anna.berg@fjord.example"}
    assert here.report()["summary"]["protected"] == 1


def test_fail_on_drift_fails_the_play(here: Workspace, server: NetServer) -> None:
    definitions = settled(server, 30)
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    alarm = {
        "external_users_fail_on_drift": True,
        "external_users_report_formats": ["json", "junit"],
    }
    here.ok("superoffice.crm.plan", **alarm)
    server.tenant.change_user(definitions[0]["user_name"], is_active=False)
    before = server.tenant.snapshot()
    here.ok("superoffice.crm.plan")
    outcome = here.play("superoffice.crm.plan", **alarm)
    assert outcome.task_failed("external users are out of sync")
    assert server.tenant.snapshot() == before
    assert here.report()["status"] == "drift"
    assert JUnitXml.fromfile(str(here.folder / "reports/report.xml")).failures == 1


def test_check_mode_writes_only_reports(here: Workspace, server: NetServer) -> None:
    definitions = drifted(server, settled(server, 60))
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    limits = {"deactivate": None, "delete": None, "password": None}
    before = server.tenant.snapshot()
    here.ok("superoffice.crm.apply", "--check", external_users_limits=limits)
    assert server.tenant.snapshot() == before
    assert here.report()["drift"] is True
    here.ok("superoffice.crm.apply", external_users_limits=limits)
    assert here.report()["status"] == "changed"


def test_handover_file_contains_generated_passwords(
    here: Workspace, server: NetServer, vault_file: str
) -> None:
    for person in (5001, 5002):
        server.tenant.add_person(person_id=person)
    new = [
        {
            "user_name": f"new{n}@x.example",
            "person_id": n,
            "role": "Partner",
            "generate_password": True,
        }
        for n in (5001, 5002)
    ]
    here.write("users/all.yml", yaml.safe_dump({"users": new}))
    options = {
        "external_users_handover_file": "out/new.yml",
        "external_users_vault_password": VAULT,
    }
    here.environment["ANSIBLE_DISPLAY_ARGS_TO_STDOUT"] = "true"
    output = here.ok("superoffice.crm.apply", "-vvvv", "--diff", **options)
    text = here.read("out/new.yml")
    assert text.startswith("$ANSIBLE_VAULT;1.1;")
    assert here.mode("out/new.yml") == 0o600
    passwords = opened(text)["external_users_passwords"]
    assert set(passwords) == {"new5001@x.example", "new5002@x.example"}
    for name, password in passwords.items():
        assert server.tenant.password_matches(name, password)
        assert password not in output + here.read("reports/report.json")
    # what was not handed over yet is not written over
    outcome = here.play("superoffice.crm.apply", **options)
    assert outcome.task_failed("may hold the only copy")
    assert here.read("out/new.yml") == text


SCOPE = {"external_users_rotate_scope": {"roles": ["Vendor"], "user_names": ["[a-k]*"]}}


def vendors(server: NetServer) -> list[str]:
    return [
        user.user_name
        for user in server.tenant.users()
        if user.role_name == "Vendor" and user.is_active and user.user_name[0] in "abcdefghijk"
    ]


@pytest.fixture
def with_passwords(server: NetServer) -> dict[str, str]:
    """Users who can log in, and with what."""
    settled(server, 30)
    known = {}
    for number, user in enumerate(server.tenant.users()):
        known[user.user_name] = f"Before-{number}-rotation-Aa1"
        server.tenant.remove_user(user.user_name)
        server.tenant.add_external_user(
            user.user_name,
            person_id=user.person_id,
            role_id=user.role_id,
            is_active=user.is_active,
            password=known[user.user_name],
        )
    return known


def test_passwords_are_rotated_in_scope_only(
    here: Workspace, server: NetServer, with_passwords: dict[str, str]
) -> None:
    wanted = vendors(server)
    assert 3 < len(wanted) < 15
    before = server.tenant.snapshot()
    for wrong in ({"file_mode": 600}, {"report_dir": "/proc/none"}):
        named = {f"external_users_{name}": value for name, value in wrong.items()}
        assert here.play("superoffice.crm.rotate_passwords", **SCOPE, **named).code == 2
    refused = here.play("superoffice.crm.rotate_passwords", **SCOPE)
    assert refused.task_failed("limits.password")
    assert not here.folder.joinpath("passwords.yml").exists()
    variables = {**SCOPE, "external_users_limits": {"password": len(wanted)}}
    here.ok("superoffice.crm.rotate_passwords", "--check", **variables)
    assert not here.folder.joinpath("passwords.yml").exists()
    assert server.tenant.snapshot() == before

    here.environment["ANSIBLE_DISPLAY_ARGS_TO_STDOUT"] = "true"
    output = here.ok("superoffice.crm.rotate_passwords", "-vvvv", "--diff", **variables)
    assert here.mode("passwords.yml") == 0o600
    handed = yaml.safe_load(here.read("passwords.yml"))["external_users_passwords"]
    assert sorted(handed) == sorted(wanted)
    assert here.read("reports/journal.jsonl").count('"status": "done"') == len(wanted)
    assert len(set(handed.values())) == len(wanted)
    for name, old in with_passwords.items():
        assert server.tenant.password_matches(name, handed.get(name, old))
        assert handed.get(name, "no password") not in output + here.read("reports/report.html")


def test_interrupted_rotation_is_completed(
    here: Workspace, server: NetServer, with_passwords: dict[str, str]
) -> None:
    variables = {
        **SCOPE,
        "external_users_limits": {"password": 20},
        "external_users_max_failures": 1,
        "external_users_concurrency": 1,
    }
    server.faults.add("status", operation="SetExternalUserInfo", times=None, skip=2, status=403)
    outcome = here.play("superoffice.crm.rotate_passwords", **variables)
    assert outcome.code == 2
    server.faults.clear()
    handed = yaml.safe_load(here.read("passwords.yml"))
    done, failed = handed["external_users_passwords"], handed["external_users_passwords_not_set"]
    assert (len(done), len(done) + len(failed)) == (2, len(vendors(server)))
    for name, old in with_passwords.items():
        assert server.tenant.password_matches(name, done.get(name, old))
    # the same passwords once more, as the head of the file says
    here.folder.joinpath("passwords.yml").rename(here.folder / "first.yml")
    first = yaml.safe_load(here.read("first.yml"))["external_users_passwords"]
    here.ok("superoffice.crm.rotate_passwords", "-e", "@first.yml", **variables)
    again = yaml.safe_load(here.read("passwords.yml"))["external_users_passwords"]
    assert sorted(again) == sorted(vendors(server))
    assert {name: again[name] for name in first} == first
    assert all(server.tenant.password_matches(name, text) for name, text in again.items())


@pytest.mark.parametrize(
    "scope",
    [
        None,
        {"rolles": ["Vendor"]},
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"roles": []}, marks=pytest.mark.slow),
        pytest.param("everybody", marks=pytest.mark.slow),
    ],
)
def test_invalid_rotation_scope_is_refused(here: Workspace, server: NetServer, scope: Any) -> None:
    settled(server, 5)
    variables = {} if scope is None else {"external_users_rotate_scope": scope}
    outcome = here.play("superoffice.crm.rotate_passwords", **variables)
    assert outcome.code == 2
    assert not server.journal.writes
    assert not here.folder.joinpath("passwords.yml").exists()


def test_invalid_variables_are_refused_before_any_request(
    here: Workspace, server: NetServer
) -> None:
    server.journal.clear()
    outcome = here.play("superoffice.crm.apply", external_users_prune="purge")
    assert outcome.task_failed("external_users_prune")
    outcome = here.play("superoffice.crm.apply", external_users_concurrency="many")
    assert outcome.task_failed("concurrency: must be a number from 1 to 32, or auto.")
    assert not server.journal.entries


def test_argument_specs_are_complete() -> None:
    """Every variable is described, every default is the one that is described, nothing is extra."""
    specs = yaml.safe_load(ROLE.joinpath("meta/argument_specs.yml").read_text())["argument_specs"]
    defaults = yaml.safe_load(ROLE.joinpath("defaults/main.yml").read_text())
    internal = yaml.safe_load(ROLE.joinpath("vars/main.yml").read_text())
    files = sorted(ROLE.joinpath("tasks").glob("*.yml")) + sorted(ROLE.glob("templates/*"))
    text = "".join(
        path.read_text() for path in (*files, ROLE / "vars/main.yml", ROLE / "defaults/main.yml")
    )
    used = set(re.findall(r"\bexternal_users_\w+", text))
    described = set().union(*(spec["options"] for spec in specs.values()))
    made = set(re.findall(r"(?:register: |^ +)(external_users_\w+)(?:$|:)", text, re.MULTILINE))
    plugins = {path.stem for path in ROLE.parents[1].glob("plugins/filter/*.py")}
    assert set(defaults) <= described
    assert used - described - set(internal) - made - plugins == set()
    assert described <= used
    for spec in specs.values():
        for name, option in spec["options"].items():
            computed = isinstance(defaults.get(name), str) and "{{" in defaults[name]
            if not computed:
                assert option.get("default") == defaults.get(name), name
            assert option["description"], name


def test_options_of_module_and_role_are_equal() -> None:
    from ansible_collections.superoffice.crm.plugins.module_utils.task.external_users import TASK

    specs = yaml.safe_load(ROLE.joinpath("meta/argument_specs.yml").read_text())["argument_specs"]
    for name, option in TASK.argument_spec.items():
        # external_users_handover_file instead; the result of the role is not printed
        if name in ("show_generated_password", "max_results_on_failure"):
            continue
        described = specs["main"]["options"][f"external_users_{name}"]
        assert described["type"] == option["type"], name
        assert described.get("choices") == option.get("choices"), name
        if (
            name not in ("url", "src", "users", "passwords", "protect", "only")
            and "fallback" not in option
        ):
            assert described.get("default") == option.get("default"), name


def test_module_accepts_the_plan_file_of_the_role(here: Workspace, server: NetServer) -> None:
    definitions = drifted(server, settled(server, 40))
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    limits = {"deactivate": None, "delete": None, "password": None}
    here.ok("superoffice.crm.plan", external_users_limits=limits)
    assert here.mode("reports/plan.json") == 0o600
    plan = json.loads(here.read("reports/plan.json"))
    planned = here.report()["summary"]
    # a plan that is looked at again, and refused, is still there for those who reviewed it
    for path in ("reports/plan.json", "./reports//plan.json"):
        refused = here.play(
            "superoffice.crm.plan",
            external_users_plan=path,
            external_users_limits={**limits, "modify": 0},
        )
        assert refused.task_failed("modify")
        assert json.loads(here.read("reports/plan.json")) == plan
    here.ok(
        "superoffice.crm.apply",
        external_users_plan="reports/plan.json",
        external_users_limits=limits,
    )
    report = here.report()
    assert report["installations"][0]["plan_checksum"]
    assert len(plan["entries"]) == report["summary"]["total"]
    for count in ("created", "modified", "deactivated", "deleted"):
        assert report["summary"][count] == planned[count]
    edited = {**plan, "entries": plan["entries"][:1]}
    here.write("edited.json", json.dumps(edited))
    outcome = here.play("superoffice.crm.apply", external_users_plan="edited.json")
    assert outcome.task_failed("checksum differs")


def test_new_users_whose_creation_fails_are_in_the_handover_file(
    here: Workspace, server: NetServer
) -> None:
    entries = []
    for person in (5001, 5002, 5003):
        server.tenant.add_person(person_id=person)
        entries.append({"user_name": f"new{person}@x.example", "person_id": person})
    defaults = {"role": "Partner", "generate_password": True}
    here.write("users/all.yml", yaml.safe_dump({"users": [{**defaults, **e} for e in entries]}))
    server.faults.add("status", operation="SetExternalUserInfo", times=None, skip=3, status=403)
    server.faults.add("status", operation="CreateExternalUser", times=None, skip=1, status=403)
    outcome = here.play(
        "superoffice.crm.apply",
        external_users_handover_file="out/new.yml",
        external_users_concurrency=1,
    )
    assert outcome.code == 2
    handed = yaml.safe_load(here.read("out/new.yml"))
    told = {**handed["external_users_passwords"]}
    for name, entry in handed.get("external_users_passwords_not_set", {}).items():
        told[name] = entry["password"]
    assert set(told) == {entry["user_name"] for entry in entries}
    for user in server.tenant.users():
        if user.user_name in told:
            assert server.tenant.password_matches(user.user_name, told[user.user_name])


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"external_users_limts": {"delete": 0}}, "Did you mean external_users_limits?"),
        ({"external_users_file_mode": 640}, "external_users_file_mode must be octal"),
        ({"external_user_limits": {"delete": 0}}, "Did you mean external_users_limits?"),
        ({"external_users_plan": ""}, "plan"),
        ({"external_users_plan": None}, "plan"),
        ({"external_users_plans": {"other": {}}}, "plan"),
        ({"external_users_plans": {"localhost": None}}, "plan"),
        ({"external_users_plan_required": True}, "plan_required"),
        ({"external_users_hosts": "nowhere"}, "No host of the inventory"),
        ({"external_users_hosts": ""}, "No host of the inventory"),
    ],
)
def test_what_is_wrong_before_the_run_stops_it(
    here: Workspace, server: NetServer, variables: dict[str, object], message: str
) -> None:
    definitions = drifted(server, settled(server, 5))
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    before = server.tenant.snapshot()
    outcome = here.play("superoffice.crm.apply", **variables)
    assert outcome.code != 0
    assert message in " ".join(outcome.output.split())
    assert server.tenant.snapshot() == before


def test_a_checkout_that_everybody_may_write_to_does_not_lose_its_limits(
    here: Workspace, server: NetServer
) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": drifted(server, settled(server, 5))}))
    here.write("ansible.cfg", "[defaults]\ninventory = hosts.ini\n")
    here.write("hosts.ini", "[superoffice]\nlocalhost external_users_limits={'modify':0}\n")
    here.folder.chmod(0o777)
    before = server.tenant.snapshot()
    here.environment.pop("ANSIBLE_CONFIG", None)
    outcome = here.play("superoffice.crm.apply")
    assert outcome.task_failed("because everybody may write to its folder")
    assert server.tenant.snapshot() == before
    here.environment["ANSIBLE_CONFIG"] = str(here.folder / "ansible.cfg")
    assert here.play("superoffice.crm.apply").task_failed("external_users_limits")
    assert server.tenant.snapshot() == before


def test_a_plan_is_required_by_a_variable_of_the_environment(
    here: Workspace, server: NetServer
) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": drifted(server, settled(server, 5))}))
    before = server.tenant.snapshot()
    for value in ("true", "1", "enabled"):
        here.environment["SUPEROFFICE_PLAN_REQUIRED"] = value
        outcome = here.play("superoffice.crm.apply")
        assert outcome.task_failed("plan_required"), outcome.output
        assert server.tenant.snapshot() == before
    here.environment["SUPEROFFICE_PLAN_REQUIRED"] = ""
    here.ok("superoffice.crm.plan")


@pytest.mark.parametrize(
    ("playbook", "variables", "message"),
    [
        ("rotate_passwords", {"external_users_protects": ["*"]}, "external_users_protect?"),
        ("rotate_passwords", {"external_users_file_mode": 640}, "must be octal digits"),
        ("rotate_passwords", {"external_users_rotate_scope": {"roles": ["Vendr"]}}, "'Vendor'?"),
        ("rotate_passwords", {"external_users_rotate_scope": {"roles": "Vendor"}}, "roles must be"),
        ("review", {"external_users_scr": "users"}, "external_users_src?"),
        ("export", {"external_users_export_roles": "Vendor"}, "external_users_export_role?"),
        ("diagnose", {"external_users_probe_users": "anna"}, "external_users_probe_user?"),
    ],
)
def test_each_playbook_is_checked_before_its_first_write(
    here: Workspace, server: NetServer, playbook: str, variables: dict[str, Any], message: str
) -> None:
    settled(server, 5)
    given = {"external_users_rotate_scope": "all", "external_users_export_dir": "out", **variables}
    outcome = here.play(f"superoffice.crm.{playbook}", **given)
    assert outcome.code == 2
    assert message in outcome.words
    assert not server.journal.writes
    assert not [path for path in here.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("playbook", ["review", "export", "rotate_passwords", "diagnose"])
def test_a_missing_setting_is_told_with_option_environment_variable_and_variable_of_the_role(
    playbook: str, here: Workspace
) -> None:
    here.environment["SUPEROFFICE_URL"] = ""
    outcome = here.play(f"superoffice.crm.{playbook}", external_users_rotate_scope="all")
    assert outcome.task_failed("Set url (SUPEROFFICE_URL); an environment variable that is empty")
    assert "Variables of the role: external_users_url." in outcome.words


def test_an_empty_group_is_no_run_without_hosts(here: Workspace, server: NetServer) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": settled(server, 3)}))
    here.write("hosts.ini", "[superoffice]\n")
    outcome = here.play("superoffice.crm.apply", "-i", "hosts.ini")
    assert outcome.code != 0
    assert "No host of the inventory" in outcome.output


def test_a_role_writes_a_journal_and_takes_a_source_that_is_a_string(
    here: Workspace, server: NetServer
) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": drifted(server, settled(server, 5))}))
    here.write("hosts.ini", "[superoffice]\nlocalhost ansible_connection=ssh ansible_become=true\n")
    limits = {"deactivate": None, "delete": None, "password": None}
    here.ok(
        "superoffice.crm.apply",
        "-i",
        "hosts.ini",
        external_users_src="users",
        external_users_limits=limits,
    )
    assert here.mode("reports/journal.jsonl") == 0o600
    assert here.read("reports/journal.jsonl").count("\n") > 2


def test_a_part_of_the_users_is_planned_and_applied_and_every_report_says_so(
    here: Workspace, server: NetServer
) -> None:
    definitions = settled(server, 12)
    for one in definitions[:4]:
        one["is_active"] = not one["is_active"]
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    name, other = (one["user_name"] for one in definitions[:2])
    only = {"external_users_only": f"{name},{other}", "external_users_limits": {"deactivate": 4}}
    shown = here.play("superoffice.crm.plan", **only)
    assert shown.code == 0, shown.output
    told = f"Only a part was planned: users named {name}, {other}."
    assert told in shown.words
    assert told in here.read("reports/report.html")
    assert "Only a part was planned" in here.read("reports/report.md")
    assert here.report()["installations"][0]["only"] == [name, other]
    assert here.report()["summary"]["total"] == 2
    here.ok("superoffice.crm.apply", external_users_plan="reports/plan.json", **only)
    assert len(server.journal.committed) == 2
    for lost in ("", None):
        outcome = here.play("superoffice.crm.apply", external_users_only=lost)
        assert outcome.code == 2
        assert "has an empty name" in outcome.words or lost is None
    assert len(server.journal.committed) == 2
