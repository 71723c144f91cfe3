# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make this checkout known to Python and Ansible as `superoffice.crm`, wherever it lies."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAME = ("ansible_collections", "superoffice", "crm")


def importable_from() -> Path | None:
    """The folder on Python's path that holds this very checkout as a collection, if there is one.

    Nothing is imported to find out: Ansible's own importer must be the first to do that.
    """
    for entry in map(Path, filter(None, sys.path)):
        if entry.joinpath(*NAME).resolve() == ROOT:
            return entry
    return None


def linked_tree() -> Path:
    """A folder that holds the checkout under its collection name; `make` has one in its `.venv`."""
    if ROOT.parts[-len(NAME) :] == NAME:
        return ROOT.parents[len(NAME) - 1]
    tree = ROOT / "build" / "collections"
    link = tree.joinpath(*NAME)
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # made by another worker, or by an earlier run
        link.symlink_to(Path("../../../.."))
    return tree


tree = importable_from()
if tree is None:
    tree = linked_tree()
    sys.path.insert(0, str(tree))
    importlib.invalidate_caches()

# for Ansible itself, in this process and in those that tests start
known = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)
if str(tree) not in known:
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join([str(tree), *filter(None, known)])
os.environ.setdefault("ANSIBLE_PYTHON_INTERPRETER", sys.executable)

try:
    from hypothesis import settings
except ImportError:  # as under `ansible-test units`, where only the plain unit tests run
    pass
else:
    # a busy machine is no error in the code
    settings.register_profile("new-examples", deadline=None, print_blob=True)
    # what was green stays green; `make slow` and `make reliability` look for new examples
    settings.register_profile("same-examples", deadline=None, print_blob=True, derandomize=True)
    settings.load_profile("same-examples")

# Ansible's temporary files and caches
ansible_home = os.environ.setdefault("ANSIBLE_HOME", str(ROOT / "build" / "ansible"))
# and the folders of modules that run, which a killed task leaves behind
os.environ.setdefault("ANSIBLE_REMOTE_TEMP", str(Path(ansible_home, "tmp")))
os.environ.setdefault("ANSIBLE_ASYNC_DIR", str(Path(ansible_home, "async")))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-ansible use the tree above.

    Otherwise it makes one of its own in the checkout, `collections/`, whose links lead back to the
    checkout: git sees a loop, and tests are collected twice. Its switch for that is set here and
    not in pyproject.toml, where pytest would refuse it as unknown without the plugin.
    """
    if hasattr(config.option, "ansible_unit_inject_only"):
        config.option.ansible_unit_inject_only = True


def unexpected_skips(config: pytest.Config) -> list[str]:
    """Return the skipped tests whose reason is not in .ci/allowed-skips, each with its reason."""
    lines = (ROOT / ".ci" / "allowed-skips").read_text(encoding="utf-8").splitlines()
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", ()) if reporter else ()
    reasons = {report.nodeid: report.longrepr[2].removeprefix("Skipped: ") for report in reports}
    return [f"{name}: {reason}" for name, reason in reasons.items() if reason not in lines]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a skipped test fail the run where CI is set, so that nothing is left out unnoticed."""
    if os.environ.get("CI") == "true" and unexpected_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which skipped tests failed the run."""
    skips = unexpected_skips(config) if os.environ.get("CI") == "true" else []
    if skips:
        terminalreporter.section("skipped for a reason that is not in .ci/allowed-skips")
        terminalreporter.write("\n".join(skips) + "\n")
