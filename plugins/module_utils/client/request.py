# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests in the service's terms."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping


class Request(typing.NamedTuple):
    """One request in the service's terms, before it becomes HTTP.

    Results count it under `kind`; `safe` says that it only reads. A request that writes has a
    `body`. Secrets stay wrapped in it, so that they can be found and masked in a response.
    """

    kind: str
    operation: str
    method: str
    path: str
    query: Mapping[str, str] = types.MappingProxyType({})
    body: typing.Any = None
    safe: bool = True

    @property
    def name(self) -> str:
        """The request as messages name it."""
        return f"{self.method} {self.path}"
