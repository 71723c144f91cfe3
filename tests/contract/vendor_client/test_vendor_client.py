# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's own client against the embedded NetServer: it must work unchanged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.netserver import NetServer

HERE = Path(__file__).resolve().parent
PASSWORD = "Vendor-secret-1"
ROOT = HERE.parents[2]
SOURCES = ("package.json", "package-lock.json", ".npmrc", "drive.mjs")
# a folder for each worker of pytest-xdist, so that no two install into one
PLACE = ROOT / "build" / "vendor_client" / os.environ.get("PYTEST_XDIST_WORKER", "alone")


@pytest.fixture(scope="module")
def node() -> str:
    """Node with the vendor's package at hand; skips where that cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are needed for the vendor's client")
    PLACE.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    installed = PLACE / "node_modules" / ".package-lock.json"
    known = PLACE / "package-lock.json"
    is_current = installed.is_file() and known.is_file() and known.read_bytes() == lock
    for name in SOURCES:
        shutil.copyfile(HERE / name, PLACE / name)
    if not is_current:
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts"],
            cwd=PLACE, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            pytest.skip("npm ci could not fetch the vendor's client: " + done.stderr[-200:])
    return node


@pytest.fixture(scope="module")
def server() -> Iterator[NetServer]:
    with NetServer(persons=1) as server:
        yield server


@pytest.fixture(scope="module")
def result(node: str, server: NetServer) -> dict[str, Any]:
    """What the vendor's client understood of one walk through the service."""
    environment = {
        "SUPEROFFICE_URL": server.url, "SUPEROFFICE_USERNAME": server.admin[0],
        "SUPEROFFICE_PASSWORD": server.admin[1], "PERSON_ID": "1001", "NEW_PASSWORD": PASSWORD,
    }  # fmt: skip
    done = subprocess.run(
        [node, "drive.mjs"], cwd=PLACE, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    understood: dict[str, Any] = json.loads(done.stdout)
    return understood


def test_reads_roles_in_the_asked_language(result: dict[str, Any]) -> None:
    names = {role["id"]: role["name"] for role in result["roles"]}
    assert (names[2], names[7], names[8]) == ("External user", "Supplier", "Customer")


def test_creates_and_reads(result: dict[str, Any]) -> None:
    created = result["created"]
    assert created == 101
    for user in (result["user"], result["byName"], result["byPerson"][0]):
        assert (user["associateId"], user["userName"], user["type"]) == (
            created, "vendor", "ExternalAssociate",
        )  # fmt: skip
        assert (user["role"]["value"], user["person"]["personId"]) == ("Partner", 1001)
    assert result["nameIsFree"] is True
    assert result["weak"]["result"] is False
    assert result["person"]["isAssociate"] is True


def test_modifies_by_a_number(result: dict[str, Any], server: NetServer) -> None:
    (entry,) = (e for e in server.journal.entries if e.operation == "SetExternalUserInfo")
    assert (entry.argument("ExternalUserInfoModification"), entry.committed) == (12, True)
    assert entry.body_keys[0] == "associateId"
    assert (result["info"]["canLogon"], result["info"]["roleName"]) == (False, "Supplier")
    assert [info["userInfoId"] for info in result["infos"]] == [101, 1]


def test_asks_archives(result: dict[str, Any]) -> None:
    (row,) = result["rows"]
    assert row["primaryKey"] == 101
    shown = {name: cell["displayValue"] for name, cell in row["columnData"].items()}
    assert shown == {
        "userName": "vendor", "role": "Supplier", "isActive": "[B:False]", "personId": "[I:1001]",
    }  # fmt: skip
    assert result["textRows"][0]["columnData"]["userName"]["displayValue"] == "vendor"


def test_understands_refusals(result: dict[str, Any]) -> None:
    assert result["duplicate"]["status"] == 400
    assert result["duplicate"]["body"]["ErrorType"] == "SoDuplicateException"
    # an unknown id is no error to an agent: 200 and null
    assert result["unknown"].get("resolved") is None
    assert "status" not in result["unknown"]


def test_ends_clean(result: dict[str, Any], server: NetServer) -> None:
    assert (result["passwordSet"], result["generated"], result["gone"]) == (True, "string", [])
    assert server.tenant.users() == []
    assert [entry.operation for entry in server.journal.committed] == [
        "CreateExternalUser", "SetExternalUserInfo", "SetPassword",
        "GenerateNewPasswordForExternalUser", "DeleteExternalUser",
    ]  # fmt: skip
    agents = {entry.headers.get("User-Agent") for entry in server.journal.entries}
    assert agents == {"SO-TS-WebApi/1.0"}
