# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module called ad hoc, by its full name, through Ansible's own task queue (pytest-ansible)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.server_process import ServerProcess

pytest.importorskip("pytest_ansible")  # it does not install beside ansible-core 2.17

pytestmark = [
    pytest.mark.adhoc,
    pytest.mark.filterwarnings("ignore:Host management is deprecated:DeprecationWarning"),
    # at start-up, with the same paths: see tests/conftest.py
    pytest.mark.filterwarnings("ignore:AnsibleCollectionFinder has already:UserWarning"),
]


def test_a_user_that_is_absent_stays_absent(
    ansible_adhoc: Any, netserver_process: ServerProcess
) -> None:
    """The name resolves, the options arrive, and the documented result comes back."""
    hosts = ansible_adhoc(inventory="localhost,", connection="local", host_pattern="localhost")
    # any module is an attribute; ours has dots in its name
    outcome = getattr(hosts.localhost, "superoffice.crm.superoffice_external_user")(
        url=netserver_process.url,
        auth_username=netserver_process.username,
        auth_password=netserver_process.password,
        user_name="nobody.of.this.name",
        state="absent",
    )
    (result,) = outcome.contacted.values()
    assert (result.get("changed"), result.get("action")) == (False, "none"), result
