# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: `python -m tests.benchmarks [--quick] [PART ...]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from . import report
from .competitors import FULL, PARTS, QUICK, Competitors
from .embedded import ROOT
from .figures import Figures, from_json, to_json
from .machine import machine

KEPT = ROOT / "build" / "benchmarks.json"


def main() -> int:
    """Measure, print the tables, and write them into the documentation if everything was run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="a minute instead of half an hour")
    parser.add_argument(
        "--again", action="store_true", help="only write the last full run down again"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if arguments.again:
        kept = json.loads(KEPT.read_text(encoding="utf-8"))
        report.write(from_json(kept["figures"]), kept["machine"])
        return 0
    figures = _measured(arguments)
    sys.stdout.write(report.text(figures, machine()) + "\n")
    if not arguments.quick and not arguments.parts:
        KEPT.parent.mkdir(exist_ok=True)
        content = {"machine": machine(), "figures": to_json(figures)}
        KEPT.write_text(json.dumps(content, indent=1), encoding="utf-8")
        report.write(figures, machine())
    return 0


def _measured(arguments: argparse.Namespace) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        competitors = Competitors(QUICK if arguments.quick else FULL, Path(folder))
        for name in arguments.parts or PARTS:
            PARTS[name](competitors)
        return {purpose: dict(row) for purpose, row in competitors.figures.items()}


if __name__ == "__main__":
    sys.exit(main())
