# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A collection with a module that returns how it was run, on both execution paths.

`test.execution.probe` has options of every kind that the validation has something to say about,
which the modules of the collection do not have.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

CRM = "ansible_collections.superoffice.crm.plugins"
ENTRY = "ansible_collections.test.execution.plugins.module_utils.entry"

FILES = {
    "galaxy.yml": "namespace: test\nname: execution\nversion: 1.0.0\nreadme: x\nauthors: [x]\n",
    "plugins/module_utils/entry.py": f"""
import gc
import os
import signal
import socket
import sys

from {CRM}.module_utils.task.arguments import Task

def settings():
    return [list(gc.get_threshold()), sys.getswitchinterval(), socket.getdefaulttimeout(),
            sorted(os.environ.items()), list(sys.path), os.getcwd(), os.umask(0o77),
            str(signal.getsignal(signal.SIGTERM)), str(signal.getsignal(signal.SIGINT))]

def run(options, context):
    umask = os.umask(0o77)
    os.umask(umask)
    result = {{"changed": False, "python": sys.executable, "pid": os.getpid(),
              "in_process": "ansible.plugins.action" in sys.modules,
              "options": {{name: options[name] for name in ("value", "app_token", "language")}},
              "settings": settings()}}
    os.umask(umask)
    if options["warn"]:
        result["warnings"] = ["of the task"]
    if options["fail"]:
        result.update(failed=True, msg="asked for")
    return result

REMOVED = {{"removed_from_collection": "test.execution"}}
TASK = Task(
    options={{
        "value": {{
            "type": "str", "aliases": ["old_value", "other_value"],
            "deprecated_aliases": [
                {{"name": "old_value", "version": "9.0.0", "collection_name": "test.execution"}}],
        }},
        "gone": {{"type": "str", "removed_in_version": "9.0.0", **REMOVED}},
        "gone_on": {{"type": "str", "removed_at_date": "2099-01-01", **REMOVED}},
        "secret": {{"type": "raw", "no_log": True, "aliases": ["hidden"]}},
        "secret_text": {{"type": "str", "no_log": True, "default": "default-secret-1"}},
        "nested": {{
            "type": "list", "elements": "dict",
            "options": {{"key": {{"type": "str", "no_log": True}}, "name": {{"type": "str"}}}},
        }},
        "fail": {{"type": "bool", "default": False}},
        "warn": {{"type": "bool", "default": False}},
    }},
    run=run,
)
""",
    "plugins/modules/probe.py": f"""#!/usr/bin/python
DOCUMENTATION = "module: probe\\nshort_description: x\\noptions: {{}}"
from {CRM}.module_utils.task.module import run_module
from {ENTRY} import TASK

def main():
    run_module(TASK)

if __name__ == "__main__":
    main()
""",
    "plugins/action/probe.py": f"""
from {CRM}.plugin_utils.in_process import InProcessAction
from {ENTRY} import TASK

class ActionModule(InProcessAction):
    task = TASK
""",
    "plugins/connection/near.py": """
DOCUMENTATION = '''
name: near
short_description: A local connection by another name
author: x
description: x
extends_documentation_fragment: [connection_pipelining]
'''
from ansible.plugins.connection.local import Connection as Local

class Connection(Local):
    transport = "test.execution.near"
""",
}
# never asked: the probe sends no request
CONNECTION = {"url": "https://crm.invalid", "auth_username": "login", "auth_password": "a-password"}

Result = dict[str, Any]


class Probe:
    """Runs plays of probe tasks with -vvv, and returns what they registered and printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.collection = folder / "ansible_collections" / "test" / "execution"
        for name, text in FILES.items():
            file = self.collection / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        # a `sudo` without a password, that changes nothing
        self.sudo = folder / "sudo"
        self.sudo.write_text('#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n')
        self.sudo.chmod(0o755)
        self.printed = ""

    def run(
        self,
        tasks: list[Result],
        environment: dict[str, str | None] | None = None,
        hosts: dict[str, Result] | None = None,
        **play: Any,
    ) -> dict[str, list[Result]]:
        """Run one task after the other; a task is its keywords, with `args` for the module.

        Returns the results of each host, in the order of the tasks.
        """
        inventory = hosts or {"here": {}}
        written = []
        for number, task in enumerate(tasks):
            keywords = {"ignore_errors": True, **task}
            arguments = {**CONNECTION, **keywords.pop("args", {})}
            written.append(
                {"test.execution.probe": arguments, "register": f"result_{number}", **keywords}
            )
        names = ", ".join(f"result_{number}" for number in range(len(tasks)))
        written.append(
            {
                "ansible.builtin.copy": {
                    "content": f"{{{{ [{names}] | to_json }}}}",
                    "dest": f"{self.folder}/results-{{{{ inventory_hostname }}}}.json",
                    "mode": "0600",
                },
                "delegate_to": "localhost",
                "vars": {"ansible_python_interpreter": sys.executable},
            }
        )
        head = {"hosts": "all", "connection": "local", "gather_facts": False, **play}
        (self.folder / "play.yml").write_text(yaml.safe_dump([{**head, "tasks": written}]))
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": inventory}}))
        for file in self.folder.glob("results-*.json"):
            file.unlink()
        known = {**os.environ, **self._settings(), **(environment or {})}
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "-i", "hosts.yml",
             "play.yml"],
            check=False, capture_output=True, text=True, timeout=300, cwd=self.folder,
            env={name: text for name, text in known.items() if text is not None},
        )  # fmt: skip
        self.printed = done.stdout + done.stderr
        assert done.returncode == 0, self.printed[-6000:]
        return {
            host: json.loads((self.folder / f"results-{host}.json").read_text())
            for host in inventory
        }

    def _settings(self) -> dict[str, str]:
        collections = os.pathsep.join([str(self.folder), os.environ["ANSIBLE_COLLECTIONS_PATH"]])
        return {
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "ANSIBLE_NOCOLOR": "1",
            # Ansible lists the spellings of booleans in the order of a set
            "PYTHONHASHSEED": "0",
            "ANSIBLE_INJECT_INVOCATION": "true",
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "ANSIBLE_ASYNC_DIR": str(self.folder / "async"),
        }

    def paths(self) -> list[str]:
        """The lines that say which path ran and why, without the host."""
        lines = [line for line in self.printed.splitlines() if "probe runs " in line]
        return [line.partition("test.execution.probe runs ")[2] for line in lines]
