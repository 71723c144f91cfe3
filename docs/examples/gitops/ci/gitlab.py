# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pipeline needs of GitLab and a job token cannot do: notes, issues, reviewed plans.

    python ci/gitlab.py comment FILE           keep one note on the merge request up to date
    python ci/gitlab.py fetch-plan FOLDER      get the plan of the request merged as CI_COMMIT_SHA
    python ci/gitlab.py drift-issue CODE FILE  open, update or close the issue about drift, by the
                                               exit code of ./external-users drift

PROJECT_TOKEN is a project access token with the scope api. It needs no library.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

MARKER = "<!-- superoffice.crm external users -->"
LABEL = "external-users-drift"
TITLE = "External users are out of sync"
LARGEST = 64 * 2**20
SECONDS = 60
REDIRECTS = (301, 302, 303, 307, 308)
Record = dict[str, typing.Any]


def stop(message: str) -> typing.NoReturn:
    """End with a message for the log of the job."""
    sys.exit(message)


def variable(name: str) -> str:
    """Return a variable of the job."""
    return os.environ.get(name) or stop(f"The variable {name} is not set or is empty.")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would carry the token to another host."""

    def redirect_request(self, *_request: object) -> None:
        """Leave the redirect to the caller."""


OPENER = urllib.request.build_opener(NoRedirect)


def project(path: str) -> str:
    """Return the address of a part of the project."""
    return f"/projects/{variable('CI_PROJECT_ID')}{path}"


def fetch(path: str, fields: Record | None = None, method: str = "GET") -> bytes:
    """Return the response of the API; a download from elsewhere is made without the token."""
    headers = {"PRIVATE-TOKEN": variable("PROJECT_TOKEN"), "Content-Type": "application/json"}
    body = None if fields is None else json.dumps(fields).encode()
    address = variable("CI_API_V4_URL") + path
    request = urllib.request.Request(address, body, headers, method=method)
    try:
        try:
            return read(request)
        except urllib.error.HTTPError as error:
            place = error.headers.get("Location", "")
            if error.code not in REDIRECTS or not place.startswith(("https://", "http://")):
                raise
            return read(urllib.request.Request(place))
    except urllib.error.HTTPError as error:
        stop(f"{method} {path}: GitLab responded with HTTP {error.code} {error.reason}.")
    except OSError as error:
        stop(f"{method} {path}: GitLab could not be reached: {error}.")


def read(request: urllib.request.Request) -> bytes:
    """Return the body of a response of bounded size."""
    with OPENER.open(request, timeout=SECONDS) as response:
        body: bytes = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        stop(f"{request.full_url} has more than {LARGEST} bytes, which is too large for a plan.")
    return body


def ask(path: str, fields: Record | None = None, method: str = "GET") -> typing.Any:
    """Return the JSON that the API responds with."""
    try:
        return json.loads(fetch(path, fields, method) or b"null")
    except ValueError:
        stop(f"{method} {path}: GitLab did not respond with JSON. Check CI_API_V4_URL.")


def pages(path: str) -> typing.Iterator[Record]:
    """Yield all entries of a list."""
    sign = "&" if "?" in path else "?"
    for page in range(1, 101):
        entries = ask(f"{path}{sign}per_page=100&page={page}")
        yield from entries
        if len(entries) < 100:
            return


def text_of(file: str) -> str:
    """Return a report."""
    path = Path(file)
    if not path.is_file():
        stop(f"There is no {file}. The plan failed before there was a report; see the log above.")
    return path.read_text(encoding="utf-8")


def comment(file: str) -> None:
    """Write the report as a note, or into the note of an earlier pipeline."""
    text = text_of(file)
    notes = project(f"/merge_requests/{variable('CI_MERGE_REQUEST_IID')}/notes")
    me = ask("/user")["id"]
    # a note of somebody else is never edited, whatever it begins with
    ours = [
        one
        for one in pages(f"{notes}?sort=asc")
        if one["author"]["id"] == me and one["body"].startswith(MARKER)
    ]
    if ours:
        ask(f"{notes}/{ours[-1]['id']}", {"body": text}, "PUT")
    else:
        ask(notes, {"body": text}, "POST")


def merged_request(commit: str) -> Record:
    """Return the merge request that a commit of this branch is the merge of."""
    branch = variable("CI_COMMIT_BRANCH")
    found = [
        one
        for one in pages(project(f"/repository/commits/{commit}/merge_requests"))
        if one["state"] == "merged"
        and one["target_branch"] == branch
        and commit in (one.get("merge_commit_sha"), one.get("squash_commit_sha"), one["sha"])
    ]
    if len(found) != 1:
        stop(
            f"Commit {commit} is not the merge of one request into {branch}, so that there is no"
            " reviewed plan."
        )
    return found[0]


def is_of(pipeline: Record, head: str) -> bool:
    """Tell whether a pipeline ran on a head, or on its merge with the target branch.

    The latter is what merged results pipelines and merge trains do.
    """
    if pipeline["sha"] == head:
        return True
    return head in ask(project(f"/repository/commits/{pipeline['sha']}"))["parent_ids"]


def reviewed_job(request: Record) -> Record:
    """Return the newest job that made a plan of a request as it was merged."""
    number, head = request["iid"], request["sha"]
    pipelines = list(pages(project(f"/merge_requests/{number}/pipelines")))
    for pipeline in sorted(pipelines, key=lambda one: -int(one["id"])):
        # a pipeline of a fork belongs to the project of the fork
        is_ours = str(pipeline.get("project_id")) == variable("CI_PROJECT_ID")
        if not is_ours or not is_of(pipeline, head):
            continue
        for job in pages(project(f"/pipelines/{pipeline['id']}/jobs?scope[]=success")):
            if job["name"] == "plan":
                return job
    stop(
        f"There is no plan of merge request {number} as it was merged ({head}). Start a pipeline"
        " by hand."
    )


def hosts() -> list[str]:
    """Return the installations of the inventory."""
    command = ["ansible", "superoffice", "--list-hosts"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    names = [line.strip() for line in done.stdout.splitlines()[1:]]
    if done.returncode or not names:
        stop(f"The group superoffice of the inventory has no hosts. {done.stderr.strip()}")
    return names


def fetch_plan(folder: str) -> None:
    """Get the plan of each installation, and no other file."""
    request = merged_request(variable("CI_COMMIT_SHA"))
    job = reviewed_job(request)
    for host in hosts():
        # localhost stands for the only installation; every other one has a folder of its own
        name = "plan.json" if host == "localhost" else f"{host}/plan.json"
        place = urllib.parse.quote(f"reports/{name}")
        plan = fetch(project(f"/jobs/{job['id']}/artifacts/{place}"))
        target = Path(folder, name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.write_bytes(plan)
        target.chmod(0o600)
        print(f"Fetched {name} of merge request {request['iid']}, job {job['id']}.")


def drift_issue(code: str, file: str) -> None:
    """Open, update or close the issue about drift; fail if the check failed."""
    if code not in ("0", "2"):
        stop("The check for drift failed. The issue about drift, if any, was left as it is.")
    me = ask("/user")["id"]
    listed = f"/issues?state=opened&scope=all&labels={LABEL}&author_id={me}"
    number = next((one["iid"] for one in pages(project(listed))), None)
    if code == "2":
        fields = {"title": TITLE, "description": text_of(file), "labels": LABEL}
        place, method = (f"/issues/{number}", "PUT") if number else ("/issues", "POST")
        ask(project(place), fields, method)
    elif number:
        url = os.environ.get("CI_JOB_URL", "")
        note = {"body": f"All external users are in sync: {url}"}
        ask(project(f"/issues/{number}/notes"), note, "POST")
        ask(project(f"/issues/{number}"), {"state_event": "close"}, "PUT")


COMMANDS: dict[str, tuple[typing.Callable[..., None], int]] = {
    "comment": (comment, 1),
    "fetch-plan": (fetch_plan, 1),
    "drift-issue": (drift_issue, 2),
}


def main(arguments: list[str]) -> None:
    """Do what the pipeline asks for."""
    command, count = COMMANDS.get(arguments[0] if arguments else "", (None, 0))
    if command is None or len(arguments) != count + 1:
        stop("usage: gitlab.py comment FILE | fetch-plan FOLDER | drift-issue CODE FILE")
    command(*arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
