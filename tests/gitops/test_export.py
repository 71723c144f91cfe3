# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Existing users as definition files: what is read back is what was there, to the letter."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.superoffice.crm.plugins.module_utils.domain.entries import parse_entry
from ansible_collections.superoffice.crm.plugins.module_utils.domain.schema import json_schema
from ansible_collections.superoffice.crm.plugins.module_utils.task.definition_files import read
from ansible_collections.superoffice.crm.plugins.plugin_utils.definition_writer import (
    files_of,
    scalar,
    slug,
    text_of,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.gitops.hostile import HOSTILE
from tests.gitops.playbook import Workspace
from tests.gitops.sample_data import bulk, settled
from tests.netserver import NetServer

NAMES = (
    *(
        "yes",
        "no",
        "on",
        "null",
        "~",
        "0123",
        "0x1F",
        "1e3",
        "1_000",
        "12:30:45",
        "2026-01-01",
        ".inf",
    ),
    *("'single'", '"double"', "back\\slash", "colon: blank", "# no comment", "- dash", "&a", "*a"),
    *("!vault", "%TAG", "@at", "`tick`", "{{ 7 * 7 }}", "{% if %}", "{# x #}", "<<", "=", "?", "|"),
    *(
        "Ærlig Ødegård",
        "漢字",
        "🙂",
        "a\u0301",
        "\u00e1",
        "tab\tin",
        "\u2028line",
        "\x85next",
        "\u200bzero",
    ),
    *(
        " leading",
        "trailing ",
        "   ",
        "x" * 230,
        "\ufeffbom",
        "\x7f",
        "\u202eright",
        "users:",
        "---",
    ),
)
HOSTILE_TEXT = st.sampled_from(HOSTILE)
# what the service can hold: any character but halves of surrogate pairs
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"user_name": TEXT, "person_id": st.integers(1, 2**31 - 1), "is_active": st.booleans()},
        optional={"role": TEXT},
    ),
    max_size=5,
)


def by_our_reader(text: str, folder: Path) -> list[Any]:
    path = folder / "users.yml"
    path.write_text(text, encoding="utf-8")
    file = read(path)
    return [{**file.defaults, **entry} for _place, entry in file.entries]  # type: ignore[dict-item]


def by_ansible(text: str, folder: Path) -> list[Any]:
    path = folder / "vars.yml"
    path.write_text(text, encoding="utf-8")
    content = DataLoader().load_from_file(str(path))
    return [{**content.get("defaults", {}), **entry} for entry in content["users"]]


@given(ENTRIES, st.sampled_from(["none", "role", "company"]), st.one_of(TEXT, HOSTILE_TEXT))
def test_written_definitions_are_read_back_by_both_readers(
    entries: list[dict[str, Any]], split: str, text: str
) -> None:
    persons = [
        {
            "person_id": one["person_id"],
            "company_id": one["person_id"] % 3,
            "full_name": text,
            "company": f"{text}AS",
        }
        for one in entries
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for reader in (by_our_reader, by_ansible):
            read_back: list[Any] = []
            for file in files_of(entries, split=split, persons=persons):
                read_back += reader(file.text, folder)
            key = str if split == "none" else (lambda one: str(sorted(one.items())))
            assert sorted(map(key, map(ordered, read_back))) == sorted(
                map(key, map(ordered, entries))
            )


@given(ENTRIES, st.sampled_from(["none", "role", "company"]))
def test_written_csv_is_read_back(entries: list[dict[str, Any]], split: str) -> None:
    persons = [{"person_id": one["person_id"], "company_id": 1, "company": "AS"} for one in entries]
    with tempfile.TemporaryDirectory() as name:
        read_back: list[Any] = []
        for file in files_of(entries, split=split, persons=persons, file_format="csv"):
            path = Path(name, file.name)
            path.write_text(file.text, encoding="utf-8")
            content = read(path)
            read_back += [{**content.defaults, **entry} for _place, entry in content.entries]  # type: ignore[dict-item]
        # in CSV every value is a string, until it is parsed
        parsed = [sorted(parse_entry(one).items()) for one in read_back]
        assert sorted(map(str, parsed)) == sorted(
            str(sorted(parse_entry(one).items())) for one in entries
        )


def test_a_comment_says_whose_login_it_is(here: Workspace, server: NetServer) -> None:
    oslo = server.tenant.add_contact("Nordic Trade", department="Oslo")
    anna = server.tenant.add_person(first_name="Anna", last_name="Ås\nBerg", contact_id=oslo)
    server.tenant.add_external_user("anna@nordic.example", person_id=anna)
    here.ok("superoffice.crm.export")
    lines = here.read("users/users.yml").splitlines()
    above = lines.index('  - user_name: "anna@nordic.example"') - 1
    assert lines[above] == "  # Anna Ås\\u000aBerg, Nordic Trade, Oslo"


def ordered(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in sorted(entry)}


@given(TEXT)
def test_scalar_is_printable_and_on_one_line(text: str) -> None:
    written = scalar(text)
    assert len(written.splitlines()) == 1
    assert written.isprintable()
    assert yaml.safe_load(written.removeprefix("!unsafe ")) == text


def test_template_in_an_export_is_not_evaluated(here: Workspace) -> None:
    """Ansible loads the file as variables, and runs nothing that stands in a name."""
    name = "{{ lookup('pipe', 'touch owned') }}"
    here.write("users.yml", text_of([{"user_name": name, "person_id": 1}]))
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars_files": ["users.yml"],
            "tasks": [{"ansible.builtin.debug": {"msg": "{{ users[0].user_name }}"}}],
        }
    ]
    here.write("play.yml", yaml.safe_dump(play))
    assert "touch owned" in here.ok("play.yml")
    assert not here.folder.joinpath("owned").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Åsgård & Søn AS", "asgard-son-as"),
        ("../../etc/passwd", "etc-passwd"),
        ("漢字", ""),
        ("CON", "con"),
        ("x" * 300, "x" * 60),
    ],
)
def test_file_names_are_safe(text: str, expected: str) -> None:
    assert slug(text) == expected


@pytest.fixture
def awkward(server: NetServer) -> list[str]:
    """Users with every awkward name, in several roles, one of which is gone."""
    companies = [server.tenant.add_contact(name) for name in ("Fjord AS", "Fjord AS", "漢字")]
    roles = [server.tenant.role_id(name) for name in ("Partner", "Vendor", "Former partner")]
    for number, name in enumerate(NAMES):
        person = server.tenant.add_person(
            first_name="P", last_name=str(number), contact_id=companies[number % 3]
        )
        server.tenant.add_external_user(
            name, person_id=person, role_id=roles[number % 3], is_active=number % 4 > 0
        )
    return list(NAMES)


@pytest.mark.parametrize("split", ["none", pytest.param("role", marks=pytest.mark.slow), "company"])
def test_applying_an_export_changes_nothing(
    here: Workspace, server: NetServer, awkward: list[str], split: str
) -> None:
    before = server.tenant.snapshot()
    here.ok("superoffice.crm.export", external_users_export_split=split)
    files = sorted(path.name for path in here.folder.joinpath("users").glob("[!.]*"))
    assert (
        files
        == {
            "none": ["users.yml"],
            "role": ["partner.yml", "vendor.yml", "without-role.yml"],
            "company": ["4.yml" if "4.yml" in files else files[0], *files[1:]],
        }[split]
    )
    if split == "company":
        assert len(files) == 3
        assert sum(name.startswith("fjord-as-") for name in files) == 2
    assert here.mode(f"users/{files[0]}") == 0o600
    assert here.mode("users") == 0o700
    # editors find the schema, which is that of the collection
    for name in files:
        head = here.read(f"users/{name}").splitlines()[:2]
        assert head == ["---", "# yaml-language-server: $schema=.external_users.schema.json"]
    assert json.loads(here.read("users/.external_users.schema.json")) == json_schema()
    server.journal.clear()
    output = here.ok("superoffice.crm.apply", external_users_list_results="all")
    assert "changed=0" in output
    assert not server.journal.writes
    assert server.tenant.snapshot() == before
    report = here.report()
    assert report["status"] == "in_sync"
    listed = {user["user_name"] for user in report["installations"][0]["users"]}
    assert listed == {user.user_name for user in server.tenant.users()}
    assert "password:" not in "".join(here.read(f"users/{name}") for name in files)


@pytest.mark.parametrize("split", ["role", pytest.param("company", marks=pytest.mark.slow)])
def test_applying_an_export_in_csv_changes_nothing(
    here: Workspace, server: NetServer, awkward: list[str], split: str
) -> None:
    for name in ("=1+1", "+47 900", "-x", "@SUM(A1)", "a;=cmd", "'=1", "a\nb"):
        server.tenant.add_external_user(name, role_id=5)
    before = server.tenant.snapshot()
    options = {"external_users_export_split": split, "external_users_export_format": "csv"}
    here.ok("superoffice.crm.export", **options)
    files = sorted(path.name for path in here.folder.joinpath("users").iterdir())
    tables = [here.read(f"users/{name}") for name in files if name.endswith(".csv")]
    # whatever a spreadsheet separates cells by, none of them is a formula
    cells = [cell for text in tables for cell in re.split(r'[,;\t|\n]"?', text)]
    assert not [cell for cell in cells if re.match(r"\s*[=+@-]", cell)]
    # templates are in YAML, where they can be marked
    assert any(name.endswith(".yml") for name in files)
    server.journal.clear()
    output = here.ok("superoffice.crm.apply", external_users_list_results="all")
    assert "changed=0" in output
    assert not server.journal.writes
    assert server.tenant.snapshot() == before
    report = here.report()
    assert report["status"] == "in_sync"
    listed = {user["user_name"] for user in report["installations"][0]["users"]}
    assert listed == {user.user_name for user in server.tenant.users()}
    again = here.ok("superoffice.crm.export", external_users_export_replace=True, **options)
    assert "changed=0" in again


def test_export_is_sorted_and_reproducible(
    here: Workspace, server: NetServer, awkward: list[str]
) -> None:
    here.ok("superoffice.crm.export")
    first = here.read("users/users.yml")
    names = [entry.get("user_name") for entry in by_our_reader(first, here.folder)]
    # names with invisible characters have an id instead, and come last
    named = [name for name in names if name is not None]
    assert len(named) < len(names)
    assert names[: len(named)] == sorted(named, key=str.casefold)
    output = here.ok("superoffice.crm.export", external_users_export_replace=True)
    assert here.read("users/users.yml") == first
    assert "changed=0" in output


def test_existing_files_are_not_overwritten(here: Workspace, server: NetServer) -> None:
    settled(server, 12)
    mine = here.write("users/mine.yml", "users: []  # with comments of mine\n")
    outcome = here.play("superoffice.crm.export")
    assert outcome.task_failed("has files already: mine.yml")
    assert [path.name for path in mine.parent.iterdir()] == ["mine.yml"]
    checked = here.ok("superoffice.crm.export", "--check", external_users_export_replace=True)
    assert "Export: 12 users, 1 file to write, 1 to remove." in checked
    assert mine.exists()
    here.ok("superoffice.crm.export", external_users_export_replace=True)
    assert [path.name for path in mine.parent.glob("[!.]*")] == ["users.yml"]
    # the schema beside it is no file that anybody edits
    here.folder.joinpath("users/users.yml").unlink()
    here.ok(
        "superoffice.crm.export",
        external_users_export_replace=True,
        external_users_export_user_name="anna*",
    )


def test_export_can_be_filtered(here: Workspace, server: NetServer) -> None:
    settled(server, 40)
    here.ok(
        "superoffice.crm.export",
        external_users_export_role="Partner",
        external_users_export_user_name="a*",
        external_users_export_dir="some/where",
    )
    wanted = {
        user.user_name
        for user in server.tenant.users()
        if user.role_name == "Partner" and user.user_name.startswith("a")
    }
    found = by_our_reader(here.read("some/where/users.yml"), here.folder)
    assert {entry["user_name"] for entry in found} == wanted
    assert wanted


def test_persons_cost_no_further_request(server: NetServer) -> None:
    from tests.modules.execution_paths import EXECUTION_PATHS

    settled(server, 30)
    login = {"auth_username": server.admin[0], "auth_password": server.admin[1]}
    results = {}
    for execution_path, run in EXECUTION_PATHS.items():
        server.journal.clear()
        plain = run("superoffice_external_user_info", {"url": server.url, **login}, False)
        asked = len(server.journal.entries)
        results[execution_path] = run(
            "superoffice_external_user_info", {"url": server.url, **login, "persons": True}, False
        )
        assert len(server.journal.entries) == 2 * asked
        assert results[execution_path]["users"] == plain["users"]
        assert "persons" not in plain
    assert results["in_process"]["persons"] == results["module"]["persons"]
    companies = {one["company"] for one in results["in_process"]["persons"]}
    assert "Fjord Software AS" in companies
    assert len(results["in_process"]["persons"]) == 30


def test_applying_a_large_export_changes_nothing(server: NetServer, tmp_path: Path) -> None:
    """The invariant without Ansible around it: export, read back, plan nothing."""
    definitions = settled(server, 200)
    tmp_path.joinpath("users.yml").write_text(text_of(definitions), encoding="utf-8")
    result = bulk(server, src=[str(tmp_path)])
    assert (result["changed"], result["drift"]) == (False, False)


@pytest.mark.parametrize("split", ["none", "role"])
def test_a_partial_export_keeps_what_it_does_not_write(
    here: Workspace, server: NetServer, split: str
) -> None:
    settled(server, 30)
    options = {"external_users_export_split": split, "external_users_export_replace": True}
    here.ok("superoffice.crm.export", **options)
    folder = here.folder / "users"
    files = {path: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    for only in (
        {"external_users_export_user_name": "a*"},
        {"external_users_export_role": "Partner"},
        {"external_users_export_user_name": "nobody-has-this-name"},
    ):
        here.play("superoffice.crm.export", **options, **only)
        assert {path: path.read_text(encoding="utf-8") for path in folder.iterdir()} == files


@pytest.mark.parametrize("name", ["a b", "back\\slash", "back\\1", "$HOMELESS", "ünder'score\""])
def test_folders_have_any_name(here: Workspace, server: NetServer, name: str) -> None:
    settled(server, 3)
    base = here.folder / name
    base.mkdir()
    here.ok("superoffice.crm.export", external_users_base_dir=str(base))
    here.ok("superoffice.crm.plan", external_users_base_dir=str(base))
    assert base.joinpath("users", "users.yml").exists()
    assert base.joinpath("reports", "plan.json").exists()
