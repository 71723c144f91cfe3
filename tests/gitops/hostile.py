# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that would do something if it were taken for more than text: one list for all channels."""

from __future__ import annotations

import re
import unicodedata

HOSTILE = (
    # markup
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]>&lt;![CDATA[",
    "</style></script><!--",
    "</details></td></table>",
    "'\";--",
    "&amp;",
    # Markdown: tables, code, emphasis, links, lists, headings
    "a|b`c`*d*_e_[f](http://g.example)",
    "a\\|b",
    "a\\",
    "`",
    "```",
    "``` a ` b",
    "![x](http://evil.example/x.png)",
    "http://evil.example",
    "www.evil.example",
    "mailto:evil@x.example",
    "evil@x.example",
    "1. one",
    "# heading",
    "- [x] task",
    "| a | b |",
    "> quote",
    "~~gone~~",
    "    code",
    # forges: mentions, references, quick actions, emoji
    "@everyone",
    "#1",
    "!1",
    "owner/repo#1",
    "/approve",
    "/merge now",
    ":tada:",
    # CI systems: commands in a job's log
    "::error::stopped",
    "::error file=a.yml,line=1::stopped",
    "::stop-commands::x",
    "##[error]stopped",
    "##vso[task.setvariable variable=x]y",
    "##teamcity[buildStatus status='SUCCESS']",
    "section_start:1560896352:build\r\x1b[0Kx",
    "a section_end:1:build",
    # spreadsheets: formulas, also after a separator and in full-width form
    "=cmd|'/c calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "a;=1+1",
    "a,+1",
    "a\t=1",
    " =1",
    '"=1',
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    # terminals: controls and escape sequences; characters that hide or turn text
    "\x00\x07\x1b[31m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\r overwritten",
    "\x08\x08\x08",
    "tab\there\nline",
    "line\u2028separator",
    "\u202egnp.exe",
    "zero\u200bwidth",
    "\ufeffmark",
    "\U000e0041tag",
    "half \ud800 pair",
    # Ansible: templates
    "{{ 7 * 7 }}{% raw %}",
    # and what is only unusual
    "  blank  ends  ",
    "Ærlig Ødegård 漢字 🙂",
    "x" * 254,
)

# as the runner of GitHub Actions parses a line: trimmed in version 2, anywhere in version 1
GITHUB_COMMAND = re.compile(r"^\s*::[a-z-]+[^:]*::|##\[", re.IGNORECASE)
OTHER_COMMANDS = re.compile(r"##(vso|teamcity)\[|section_(start|end):\d")


def is_harmless_line(line: str) -> bool:
    controls = [one for one in line if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    return not controls and not GITHUB_COMMAND.search(line) and not OTHER_COMMANDS.search(line)
