# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DefinitionCollector: entries become declarations, or findings that say where and what."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.definitions import (
    DefinitionCollector,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.entries import (
    UnsupportedValue,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.findings import (
    Finding,
    SourceLocation,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    UNSET,
    Secret,
    State,
    UpdatePassword,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.options import BY_NAME

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

SECRET = "never-to-be-seen-4711"


def collect(
    *entries: object,
    defaults: dict[str, Any] | None = None,
    passwords: dict[str, str] | None = None,
    of_file: dict[str, Any] | None = None,
) -> DefinitionCollector:
    secrets = {name: Secret(text) for name, text in (passwords or {}).items()}
    found = DefinitionCollector(defaults or {}, secrets, "")
    places = [(SourceLocation("users", index), entry) for index, entry in enumerate(entries)]
    found.add(places, of_file, "file.yml")
    found.refuse_duplicates()
    return found


def finding_of(entry: object, **options: Any) -> Finding:
    [finding] = collect(entry, **options).findings
    assert SECRET not in str(finding)
    return finding


def test_invalid_entry_is_a_finding_with_source_location() -> None:
    cases: list[tuple[object, str]] = [
        ("anna", "an entry must be a mapping, not a string"),
        (None, "an entry must be a mapping, not null"),
        (["anna"], "an entry must be a mapping, not a list"),
        ({}, "needs associate_id, person_id, user_name, person_email or person_name"),
        (
            {"role": "Partner"},
            "needs associate_id, person_id, user_name, person_email or person_name",
        ),
        ({"username": "a"}, "unknown option 'username' (did you mean 'user_name'?)"),
        ({"user_name": "a", "pasword": SECRET}, "'pasword' (did you mean 'password'?)"),
        ({"user_name": "a", "zzz": 1, 7: 2}, "unknown option 'zzz'; unknown option '7'"),
        ({"user_name": 123}, "user_name must be a string, not a number; put it in quotes"),
        ({"user_name": True}, "user_name must be a string, not true or false"),
        ({"user_name": ["a"]}, "user_name must be a string, not a list"),
        ({"user_name": "   "}, "user_name must not be empty"),
        ({"user_name": "a\ud800"}, "user_name has characters that cannot be sent"),
        ({"user_name": "a", "password": ""}, "password must not be empty"),
        ({"user_name": "a", "password": 4711}, "password must be a string, not a number"),
        ({"user_name": "a", "password": {"x": SECRET}}, "password must be a string, not a mapping"),
        ({"user_name": "a", "role": ""}, "role must not be empty"),
        ({"user_name": "a", "role_id": 0}, "role_id must be a positive id"),
        ({"user_name": "a", "role_id": True}, "role_id must be a positive id"),
        ({"person_id": -1}, "person_id must be a positive id"),
        ({"person_id": 2**31}, "person_id must be a positive id"),
        ({"person_id": "9" * 5000}, "person_id must be a positive id"),
        ({"person_id": 1.5}, "person_id must be a positive id"),
        ({"user_name": "a", "is_active": 2}, "is_active must be true or false"),
        ({"user_name": "a", "is_active": "maybe"}, "is_active must be true or false"),
        ({"user_name": "a", "state": "gone"}, "state must be one of present, absent"),
        ({"user_name": "a", "state": State.ABSENT.name}, "state must be one of present, absent"),
        ({"user_name": "a", "update_password": "never"}, "update_password must be one of on"),
        ({"user_name": "a", "previous_user_names": "b"}, "must be a list of strings, not a string"),
        ({"user_name": "a", "previous_user_names": [1]}, "previous_user_names must be a string"),
        ({"user_name": "a", "previous_user_names": [""]}, "previous_user_names must not be empty"),
        ({"user_name": "a", "role": "x", "role_id": 1}, "either role or role_id"),
        ({"user_name": "a", "password": SECRET, "generate_password": True}, "either password or"),
        ({"user_name": UnsupportedValue("a date")}, "user_name cannot be a date"),
        ({"previous_user_names": [UnsupportedValue("a date")]}, "names cannot be a date"),
        ({"associate_id": UnsupportedValue("an octal number")}, "cannot be an octal number"),
        ({"user_name": "a", "password": UnsupportedValue("a vault")}, "cannot be a vault"),
    ]
    for entry, told in cases:
        finding = finding_of(entry)
        assert finding.where == "users[0]"
        assert told in finding.message


def test_all_errors_of_an_entry_are_reported_together() -> None:
    finding = finding_of({"user_name": "anna", "rol": 1, "is_active": 5, "person_id": "x"})
    for told in ("External user 'anna'", "rol", "is_active", "person_id"):
        assert told in finding.message


def test_booleans_and_ids_as_strings_are_accepted() -> None:
    cases: list[tuple[Any, bool]] = [
        (True, True),
        ("yes", True),
        ("True", True),
        (" on ", True),
        ("no", False),
        ("OFF", False),
    ]
    for value, flag in cases:
        [one] = collect({"person_id": " 17 ", "is_active": value}).definitions
        assert (one.desired.person_id, one.desired.is_active) == (17, flag)


def test_null_equals_omitted() -> None:
    [one] = collect({"user_name": "a", **dict.fromkeys(set(BY_NAME) - {"user_name"})}).definitions
    assert one.desired == collect({"user_name": "a"}).definitions[0].desired
    assert (one.desired.role, one.desired.is_active, one.desired.password) == (UNSET,) * 3


def test_duplicates_name_both_source_locations() -> None:
    cases: list[tuple[list[dict[str, Any]], str]] = [
        ([{"user_name": "anna"}, {"user_name": "ANNA"}], "user_name"),
        ([{"user_name": "STRA\u00dfe"}, {"user_name": "stra\u00dfe"}], "user_name"),
        ([{"associate_id": 5, "user_name": "a"}, {"associate_id": "5"}], "associate_id"),
        ([{"person_id": 5}, {"person_id": 5, "role": "x"}], "person_id"),
        ([{"user_name": "a"}, {"user_name": "a", "state": "absent"}], "user_name"),
    ]
    for entries, option in cases:
        found = collect(*entries)
        [finding] = found.findings
        assert (finding.where, finding.kind) == ("users[1]", "duplicate")
        assert "users[0]" in finding.message
        assert option in finding.message
        assert len(found.definitions) == 1


def test_possibly_different_users_are_not_duplicates() -> None:
    cases: list[list[dict[str, Any]]] = [
        [{"person_id": 5, "user_name": "a"}, {"person_id": 5, "user_name": "b"}],
        [{"person_id": 5, "user_name": "a"}, {"person_id": 5}],
        [{"associate_id": 5}, {"person_id": 5}],
        [{"user_name": "stra\u00dfe"}, {"user_name": "strasse"}],
    ]
    for entries in cases:
        assert len(collect(*entries).definitions) == 2


def test_defaults_apply_to_omitted_options() -> None:
    found = collect(
        {"user_name": "a"},
        {"user_name": "b", "role_id": 7, "is_active": True},
        {"user_name": "c", "password": SECRET},
        {"user_name": "d", "role": None, "state": "present"},
        defaults={"role": "Partner", "is_active": False, "generate_password": True},
        of_file={"role": "Vendor", "state": "absent"},
    )
    assert found.findings == []
    a, b, c, d = (one.desired for one in found.definitions)
    assert (a.role, a.is_active, a.state, a.generate_password) == (
        "Vendor",
        False,
        State.ABSENT,
        True,
    )
    assert (b.role, b.role_id, b.is_active) == (UNSET, 7, True)
    assert (c.generate_password, c.role) == (False, "Vendor")
    assert (d.role, d.state) == ("Vendor", State.PRESENT)


def test_invalid_defaults_are_a_finding() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"user_name": "a"}, "unknown option 'user_name'"),
        ({"password": SECRET}, "unknown option 'password'"),
        ({"rol": "x"}, "did you mean 'role'"),
        ({"role": "x", "role_id": 5}, "either role or role_id"),
        ({"is_active": "x"}, "is_active must be true or false"),
    ]
    for defaults, told in cases:
        own = finding_of({"user_name": "a", "role": "x"}, defaults=defaults)
        assert (own.where, told in own.message) == ("defaults", True)
        of_file = finding_of({"user_name": "a", "role": "x"}, of_file=defaults)
        assert (of_file.where, told in of_file.message) == ("file.yml: defaults", True)


def test_passwords_are_matched_without_case() -> None:
    found = collect(
        {"user_name": "Anna"},
        {"user_name": "bo", "update_password": "always"},
        {"person_id": 3},
        defaults={"generate_password": True},
        passwords={"ANNA": SECRET, "cilla": "x"},
    )
    assert found.findings == []
    anna, bo, person = (one.desired for one in found.definitions)
    assert anna.password == Secret(SECRET)
    assert not anna.generate_password
    assert (bo.password, bo.generate_password) == (UNSET, True)
    assert bo.update_password is UpdatePassword.ALWAYS
    assert person.password is UNSET
    assert found.unused_passwords == ["cilla"]


def test_password_given_twice_is_a_finding() -> None:
    double = finding_of({"user_name": "a", "password": SECRET}, passwords={"A": SECRET})
    assert "given twice" in double.message
    alike = finding_of({"user_name": "a"}, passwords={"A": SECRET, "a": SECRET})
    assert (alike.where, alike.kind) == ("passwords", "duplicate")


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.one_of(st.text(), st.integers()), inner)
    ),
    max_leaves=5,
)


@settings(max_examples=40)
@given(st.lists(st.one_of(ANYTHING, st.dictionaries(st.sampled_from(sorted(BY_NAME)), ANYTHING))))
def test_every_entry_is_a_definition_or_a_finding(entries: list[object]) -> None:
    found = collect(*entries)
    assert len(found.definitions) + len(found.findings) == len(entries)
    assert all(finding.where.startswith("users[") for finding in found.findings)


def test_each_invalid_entry_is_a_finding() -> None:
    found = collect(*[{"user_name": f"u{n}", "pasword": "x", "rolle": n} for n in range(1000)])
    assert len(found.findings) == 1000
