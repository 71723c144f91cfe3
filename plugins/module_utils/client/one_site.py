# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections of `requests` to one site: what is the same for all requests is found once."""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from requests.adapters import HTTPAdapter
else:
    try:
        from requests.adapters import HTTPAdapter
    except ImportError:
        HTTPAdapter = object


class OneSite(HTTPAdapter):
    """An adapter that is only ever used with one site, proxy and certificate.

    `requests` works out for each request how to get to its site. Here the first one tells for all.
    """

    _pool: typing.Any = None
    _trusting: typing.Any = None
    _latest = ("", "")

    def get_connection_with_tls_context(
        self, *arguments: typing.Any, **ways: typing.Any
    ) -> typing.Any:
        """Return the connections to the site."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*arguments, **ways)
        return self._pool

    def cert_verify(self, conn: typing.Any, *ways: typing.Any) -> None:
        """Tell the connections which certificates are good."""
        if conn is not self._trusting:
            super().cert_verify(conn, *ways)  # type: ignore[no-untyped-call]
            self._trusting = conn

    def request_url(self, request: typing.Any, proxies: typing.Any) -> str:
        """Return what a request names as its target: most name that of the one before."""
        url, target = self._latest
        if url != request.url:
            url, target = request.url, super().request_url(request, proxies)
            self._latest = (url, target)
        return target

    def build_response(self, req: typing.Any, resp: typing.Any) -> typing.Any:  # noqa: ARG002
        """Return the answer as urllib3 gives it, without the cookies and history of `requests`."""
        return resp

    def close(self) -> None:
        """Close all connections; the next request opens one again."""
        self._pool = None
        super().close()
