# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Masking of secrets in text that the service sends back."""

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
_JSON_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "/": "/"}


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with all secrets masked, in any of the spellings below."""
    # the longest first: a shorter one may be part of it
    for secret in sorted(set(secrets), key=len, reverse=True):
        if secret:
            text = _pattern(secret).sub(MASK, text)
    return text


@functools.lru_cache(maxsize=256)
def _pattern(secret: str) -> re.Pattern[str]:
    """Return what finds a secret unchanged, escaped for JSON, HTML or a URL, and as base64.

    Encoders differ in which characters they escape and in the case of hexadecimal digits, so that
    each character may have any of its spellings.
    """
    spellings = ["".join(map(_spelled, re.findall(r"\\+|.", secret, re.DOTALL)))]
    cores = _base64_cores(secret.encode("utf-8", "surrogatepass"))
    spellings += ["".join(map(_spelled, core)) + "[A-Za-z0-9+/_-]?(?:=|%3[Dd])*" for core in cores]
    return re.compile("|".join(spellings))


def _spelled(character: str) -> str:
    """Return a pattern for a character, or a run of backslashes, in all its spellings."""
    if character in _NEVER_ESCAPED:
        return re.escape(character)
    if character[0] == "\\":
        # each may be doubled, and those of a run cannot be told apart
        count = len(character)
        return rf"(?:\\{{{count},}}|(?:{'|'.join(_escapes(character[0]))}){{{count}}})"
    also = {"+": ["-"], "/": ["_"], " ": [r"\+"]}.get(character, [])
    return f"(?:{'|'.join([re.escape(character), *also, *_escapes(character)])})"


def _escapes(character: str) -> Iterator[str]:
    code = ord(character)
    if character in _JSON_ESCAPES:
        yield rf"\\+{_JSON_ESCAPES[character]}"
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    yield "".join(rf"\\+u(?i:{pair})" for pair in pairs)
    raw = character.encode("utf-8", "surrogatepass")
    yield "".join(f"%(?:25)*(?i:{byte:02x})" for byte in raw)
    names = {html.entities.codepoint2name.get(code), {"'": "apos"}.get(character)} - {None}
    numbers = [f"#0*{code}", f"#[xX]0*(?i:{code:x})"]
    yield f"&(?:amp;)*(?:{'|'.join([*numbers, *sorted(filter(None, names))])});"


def _base64_cores(raw: bytes) -> Iterator[str]:
    """Return what the base64 of any text that has `raw` in it contains, for each alignment."""
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")
        is_cut = (shift + len(raw)) % 3 > 0
        core = coded[(0, 2, 3)[shift] : len(coded) - is_cut]
        if len(core) >= SHORTEST_BASE64:
            yield core
