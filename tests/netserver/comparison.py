# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules by which texts compare: each maps a text to a key, and equal texts have equal keys."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_EXPANSIONS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl",
    "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u017f": "s",
}  # fmt: skip
# Without weight in SQL Server: soft hyphen, zero-width space and joiners, byte order mark.
_WEIGHTLESS = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_STROKES = str.maketrans("øłđħŧ", "oldht")


def exact(text: str) -> str:
    """Compare code point by code point."""
    return text


def simple(text: str) -> str:
    """Compare one character with one character, without case."""
    if text.isascii():
        return text.lower()
    return "".join(_lower(character) for character in text)


def sql_server(text: str) -> str:
    """Compare as SQL Server's usual collations do, case-insensitive and accent-sensitive.

    ß equals ss, ligatures equal their letters, full-width forms equal the usual ones, both normal
    forms of an accent are equal, and spaces at the end do not count.
    """
    if text.isascii():
        return text.lower().rstrip(" ")
    weighty = "".join(character for character in text if character not in _WEIGHTLESS)
    composed = unicodedata.normalize("NFC", weighty)
    narrow = "".join(_narrow(character) for character in composed)
    expanded = (_EXPANSIONS.get(character, character) for character in map(_lower, narrow))
    # Narrow or lower letters can compose where the given ones cannot.
    return unicodedata.normalize("NFC", "".join(expanded)).rstrip(" ")


def accent_insensitive(text: str) -> str:
    """Compare as SQL Server's accent-insensitive collations do."""
    key = sql_server(text)
    if key.isascii():
        return key
    letters = unicodedata.normalize("NFD", key)
    plain = "".join(character for character in letters if not unicodedata.combining(character))
    return sql_server(plain.translate(_STROKES))


def _lower(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


def _narrow(character: str) -> str:
    if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>")):
        return unicodedata.normalize("NFKC", character)
    return character


RULES: dict[str, Callable[[str], str]] = {
    "simple": simple,
    "exact": exact,
    "sql-server": sql_server,
    "accent-insensitive": accent_insensitive,
}
