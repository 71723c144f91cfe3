# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input of bulk runs: all errors together, with source locations, without secrets."""

from __future__ import annotations

import base64
import json
import random
import string
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from tests.modules.conftest import ADMIN, Run
from tests.netserver import NetServer

SECRET = 'Geheim-4711/+"\u00e4?&='


def spellings(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        json.dumps(secret)[1:-1],
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }


def leaks(result: Any, *secrets: str) -> list[str]:
    texts = json.dumps(result), json.dumps(result, ensure_ascii=False)
    return [s for secret in secrets for s in spellings(secret) if any(s in text for text in texts)]


def test_twenty_input_errors_give_twenty_findings_and_no_write(
    bulk: Run, tenant: Any, journal: Any, tmp_path: Path
) -> None:
    person = tenant.add_person()
    twins = [tenant.add_external_user(name) for name in ("twin1", "twin2")]
    for twin in twins:
        tenant.change_user(twin, person_id=person)
    tenant.add_external_user("anna")
    tenant.add_external_user("bo")
    new = {"person_id": person, "role": "Partner", "password": "Good-pass-1"}
    users: list[Any] = [
        {"user_name": "good", "state": "absent"},
        {"user_name": "anna", "is_activ": False},  # 1 unknown option
        {"user_name": "anna", "is_active": "perhaps"},  # 2 not a flag
        {"associate_id": "x1"},  # 3 not an id
        {"role": "Partner"},  # 4 no key
        {"user_name": "", "role": "Partner"},  # 5 an empty name
        {"user_name": 123},  # 6 a number
        {"user_name": "c", "role": "Partner", "role_id": 5},  # 7 both
        {"user_name": "anna", "password": SECRET, "generate_password": True},  # 8 both
        {"user_name": "anna", "state": "gone"},  # 9 not a choice
        {"user_name": "bo", "role": "Parner"},  # 10 no such role
        {"user_name": "BO"},  # 11 twice
        {"user_name": "new1", **new, "person_id": 999999},  # 12 no such person
        {"user_name": "new2", **new, "password": "weak"},  # 13 a weak password
        {"user_name": "new3", "role": "Partner"},  # 14 nothing to create it with
        {"associate_id": 999999, "role": "Partner"},  # 15 no such user
        {"person_id": person},  # 16 two logins
        {"user_name": "new4", **new, "role": "User level 0"},  # 17 an employee's role
    ]
    file = tmp_path / "more.yml"
    file.write_text("users:\n  - user_name: good2\n    state: absent\n  - 42\n")  # 19 no mapping
    half = tmp_path / "half.json"
    half.write_text('{"users": [{"user_name": "x\\ud800"}]}')  # 18 half a character
    broken = tmp_path / "broken.yml"
    broken.write_text("users:\n  - user_name: [\n")  # 20 no YAML
    start = tenant.snapshot()
    for check in (True, False):
        result = bulk(users=users, src=[str(file), str(half), str(broken)], check=check)
        found = {finding["where"] for finding in result["findings"]}
        assert len(result["findings"]) == 20, result["msg"]
        wheres = {f"users[{index}]" for index in range(1, 18)}
        assert found == {*wheres, f"{file}:4 (users[1])", f"{half}:1 (users[0])", ""}
        assert any(f"{broken}:" in finding["message"] for finding in result["findings"])
        assert "20 findings" in result["msg"]
        assert all(finding["message"] for finding in result["findings"])
        assert not leaks(result, SECRET, "Good-pass-1", ADMIN[1])
        assert result["changed"] is False
    assert tenant.snapshot() == start
    assert journal.writes == []


def test_message_lists_twenty_findings_and_result_lists_all(bulk: Run, journal: Any) -> None:
    result = bulk(users=[{"user_name": f"u{n}", "rolle": "x"} for n in range(50)])
    assert len(result["findings"]) == 50
    assert result["msg"].count("\n- ") == 20
    assert "30 more" in result["msg"]
    assert "did you mean 'role'" in result["msg"]
    assert journal.writes == []


FILES = {
    "a.yml": "defaults: {role: Vendor}\nusers:\n- user_name: u1\n- {user_name: u2, role: Partner}",
    "sub/b.yaml": "users:\n- &x\n  user_name: u3\n  is_active: no\n- <<: *x\n  user_name: u4\n",
    "sub/c.json": '{"users": [\n {"user_name": "u5",\n  "role_id": 6},\n\n {"user_name": "u6"}]}',
    ".hidden.yml": "users: [{user_name: u1, state: absent}]",
    "sub/.git/x.yml": "nonsense: [",
    ".readme.txt": "no definitions",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "users" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "users"


def test_files_in_folders_use_their_own_defaults(bulk: Run, tenant: Any, folder: Path) -> None:
    tenant.add_external_users({"user_name": f"u{n}", "role_id": 2} for n in range(1, 7))
    options = {"src": [str(folder)], "defaults": {"role": "Supplier"}, "limits": {"deactivate": 9}}
    result = bulk(**options)
    assert "failed" not in result, result["msg"]
    assert {u.user_name: (u.role_id, u.is_active) for u in tenant.users()} == {
        "u1": (6, True),
        "u2": (5, True),
        "u3": (7, False),
        "u4": (7, False),
        "u5": (6, True),
        "u6": (7, True),
    }
    assert bulk(**options)["changed"] is False


def test_findings_name_file_and_line(bulk: Run, folder: Path) -> None:
    (folder / "a.yml").write_text("users:\n\n  # one\n  - user_name: u5\n  - rol: x\n")
    result = bulk(src=[str(folder)])
    wheres = [finding["where"] for finding in result["findings"]]
    assert f"{folder}/a.yml:5 (users[1])" in wheres
    assert f"{folder}/sub/c.json:2 (users[0])" in wheres  # u5 a second time
    [double] = [f for f in result["findings"] if f["kind"] == "duplicate"]
    assert f"{folder}/a.yml:4" in double["message"]


def test_missing_path_and_empty_folder_are_findings(bulk: Run, tmp_path: Path, tenant: Any) -> None:
    (tmp_path / "empty").mkdir()
    paths = [str(tmp_path / name) for name in ("none", "empty")]
    result = bulk(src=paths, users=[])
    assert [finding["where"] for finding in result["findings"]] == paths


def test_passwords_option_matches_names_without_case(
    bulk: Run, tenant: Any, tmp_path: Path
) -> None:
    persons = [tenant.add_person() for _number in range(2)]
    file = tmp_path / "users.yml"
    entries = [f"- {{user_name: Anna{n}, person_id: {p}}}\n" for n, p in enumerate(persons)]
    file.write_text(
        "defaults: {role: Partner, generate_password: true}\nusers:\n" + "".join(entries)
    )
    result = bulk(src=[str(file)], passwords={"ANNA0": "Good-pass-1", "nobody": "Good-pass-2"})
    assert result["summary"]["created"] == 2
    assert tenant.password_matches("anna0", "Good-pass-1")
    assert not tenant.password_matches("anna1", "Good-pass-1")
    assert ["generated_password" in row for row in result["results"]] == [False, True]
    assert result["warnings"] == ["passwords has names of users without a definition: nobody"]
    assert not leaks(result, "Good-pass-1", "Good-pass-2")


def test_invalid_and_duplicate_passwords_are_refused(
    bulk: Run, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for passwords, told in [
        ({"anna": 123456}, "anna"),
        ({"anna": None}, "anna"),
        ({"anna": ""}, "anna"),
        ({461: "Good-pass-1"}, "passwords: the key 461 must be a string"),
        ({"anna": "$ANSIBLE_VAULT;1.1;AES256\n6162"}, "still encrypted"),
        ({"anna": "Good-pass-1", "ANNA": "Good-pass-2"}, "one name"),
        ({"bo": "Good-pass-1"}, "given twice"),
    ]:
        with subtests.test(passwords=passwords, told=told):
            result = bulk(
                users=[{"user_name": "anna"}, {"user_name": "bo", "password": "Good-pass-3"}],
                passwords=passwords,
            )
            assert told in result["msg"]
            assert not leaks(result, "Good-pass-1", "Good-pass-2", "Good-pass-3")
            assert journal.writes == []


def test_results_never_contain_passwords(bulk: Run, server: NetServer, tenant: Any) -> None:
    source = random.Random(4)
    passwords = {
        f"u{n}": "Aa1/+" + "".join(source.choices(string.printable[:94], k=20)) for n in range(24)
    }
    for name in passwords:
        tenant.add_external_user(name)
    users = [{"user_name": name, "update_password": "always"} for name in passwords]
    users[3]["role"] = "Vendor"
    tenant.change_user("u23", deleted=False)
    server.faults.add("echo", operation="SetExternalUserInfo", times=6, skip=5, status=400)
    server.faults.add("html", operation="SetExternalUserInfo", times=2)
    options = {"users": users, "passwords": passwords, "limits": {"password": None}}
    results = [
        bulk(**options, check=True),
        bulk(**options, list_results="all", max_failures=0, concurrency=2),
        bulk(users=users, passwords=passwords),  # against the limit
    ]
    assert results[1]["summary"]["failed"] == 8
    server.faults.add("echo", operation="Is*", times=None)
    results.append(bulk(**options))
    server.faults.clear()
    results.append(bulk(**options, auth_password="Wrong-password-1"))
    assert not leaks(results, *passwords.values(), ADMIN[1])


@pytest.mark.parametrize("shown", [False, True])
def test_generated_passwords_are_strong_and_masked_by_default(
    shown: bool, bulk: Run, tenant: Any, journal: Any
) -> None:
    users = [
        {"user_name": f"u{n}", "person_id": tenant.add_person(), "role": "Partner"}
        for n in range(3)
    ]
    options = {"users": users, "defaults": {"generate_password": True}}
    predicted = bulk(**options, check=True, show_generated_password=shown)
    assert not any("generated_password" in row for row in predicted["results"])
    result = bulk(**options, show_generated_password=shown)
    made = [row["generated_password"] for row in result["results"]]
    if shown:
        assert len(set(made)) == 3
        assert all(len(text) >= 20 for text in made)
        assert all(tenant.password_matches(f"u{n}", text) for n, text in enumerate(made))
        assert not leaks({**result, "results": []}, *made)
    else:
        assert made == ["********"] * 3
        digests = {entry.argument("Password") for entry in journal.committed}
        assert not [text for text in digests if text in json.dumps(result)]
    assert bulk(**options)["changed"] is False


def test_many_unknown_roles_cost_one_role_query(bulk: Run, tenant: Any, journal: Any) -> None:
    tenant.add_external_users({"user_name": f"u{n}"} for n in range(30))
    result = bulk(users=[{"user_name": f"u{n}", "role": f"no role {n}"} for n in range(30)])
    assert len(result["findings"]) == 30
    assert result["requests"] == {"archive": 2, "roles": 1 + 1}


@pytest.mark.parametrize(
    ("value", "told"), [(5, "a number"), (True, "true or false"), ([], "a list")]
)
def test_limits_that_are_no_mapping_are_refused(
    value: Any, told: str, bulk: Run, journal: Any
) -> None:
    result = bulk(users=[], limits=value)
    assert result["failed"] is True
    assert result["msg"] == f"limits must be a mapping, not {told}."
    assert journal.entries == []


def test_csv_and_yaml_of_one_folder_are_definitions_of_one_run(
    bulk: Run, tenant: Any, tmp_path: Path
) -> None:
    for name in ("anna", "bo", "dag"):
        tenant.add_external_user(name, role_id=5)
    csv, more = tmp_path / "a.CSV", tmp_path / "b.yml"
    csv.write_bytes("\ufeffuser_name;role;is_active\r\nanna;Vendor;\r\nbo;;FALSE\r\n".encode())
    more.write_text("users: [{user_name: dag, role: Vendor}]", encoding="utf-8")
    result = bulk(src=[str(tmp_path)], defaults={"is_active": True})
    assert result["summary"]["modified"] == 2
    assert result["summary"]["deactivated"] == 1
    assert {user.user_name: (user.role_name, user.is_active) for user in tenant.users()} == {
        "anna": ("Vendor", True), "bo": ("Partner", False), "dag": ("Vendor", True),
    }  # fmt: skip
    more.write_text("users: [{user_name: BO, role: None such}]", encoding="utf-8")
    refused = bulk(src=[str(tmp_path)])
    assert f"{more}:1 (users[0]): user_name 'BO' is that of {csv}:3 already" in refused["msg"]


def test_a_list_that_a_template_made_a_string_of_is_explained(bulk: Run, journal: Any) -> None:
    text = "[{'user_name': 'anna', 'active_until': datetime.date(2026, 12, 31)}]"
    for options in ({"users": text}, {"users": [], "defaults": text[1:-1]}):
        result = bulk(**options)
        assert result["failed"] is True
        assert "Put the dates of the variable in quotes" in result["msg"]
    assert journal.entries == []
