# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Multi-language texts: the language of a request, and a stored text in that language."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r'([A-Za-z]{2}):"((?:[^"\\]|\\.)*)"')
_RESOURCE = re.compile(r"^\[(SR_\w+)\]$")

# SuperOffice's own two-letter codes differ from ISO where they name a country.
_CODES = {
    "en": "US", "nb": "NO", "nn": "NO", "no": "NO", "sv": "SW", "de": "GE", "es": "SP", "cs": "CZ",
    "ja": "JP", "zh": "CN",
}  # fmt: skip

RESOURCES = {
    "SR_ROLE_CUSTOMER": {"US": "Customer", "NO": "Kunde", "GE": "Kunde", "SW": "Kund"},
}


def requested_language(headers: Mapping[str, str]) -> str | None:
    """Return SuperOffice's code of the asked language; None for raw texts."""
    wanted = headers.get("SO-Language", headers.get("Accept-Language"))
    if wanted is None:
        return None
    first = wanted.split(",")[0].split(";")[0].strip().lower()
    if first in ("", "*", "x"):
        return None
    iso = first.split("-")[0]
    return _CODES.get(iso, iso.upper())


def translate(text: str, language: str | None) -> str:
    """Return `text` in `language`; unchanged without a language or without translations."""
    if language is None or not text:
        return text
    resource = _RESOURCE.match(text)
    if resource:
        texts = RESOURCES.get(resource.group(1))
        return texts.get(language, texts["US"]) if texts else text
    if '"' not in text:
        return text
    parts: dict[str, str] = {code.upper(): value for code, value in _PART.findall(text)}
    if not parts:
        return text
    return parts.get(language) or parts.get("US") or next(iter(parts.values()))
