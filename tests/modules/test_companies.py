# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of a company: listed, and pruned."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.netserver import NetServer

NORDIC = ["n1", "n2", "n3"]


@pytest.fixture
def users(tenant: Any) -> dict[str, int]:
    """Three users of Nordic Trade, of whom one is in Oslo, and one of each other company."""
    companies = {
        "n1": tenant.add_contact("Nordic Trade", department="Oslo"),
        "n2": tenant.add_contact("Nordic Trade"),
        "s1": tenant.add_contact("Nordic Trade Sud"),
        "k1": tenant.add_contact("Kj\u00f8kken & Bad 'Nord' AS"),
        "none": 0,
    }
    companies["n3"] = companies["n2"]
    for name, company in companies.items():
        person = tenant.add_person(first_name=name, contact_id=company)
        tenant.add_external_user(name, person_id=person, role_id=5)
    return companies


def names(result: Any) -> list[str]:
    return sorted(user["user_name"] for user in result["users"])


def active(tenant: Any) -> list[str]:
    return sorted(user.user_name for user in tenant.users() if user.is_active)


def test_users_of_a_company_are_listed(run: Run, users: dict[str, int]) -> None:
    cases = {
        "Nordic Trade": NORDIC,
        "NORDIC TRADE": NORDIC,
        "  Nordic  Trade ": NORDIC,
        "Nordic Trade, Oslo": ["n1"],
        "Nordic": [],
        "Nordic Trade, Bergen": [],
        unicodedata.normalize("NFD", "Kj\u00f8kken & Bad 'Nord' AS"): ["k1"],
        "": [],
    }
    for company, expected in cases.items():
        listed = run("superoffice_external_user_info", company=company)
        assert names(listed) == expected, company
    both = run("superoffice_external_user_info", company="Nordic Trade", user_name="n[12]")
    assert names(both) == ["n1", "n2"]


def test_only_users_of_the_company_are_pruned(
    bulk: Run, tenant: Any, journal: Any, users: dict[str, int]
) -> None:
    options: dict[str, Any] = {
        "users": [{"user_name": "n2"}],
        "prune": "deactivate",
        "prune_scope": {"companies": ["nordic trade"]},
        "limits": {"deactivate": None, "delete": None},
    }
    planned = bulk(**options, check=True)
    assert [row["user_name"] for row in planned["results"]] == ["n1", "n3"]
    assert "Archive/Person" not in journal.counts()
    result = bulk(**options, plan=planned["plan"])
    assert result["summary"]["deactivated"] == 2
    assert active(tenant) == ["k1", "n2", "none", "s1"]
    assert bulk(**options)["changed"] is False
    only_oslo = {**options, "prune": "delete", "prune_scope": {"companies": ["Nordic Trade, Oslo"]}}
    assert bulk(**only_oslo)["summary"]["deleted"] == 1
    # nobody is left there, and the company exists all the same
    again = bulk(**only_oslo)
    assert (again["changed"], again.get("failed")) == (False, None)
    mixed = {**options, "prune_scope": {"companies": ["Nordic Trade"], "user_names": ["n2"]}}
    assert bulk(**mixed)["changed"] is False


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        (["Nordic Trad"], "there is no company 'Nordic Trad'"),
        (["Nordic Trade", "Nordic Trade, Bergen"], "there is no company 'Nordic Trade, Bergen'"),
        ([""], "companies has an empty name"),
        ([], "companies must be a list that is not empty"),
        ("Nordic Trade", "companies must be a list that is not empty"),
    ],
)
def test_a_company_that_does_not_exist_prunes_nobody(
    bulk: Run, tenant: Any, journal: Any, users: dict[str, int], scope: Any, told: str
) -> None:
    result = bulk(
        users=[{"user_name": "n2"}], prune="delete", prune_scope={"companies": scope}, limits={}
    )
    assert result["failed"]
    assert told in result["msg"]
    assert journal.writes == []


def test_a_user_who_left_the_company_is_not_pruned_by_an_older_plan(
    bulk: Run, tenant: Any, users: dict[str, int]
) -> None:
    options = {
        "users": [{"user_name": "n2"}],
        "prune": "delete",
        "prune_scope": {"companies": ["Nordic Trade"]},
        "limits": {"delete": None},
    }
    plan = bulk(**options, check=True)["plan"]
    tenant.rename_contact(users["n1"], "Southern Trade")
    result = bulk(**options, plan=plan)
    assert result["failed"]
    assert "not in prune_scope" in result["msg"]
    assert tenant.user("n1") is not None
    assert tenant.user("n3") is None


def test_without_names_of_companies_nothing_is_decided_by_them(
    server: NetServer, bulk: Run, run: Run, tenant: Any, journal: Any, users: dict[str, int]
) -> None:
    options = {
        "users": [{"user_name": "n2"}],
        "prune": "delete",
        "prune_scope": {"companies": ["Nordic Trade"]},
        "limits": {"delete": None},
    }
    plan = bulk(**options, check=True)["plan"]
    with server.using(name_columns="missing", unknown_column="error"):
        for result in (
            bulk(**options),
            bulk(**options, plan=plan),
            run("superoffice_external_user_info", company="Nordic Trade"),
        ):
            assert result["failed"]
            assert result["error"]["kind"] == "company"
    assert journal.writes == []
