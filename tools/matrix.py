# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests on every supported ansible-core: python tools/matrix.py 2.16 2.21 2.21-3.13.

A row is a version of ansible-core on a version of Python, with a virtual environment of its own
under `build/matrix`. Each row goes through four gates, and each gate prints one line with what it
counted. A row that is named must run; of all rows, those whose Python this machine lacks are left
out, and the last line says how many.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "matrix"
REQUIREMENTS = ROOT / "requirements" / "matrix.txt"
CORES = {
    "2.16": "2.16.19",
    "2.17": "2.17.14",
    "2.18": "2.18.19",
    "2.19": "2.19.14",
    "2.20": "2.20.10",
    "2.21": "2.21.5",
}
# the first six: one Python that every core runs on; then the ends of what the cores and we support
ROWS = (
    *((core, "3.12") for core in CORES),
    ("2.16", "3.10"),
    ("2.19", "3.11"),
    ("2.21", "3.13"),
)
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("ANSIBLE_", "SUPEROFFICE_", "GIT_", "VIRTUAL_ENV", "PYTHONPATH"))
}
TOOL = str(ROOT / "tools" / "ansible_test.py")
TESTS = ("tests/unit", "tests/modules")


@dataclasses.dataclass(frozen=True)
class Row:
    """One version of ansible-core on one version of Python."""

    core: str
    python: str

    @property
    def name(self) -> str:
        """Return what the row is called on the command line."""
        return f"{self.core}-{self.python}"

    @property
    def venv(self) -> Path:
        """Return the folder of its virtual environment."""
        return BUILD / self.name

    @property
    def interpreter(self) -> str:
        """Return the Python of its virtual environment."""
        return str(self.venv / "bin" / "python")

    def commands(self) -> dict[str, list[str]]:
        """Return what each gate runs."""
        ansible_test = [self.interpreter, TOOL]
        on = ["--color", "no", "--python", self.python]
        return {
            "sanity": [*ansible_test, "sanity", *on],
            "units": [*ansible_test, "units", "--requirements", *on],
            "integration": [*ansible_test, "integration", *on],
            "pytest": [self.interpreter, "-m", "pytest", "-q", "-n", "2", *TESTS],
        }


def figures(gate: str, output: str) -> str:
    """Return what a gate counted, in its own words."""
    if gate in ("units", "pytest"):
        last = re.findall(r"^=*\s*(\d+ (?:passed|failed|errors?)\b.*?) in [\d.]+s", output, re.M)
        return re.sub(r"\x1b\[[\d;]*m", "", last[-1]) if last else "nothing counted"
    if gate == "sanity":
        return f"{len(set(re.findall(r'^Running sanity test (.*)$', output, re.M)))} tests"
    targets = re.findall(r"^Running (\S+) integration test role", output, re.M)
    tasks = sum(map(int, re.findall(r"\bok=(\d+)", output)))
    return f"{len(targets)} targets, {tasks} tasks"


def pythons(version: str) -> Iterator[str]:
    """Every place where an interpreter of this version may be."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield str(Path(folder) / f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))


def interpreter(version: str) -> str | None:
    """Return an interpreter that can make a virtual environment; some that are found can not."""
    test = f"import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for path in pythons(version):
        if os.access(path, os.X_OK):
            done = subprocess.run(
                [path, "-c", test], env=ENVIRONMENT, capture_output=True, check=False
            )
            if done.returncode == 0:
                return path
    return None


def prepare(row: Row, python: str) -> None:
    """Make the virtual environment of a row anew."""
    shutil.rmtree(row.venv, ignore_errors=True)
    subprocess.run([python, "-m", "venv", str(row.venv)], env=ENVIRONMENT, check=True)
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        raise SystemExit("uv is needed; `make matrix` brings it along")
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", row.interpreter]
    wanted = [f"ansible-core=={CORES[row.core]}", "--requirement", str(REQUIREMENTS)]
    subprocess.run([*install, *wanted], env=ENVIRONMENT, check=True)


def run_gate(row: Row, gate: str) -> bool:
    """Run one gate, keep its output in a file, print its line."""
    log = BUILD / f"{row.name}-{gate}.log"
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            row.commands()[gate],
            cwd=ROOT,
            env={
                **ENVIRONMENT,
                "PATH": f"{row.venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "ANSIBLE_NOCOLOR": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    is_good = done.returncode == 0
    counted = figures(gate, log.read_text(encoding="utf-8", errors="replace"))
    say(row, gate, "ok" if is_good else "FAILED", f"{counted}, {time.monotonic() - started:.0f} s")
    if not is_good:
        print(f"    see {log.relative_to(ROOT)}", flush=True)
    return is_good


def say(row: Row, gate: str, outcome: str, detail: str) -> None:
    core = CORES[row.core]
    print(
        f"ansible-core {core:<8} Python {row.python:<5} {gate:<12} {outcome:<7} {detail}",
        flush=True,
    )


def chosen(names: Sequence[str]) -> list[Row]:
    """Return the rows of these names; a core alone means its row on the common Python."""
    rows = {Row(*pair).name: Row(*pair) for pair in ROWS}
    unknown = [name for name in names if name not in rows and name not in CORES]
    if unknown:
        raise SystemExit(f"No such row: {', '.join(unknown)}. There are: {', '.join(rows)}.")
    return [rows.get(name) or rows[f"{name}-3.12"] for name in names] or list(rows.values())


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Run the tests on every supported ansible-core.")
    parser.add_argument("rows", nargs="*", help="such as 2.16 or 2.21-3.13; default: all")
    parser.add_argument("--where-possible", action="store_true", help="leave out missing Pythons")
    parser.add_argument("--gate", action="append", choices=list(Row("", "").commands()))
    options = parser.parse_args(arguments)
    BUILD.mkdir(parents=True, exist_ok=True)
    good = bad = missing = 0
    must = bool(options.rows) and not options.where_possible
    for row in chosen(options.rows):
        python = interpreter(row.python)
        if python is None:
            say(row, "-", "MISSING" if must else "not run", "no such Python here")
            missing += 1
            continue
        prepare(row, python)
        for gate in options.gate or row.commands():
            is_good = run_gate(row, gate)
            good, bad = good + is_good, bad + (not is_good)
    print(f"matrix: {good} gates green, {bad} failed, {missing} rows without their Python")
    return int(bool(bad or (missing and must) or not (good or options.where_possible)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
