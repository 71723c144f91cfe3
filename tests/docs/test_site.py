# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site, as a browser shows it: on a telephone, on a screen, light and dark."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT
from tests.gitops.conftest import browser  # noqa: F401 - a fixture

HTML = ROOT / "build" / "site" / "html"
# telephone and screen
WIDTHS = (390, 1280)
# what sticks out of the page to the right, and of every part that scrolls by itself
STICKING_OUT = """
const width = document.documentElement.clientWidth;
const clipped = (e) => { for (; e; e = e.parentElement)
  if (getComputedStyle(e).overflowX !== "visible") return true; return false; };
return [...document.querySelectorAll("article *")].filter((e) => {
  const box = e.getBoundingClientRect();
  return box.width && box.right > width + 1 && !clipped(e);
}).map((e) => e.textContent.trim().slice(0, 60));
"""
# the contrast of the text of a page with its ground (WCAG 2.2, 1.4.3)
CONTRAST = """
const light = (colour) => { const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((one) => {
  const part = one / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const style = getComputedStyle(document.querySelector("article p"));
const [a, b] = [light(style.color), light(getComputedStyle(document.body).backgroundColor)];
return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
"""


@pytest.fixture(scope="module")
def site() -> list[Path]:
    """Build the site as `make docs` does, without a warning; its pages."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", f"VENV={os.path.relpath(sys.prefix, ROOT)}", "docs"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return sorted(path for path in HTML.rglob("*.html") if path.name != "genindex.html")


@pytest.mark.slow
def test_every_page_fits_the_width_and_is_legible_light_and_dark(
    site: list[Path],
    browser: Any,  # noqa: F811
) -> None:
    assert len(site) > 30
    for width in WIDTHS:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 800}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        try:
            for page in site:
                browser.get(page.as_uri())
                assert browser.execute_script(STICKING_OUT) == [], f"{page} at {width}"
                wide = "return document.documentElement.scrollWidth"
                assert browser.execute_script(wide) <= width, f"{page} at {width}"
        finally:
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    grounds = set()
    for theme in ("light", "dark"):
        browser.execute_script("document.body.dataset.theme = arguments[0]", theme)
        assert browser.execute_script(CONTRAST) > 7, theme
        ground = "return getComputedStyle(document.body).backgroundColor"
        grounds.add(browser.execute_script(ground))
    assert len(grounds) == 2


@pytest.mark.slow
def test_landing_page_leads_to_guides_reference_and_changelog(site: list[Path]) -> None:
    landing = (HTML / "index.html").read_text(encoding="utf-8")
    for target in (
        "docs/getting-started.html", "docs/troubleshooting.html", "reference/playbooks.html",
        "reference/index.html", "CHANGELOG.html",
    ):  # fmt: skip
        assert f'href="{target}"' in landing
        assert HTML / target in site
    assert re.search(r"Version .*1\.0\.0", landing)
    reference = (HTML / "reference" / "playbooks.html").read_text(encoding="utf-8")
    for playbook in (ROOT / "playbooks").glob("*.yml"):
        name = playbook.stem.replace("_", "-")
        assert f'id="ansible-collections-superoffice-crm-{name}-playbook"' in reference
