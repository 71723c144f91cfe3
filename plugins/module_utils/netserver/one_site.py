# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections of `requests` to one site, found once and not for each request."""

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
    """An adapter that is only ever used with one site, proxy and certificate."""

    _pool: typing.Any = None

    def get_connection_with_tls_context(
        self, *arguments: typing.Any, **ways: typing.Any
    ) -> typing.Any:
        """Return the connections to the site."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*arguments, **ways)
        return self._pool

    def close(self) -> None:
        """Close all connections; the next request opens one again."""
        self._pool = None
        super().close()
