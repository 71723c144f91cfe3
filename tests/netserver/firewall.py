# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web application firewall in front of the service: it judges the query string.

The rules are few. They were compared with libinjection (rule 942100 of the OWASP core rule set) on
queries of the kind that clients of this service send.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

_RULES = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        # a comparison by = or is, followed by another: userName = 'x' or userName = 'X'
        r"(?:=|\bis\b)\s*'(?:[^'\\]|\\.)*'\s*\)?\s*(?:and|or)\b",
        # personId = 1 or userName = 'x'
        r"=\s*\w+\s+(?:and|or)\s+[\w./]+\s*(?:=|\bis\b)\s*'",
        # userName in ('x')
        r"\bin\s*\(\s*'",
        # (personId = 1) and (...
        r"^\(\s*\w+\s*=\s*\w+\s*\)\s*(?:and|or)\b",
        # a value that is a word of SQL, or an address that begins with one: and@example.com
        r"^[^']*'(?:(?:and|x?or)(?:@[\w.-]+)?|like|is|between|not|having|limit|union &[^']*)'\s*$",
    )
)

PAGE = (
    b"<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1>"
    b"<p>You don't have permission to access this resource.</p></body></html>"
)


def refuses(query: str) -> bool:
    """Tell whether the firewall refuses a request with this raw query string."""
    values = [unquote_plus(argument.partition("=")[2]) for argument in query.split("&")]
    return any(rule.search(value) for rule in _RULES for value in values)
