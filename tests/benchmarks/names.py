# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it costs that a read of all users says whose logins they are.

`python -m tests.benchmarks.names 10000 100000`, with the variables that the Makefile sets, reads
that many users with and without the columns for names, each time in a process of its own, in turns.
"""

from __future__ import annotations

import base64
import json
import resource
import statistics
import subprocess
import sys
import time
import typing
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping

from ansible_collections.superoffice.crm.plugins.module_utils.client import archive
from ansible_collections.superoffice.crm.plugins.module_utils.client.authentication import Basic
from ansible_collections.superoffice.crm.plugins.module_utils.client.client import Client
from ansible_collections.superoffice.crm.plugins.module_utils.client.concurrency import Concurrency
from ansible_collections.superoffice.crm.plugins.module_utils.client.settings import (
    ConnectionSettings,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import Secret
from ansible_collections.superoffice.crm.plugins.module_utils.engine.read import FullReader

from .embedded import ADMIN, serving

ROUNDS = 5
Parsed = typing.TypeVar("Parsed")
COLUMNS = {
    "without": archive.USER_QUERY["$select"],
    "with": f"{archive.USER_QUERY['$select']},{archive.NAME_COLUMNS}",
}


class WithoutNames(archive.Archive):
    """An archive that never asks for the columns that are for people only."""

    def named(
        self,
        provider: str,
        columns: str,
        read: Callable[[Mapping[str, str]], list[Parsed]],
        query: Mapping[str, str],
    ) -> list[Parsed]:
        """Read without the columns."""
        return read(query)


def read(url: str, columns: str) -> dict[str, float]:
    """Read all users in this process; return seconds, CPU seconds and the peak memory in MB."""
    settings = ConnectionSettings(f"{url}/api", Basic(ADMIN[0], Secret(ADMIN[1])))
    with Client(settings, Concurrency(8)) as client:
        if columns == "without":
            client.archive = WithoutNames(client.transport)
        began, used = time.perf_counter(), time.process_time()
        state = FullReader(client, lambda *_progress: None).read()
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds, "cpu": cpu, "mb": usage.ru_maxrss / 1000, "users": len(state.users)}


def size(url: str, columns: str) -> int:
    """Return the bytes of the pages of all users."""
    credentials = base64.b64encode(":".join(ADMIN).encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
    total = skip = 0
    while True:
        query = {
            **archive.USER_QUERY,
            "$select": COLUMNS[columns],
            "$filter": archive.EVERY_ROW,
            "$top": str(archive.PAGE_SIZE),
            "$skip": str(skip),
        }
        address = f"{url}/api/v1/Archive/ExternalUsers?{urllib.parse.urlencode(query, safe='$')}"
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as response:
            body = response.read()
        rows = len(json.loads(body)["value"])
        if not rows:
            return total
        total += len(body)
        skip += rows


def table(numbers: list[int]) -> Iterator[str]:
    """Measure, and yield the lines of a table."""
    yield "| users | names | MB on the wire | seconds | CPU seconds | peak memory, MB |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: |"
    for number in numbers:
        with serving(number) as url:
            found: dict[str, list[dict[str, float]]] = {columns: [] for columns in COLUMNS}
            for _round in range(ROUNDS):
                for columns, runs in found.items():
                    command = [sys.executable, "-m", "tests.benchmarks.names", url, columns]
                    output = subprocess.run(command, check=True, capture_output=True).stdout
                    runs.append(json.loads(output))
            for columns, runs in found.items():
                seconds, cpu, memory = (
                    statistics.median(run[name] for run in runs)
                    for name in ("seconds", "cpu", "mb")
                )
                wire = size(url, columns) / 1e6
                cells = f"{wire:.1f} | {seconds:.2f} | {cpu:.2f} | {memory:.0f}"
                yield f"| {number:,} | {columns} | {cells} |"


def main(arguments: list[str]) -> None:
    """Measure for some numbers of users, or be one of the processes that are measured."""
    if arguments[0].isdigit():
        for line in table([int(one) for one in arguments]):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    else:
        sys.stdout.write(json.dumps(read(*arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
