# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `python -m tests.netserver --port 0 --users 100`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
import textwrap
import threading
from collections.abc import Sequence
from pathlib import Path

from .faults import parse_fault
from .profile import ProfileError, check_choice, describe, load_profile
from .server import DEFAULT_ADMIN, NetServer, Tls


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """End with one sentence instead of the usage."""
        _fail(message)


def _fail(message: str) -> None:
    print(f"netserver: {message}", file=sys.stderr)
    raise SystemExit(2)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a count")
    return int(text)


def _port(text: str) -> int:
    port = _count(text)
    if port > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port")
    return port


def _admin(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not name or not colon:
        # The text is not repeated: it may be a password.
        raise argparse.ArgumentTypeError("the value is not NAME:PASSWORD")
    return name, password


def _choice(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    try:
        return name, check_choice(name, value)
    except ProfileError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m tests.netserver", description=__doc__, allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=0, help="0 (default): any free port")
    parser.add_argument("--users", type=_count, default=0, help="external users, each a person")
    parser.add_argument("--persons", type=_count, default=0, help="persons without login")
    parser.add_argument("--admin", type=_admin, default=DEFAULT_ADMIN, metavar="NAME:PASSWORD",
                        help=f"default {':'.join(DEFAULT_ADMIN)}")  # fmt: skip
    parser.add_argument("--database", type=Path, help="file that keeps the state")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="JSON: choice -> value")
    parser.add_argument("--choice", type=_choice, action="append", default=[],
                        metavar="NAME=VALUE", help="overrides the profile")  # fmt: skip
    parser.add_argument("--fault", action="append", default=[],
                        metavar="KIND[:OPERATION[:OPTION=VALUE,...]]")  # fmt: skip
    parser.add_argument("--journal", type=Path, help="file to append JSON lines to")
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--client-ca", type=Path)
    parser.add_argument("--list-choices", action="store_true", help="print all choices, and end")
    arguments = parser.parse_args(argv)
    if arguments.latency < 0:
        _fail("argument --latency: milliseconds cannot be negative")
    if bool(arguments.tls_cert) != bool(arguments.tls_key):
        _fail("--tls-cert and --tls-key belong together")
    if arguments.client_ca and not arguments.tls_cert:
        _fail("--client-ca needs --tls-cert and --tls-key")
    return arguments


def _list_choices() -> None:
    for name, default, meaning, values in describe():
        print(f"{name}\n    {meaning}")
        for value, effect in values.items():
            mark = "*" if value == default else " "
            line = f"  {mark} {value:<18} {effect}"
            print(textwrap.fill(line, 100, subsequent_indent=" " * 23))
    print("\n* is the default.")


def _server(arguments: argparse.Namespace) -> NetServer:
    tls = None
    if arguments.tls_cert:
        tls = Tls(arguments.tls_cert, arguments.tls_key, arguments.client_ca)
    profile = load_profile(arguments.profile) if arguments.profile else {}
    server = NetServer(
        users=arguments.users, persons=arguments.persons, admin=arguments.admin,
        profile={**profile, **dict(arguments.choice)}, latency=arguments.latency / 1000,
        database=arguments.database, tls=tls, port=arguments.port, host=arguments.host,
        journal_file=arguments.journal,
    )  # fmt: skip
    for text in arguments.fault:
        server.faults.add(**parse_fault(text))
    return server


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    arguments = _arguments(argv)
    if arguments.list_choices:
        _list_choices()
        return 0
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: stopping.set())
    try:
        server = _server(arguments).start()
    except ValueError as exc:
        _fail(str(exc))
    except (OSError, sqlite3.Error) as exc:
        _fail(f"The server cannot start: {exc}")
    else:
        line = {"url": server.url, "pid": os.getpid(), "journal": server.journal_url}
        print(json.dumps(line), flush=True)
        stopping.wait()
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
