# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make importer`: the import that Galaxy and Automation Hub do, on the artefact in build/dist.

With the checks for required tags and flake8, which Galaxy leaves out. Everything that it complains
of is a failure, warnings too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "build" / "dist"
SETTINGS = {
    "CHECK_REQUIRED_TAGS": "true",
    "RUN_FLAKE8": "true",
    "RUN_ANSIBLE_DOC": "true",
    "RUN_ANSIBLE_LINT": "true",
    "RUN_ANSIBLE_TEST": "false",
    "ANSIBLE_LOCAL_TMP": str(ROOT / "build" / "importer_tmp"),
}
COMPLAINT = re.compile(r"^(?:ERROR|WARNING|CRITICAL)\b")
# The formatter breaks lines before operators and puts blanks around a long ":", as PEP 8 wants it;
# flake8 leaves the first out by itself, but the importer's own list puts it back. And ansible-lint
# does not find the collection there, so that it knows no playbook of it that examples import.
ALLOWED = re.compile(r": (?:W503|E203) |Failed to find superoffice\.crm\.\w+ playbook\.$")


def main() -> int:
    (artefact,) = DIST.glob("superoffice-crm-*.tar.gz")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")
    }
    environment |= {f"GALAXY_IMPORTER_{name}": value for name, value in SETTINGS.items()}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(artefact)],
        cwd=DIST,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, flush=True)
    lines = done.stdout.splitlines()
    complaints = [line for line in lines if COMPLAINT.match(line) and not ALLOWED.search(line)]
    print(f"importer: {len(complaints)} complaints about {artefact.name}")
    return int(bool(complaints) or done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
