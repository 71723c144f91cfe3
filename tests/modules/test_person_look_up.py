# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Persons by e-mail address, name and company: exactly one is meant, and nobody is guessed."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.modules.execution_paths import Result
from tests.netserver import NetServer

NEW: Result = {"role": "Partner", "password": "Good-enough-password-1"}
NORTHWIND, CONTOSO = 2, 3


@pytest.fixture
def people(tenant: Any) -> dict[str, int]:
    """Persons of several companies, some with several addresses."""
    sales = tenant.add_contact("Twin AS", department="Sales")
    oslo = tenant.add_contact("Twin AS", department="Oslo")

    def add(name: str, email: Any, company: int, **options: Any) -> int:
        first, _space, last = name.partition(" ")
        added: int = tenant.add_person(
            first_name=first, last_name=last, email=email, contact_id=company, **options
        )
        return added

    return {
        "anna": add("Anna Berg", ["anna@x.example", "shared@x.example"], NORTHWIND),
        "bo": add("Bo O'Hara", ["bo@x.example", "b.ohara@x.example"], CONTOSO),
        "office": add("Twin Office", ["shared@x.example", "office@x.example"], sales),
        "kim in sales": add("Kim Lie", "kim.sales@x.example", sales),
        "kim in oslo": add("Kim Lie", "kim.oslo@x.example", oslo),
        "åse": add("Åse Müller", "åse@x.example", NORTHWIND),
        "gone": add("Gro Gone", ["gone@x.example", "moved@x.example"], NORTHWIND, retired=True),
        "moved": add("Mia Moved", "moved@x.example", CONTOSO),
        "free": add("Free Lance", "free@x.example", 0),
        "hidden": add("Hanna Hidden", "hidden@x.example", NORTHWIND, hidden=True),
    }


FOUND: list[tuple[Result, str]] = [
    ({"person_email": "anna@x.example"}, "anna"),
    ({"person_email": " Anna@X.EXAMPLE"}, "anna"),
    ({"person_email": "b.ohara@x.example"}, "bo"),
    ({"person_email": "moved@x.example"}, "moved"),
    ({"person_email": "shared@x.example", "company": "Northwind Traders"}, "anna"),
    ({"person_email": unicodedata.normalize("NFD", "åse@x.example")}, "åse"),
    ({"person_name": "Bo O'Hara"}, "bo"),
    ({"person_name": "  bo   o'hara ", "company": "contoso LTD "}, "bo"),
    ({"person_name": "Kim Lie", "company": "Twin AS, Oslo"}, "kim in oslo"),
    ({"person_name": "Kim Lie", "company": "twin as (sales)"}, "kim in sales"),
    ({"person_name": "Twin Office", "company": "Twin AS"}, "office"),
    ({"person_name": unicodedata.normalize("NFC", "åse müller")}, "åse"),
    ({"person_name": unicodedata.normalize("NFD", "Åse Müller")}, "åse"),
    ({"person_name": "Free Lance"}, "free"),
]

REFUSED: dict[str, tuple[Result, list[str]]] = {
    "an address of several persons": (
        {"person_email": "shared@x.example"},
        ["2 persons", "Anna Berg, Northwind Traders", "Twin Office, Twin AS, Sales", "company"],
    ),
    "an unknown address": (
        {"person_email": "nobody@x.example"},
        ["no person with the e-mail address 'nobody@x.example'", "Correct person_email"],
    ),
    "an address of a retired person": (
        {"person_email": "gone@x.example"},
        ["every person", "is retired", "Gro Gone, Northwind Traders, retired"],
    ),
    "an address of an invisible person": (
        {"person_email": "hidden@x.example"},
        ["or this login may not see it"],
    ),
    "another company": (
        {"person_email": "anna@x.example", "company": "Contoso Ltd"},
        ["no person", "belongs to the company 'Contoso Ltd'", "Anna Berg, Northwind Traders"],
    ),
    "an unknown company": (
        {"person_name": "Anna Berg", "company": "Northwind"},
        ["belongs to the company 'Northwind'", "Anna Berg, Northwind Traders"],
    ),
    "a company without persons": (
        {"person_name": "Anna Berg", "company": "Example Industries AS"},
        ["belongs to the company 'Example Industries AS'"],
    ),
    "a name of two persons of one company": (
        {"person_name": "Kim Lie", "company": "Twin AS"},
        ["2 persons", "Kim Lie, Twin AS, Sales", "Kim Lie, Twin AS, Oslo", "Give person_id"],
    ),
    "a name without its accents": ({"person_name": "Ase Muller"}, ["no person with the name"]),
    "an address with a backslash": (
        {"person_email": "a\\b@x.example"},
        ["cannot be looked up: it has a backslash", "person_id"],
    ),
    "a name that is too long": ({"person_name": "x" * 1600}, ["is too long", "person_id"]),
}

# how an installation may list addresses, compare texts and cut pages
PROFILES: list[Result] = [
    {},
    {"person_addresses": "rows"},
    {"person_addresses": "rows", "page_cap": "2"},
    {"page_cap": "3", "next_link": "none"},
    {"name_comparison": "accent-insensitive"},
    {"name_comparison": "sql-server", "person_login_id": "name"},
    {"firewall": "query"},
]


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_the_person_that_is_named_gets_the_login(
    server: NetServer, people: dict[str, int], user: Run, bulk: Run, profile: Result
) -> None:
    with server.using(**profile):
        users = [
            {"user_name": f"new{number}", **options, **NEW}
            for number, (options, _whose) in enumerate(FOUND)
        ]
        plan = bulk(users=users, check=True)
        assert "failed" not in plan, plan["msg"]
        persons = {one["user_name"]: one["after"]["person_id"] for one in plan["plan"]["entries"]}
        assert persons == {
            f"new{number}": people[whose] for number, (_options, whose) in enumerate(FOUND)
        }
        for options, whose in FOUND[:6]:
            created = user(user_name=whose, check=True, **options, **NEW)
            assert created["user"]["person_id"] == people[whose], options


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_person_that_is_not_certain_is_refused_in_one_sentence(
    server: NetServer, people: dict[str, int], tenant: Any, user: Run, bulk: Run, profile: Result
) -> None:
    before = tenant.snapshot()
    with server.using(**profile):
        users = [
            {"user_name": f"new{number}", **options, **NEW}
            for number, (options, _parts) in enumerate(REFUSED.values())
        ]
        good = {"user_name": "good", "person_email": "bo@x.example", **NEW}
        result = bulk(users=[*users, good])
        for options, parts in REFUSED.values():
            refused = user(user_name="new", **options, **NEW)
            assert refused["error"]["kind"] == "person"
            assert all(part in refused["msg"] for part in parts), refused["msg"]
            assert "\n" not in refused["msg"]
    assert result["failed"]
    findings = [one["message"] for one in result["findings"]]
    assert len(findings) == len(REFUSED)
    for (_options, parts), message in zip(REFUSED.values(), findings, strict=True):
        assert all(part in message for part in parts), message
    assert tenant.snapshot() == before


def test_an_address_that_several_persons_share_is_noticed_among_many(
    people: dict[str, int], bulk: Run, tenant: Any
) -> None:
    # the service shows only the first address of a person, and both are asked for
    tenant.add_person(email=["first@x.example", "anna@x.example"])
    for number in range(60):
        tenant.add_person(email=f"p{number}@x.example")
    wanted = ["first", "anna", *(f"p{number}" for number in range(60))]
    result = bulk(
        users=[{"user_name": name, "person_email": f"{name}@x.example", **NEW} for name in wanted]
    )
    assert result["failed"]
    assert [one["where"] for one in result["findings"]] == ["users[1]"]
    assert "2 persons" in result["findings"][0]["message"]


def test_a_database_that_minds_case_is_asked_in_lower_case_too(
    server: NetServer, people: dict[str, int], user: Run
) -> None:
    with server.using(filter_case="sensitive"):
        options = {"user_name": "new", "person_email": "ANNA@x.example"}
        assert user(**options, **NEW)["user"]["person_id"] == people["anna"]
        decomposed = unicodedata.normalize("NFD", "Åse Müller")
        result = user(user_name="new2", person_name=decomposed, **NEW)
        assert result["user"]["person_id"] == people["åse"]


def test_a_word_of_sql_stops_only_its_own_definition(
    server: NetServer, people: dict[str, int], bulk: Run, tenant: Any
) -> None:
    # it is asked for by itself: the service shows the other address
    tenant.add_person(email=["other@x.example", "and@x.example"])
    wanted = ["anna@x.example", "bo@x.example", "and@x.example", "free@x.example"] + [
        f"nobody{number}@x.example" for number in range(9)
    ]
    with server.using(firewall="query"):
        result = bulk(
            users=[{"user_name": one, "person_email": one, **NEW} for one in wanted], check=True
        )
    kinds = {one["where"]: one["kind"] for one in result["findings"]}
    assert kinds["users[2]"] == "blocked"
    assert {kind for where, kind in kinds.items() if where != "users[2]"} == {"person"}
    assert len(kinds) == 10


# --- users that exist


def test_a_user_that_exists_costs_no_look_up(
    people: dict[str, int], tenant: Any, user: Run, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    for options in (
        {"user_name": "ANNA", "person_email": "nobody@x.example"},
        {"user_name": "ann", "previous_user_names": ["anna"], "person_name": "Nobody"},
    ):
        assert "person" not in user(check=True, **options)["requests"]
        assert "person" not in bulk(check=True, users=[options])["requests"]


def test_the_login_of_a_person_is_managed_without_its_name(
    people: dict[str, int], tenant: Any, user: Run, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    changed = user(person_email="anna@x.example", role="Vendor")
    assert (changed["action"], changed["user"]["user_name"]) == ("modify", "anna")
    assert user(person_name="Anna Berg", role="Vendor")["action"] == "none"
    assert bulk(users=[{"person_email": "anna@x.example", "is_active": False}])["changed"]
    assert not tenant.user("anna").is_active


def test_a_person_whose_login_has_another_name_needs_consent(
    people: dict[str, int], tenant: Any, user: Run, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    before = tenant.snapshot()
    options = {"user_name": "anna.berg", "person_email": "anna@x.example"}
    for refused in (user(**options), bulk(users=[options])):
        assert refused["error"]["kind"] == "rename"
        assert "previous_user_names: ['anna']" in refused["msg"]
        assert "correct person_email" in refused["msg"]
    assert tenant.snapshot() == before
    renamed = user(**options, previous_user_names=["anna"])
    assert (renamed["action"], tenant.user("anna.berg").person_id) == ("rename", people["anna"])


def test_a_second_login_of_a_person_beside_a_declared_one_is_created(
    people: dict[str, int], tenant: Any, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    both = [
        {"user_name": name, "person_email": "anna@x.example", **NEW} for name in ("anna", "anna2")
    ]
    assert bulk(users=both)["summary"]["created"] == 1
    assert tenant.user("anna2").person_id == people["anna"]
    assert bulk(users=both)["summary"]["unchanged"] == 2


def test_absent_deletes_the_login_of_the_person(
    people: dict[str, int], tenant: Any, user: Run, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"])
    tenant.add_external_user("gone", person_id=people["gone"])
    gone = {"person_email": "gone@x.example", "state": "absent"}
    assert user(person_email="anna@x.example", state="absent")["action"] == "delete"
    assert bulk(users=[gone], limits={"delete": 1})["summary"]["deleted"] == 1
    assert tenant.user("gone") is None
    for email in ("anna@x.example", "gone@x.example", "nobody@x.example"):
        absent = {"person_email": email, "state": "absent"}
        assert user(**absent)["action"] == "none"
        assert bulk(users=[absent])["changed"] is False
    refused = user(person_email="shared@x.example", state="absent")
    assert refused["error"]["kind"] == "person"


def test_absent_by_name_is_not_about_the_person(people: dict[str, int], user: Run) -> None:
    result = user(user_name="nobody", person_email="nobody@x.example", state="absent")
    assert (result["action"], "person" in result["requests"]) == ("none", False)


WARNED: list[tuple[Result, list[str]]] = [
    ({"person_email": "ANNA@x.example", "company": "northwind traders"}, []),
    ({"person_name": "anna berg"}, []),
    (
        {"person_email": "other@x.example"},
        ["1 user: 'anna'", "person_email is 'anna@x.example' and not 'other@x.example'"],
    ),
    (
        {"company": "Contoso Ltd"},
        ["'anna'", "company is 'Northwind Traders' and not 'Contoso Ltd'"],
    ),
    ({"person_name": "Bo O'Hara"}, ["person_name is 'Anna Berg' and not 'Bo O'Hara'"]),
]


def test_another_person_than_declared_is_a_warning_for_an_existing_user(
    people: dict[str, int], tenant: Any, user: Run, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    tenant.add_external_user("office", person_id=people["office"], role_id=5)
    for options, parts in WARNED:
        for key in ({"user_name": "anna"}, {"user_name": "Anna", "person_id": people["anna"]}):
            for result in (user(**key, **options), bulk(users=[{**key, **options}])):
                assert result["changed"] is False
                assert "person" not in result["requests"]
                warnings = result.get("warnings", [])
                assert len(warnings) == bool(parts)
                assert all(part in warnings[0] for part in parts), warnings
    company = {"user_name": "office", "company": "Twin AS, Sales"}
    assert "warnings" not in bulk(users=[company])
    assert "Twin AS, Oslo" in bulk(users=[{**company, "company": "Twin AS, Oslo"}])["warnings"][0]


# --- several definitions, and ids


def test_two_definitions_of_one_person_need_names(people: dict[str, int], bulk: Run) -> None:
    pairs: list[tuple[Result, Result]] = [
        ({"person_email": "bo@x.example"}, {"person_email": "b.ohara@x.example"}),
        ({"person_email": "bo@x.example"}, {"person_name": "Bo O'Hara"}),
        ({"person_email": "bo@x.example"}, {"person_email": "BO@x.example"}),
        ({"person_id": people["bo"]}, {"person_email": "bo@x.example"}),
        ({"person_name": "Bo O'Hara"}, {"person_name": "bo o'hara "}),
    ]
    for pair in pairs:
        result = bulk(users=[{**one, "is_active": True} for one in pair])
        kinds = [one["kind"] for one in result["findings"] if one["where"] == "users[1]"]
        assert kinds[0] == "duplicate", pair


def test_an_id_decides_and_must_agree_for_a_new_user(
    people: dict[str, int], tenant: Any, user: Run
) -> None:
    before = tenant.snapshot()
    for options, wrong in (
        ({"person_email": "bo@x.example"}, "person_email"),
        ({"person_name": "Bo O'Hara"}, "person_name"),
        ({"person_email": "anna@x.example", "company": "Contoso Ltd"}, "company"),
    ):
        refused = user(user_name="new", person_id=people["anna"], **options, **NEW)
        assert refused["error"]["kind"] == "person"
        assert f"person_id and {wrong} do not agree" in refused["msg"]
        assert "Anna Berg, Northwind Traders" in refused["msg"]
    assert tenant.snapshot() == before
    # its second address, which the service does not show
    agreeing = {"person_id": people["bo"], "person_email": "b.ohara@x.example"}
    assert user(user_name="bo", **agreeing, **NEW)["action"] == "create"


def test_impossible_combinations_are_refused_before_anything_is_asked(
    user: Run, bulk: Run, journal: Any
) -> None:
    both = {"person_email": "a@x.example", "person_name": "A"}
    assert "mutually exclusive" in user(**both)["msg"]
    for options, part in (
        (both, "give either person_email or person_name, not both"),
        ({"company": "Twin AS"}, "person_email or person_name"),
        ({"person_email": " "}, "person_email must not be empty"),
        ({"user_name": "a", "company": 7}, "company must be a string"),
    ):
        assert part in bulk(users=[options])["msg"]
    journal.clear()
    assert "required" in user(company="Twin AS")["msg"]
    assert not journal.entries


def test_company_is_a_default_that_narrows(people: dict[str, int], bulk: Run) -> None:
    users = [{"user_name": "anna", "person_email": "shared@x.example"}]
    defaults = {"company": "Northwind Traders", "role": "Partner", "generate_password": True}
    entries = bulk(users=users, defaults=defaults, check=True)["plan"]["entries"]
    assert [one["after"]["person_id"] for one in entries] == [people["anna"]]


def test_only_leaves_out_persons_of_others_that_are_not_found(
    people: dict[str, int], tenant: Any, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    users = [
        {"user_name": "anna", "role": "Vendor"},
        {"user_name": "new", "person_email": "nobody@x.example", **NEW},
    ]
    assert bulk(users=users, only=["anna"])["summary"]["modified"] == 1
    # without a name it might be about anyone
    nameless = [users[0], {"person_email": "nobody@x.example", "is_active": True}]
    assert bulk(users=nameless, only=["anna"])["error"]["kind"] == "person"


# --- plans


def test_a_plan_keeps_the_person_when_the_address_moves(
    people: dict[str, int], tenant: Any, bulk: Run
) -> None:
    users = [{"user_name": "new", "person_email": "anna@x.example", **NEW}]
    plan = bulk(users=users, check=True)["plan"]
    tenant.change_addresses(people["anna"], ["anna.new@x.example"])
    tenant.change_addresses(people["bo"], ["anna@x.example"])
    applied = bulk(users=users, plan=plan)
    assert applied["summary"]["created"] == 1
    assert tenant.user("new").person_id == people["anna"]
    # by the address alone the definition is another person's now; the user exists and is in sync
    assert bulk(users=users)["changed"] is False


@pytest.mark.parametrize("with_definitions", [True, False])
def test_a_plan_is_applied_without_looking_up_again(
    people: dict[str, int], tenant: Any, bulk: Run, journal: Any, with_definitions: bool
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    users = [
        {"person_email": "anna@x.example", "role": "Vendor"},
        {"user_name": "bo", "person_name": "Bo O'Hara", **NEW},
    ]
    plan = bulk(users=users, check=True)["plan"]
    journal.clear()
    given = {"users": users} if with_definitions else {"passwords": {"bo": NEW["password"]}}
    applied = bulk(plan=plan, **given)
    assert (applied["summary"]["created"], applied["summary"]["modified"]) == (1, 1), applied
    filters = [entry.query.get("$filter", "") for entry in journal.entries]
    assert not [text for text in filters if "email" in text or "fullName" in text]


def test_a_plan_for_another_address_is_stale(people: dict[str, int], bulk: Run) -> None:
    planned = {"user_name": "new", "person_email": "anna@x.example", **NEW}
    plan = bulk(users=[planned], check=True)["plan"]
    result = bulk(users=[{**planned, "person_email": "bo@x.example"}], plan=plan)
    assert result["failed"]
    assert "its definition has changed" in result["msg"]


def test_a_person_who_has_retired_since_the_plan_gets_no_login(
    people: dict[str, int], tenant: Any, bulk: Run
) -> None:
    users = [{"user_name": "new", "person_email": "anna@x.example", **NEW}]
    plan = bulk(users=users, check=True)["plan"]
    tenant.retire_person(people["anna"])
    refused = bulk(users=users, plan=plan)
    assert refused["error"]["kind"] == "person"
    assert tenant.user("new") is None


def test_planned_pruning_spares_a_user_that_is_now_defined_by_its_person(
    people: dict[str, int], tenant: Any, bulk: Run
) -> None:
    for name in ("anna", "bo"):
        tenant.add_external_user(name, person_id=people[name], role_id=5)
    options = {"prune": "delete", "prune_scope": "all", "limits": {"delete": 5}}
    users = [{"person_email": "anna@x.example"}]
    plan = bulk(users=users, check=True, **options)["plan"]
    assert [one["user_name"] for one in plan["entries"]] == ["bo"]
    more = [*users, {"person_name": "Bo O'Hara", "company": "Contoso Ltd"}]
    result = bulk(users=more, plan=plan, **options)
    assert "its definition has changed" in result["msg"]
    assert tenant.user("bo") is not None
    assert bulk(users=users, plan=plan, **options)["summary"]["deleted"] == 1


def test_access_that_ends_is_listed_for_the_login_of_a_person(
    people: dict[str, int], tenant: Any, bulk: Run
) -> None:
    tenant.add_external_user("anna", person_id=people["anna"], role_id=5)
    result = bulk(users=[{"person_email": "anna@x.example", "active_until": "2020-12-31"}])
    assert [(one["user_name"], one["has_ended"]) for one in result["ending"]] == [("anna", True)]
    assert not tenant.user("anna").is_active
