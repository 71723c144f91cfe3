# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request in the service's terms, before it becomes HTTP."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping


class Request(typing.NamedTuple):
    """One request in the service's terms.

    `kind` is what results count it under, `safe` says that it only reads. Secrets stay wrapped in
    `body`, so that whoever handles a failed request knows what to hide.
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
        """The request as messages call it."""
        return f"{self.method} {self.path}"
