# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How user names compare.

Logging in ignores case, and each database has a collation of its own: one takes "ß" for "ss", one
ignores accents. Two names are the same here only if each of their characters is the same, or its
other case. Names that a database might take for the same are alike; then the service has to say
whether they are.
"""

from __future__ import annotations

import functools
import re
import unicodedata

# control, format, line and paragraph separators, spaces of other widths
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
# what no font shows although its category says nothing of it: joiners, fillers, variation
# selectors and the empty Braille pattern
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def name_key(user_name: str) -> str:
    """Return the key of a name: equal keys mean the same name, without case."""
    lowered = user_name.lower() if user_name.isascii() else "".join(map(_lower, user_name))
    # mostly the same: one string for both takes half the memory
    return user_name if lowered == user_name else lowered


def plain_key(text: str) -> str:
    """Return the key of what is written by people: an address, the name of a person or a company.

    Case, normal form, outer spaces and the width of inner ones do not count; accents do.
    """
    spaced = " ".join(text.split())
    return name_key(spaced if spaced.isascii() else unicodedata.normalize("NFC", spaced))


def loose_key(user_name: str) -> str:
    """Return the key of names that are alike under any usual collation of a database.

    It ignores case, accents, width, normal forms, outer spaces and invisible characters, and takes
    ligatures and "ß" for the letters that they stand for.
    """
    if user_name.isascii():
        return user_name.strip().lower()
    plain = unicodedata.normalize("NFKD", user_name).casefold()
    plain = unicodedata.normalize("NFKD", plain)
    kept = (one for one in plain if unicodedata.category(one) not in ("Mn", "Cf"))
    return _BLANK.sub("", "".join(kept)).strip()


def is_sendable(text: str) -> bool:
    """Tell whether a string has a UTF-8 form; half of a surrogate pair has none."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def invisible_part(text: str) -> str:
    """Describe what a reader cannot see in a text, such as an outer space; usually nothing."""
    if text != text.strip(" "):
        return "an outer space"
    if text.isascii() and text.isprintable():
        return ""
    for character in text:
        is_blank = unicodedata.category(character) in _INVISIBLE or _BLANK.match(character)
        if is_blank and character != " ":
            name = unicodedata.name(character, "control character").lower()
            return f"an invisible character (U+{ord(character):04X}, {name})"
    return ""


@functools.lru_cache(maxsize=4096)
def _lower(character: str) -> str:
    """Return the lower case of a character, if that leads back to the same character."""
    lowered = character.lower()
    return lowered if len(lowered) == 1 and lowered.upper() == character else character
