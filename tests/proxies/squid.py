# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration of squid, as a forward proxy that asks for a login."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from tests.proxies.daemon import Daemon, program

LOGIN = ("proxy-user", "proxy-Secret-1-long-enough")
# of the packages squid and squid-openssl of Debian
HELPER = "/usr/lib/squid/basic_ncsa_auth"
# squid's own account: it gives up the rights of root
ACCOUNT = "proxy"

TEMPLATE = """
http_port 127.0.0.1:{port}
visible_hostname squid.example.com
pid_filename {folder}/squid.pid
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
coredump_dir {folder}
netdb_filename none
pinger_enable off
cache deny all
cache_mem 1 MB
memory_pools off
# the limit of the system may be a billion, for each of which squid takes memory
max_filedescriptors 512
shutdown_lifetime 0 seconds
auth_param basic program {helper} {folder}/passwords
auth_param basic children 1 startup=1
auth_param basic realm test
acl known proxy_auth REQUIRED
acl writes urlpath_regex (Create|Set|Delete)ExternalUser
{rules}
http_access allow known
http_access deny all
"""


def squid(folder: Path, port: int, rules: str = "") -> Daemon:
    """Write the configuration, and return squid with it; `rules` come before what allows access."""
    executable = program("squid")
    if not Path(HELPER).exists():
        pytest.skip(f"{HELPER} is not installed (package squid)")
    user, password = LOGIN
    # of the forms that the helper knows, the one that needs no other program
    digest = hashlib.md5(password.encode()).hexdigest()
    (folder / "passwords").write_text(f"{user}:{digest}\n")
    file = folder / "squid.conf"
    file.write_text(TEMPLATE.format(port=port, folder=folder, helper=HELPER, rules=rules))
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, ACCOUNT)
    # the name of its shared memory, which all instances of a machine see
    service = f"test{port}"
    command = [executable, "-N", "-n", service, "-f", str(file)]
    return Daemon("squid", command, folder, port, shared_memory=f"{service}-*")
