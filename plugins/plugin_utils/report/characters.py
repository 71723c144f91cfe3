# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Characters that a format can not hold, or that would deceive who reads it, made visible."""

from __future__ import annotations

import re

# controls, and the marks that hide text or turn its direction round
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """Return a text on one line in which every character can be seen."""
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def visible_lines(text: str) -> str:
    """Return a text in which every character can be seen, its lines kept."""
    return "\n".join(visible(line) for line in text.splitlines())
