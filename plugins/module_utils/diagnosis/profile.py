# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profile: how an installation behaves where the documentation leaves it open.

Its keys and values are choices of the embedded NetServer (tests/netserver/profile.py), so that a
profile can be imitated. `CHOICES` has those that a client can tell apart without writing, and those
that `probe_user` adds. A key that was not learned is left out.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping

from .check import Status

VERSION = 1
NUMBER = "N"

# by the choice: the values that an inspection can find
CHOICES: Mapping[str, tuple[str, ...]] = {
    # responses
    "errors": (
        "http",
        "errormessage",
        "message",
        "server-error",
        "null",
        "object",
        "object-errormessage",
        "asp-net",
    ),
    "malformed": ("400", "200"),
    "unknown_id": ("null", "http-404", "error"),
    "unknown_properties": ("ignore", "refuse"),
    "missing_right": ("401", "400", "500", "403", "null", "object"),
    "missing_right_error": ("illegal-operation", "function-right", "sentry"),
    "unmanaged_user": ("shown", "null", "illegal-operation", "function-right", "sentry"),
    "byte_order_mark": ("no", "yes"),
    # user names and rules
    "name_column": ("both", "name", "username"),
    "empty_user_name": ("derived", "null"),
    "name_comparison": ("simple", "exact", "sql-server", "accent-insensitive"),
    "trim_names": ("no", "yes"),
    "password_rules_apply": ("yes", "no"),
    "password_mail": ("supported", "not-supported"),
    # logging in, and what is in front of the service
    "bearer": ("accepted", "refused"),
    "can_login": ("different",),
    "challenge": ("basic", "windows", "windows-only"),
    "unauthorized_body": ("json", "html", "empty"),
    "user_agent": ("available", "online-401", "online-403", "online-404", "online-object"),
    "firewall": ("none", "query"),
    "query_limit": (NUMBER,),
    # archives
    "primary_key": ("string", "number"),
    "page_cap": (NUMBER,),
    "next_link": ("absolute", "internal-host", "relative", "none"),
    "count_property": ("odata.count", "__count", "@odata.count", "none", "error"),
    "name_columns": ("served", "missing"),
    "default_order": ("key", "none"),
    "filter_case": ("insensitive", "sensitive"),
    "missing_filter": ("rows", "empty", "error"),
    "unknown_column": ("ignore", "null", "error"),
    "unknown_filter_column": ("error", "ignore", "empty"),
    "backslash": ("escape", "literal", "error"),
    "doubtful_operators": ("error", "accept"),
    "archive_errors": ("400", "500"),
    "wide_mode": ("full", "slim", "error"),
    "entities": ("users", "everyone"),
    "internal_listed": ("no", "yes"),
    "retired_listed": ("yes", "no"),
    "person_addresses": ("rows",),
    "person_login_id": ("number", "name"),
    "dynamic_archive": ("served", "refused", "missing"),
    "deleted_roles": ("listed", "hidden"),
    "role_text": ("translated", "raw", "id", "tooltip"),
    "role_raw_value": ("id", "text", "null"),
    "boolean_form": ("boolean", "number", "string"),
    # only with probe_user
    "flags": ("any", "names", "integer", "single"),
    "flags_refusal": ("message", "object", "server-error", "null"),
    "void_reply": ("empty-204", "null-204", "null-200", "empty-200"),
}
PROBED = ("flags", "flags_refusal", "void_reply")


def profile_of(learned: Mapping[str, str]) -> dict[str, typing.Any]:
    """Return what was learned as a profile, in the order of the table."""
    for name, value in learned.items():
        if value not in CHOICES[name] and not (NUMBER in CHOICES[name] and value.isdecimal()):
            raise ValueError(f"'{value}' is no value of the choice '{name}'")
    known = {name: learned[name] for name in CHOICES if name in learned}
    return {"profile_version": VERSION, **known}


def json_schema() -> dict[str, typing.Any]:
    """Return the schema of the file diagnosis.json, whose `profile` is one."""
    texts = {name: {"type": "string"} for name in ("name", "detail", "remedy")}
    count = {"type": "integer", "minimum": 0}
    check = {**texts, "status": {"enum": [one.value for one in Status]}, "milliseconds": count}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Diagnosis of a SuperOffice installation",
        "type": "object",
        "required": ["installation", "login", "summary", "checks", "profile", "requests"],
        "additionalProperties": False,
        "properties": {
            "installation": _closed({"version": {"type": ["string", "null"]}}),
            "login": _closed(
                {
                    "type": {"type": ["string", "null"]},
                    "may_manage_external_users": {"type": "boolean"},
                }
            ),
            "summary": _closed({one.value: count for one in Status}),
            "checks": {"type": "array", "items": _closed(check)},
            "profile": profile_schema(),
            "requests": {"type": "object", "additionalProperties": count},
        },
    }


def _closed(properties: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def profile_schema() -> dict[str, typing.Any]:
    """Return the schema of a profile."""
    properties: dict[str, typing.Any] = {
        "profile_version": {"description": "Version of this format.", "const": VERSION}
    }
    for name, values in CHOICES.items():
        is_number = NUMBER in values
        rule = {"pattern": "^[1-9][0-9]{0,9}$"} if is_number else {"enum": list(values)}
        properties[name] = {"type": "string", **rule}
    return {
        "type": "object",
        "description": (
            "How an installation behaves where the documentation of the service leaves it open."
            " A key that is missing was not learned."
        ),
        "required": ["profile_version"],
        "additionalProperties": False,
        "properties": properties,
    }
