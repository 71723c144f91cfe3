# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in one process share nothing: no setting, no environment, no warning, no secret."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

from tests.modules.execution_paths import Result, action
from tests.modules.probe_collection import Probe
from tests.netserver import NetServer

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_items_of_a_loop_share_no_state(tmp_path: Path) -> None:
    probe = Probe(tmp_path)
    items: list[Result] = [
        {"value": "first-secret", "secret": "first-secret", "gone": "x", "warn": True,
         "language": "nb"},
        {"value": "first-secret", "secret": "second-secret", "old_value": "y"},
        {"value": "first-secret second-secret"},
        {"value": "x", "valeu": "y"},
        {"value": "z", "fail": True},
        {"value": "last"},
    ]  # fmt: skip
    names = {name for item in items for name in item}
    arguments = {name: f"{{{{ item.{name} | default(omit) }}}}" for name in names}
    task = {"args": arguments, "loop": items}
    (results,) = probe.run([task]).values()
    first, second, third, wrong, failed, last = results[0]["results"]
    ran = [one for one in (first, second, third, failed, last) if "pid" in one]
    assert len({one["pid"] for one in ran}) == 1
    assert all(one["in_process"] for one in ran)
    assert all(one["settings"] == first["settings"] for one in ran)
    assert [one["options"]["value"] for one in ran] == [
        MASK, "y", "first-secret second-secret", "z", "last",
    ]  # fmt: skip
    assert [one["options"]["language"] for one in ran] == ["nb", "en", "en", "en", "en"]
    # Ansible moves these from the items to the task
    assert results[0]["warnings"] == [
        "of the task",
        "Both option value and its alias old_value are set.",
    ]
    named = [one["msg"].split("'")[1] for one in results[0]["deprecations"]]
    assert named == ["gone", "old_value"]
    assert wrong["failed"] is True
    assert failed["failed"] is True
    assert "valeu" not in str([first, second, third, failed, last])


def test_hosts_of_the_free_strategy_share_no_state(tmp_path: Path) -> None:
    probe = Probe(tmp_path)
    hosts = {
        f"host{number}": {"mine": f"value-{number}", "hidden": f"value-{(number + 1) % 4}"}
        for number in range(4)
    }
    task = {
        "args": {"value": "{{ mine }} {{ hidden }}", "secret": "{{ hidden }}"},
        "environment": {"SUPEROFFICE_APP_TOKEN": "token-of-{{ inventory_hostname }}"},
    }
    found = probe.run([task, {}], hosts=hosts, strategy="free")
    for number, results in enumerate(found[f"host{number}"] for number in range(4)):
        with_environment, without = results
        assert with_environment["options"]["value"] == f"value-{number} ********"
        assert with_environment["options"]["app_token"] == MASK
        assert without["options"]["app_token"] is None


def test_tasks_in_threads_use_their_own_environment(server: NetServer) -> None:
    """Ansible runs one task of a process at a time; nothing would break if it did not."""
    names = [f"user{number}" for number in range(8)]
    for name in names:
        server.tenant.add_external_user(name, role_id=5)
    results: dict[str, Result] = {}
    start = threading.Barrier(len(names))

    def prepared(name: str, language: str) -> Any:
        environment: dict[str, Any] = {
            "SUPEROFFICE_URL": server.url,
            "SUPEROFFICE_USERNAME": server.admin[0],
            "SUPEROFFICE_PASSWORD": server.admin[1],
            "SUPEROFFICE_LANGUAGE": language,
        }
        role = {"nb": "Leverandør", "en": "Vendor"}[language]
        arguments = {"user_name": name, "role": role}
        return action("superoffice_external_user", arguments, environment=[environment])

    def change(name: str, plugin: Any) -> None:
        start.wait(10)
        results[name] = plugin.run(task_vars={})

    plugins = [prepared(name, ("nb", "en")[number % 2]) for number, name in enumerate(names)]
    threads = [
        threading.Thread(target=change, args=pair) for pair in zip(names, plugins, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number, name in enumerate(names):
        result = results[name]
        assert result["changed"] is True, result
        assert result["user"]["role"] == ("Leverandør", "Vendor")[number % 2]
        assert result["user"]["user_name"] == name


def settings() -> list[Any]:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    return [gc.get_threshold(), gc.isenabled(), sys.getswitchinterval(), handlers,
            socket.getdefaulttimeout(), dict(os.environ), list(sys.path), Path.cwd(),
            list(warnings.filters)]  # fmt: skip


def test_task_restores_process_settings(server: NetServer, connection: Result) -> None:
    server.tenant.add_external_user("anna", role_id=5)
    usual = settings()
    for arguments in (
        {"role": "Vendor", "validate_certs": False},
        {"role": "No such role"},
        {"rolle": "Vendor"},
    ):
        plugin = action(
            "superoffice_external_user", {**connection, "user_name": "anna", **arguments}
        )
        result = plugin.run(task_vars={})
        assert result.get("failed", False) is ("validate_certs" not in arguments)
        assert settings() == usual
