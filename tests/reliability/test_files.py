# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definition files of every kind: one clear message each, bounded memory, no write."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.definitions import (
    DefinitionCollector,
)
from ansible_collections.superoffice.crm.plugins.module_utils.task import definition_files
from ansible_collections.superoffice.crm.plugins.module_utils.task.file_errors import FileError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.reliability import figures
from tests.reliability.limited_process import GIGABYTE, run
from tests.reliability.workloads import MANY, add_users, user_states

GOOD = "users:\n  - {user_name: ella, role: Vendor}\n"
SECRET = "Canary-of-a-file-1"
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "must be a mapping"),
    "a tab": (GOOD.encode() + b"\t- x\n", "not valid YAML"),
    "NUL": (GOOD.encode() + b"  - {user_name: a\x00b}\n", "not valid YAML"),
    "half a surrogate pair": (b'users:\n  - user_name: "\\uD800"\n', "not valid YAML"),
    "half a pair in JSON": (b'{"users": [{"user_name": "\\ud800"}]}', "cannot be sent"),
    "UTF-16": ("users: []".encode("utf-16"), "not UTF-8"),
    "Latin-1": ("users: [{user_name: Bj\xf8rn}]".encode("latin-1"), "not UTF-8"),
    "a key twice": (b"users:\n  - user_name: a\n    user_name: b\n", "duplicate key"),
    "a key twice in JSON": (b'{"users": [], "users": []}', "duplicate key"),
    "users twice": (GOOD.encode() * 2, "duplicate key"),
    "two documents": (GOOD.encode() + b"---\n" + GOOD.encode(), "second document"),
    "an end that is missing": (GOOD.encode() + b'  - {user_name: "x\n', "not valid YAML"),
    "JSON without its end": (b'{"users": [{"user_name": "ella"}', "not valid JSON"),
    "an unknown tag": (f"users: [{{user_name: x, password: !{SECRET} }}]".encode(), "unknown tag"),
    "an alias to nothing": (f"users: [{{user_name: x, password: *{SECRET}}}]".encode(), "alias"),
    "a Python object": (b"users: !!python/object/apply:os.system ['true']\n", "unknown tag"),
    "a Python name": (b"users: [{user_name: !!python/name:os.system }]\n", "unknown tag"),
    "deep in YAML": (b"users: " + b"[" * 100_000, "nested too deeply|nesting depth"),
    "deep in JSON": (b'{"users": ' + b"[" * 100_000, "not valid JSON|nested too deeply"),
    "deep in blocks": (b"users:\n" + b"".join(b" " * n + b"-\n" for n in range(900)), "nested"),
    "a huge number": (b"users: [{associate_id: " + b"9" * 100_000 + b"}]", "associate_id"),
    "a huge number in JSON": (b'{"users": [{"associate_id": ' + b"9" * 9999 + b"}]}", "4300|digit"),
    "not a number": (b'{"users": [{"associate_id": NaN}]}', "positive id"),
    "a huge text": (b"users: [{user_name: x, state: " + b"x" * 2**20 + b"}]", "state must be"),
    "a complex key": (b"users: [{? [a, b] : c}]", "key must be a string"),
    "laughs": (
        b"users: &a [{user_name: x}]\ndefaults: {role: &b [x, x, x, x, x, x, x, x, x],\n"
        + b"".join(b"  r%d: &c%d [*b, *b, *b, *b, *b, *b, *b, *b],\n" % (n, n) for n in range(9))
        + b"}\n",
        "unknown option|must be a string",
    ),
    "merged laughs": (
        b"defaults: &a {" + b", ".join(b"k%d: x" % n for n in range(9999)) + b"}\nusers:\n"
        + b"  - <<: *a\n" * 9999,
        "more than 100 keys",
    ),
    "ten thousand keys": (
        json.dumps({"users": [{f"k{n}": 1 for n in range(10_000)}]}).encode(),
        "more than 100 keys",
    ),
    "a vault": (b"$ANSIBLE_VAULT;1.1;AES256\n6162\n", "ansible-vault"),
}  # fmt: skip


def suffix_of(content: bytes) -> str:
    return ".json" if content.startswith(b"{") else ".yml"


@pytest.mark.parametrize("name", BROKEN)
def test_invalid_file_is_refused_by_name_before_any_write(
    name: str, tmp_path: Path, server: NetServer, connection: Result
) -> None:
    content, words = BROKEN[name]
    add_users(server)
    (tmp_path / "a-good-one.yml").write_text(GOOD)
    file = tmp_path / f"broken{suffix_of(content)}"
    file.write_bytes(content)
    before = user_states(server)
    ended = run_in_process(MANY, {**connection, "src": [str(tmp_path)]}, False)
    assert ended["failed"] is True
    assert ended["changed"] is False
    assert "broken" in ended["msg"]
    assert any(word in ended["msg"] for word in words.split("|")), ended["msg"]
    assert len(ended["msg"]) < 10_000
    assert SECRET not in json.dumps(ended)
    assert server.journal.writes == []
    assert user_states(server) == before
    figures.count("files: invalid ones refused")


def test_byte_order_mark_and_windows_line_ends_are_accepted(
    tmp_path: Path, server: NetServer, connection: Result
) -> None:
    add_users(server)
    (tmp_path / "u.yml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    result = run_in_process(MANY, {**connection, "src": [str(tmp_path)]}, True)
    assert result["summary"]["modified"] == 1


# --- what is no plain file


def fifo(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


ODD: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a pipe": (fifo, "is not a file"),
    "a socket": (bound_socket, "is not a file"),
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "is not a file"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "No such file"),
    "a link to itself": (lambda path: path.symlink_to(path), "symbolic links"),
}


@pytest.mark.parametrize("place", ["named", "in a folder"])
@pytest.mark.parametrize("name", ODD)
def test_special_file_is_refused(
    name: str, place: str, tmp_path: Path, server: NetServer, connection: Result
) -> None:
    make, words = ODD[name]
    (tmp_path / "good.yml").write_text(GOOD)
    odd = tmp_path / "odd.yml"
    make(odd)
    source = odd if place == "named" else tmp_path
    result = run_in_process(MANY, {**connection, "src": [str(source)]}, False)
    assert result["failed"] is True
    assert "odd.yml" in result["msg"]
    assert words in result["msg"]
    assert server.journal.writes == []
    figures.count("files: pipes, devices, sockets and links refused")


@pytest.mark.parametrize("target", ["..", "/", "beside"])
def test_link_to_a_folder_is_refused(
    target: str, tmp_path: Path, server: NetServer, connection: Result
) -> None:
    (tmp_path / "users").mkdir()
    (tmp_path / "beside").mkdir()
    (tmp_path / "users" / "good.yml").write_text(GOOD)
    link = tmp_path / "users" / "link"
    link.symlink_to(tmp_path / "beside" if target == "beside" else target)
    result = run_in_process(MANY, {**connection, "src": [str(tmp_path / "users")]}, False)
    assert result["failed"] is True
    assert f"{link}: is a link to a folder" in result["msg"]
    assert server.journal.writes == []
    figures.count("files: pipes, devices, sockets and links refused")


def test_kubernetes_volume_layout_is_read(
    tmp_path: Path, server: NetServer, connection: Result
) -> None:
    add_users(server)
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "users.yml").write_text(GOOD)
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "users.yml").symlink_to("..data/users.yml")
    result = run_in_process(MANY, {**connection, "src": [str(tmp_path)]}, True)
    assert result["summary"]["modified"] == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="for root nothing is unreadable")
def test_unreadable_folder_is_an_error(
    tmp_path: Path, server: NetServer, connection: Result
) -> None:
    (tmp_path / "good.yml").write_text(GOOD)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o000)
    result = run_in_process(MANY, {**connection, "src": [str(tmp_path)]}, False)
    assert "Permission denied" in result["msg"]
    assert server.journal.writes == []


# --- memory


def test_file_of_100_mb_is_refused(tmp_path: Path, server: NetServer) -> None:
    file = tmp_path / "large.yml"
    with file.open("wb") as stream:
        stream.write(GOOD.encode())
        stream.truncate(100 * 2**20)
    ended = run(MANY, {**login(server), "src": [str(file)]}, memory=GIGABYTE // 2)
    assert "larger than" in ended.result["msg"], ended
    assert server.journal.writes == []
    figures.most("files: MB of memory for one of 100 MB", ended.megabytes)


LARGEST = 16 * 2**20
BULKY = {
    "entries": b"users:\n" + b"- {}\n" * 300_000,
    "aliases": b"users:\n- &a {user_name: x, role: y}\n" + b"- *a\n" * 300_000,
    "merges": b"users:\n- &a {user_name: x, role: y}\n" + b"- <<: *a\n" * 200_000,
    "anchors": b"users:\n" + b"".join(b"- &a%d {}\n" % n for n in range(200_000)),
    "JSON": b'{"users": [' + b"[]," * 500_000 + b"[]]}",
    "keys": b'{"users": [{' + b",".join(b'"k%d":1' % n for n in range(200_000)) + b',"k9":1}]}',
    "comments": b"#\n" * (LARGEST // 2 - 20) + GOOD.encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BULKY)
def test_large_files_use_bounded_memory(name: str, tmp_path: Path, server: NetServer) -> None:
    file = tmp_path / f"bulky{suffix_of(BULKY[name])}"
    file.write_bytes(BULKY[name])
    size = len(BULKY[name]) / 2**20
    ended = run(MANY, {**login(server), "src": [str(file)]}, memory=3 * GIGABYTE, seconds=240)
    assert "Traceback" not in ended.stderr
    assert ended.result, ended
    assert ended.megabytes < 100 + 120 * size
    assert server.journal.writes == []
    figures.most("files: memory as a multiple of the file", (ended.megabytes - 60) / size)
    figures.most("files: seconds for the slowest bulky file", ended.seconds)


def login(server: NetServer) -> Result:
    return {"url": server.url, "auth_username": server.admin[0], "auth_password": server.admin[1]}


# --- at random

LINES = st.sampled_from(
    ["users:", "- user_name: a", "  - user_name: b", "    role: x", "defaults:", "  role: &a y",
     "    <<: *a", "    password: |", "      text", "---", "...", "%YAML 1.1", "? x", ": y", "- *a",
     "    person_id: 0x1F", "    person_id: 1_0", "    is_active: yes", "\t- x", "# c", "'", '"',
     "    state: {a: b}", "  - [a, [b]]", "    !!str x: !!int 3", "    previous_user_names: [a, 1]",
     "    user_name: 2020-01-01", "&x", "- &x [*x]", "  - !!binary aGVsbG8=", "    a: >-"]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(LINES, max_size=14).map("\n".join),
    st.text(max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["users", "defaults", "user_name", "role", "person_id", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    ).map(json.dumps),
)


def read_anything(content: bytes, file: Path) -> None:
    """A file is read, or refused by a sentence; entries become definitions or findings."""
    file.write_bytes(content)
    try:
        read = definition_files.read(file)
    except FileError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert str(file) in message
        return
    entries = list(read.entries)
    collector = DefinitionCollector({}, {}, "")
    collector.add(entries, read.defaults, read.name)
    collector.refuse_duplicates()
    assert len(collector.definitions) <= len(entries)


@pytest.mark.parametrize("suffix", [".yml", ".json"])
def test_random_files(suffix: str, tmp_path: Path) -> None:
    fuzz_files(suffix, tmp_path, examples=80)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".yml", ".json"])
def test_many_random_files(suffix: str, tmp_path: Path) -> None:
    fuzz_files(suffix, tmp_path, examples=10_000)


def fuzz_files(suffix: str, folder: Path, examples: int) -> None:
    file = folder / f"any{suffix}"

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(st.one_of(TEXTS.map(lambda t: t.encode("utf-8", "surrogatepass")), st.binary()))
    def check(content: bytes) -> None:
        read_anything(content, file)
        figures.count("fuzzing: definition files")

    check()
