# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see at the end of a playbook: the plan, what failed, and where the reports are."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.model import report_of
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.terminal import run_block
from ansible_collections.superoffice.crm.plugins.plugin_utils.terminal import (
    Row,
    Section,
    block,
    columns,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.gitops.playbook import Workspace
from tests.gitops.sample_data import drifted, settled
from tests.gitops.test_reports import REFUSED, entry, result_of
from tests.netserver import NetServer

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"deactivate": None, "delete": None, "password": None}
COLOR = re.compile(r"\x1b\[[0-9;]*m")
TEXT = st.text(max_size=80)


def pythons() -> list[Any]:
    """Ours, and those that `make matrix` has made for the oldest and the newest ansible-core."""
    found = [pytest.param(sys.executable, id="own")]
    for core in ("2.16", "2.21"):
        row = core.replace(".", "-")
        python = next(ROOT.glob(f".nox/matrix-{row}-3-12/bin/python"), None)
        reason = f"make matrix ROWS={core} has not made its virtual environment"
        if shutil.which("python3.12") is None:
            reason = "there is no Python 3.12 for the matrix"
        mark = pytest.mark.skipif(python is None, reason=reason)
        found.append(pytest.param(str(python), id=core, marks=mark))
    return found


def lines(outcome: str, task: str) -> list[str]:
    """The lines that a task has shown."""
    found = re.search(
        rf"^TASK \[[^\]]*{task}\] \*+\n(.*?)(?=^(?:TASK|PLAY) )", outcome, re.M | re.S
    )
    assert found, outcome
    return found.group(1).splitlines()


def shown(result: dict[str, Any], *, width: int = 80, mode: str = "plan") -> str:
    one = report_of(result, mode=mode, name="fjord").installations[0]
    return run_block(one, ["reports/report.md"], width)


def of_kinds(**kinds: int) -> dict[str, Any]:
    """A plan with so many users of each kind."""
    names = [f"{kind}{one:03}@x.example" for kind, count in kinds.items() for one in range(count)]
    result = result_of(names)
    for row, planned in zip(result["results"], result["plan"]["entries"], strict=True):
        row["status"] = re.sub(r"\d.*", "", row["user_name"])
        row |= {"person": "Anna Berg", "company": "Fjord AS"}
        if row["status"] == "deleted":
            row["action"], planned["after"] = "delete", None
        if row["status"] == "renamed":
            row["action"] = "rename"
            planned["before"]["user_name"] = f"old-{row['user_name']}"
    result["summary"] |= {"modified": 0, **kinds, "total": 4812}
    return result


def test_the_headline_counts_and_each_user_has_a_line() -> None:
    text = shown(of_kinds(created=1, modified=2, renamed=1, deactivated=1, deleted=1), width=120)
    head, installation, *rows = [line for line in text.splitlines() if line]
    assert head == (
        "Plan: 1 to create, 2 to modify, 1 to rename, 1 to deactivate, 1 to delete"
        " (of 4,812 users)."
    )
    assert installation == "Installation: fjord, https://crm.example.com/api"
    assert [row[:4] for row in rows[:6]] == ["  - ", "  ! ", "  > ", "  ~ ", "  ~ ", "  + "]
    assert "deleted000@x.example" in rows[0]
    assert "Anna Berg, Fjord AS" in rows[0]
    assert rows[0].endswith("delete")
    assert "rename from old-renamed000@x.example" in rows[2]
    assert rows[3].endswith("role Partner -> Vendor")
    assert rows[-1] == "Reports: reports/report.md"


def test_a_change_that_is_too_long_for_its_line_continues_below_it() -> None:
    """A plan has to be understood without another file, on 80 columns too."""
    row = Row("!", ("user00003@example.com", "User 00003", "deactivate: role External user -> Pa"))
    lines = block("Plan", [Section(rows=[row])], 60).splitlines()[3:]
    assert lines == [
        "  ! user00003@example.com  User 00003  deactivate: role",
        "                                       External user -> Pa",
    ]


def test_twenty_users_are_shown_the_dangerous_ones_first() -> None:
    text = shown(of_kinds(created=40, deleted=14))
    rows = [line for line in text.splitlines() if line.startswith(("  - ", "  + "))]
    assert [row[2] for row in rows] == ["-"] * 14 + ["+"] * 6
    assert "  and 34 more" in text.splitlines()


def test_a_rejected_plan_tells_why_and_what_it_would_have_done() -> None:
    result = of_kinds(deleted=2) | REFUSED
    for row in result["results"]:
        row |= {"status": "skipped", "error": {"kind": "skipped", "msg": "Not started."}}
    result["summary"] |= {"deleted": 0, "skipped": 2, "total": 40}
    text = shown(result)
    assert " ".join(text.split()).startswith(
        "Plan rejected: 1 finding. Nothing was written. Planned: 2 to delete (of 40 users)."
    )
    assert "Why the plan was rejected\n  - limits: 12 of 40 users would go" in text
    assert "skip" not in text


def test_a_stale_user_is_shown_before_planned_and_found() -> None:
    result = result_of(["anna"], summary_failed=1)
    planned = result["plan"]["entries"][0]
    result["results"][0] |= {
        "status": "failed",
        "error": {"kind": "stale", "msg": "Its state has changed since the plan was made."},
        "found": {**planned["before"], "role": "Supplier"},
    }
    result |= {"failed": True, "msg": "1 of 1 users failed", "error": {"kind": "stale"}}
    text = shown(result, mode="apply")
    assert "Failed: 1 of 1 user.\n" in text
    assert "x anna  failed (plan is stale)" in text
    for line in (
        "before: login anna, role Partner, active yes",
        "planned: login anna, role Vendor, active yes",
        "found: login anna, role Supplier, active yes",
        "Its state has changed since the plan was made.",
    ):
        assert f"      {line}\n" in text


def test_a_stale_user_that_is_gone_or_was_never_there_is_shown_as_no_user() -> None:
    result = result_of(["anna", "bo", "cecilie"], summary_failed=3)
    gone, new, deleted = result["plan"]["entries"]
    new["before"], deleted["after"] = None, None
    for row, action in zip(result["results"], ("modify", "create", "delete"), strict=True):
        error = {"kind": "stale", "msg": "Stale."}
        row |= {"action": action, "status": "failed", "error": error, "found": None}
    result["results"][2]["found"] = {**gone["before"], "user_name": "cecilie", "role": "Vendor"}
    text = shown(result, mode="apply")
    assert [line.strip() for line in text.splitlines() if ": " in line][2:] == [
        "before: login anna, role Partner, active yes",
        "planned: login anna, role Vendor, active yes",
        "found: no user",
        "before: no user",
        "planned: login bo, role Vendor, active yes",
        "found: no user",
        "before: login cecilie, role Partner, active yes",
        "planned: delete",
        "found: login cecilie, role Vendor, active yes",
        "Reports: reports/report.md",
    ]


def test_what_was_not_done_is_told_as_it_was_planned() -> None:
    result = of_kinds(created=1, modified=1, renamed=1, deactivated=1, deleted=1)
    for row, planned in zip(result["results"], result["plan"]["entries"], strict=True):
        if row["status"] == "created":
            row["action"], planned["before"] = "create", None
        if row["status"] == "deactivated":
            planned["after"] = {**planned["before"], "is_active": False}
        row |= {"status": "skipped", "error": {"kind": "skipped", "msg": "Not started."}}
    result["summary"] |= {"skipped": 5}
    told = [line.strip() for line in shown(result, mode="apply", width=100).splitlines()]
    assert sorted(line for line in told if line.startswith("planned:")) == [
        "planned: create: role Vendor",
        "planned: deactivate",
        "planned: delete",
        "planned: rename from old-renamed000@x.example: role Partner -> Vendor",
        "planned: role Partner -> Vendor",
    ]


def test_the_number_of_all_users_stays_together() -> None:
    text = shown(of_kinds(created=1, modified=2, renamed=1, deactivated=1, deleted=1), width=80)
    assert text.splitlines()[1:3] == [
        "Plan: 1 to create, 2 to modify, 1 to rename, 1 to deactivate, 1 to delete",
        "(of 4,812 users).",
    ]


def test_what_was_planned_of_a_stale_user_comes_from_the_plan_that_was_given() -> None:
    result = result_of(["anna"], summary_failed=1)
    given_plan = {"entries": [entry("anna", 1, role="Vendor")]}
    result["results"][0] |= {"status": "failed", "error": {"kind": "stale", "msg": "Stale."}}
    result["plan"]["entries"] = []
    one = report_of(result, mode="apply", name="fjord", plan=given_plan).installations[0]
    assert "planned: login anna, role Vendor, active yes" in run_block(one, [], 80)


def test_a_part_and_an_interrupted_run_are_told() -> None:
    result = result_of(["anna"], only=["anna*"], unfinished_journal="reports/journal.jsonl")
    text = " ".join(shown(result).split())
    assert "Only a part was planned: users named anna*." in text
    assert "its journal is unfinished: reports/journal.jsonl." in text


def test_what_a_bounded_result_leaves_out_is_counted() -> None:
    result = of_kinds(modified=30)
    result["results"] = result["results"][:10]
    assert "20 more are counted, but not listed in the result." in shown(result)
    assert "  and 20 more" in shown(result).splitlines()


@given(
    st.lists(st.tuples(TEXT, TEXT, TEXT, st.lists(TEXT, max_size=2)), max_size=5),
    TEXT,
    st.lists(TEXT, max_size=3),
    st.integers(40, 200),
)
def test_no_line_is_wider_than_the_terminal(
    rows: list[tuple[str, str, str, list[str]]], title: str, texts: list[str], width: int
) -> None:
    table = [Row("~", (one, other, third), tuple(more)) for one, other, third, more in rows]
    text = block(title, [Section(title, rows=table, texts=texts)], width)
    assert max(map(columns, text.split("\n"))) <= width


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize("width", [None, 80, 120])
def test_a_playbook_ends_with_the_plan(
    here: Workspace, server: NetServer, python: str, width: int | None
) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": drifted(server, settled(server, 80))}))
    command = here.command("superoffice.crm.plan", python=python, external_users_limits=LIMITS)
    outcome = here.on_terminal(width, command) if width else here.run(command)
    assert outcome.code == 0, outcome.output
    assert bool(COLOR.search(outcome.output)) == bool(width)
    text = COLOR.sub("", outcome.output)
    block_lines = lines(text, "Write reports")
    # without a terminal the headline is one line, for whoever searches a log
    assert max(map(len, block_lines if width else block_lines[2:])) < (width or 80)
    if not width:
        assert re.fullmatch(
            r"Plan: \d+ to create, .* \d+ to delete \(of \d+ users\)\.", block_lines[1]
        )
    assert block_lines[-2:] == ["ok: [localhost]", ""]
    words = " ".join(" ".join(block_lines).split())
    assert re.search(r"Plan: \d+ to create, .*\d+ to delete \(of \d+ users\)\.", words)
    files = "reports/report.md, reports/report.html, reports/report.json, reports/plan.json"
    assert f"Reports: {files}" in words
    symbols = [line[2] for line in block_lines if re.match(r"  [-!>~+] ", line)]
    assert symbols == sorted(symbols, key="-!>~+".index)
    assert "skipping:" not in text
    assert text.count("TASK [") == 5


@pytest.mark.parametrize("python", pythons())
def test_a_rejected_plan_is_told_once_and_as_text(
    here: Workspace, server: NetServer, python: str
) -> None:
    definitions = settled(server, 20)
    definitions[3]["role"] = "Parner"
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    outcome = here.run(here.command("superoffice.crm.plan", python=python))
    assert outcome.code == 2
    assert outcome.words.count("did you mean 'Partner'?") == 1
    assert "\\n" not in outcome.output
    assert "  - users/all.yml:" in outcome.output
    assert "skipping:" not in outcome.output


def test_a_run_that_fails_for_some_users_tells_each_failure_once(
    here: Workspace, server: NetServer
) -> None:
    definitions = settled(server, 12)
    for one in definitions[:3]:
        one["role"] = "Partner" if one["role"] != "Partner" else "Vendor"
    here.write("users/all.yml", yaml.safe_dump({"users": definitions}))
    server.faults.add("status", operation="SetExternalUserInfo", times=1, status=403)
    outcome = here.play("superoffice.crm.apply", external_users_concurrency=1)
    assert outcome.code == 2
    assert "Failed: 1 of 12 users; 2 modified." in outcome.words
    assert outcome.output.count("403 Forbidden") == 1


def test_a_login_that_is_refused_is_told_once(here: Workspace, server: NetServer) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": settled(server, 3)}))
    here.environment["SUPEROFFICE_PASSWORD"] = "not the password"
    outcome = here.play("superoffice.crm.plan")
    assert outcome.code == 2
    assert "Failed: " in outcome.output
    assert outcome.words.count("(HTTP 401") == 1
    assert outcome.words.count("Check auth_username and auth_password") == 1
    assert "Variables of the role: external_users_auth_password" in outcome.words
    assert here.report()["status"] == "failed"
    for playbook, what in (("export", "Export"), ("review", "Access review")):
        outcome = here.play(f"superoffice.crm.{playbook}", external_users_export_dir="exported")
        assert outcome.code == 2
        assert f"{what} failed: The external users could not be listed: Login to" in outcome.words
        assert outcome.words.count("(HTTP 401") == 1
        assert f'"msg": "{what} failed, for the reason above."' in outcome.words
    assert not here.folder.joinpath("exported").exists()


def test_export_and_review_end_with_their_outcome(here: Workspace, server: NetServer) -> None:
    settled(server, 30)
    exported = here.ok("superoffice.crm.export", external_users_export_split="role")
    assert "Export: 30 users, 3 files written." in exported
    assert "  + users/" in exported
    assert "Schema for editors: users/.external_users.schema.json" in exported
    again = here.play("superoffice.crm.export", external_users_export_split="role")
    assert again.code == 2
    assert again.words.count("users has files already: ") == 1
    in_csv = here.ok(
        "superoffice.crm.export",
        external_users_export_format="csv",
        external_users_export_dir="as-csv",
    )
    assert "skipping:" not in in_csv
    here.write("users/partner.yml", "users: []\n")
    reviewed = here.play("superoffice.crm.review", external_users_name="fjord").words
    found = r"Access review: 30 logins \(\d+ active\), \d+ without a definition\."
    assert re.search(found, reviewed)
    files = "reports/review.md, reports/review.html, reports/review.csv, reports/review.json"
    assert f"Reports: {files}" in reviewed
    assert "Access review" in here.read("reports/review.html")


def test_output_for_programs_stays_that(here: Workspace, server: NetServer) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": settled(server, 3)}))
    here.write("callback_plugins/json.py", CALLBACK)
    here.environment["ANSIBLE_CALLBACK_PLUGINS"] = str(here.folder / "callback_plugins")
    here.environment["ANSIBLE_STDOUT_CALLBACK"] = "json"
    assert here.ok("superoffice.crm.plan").strip() == ""


CALLBACK = """
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "json"
"""


def test_a_run_whose_reports_cannot_be_written_does_not_begin(
    here: Workspace, server: NetServer
) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": settled(server, 3)}))
    here.write("reports", "a file in place of the folder")
    outcome = here.play("superoffice.crm.plan")
    assert outcome.code == 2
    assert "cannot take reports" in outcome.output
    assert "Nothing was changed." in outcome.output


def test_reports_that_cannot_be_written_are_told_once_after_the_outcome(
    here: Workspace, server: NetServer
) -> None:
    here.write("users/all.yml", yaml.safe_dump({"users": settled(server, 3)}))
    here.folder.joinpath("reports/report.html").mkdir(parents=True)
    outcome = here.play("superoffice.crm.plan")
    assert outcome.code == 2
    assert "Plan: no changes. All 3 users are in sync." in outcome.output
    reason = "The reports could not be written: reports/report.html: Is a directory."
    assert outcome.output.count(reason) == 1
    assert "Failed, for the reason above." in outcome.output
