# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests per second of the embedded NetServer on one core.

The second figure holds on a machine that is busy with other things, too.

`python -m tests.contract.netserver.throughput [SECONDS]` starts a server with 10,000 users on core
0, sends three kinds of requests over eight connections from the other cores, and prints the rates.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
USERS = 10_000
CONNECTIONS = 8
ADMIN = "system:system-password"
HEAD = (
    "{line} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "
    + base64.b64encode(ADMIN.encode()).decode()
    + "\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


def get_user(number: int) -> bytes:
    """Build a GetUser request."""
    return _request(f"POST /SuperOffice/api/v1/Agents/User/GetUser?userId={101 + number % USERS}")


def filter_by_name(number: int) -> bytes:
    """Build an archive request for one user name."""
    name = f"user{1 + number % USERS:05d}@example.com"
    return _request(
        "GET /SuperOffice/api/v1/Archive/ExternalUsers?$select=userName,role,isActive,personId"
        f"&$entities=all&$filter=userName%20=%20%27{name}%27"
    )


def change_role(number: int) -> bytes:
    """Build a SetExternalUserInfo request that changes a role."""
    body = {
        "AssociateId": 101 + number % USERS,
        "RoleId": 5 + number // USERS % 2,
        "ExternalUserInfoModification": "Role",
    }
    line = "POST /SuperOffice/api/v1/Agents/User/SetExternalUserInfo"
    return _request(line, json.dumps(body).encode())


def _request(line: str, body: bytes = b"") -> bytes:
    return HEAD.format(line=line, length=len(body)).encode() + body


def exchange(connection: socket.socket, request: bytes) -> int:
    """Send a request, read the whole response and return its status."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _blank, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    missing = (int(lengths[0].partition(b":")[2]) if lengths else 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65536))
    return int(head.split()[1])


def requests_in(port: int, build: Callable[[int], bytes], seconds: float) -> int:
    """Send one kind of request for some seconds, and return how many were answered."""
    counts = [0] * CONNECTIONS
    end = time.monotonic() + seconds

    def work(index: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number = index
            while time.monotonic() < end:
                status = exchange(connection, build(number))
                assert status in (200, 204), status
                counts[index] += 1
                number += CONNECTIONS

    threads = [threading.Thread(target=work, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the rates."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    options = ("--port", "0", "--users", str(USERS), "--admin", ADMIN)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.netserver", *options],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = int(json.loads(server.stdout.readline())["url"].split(":")[2].partition("/")[0])
        others = os.sched_getaffinity(0) - {0}
        for task in Path(f"/proc/{server.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {0})
        os.sched_setaffinity(0, others or {0})
        for build in (get_user, filter_by_name, change_role):
            started, used = time.monotonic(), processor_seconds(server.pid)
            count = requests_in(port, build, seconds)
            rate = count / (time.monotonic() - started)
            cost = (processor_seconds(server.pid) - used) / count
            sys.stdout.write(
                f"{build.__name__:<15} {rate:6.0f} requests/s, {1 / cost:6.0f} per second of"
                " the server's processor time\n"
            )
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
