# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration of nginx, as a TLS reverse proxy with client certificates and a path prefix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from tests.proxies.certificates import Certificates
from tests.proxies.daemon import Daemon, program

PREFIX = "/crm/site-1"

TEMPLATE = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
{user}
events {{ worker_connections 256; }}
http {{
    log_format traffic '$connection/$connection_requests $request_method $uri $status'
        ' upstream=$upstream_status tls=$ssl_client_verify gzip=$gzip_ratio';
    access_log {folder}/access.log traffic;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
    upstream netserver {{
        {peers}
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificates.server_cert};
        ssl_certificate_key {certificates.server_key};
        ssl_client_certificate {certificates.ca};
        ssl_verify_client on;
        # a client that speaks http is sent to https, on the same port here
        error_page 497 =301 https://$http_host$request_uri;
        {server}
        location {prefix}/ {{
            proxy_pass http://netserver/SuperOffice/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            {location}
        }}
    }}
}}
"""


class Nginx(NamedTuple):
    """What a configuration adds to the template, by context; `{upstream}` is the service's port."""

    http: str = ""
    server: str = ""
    location: str = ""
    peers: str = "server 127.0.0.1:{upstream};"

    def daemon(self, folder: Path, port: int, upstream: int, certificates: Certificates) -> Daemon:
        """Write the configuration, and return nginx with it."""
        executable = program("nginx")
        file = folder / "nginx.conf"
        text = TEMPLATE.format(
            folder=folder,
            port=port,
            certificates=certificates,
            prefix=PREFIX,
            # workers of root's nginx are another user, who cannot look into root's folders
            user="user root root;" if os.geteuid() == 0 else "",
            http=self.http,
            server=self.server,
            location=self.location,
            peers=self.peers.format(upstream=upstream),
        )
        file.write_text(text)
        command = [executable, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(file)]
        return Daemon("nginx", command, folder, port)
