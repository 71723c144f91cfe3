# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on this checkout: python tools/ansible_test.py sanity --python 3.12.

ansible-test works only in a folder `ansible_collections/superoffice/crm`, so it gets a copy there,
of the files that git knows or would add. The copy is a git repository of its own: to the checkout's
repository `build/` is ignored, and ansible-test would see no file, skip every test and still exit
with 0. That outcome is made a failure here.
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
# two runs at once would pull the copy from under each other
LOCK = ROOT / "build" / "ansible_test.lock"
# the versions of pip that ansible-core 2.16-2.17, 2.18-2.19 and 2.20-2.21 ask for
PIP_VERSIONS = ("23_1_2", "24_2", "25_2")
NOTHING_RAN = "All targets skipped"
# Ansible's settings are ansible-test's own business, and hooks of git leave GIT_DIR behind
ENVIRONMENT = {
    key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "GIT_"))
}


def files_of_checkout() -> list[str]:
    """Every file that is tracked, or new and not ignored."""
    listing = subprocess.run(
        # a checkout that belongs to another account, as in containers, is no danger to a listing
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(name for name in set(listing.split("\0")) if name and (ROOT / name).is_file())


def refresh_copy() -> None:
    """Make the copy anew, but keep `tests/output`: coverage is gathered there over several runs."""
    output = COPY / "tests" / "output"
    kept = ROOT / "build" / "output"
    if output.is_dir():
        shutil.rmtree(kept, ignore_errors=True)
        output.rename(kept)
    shutil.rmtree(COPY, ignore_errors=True)
    for name in files_of_checkout():
        target = COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    if kept.is_dir():
        output.parent.mkdir(parents=True, exist_ok=True)
        kept.rename(output)
    subprocess.run(["git", "init", "--quiet", str(COPY)], env=ENVIRONMENT, check=True)


def offer_pip() -> None:
    """Put our stand-in where ansible-test looks for get-pip before it downloads it."""
    cache = Path("~/.ansible/test/cache").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        script = cache / f"get_pip_{version}.py"
        if not script.exists():
            shutil.copyfile(ROOT / "tools" / "get_pip.py", script)


def main(arguments: list[str]) -> int:
    """Run ansible-test with `arguments`, alone, and pass on its output and its exit code."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return run(arguments)


def run(arguments: list[str]) -> int:
    """Run ansible-test with `arguments` on a fresh copy."""
    refresh_copy()
    offer_pip()
    command = [str(Path(sys.executable).with_name("ansible-test")), *arguments]
    nothing_ran = False
    with subprocess.Popen(
        command,
        cwd=COPY,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            nothing_ran |= NOTHING_RAN in line
            sys.stdout.write(line)
            sys.stdout.flush()
    if nothing_ran:
        print("ansible-test found no file to test.", file=sys.stderr)
        return 1
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
