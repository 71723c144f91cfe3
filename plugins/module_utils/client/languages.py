# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that the service stores in several languages, such as `NO:"Leverandør";US:"Supplier"`."""

from __future__ import annotations

import re

# the service's own marks, where they are not the code of the language
# (docs/service-facts.md, Roles and languages)
MARKS = {
    "en": ("US", "EN", "UK"),
    "nb": ("NO", "NB"),
    "no": ("NO", "NB"),
    "nn": ("NO", "NN"),
    "de": ("GE", "DE"),
    "sv": ("SW", "SV"),
    "es": ("SP", "ES"),
    "ja": ("JP", "JA"),
    "cs": ("CZ", "CS"),
    "zh": ("CN", "ZH"),
}
_PART = re.compile(r'\s*([A-Za-z]{2}(?:-[A-Za-z]{2})?):"((?:[^"\\]|\\.)*)"\s*(?:;|$)')


def parts(text: str) -> dict[str, str]:
    """Return the texts by language mark; empty if `text` is not in several languages."""
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if not match:
            return {}
        found[match.group(1).upper()] = re.sub(r"\\(.)", r"\1", match.group(2))
        position = match.end()
    return found


def in_language(text: str, language: str) -> str:
    """Return `text` in one language, or in the first one it has."""
    by_mark = parts(text) if '"' in text else {}
    if not by_mark:
        return text
    code = language[:2].lower()
    for mark in MARKS.get(code, (code.upper(),)):
        if mark in by_mark:
            return by_mark[mark]
    return next(iter(by_mark.values()))


def spellings(text: str) -> frozenset[str]:
    """Return the text as it stands and each of its languages."""
    return frozenset({text, *parts(text).values()})
