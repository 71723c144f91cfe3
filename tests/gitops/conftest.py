# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: an installation, a folder to work in, and a browser."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gitops.playbook import Workspace, workspace
from tests.gitops.sample_data import ADMIN
from tests.netserver import NetServer

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--hide-scrollbars",
)


@pytest.fixture(scope="session")
def running_server() -> Iterator[NetServer]:
    with NetServer(admin=ADMIN) as server:
        yield server


@pytest.fixture
def server(running_server: NetServer) -> Iterator[NetServer]:
    """An installation without users."""
    yield running_server
    running_server.reset()


@pytest.fixture
def here(tmp_path: Path, server: NetServer) -> Workspace:
    """An empty folder, whose playbooks are about `server`."""
    return workspace(tmp_path, server)


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which finds what a page denies people with disabilities."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("npm is not installed")
    folder = ROOT / "build" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    with folder.joinpath("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers may want it at once
        wanted = (Path(__file__).parent / "browser" / "package-lock.json").read_text()
        have = folder / "package-lock.json"
        if not script.exists() or have.read_text() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(Path(__file__).parent / "browser" / name, folder)
            done = subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder, capture_output=True, text=True, timeout=180, check=False,
            )  # fmt: skip
            if done.returncode:
                pytest.skip(f"npm could not install axe-core: {done.stderr.strip()[-300:]}")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium without a window, and without a network."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("the packages chromium and chromium-driver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    home = tmp_path_factory.mktemp("chromium")
    for flag in (*FLAGS, f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    # it writes into the home of the account too
    service = webdriver.ChromeService(driver, env={**os.environ, "HOME": str(home)})
    started = webdriver.Chrome(options=options, service=service)
    try:
        yield started
    finally:
        started.quit()
