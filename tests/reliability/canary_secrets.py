# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets for leak tests: unique strings, and the encodings in which they can occur."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable, Iterable, Mapping

# characters that encoders encode differently
ODD = "\"<&>'\\+/% ;{}"
Spelling = Callable[[str], str]


def upper_json(text: str) -> str:
    """As System.Text.Json writes it."""
    units = text.encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(
        f"\\u{code:04X}" if code > 126 or chr(code) in "\"&'<>+\\`" else chr(code) for code in codes
    )


def html_of_dotnet(text: str) -> str:
    """As HttpUtility.HtmlEncode writes it."""
    escaped = html.escape(text).replace("&#x27;", "&#39;")
    return "".join(c if ord(c) < 160 else f"&#{ord(c)};" for c in escaped)


def url_of_dotnet(text: str) -> str:
    """As HttpUtility.UrlEncode writes it: digits in lower case, a plus for a blank."""
    keep = urllib.parse.quote_plus(text, safe="!()*")
    parts = keep.split("%")
    return parts[0] + "".join("%" + part[:2].lower() + part[2:] for part in parts[1:])


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: Mapping[str, Spelling] = {
    "raw": str,
    "base64": coded,
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "URL": lambda text: urllib.parse.quote(text, safe=""),
    "URL with slashes": urllib.parse.quote,
    "form": urllib.parse.quote_plus,
    "URL of .NET": url_of_dotnet,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "JSON of .NET": upper_json,
    "HTML": html.escape,
    "HTML, no quotes": lambda text: html.escape(text, quote=False),
    "HTML of .NET": html_of_dotnet,
    "HTML in JSON": lambda text: json.dumps(html.escape(text))[1:-1],
}


def canary(what: str, *, latin: bool = False) -> str:
    """A secret of a kind; `latin` for one that can travel in a header."""
    return f"Canary1-{what}-{ODD}å" + ("" if latin else "Ж🔒") + "-end7"


def found(text: str, secrets: Iterable[str]) -> list[tuple[str, str]]:
    """Return each secret that stands in a text, with its spelling."""
    return [
        (secret, name)
        for secret in secrets
        for name, spell in SPELLINGS.items()
        if spell(secret) in text
    ]


def cores(secret: str) -> list[str]:
    """The base64 that any longer text with the secret in it holds, for each alignment."""
    raw = secret.encode()
    texts = []
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw).decode()
        texts.append(whole[4 if shift else 0 : len(whole) // 4 * 4 - 4])
    return texts
