# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked before a run: misspelled variables, addresses and folders of other hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.superoffice.crm.plugins.plugin_utils.run_check import (
    documented_variables,
    own_variables,
    problems_of_addresses,
    problems_of_folders,
    problems_of_variables,
)

SITE = "https://crm.example.com/SuperOffice"


def misspellings(name: str) -> set[str]:
    """Return a name with one typing error at each place, and in other notations."""
    found = {name.upper(), name.replace("_", "-"), name.replace("external_users", "externalusers")}
    for at in range(len(name)):
        found.add(name[:at] + name[at + 1 :])
        found.add(name[:at] + name[at] + name[at:])
        found.add(name[:at] + "x" + name[at + 1 :])
        found.add(name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :])
    return found


def test_each_misspelling_of_a_variable_is_found_and_no_variable_is_one() -> None:
    known = documented_variables() | own_variables()
    for name in ("limits", "protect", "prune_scope", "only", "hosts", "report_formats", "url"):
        typos = misspellings(f"external_users_{name}") - known
        told = " ".join(problems_of_variables(typos))
        assert [typo for typo in typos if f"{typo} is unknown" not in told] == []
    assert not list(problems_of_variables(known | {"external_users_passwords_not_set"}))


def test_other_variables_are_the_users_own() -> None:
    own = "external_users external_users_file external_users_vault external_url limits".split()
    own += ["external_users_company", "external_users_git_url", "inventory_hostname"]
    assert not list(problems_of_variables(own))


@pytest.mark.parametrize(
    "other",
    [
        f"{SITE}/",
        f"  {SITE}/api/v1/ ",
        "HTTPS://CRM.example.com:443/superoffice/API",
        "https://crm.example.com.//SuperOffice",
        "https://crm.example.com/Super%4Fffice",
    ],
)
def test_one_address_is_recognized_in_any_spelling(other: str) -> None:
    [problem] = problems_of_addresses("a", {"a": SITE, "b": other, "c": f"{SITE}2"})
    assert "a and b have one address" in problem


def test_different_addresses_and_unknown_ones_are_no_problem() -> None:
    urls = {"a": SITE, "b": f"{SITE}:8443", "c": "https://crm.example.com:8443/SuperOffice"}
    assert not list(problems_of_addresses("a", urls))
    assert not list(problems_of_addresses("a", {"a": "", "b": ""}))


def test_folders_of_other_hosts_are_found_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "north" / "eu" / "South").mkdir(parents=True)
    hosts = ["localhost", "north", "south"]
    [problem] = problems_of_folders("localhost", [str(tmp_path)], hosts)
    assert "north, north/eu/South" in problem
    [problem] = problems_of_folders("north", [str(tmp_path / "north")], hosts)
    assert "eu/South" in problem
    assert not list(problems_of_folders("south", [str(tmp_path / "north")], ["south", "west"]))
