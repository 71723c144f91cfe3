# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside, made harmless: one function for each channel that shows it.

A name, a role, a path or an error message may hold anything: control characters, markup, links,
mentions, commands of a CI system, formulas. Every view passes such text through the function of
its channel, and nothing else decides what is safe there.
"""

from __future__ import annotations

import re

SHOWN_NAME = 120
SHOWN_PATH = 300
SHOWN_MESSAGE = 1000
# of what can be unfolded, searched or opened in a program of its own
SHOWN_TEXT = 2000
SHOWN_LINES = 50

# controls, halves of surrogate pairs, fillers, and marks that hide text or reverse its direction
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\ufffe\uffff"
    "\U000e0000-\U000e0fff]"
)
# GitHub reads ::command:: at the start of a line, Azure and older runners ##[command] and
# ##vso[command] anywhere in it, TeamCity ##teamcity[command]
_CI_COMMAND = re.compile(r":(?=:[A-Za-z-]+(?:\s[^:]*)?::)|#(?=#(?:\[|vso\[|teamcity\[))")
# a spreadsheet runs a cell that starts like this, in full-width form too, and splits cells at
# whichever separator its locale has
_FORMULA = re.compile(r"(^|[,;\t|\r\n])([\s\"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
# a word that no Markdown renderer and no CI provider turns into anything else
_PLAIN_WORD = re.compile(
    r"[(\"']*(?!www\.)[^\W_](?:[\w.,'-]*[^\W_])?(?:/[^\W_](?:[\w.-]*[^\W_])?)*%?[)\"']*[.,;:!?)\"']*|\d\d?:\d\d"
)
_WRAPPED_WORD = re.compile(r"([(\"']*)(.+?)([)\"'.,;:!?]*)")
_LIST_NUMBER = re.compile(r"\d+[.)]")
_BACKTICKS = re.compile("`+")


def visible(text: str) -> str:
    """Return a text on one line in which every character can be seen."""
    return _INVISIBLE.sub(_escape, text)


def for_terminal(text: str) -> str:
    """Return a text on one line, without escape sequences or commands of a CI system."""
    return _CI_COMMAND.sub(_escape, visible(text))


def for_html(text: str) -> str:
    """Return a text of bounded length for a template, whose autoescaping does the rest."""
    return visible(shortened(text, SHOWN_TEXT))


def for_comment(text: str) -> str:
    """Return a text of bounded length for a comment that ends with its line."""
    return visible(shortened(text, SHOWN_PATH))


def for_xml(text: str) -> str:
    """Return a text that XML 1.0 can hold, for a library that escapes markup."""
    return visible(shortened(text, SHOWN_TEXT))


def for_csv(value: object) -> str:
    """Return a cell in which no spreadsheet finds a formula, whatever it separates cells by."""
    text = "" if value is None else visible(shortened(str(value), SHOWN_TEXT))
    return _FORMULA.sub(r"\1\2'", text)


def for_markdown(text: str) -> str:
    """Return a sentence on one line: plain words as they are, everything else as code."""
    words = visible(text).split()
    if words and _LIST_NUMBER.fullmatch(words[0]):
        words[0] = markdown_code(words[0])
    return " ".join(_word(word) for word in words)


def markdown_code(text: str, length: int = SHOWN_NAME) -> str:
    """Return a text as a code span, in a table or out of it.

    A pipe would end a table cell even in code, and no escape of it holds after a backslash.
    """
    shown = shortened(visible(text), length).replace("|", r"\u007c")
    if not shown:
        return ""
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    # a renderer takes one space off each end if both have one
    needs_room = shown[0] == "`" or shown[-1] == "`" or (shown[0] == shown[-1] == " ")
    room = " " if needs_room and shown.strip() else ""
    return f"{fence}{room}{shown}{room}{fence}"


def shortened(text: str, length: int) -> str:
    """Return a text of at most `length` characters; the middle of a longer one is left out."""
    if len(text) <= length:
        return text
    kept = max(length - 1, 0)
    tail = kept // 3
    return f"{text[: kept - tail]}…{text[len(text) - tail :] if tail else ''}"[: max(length, 0)]


def _word(word: str) -> str:
    wrapped = None if _PLAIN_WORD.fullmatch(word) else _WRAPPED_WORD.fullmatch(word)
    if not wrapped:
        return word
    before, core, after = wrapped.groups()
    return f"{before}{markdown_code(core, SHOWN_MESSAGE)}{after}"


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
