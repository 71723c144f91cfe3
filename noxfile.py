# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions of antsibull-nox.toml (`make nox`), and one for each row of `make matrix`."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import antsibull_nox
import nox

antsibull_nox.load_antsibull_nox_toml()

ROOT = Path(__file__).parent
RESULTS = ROOT / "build" / "matrix"
ROWS: dict[str, list[str]] = nox.project.load_toml("pyproject.toml")["tool"]["matrix"]
# settings of make for its own virtual environment, and of the account
FOREIGN = [name for name in os.environ if name.startswith(("ANSIBLE_", "SUPEROFFICE_", "GIT_"))]
ENVIRONMENT = {**dict.fromkeys(FOREIGN), "ANSIBLE_HOME": str(RESULTS / "ansible")}
VERSIONS = (
    "from importlib.metadata import version; print(version('ansible-core'), version('requests'))"
)


def versions_for(row: str) -> str:
    """Return the lock with the versions of a row in the place of its own."""
    # each ansible-core has a resolvelib of its own
    names = "|".join(["resolvelib", *(re.escape(pin.partition("==")[0]) for pin in ROWS[row])])
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    others = re.sub(rf"^({names})==.*\n( .*\n)*", "", lock, flags=re.MULTILINE)
    return others + "\n".join(ROWS[row]) + "\n"


def tests_passed(output: str) -> str:
    """Return how many tests passed, by the last line of each run of pytest."""
    return f"{sum(map(int, re.findall('([0-9]+) passed', output)))} tests"


def sanity_tests(output: str) -> str:
    """Return how many sanity tests ran."""
    return f"{len(set(re.findall('^Running sanity test (.*)$', output, re.M)))} tests"


def targets(output: str) -> str:
    """Return how many integration targets ran, and how many of their tasks."""
    names = re.findall(r"^Running (\S+) integration test role", output, re.M)
    tasks = sum(map(int, re.findall(r"\bok=(\d+)", output)))
    return f"{len(names)} targets, {tasks} tasks"


def matrix(session: nox.Session) -> None:
    """Run ansible-test sanity, units and integration, and pytest, on one ansible-core."""
    row = session.name.removeprefix("matrix-")
    (RESULTS / f"{row}.json").unlink(missing_ok=True)
    constraints = Path(session.create_tmp()) / "constraints.txt"
    constraints.write_text(versions_for(row), encoding="utf-8")
    session.install("--group", "matrix", "ansible-core", env={"UV_CONSTRAINT": str(constraints)})
    ansible_test = ["python", "tools/ansible_test.py"]
    options = ["--color", "no", "--python", str(session.python)]
    gates = {
        "sanity": (sanity_tests, [*ansible_test, "sanity", *options]),
        "units": (tests_passed, [*ansible_test, "units", *options]),
        "integration": (targets, [*ansible_test, "integration", *options]),
        "pytest": (tests_passed, ["pytest", "-q", "-n", "2", "tests/unit", "tests/modules"]),
    }
    versions = session.run("python", "-c", VERSIONS, silent=True) or ""
    result = dict(zip(("ansible-core", "requests"), versions.split(), strict=True))
    result["Python"] = str(session.python)
    for gate, (figure, command) in gates.items():
        output = session.run(*command, env=ENVIRONMENT, silent=True) or ""
        (RESULTS / f"{row}-{gate}.log").write_text(output, encoding="utf-8")
        result[gate] = figure(output)
        session.log(f"{gate}: {result[gate]}")
    (RESULTS / f"{row}.json").write_text(json.dumps(result), encoding="utf-8")


RESULTS.mkdir(parents=True, exist_ok=True)
for name in ROWS:
    python = name.partition("-")[2]
    nox.session(name=f"matrix-{name}", python=python, default=False, tags=["matrix"])(matrix)


@nox.session(python=False)
def zizmor(session: nox.Session) -> None:
    """Audit the workflows of this repository, and those of the examples."""
    session.run("zizmor", "--offline", "--quiet", ".github", "docs/examples", external=True)


@nox.session(python=False, default=False)
def support_matrix(session: nox.Session) -> None:
    """Write the results of all rows into docs/support.md."""
    page = ROOT / "docs" / "support.md"
    columns = ("ansible-core", "Python", "requests", "sanity", "units", "integration", "pytest")
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    for row in ROWS:
        core, python = row.split("-")
        result = dict.fromkeys(columns, "not run") | {"ansible-core": core, "Python": python}
        if (RESULTS / f"{row}.json").exists():
            result |= json.loads((RESULTS / f"{row}.json").read_text(encoding="utf-8"))
        lines.append(f"| {' | '.join(result[column] for column in columns)} |")
    before, mark, rest = page.read_text(encoding="utf-8").partition("<!-- make matrix -->\n\n")
    after = "\n" + rest[rest.index("## ") :]
    page.write_text("\n".join([before + mark + lines[0], *lines[1:], after]), encoding="utf-8")
    session.log(f"wrote {page}")
