# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the connection: address, TLS, version, and what stands in front of the service."""

from __future__ import annotations

import re
import statistics
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ...client.errors import ConnectionLost, NetServerError, Untrusted
from ...client.inspection import Inspected, Inspector, neutral
from ...client.request import Request
from ..check import Check, Findings, Verdict, failed, passed, skipped, warning

_API = Request("address", "api", "GET", "")
_PRINCIPAL = Request("address", "User/currentPrincipal", "GET", "v1/User/currentPrincipal")
_ADDRESSES = Request("address", "api/v1", "GET", "v1")
# products whose names tell nothing of an installation
_PRODUCTS = re.compile(
    r"(Microsoft-IIS|Microsoft-HTTPAPI|Kestrel|nginx|Apache|haproxy|squid|cloudflare|Varnish|envoy|"
    r"Caddy|Python|aiohttp|ASP\.NET)(?:/[0-9.]{1,12})?",
    re.IGNORECASE,
)
_INTERMEDIARIES = ("Via", "X-Cache", "CF-Ray", "X-Varnish", "X-Forwarded-For", "X-Proxy-Id")
MOST_SECONDS_APART = 60
SLOW_MILLISECONDS = 1000
# so many requests a second keep a run fast, and are no load for a web server
REQUESTS_A_SECOND = 100
MOST_CONCURRENCY = 32


def _tls(inspector: Inspector, findings: Findings) -> Verdict:
    settings = inspector.settings
    try:
        findings.contact = inspector.send_anonymously(_API)
    except NetServerError as error:
        findings.contact = error
        if isinstance(error, Untrusted):
            return failed(
                f"{neutral(error, settings)}.",
                "If the certificate is from your own CA, set ca_path to the file of that CA. If"
                " the server requires a client certificate, set client_cert and client_key.",
            )
    if not settings.root.startswith("https:"):
        if urlsplit(settings.root).hostname in ("127.0.0.1", "localhost", "::1"):
            return passed("Plain HTTP, but only on this computer itself.")
        return warning(
            "The connection is not encrypted: passwords travel readable.",
            "Use an https address for url, and allow_http only in a network that is protected.",
        )
    if isinstance(findings.contact, NetServerError):
        return skipped("No connection could be established, see the check 'address'.")
    if not settings.validate_certs:
        return warning(
            "The connection is encrypted, but the certificate is not verified: anyone in between"
            " can read the passwords.",
            "Set validate_certs to true, and ca_path to the file of your CA.",
        )
    return passed("The connection is encrypted, and the certificate is trusted.")


def _address(inspector: Inspector, findings: Findings) -> Verdict:
    contact = findings.contact or inspector.send_anonymously(_API)
    if isinstance(contact, NetServerError):
        raise contact
    remedy = (
        "Set url to the address of the web site that serves the WebAPI itself, without /api, such"
        " as https://crm.example.com/SuperOffice."
    )
    if contact.status == 401:
        return passed("The address responds; it requires a login even for its version.")
    if contact.status == 404 and inspector.send_anonymously(_PRINCIPAL).status == 401:
        return passed("The WebAPI responds at this address, but not to a request for its version.")
    if contact.error:
        return failed(
            f"There is no SuperOffice WebAPI at this address:"
            f" {neutral(contact.error, inspector.settings)}.",
            remedy,
        )
    if not isinstance(contact.value, dict):
        return failed("The response at this address is not that of a WebAPI.", remedy)
    findings.learn(
        "byte_order_mark", "yes" if contact.raw.body.startswith(b"\xef\xbb\xbf") else "no"
    )
    return passed("The WebAPI responds at this address.")


def _version(inspector: Inspector, findings: Findings) -> Verdict:
    contact = findings.contact
    value = contact.value if isinstance(contact, Inspected) else None
    found = value.get("NetServerVersion") if isinstance(value, dict) else None
    if isinstance(found, str) and re.fullmatch(r"[0-9]+(\.[0-9]+){1,4}", found):
        findings.version = found
    listed = inspector.send(_ADDRESSES)
    has_addresses = listed.error is None and isinstance(listed.value, dict)
    if findings.version and has_addresses:
        return passed(f"NetServer {findings.version}.")
    missing = "which version it is" if not findings.version else "which addresses it serves"
    return warning(
        f"The service does not tell {missing}.",
        "Check that nothing in front of the service responds to /api and /api/v1 in its place. If"
        " the other checks pass, this has no effect.",
    )


def _front(inspector: Inspector, findings: Findings) -> Verdict:  # noqa: ARG001
    seen = [one.raw.headers for one in inspector.seen]
    server = {headers.get("Server", "") for headers in seen} - {""}
    shown = sorted({_PRODUCTS.match(one).group(0) for one in server if _PRODUCTS.match(one)})  # type: ignore[union-attr]
    named = f"Web server: {', '.join(shown)}." if shown else "The web server has no known name."
    between = [name for name in _INTERMEDIARIES if any(name in headers for headers in seen)]
    if between:
        named += f" Headers of a proxy: {', '.join(between)}."
    is_cached = any(headers.get("Age", "0").strip() not in ("", "0") for headers in seen)
    if is_cached:
        return warning(
            f"{named} Responses come from a cache (header Age): a user that was just changed can"
            " be read in its former state.",
            "Exclude the path of the WebAPI, /api, from the cache of the proxy.",
        )
    if any("Set-Cookie" in headers for headers in seen):
        return warning(
            f"{named} Responses set cookies, which the modules do not send back. If a load balancer"
            " sets them, requests of one run reach different servers.",
            "Nothing, if there is only one server. Otherwise let the load balancer choose a server"
            " by the address of the client.",
        )
    return passed(named)


def _firewall(inspector: Inspector, findings: Findings) -> Verdict:
    query = {"$filter": "userName = 'x' or userName = 'X'", "$top": "1", "$select": "personId"}
    try:
        inspected = inspector.archive("ExternalUsers", query)
    except ConnectionLost:
        response = "the connection was closed"
    else:
        # whatever the status: what the service itself refuses has its error form
        is_blocked = inspected.error is not None and not inspected.is_error_object
        response = f"HTTP {inspected.status}" if is_blocked else ""
    findings.learn("firewall", "query" if response else "none")
    if not response:
        return passed("No web application firewall refuses queries.")
    return warning(
        f"A web application firewall refuses some queries ({response}). The modules"
        " avoid such queries, but a user or company name can still contain what the firewall takes"
        " for an attack; its look-up then fails with the error kind 'blocked'.",
        "Let the firewall allow the path .../api/v1/Archive for the address of this computer; for"
        " ModSecurity with the OWASP rules it is usually rule 942100.",
    )


def _clock(inspector: Inspector, findings: Findings) -> Verdict:  # noqa: ARG001
    offsets = []
    for one in inspector.seen:
        try:
            date = parsedate_to_datetime(one.raw.headers["Date"])
        except (KeyError, TypeError, ValueError):
            continue
        middle = one.received_at - one.milliseconds / 2000
        # a Date header has whole seconds, cut off
        offsets.append(date.timestamp() + 0.5 - middle)
    if not offsets:
        return skipped("No response has a valid Date header.")
    apart = round(statistics.median(offsets))
    if abs(apart) <= MOST_SECONDS_APART:
        return passed(f"The clocks differ by {abs(apart)} s.")
    return warning(
        f"The clock of the service is {abs(apart)} s {'ahead of' if apart > 0 else 'behind'} the"
        " clock of this computer, which decides when active_from and active_until take effect.",
        "Synchronize both clocks (NTP).",
    )


def _latency(inspector: Inspector, findings: Findings) -> Verdict:  # noqa: ARG001
    times = [one.milliseconds for one in inspector.seen]
    if not times:
        return skipped("There was no response.")
    median = statistics.median(times)
    suggested = max(2, min(MOST_CONCURRENCY, round(median * REQUESTS_A_SECOND / 1000)))
    measured = f"Responses take {median:.0f} ms (median)"
    if inspector.throttled:
        return warning(
            f"{measured}. The service asked for a pause {inspector.throttled} times (HTTP 429 or"
            " 503), although requests came one after another.",
            "Set concurrency to 1 or 2, or raise the limit of the service or the gateway.",
        )
    measured += f"; concurrency={suggested} is enough."
    if median > SLOW_MILLISECONDS:
        return warning(
            measured,
            "Look for the cause of slow responses: the load of the server, or a proxy. Raise"
            " timeout if tasks fail with the error kind 'timeout'.",
        )
    return passed(measured)


_WRONG_ADDRESS = "No module works without a connection."

FIRST = (
    Check("tls", _tls, _WRONG_ADDRESS),
    Check(
        "address",
        _address,
        _WRONG_ADDRESS,
        ("tls",),
        "Check url and proxy, and that the web service is running.",
    ),
    Check("version", _version, "The version is unknown.", ("address",)),
)
FIREWALL = Check("firewall", _firewall, "Look-ups of some names fail.", ("login",))
LAST = (
    Check("proxy", _front, "Responses may not be those of the service.", ("address",)),
    Check("clock", _clock, "Periods begin and end at the wrong time.", ("address",)),
    Check("latency", _latency, "Runs take longer than they have to.", ("address",)),
)
