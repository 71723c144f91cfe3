# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How user names compare."""

from __future__ import annotations


def name_key(user_name: str) -> str:
    """Return the key by which names compare: without case."""
    folded = user_name.casefold()
    # mostly the same: one string for both takes half the memory
    return user_name if folded == user_name else folded


def is_sendable(text: str) -> bool:
    """Tell whether a string has a UTF-8 form; half of a surrogate pair has none."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
