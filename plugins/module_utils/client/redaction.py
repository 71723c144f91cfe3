# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes secrets out of texts that the service sends back."""

from __future__ import annotations

import base64
import functools
import html.entities
import re
import string
from collections.abc import Iterable, Iterator

MASK = "********"
# shorter pieces of base64 would be found in plain words
SHORTEST_BASE64 = 8
_NEVER_ESCAPED = frozenset(string.ascii_letters + string.digits + "-._")
_JSON_LETTERS = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "/": "/"}


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without any of the secrets, in whatever spelling it repeats them."""
    # the longest first, so that no part of a longer one stays behind
    for secret in sorted(set(secrets), key=len, reverse=True):
        if secret:
            text = _pattern(secret).sub(MASK, text)
    return text


@functools.lru_cache(maxsize=256)
def _pattern(secret: str) -> re.Pattern[str]:
    """Return what finds a secret as it is, escaped for JSON, HTML or a URL, and as base64.

    Encoders differ in which letters they escape and in the case of their digits, so that each
    letter may stand in any of its spellings.
    """
    ways = ["".join(map(_spelled, re.findall(r"\\+|.", secret, re.DOTALL)))]
    cores = _base64_cores(secret.encode("utf-8", "surrogatepass"))
    ways += ["".join(map(_spelled, core)) + "[A-Za-z0-9+/_-]?(?:=|%3[Dd])*" for core in cores]
    return re.compile("|".join(ways))


def _spelled(letter: str) -> str:
    """Return a pattern for a letter, or for a row of backslashes, in all its spellings."""
    if letter in _NEVER_ESCAPED:
        return re.escape(letter)
    if letter[0] == "\\":
        # each may be doubled, and a row of them can not be told apart
        return rf"(?:\\{{{len(letter)},}}|(?:{'|'.join(_escapes(letter[0]))}){{{len(letter)}}})"
    also = {"+": ["-"], "/": ["_"], " ": [r"\+"]}.get(letter, [])
    return f"(?:{'|'.join([re.escape(letter), *also, *_escapes(letter)])})"


def _escapes(letter: str) -> Iterator[str]:
    code = ord(letter)
    if letter in _JSON_LETTERS:
        yield rf"\\+{_JSON_LETTERS[letter]}"
    units = letter.encode("utf-16-be", "surrogatepass")
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    yield "".join(rf"\\+u(?i:{pair})" for pair in pairs)
    raw = letter.encode("utf-8", "surrogatepass")
    yield "".join(f"%(?:25)*(?i:{byte:02x})" for byte in raw)
    names = {html.entities.codepoint2name.get(code), {"'": "apos"}.get(letter)} - {None}
    numbers = [f"#0*{code}", f"#[xX]0*(?i:{code:x})"]
    yield f"&(?:amp;)*(?:{'|'.join([*numbers, *sorted(filter(None, names))])});"


def _base64_cores(raw: bytes) -> Iterator[str]:
    """Return what the base64 of any text with `raw` in it must hold, for each alignment."""
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")
        ends_amid = (shift + len(raw)) % 3 > 0
        core = coded[(0, 2, 3)[shift] : len(coded) - ends_amid]
        if len(core) >= SHORTEST_BASE64:
            yield core
