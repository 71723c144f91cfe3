# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of `requests`, and the settings of its environment."""

from __future__ import annotations

import base64
import contextlib
import http.cookiejar
import pathlib
import typing
from collections.abc import Iterator, Mapping

from .errors import BadConnectionOption
from .responses import RawResponse
from .settings import ConnectionSettings

if typing.TYPE_CHECKING:
    import requests

VERSION = "1.0.0"

SendOptions = Mapping[str, typing.Any]


class RedirectRefused(Exception):
    """A redirect, with the response that asked for it."""

    def __init__(self, response: RawResponse) -> None:
        super().__init__()
        self.response = response


def send_options(settings: ConnectionSettings) -> SendOptions:
    """Return what `Session.send` needs for each request: proxies, CA bundle, client certificate.

    The environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE) is
    evaluated here, once, by the function that `requests` documents for it.

    Raises:
        BadConnectionOption: a file does not exist, or a key needs a passphrase.
    """
    import requests

    proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else {}
    with requests.Session() as session, option_errors("the connection options"):
        merged = session.merge_environment_settings(
            settings.root, proxies, True, _verify(settings), _certificate(settings)
        )
    verify = merged["verify"]
    if isinstance(verify, str):
        _existing("REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE", verify)
    return {**merged, "timeout": settings.timeout, "allow_redirects": False}


def new_session(settings: ConnectionSettings) -> requests.Session:
    """Return a session with one connection, which keeps no cookie and follows no redirect."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.trust_env = False
    # a session belongs to one thread, and all its requests go to one address
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.auth = settings.authentication
    session.hooks["response"] = [_refuse_redirect]
    session.headers.clear()
    session.headers.update(
        {
            "User-Agent": f"superoffice.crm/{VERSION}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": settings.language,
            "SO-Language": settings.language,
        }
    )
    if settings.app_token:
        session.headers["SO-AppToken"] = settings.app_token.value
    # each request authenticates itself; a session of the service would be state to get wrong
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return session


def _refuse_redirect(response: requests.Response, **_options: typing.Any) -> None:
    """Raise for a redirect (an event hook, as `requests` documents them).

    Even with `allow_redirects=False` a session reads the whole body of a redirect, which may never
    end, to prepare the request that would follow. Hooks run before that, a session's hooks last.
    """
    if response.is_redirect:
        response.close()
        raise RedirectRefused(RawResponse(response.status_code, response.headers, b""))


@contextlib.contextmanager
def option_errors(what: str) -> Iterator[None]:
    """Raise `BadConnectionOption` for values that cannot be part of a request.

    These are the ValueErrors of `requests`; others may come from an authentication that makes
    requests of its own.
    """
    import requests

    try:
        yield
    except UnicodeError as exc:
        raise BadConnectionOption(
            f"{what}: a value has characters that cannot be sent ({type(exc).__name__})"
        ) from None
    except requests.exceptions.RequestException as exc:
        if not isinstance(exc, ValueError):
            raise
        raise BadConnectionOption(
            f"{what}: a value cannot be part of a request ({type(exc).__name__})"
        ) from None


def proxy_secrets(options: SendOptions) -> Iterator[str]:
    """Yield the passwords of proxies, as they are configured and as they are sent."""
    from requests.utils import get_auth_from_url

    for url in options["proxies"].values():
        user, password = get_auth_from_url(url)
        if password:
            yield password
            # as `requests` encodes them
            yield base64.b64encode(f"{user}:{password}".encode("latin-1", "replace")).decode()


def _verify(settings: ConnectionSettings) -> bool | str:
    if not settings.validate_certs:
        import urllib3

        # the task asked for it; a warning of Python would go to the controller's own output
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return False
    return _existing("ca_path", settings.ca_path) or True


def _certificate(settings: ConnectionSettings) -> str | tuple[str, str] | None:
    certificate = _existing("client_cert", settings.client_cert)
    key = _existing("client_key", settings.client_key)
    if key and not certificate:
        raise BadConnectionOption("client_key is set without client_cert (SUPEROFFICE_CLIENT_CERT)")
    for path in filter(None, (certificate, key)):
        if b"ENCRYPTED" in pathlib.Path(path).read_bytes():
            raise BadConnectionOption(
                f"the key in {path} has a passphrase, which OpenSSL would ask for at a terminal."
                " Use a key without a passphrase"
            )
    return (certificate, key) if certificate and key else certificate


def _existing(name: str, path: str | None) -> str | None:
    if path and not pathlib.Path(path).exists():
        raise BadConnectionOption(
            f"{name} '{path}' does not exist. Set {name} (SUPEROFFICE_{name.upper()}) to a file on"
            " the machine that runs the module"
        )
    return path or None
