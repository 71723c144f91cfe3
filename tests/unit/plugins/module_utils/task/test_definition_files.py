# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definition files: what YAML and JSON texts mean, and where something is wrong in them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.entries import UnsupportedValue
from ansible_collections.superoffice.crm.plugins.module_utils.task import yaml_source
from ansible_collections.superoffice.crm.plugins.module_utils.task.definition_files import (
    read,
    read_all,
)
from ansible_collections.superoffice.crm.plugins.module_utils.task.file_errors import FileError

pytest.importorskip("yaml")
pytest.importorskip("hypothesis")
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LOADERS = [yaml.SafeLoader] + ([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Both of PyYAML's parsers; a host may lack libyaml."""
    monkeypatch.setattr(yaml_source, "_Loader", request.param)
    return request.param


@pytest.fixture
def users(tmp_path: Path, loader: Any) -> Any:
    """The entries of a YAML text, with their lines."""

    def read_text(text: str, name: str = "users.yml") -> list[tuple[int, object]]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return [(place.line, entry) for place, entry in read(path).entries]

    return read_text


def value_of(users: Any, text: str) -> object:
    [(_line, entry)] = users(f"users:\n  - value: {text}\n")
    return entry["value"]


def test_yaml_values_are_parsed(users: Any) -> None:
    cases: list[tuple[str, object]] = [
        ("anna", "anna"),
        ("'0123'", "0123"),
        ('"yes"', "yes"),
        ("", None),
        ("~", None),
        ("null", None),
        ("yes", True),
        ("Off", False),
        ("true", True),
        ("y", "y"),
        ("5", 5),
        ("-17", -17),
        ("+5", 5),
        ("0", 0),
        ("00", 0),
        ("5 6", "5 6"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!unsafe '{{ x }}'", "{{ x }}"),
        ("a:b", "a:b"),
        ("'#x'", "#x"),
        ("x #y", "x"),
        ("|\n      a\n      b\n", "a\nb\n"),
        ("[a, 5, [no]]", ["a", 5, [False]]),
        ("{a: 5}", {"a": 5}),
        ("<<", "<<"),
    ]
    for text, value in cases:
        found = value_of(users, text)
        assert found == value
        assert type(found) is type(value)


def test_unsupported_yaml_value_keeps_its_type(users: Any) -> None:
    cases: list[tuple[str, str]] = [
        ("0123", "octal"),
        ("0x1F", "a number in a notation of YAML"),
        ("0b11", "a number in a notation of YAML"),
        ("1_000", "a number in a notation of YAML"),
        ("1:30", "a number in a notation of YAML"),
        ("1.5", "a number with decimals"),
        (".inf", "a number with decimals"),
        ("2026-01-01", "a date or time"),
        ("=", "a special value of YAML"),
        ("9" * 5000, "a number in a notation of YAML"),
        ("!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6162\n", "vaulted"),
    ]
    for text, what in cases:
        found = value_of(users, text)
        assert isinstance(found, UnsupportedValue)
        assert what in found.what


BROKEN = [
    ("users:\n  - a: 1\n    a: 2\n", 3, "duplicate key 'a'"),
    ("users:\n  - a: 1\nusers: []\n", 3, "duplicate key 'users'"),
    ("users:\n  - a: [\n", 3, "not valid YAML"),
    ("users:\n\t- a\n", 2, "not valid YAML"),
    ("users:\n  - a: b: c\n", 2, "not valid YAML"),
    ("users: []\n---\nusers: []\n", 2, "second document"),
    ("users:\n  - *x\n", 2, "an alias (*) to what is not there"),
    ("users:\n  - !!python/object:os.system x\n", 2, "unknown tag"),
    ("users:\n  - a: !!python/tuple [1]\n", 2, "unknown tag"),
    ("users:\n  - a: !!binary aGk=\n", 2, "unknown tag"),
    ("users:\n  - ? [a]\n    : b\n", 2, "a key must be a string"),
    ("users:\n  - <<: 5\n", 2, "'<<' needs a mapping"),
    ("users:\n  - &a [*a]\n", 2, "an alias (*) to what is not there"),
    ("users:\n  - " + "[" * 30 + "]" * 30 + "\n", 2, "nested too deeply"),
    ("users:\n  - a: \"\\q\"\n", 2, "not valid YAML"),
]  # fmt: skip


def test_invalid_yaml_is_reported_with_its_line(users: Any) -> None:
    for text, line, told in BROKEN:
        with pytest.raises(FileError) as caught:
            users(text)
        assert f"users.yml:{line}: " in str(caught.value)
        assert told in str(caught.value)


FORMS = [
    ("", "must be a mapping"),
    ("# only this\n", "must be a mapping"),
    ("- user_name: a\n", "must be a mapping"),
    ("just text", "must be a mapping"),
    ("people: []", "must be a mapping with a key users"),
    ("users: {}", "users must be a list"),
    ("users:", "users must be a list; for no users write users: []"),
    ("users: []\ndefault: {}", "unknown key 'default' beside users (did you mean 'defaults'?)"),
    ("users: []\ndefaults: []", "defaults must be a mapping"),
    ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "encrypted by ansible-vault"),
    ("\n$ANSIBLE_VAULT;1.1;AES256\n6162\n", "encrypted by ansible-vault"),
    ("users: []\nsops: {kms: []}\n", "encrypted by sops"),
    ("data: ENC[AES256_GCM,data:a]\nsops: {kms: []}\n", "encrypted by sops"),
]


def test_wrong_structure_is_reported_with_the_expected_one(users: Any) -> None:
    for text, told in FORMS:
        with pytest.raises(FileError) as caught:
            users(text)
        assert "users.yml" in str(caught.value)
        assert told in str(caught.value)


def test_yaml_entries_have_line_numbers(users: Any) -> None:
    text = (
        "# head\ndefaults: {role: x}\nusers:\n"
        "  # first\n  - &a\n    n: 1\n\n  - {n: 2,\n     m: 3}\n"
        "  - *a\n  - n: >\n      x\n\n  - n: 5\n"
    )
    assert [line for line, _entry in users(text)] == [5, 8, 10, 11, 14]


def test_merge_keys_keep_existing_values(users: Any) -> None:
    text = (
        "users:\n  - &a {x: 1, y: 1}\n  - &b {y: 2, z: 2}\n"
        "  - {<<: [*a, *b], z: 3}\n  - <<: *a\n    <<: *b\n  - '<<': 5\n"
    )
    with_two = text.replace("    <<: *b\n", "")
    entries = [entry for _line, entry in users(with_two)]
    assert entries[2] == {"x": 1, "y": 1, "z": 3}
    assert entries[3] == {"x": 1, "y": 1}
    assert entries[4] == {"<<": 5}


def test_alias_bomb_is_cheap(users: Any) -> None:
    lines = ["users:", "  - a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"  - a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    started = time.monotonic()
    assert len(users("\n".join(lines))) == 30
    assert time.monotonic() - started < 60


def test_byte_order_mark_and_windows_line_ends(users: Any) -> None:
    assert users("\ufeffusers:\r\n- a: 1\r\n- a: 2\r\n") == [(2, {"a": 1}), (3, {"a": 2})]
    assert users('\ufeff{"users": [{"a": 1}]}', "users.json") == [(1, {"a": 1})]


PLAIN = st.one_of(st.text(), st.booleans(), st.none(), st.integers(-(10**9), 10**9))


@given(st.lists(st.dictionaries(st.text(min_size=1), PLAIN)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("suffix", ["yml", "json"])
def test_dumped_entries_are_read_back(suffix: str, tmp_path: Path, entries: list[Any]) -> None:
    path = tmp_path / f"users.{suffix}"
    dump = yaml.safe_dump if suffix == "yml" else json.dumps
    path.write_text(dump({"users": entries}), encoding="utf-8")
    assert [entry for _place, entry in read(path).entries] == entries


JSON = [
    ('{"users": [{"a": 1, "a": 2}]}', "users.json: duplicate key 'a'"),
    ('{"users": [{"a": 1},\n {"a" 2}]}', "users.json:2: is not valid JSON"),
    ('{"users": []} x', "users.json:1: is not valid JSON"),
    ("", "users.json:1: is not valid JSON"),
    ("[]", "must be a mapping"),
    ('{"users": {}}', "users must be a list"),
    ('{"users": [' + "[" * 100_000, "users.json"),
    ('{"users": [' + "1" * 5000 + "]}", "users.json"),
]


def test_invalid_json_is_reported(tmp_path: Path) -> None:
    for text, told in JSON:
        (tmp_path / "users.json").write_text(text)
        with pytest.raises(FileError) as caught:
            read(tmp_path / "users.json")
        assert told in str(caught.value)


def test_json_entries_have_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    path.write_text(
        '{"defaults": {"role": "users"},\n "users": [\n\n  {"a": "]\\n"},\n'
        '  {"b":\n   [1, 2]}, 5,\n\n'
        '  {"c": "users"}\n]}'
    )
    assert [place.line for place, _entry in read(path).entries] == [4, 5, 6, 8]


def test_folders_are_read_sorted_without_hidden_files(tmp_path: Path) -> None:
    for name in (
        "b.yml",
        "a/z.yaml",
        "a/c.json",
        ".x.yml",
        "a/.git/y.yml",
        "c.YAML",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"users": []}')
    files, findings = read_all([str(tmp_path)])
    assert findings == []
    assert [Path(file.name).relative_to(tmp_path).as_posix() for file in files] == [
        "a/c.json", "a/z.yaml", "b.yml", "c.YAML",
    ]  # fmt: skip
    # a folder that is hidden itself was asked for by name
    assert len(read_all([str(tmp_path / "a" / ".git")])[0]) == 1


@pytest.mark.parametrize("name", ["partners.yml.bak", "partners", "partners.txt", "x/README.md"])
def test_unsupported_visible_file_is_a_finding(name: str, tmp_path: Path) -> None:
    for each in ("a.yml", name):
        path = tmp_path / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"users": []}')
    files, [finding] = read_all([str(tmp_path)])
    assert len(files) == 1
    assert finding.where == str(tmp_path / name)
    assert "hide it with a leading dot" in finding.message


def test_template_in_yaml_is_refused_unless_unsafe(users: Any) -> None:
    for mark in ["{{ domain }}", "{% if x %}", "{# note #}"]:
        [(_line, entry)] = users(
            f"users:\n  - user_name: 'mail@{mark}'\n    role: !unsafe 'x{mark}'\n"
            f"    password: 'p{mark}'\n    previous_user_names: ['{mark}']\n"
        )
        assert isinstance(entry["user_name"], UnsupportedValue)
        assert isinstance(entry["previous_user_names"][0], UnsupportedValue)
        assert (entry["role"], entry["password"]) == (f"x{mark}", f"p{mark}")


def test_template_in_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    entry = {"user_name": "{{ x }}", "previous_user_names": ["{{ y }}"], "password": "{{ z }}"}
    path.write_text(json.dumps({"users": [entry], "defaults": {"role": "{% r %}"}}))
    file = read(path)
    found: Any
    [(_location, found)] = file.entries
    assert isinstance(found, dict)
    assert isinstance(found["user_name"], UnsupportedValue)
    assert isinstance(found["previous_user_names"][0], UnsupportedValue)
    assert found["password"] == "{{ z }}"
    assert isinstance(file.defaults["role"], UnsupportedValue)


def test_each_unreadable_source_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.yml").write_bytes(b"users:\n- user_name: J\xf6rg\n")
    (tmp_path / "link.yml").symlink_to(tmp_path / "nowhere")
    sources = [str(tmp_path / name) for name in ("none.yml", "empty", "latin.yml", "link.yml")]
    files, findings = read_all(sources)
    assert files == []
    told = [str(finding) for finding in findings]
    assert len(told) == len(sources)
    assert "No such file" in told[0]
    assert "no .yml, .yaml, .json or .csv file" in told[1]
    assert "is not UTF-8 (byte 21)" in told[2]
    assert all(source in text for source, text in zip(sources, told, strict=True))


def test_named_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "a.yml").write_text("users: []")
    files, [finding] = read_all([str(tmp_path)])
    assert len(files) == 1
    assert "pipe.yml: is not a file" in str(finding)
