# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTML report in a browser: complete, searchable, in light and dark, and safe to open."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.filter.external_users_report import (
    external_users_report as report,
)
from ansible_collections.superoffice.crm.plugins.filter.external_users_review import (
    external_users_review as review_of,
)
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.model import STATUSES
from pypdf import PdfReader

from tests.gitops.hostile import HOSTILE
from tests.gitops.sample_data import bulk, drifted, settled
from tests.gitops.test_reports import BROKEN, REFUSED, result_of
from tests.netserver import NetServer

NAMES = ".group > .row .name"
# generous: the machine may be busy; alone, the page takes a twentieth of it
SECONDS = 60


class Page:
    """What a person sees of the page, and does with it."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.browser = browser
        self.path = path

    def open(self, *, dark: bool = False, width: int = 1280, scripts: bool = True) -> Page:
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setDeviceMetricsOverride", screen)
        self.tell("Emulation.setEmulatedMedia", {"media": "", "features": [scheme]})
        self.tell("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        self.tell("Network.enable", {})
        self.browser.get(self.path.as_uri())
        return self

    def tell(self, command: str, options: dict[str, Any]) -> Any:
        return self.browser.execute_cdp_cmd(command, options)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(f"return {script}", *arguments)

    def texts(self, selector: str) -> list[str]:
        script = "[...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
        return [text.strip() for text in self.run(script, selector)]

    def search(self, text: str) -> None:
        field = self.browser.find_element("css selector", "input[type=search]")
        field.clear()
        field.send_keys(text)
        end = time.monotonic() + SECONDS
        before = None
        while time.monotonic() < end:
            time.sleep(0.15)
            found = self.texts(".found")
            if found == before:
                return
            before = found

    def click(self, selector: str) -> None:
        self.browser.find_element("css selector", selector).click()

    def color(self, selector: str) -> list[int]:
        script = "getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
        numbers = self.run(script, selector).removeprefix("rgb(").removesuffix(")")
        return [int(number) for number in numbers.split(",")[:3]]

    @property
    def complaints(self) -> list[Any]:
        return list(self.browser.get_log("browser"))


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Any:
    """Writes a report and opens it."""

    def opened(results: Any, *, kind: dict[str, Any] | None = None, **options: Any) -> Page:
        path = tmp_path / "report.html"
        path.write_text(report(results, "html", **(kind or {})), encoding="utf-8")
        return Page(browser, path).open(**options)

    yield opened
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.fixture
def plan(server: NetServer) -> dict[str, Any]:
    definitions = settled(server, 300)
    result = bulk(server, users=drifted(server, definitions))
    assert not result.get("failed"), result["msg"]
    return result


def test_the_page_tells_the_whole_plan(page: Any, plan: dict[str, Any]) -> None:
    shown = page(plan, kind={"name": "crm.fjord.example", "title": "Logins"})
    assert shown.texts("h1") == ["Logins"]
    assert shown.texts("header .state") == ["Out of sync"]
    counts = plan["summary"]
    kinds = ("deleted", "deactivated", "renamed", "modified", "created")
    assert shown.texts(".chart:not(.roles) .bar .number") == [str(counts[kind]) for kind in kinds]
    assert sorted(shown.texts(NAMES)) == sorted(row["user_name"] for row in plan["results"])
    assert shown.texts(".ring text")[0] == str(len(plan["results"]))
    assert not shown.complaints


def test_each_user_shows_before_and_after(page: Any, plan: dict[str, Any]) -> None:
    moved = next(
        one
        for one in plan["plan"]["entries"]
        if one["modification"] == ["Role"] and one["before"]["user_name"] == one["user_name"]
    )
    shown = page(plan)
    shown.search(moved["user_name"])
    assert shown.texts(NAMES) == [moved["user_name"]]
    assert shown.texts(".changes del") == [moved["before"]["role"]]
    assert shown.texts(".changes ins") == [moved["after"]["role"]]
    number = moved["before"]["person_id"]
    assert shown.texts(".changes small") == [f"unchanged: active yes, person id {number}"]


def test_a_stale_user_shows_before_planned_and_found_side_by_side(page: Any) -> None:
    shown = page(stale(), kind={"mode": "apply"})
    assert shown.texts(".states thead th") == ["before", "planned", "found"]
    assert shown.texts(".states tbody tr:first-child > *") == [
        *("role", "Partner", "Vendor", "Supplier"),
    ]
    result = stale()
    result["results"][0]["found"] = None
    shown = page(result, kind={"mode": "apply"}, width=390)
    assert shown.texts(".states tbody tr:first-child > *") == [
        *("login", "anna@x.example", "anna@x.example", "no user"),
    ]
    assert shown.texts(".states tbody tr:last-child > *") == ["role", "Partner", "Vendor", ""]
    tops = "[...document.querySelectorAll('.states thead th')].map((one) => one.offsetTop)"
    assert len(set(shown.run(tops))) == 1
    assert shown.run("document.documentElement.scrollWidth") == 390


def test_what_failed_or_was_skipped_shows_what_was_planned(page: Any) -> None:
    result = of_each_status()
    for row, entry in zip(result["results"], result["plan"]["entries"], strict=True):
        if row["status"] == "skipped":
            row["action"], entry["after"] = "delete", None
    shown = page(result, kind={"mode": "apply"})
    assert shown.texts(".row[data-status=failed] .planned") == ["planned:"]
    assert shown.texts(".row[data-status=skipped] .planned") == ["planned: delete"]
    assert len(shown.texts(".planned")) == 2


def test_only_a_long_list_is_laid_out_in_parts(page: Any) -> None:
    """A picture of a whole page shows all rows of a short one."""
    style = "getComputedStyle(document.querySelector('.group')).contentVisibility"
    assert page(result_of(["anna"])).run(style) == "visible"
    assert page(result_of([f"user{one}" for one in range(501)])).run(style) == "auto"


def test_the_table_can_be_searched_filtered_and_sorted(page: Any, plan: dict[str, Any]) -> None:
    shown = page(plan)
    everyone = shown.texts(NAMES)
    shown.search("newcomer")
    assert shown.texts(NAMES) == [name for name in everyone if "newcomer" in name]
    assert shown.texts(".found") == [f"{plan['summary']['created']} of {len(everyone)}"]
    shown.search("no such user")
    assert shown.texts(NAMES) == []
    assert not shown.run("document.querySelector('.none').hidden")
    shown.search("")
    shown.click(".chip[data-status=deleted]")
    assert len(shown.texts(NAMES)) == plan["summary"]["deleted"]
    shown.click(".chip[data-status=deleted]")
    shown.click("[data-key=name] button")
    ascending = shown.texts(NAMES)
    assert sorted(ascending) == sorted(everyone)
    assert [name[0] for name in ascending] == sorted(name[0] for name in everyone)
    shown.click("[data-key=name] button")
    assert shown.texts(NAMES) == ascending[::-1]
    heads = shown.run("document.querySelector('[data-key=name]').getAttribute('aria-sort')")
    assert heads == "descending"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_light_and_dark_and_a_phone(
    page: Any, plan: dict[str, Any], dark: bool, width: int
) -> None:
    shown = page(plan, dark=dark, width=width)
    assert (sum(shown.color("body")) < 200) == dark
    assert shown.run("document.documentElement.scrollWidth") == width


def stale() -> dict[str, Any]:
    result = result_of(["anna@x.example", "bo@x.example"], summary_failed=1)
    result["results"][0] |= {
        "status": "failed",
        "error": {"kind": "stale", "msg": "Its state has changed since the plan was made."},
        "found": {**result["plan"]["entries"][0]["before"], "role": "Supplier"},
        "person": "Anna Berg",
        "company": "Fjord AS",
        "owner": "Partner desk",
    }
    return {**result, "only": ["*@x.example"], "unfinished_journal": "journal.jsonl"}


def of_each_status() -> dict[str, Any]:
    """A run with a user of each status."""
    result = result_of([f"{status}@x.example" for status in STATUSES])
    for row in result["results"]:
        row["status"] = row["user_name"].partition("@")[0]
    result["summary"] |= {**dict.fromkeys(STATUSES, 1), "total": len(STATUSES)}
    return result


def review() -> Any:
    user = {"person_id": 7, "role": "Partner", "role_id": 5}
    users = [
        {**user, "associate_id": n, "user_name": f"user{n}@x.example", "is_active": n % 3 > 0,
         "full_name": f"Person Number {n}", "company": "Fjord Software AS, Oslo",
         "company_id": n % 4,
         "last_login": (None, "2025-06-01T07:00:00Z", "2026-01-30T07:00:00Z")[n % 3],
         "person_retired": n == 5}
        for n in range(1, 10)
    ]  # fmt: skip
    definitions = [
        {
            "user_name": f"user{n}@x.example",
            **({"owner": "kari", "description": "Order portal"} if n % 2 else {}),
        }
        for n in range(4, 12)
    ]
    return review_of(
        users,
        definitions=[*definitions, {"rolle": "x"}],
        name="fjord",
        unused_days=90,
        now="2026-01-31T07:00:00Z",
    )


PAGES = {
    "each status": of_each_status,
    "stale": stale,
    "rejected": lambda: {**of_each_status(), **REFUSED},
    "broken": lambda: BROKEN,
    "in sync": lambda: result_of([], drift=False, changed=False),
    "several": lambda: [
        {"name": "north", "result": of_each_status()},
        {"name": "south", "result": REFUSED},
        {"name": "west", "result": BROKEN},
    ],
    "review": review,
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(page: Any, axe: str, name: str) -> None:
    """Contrast, names, roles, landmarks: in light and dark, on a screen and on a phone."""
    result = PAGES[name]()
    for dark in (False, True):
        for width in (1400, 390):
            shown = page(result, kind={"mode": "apply"}, dark=dark, width=width)
            shown.browser.execute_script(axe)
            found = shown.browser.execute_async_script(
                "axe.run(document).then((found) => arguments[0](found.violations.map("
                "(one) => [one.id, one.help, one.nodes.map((node) => node.html)])))"
            )
            assert found == [], (dark, width)


@pytest.mark.parametrize("name", PAGES)
def test_no_column_is_cut_off(page: Any, name: str) -> None:
    """On a tablet either, upright or on its side."""
    edge = """(() => {
      const rows = [...document.querySelectorAll(".table .row")];
      const right = (one) => one.getBoundingClientRect().right;
      const beyond = (row) => Math.max(...[...row.children].map(right)) - right(row);
      return Math.max(0, ...rows.map(beyond));
    })()"""
    result = PAGES[name]()
    persons = {"person": "Ragnhild Bjerknes-Haugen", "company": "Nordlys Logistikk AS"}
    for one in result if isinstance(result, list) else [{"result": result}]:
        for row in one["result"].get("results") or []:
            row.update(persons)
    shown = page(result, kind={"mode": "apply"})
    for width in (360, 600, 834, 940, 941, 1024, 1180):
        shown.open(width=width)
        assert shown.run(edge) == 0, width
        assert shown.run("document.documentElement.scrollWidth") == width


def test_every_status_has_its_own_color(page: Any) -> None:
    for dark in (False, True):
        shown = page(of_each_status(), kind={"mode": "apply"}, dark=dark)
        colors = {
            shown.run(f"getComputedStyle(document.querySelector('.tag.{status}')).color")
            for status in STATUSES
        }
        # skipped and in sync are both no news
        assert len(colors) >= len(STATUSES) - 1


def test_a_rejected_page_begins_with_the_findings(page: Any) -> None:
    result = {**of_each_status(), **REFUSED}
    shown = page(result, kind={"mode": "plan"})
    assert shown.texts("main h2")[0] == "Why the plan was rejected"
    assert shown.texts(".findings span") == ["12 of 40 users would go"]
    top = "document.querySelector('.findings').getBoundingClientRect().bottom"
    assert shown.run(top) < 500
    assert shown.texts(".headline")[0].startswith("Plan rejected: 1 finding. Nothing was written.")


def test_the_heads_of_columns_stay_in_view(page: Any, plan: dict[str, Any]) -> None:
    shown = page(plan)
    shown.browser.execute_script("scrollTo({top: 900, behavior: 'instant'})")
    top = shown.run("document.querySelector('.head').getBoundingClientRect().top")
    tools = shown.run("document.querySelector('.bar-top').getBoundingClientRect()")
    assert tools["top"] == 0
    assert abs(top - tools["height"]) < 2


def test_a_short_list_leaves_no_empty_space(page: Any) -> None:
    shown = page(result_of(["anna", "bo", "cecilie"]))
    bottom = shown.run("document.querySelector('.group').getBoundingClientRect().bottom")
    last = shown.run("[...document.querySelectorAll('.row')].pop().getBoundingClientRect().bottom")
    assert bottom - last < 2
    assert shown.run("document.documentElement.scrollHeight") <= 900


def test_a_phone_can_sort(page: Any) -> None:
    shown = page(result_of(["bo", "anna", "cecilie"]), width=390)
    field = shown.browser.find_element("css selector", ".sort select")
    assert field.is_displayed()
    from selenium.webdriver.support.ui import Select

    Select(field).select_by_visible_text("Login")
    assert shown.texts(NAMES) == ["anna", "bo", "cecilie"]
    shown.click(".turn")
    assert shown.texts(NAMES) == ["cecilie", "bo", "anna"]


def test_an_address_breaks_between_its_parts_on_a_phone(page: Any) -> None:
    name = "anna-karin.bjerknes-haugen@a-rather-long-company-name.example"
    shown = page(result_of([name]), width=390)
    lines = shown.run("""(() => {
      const node = document.querySelector(".group .name");
      const range = document.createRange();
      const tops = [];
      const texts = [];
      const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        for (let at = 0; at < walk.currentNode.length; at += 1) {
          range.setStart(walk.currentNode, at);
          range.setEnd(walk.currentNode, at + 1);
          const top = Math.round(range.getBoundingClientRect().top);
          if (tops.at(-1) !== top) { tops.push(top); texts.push(""); }
          texts[texts.length - 1] += range.toString();
        }
      }
      return texts;
    })()""")
    assert "".join(lines) == name
    assert len(lines) > 1
    for line in lines[1:]:
        assert line[0] in ".@-" or lines[lines.index(line) - 1][-1] in "@-", lines


def test_readers_of_screens_learn_how_many_rows_are_left(page: Any) -> None:
    shown = page(result_of(["anna", "bo", "cecilie"]))
    count = "document.querySelector('.table').getAttribute('aria-rowcount')"
    assert shown.run(count) == "4"
    shown.search("bo")
    assert shown.run(count) == "2"
    assert shown.texts(".found") == ["1 of 3"]


def test_a_print_is_light_and_repeats_the_heads(page: Any, plan: dict[str, Any]) -> None:
    shown = page(plan, dark=True)
    printed = shown.tell("Page.printToPDF", {"printBackground": True, "preferCSSPageSize": True})
    pages = PdfReader(io.BytesIO(base64.b64decode(printed["data"]))).pages
    texts = [" ".join(one.extract_text().split()) for one in pages]
    assert len(texts) > 2
    for text in texts[:-1]:
        assert "Associate id" in text
        assert "Search" not in text
    shown.tell("Emulation.setEmulatedMedia", {"media": "print"})
    assert sum(shown.color("body")) == 3 * 255


def test_a_link_to_the_run_is_an_address_or_nothing(page: Any) -> None:
    url = "https://ci.example.com/job/1?a=b&c=d"
    shown = page(result_of(["anna"]), kind={"run_url": url})
    links = "[...document.querySelectorAll('a:not(.skip)')].map((one) => one.href)"
    assert shown.run(links) == [url]
    for bad in ("javascript:alert(1)", 'https://x.example/" onclick="x', "//x.example"):
        assert page(result_of(["anna"]), kind={"run_url": bad}).run(links) == []


def test_the_review_is_a_page_too(page: Any) -> None:
    shown = page(review())
    assert shown.texts("h1") == ["Access review"]
    assert shown.texts(NAMES)[:3] == ["user1@x.example", "user2@x.example", "user3@x.example"]
    shown.click(".chip[data-status=outside]")
    assert len(shown.texts(NAMES)) == 3
    shown.click(".chip[data-status=outside]")
    shown.search("inactive")
    assert shown.texts(NAMES) == ["user3@x.example", "user6@x.example", "user9@x.example"]
    shown.search("person is retired")
    assert shown.texts(NAMES) == ["user5@x.example"]
    shown.search("unused for 90 days")
    assert shown.texts(NAMES) == ["user1@x.example", "user4@x.example", "user7@x.example"]
    shown.search("kari order portal")
    assert shown.texts(NAMES) == ["user9@x.example", "user5@x.example", "user7@x.example"]
    assert not shown.complaints


def test_hostile_names_are_text(page: Any) -> None:
    shown = page(result_of(list(HOSTILE)), kind={"name": HOSTILE[0], "title": HOSTILE[1]})
    assert shown.texts("h1") == [HOSTILE[1]]
    assert HOSTILE[0] in shown.texts(NAMES)
    assert len(shown.texts(NAMES)) == len(HOSTILE)
    assert shown.run("document.querySelectorAll('img, iframe, object, a:not(.skip)').length") == 0
    assert shown.run("document.scripts.length") == 1
    assert not shown.complaints


def test_no_other_script_would_run(page: Any, tmp_path: Path, browser: Any) -> None:
    """Should a text ever find a way into the page, the browser refuses to run it."""
    text = report(result_of(["anna"]), "html")
    attack = (
        "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"
    )
    path = tmp_path / "attacked.html"
    path.write_text(text.replace("<main>", f"<main>{attack}"), encoding="utf-8")
    shown = Page(browser, path).open()
    assert shown.run("document.title") != "owned"
    assert shown.texts(NAMES) == ["anna"]
    assert any("Content Security Policy" in one["message"] for one in shown.complaints)


def test_it_is_whole_without_scripts(page: Any, plan: dict[str, Any]) -> None:
    shown = page(plan, scripts=False)
    source = shown.browser.page_source.replace("<wbr>", "")
    assert all(row["user_name"] in source for row in plan["results"])
    # the tools need the script, and are not there without it
    assert not shown.browser.find_element("css selector", ".tools").is_displayed()
    assert shown.browser.find_element("css selector", NAMES).is_displayed()


def test_it_needs_nothing_but_itself(plan: dict[str, Any]) -> None:
    text = report(plan, "html")
    for mark in ("src=", 'href="h', "url(", "@import", "fetch(", "XMLHttpRequest"):
        assert mark not in text, mark


def test_ten_thousand_rows(page: Any, browser: Any) -> None:
    begun = time.monotonic()
    shown = page(result_of([f"user{one:05}@example.com" for one in range(10_000)]))
    assert shown.texts(".found") == ["10,000 listed"]
    opened = time.monotonic()
    shown.search("user09999")
    assert shown.texts(NAMES) == ["user09999@example.com"]
    shown.search("")
    shown.click("[data-key=name] button")
    assert len(shown.texts(NAMES)) == 10_000
    assert opened - begun < SECONDS
    assert time.monotonic() - opened < SECONDS


def test_failures_and_findings_are_told(page: Any) -> None:
    several = [{"name": "north", "result": REFUSED}, {"name": "south", "result": BROKEN}]
    shown = page(several)
    assert shown.texts("header .state") == ["Failed"]
    assert shown.texts(".findings span") == ["12 of 40 users would go"]
    assert "Connection refused" in shown.texts(".problem pre")[0]
    assert shown.texts(".installations tbody th")[0].startswith("north")


def test_a_reader_of_screens_is_told_what_things_are(page: Any, plan: dict[str, Any]) -> None:
    shown = page(plan)
    tree = shown.tell("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node.get("role", {}).get("value") for node in tree]
    assert {"banner", "main", "table", "columnheader", "cell", "searchbox", "image"} <= set(roles)
    names = {node.get("name", {}).get("value") for node in tree}
    assert "Search users" in names
    assert any(name and name.endswith("users are out of sync") for name in names)
