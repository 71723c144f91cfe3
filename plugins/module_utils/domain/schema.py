# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON schema of a definition file, for editors and for checks without a service."""

from __future__ import annotations

import typing

from .entries import KEYS, LARGEST_ID
from .options import OPTIONS, Kind, Option
from .periods import PATTERN

Schema = dict[str, typing.Any]
# identifies the schema wherever it lies; it is no address, so that nothing has to be fetched
SCHEMA_ID = "urn:uuid:ce3b0dc5-781b-5137-97bf-d128aa52c9ef"
_TEXT = {"type": "string", "pattern": r"\S"}
_TYPES: dict[Kind, Schema] = {
    Kind.TEXT: _TEXT,
    Kind.SECRET: {"type": "string", "minLength": 1},
    Kind.ID: {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
    Kind.FLAG: {"type": "boolean"},
    Kind.NAMES: {"type": "array", "items": _TEXT},
    Kind.CHOICE: {"type": "string"},
    Kind.TIME: {"type": "string", "pattern": PATTERN},
}


def json_schema() -> Schema:
    """Return the schema, made from the table of options."""
    shared = {option.name: _property(option) for option in OPTIONS if option.sharable}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "External users of SuperOffice CRM, as superoffice.crm takes them",
        "type": "object",
        "required": ["users"],
        "additionalProperties": False,
        "properties": {
            "defaults": {
                "description": "Options for every user of this file that does not say otherwise.",
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": shared,
                "not": {"required": ["role", "role_id"]},
            },
            "users": {
                "description": "The users.",
                "type": "array",
                "items": {"$ref": "#/$defs/user"},
            },
        },
        "$defs": {
            "user": {
                "type": "object",
                "additionalProperties": False,
                "properties": {option.name: _property(option) for option in OPTIONS},
                "anyOf": [{"required": [key]} for key in KEYS],
                "allOf": [
                    {"not": {"required": list(pair)}}
                    for pair in (("role", "role_id"), ("person_email", "person_name"))
                ],
            }
        },
    }


def _property(option: Option) -> Schema:
    found = {"description": option.description, **_TYPES[option.kind]}
    if option.choices:
        found["enum"] = list(option.choices)
    if option.default is not None:
        found["default"] = option.default
    return found
