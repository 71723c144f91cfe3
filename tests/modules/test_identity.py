# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Matching of users: keys, previous user names, unusual names, internal users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.modules.conftest import Run

Writes = Callable[[], list[tuple[str, Any]]]
PASSWORD = "Correct-Horse-1"

ODD_NAMES = [
    "o'brien@example.com",
    "d''artagnan",
    "'",
    'say "hi"',
    "DOMAIN\\anna",
    "trailing\\",
    "\\'",
    "L'Oréal\\x",
    "Ærøskøbing",
    "жанна@пример.рф",
    "安娜",
    "émilie 🦊",
    "straße",
    "a&b=c",
    "a+b",
    "100%25",
    "%27 or 1=1",
    "a%b_c*d?[e]",
    "two  blanks",
    "a,b;c",
    "(a) or (b)",
    "' or userName = 'rj",
    "<b>&amp;</b>",
    "a/b?c#d",
    "{{ curly }}",
    "null",
    "123",
    "x" * 239,
    "ж" * 239,
]


@pytest.fixture
def anna(tenant: Any) -> int:
    associate_id: int = tenant.add_external_user("anna", role_id=5, password=PASSWORD)
    return associate_id


@pytest.fixture
def berta(tenant: Any) -> int:
    associate_id: int = tenant.add_external_user("berta", role_id=5)
    return associate_id


def person_of(tenant: Any, associate_id: int) -> int:
    person: int = tenant.user(associate_id).person_id
    return person


def test_unusual_names_are_created_found_and_deleted(
    user: Run, tenant: Any, writes: Writes, server: Any, subtests: pytest.Subtests
) -> None:
    for name in ODD_NAMES:
        with subtests.test(name=name):
            server.reset()
            person = tenant.add_person(first_name="Odd", last_name="Name")
            declared = {
                "person_id": person,
                "user_name": name,
                "password": PASSWORD,
                "role": "Partner",
            }
            assert user(**declared)["changed"] is True
            [record] = tenant.users()
            assert record.user_name == name
            for keys in (declared, {"user_name": name}, {"user_name": name, "role_id": 5}):
                again = user(**keys)
                assert again["changed"] is False
                assert again["user"]["user_name"] == name
                assert again["user"]["associate_id"] == record.associate_id
            assert user(user_name=name, role="Vendor")["modification"] == ["Role"]
            assert user(user_name=name, state="absent")["action"] == "delete"
            assert tenant.users() == []
            assert len(writes()) == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (" leading", "an outer space"),
        ("trailing ", "an outer space"),
        ("no\u00a0break", "U+00A0"),
        ("zero\u200bwidth", "U+200B"),
        ("right\u202eleft", "U+202E"),
        ("line\nbreak", "U+000A"),
        ("thin\u2009space", "U+2009"),
    ],
)
def test_name_with_invisible_characters_is_refused_and_managed_by_id(
    name: str, told: str, user: Run, tenant: Any, journal: Any
) -> None:
    associate_id = tenant.add_external_user(name, role_id=5)
    result = user(user_name=name, role="Vendor")
    assert told in result["msg"]
    assert journal.entries == []
    assert user(associate_id=associate_id, role="Vendor")["changed"] is True


def test_unusual_name_does_not_match_similar_names(
    user: Run, tenant: Any, server: Any, subtests: pytest.Subtests
) -> None:
    for name in ODD_NAMES:
        with subtests.test(name=name):
            server.reset()
            for other in ("anna", "x", "a", "b", "rj2", "ab", "100%", "both", "a b"):
                tenant.add_external_user(other)
            start = tenant.snapshot()
            result = user(user_name=name, state="absent")
            assert result["changed"] is False
            assert tenant.snapshot() == start


@pytest.mark.parametrize(("old", "new"), [("anna", ODD_NAMES[0]), ("DOMAIN\\anna", "anna")])
def test_unusual_names_are_renamed(old: str, new: str, user: Run, tenant: Any) -> None:
    associate_id = tenant.add_external_user(old)
    result = user(user_name=new, previous_user_names=["somebody else", old])
    assert result["modification"] == ["UserName"]
    assert tenant.user(associate_id).user_name == new


@pytest.mark.parametrize("asked", ["anna", "ANNA", "Anna", "aNNa"])
@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
def test_names_match_without_case_on_every_database(
    asked: str, case: str, user: Run, server: Any, anna: int
) -> None:
    with server.using(filter_case=case):
        result = user(associate_id=anna, user_name="Anna", previous_user_names=["anna"])
        assert result["modification"] == ["UserName"]
        found = user(user_name=asked, check=True)
    assert found["user"]["associate_id"] == anna
    assert found["modification"] == []


def test_difference_in_case_is_not_drift(user: Run, tenant: Any, anna: int, writes: Writes) -> None:
    for keys in ({"user_name": "ANNA"}, {"associate_id": anna, "user_name": "Anna"}):
        result = user(**keys)
        assert (result["changed"], result["action"]) == (False, "none")
    assert user(user_name="ANNA", previous_user_names=["Anna"])["changed"] is False
    assert tenant.user(anna).user_name == "anna"
    assert writes() == []


@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
def test_rename_that_changes_case_only_is_one_write(
    case: str, user: Run, server: Any, tenant: Any, anna: int, writes: Writes
) -> None:
    server.choose(filter_case=case)
    result = user(user_name="ANNA", previous_user_names=["anna"])
    assert result["action"] == "rename"
    assert result["modification"] == ["UserName"]
    assert result["diff"]["before"] == {"user_name": "anna"}
    assert result["diff"]["after"] == {"user_name": "ANNA"}
    assert tenant.user(anna).user_name == "ANNA"
    assert user(user_name="ANNA", previous_user_names=["anna"])["changed"] is False
    assert writes() == [("SetExternalUserInfo", "UserName")]


@pytest.mark.parametrize("case", ["upper", "lower"])
def test_a_spelling_that_the_service_does_not_keep_is_no_change(
    case: str, user: Run, bulk: Run, server: Any, tenant: Any
) -> None:
    with server.using(stored_case=case, name_comparison="sql-server", filter_case="sensitive"):
        for name in ("Anna.Berg", "Stra\u00dfe"):
            person = tenant.add_person()
            new = {"person_id": person, "role": "Partner", "password": PASSWORD}
            created = user(user_name=name, **new)
            assert "failed" not in created, created["msg"]
            stored = created["user"]["user_name"]
            assert stored != name
            for keys in ({"user_name": name}, {"user_name": name, "person_id": person}):
                for former in ([], ["x"], [name]):
                    declared = {**keys, "previous_user_names": former}
                    assert user(**declared)["changed"] is False
                    assert bulk(users=[declared])["changed"] is False
            respelled = {"user_name": name, "previous_user_names": [stored]}
            if name.isascii():
                for result in (user(**respelled), bulk(users=[respelled])):
                    assert (result["failed"], result["changed"]) == (True, False)
                    assert f"user_name is still '{stored}'" in result["msg"]
                    assert "previous_user_names" in result["msg"]


def test_case_of_a_name_is_written_once_where_only_one_column_changes(
    user: Run, server: Any, tenant: Any, anna: int
) -> None:
    respelled = {"user_name": "ANNA", "previous_user_names": ["anna"]}
    with server.using(rename_column="name"):
        assert user(**respelled)["changed"] is True
        assert user(**respelled)["changed"] is False
    assert (tenant.user(anna).user_name, tenant.user(anna).name) == ("anna", "ANNA")


@pytest.mark.parametrize("rule", ["simple", "exact", "sql-server", "accent-insensitive"])
def test_spelling_that_the_service_takes_for_the_same_is_written_with_consent(
    rule: str, user: Run, bulk: Run, server: Any, tenant: Any, writes: Writes
) -> None:
    server.choose(name_comparison=rule)
    person = tenant.add_person()
    tenant.add_external_user("gross", person_id=person)
    if rule in ("sql-server", "accent-insensitive"):
        assert user(person_id=person, user_name="gro\u00df")["changed"] is False
    else:
        assert user(person_id=person, user_name="gro\u00df")["error"]["kind"] == "rename"
    options = {"user_name": "gro\u00df", "previous_user_names": ["gross"]}
    assert user(**options)["action"] == "rename"
    assert user(**options)["changed"] is False
    assert bulk(users=[{**options, "person_id": person}])["changed"] is False
    assert [one.user_name for one in tenant.users() if one.is_external] == ["gro\u00df"]
    assert writes() == [("SetExternalUserInfo", "UserName")]


def test_login_of_a_person_is_renamed_only_with_previous_user_names(
    user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    keys = {"person_id": person_of(tenant, anna), "user_name": "bertil", "role": "Vendor"}
    for former in ([], ["ann", "nna"]):
        result = user(**keys, previous_user_names=former)
        assert result["failed"] is True
        assert result["error"]["kind"] == "rename"
        for fact in ("'anna'", f"associate {anna}", "previous_user_names: ['anna']", "person_id"):
            assert fact in result["msg"]
    assert writes() == []
    result = user(**keys, previous_user_names=["ANNA"])
    assert (result["action"], result["modification"]) == ("rename", ["UserName", "Role"])


@pytest.mark.parametrize("key", ["associate_id", "person_id"])
def test_rename_by_id_keeps_user_and_password(
    key: str, user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    keys: dict[str, Any] = {"associate_id": anna}
    if key == "person_id":
        keys = {key: person_of(tenant, anna), "previous_user_names": ["anna"]}
    predicted = user(user_name="clara", check=True, **keys)
    assert tenant.user(anna).user_name == "anna"
    result = user(user_name="clara", **keys)
    assert predicted["diff"] == result["diff"]
    assert result["user"]["user_name"] == tenant.user(anna).user_name == "clara"
    assert result["user"]["associate_id"] == anna
    assert tenant.password_matches(anna, PASSWORD)
    assert user(user_name="clara", **keys)["changed"] is False
    assert writes() == [("SetExternalUserInfo", "UserName")]


def test_previous_user_name_is_renamed_instead_of_created(
    user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    declared = {"user_name": "clara", "previous_user_names": ["annie", "ANNA"], "role": "Vendor"}
    result = user(**declared)
    assert result["modification"] == ["UserName", "Role"]
    assert tenant.user(anna).user_name == "clara"
    assert user(**declared)["changed"] is False
    assert writes() == [("SetExternalUserInfo", "UserName, Role")]


def test_previous_user_name_matches_without_case_on_a_case_sensitive_database(
    user: Run, server: Any, tenant: Any, writes: Writes
) -> None:
    associate_id = tenant.add_external_user("Anna.Berg")
    with server.using(filter_case="sensitive"):
        result = user(user_name="clara", previous_user_names=["anna.BERG", "ANNA.berg"])
    assert result["modification"] == ["UserName"]
    assert tenant.user(associate_id).user_name == "clara"
    assert writes() == [("SetExternalUserInfo", "UserName")]


def test_previous_user_names_are_ignored_once_the_new_name_exists(
    user: Run, tenant: Any, anna: int, berta: int
) -> None:
    start = tenant.snapshot()
    assert user(user_name="berta", previous_user_names=["anna"])["changed"] is False
    assert user(user_name="clara", previous_user_names=["anna"], state="absent")["changed"] is False
    assert tenant.snapshot() == start


CONFLICTS: list[tuple[str, Callable[[int, int, int], dict[str, Any]], str, list[str]]] = [
    ("id and name", lambda a, b, p: {"associate_id": a, "user_name": "berta"}, "conflict",
     ["associate_id and user_name", "'anna'", "'berta'"]),
    ("person and name", lambda a, b, p: {"person_id": p, "user_name": "BERTA"}, "conflict",
     ["person_id and user_name", "'anna'", "'berta'"]),
    ("id and person", lambda a, b, p: {"associate_id": b, "person_id": p}, "conflict",
     ["associate_id and person_id", "'berta'"]),
    ("former names", lambda a, b, p: {"user_name": "c", "previous_user_names": ["anna", "berta"]},
     "ambiguous", ["previous_user_names", "'anna'", "'berta'"]),
    ("nobody's id", lambda a, b, p: {"associate_id": 99999}, "not_found", ["99999"]),
    ("nobody's id and a taken name", lambda a, b, p: {"associate_id": 99999, "user_name": "berta"},
     "conflict", ["99999", "'berta'"]),
    ("nobody's person", lambda a, b, p: {"person_id": 99999, "user_name": "new", "role": "Partner",
                                         "password": PASSWORD}, "person", ["99999"]),
    ("a person without a login", lambda a, b, p: {"person_id": 1}, "not_found", ["person 1"]),
    ("nobody's name", lambda a, b, p: {"user_name": "nobody", "role": "Partner"}, "not_found",
     ["'nobody'", "person_id", "password"]),
    ("delete another", lambda a, b, p: {"associate_id": a, "user_name": "x", "state": "absent"},
     "conflict", ["'anna'", "'x'"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "kind", "facts"),
    [pytest.param(keys, kind, facts, id=name) for name, keys, kind, facts in CONFLICTS],
)
def test_keys_that_match_no_user_or_two_users_are_refused(
    keys: Callable[[int, int, int], dict[str, Any]],
    kind: str,
    facts: list[str],
    user: Run,
    tenant: Any,
    journal: Any,
    anna: int,
    berta: int,
    subtests: pytest.Subtests,
) -> None:
    for check in [False, True]:
        with subtests.test(check=check):
            start = tenant.snapshot()
            options = keys(anna, berta, person_of(tenant, anna))
            result = user(check=check, **{"is_active": False, **options})
            assert result["failed"] is True
            assert result["changed"] is False
            assert result["error"]["kind"] == kind
            for fact in facts:
                assert fact in result["msg"]
            assert tenant.snapshot() == start
            assert journal.writes == []


def test_several_logins_of_a_person_are_ambiguous_without_a_name(
    user: Run, tenant: Any, anna: int, journal: Any
) -> None:
    person = person_of(tenant, anna)
    second = tenant.add_external_user("anna2", person)
    start = tenant.snapshot()
    for options in ({"is_active": False}, {"state": "absent"}, {"user_name": "anna3"}):
        result = user(person_id=person, **options)
        assert result["error"]["kind"] == "ambiguous"
        for fact in ("'anna'", "'anna2'", str(anna), str(second), "associate_id"):
            assert fact in result["msg"]
    assert tenant.snapshot() == start
    assert journal.writes == []
    assert user(person_id=person, user_name="ANNA2", check=True)["user"]["associate_id"] == second


def test_absent_never_deletes_another_login_of_the_person(
    user: Run, tenant: Any, anna: int, writes: Writes
) -> None:
    person = person_of(tenant, anna)
    tenant.add_external_user("anna2", person)
    for changed in (True, False, False):
        result = user(person_id=person, user_name="anna2", state="absent")
        assert result["changed"] is changed
    assert [record.user_name for record in tenant.users()] == ["anna"]
    assert writes() == [("DeleteExternalUser", None)]


INTERNAL: list[dict[str, Any]] = [
    {"user_name": "RJ", "state": "absent"},
    {"user_name": "rj", "is_active": False},
    {"user_name": "ROOM1", "role": "Partner"},
    {"user_name": "automation", "password": PASSWORD, "update_password": "always"},
    {"associate_id": 2, "state": "absent"},
    {"associate_id": 2, "user_name": "new"},
    {"user_name": "RJ", "person_id": 1, "role": "Partner", "password": PASSWORD},
]


@pytest.mark.parametrize("options", INTERNAL)
def test_internal_user_is_refused_by_name(
    options: dict[str, Any], user: Run, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for check in [False, True]:
        with subtests.test(check=check):
            start = tenant.snapshot()
            result = user(check=check, **options)
            assert result["failed"] is True
            assert result["changed"] is False
            assert result["error"]["kind"] == "not_external"
            named = options.get("user_name", "RJ") if options.get("user_name") != "new" else "RJ"
            assert named.lower() in result["msg"].lower()
            assert "not an external user" in result["msg"]
            assert tenant.snapshot() == start
            assert journal.writes == []


@pytest.mark.parametrize("keys", [{"user_name": "RJ"}, {"associate_id": 2}, {"person_id": 1}])
def test_internal_user_listed_as_external_is_refused(
    keys: dict[str, Any],
    user: Run,
    server: Any,
    tenant: Any,
    writes: Writes,
    subtests: pytest.Subtests,
) -> None:
    for options in [{"state": "absent"}, {"role": "Partner"}]:
        with subtests.test(options=options):
            start = tenant.snapshot()
            with server.using(internal_listed="yes"):
                result = user(**keys, **options)
            assert result["failed"] is True
            assert result["error"]["kind"] == "not_external"
            assert tenant.snapshot() == start
            assert writes() == []


def test_rename_to_the_name_of_an_internal_user_is_refused(
    user: Run, tenant: Any, anna: int
) -> None:
    start = tenant.snapshot()
    result = user(associate_id=anna, user_name="rj")
    assert result["failed"] is True
    assert "RJ" in result["msg"]
    assert tenant.snapshot() == start


def test_retired_user_is_absent_and_cannot_be_present(
    user: Run, tenant: Any, anna: int, journal: Any
) -> None:
    tenant.change_user(anna, deleted=True, is_active=False)
    start = tenant.snapshot()
    assert user(user_name="anna", state="absent")["changed"] is False
    refused = user(user_name="anna", is_active=True)
    assert refused["failed"] is True
    assert "retired" in refused["msg"]
    assert tenant.snapshot() == start
    assert journal.writes == []


def test_list_key_that_is_not_the_associate_id_prevents_writes(
    user: Run, server: Any, tenant: Any, anna: int, journal: Any
) -> None:
    # whoever GetUser knows under the listed id is somebody else by now
    start = tenant.snapshot()
    server.faults.add(
        "garbage",
        operation="GetUser",
        body=f'{{"AssociateId": {anna}, "Name": "zoe", "UserName": "zoe",'
        ' "Type": "ExternalAssociate", "Person": {"PersonId": 5}, "Deleted": false}',
    )
    result = user(user_name="anna", role="Vendor")
    assert result["error"]["kind"] == "identity"
    assert "zoe" in result["msg"]
    assert tenant.snapshot() == start
    assert journal.writes == []
