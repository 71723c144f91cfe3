# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server for all tests, reset for each, and a client that shows what it sends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.netserver import NetServer

PASSWORD = "Canary-secret-1"


class Client:
    """A thin client without retries and redirects."""

    def __init__(self, server: NetServer) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = server.admin

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send one request beneath /api/v1."""
        options = {"timeout": 10, "allow_redirects": False, **options}
        return self.session.request(method, f"{self.server.url}/api/v1/{path}", **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Send a GET."""
        return self.request("GET", path, **options)

    def agent(self, method: str, body: Any = None, **options: Any) -> requests.Response:
        """Call the User agent."""
        return self.request("POST", f"Agents/User/{method}", json=body, **options)

    def create(self, user_name: str = "anna@example.com", **changes: Any) -> requests.Response:
        """Create an external user; without PersonId, for a new person."""
        body = {
            "PersonId": changes.pop("PersonId", None) or self.server.tenant.add_person(),
            "UserName": user_name, "Password": PASSWORD, "RoleId": 2, "IsActive": True,
        }  # fmt: skip
        return self.agent("CreateExternalUser", {**body, **changes})

    def modify(self, associate_id: int, flags: object, **properties: Any) -> requests.Response:
        """Modify an external user; only the given properties are sent."""
        body = {"AssociateId": associate_id, "ExternalUserInfoModification": flags}
        return self.agent("SetExternalUserInfo", {**body, **properties})

    def delete(self, associate_id: int) -> requests.Response:
        """Delete an external user."""
        return self.agent("DeleteExternalUser", {"AssociateId": associate_id})

    def archive(self, provider: str = "ExternalUsers", **options: Any) -> requests.Response:
        """Query an archive; `filter` is `$filter`, and so on."""
        query = {f"${name}": value for name, value in options.items()}
        return self.get(f"Archive/{provider}", params=query)

    def rows(self, provider: str = "ExternalUsers", **options: Any) -> list[dict[str, Any]]:
        """Return the rows of an archive."""
        response = self.archive(provider, **options)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()["value"]
        return rows


@pytest.fixture(scope="session")
def running_server() -> Iterator[NetServer]:
    with NetServer(users=3, persons=2) as server:
        yield server


@pytest.fixture
def server(running_server: NetServer) -> NetServer:
    """The server as at its start."""
    running_server.reset()
    return running_server


@pytest.fixture
def client(server: NetServer) -> Client:
    """A client of the administrator."""
    return Client(server)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Make a certificate of its own for 127.0.0.1, good for server and client."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
        " -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    try:
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return tmp_path
