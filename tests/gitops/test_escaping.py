# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One list of hostile texts, one function per channel: nothing of it is more than text anywhere."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.filter.external_users_report import (
    external_users_report as report,
)
from ansible_collections.superoffice.crm.plugins.filter.external_users_review import (
    external_users_review as review_of,
)
from ansible_collections.superoffice.crm.plugins.plugin_utils.escaping import (
    for_csv,
    for_markdown,
    for_terminal,
    markdown_code,
    shortened,
    visible,
)
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.model import report_of
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.review import (
    review_from_document,
)
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.terminal import (
    export_block,
    review_block,
    run_block,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.gitops.hostile import HOSTILE, is_harmless_line
from tests.gitops.rendering import rendered
from tests.gitops.test_reports import result_of
from tests.modules.execution_paths import action

TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
SPREADSHEET_SEPARATORS = re.compile(r"[,;\t|\r\n]")
FORMULA = re.compile(r"\s*[\"']*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def everywhere(text: str) -> dict[str, Any]:
    """A failed result that holds a text wherever one can be."""
    result = result_of([text, "anna"], summary_failed=1)
    row, entry = result["results"][0], result["plan"]["entries"][0]
    row |= {"status": "failed", "error": {"msg": text, "kind": "stale"}, "found": entry["before"]}
    row |= {"person": text, "company": text, "owner": text, "description": text}
    entry["after"]["role"] = text
    result["ending"] = [{**row, "user_name": text, "active_until": text, "has_ended": False}]
    result["only"] = [text]
    result["unfinished_journal"] = text
    return {**result, "failed": True, "msg": text, "error": {"kind": "stale"}}


def refused(text: str) -> dict[str, Any]:
    finding = {"where": text, "message": text, "kind": "definition"}
    return {"failed": True, "msg": text, "findings": [finding], "error": {"kind": "definition"}}


def broken(text: str) -> dict[str, Any]:
    return {"failed": True, "msg": f"first\n{text}\n{text}", "error": {"kind": "connection"}}


MAKERS = pytest.mark.parametrize("maker", [everywhere, refused, broken])


def review(text: str) -> dict[str, Any]:
    user = {"associate_id": 1, "person_id": 1, "user_name": text, "role": text, "role_id": 5}
    definitions = [{"user_name": "nobody", text: 1}]
    users = [{**user, "is_active": True, "full_name": text, "company": text, "company_id": 1}]
    found = dict(review_of(users, definitions=definitions, name=text))
    found["logins"] = [{**one, "owner": text, "description": text} for one in found["logins"]]
    return found


@MAKERS
@pytest.mark.parametrize("width", [40, 80, 120])
@given(text=TEXT)
def test_no_line_of_the_terminal_is_more_than_text(maker: Any, width: int, text: str) -> None:
    one = report_of(maker(text), mode="apply", name=text).installations[0]
    checked = review_from_document(review(text))
    assert checked
    blocks = (
        run_block(one, [text], width),
        review_block(checked, [text], width),
        export_block(1, [text], [text], width),
    )
    for line in "\n".join(blocks).split("\n"):
        assert is_harmless_line(line), line


@MAKERS
def test_a_failure_is_told_in_one_harmless_line(
    maker: Any, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    """And so is that the reports could not be written, which the name of a folder is part of."""
    for text in HOSTILE:
        with subtests.test(text=text):
            tmp_path.joinpath("file").write_text("in place of a folder")
            options = {"result": maker(text), "mode": "apply", "name": text}
            folder = str(tmp_path / "file" / text.replace("\0", ""))
            for place in ({}, {"folder": folder.encode(errors="replace").decode()}):
                result = action("superoffice_report", {**options, **place}).run(task_vars={})
                assert result["failed"]
                assert is_harmless_line(result["msg"])
                assert len(result["msg"]) <= 1100


@given(TEXT)
def test_terminal_text_is_one_line_that_can_be_read_back(text: str) -> None:
    shown = for_terminal(text)
    assert is_harmless_line(shown)
    assert len(shown.splitlines()) <= 1


@MAKERS
def test_markdown_holds_no_markup_but_ours(maker: Any, subtests: pytest.Subtests) -> None:
    for text in HOSTILE:
        with subtests.test(text=text):
            plain = rendered(report(maker("plain"), "markdown", name="plain", title="plain"))
            page = rendered(report(maker(text), "markdown", name=text, title=text))
            assert page.tags <= plain.tags | {"code"}
            assert [len(row) for row in page.rows] == [len(row) for row in plain.rows]
            assert not page.links
            assert not re.search(r"(^|\n)\s*/\w", report(maker(text), "markdown", name=text))


def test_a_review_in_markdown_holds_no_markup_but_ours(subtests: pytest.Subtests) -> None:
    for text in HOSTILE:
        with subtests.test(text=text):
            page = rendered(report(review(text), "markdown"))
            tables = {"table", "thead", "tbody", "tr", "th", "td"}
            assert page.tags <= tables | {"h3", "h4", "p", "strong", "code"}
            assert not page.links


@given(TEXT)
def test_a_forge_finds_no_mention_and_no_reference(text: str) -> None:
    """Forges look for them in what is rendered, but in no code."""
    page = re.sub(r"(`+)(?:(?!`).|(?!\1`)`)+?\1(?!`)", "", for_markdown(text))
    assert not re.search(r"[@#!]\w|[~%&$]\w|:\w+:", page)


@given(st.text(min_size=1, max_size=100))
def test_a_code_span_shows_what_it_was_given(text: str) -> None:
    page = rendered(f"| x |\n| - |\n| {markdown_code(text)} |\n")
    assert page.rows == [[visible(text).replace("|", r"\u007c")]]


@given(TEXT)
def test_no_cell_of_csv_is_a_formula_whatever_separates_cells(text: str) -> None:
    for part in SPREADSHEET_SEPARATORS.split(for_csv(text)):
        assert not FORMULA.match(part) or part.lstrip(' "').startswith("'"), part


@MAKERS
def test_csv_has_its_rows_and_columns(maker: Any, subtests: pytest.Subtests) -> None:
    for text in HOSTILE:
        with subtests.test(text=text):
            rows = list(csv.reader(io.StringIO(report(maker(text), "csv", name=text), newline="")))
            assert {len(row) for row in rows} == {len(rows[0])}
            for cell in [cell for row in rows for cell in row]:
                for part in SPREADSHEET_SEPARATORS.split(cell):
                    assert not FORMULA.match(part) or part.lstrip(' "').startswith("'"), part


@MAKERS
def test_junit_is_well_formed(maker: Any, subtests: pytest.Subtests) -> None:
    for text in HOSTILE:
        with subtests.test(text=text):
            xml = report(maker(text), "junit", name=text, title=text, drift_is_failure=True)
            plain = report(
                maker("plain"), "junit", name="plain", title="plain", drift_is_failure=True
            )
            tags = [element.tag for element in ET.fromstring(xml.encode()).iter()]
            assert tags == [element.tag for element in ET.fromstring(plain.encode()).iter()]


@MAKERS
def test_html_holds_no_tags_but_ours(maker: Any, subtests: pytest.Subtests) -> None:
    for text in HOSTILE:
        with subtests.test(text=text):

            def tags(page: str) -> list[str]:
                # words may break where the page allows it
                return [tag for tag in re.findall(r"<[a-z]+", page) if tag != "<wbr"]

            page = report(maker(text), "html", name=text, title=text)
            assert tags(page) == tags(report(maker("plain"), "html", name="plain", title="plain"))
            assert page.encode()
            assert tags(report(review(text), "html")) == tags(report(review("plain"), "html"))


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("anna", 4, "anna"),
        ("abcdefghij", 7, "abcd…ij"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_a_long_text_is_shortened_in_the_middle(text: str, length: int, short: str) -> None:
    assert shortened(text, length) == short


@given(st.text(max_size=50), st.integers(0, 60))
def test_a_shortened_text_is_never_too_long(text: str, length: int) -> None:
    assert len(shortened(text, length)) <= length


@MAKERS
@pytest.mark.parametrize("format_", ["markdown", "html", "junit", "csv"])
def test_a_huge_text_does_not_make_a_huge_report(maker: Any, format_: str) -> None:
    huge = ("x" * 999 + " ") * 1000
    small = len(report(maker("x"), format_, name="x", title="x"))
    assert len(report(maker(huge), format_, name=huge, title=huge)) < small + 65_536
    one = report_of(maker(huge), mode="apply", name=huge).installations[0]
    assert len(run_block(one, [huge], 80)) < 10_000
