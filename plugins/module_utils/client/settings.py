# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection settings."""

from __future__ import annotations

import dataclasses

from ..domain.model import Secret
from . import urls
from .authentication import Authentication

# a request may take this many timeouts in total
DEADLINE_FACTOR = 10


@dataclasses.dataclass(frozen=True)
class ConnectionSettings:
    """How to reach an installation; `root` is the address of its WebAPI, `.../api`."""

    root: str
    authentication: Authentication
    app_token: Secret | None = None
    language: str = "en"
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = dataclasses.field(default=None, repr=False)
    timeout: float = 30.0
    retries: int = 4

    @property
    def site(self) -> str:
        """The address of the web site as messages show it: no credentials, no query, no `/api`."""
        return urls.without_secrets(self.root).removesuffix("/api")

    @property
    def deadline(self) -> float:
        """Seconds that one request may take in total: `DEADLINE_FACTOR` x `timeout`.

        `timeout` limits each wait: for a connection, and for the next bytes of the response. The
        deadline limits the sum of resolving the name, connecting, the TLS handshake, sending,
        waiting for the headers and reading the body.
        """
        return DEADLINE_FACTOR * self.timeout
