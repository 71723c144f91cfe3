# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The least that the requests of a run can cost: the same bytes on kept-open connections.

A process of its own, as Ansible is one: `python -m tests.benchmarks.raw URL < PHASES`. The phases
are a JSON list, each with `connections` and `requests` (method, path and body). Answers are read to
their end and not looked at. Prints the seconds from the first connection to the last answer.
"""

from __future__ import annotations

import base64
import http.client
import json
import sys
import threading
import time
import typing
import urllib.parse

from .embedded import ADMIN

Phase = dict[str, typing.Any]
HEADERS = {
    "Authorization": "Basic " + base64.b64encode(":".join(ADMIN).encode()).decode(),
    "Accept": "application/json",
    "Content-Type": "application/json; charset=utf-8",
}


def replay(url: str, phases: list[Phase]) -> float:
    """Send all requests, one phase after the other; return the seconds."""
    site = urllib.parse.urlsplit(url)
    most = max(phase["connections"] for phase in phases)
    began = time.perf_counter()
    connections = [http.client.HTTPConnection(site.netloc) for _number in range(most)]
    for phase in phases:
        waiting = iter(phase["requests"])
        lock = threading.Lock()
        workers = [
            threading.Thread(target=_drain, args=(connection, site.path, waiting, lock))
            for connection in connections[: phase["connections"]]
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return time.perf_counter() - began


def _drain(
    connection: http.client.HTTPConnection,
    root: str,
    waiting: typing.Iterator[tuple[str, str, typing.Any]],
    lock: threading.Lock,
) -> None:
    while True:
        with lock:
            request = next(waiting, None)
        if request is None:
            return
        method, path, body = request
        content = None if body is None else json.dumps(body).encode()
        connection.request(method, f"{root}/api/v1/{path}", content, HEADERS)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} answered {answer.status}")


if __name__ == "__main__":
    sys.stdout.write(f"{replay(sys.argv[1], json.load(sys.stdin))}\n")
