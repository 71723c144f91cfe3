# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts in several languages, and secrets taken out of texts."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse

from ansible_collections.superoffice.crm.plugins.module_utils.client.authentication import (
    Basic,
    Bearer,
    SoTicket,
    Xsrf,
)
from ansible_collections.superoffice.crm.plugins.module_utils.client.languages import (
    in_language,
    parts,
    spellings,
)
from ansible_collections.superoffice.crm.plugins.module_utils.client.redaction import (
    MASK,
    redacted,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import Secret

SUPPLIER = 'NO:"Leverand\u00f8r";US:"Supplier";GE:"Lieferant"'


def test_multilingual_text_is_shown_in_the_task_language() -> None:
    cases: list[tuple[str, str, str]] = [
        (SUPPLIER, "en", "Supplier"),
        (SUPPLIER, "en-GB", "Supplier"),
        (SUPPLIER, "EN", "Supplier"),
        (SUPPLIER, "nb", "Leverand\u00f8r"),
        (SUPPLIER, "no", "Leverand\u00f8r"),
        (SUPPLIER, "de", "Lieferant"),
        (SUPPLIER, "fi", "Leverand\u00f8r"),
        ('US:"Say \\"hi\\"; now"', "en", 'Say "hi"; now'),
        (' US:"A" ; NO:"B" ', "nb", "B"),
        ("Partner", "en", "Partner"),
        ('Partner "A"', "en", 'Partner "A"'),
        ('US:"open', "en", 'US:"open'),
        ("", "en", ""),
        ("[SR_ROLE_CUSTOMER]", "en", "[SR_ROLE_CUSTOMER]"),
    ]
    for text, language, shown in cases:
        assert in_language(text, language) == shown


def test_multilingual_text_matches_all_its_languages() -> None:
    assert spellings(SUPPLIER) == {SUPPLIER, "Leverand\u00f8r", "Supplier", "Lieferant"}
    assert spellings("Partner") == {"Partner"}
    assert parts("Partner") == {}


SECRET = 'p\u00e4ss"<w&rd>/+\\ 1'


def test_secret_is_masked_in_every_encoding() -> None:
    cases: list[str] = [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ]
    for spelled in cases:
        assert redacted(f"before {spelled} after", [SECRET]) == f"before {MASK} after"


def test_longer_secret_is_masked_first() -> None:
    assert redacted("abcdef", ["abc", "abcdef"]) == MASK


def test_empty_secret_masks_nothing() -> None:
    assert redacted("text", ["", ""]) == "text"


def test_every_auth_method_lists_its_secrets_as_sent() -> None:
    basic = Basic("anna", Secret("pass-word"))
    assert set(basic.secrets) == {"pass-word", base64.b64encode(b"anna:pass-word").decode()}
    assert list(SoTicket(Secret("7T:abc")).secrets) == ["7T:abc"]
    assert list(Bearer(Secret("8A:abc")).secrets) == ["8A:abc"]
    session = Xsrf(Secret("SuperOfficeSession=abcdef123; short=1; XSRF-TOKEN=token-123"),
                   Secret("token-123"))  # fmt: skip
    assert {"abcdef123", "token-123"} < set(session.secrets)
    assert "1" not in session.secrets
