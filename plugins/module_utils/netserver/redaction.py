# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes secrets out of texts that the service sends back."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Iterable

MASK = "********"


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without any of the secrets, in whatever spelling it repeats them."""
    spellings = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
    # the longest first, so that no part of a longer spelling stays behind
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text


def _spellings(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    spellings = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        urllib.parse.quote(raw),
        urllib.parse.quote(raw, safe=""),
        urllib.parse.quote_plus(raw),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }
    return {spelling for spelling in spellings if spelling}
