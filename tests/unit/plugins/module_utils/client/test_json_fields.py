# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values read out of the service's JSON, and restrictions written into its filters."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client import archive, json_fields
from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import NotUnderstood


def test_id_is_a_number_or_digits() -> None:
    cases: list[tuple[Any, int]] = [(25, 25), ("25", 25), (" 25 ", 25), (0, 0), ("0", 0), (-1, -1)]
    for value, read in cases:
        assert json_fields.number({"PrimaryKey": value}, "PrimaryKey", "op") == read


def test_invalid_id_is_refused_by_name() -> None:
    cases: list[Any] = [None, True, False, 1.5, "", "x", "1x", "\u00b2", [], {}]
    for value in cases:
        with pytest.raises(NotUnderstood, match="op does not contain a number in PrimaryKey"):
            json_fields.number({"PrimaryKey": value}, "PrimaryKey", "op")


def test_boolean_forms_are_understood() -> None:
    cases: list[tuple[Any, bool]] = [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        ("True", True),
        ("false", False),
        ("1", True),
        ("0", False),
        (" TRUE ", True),
    ]
    for value, read in cases:
        assert json_fields.flag({"isActive": value}, "isActive", "op") is read


def test_invalid_boolean_is_refused() -> None:
    cases: list[Any] = [None, "", "yes", 2, "checked", [], 1.5]
    for value in cases:
        with pytest.raises(NotUnderstood, match="true or false in isActive"):
            json_fields.flag({"isActive": value}, "isActive", "op")


def test_string_may_be_missing() -> None:
    assert json_fields.text({"a": "x"}, "a", "op") == "x"
    assert json_fields.text({"a": None}, "a", "op") == json_fields.text({}, "a", "op") == ""
    values: list[Any] = [1, True, [], {}]
    for odd in values:
        with pytest.raises(NotUnderstood, match="a string in a"):
            json_fields.text({"a": odd}, "a", "op")


def test_value_that_is_not_a_list_of_objects_is_refused() -> None:
    cases: list[Any] = [None, {}, "x", [1], [{}, None], 5]
    for value in cases:
        with pytest.raises(NotUnderstood, match="a list of objects"):
            json_fields.rows(value, "op")


def test_value_that_is_not_an_object_is_refused() -> None:
    cases: list[Any] = [None, [], "x", 5, True]
    for value in cases:
        with pytest.raises(NotUnderstood, match="an object"):
            json_fields.record(value, "op")


def test_name_filter_is_one_comparison() -> None:
    assert archive.text_is("userName", "anna") == "userName = 'anna'"
    assert archive.text_is("userName", "123") == "userName = '123'"
    assert archive.text_is("userName", "L'O") == "userName = 'L\\'O'"
    assert archive.text_is("userName", " a ") == "userName = ' a '"
    assert archive.text_is("userName", "a\\b") is None


def test_id_filters_use_the_operators_of_their_columns() -> None:
    assert archive.number_is("personId", 7) == "personId = 7"
    assert archive.associate_is([1, 2]) == "associateDbId associateIsOneOf (1,2)"


def test_restrictions_are_batched_by_query_length() -> None:
    restrictions = [f"userName = 'user{number:05d}@example.com'" for number in range(200)]
    batches = list(archive.batches(restrictions))
    assert " or ".join(batches) == " or ".join(restrictions)
    assert 1 < len(batches) < 20
    for batch in batches:
        assert len(urllib.parse.quote(batch)) <= archive.LONGEST_FILTER
    assert list(archive.batches([])) == []


def test_long_name_does_not_fit_into_a_query() -> None:
    short, long = (archive.text_is("userName", text) for text in ("a" * 254, "\u0436" * 254))
    assert short is not None
    assert long is not None
    assert archive.fits(short)
    assert not archive.fits(long)
