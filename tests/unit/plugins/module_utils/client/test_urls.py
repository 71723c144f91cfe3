# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site's address may look like."""

from __future__ import annotations

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client.errors import (
    BadConnectionOption,
)
from ansible_collections.superoffice.crm.plugins.module_utils.client.urls import (
    api_root,
    looks_like_online,
    without_secrets,
)

ROOT = "https://crm.example.com/SuperOffice/api"


def test_url_forms_are_normalized() -> None:
    for url in [
        "https://crm.example.com/SuperOffice",
        "https://crm.example.com/SuperOffice/",
        "https://crm.example.com/SuperOffice//",
        "https://crm.example.com/SuperOffice/api",
        "https://crm.example.com/SuperOffice/api/",
        "https://crm.example.com/SuperOffice/api/v1",
        "https://crm.example.com/SuperOffice/API/V1/",
        "  https://crm.example.com/SuperOffice\n",
    ]:
        assert api_root(url, allow_http=False) == ROOT


def test_plain_http_is_allowed_to_localhost() -> None:
    cases: list[tuple[str, str]] = [
        ("https://crm.example.com", "https://crm.example.com/api"),
        ("https://crm.example.com:8443/a/b", "https://crm.example.com:8443/a/b/api"),
        ("https://crm.example.com/myapi", "https://crm.example.com/myapi/api"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x/api"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x/api"),
        ("http://127.9.9.9/x", "http://127.9.9.9/x/api"),
        ("http://localhost/x", "http://localhost/x/api"),
        ("http://a.localhost/x", "http://a.localhost/x/api"),
        ("http://[::1]:80/x", "http://[::1]:80/x/api"),
    ]
    for url, root in cases:
        assert api_root(url, allow_http=False) == root


def test_plain_http_to_other_hosts_needs_allow_http() -> None:
    for url in [
        "http://crm.example.com/x",
        "http://10.0.0.1/x",
        "http://localhost.example.com/x",
        "http://127.0.0.1.example.com/x",
        "http://[::2]/x",
    ]:
        with pytest.raises(BadConnectionOption, match=r"plain http.*allow_http"):
            api_root(url, allow_http=False)
        assert api_root(url, allow_http=True) == url + "/api"


def test_invalid_url_is_refused_without_revealing_secrets() -> None:
    cases: list[tuple[str, str]] = [
        ("", "not an address"),
        ("crm.example.com/x", "not an address"),
        ("/SuperOffice", "not an address"),
        ("ftp://crm.example.com/x", "not an address"),
        ("file:///etc/passwd", "not an address"),
        ("https://", "not an address"),
        ("https:///SuperOffice", "not an address"),
        ("https://crm.example.com:port/x", "not a valid address"),
        ("https://crm.example.com:99999/x", "not a valid address"),
        ("https://[::1/x", "not a valid address"),
        ("https://crm.example.com/x?a=b", "must end with the path"),
        ("https://crm.example.com/x#top", "must end with the path"),
        ("https://me:secret-pw@crm.example.com/x", "must not contain a login"),
        ("https://me@crm.example.com/x", "must not contain a login"),
        ("ftp://me:secret-pw@crm.example.com/x", "not an address"),
    ]
    for url, said in cases:
        with pytest.raises(BadConnectionOption, match=said) as caught:
            api_root(url, allow_http=True)
        assert "secret-pw" not in str(caught.value)


def test_superoffice_online_is_recognized_by_host_name() -> None:
    cases: list[tuple[str, bool]] = [
        ("https://online3.superoffice.com/Cust12345/api", True),
        ("https://ONLINE3.SuperOffice.com/Cust12345/api", True),
        ("https://superoffice.com/api", True),
        ("https://crm.example.com/superoffice.com/api", False),
        ("https://notsuperoffice.com/api", False),
        ("https://superoffice.com.example.com/api", False),
    ]
    for root, online in cases:
        assert looks_like_online(root) is online


def test_url_is_shown_without_login_and_query() -> None:
    cases: list[tuple[str, str]] = [
        ("https://me:pw@h.example.com:8/p?q=1#f", "https://h.example.com:8/p"),
        ("/login?ticket=1", "/login"),
        ("https://[::1/p", "an unreadable address"),
    ]
    for url, shown in cases:
        assert without_secrets(url) == shown
