# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports are views of one result: bounded, escaped, well-formed, and without secrets."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.superoffice.crm.plugins.filter.external_users_report import (
    external_users_report as report,
)
from junitparser import JUnitXml

from tests.gitops.rendering import cells, rendered
from tests.gitops.sample_data import bulk, drifted, settled
from tests.netserver import NetServer

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads(ROOT.joinpath("docs/external_users_report.schema.json").read_text())
FORMATS = ("markdown", "html", "json", "junit", "csv")


def entry(name: str, number: int, **after: Any) -> dict[str, Any]:
    before = {
        "associate_id": number,
        "person_id": number + 1000,
        "user_name": name,
        "role_id": 5,
        "role": "Partner",
        "is_active": True,
    }
    return {
        "user_name": after.get("user_name", name),
        "action": "modify",
        "modification": ["Role"],
        "password_status": "unchanged",
        "before": before,
        "after": {**before, **after},
    }


def result_of(names: list[str], *, summary_failed: int = 0, **more: Any) -> dict[str, Any]:
    """A plan in which every user gets another role."""
    entries = [entry(n, k, role="Vendor", role_id=6) for k, n in enumerate(names, start=1)]
    rows = [
        {
            "user_name": one["user_name"],
            "associate_id": one["before"]["associate_id"],
            "action": "modify",
            "modification": ["Role"],
            "status": "modified",
            "error": None,
            "password_status": "unchanged",
        }
        for one in entries
    ]
    summary = dict.fromkeys(
        ("unchanged", "created", "deactivated", "deleted", "failed", "skipped", "protected"), 0
    )
    return {
        "changed": True,
        "drift": True,
        "summary": {
            **summary,
            "modified": len(rows) - summary_failed,
            "failed": summary_failed,
            "total": len(rows),
        },
        "results": rows,
        "plan": {
            "installation": "https://crm.example.com/api",
            "entries": entries,
            "checksum": "c",
        },
        "requests": {"archive": 1},
        **more,
    }


@pytest.mark.parametrize("number", [1, 100, 10_000])
@pytest.mark.parametrize("limit", [65_536, 5_000, 100, 0])
def test_markdown_is_bounded_and_counts_what_was_cut(number: int, limit: int) -> None:
    names = [f"user{one:05}@a-company-with-a-long-name.example" for one in range(number)]
    text = report(result_of(names), "markdown", limit=limit)
    assert len(text) <= limit
    if limit < 1000:
        return
    told = [line for line in text.splitlines() if " cut:" in line]
    cut = int(told[0].strip("_").split(" ")[0].replace(",", "")) if told else 0
    assert len(cells(text)) + cut == number
    assert bool(cut) == (number == 10_000 or (number == 100 and limit == 5_000))


def test_what_matters_most_stands_first(server: NetServer) -> None:
    definitions = settled(server, 150)
    result = bulk(server, users=drifted(server, definitions))
    words = [row[2].split(" ", 1)[1] for row in cells(report(result, "markdown"))]
    order = ["to delete", "to deactivate", "to rename", "to modify", "to create"]
    assert words == sorted(words, key=order.index)
    assert set(words) >= {"to delete", "to deactivate", "to modify", "to create"}


@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_json_is_as_its_schema_says(server: NetServer, mode: str) -> None:
    definitions = settled(server, 60)
    result = bulk(
        server, users=drifted(server, definitions), check=mode == "plan", list_results="all"
    )
    document = json.loads(report(result, "json", mode=mode, name="fjord", generated_at="today"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["status"] == ("drift" if mode == "plan" else "changed")
    assert result["summary"].items() <= document["summary"].items()
    assert len(document["installations"][0]["users"]) == result["summary"]["total"]
    moved = next(u for u in document["installations"][0]["users"] if u["modification"] == ["Role"])
    assert moved["before"]["role"] != moved["after"]["role"]


ENDING = [
    {"user_name": "anna", "associate_id": 1, "active_until": "2026-12-01", "has_ended": False,
     "owner": "Kari", "person": "Anna Berg", "company": "Fjord AS"},
    {"user_name": "bo|x", "associate_id": 2, "active_until": "2026-11-01", "has_ended": True},
]  # fmt: skip


def test_reports_list_what_ends_soon_and_what_has_ended() -> None:
    result = result_of([], ending=ENDING)
    told = rendered(report(result, "markdown"))
    assert told.rows == [
        ["anna", "Anna Berg, Fjord AS", "Kari", "ends 2026-12-01"],
        ["bo\\u007cx", "", "", "ended 2026-11-01"],
    ]
    assert "The access of 1 user ends within 30 days." in told.text
    page = report(result, "html")
    assert "Access that ends within 30 days, or has ended" in page
    assert "ends 2026-12-01" in page
    document = json.loads(report(result, "json"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    [one, other] = document["installations"][0]["ending"]
    assert one.items() >= ENDING[0].items()
    assert (other["owner"], other["has_ended"]) == (None, True)
    several = [{"name": name, "result": result} for name in ("nord", "sør")]
    assert report(several, "markdown").count("ended 2026-11-01") == 2
    assert report(several, "html").count("ended 2026-11-01") == 2
    # nothing about it where there is nothing
    assert "30 days" not in report(result_of(["anna"]), "markdown") + report(result_of([]), "html")


def test_reports_say_why_a_period_changes_the_access_of_a_user() -> None:
    result = result_of(["anna", "bo"])
    period = {"active_from": "2026-06-01", "active_until": "2026-11-01"}
    result["results"] = [{**row, **period} for row in result["results"]]
    result["plan"]["entries"][0]["after"] |= {"is_active": False, "role": "Partner", "role_id": 5}
    [anna, bo] = rendered(report(result, "markdown")).rows
    assert "access: from 2026-06-01 until 2026-11-01" in anna[-1]
    # nothing about it where the access stays as it is
    assert "access" not in bo[-1]
    document = json.loads(report(result, "json"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["installations"][0]["users"][0].items() >= period.items()


def test_reports_show_the_mail_to_a_new_user() -> None:
    result = result_of(["anna", "bo"])
    for row, planned in zip(result["results"], result["plan"]["entries"], strict=True):
        row |= {"action": "create", "status": "created"}
        planned |= {"action": "create", "before": None, "send_password_email": True}
    assert report(result, "markdown").count("password e-mail: `requested`") == 2
    result["results"][1]["password_email"] = "not_supported"
    told = report(result, "markdown", mode="apply")
    assert "password e-mail: `not supported`" in told
    document = json.loads(report(result, "json"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    mails = [user["password_email"] for user in document["installations"][0]["users"]]
    assert mails == ["requested", "not_supported"]


def test_csv_says_until_when_access_lasts() -> None:
    result = result_of(["anna"])
    result["results"][0]["active_until"] = "2026-12-01"
    [row] = csv.DictReader(io.StringIO(report(result, "csv")))
    assert row["active_until"] == "2026-12-01"


def test_the_schema_allows_nothing_else() -> None:
    document = json.loads(report(result_of(["anna"]), "json"))
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(document)
    document["installations"][0]["users"][0]["password_text"] = "x"
    assert not validator.is_valid(document)


REFUSED = {
    "failed": True,
    "changed": False,
    "msg": "Nothing was changed, because of 1 finding:\n- limits: too many",
    "error": {"kind": "limits", "status": None, "operation": None},
    "findings": [{"where": "limits", "message": "12 of 40 users would go", "kind": "limits"}],
    "requests": {"archive": 1},
}
BROKEN = {"failed": True, "changed": False, "msg": "Connection refused\nby <b>somebody</b>"}


@pytest.mark.parametrize("result", [REFUSED, BROKEN], ids=["refused", "broken"])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_failure_is_reported_too(result: dict[str, Any], format_: str) -> None:
    text = report(result, format_, name="fjord")
    if format_ == "json":
        document = json.loads(text)
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
        assert document["status"] == ("refused" if result is REFUSED else "failed")
    elif format_ == "junit":
        assert JUnitXml.fromstring(text.encode()).errors == 1
    elif format_ != "csv":
        told = "12 of 40 users would go" if result is REFUSED else "Connection refused"
        assert told in text
        assert "<b>somebody" not in (text if format_ == "html" else "")
        assert "b" not in rendered(text).tags


def test_one_report_over_several_installations() -> None:
    results = [
        {"name": "north", "result": result_of(["anna", "bo"])},
        {"name": "south", "result": REFUSED},
        {"name": "west", "result": result_of([], drift=False, changed=False)},
    ]
    document = json.loads(report(results, "json"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["status"] == "refused"
    assert [one["status"] for one in document["installations"]] == ["drift", "refused", "in_sync"]
    assert document["summary"]["modified"] == 2
    markdown = report(results, "markdown")
    assert [row[0] for row in cells(markdown)][:3] == ["north", "south", "west"]
    suites = JUnitXml.fromstring(report(results, "junit").encode())
    assert [suite.name for suite in suites] == ["north", "south", "west"]


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_says_whose_login_it_is(server: NetServer, format_: str) -> None:
    oslo = server.tenant.add_contact("Nordic Trade", department="Oslo")
    persons = [
        server.tenant.add_person(first_name=name, last_name="Berg", contact_id=oslo)
        for name in ("Anna", "Eva")
    ]
    server.tenant.add_external_user("anna", person_id=persons[0], role_id=5)
    new = {"role": "Partner", "password": "Good-pass-1"}
    result = bulk(
        server,
        users=[
            {"user_name": "anna", "role": "Vendor"},
            {"user_name": "eva", "person_id": persons[1], **new},
        ],
    )
    text = report(result, format_)
    text = json.dumps(text) if isinstance(text, dict) else text
    for name in ("Anna Berg", "Eva Berg"):
        assert name in text
    assert text.count("Nordic Trade, Oslo") == 2
    stale = {**result["results"][0], "status": "failed", "error": {"msg": "No.", "kind": "x"}}
    failed = {**result, "results": [stale], "failed": True, "msg": "1 of 2 users failed"}
    assert "Anna Berg" in str(report(failed, format_))


def test_junit_says_what_a_ci_system_shows() -> None:
    result = result_of(["anna", "bo", "cecilie"])
    result["summary"] |= {"unchanged": 40, "total": 43}
    result["results"][1] |= {"status": "failed", "error": {"msg": "No right", "kind": "forbidden"}}
    result["results"][2] |= {"status": "skipped", "error": {"msg": "Not begun", "kind": "skipped"}}
    (suite,) = JUnitXml.fromstring(report(result, "junit", mode="apply", name="fjord").encode())
    assert (suite.tests, suite.failures, suite.skipped, suite.errors) == (4, 1, 1, 0)
    assert [case.name for case in suite] == ["anna", "bo", "cecilie", "40 users are in sync"]
    root = ET.fromstring(report(result, "junit", mode="apply", name="fjord"))
    failure = root.find(".//failure")
    assert failure is not None
    assert (failure.get("message"), failure.get("type")) == ("No right", "forbidden")


def test_no_report_holds_a_password(server: NetServer) -> None:
    canary, generated = "Canary-password-4711-x", "Generated-password-0815-x"
    definitions = settled(server, 20)
    definitions[0] |= {"password": canary, "update_password": "always"}
    result = bulk(server, users=definitions, list_results="all")
    result["results"][1]["generated_password"] = generated
    result["invocation"] = {"module_args": {"auth_password": canary}}
    for format_ in FORMATS:
        text = report(result, format_)
        assert canary not in text
        assert generated not in text
        assert "password" in text or format_ == "junit"


def test_a_list_of_formats_gives_files() -> None:
    files = report(result_of(["anna"]), list(FORMATS))
    names = ["report.md", "report.html", "report.json", "report.xml", "report.csv"]
    assert [file["name"] for file in files] == names
    assert files[2]["text"] == report(result_of(["anna"]), "json")


@pytest.mark.parametrize("given_", ["a text", [{"name": "x"}], 7])
def test_what_is_no_result_is_refused_in_words(given_: Any) -> None:
    from ansible.errors import AnsibleFilterError

    with pytest.raises(AnsibleFilterError, match="superoffice_external_users"):
        report(given_)
    with pytest.raises(AnsibleFilterError, match="markdown"):
        report(result_of([]), "pdf")


def test_markdown_shows_what_was_not_done_as_it_was_planned() -> None:
    result = result_of(["anna", "bo", "cecilie", "david"], summary_failed=4)
    rows, entries = result["results"], result["plan"]["entries"]
    stale = {"kind": "stale", "msg": "Stale."}
    found = {**entries[0]["before"], "role": "Supplier"}
    rows[0] |= {"status": "failed", "error": stale, "found": found}
    rows[1] |= {"status": "skipped", "error": stale, "found": None}
    rows[2] |= {"status": "skipped", "error": {"kind": "skipped", "msg": "Not started."}}
    rows[3] |= {"status": "skipped", "action": "delete"}
    entries[3]["after"] = None
    told = {row[0]: row[2] for row in cells(report(result, "markdown", mode="apply"))}
    assert told == {
        "anna": "role: before Partner, planned Vendor, found SupplierStale.",
        "bo": "login: before bo, planned bo, found no user"
        "role: before Partner, planned VendorStale.",
        "cecilie": "planned: role: Partner → VendorNot started.",
        "david": "planned: delete",
    }


def test_markdown_shows_a_deleted_user_as_it_was() -> None:
    result = result_of(["anna"])
    result["results"][0] |= {"action": "delete", "status": "deleted"}
    result["plan"]["entries"][0]["after"] = None
    assert cells(report(result, "markdown"))[0][2] == "role was Partneractive was yes"


def test_neighbouring_words_that_are_not_plain_share_a_code_span() -> None:
    result = {
        **result_of([]),
        **BROKEN,
        "msg": "HTTP 403 [correlation 00000000005b]. Ask a@x.example.",
    }
    text = report(result, "markdown")
    assert "> HTTP 403 `[correlation 00000000005b]`. Ask `a@x.example`." in text


def test_several_installations_are_counted_in_columns_that_say_something() -> None:
    several = [
        {"name": "north", "result": result_of(["anna"])},
        {"name": "south", "result": BROKEN},
    ]
    shown = rendered(report(several, "markdown"))
    assert shown.heads[0] == ["Installation", "Status", "to modify"]
    assert shown.rows[:2] == [["north", "🔶 Out of sync", "1"], ["south", "❌ Failed", ""]]
