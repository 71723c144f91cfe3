# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The troubleshooting page and the code say the same: every kind, and no sentence of its own."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ABOUT_KINDS, WITHOUT_KIND = PAGE.split("## Without a kind")
# what raises or returns a kind, and the position of the kind among its arguments
CARRIERS = {"UserError": 0, "Finding": 2, "Failure": 1}
LEAST_WORDS = 12


@functools.cache
def trees() -> tuple[ast.Module, ...]:
    files = sorted((ROOT / "plugins" / "module_utils").rglob("*.py"))
    return tuple(ast.parse(file.read_text(encoding="utf-8")) for file in files)


def kinds_in_code() -> set[str]:
    return {kind for tree in trees() for node in ast.walk(tree) for kind in kinds_of(node)}


def kinds_of(node: ast.AST) -> Iterator[str]:
    found: ast.expr | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CARRIERS:
        position = CARRIERS[node.func.id]
        named = [word.value for word in node.keywords if word.arg == "kind"]
        found = node.args[position] if len(node.args) > position else next(iter(named), None)
    elif isinstance(node, ast.ClassDef):
        for one in node.body:
            if isinstance(one, (ast.Assign, ast.AnnAssign)) and one.value is not None:
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                if any(isinstance(name, ast.Name) and name.id == "kind" for name in targets):
                    yield from texts_of(one.value)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "kind":
                yield from texts_of(value)
    if found is not None:
        yield from texts_of(found)


def texts_of(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be, where that can be seen."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_of(node.body)
        yield from texts_of(node.orelse)


@functools.cache
def sentences_in_code() -> tuple[re.Pattern[str], ...]:
    """Each text of the code that is long enough to tell, with its variable parts left open."""
    patterns = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(part.value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    else ".*"
                    for part in node.values
                ]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts = [re.escape(node.value)]
            else:
                continue
            if sum(len(part) for part in parts if part != ".*") >= LEAST_WORDS:
                patterns.add("".join(parts))
    return tuple(map(re.compile, sorted(patterns)))


def test_every_error_kind_has_a_heading() -> None:
    headings = set(re.findall(r"^### (\w+)$", PAGE, re.MULTILINE))
    assert headings == kinds_in_code()


def test_quoted_messages_exist_in_the_code() -> None:
    for sentence in re.findall(r"^> (.+)$", ABOUT_KINDS, re.MULTILINE):
        assert any(pattern.search(sentence) for pattern in sentences_in_code()), sentence


def test_every_error_kind_quotes_a_message() -> None:
    parts = re.split(r"^### (\w+)$", ABOUT_KINDS, flags=re.MULTILINE)
    without = {
        name
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
        if not re.search(r"^> ", text, re.MULTILINE)
    }
    assert without == {"service", "several"}


def test_quoted_ends_of_messages_exist_in_the_code() -> None:
    start = PAGE.split("## Connecting to the service", maxsplit=1)[0]
    quoted = [text for text in re.findall(r'"([^"]{20,})"', start) if text[0].isupper()]
    assert quoted
    for text in quoted:
        assert any(pattern.search(text) for pattern in sentences_in_code()), text
