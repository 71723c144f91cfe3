# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of an authority of our own, made when the tests run."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import trustme


class Certificates(NamedTuple):
    """Paths of files: the authority, the server's, a client's, and a client's of a stranger."""

    ca: Path
    server_cert: Path
    server_key: Path
    server_both: Path
    client: Path
    stranger: Path
    stranger_ca: Path


def make(folder: Path) -> Certificates:
    """Make the certificates in `folder`."""
    authority, other = trustme.CA(), trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost")
    paths = Certificates(*(folder / f"{name}.pem" for name in Certificates._fields))
    authority.cert_pem.write_to_path(str(paths.ca))
    other.cert_pem.write_to_path(str(paths.stranger_ca))
    server.cert_chain_pems[0].write_to_path(str(paths.server_cert))
    server.private_key_pem.write_to_path(str(paths.server_key))
    server.private_key_and_cert_chain_pem.write_to_path(str(paths.server_both))
    for ca, path in ((authority, paths.client), (other, paths.stranger)):
        client = ca.issue_cert("automation@example.com")
        client.private_key_and_cert_chain_pem.write_to_path(str(path))
    return paths
