# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside as part of a message, which Ansible prints on terminals and in jobs' logs."""

from __future__ import annotations

import re

SHOWN_NAME = 120
SHOWN_MESSAGE = 1000
# of what can be unfolded, searched or opened in a program of its own
SHOWN_TEXT = 2000

# controls, halves of surrogate pairs, fillers, and marks that hide text or reverse its direction
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\ufffe\uffff"
    "\U000e0000-\U000e0fff]"
)
# GitHub reads ::command:: at the start of a line, Azure and older runners ##[command] and
# ##vso[command] anywhere in it, TeamCity ##teamcity[command], GitLab section_start:TIME:NAME
_CI_COMMAND = re.compile(
    r":(?=:[A-Za-z-]+(?:\s[^:]*)?::)|#(?=#(?:\[|vso\[|teamcity\[))"
    r"|(?:(?<=section_start)|(?<=section_end)):(?=\d+:)"
)


def for_message(text: str) -> str:
    """Return a sentence of bounded length for a result, which Ansible prints as it is."""
    return for_terminal(shortened(text, SHOWN_TEXT))


def shown_name(name: str) -> str:
    """Return a name as a sentence quotes it."""
    return for_terminal(shortened(name, SHOWN_NAME))


def visible(text: str) -> str:
    """Return a text on one line in which every character can be seen."""
    return _INVISIBLE.sub(_escape, text)


def for_terminal(text: str) -> str:
    """Return a text on one line, without escape sequences or commands of a CI system."""
    return _CI_COMMAND.sub(_escape, visible(text))


def shortened(text: str, length: int) -> str:
    """Return a text of at most `length` characters; the middle of a longer one is left out."""
    if len(text) <= length:
        return text
    kept = max(length - 1, 0)
    tail = kept // 3
    return f"{text[: kept - tail]}…{text[len(text) - tail :] if tail else ''}"[: max(length, 0)]


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
