# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Persons: which company a text names, and whose an address is."""

from __future__ import annotations

from ansible_collections.superoffice.crm.plugins.module_utils.domain.persons import (
    Person,
    merged,
    owners,
)


def test_a_company_is_named_alone_or_with_its_department() -> None:
    person = Person(
        1, "Anna", company_id=3, company_name="H\u00f8yer & Co AS", department="R&D, Oslo"
    )
    for text, expected in (
        ("H\u00f8yer & Co AS", True),
        (" h\u00f8yer  &  co as ", True),
        ("H\u00f8yer & Co AS, R&D, Oslo", True),
        ("H\u00f8yer & Co AS (R&D, Oslo)", True),
        ("H\u00f8yer & Co AS - r&d, oslo", True),
        ("H\u00f8yer & Co AS R&D, Oslo", True),
        ("H\u00f8yer & Co", False),
        ("H\u00f8yer & Co ASR&D, Oslo", False),
        ("H\u00f8yer & Co AS, Oslo", False),
        ("Hoyer & Co AS", False),
        ("R&D, Oslo", False),
    ):
        assert person.is_of(text) is expected, text
    assert not Person(2, "Bo").is_of("H\u00f8yer & Co AS")
    assert person._replace(department="").is_of("H\u00f8yer & Co AS")
    assert not person._replace(department="").is_of("H\u00f8yer & Co AS, Oslo")


def test_rows_of_one_person_are_one_person() -> None:
    rows = [Person(1, "Anna", ("a@x",)), Person(2, "Bo"), Person(1, "Anna", ("b@x", "a@x"))]
    assert merged(rows) == [Person(1, "Anna", ("a@x", "b@x")), Person(2, "Bo")]


def test_who_is_shown_with_an_address_that_is_only_alike_does_not_have_it() -> None:
    shown = Person(1, "", ("K\u00c5RE@x",))
    alike = Person(2, "", ("kare@x",))
    other = Person(3, "", ("first@x",))
    nothing = Person(4)
    assert owners("k\u00e5re@x", [shown, alike, other, nothing]) == [shown, other, nothing]
