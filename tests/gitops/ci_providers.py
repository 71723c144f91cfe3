# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub and GitLab, as far as the pipelines speak with them: comments, issues and artifacts."""

from __future__ import annotations

import dataclasses
import http.server
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "CiProvider-token-for-tests-1"
MARKER = "<!-- superoffice.crm external users -->"
OURS = "the account of the pipeline"
PAGE = 30
Response = tuple[int, Any, dict[str, str]]


@dataclasses.dataclass
class Artifact:
    """Files that a job has kept, and what the provider knows about the job."""

    number: int
    run: int
    name: str
    head: str
    files: dict[str, bytes]
    event: str = "pull_request"
    conclusion: str = "success"
    fork: bool = False
    expired: bool = False

    def archive(self) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as files:
            for name, text in self.files.items():
                files.writestr(name, text)
        return content.getvalue()


class CiProvider(http.server.ThreadingHTTPServer):
    """Keeps comments, issues and artifacts; routes are (method, pattern, function)."""

    daemon_threads = True
    name = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        # more than a page, and one that looks like ours
        self.comments = [
            {"id": number, "body": f"{MARKER} a quote of the plan", "author": "somebody"}
            for number in range(1, 32)
        ]
        self.artifacts: list[Artifact] = []
        # the merge of request 7: its commit, and the head that was merged
        self.merged: dict[str, str] = {}
        self.target = "main"
        self.parents: Callable[[str], list[str]] = lambda _commit: []
        self.issues: list[dict[str, Any]] = []
        self.unauthorized: list[str] = []
        self.routes: list[tuple[str, str, Callable[..., Response]]] = []
        self.root = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> CiProvider:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def our_comments(self) -> list[str]:
        """What the pipeline has commented."""
        return [str(one["body"]) for one in self.comments if one["author"] == OURS]

    def keep(self, run: int, name: str, head: str, folder: Path, **facts: Any) -> Artifact:
        """Keep a folder as an artifact."""
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        artifact = Artifact(len(self.artifacts) + 1, run, name, head, files, **facts)
        self.artifacts.append(artifact)
        return artifact

    def listed(self, page: int = 1, per_page: int = PAGE) -> Response:
        found = self.comments[(page - 1) * per_page : page * per_page]
        return 200, [self.shown(one) for one in found], {}

    def shown(self, comment: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def said(self, body: str) -> Response:
        self.comments.append({"id": len(self.comments) + 1, "body": body, "author": OURS})
        return 201, self.shown(self.comments[-1]), {}

    def changed(self, number: str, body: str) -> Response:
        comment = self.comments[int(number) - 1]
        if comment["author"] != OURS:
            return 403, {"message": "Forbidden"}, {}
        comment["body"] = body
        return 200, self.shown(comment), {}

    def opened(self, body: dict[str, Any], text: str) -> Response:
        labels = body["labels"] if isinstance(body["labels"], list) else [body["labels"]]
        issue = {
            "number": len(self.issues) + 1,
            "iid": len(self.issues) + 1,
            "title": body["title"],
            "text": body[text],
            "labels": labels,
            "state": "open",
            "notes": [],
        }
        self.issues.append(issue)
        return 201, issue, {}

    def edited(self, body: dict[str, Any], number: str) -> Response:
        issue = self.issues[int(number) - 1]
        for name in ("body", "description"):
            issue["text"] = body.get(name, issue["text"])
        if body.get("state") == "closed" or body.get("state_event") == "close":
            issue["state"] = "closed"
        return 200, issue, {}

    def noted(self, body: dict[str, Any], number: str) -> Response:
        self.issues[int(number) - 1]["notes"].append(body["body"])
        return 201, {}, {}

    def open_issues(self, label: str) -> list[dict[str, Any]]:
        return [one for one in self.issues if one["state"] == "open" and label in one["labels"]]


class GitHub(CiProvider):
    """The paths of api.github.com; a download is a redirect to another host, without the token."""

    name = "github"

    def __init__(self) -> None:
        super().__init__()
        repository = r"/repos/o/r"
        self.routes = [
            ("GET", rf"{repository}/issues/7/comments", self.page_of_comments),
            ("POST", rf"{repository}/issues/7/comments", lambda b, _q: self.said(b["body"])),
            ("PATCH", rf"{repository}/issues/comments/(\d+)",
             lambda b, _q, n: self.changed(n, b["body"])),
            ("GET", rf"{repository}/commits/(\w+)/pulls", self.pulls),
            ("GET", rf"{repository}/actions/artifacts", self.artifacts_by_name),
            ("GET", rf"{repository}/actions/artifacts/(\d+)/zip", self.zip),
            ("GET", rf"{repository}/actions/runs/(\d+)", self.run_of),
            ("GET", rf"{repository}/actions/runs/(\d+)/artifacts", self.artifacts_of_run),
            ("GET", r"/elsewhere/(\d+)", self.elsewhere),
            ("GET", rf"{repository}/issues", self.listed_issues),
            ("POST", rf"{repository}/issues", lambda b, _q: self.opened(b, "body")),
            ("PATCH", rf"{repository}/issues/(\d+)", lambda b, _q, n: self.edited(b, n)),
            ("POST", rf"{repository}/issues/(\d+)/comments", lambda b, _q, n: self.noted(b, n)),
            ("POST", rf"{repository}/labels", lambda _b, _q: (201, {}, {})),
        ]  # fmt: skip

    def authorized(self, headers: Any, path: str) -> bool:
        token = headers.get("Authorization")
        wanted = None if path.startswith("/elsewhere") else f"Bearer {TOKEN}"
        return bool(token == wanted)

    def shown(self, comment: dict[str, Any]) -> dict[str, Any]:
        login = "github-actions[bot]" if comment["author"] == OURS else comment["author"]
        return {"id": comment["id"], "body": comment["body"], "user": {"login": login}}

    def page_of_comments(self, _body: Any, query: dict[str, str]) -> Response:
        return self.listed(int(query.get("page", 1)))

    def pulls(self, _body: Any, _query: Any, commit: str) -> Response:
        pull = {
            "number": 7,
            "merged_at": "2026-11-25T10:00:00Z",
            "merge_commit_sha": commit,
            "base": {"ref": self.target},
            "head": {"sha": self.merged.get(commit)},
        }
        # GitHub lists every request that has the commit
        open_one = {**pull, "number": 8, "merged_at": None, "merge_commit_sha": None}
        return 200, [pull, open_one] if commit in self.merged else [], {}

    def described(self, artifact: Artifact) -> dict[str, Any]:
        run = {
            "id": artifact.run,
            "head_sha": artifact.head,
            "repository_id": 1,
            "head_repository_id": 2 if artifact.fork else 1,
        }
        return {
            "id": artifact.number,
            "name": artifact.name,
            "size_in_bytes": sum(map(len, artifact.files.values())),
            "expired": artifact.expired,
            "workflow_run": run,
        }

    def artifacts_by_name(self, _body: Any, query: dict[str, str]) -> Response:
        found = [one for one in self.artifacts if one.name == query["name"]]
        return 200, {"artifacts": list(map(self.described, found))}, {}

    def artifacts_of_run(self, _body: Any, query: dict[str, str], run: str) -> Response:
        found = [
            one
            for one in self.artifacts
            if one.run == int(run) and one.name == query.get("name", one.name)
        ]
        return 200, {"artifacts": list(map(self.described, found))}, {}

    def run_of(self, _body: Any, _query: Any, run: str) -> Response:
        artifact = next(one for one in self.artifacts if one.run == int(run))
        facts = {"event": artifact.event, "conclusion": artifact.conclusion}
        return 200, {**facts, "path": ".github/workflows/external-users.yml"}, {}

    def zip(self, _body: Any, _query: Any, number: str) -> Response:
        return 302, None, {"Location": f"{self.root}/elsewhere/{number}"}

    def elsewhere(self, _body: Any, _query: Any, number: str) -> Response:
        return 200, self.artifacts[int(number) - 1].archive(), {}

    def listed_issues(self, _body: Any, query: dict[str, str]) -> Response:
        assert query["creator"] == "app/github-actions"
        assert query["state"] == "open"
        return 200, self.open_issues(query["labels"]), {}


class GitLab(CiProvider):
    """The paths of a GitLab's /api/v4."""

    name = "gitlab"

    def __init__(self) -> None:
        super().__init__()
        project = r"/api/v4/projects/3"
        notes = rf"{project}/merge_requests/7/notes"
        self.routes = [
            ("GET", r"/api/v4/user", lambda _b, _q: (200, {"id": 42}, {})),
            ("GET", notes, lambda _b, q: self.listed(int(q["page"]), int(q["per_page"]))),
            ("POST", notes, lambda b, _q: self.said(b["body"])),
            ("PUT", rf"{notes}/(\d+)", lambda b, _q, n: self.changed(n, b["body"])),
            ("GET", rf"{project}/repository/commits/(\w+)/merge_requests", self.requests),
            ("GET", rf"{project}/repository/commits/(\w+)",
             lambda _b, _q, commit: (200, {"id": commit, "parent_ids": self.parents(commit)}, {})),
            ("GET", rf"{project}/merge_requests/7/pipelines", self.pipelines),
            ("GET", rf"{project}/pipelines/(\d+)/jobs", self.jobs),
            ("GET", rf"{project}/jobs/(\d+)/artifacts/(.+)", self.file),
            ("GET", r"/elsewhere/(\d+)/(.+)", self.elsewhere),
            ("GET", rf"{project}/issues", self.listed_issues),
            ("POST", rf"{project}/issues", lambda b, _q: self.opened(b, "description")),
            ("PUT", rf"{project}/issues/(\d+)", lambda b, _q, n: self.edited(b, n)),
            ("POST", rf"{project}/issues/(\d+)/notes", lambda b, _q, n: self.noted(b, n)),
        ]  # fmt: skip

    def authorized(self, headers: Any, path: str) -> bool:
        wanted = None if path.startswith("/elsewhere") else TOKEN
        return bool(headers.get("PRIVATE-TOKEN") == wanted)

    def shown(self, comment: dict[str, Any]) -> dict[str, Any]:
        author = {"id": 42 if comment["author"] == OURS else 1}
        return {"id": comment["id"], "body": comment["body"], "author": author}

    def requests(self, _body: Any, _query: Any, commit: str) -> Response:
        request = {
            "iid": 7,
            "state": "merged",
            "target_branch": self.target,
            "sha": self.merged.get(commit),
            "merge_commit_sha": commit,
            "squash_commit_sha": None,
        }
        open_one = {**request, "iid": 8, "state": "opened", "merge_commit_sha": None}
        return 200, [request, open_one] if commit in self.merged else [], {}

    def pipelines(self, _body: Any, _query: Any) -> Response:
        found = [
            {"id": one.run, "sha": one.head, "project_id": 4 if one.fork else 3}
            for one in self.artifacts
            if one.event == "merge_request_event"
        ]
        return 200, found, {}

    def jobs(self, _body: Any, query: dict[str, str], number: str) -> Response:
        assert query["scope[]"] == "success"
        found = [
            {"id": one.number, "name": one.name, "status": "success"}
            for one in self.artifacts
            if one.run == int(number) and one.conclusion == "success"
        ]
        return 200, [{"id": 900, "name": "other", "status": "success"}, *found], {}

    def file(self, _body: Any, _query: Any, number: str, name: str) -> Response:
        return 302, None, {"Location": f"{self.root}/elsewhere/{number}/{name}"}

    def elsewhere(self, _body: Any, _query: Any, number: str, name: str) -> Response:
        files = self.artifacts[int(number) - 1].files
        if name not in files:
            return 404, {"message": "404 Not Found"}, {}
        return 200, files[name], {}

    def listed_issues(self, _body: Any, query: dict[str, str]) -> Response:
        assert query["author_id"] == "42"
        assert query["state"] == "opened"
        return 200, self.open_issues(query["labels"]), {}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Any

    def respond(self) -> None:
        place = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        status, value, headers = self.found(unquote(place.path), place.query, body)
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def found(self, path: str, query: str, body: Any) -> Response:
        if not self.server.authorized(self.headers, path):
            self.server.unauthorized.append(path)
            return 401, {"message": "Bad credentials"}, {}
        given = {name: values[0] for name, values in parse_qs(query).items()}
        for method, pattern, function in self.server.routes:
            match = re.fullmatch(pattern, path)
            if match and method == self.command:
                return function(body, given, *match.groups())  # type: ignore[no-any-return]
        return 404, {"message": f"{self.command} {path}"}, {}

    do_GET = do_POST = do_PATCH = do_PUT = respond  # noqa: N815 - as http.server calls them

    def log_message(self, *_text: object) -> None:
        """Say nothing."""
