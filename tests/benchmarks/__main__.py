# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: `python -m tests.benchmarks [--quick] [PART ...]`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import report
from .competitors import FULL, PARTS, QUICK, Competitors, Scale
from .embedded import ROOT
from .figures import Figures, from_json, to_json
from .machine import machine
from .measured import Failed

KEPT = ROOT / "build" / "benchmarks.json"


def main() -> int:
    """Measure, print the tables, and write them into the documentation if everything was run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="less than a minute; writes nothing")
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
    scale = QUICK if arguments.quick else FULL
    figures, is_complete = _measured(scale, arguments.parts or list(PARTS))
    sys.stdout.write(report.text(figures, machine(), scale) + "\n")
    if not arguments.quick and not arguments.parts:
        KEPT.parent.mkdir(exist_ok=True)
        content = {"machine": machine(), "figures": to_json(figures)}
        KEPT.write_text(json.dumps(content, indent=1), encoding="utf-8")
        report.write(figures, machine())
    return 0 if is_complete else 1


def _measured(scale: Scale, parts: Sequence[str]) -> tuple[Figures, bool]:
    """Return the figures of some parts, and whether all of them did what was to be measured."""
    is_complete = True
    with tempfile.TemporaryDirectory() as folder:
        competitors = Competitors(scale, Path(folder))
        for name in parts:
            try:
                PARTS[name](competitors)
            except (Failed, OSError, subprocess.SubprocessError) as error:
                # what the other parts say is still true
                sys.stderr.write(f"{name}: {error}\n")
                is_complete = False
        return {purpose: dict(row) for purpose, row in competitors.figures.items()}, is_complete


if __name__ == "__main__":
    sys.exit(main())
