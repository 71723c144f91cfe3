# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pipelines need of GitHub or GitLab, whichever they run on.

`comment FILE` keeps one comment on the request up to date; `fetch-plan FOLDER` gets the plan of the
request that was merged.

It needs no library. GitHub and GitLab tell by their usual variables where they are. FORGE_TOKEN is
the token and, on GitHub, FORGE_CHANGE the number of the pull request.
"""

from __future__ import annotations

import io
import json
import os
import sys
import typing
import urllib.error
import urllib.request
import zipfile
from pathlib import Path, PurePosixPath

MARKER = "<!-- superoffice.crm external users -->"
WORKFLOW = "external-users.yml"
LARGEST_PLAN = 256 * 2**20
SECONDS = 60


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would carry the token to another host."""

    def redirect_request(self, *_request: object) -> None:
        """Leave the redirect to the caller."""


class Forge:
    """Requests to an API, with its token."""

    def __init__(self, root: str, headers: dict[str, str]) -> None:
        self.root = root
        self.headers = {**headers, "User-Agent": "superoffice.crm", "Accept": "application/json"}
        self.opener = urllib.request.build_opener(Stay)

    def ask(self, path: str, content: object = None, method: str = "GET") -> typing.Any:
        """Return the JSON that the API answers with."""
        return json.loads(self.fetch(path, content, method) or b"null")

    def fetch(self, path: str, content: object = None, method: str = "GET") -> bytes:
        """Return what the API answers with; a download elsewhere is fetched without the token."""
        body = None if content is None else json.dumps(content).encode()
        headers = (
            self.headers if body is None else {**self.headers, "Content-Type": "application/json"}
        )
        request = urllib.request.Request(self.root + path, body, headers, method=method)
        try:
            with self.opener.open(request, timeout=SECONDS) as answer:
                return answer.read(LARGEST_PLAN)
        except urllib.error.HTTPError as error:
            place = error.headers.get("Location", "")
            if error.code not in (301, 302, 303, 307, 308) or not place:
                raise
        with self.opener.open(urllib.request.Request(place), timeout=SECONDS) as answer:
            return answer.read(LARGEST_PLAN)

    def pages(self, path: str) -> list[dict[str, typing.Any]]:
        """Return all entries of a list."""
        found: list[dict[str, typing.Any]] = []
        sign = "&" if "?" in path else "?"
        for page in range(1, 101):
            entries = self.ask(f"{path}{sign}per_page=100&page={page}")
            found += entries
            if len(entries) < 100:
                break
        return found


class GitHub(Forge):
    """The API of GitHub."""

    def __init__(self) -> None:
        token = os.environ["FORGE_TOKEN"]
        super().__init__(os.environ["GITHUB_API_URL"], {"Authorization": f"Bearer {token}"})
        self.project = f"/repos/{os.environ['GITHUB_REPOSITORY']}"

    def comment(self, text: str) -> None:
        number = os.environ["FORGE_CHANGE"]
        comments = f"{self.project}/issues/{number}/comments"
        ours = [one for one in self.pages(comments) if one["body"].startswith(MARKER)]
        if ours:
            path = f"{self.project}/issues/comments/{ours[-1]['id']}"
            self.ask(path, {"body": text}, "PATCH")
        else:
            self.ask(comments, {"body": text}, "POST")

    def archive(self) -> bytes:
        commit = os.environ["GITHUB_SHA"]
        pulls = self.ask(f"{self.project}/commits/{commit}/pulls")
        merged = [one for one in pulls if one["merged_at"]]
        if not merged:
            stop(f"Commit {commit} is of no merged pull request, so there is no reviewed plan.")
        head = merged[0]["head"]["sha"]
        query = f"event=pull_request&status=success&head_sha={head}"
        listed = self.ask(f"{self.project}/actions/workflows/{WORKFLOW}/runs?{query}")
        runs = listed["workflow_runs"]
        for run in sorted(runs, key=lambda one: -one["id"]):
            artifacts = self.ask(f"{self.project}/actions/runs/{run['id']}/artifacts")["artifacts"]
            for artifact in artifacts:
                if artifact["name"] == "plan" and not artifact["expired"]:
                    return self.fetch(f"{self.project}/actions/artifacts/{artifact['id']}/zip")
        number = merged[0]["number"]
        return stop(f"There is no plan of pull request {number} as it was merged ({head}).")


class GitLab(Forge):
    """The API of GitLab."""

    def __init__(self) -> None:
        super().__init__(os.environ["CI_API_V4_URL"], {"PRIVATE-TOKEN": os.environ["FORGE_TOKEN"]})
        self.project = f"/projects/{os.environ['CI_PROJECT_ID']}"

    def comment(self, text: str) -> None:
        notes = f"{self.project}/merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
        ours = [one for one in self.pages(notes) if one["body"].startswith(MARKER)]
        if ours:
            self.ask(f"{notes}/{ours[-1]['id']}", {"body": text}, "PUT")
        else:
            self.ask(notes, {"body": text}, "POST")

    def archive(self) -> bytes:
        commit = os.environ["CI_COMMIT_SHA"]
        requests = self.ask(f"{self.project}/repository/commits/{commit}/merge_requests")
        merged = [one for one in requests if one["state"] == "merged"]
        if not merged:
            stop(f"Commit {commit} is of no merged request, so there is no reviewed plan.")
        number, head = merged[0]["iid"], merged[0]["sha"]
        pipelines = self.ask(f"{self.project}/merge_requests/{number}/pipelines")
        for pipeline in sorted(pipelines, key=lambda one: -one["id"]):
            if pipeline["sha"] == head:
                for job in self.pages(f"{self.project}/pipelines/{pipeline['id']}/jobs"):
                    if job["name"] == "plan" and job["status"] == "success":
                        return self.fetch(f"{self.project}/jobs/{job['id']}/artifacts")
        return stop(f"There is no plan of merge request {number} as it was merged ({head}).")


def stop(message: str) -> typing.NoReturn:
    """End with a message for the log of the job."""
    sys.exit(message)


def fetch_plan(archive: bytes, folder: Path) -> None:
    """Unpack the plans of an archive, and nothing else of it."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        plans = [one for one in files.infolist() if PurePosixPath(one.filename).name == "plan.json"]
        for plan in plans:
            parts = [part for part in PurePosixPath(plan.filename).parts if part != "reports"]
            if ".." in parts or PurePosixPath(plan.filename).is_absolute():
                stop(f"{plan.filename} is no name of a plan.")
            target = folder.joinpath(*parts)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.write_bytes(files.read(plan))
            target.chmod(0o600)
            print(f"Fetched {target}.")
    if not plans:
        stop("The artifact holds no plan.json.")


def main(command: str, place: str) -> None:
    """Do what the pipeline asks for."""
    forge = GitLab() if os.environ.get("GITLAB_CI") else GitHub()
    if command == "comment":
        report = Path(place)
        if not report.exists():
            stop(f"There is no {report}; the plan failed before it could be reported.")
        forge.comment(report.read_text(encoding="utf-8"))
    elif command == "fetch-plan":
        fetch_plan(forge.archive(), Path(place))
    else:
        stop("usage: forge.py comment FILE | fetch-plan FOLDER")


if __name__ == "__main__":
    main(*sys.argv[1:])
