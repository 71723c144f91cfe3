# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration of HAProxy, as a reverse proxy with TLS."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.proxies.certificates import Certificates
from tests.proxies.daemon import Daemon, program

TEMPLATE = """
global
    log stdout format raw daemon
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    timeout queue 10s
    {defaults}
frontend clients
    bind 127.0.0.1:{port} ssl {tls}
    {frontend}
    default_backend netserver
backend netserver
    {backend}
    server netserver 127.0.0.1:{upstream} {server}
{more}
"""


class HAProxy(NamedTuple):
    """What a configuration adds to the template, by section; `{folder}` is the folder of files."""

    defaults: str = ""
    frontend: str = ""
    backend: str = ""
    server: str = ""
    more: str = ""
    pages: tuple[tuple[str, str], ...] = ()

    def daemon(self, folder: Path, port: int, upstream: int, certificates: Certificates) -> Daemon:
        """Write the configuration, and return HAProxy with it."""
        executable = program("haproxy")
        for name, text in self.pages:
            (folder / name).write_bytes(text.replace("\n", "\r\n").encode())
        file = folder / "haproxy.cfg"
        text = TEMPLATE.format(
            port=port,
            upstream=upstream,
            tls=f"crt {certificates.server_both} ca-file {certificates.ca} verify required",
            defaults=self.defaults.format(folder=folder),
            frontend=self.frontend,
            backend=self.backend,
            server=self.server,
            more=self.more,
        )
        file.write_text(text)
        return Daemon("haproxy", [executable, "-db", "-f", str(file)], folder, port)
