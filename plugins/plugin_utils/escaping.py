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
from collections.abc import Iterator, Sequence

from ..module_utils.domain.shown_text import (
    SHOWN_MESSAGE,
    SHOWN_NAME,
    SHOWN_TEXT,
    for_message,
    for_terminal,
    shortened,
    visible,
)

__all__ = [
    "SHOWN_LINES",
    "SHOWN_MESSAGE",
    "SHOWN_NAME",
    "SHOWN_PATH",
    "SHOWN_TEXT",
    "for_comment",
    "for_csv",
    "for_html",
    "for_markdown",
    "for_message",
    "for_terminal",
    "for_xml",
    "markdown_code",
    "shortened",
    "visible",
]

SHOWN_PATH = 300
SHOWN_LINES = 50

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
    return " ".join(_spans(visible(text).split()))


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


def _spans(words: Sequence[str]) -> Iterator[str]:
    """Yield plain words as they are, and words that are not as code, neighbours in one span."""
    before, core = "", ""
    for number, word in enumerate(words):
        is_plain = _PLAIN_WORD.fullmatch(word) and (number or not _LIST_NUMBER.fullmatch(word))
        wrapped = None if is_plain else _WRAPPED_WORD.fullmatch(word)
        opening, inner, closing = wrapped.groups() if wrapped else ("", "", "")
        if core and (opening or not wrapped):
            yield f"{before}{markdown_code(core, SHOWN_MESSAGE)}"
            core = ""
        if not wrapped:
            yield word
            continue
        before = before if core else opening
        core = f"{core} {inner}".lstrip()
        if closing:
            yield f"{before}{markdown_code(core, SHOWN_MESSAGE)}{closing}"
            core = ""
    if core:
        yield f"{before}{markdown_code(core, SHOWN_MESSAGE)}"
