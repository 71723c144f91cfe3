# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markdown as GitHub renders it, with its own renderer."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import cmarkgfm  # type: ignore[import-untyped]
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]


@dataclasses.dataclass
class Rendered(HTMLParser):
    """What a reader sees: the tables row by row, the tags that make it up, the whole text."""

    rows: list[list[str]] = dataclasses.field(default_factory=list)
    heads: list[list[str]] = dataclasses.field(default_factory=list)
    tags: set[str] = dataclasses.field(default_factory=set)
    links: list[str] = dataclasses.field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._cell: list[list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        if tag in ("td", "th"):
            self._cell = self.rows if tag == "td" else self.heads
            self._cell[-1].append("")
        elif tag == "tr":
            self.rows.append([])
            self.heads.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell is not None:
            self._cell[-1][-1] += data


def rendered(markdown: str) -> Rendered:
    """Render a text; HTML in it is kept, as GitHub keeps what is harmless of it."""
    page = Rendered()
    page.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
    page.rows = [row for row in page.rows if row]
    page.heads = [row for row in page.heads if row]
    return page


def cells(markdown: str) -> list[list[str]]:
    """What is shown in the cells of all tables, row by row."""
    return rendered(markdown).rows
