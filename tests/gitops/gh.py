# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command `gh` with the subcommands and flags that the pipelines use, as its manual has them.

It sends what gh sends to a GitHub of the tests, whose address is in GH_TEST_API. A flag that it
does not know ends it, as it ends gh.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

PAGE = 30


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_request: object) -> None:
        return None


def call(path: str, fields: dict[str, Any] | None = None, method: str = "GET") -> bytes:
    address = f"{os.environ['GH_TEST_API']}/{path.lstrip('/')}"
    headers = {"Authorization": f"Bearer {os.environ['GH_TOKEN']}"}
    body = None if fields is None else json.dumps(fields).encode()
    request = urllib.request.Request(address, body, headers, method=method)
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        return bytes(opener.open(request).read())
    except urllib.error.HTTPError as error:
        if error.code == 302:
            return bytes(urllib.request.urlopen(error.headers["Location"]).read())
        message = json.loads(error.read()).get("message")
        sys.exit(f"gh: {message} (HTTP {error.code})")


def show(document: bytes, query: str | None) -> None:
    """Show a response; jq as gh has it knows the environment, and shows strings as they are."""
    if query is None:
        sys.stdout.write(document.decode())
        return
    done = subprocess.run(["jq", "-r", query], input=document, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"gh: failed to parse jq expression: {done.stderr.decode()}")
    sys.stdout.write(done.stdout.decode())


def api(arguments: argparse.Namespace) -> None:
    fields = None
    if arguments.field:
        fields = {}
        for one in arguments.field:
            name, _sign, value = one.partition("=")
            fields[name] = Path(value[1:]).read_text() if value.startswith("@") else value
    sign, page = "&" if "?" in arguments.path else "?", 1
    while True:
        paged = f"{arguments.path}{sign}page={page}" if arguments.paginate else arguments.path
        document = call(paged, fields, arguments.method)
        if not arguments.silent:
            show(document, arguments.jq)
        content = json.loads(document)
        entries = content if isinstance(content, list) else content.get("artifacts", [])
        size = 100 if "per_page=100" in arguments.path else PAGE
        if not arguments.paginate or len(entries) < size:
            return
        page += 1


def run_download(arguments: argparse.Namespace) -> None:
    listed = json.loads(call(f"repos/{arguments.repo}/actions/runs/{arguments.run_id}/artifacts"))
    named = [one for one in listed["artifacts"] if one["name"] == arguments.name]
    if not named:
        sys.exit("no artifact matches any of the names or patterns provided")
    content = call(f"repos/{arguments.repo}/actions/artifacts/{named[-1]['id']}/zip")
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        files.extractall(arguments.dir)


def issue_list(arguments: argparse.Namespace) -> None:
    query = f"creator=app/{arguments.app}&labels={arguments.label}&state={arguments.state}"
    found = json.loads(call(f"repos/{arguments.repo}/issues?{query}"))[: arguments.limit]
    names = arguments.json.split(",")
    show(json.dumps([{name: one[name] for name in names} for one in found]).encode(), arguments.jq)


def issue_create(arguments: argparse.Namespace) -> None:
    body = Path(arguments.body_file).read_text()
    fields = {"title": arguments.title, "labels": [arguments.label], "body": body}
    made = json.loads(call(f"repos/{arguments.repo}/issues", fields, "POST"))
    print(f"https://github.example/{arguments.repo}/issues/{made['number']}")  # noqa: T201


def issue_edit(arguments: argparse.Namespace) -> None:
    fields = {"body": Path(arguments.body_file).read_text()}
    call(f"repos/{arguments.repo}/issues/{arguments.number}", fields, "PATCH")


def issue_close(arguments: argparse.Namespace) -> None:
    issue = f"repos/{arguments.repo}/issues/{arguments.number}"
    call(f"{issue}/comments", {"body": arguments.comment}, "POST")
    call(issue, {"state": "closed"}, "PATCH")


def label_create(arguments: argparse.Namespace) -> None:
    fields = {"name": arguments.name, "description": arguments.description}
    call(f"repos/{arguments.repo}/labels", fields, "POST")


def main() -> None:
    parser = argparse.ArgumentParser(prog="gh", allow_abbrev=False)
    groups = parser.add_subparsers(required=True)
    one = groups.add_parser("api", allow_abbrev=False)
    one.set_defaults(run=api)
    one.add_argument("path")
    one.add_argument("--paginate", action="store_true")
    one.add_argument("--silent", action="store_true")
    one.add_argument("--method", default="GET")
    one.add_argument("--field", action="append")
    one.add_argument("--jq")

    def command(group: Any, name: str, run: Any, *flags: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = group.add_parser(name, allow_abbrev=False)
        made.set_defaults(run=run)
        made.add_argument("--repo", required=True)
        for flag in flags:
            made.add_argument(flag, required=True)
        return made

    runs = groups.add_parser("run").add_subparsers(required=True)
    command(runs, "download", run_download, "--name", "--dir").add_argument("run_id")
    issues = groups.add_parser("issue").add_subparsers(required=True)
    listing = command(issues, "list", issue_list, "--app", "--label", "--state", "--json", "--jq")
    listing.add_argument("--limit", type=int, default=PAGE)
    command(issues, "create", issue_create, "--title", "--label", "--body-file")
    command(issues, "edit", issue_edit, "--body-file").add_argument("number")
    command(issues, "close", issue_close, "--comment").add_argument("number")
    labels = groups.add_parser("label").add_subparsers(required=True)
    creating = command(labels, "create", label_create, "--description")
    creating.add_argument("name")
    creating.add_argument("--force", action="store_true")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
