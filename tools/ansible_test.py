# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on this checkout: python tools/ansible_test.py sanity --python 3.12.

ansible-test works only in a folder `ansible_collections/superoffice/crm`, so it gets a copy there,
of the files that git tracks or would add. The copy is a git repository of its own: `build/` is
ignored by the repository of the checkout, and ansible-test would find no file in it.

Its home is a folder in `build/` too, with a script that stands in for the one that it downloads to
install pip. So nothing outside the checkout changes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "build" / "ansible_collections" / "superoffice" / "crm"
HOME = ROOT / "build" / "home"
# the versions of pip that ansible-core 2.16-2.17, 2.18-2.19 and 2.20-2.21 ask for
PIP_VERSIONS = ("23_1_2", "24_2", "25_2")
# of tests/, what ansible-test runs and needs; pylint would take minutes for the rest, which ruff
# checks too
TESTS = tuple(
    f"tests/{name}"
    for name in ("unit/", "integration/", "netserver/", "config.yml", "conftest.py", "__init__.py")
)
# ansible-test exits with 0 even then
NOTHING_RAN = "All targets skipped"
# ansible-test ignores Ansible's settings, and git hooks leave GIT_DIR behind
ENVIRONMENT = {
    key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "GIT_"))
}


def files_of_checkout() -> list[str]:
    """Return every file that is tracked, or new and not ignored."""
    listing = subprocess.run(
        # the checkout may belong to another account, as in containers
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(name for name in set(listing.split("\0")) if name and (ROOT / name).is_file())


def refresh_copy() -> None:
    """Make the copy anew."""
    shutil.rmtree(COPY, ignore_errors=True)
    for name in files_of_checkout():
        if name.startswith(("tests/", "tools/")) and not name.startswith(TESTS):
            continue
        target = COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", str(COPY)], env=ENVIRONMENT, check=True)


def prepare_home() -> None:
    """Offer ansible-test our stand-in for get-pip, and the settings and caches of the user."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        shutil.copyfile(ROOT / "tools" / "get_pip.py", cache / f"get_pip_{version}.py")
    for name in (".cache", ".config"):
        folder = Path.home() / name
        if folder.is_dir() and not (HOME / name).exists():
            (HOME / name).symlink_to(folder)


def run(arguments: list[str]) -> int:
    """Run ansible-test with `arguments` on a fresh copy, and pass on its output and exit code."""
    refresh_copy()
    prepare_home()
    nothing_ran = False
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("ansible-test")), *arguments],
        cwd=COPY,
        env={**ENVIRONMENT, "HOME": str(HOME)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            nothing_ran |= NOTHING_RAN in line
            print(line, end="", flush=True)
    if nothing_ran:
        print("ansible-test found no file to test.", file=sys.stderr)
    return 1 if nothing_ran else process.returncode


if __name__ == "__main__":
    (ROOT / "build").mkdir(exist_ok=True)
    # two runs at once would replace each other's copy
    with (ROOT / "build" / "ansible_test.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sys.exit(run(sys.argv[1:]))
