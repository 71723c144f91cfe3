# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema for editors: shipped as it is generated, and of one mind with the module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.entries import (
    desired_user,
    parse_entry,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.errors import UserError
from ansible_collections.superoffice.crm.plugins.module_utils.domain.schema import json_schema

from tools.schema import SCHEMAS

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schema_is_the_generated_one(name: str) -> None:
    shipped = json.loads((DOCS / name).read_text(encoding="utf-8"))
    assert shipped == SCHEMAS[name](), "run: python tools/schema.py"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_a_valid_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name]())


ENTRIES: list[tuple[dict[str, Any], bool]] = [
    ({"user_name": "anna"}, True),
    ({"person_id": 1}, True),
    ({"associate_id": 1, "state": "absent"}, True),
    ({"person_email": "anna@x.example"}, True),
    ({"person_name": "Anna Berg", "company": "Nordic Trade, Oslo"}, True),
    ({"person_email": "anna@x.example", "person_id": 1}, True),
    ({"person_email": "anna@x.example", "person_name": "Anna Berg"}, False),
    ({"company": "Nordic Trade"}, False),
    ({"person_name": "Anna Berg", "company": " "}, False),
    (
        {
            "user_name": "anna",
            "previous_user_names": ["ann"],
            "password": "secret",
            "update_password": "when_changed",
            "role": "Partner",
            "is_active": False,
        },
        True,
    ),
    ({"user_name": "anna", "active_from": "2026-06-01", "active_until": "2026-06-30"}, True),
    ({"user_name": "anna", "active_until": "2026-06-30T18:00:00+02:00"}, True),
    ({"user_name": "anna", "active_until": "2026-06-30 24:00Z"}, True),
    ({"user_name": "anna", "active_until": "2026-13-01"}, False),
    ({"user_name": "anna", "active_until": "30.06.2026"}, False),
    ({"user_name": "anna", "active_until": 20260630}, False),
    ({"role": "Partner"}, False),
    ({"user_name": ""}, False),
    ({"user_name": " "}, False),
    ({"user_name": 123}, False),
    ({"user_name": True}, False),
    ({"person_id": 0}, False),
    ({"person_id": 2**31}, False),
    ({"person_id": 1.5}, False),
    ({"user_name": "anna", "state": "gone"}, False),
    ({"user_name": "anna", "is_active": "maybe"}, False),
    ({"user_name": "anna", "role": "Partner", "role_id": 2}, False),
    ({"user_name": "anna", "rolle": "Partner"}, False),
    ({"user_name": "anna", "previous_user_names": "ann"}, False),
    ({"user_name": "anna", "password": ""}, False),
]


@pytest.mark.parametrize(("entry", "is_good"), ENTRIES)
def test_schema_and_module_agree(entry: dict[str, Any], is_good: bool) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid({"users": [entry]}) is is_good
    try:
        desired_user(parse_entry(entry))
    except UserError:
        assert not is_good
    else:
        assert is_good


def test_defaults_are_only_what_makes_sense_for_many() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid({"defaults": {"role": "Partner"}, "users": []})
    assert not validator.is_valid({"defaults": {"password": "secret"}, "users": []})
    assert not validator.is_valid({"defaults": {"user_name": "anna"}, "users": []})


def test_schema_has_an_id_that_stays_and_is_no_address() -> None:
    assert json_schema()["$id"] == "urn:uuid:ce3b0dc5-781b-5137-97bf-d128aa52c9ef"
