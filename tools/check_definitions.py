# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check definition files offline: python tools/check_definitions.py users/.

By the very code that the modules read them with: the options and their types, keys that stand
twice, users that are defined twice. A password in a file that git keeps is a finding as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

# without Ansible, and so not by the name of the collection
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

from module_utils.domain.definitions import (  # type: ignore[import-not-found]
    DefinitionCollector,
)
from module_utils.domain.findings import Finding  # type: ignore[import-not-found]
from module_utils.task.definition_files import read_all  # type: ignore[import-not-found]


def findings_in(sources: Sequence[str], *, passwords_allowed: bool) -> tuple[list[Finding], int]:
    """Return everything that is wrong with the definitions, and how many there are."""
    files, findings = read_all(list(sources))
    definitions = DefinitionCollector({}, {}, "")
    for file in files:
        entries = list(file.entries)
        definitions.add(entries, file.defaults, file.name)
        for place, entry in entries:
            if isinstance(entry, dict) and entry.get("password") and not passwords_allowed:
                message = (
                    "a password does not belong into git; give it by external_users_passwords."
                )
                findings.append(Finding(str(place), message, "password"))
    definitions.refuse_duplicates()
    return [*findings, *definitions.findings], len(definitions.definitions)


def main(arguments: Sequence[str]) -> int:
    """Print the findings, one a line, and tell by the exit code whether there are any."""
    parser = argparse.ArgumentParser(description="Check definitions of external users offline.")
    parser.add_argument("sources", nargs="+", help="files, and folders of files")
    parser.add_argument(
        "--allow-passwords", action="store_true", help="let passwords stand in the files"
    )
    options = parser.parse_args(arguments)
    findings, count = findings_in(options.sources, passwords_allowed=options.allow_passwords)
    for finding in findings:
        print(finding)
    if not findings:
        print(f"{count} definitions are fine.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
