# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of the list of external users, as the checks need them."""

from __future__ import annotations

import re
import typing

from ..client import json_fields
from ..client.archive import text_is
from ..client.inspection import Inspected
from .check import Findings, Row

OPERATION = "Archive/ExternalUsers"
# a character that no kind of escape gives a meaning of its own
_PLAIN = re.compile(r"[c-dg-mo-qsw-zC-DG-MO-QSW-Z@.-]")


def page_of(inspected: Inspected, operation: str = OPERATION) -> list[Row]:
    """Return the rows of a page.

    Raises:
        NetServerError: the response is none, or is not a page.
    """
    page = json_fields.record(inspected.result(), operation)
    return list(json_fields.rows(page.get("value"), operation))


def link_of(inspected: Inspected) -> str:
    """Return the link to the next page, or an empty string."""
    value = inspected.value
    link = value.get("odata.nextLink") if isinstance(value, dict) else None
    return link if isinstance(link, str) else ""


def key_of(row: Row) -> int:
    """Return the primary key of a row."""
    return json_fields.number(row, "PrimaryKey", OPERATION)


def name_of(row: Row) -> str:
    """Return the login name of a row, from whichever column has it."""
    user_name = json_fields.text(row, "userName", OPERATION)
    return user_name or json_fields.text(row, "assocName", OPERATION)


class Sample(typing.NamedTuple):
    """The user on whom look-ups are tried; `plain` is where a character of the name is harmless."""

    row: Row
    key: int
    name: str
    plain: int


def sample_of(findings: Findings) -> Sample | None:
    """Return a listed user whose name can be spelled in other ways, if there is one."""
    for row in findings.users:
        name = name_of(row)
        plain = _PLAIN.search(name, 1)
        if plain and name.isascii() and name.isprintable() and text_is("userName", name):
            is_simple = "'" not in name and name == name.strip()
            if is_simple and name.swapcase() != name:
                return Sample(row, key_of(row), name, plain.start())
    return None
