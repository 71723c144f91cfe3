# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub and GitLab, as far as the pipelines speak with them: comments, runs and artifacts."""

from __future__ import annotations

import http.server
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "CiProvider-token-for-tests-1"
Answer = tuple[int, Any, dict[str, str]]


class CiProvider(http.server.ThreadingHTTPServer):
    """Keeps comments and artifacts; routes are (method, pattern, function)."""

    daemon_threads = True
    name = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[dict[str, Any]] = [{"id": 1, "body": "a comment of somebody"}]
        self.artifacts: dict[str, bytes] = {}
        self.merged: dict[str, str] = {}
        self.unauthorized: list[str] = []
        self.routes: list[tuple[str, str, Callable[..., Answer]]] = []
        self.root = f"http://127.0.0.1:{self.server_port}"

    def environment(self) -> dict[str, str]:
        """The variables by which the provider tells a job where it is."""
        raise NotImplementedError

    def __enter__(self) -> CiProvider:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()

    def keep(self, head: str, folder: Path, *, prefix: str = "") -> None:
        """Keep a folder as the artifact of the plan of commit `head`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    files.writestr(f"{prefix}{path.relative_to(folder)}", path.read_bytes())
        self.artifacts[head] = archive.getvalue()

    def listed(self) -> Answer:
        return 200, self.comments, {}

    def said(self, body: str) -> Answer:
        self.comments.append({"id": len(self.comments) + 1, "body": body})
        return 201, self.comments[-1], {}

    def changed(self, number: str, body: str) -> Answer:
        self.comments[int(number) - 1]["body"] = body
        return 200, self.comments[int(number) - 1], {}

    def blob(self, head: str) -> Answer:
        return 200, self.artifacts[head], {}


class GitHub(CiProvider):
    """The paths of api.github.com; a download is a redirect to another host, without the token."""

    name = "github"

    def __init__(self) -> None:
        super().__init__()
        self.routes = [
            ("GET", r"/repos/o/r/issues/7/comments", lambda body: self.listed()),
            ("POST", r"/repos/o/r/issues/7/comments", lambda body: self.said(body["body"])),
            (
                "PATCH",
                r"/repos/o/r/issues/comments/(\d+)",
                lambda body, n: self.changed(n, body["body"]),
            ),
            ("GET", r"/repos/o/r/commits/(\w+)/pulls", self.pulls),
            ("GET", r"/repos/o/r/actions/workflows/external-users.yml/runs", self.runs),
            ("GET", r"/repos/o/r/actions/runs/(\d+)/artifacts", self.of_run),
            ("GET", r"/repos/o/r/actions/artifacts/(\d+)/zip", self.zip),
            ("GET", r"/elsewhere/(\w+)", lambda body, head: self.blob(head)),
        ]

    def authorized(self, headers: Any, path: str) -> bool:
        token = headers.get("Authorization")
        wanted = None if path.startswith("/elsewhere") else f"Bearer {TOKEN}"
        return bool(token == wanted)

    def pulls(self, _body: Any, commit: str) -> Answer:
        head = self.merged.get(commit)
        pull = {"number": 7, "merged_at": "today", "head": {"sha": head}}
        return 200, [pull] if head else [], {}

    def runs(self, _body: Any, head_sha: str = "") -> Answer:
        heads = list(self.artifacts)
        found = [{"id": heads.index(head_sha) + 1}] if head_sha in heads else []
        return 200, {"workflow_runs": found}, {}

    def of_run(self, _body: Any, number: str) -> Answer:
        return 200, {"artifacts": [{"id": int(number), "name": "plan", "expired": False}]}, {}

    def zip(self, _body: Any, number: str) -> Answer:
        head = list(self.artifacts)[int(number) - 1]
        return 302, None, {"Location": f"{self.root}/elsewhere/{head}"}

    def environment(self) -> dict[str, str]:
        return {"GITHUB_API_URL": self.root, "GITHUB_REPOSITORY": "o/r", "GITHUB_ACTIONS": "true"}


class GitLab(CiProvider):
    """The paths of a GitLab's /api/v4."""

    name = "gitlab"

    def __init__(self) -> None:
        super().__init__()
        notes = r"/api/v4/projects/3/merge_requests/7/notes"
        self.routes = [
            ("GET", notes, lambda body: self.listed()),
            ("POST", notes, lambda body: self.said(body["body"])),
            ("PUT", notes + r"/(\d+)", lambda body, n: self.changed(n, body["body"])),
            ("GET", r"/api/v4/projects/3/repository/commits/(\w+)/merge_requests", self.requests),
            ("GET", r"/api/v4/projects/3/merge_requests/7/pipelines", self.pipelines),
            ("GET", r"/api/v4/projects/3/pipelines/(\d+)/jobs", self.jobs),
            ("GET", r"/api/v4/projects/3/jobs/(\d+)/artifacts", self.zip),
        ]

    def authorized(self, headers: Any, _path: str) -> bool:
        return bool(headers.get("PRIVATE-TOKEN") == TOKEN)

    def requests(self, _body: Any, commit: str) -> Answer:
        head = self.merged.get(commit)
        return 200, [{"iid": 7, "state": "merged", "sha": head}] if head else [], {}

    def pipelines(self, _body: Any) -> Answer:
        return 200, [{"id": n, "sha": head} for n, head in enumerate(self.artifacts, start=1)], {}

    def jobs(self, _body: Any, number: str) -> Answer:
        return 200, [{"id": int(number), "name": "plan", "status": "success"}], {}

    def zip(self, _body: Any, number: str) -> Answer:
        return self.blob(list(self.artifacts)[int(number) - 1])

    def environment(self) -> dict[str, str]:
        return {"CI_API_V4_URL": f"{self.root}/api/v4", "CI_PROJECT_ID": "3", "GITLAB_CI": "true"}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Any

    def answer(self) -> None:
        place = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        status, value, headers = self.found(place.path, place.query, body)
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def found(self, path: str, query: str, body: Any) -> Answer:
        if not self.server.authorized(self.headers, path):
            self.server.unauthorized.append(path)
            return 401, {"message": "Bad credentials"}, {}
        for method, pattern, function in self.server.routes:
            match = re.fullmatch(pattern, path)
            if match and method == self.command:
                head = parse_qs(query).get("head_sha")
                given = {"head_sha": head[0]} if head and "runs" in pattern else {}
                return function(body, *match.groups(), **given)  # type: ignore[no-any-return]
        return 404, {"message": f"{self.command} {path}"}, {}

    do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815 - as http.server calls them

    def log_message(self, *_text: object) -> None:
        """Say nothing."""
