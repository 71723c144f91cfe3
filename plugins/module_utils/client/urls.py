# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site's address may look like, and where the WebAPI is beneath it."""

from __future__ import annotations

import ipaddress
import urllib.parse

from .errors import BadConnectionOption


def api_root(url: str, *, allow_http: bool) -> str:
    """Return the address of the WebAPI, `.../api`, of the web site at `url`.

    A trailing slash, and a pasted `/api` or `/api/v1`, are understood.

    Raises:
        BadConnectionOption: not an http(s) address, or one that would give secrets away.
    """
    parts = _parsed(url)
    if parts.username is not None or parts.password is not None:
        raise BadConnectionOption(
            "url must not contain a login; give it in auth_username and auth_password"
            " (SUPEROFFICE_USERNAME, SUPEROFFICE_PASSWORD)"
        )
    if parts.query or parts.fragment:
        raise BadConnectionOption(
            f"url '{without_secrets(url)}' must end with the path of the web site, without ? and #"
            " (SUPEROFFICE_URL)"
        )
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname or ""):
        raise BadConnectionOption(
            f"url '{url}' is plain http, and passwords would travel readable. Use https in url"
            " (SUPEROFFICE_URL), or set allow_http (SUPEROFFICE_ALLOW_HTTP) if the network itself"
            " is protected"
        )
    path = parts.path.rstrip("/")
    for pasted in ("/api/v1", "/api"):
        if path.lower().endswith(pasted):
            path = path[: -len(pasted)].rstrip("/")
            break
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc, f"{path}/api", "", ""))


def looks_like_online(root: str) -> bool:
    """Tell whether the address is that of the vendor's own hosting."""
    host = urllib.parse.urlsplit(root).hostname or ""
    return host == "superoffice.com" or host.endswith(".superoffice.com")


def without_secrets(url: str) -> str:
    """Return an address for a message: no login, no query.

    A password that is not encoded may hold a slash, so that a login ends at the last "@" of all.
    """
    scheme, separator, rest = url.partition("://")
    if separator:
        url = scheme + separator + rest.rpartition("@")[2]
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return "an unreadable address"
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _parsed(url: str) -> urllib.parse.SplitResult:
    try:
        parts = urllib.parse.urlsplit(url.strip())
        parts.port  # noqa: B018 - reading it is what validates it
    except ValueError as exc:
        # the text of the exception may hold a password
        raise BadConnectionOption(
            f"url '{without_secrets(url)}' is not a valid address (SUPEROFFICE_URL)"
        ) from exc
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadConnectionOption(
            f"url '{without_secrets(url)}' is not an address such as"
            " https://crm.example.com/SuperOffice (SUPEROFFICE_URL)"
        )
    return parts


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
