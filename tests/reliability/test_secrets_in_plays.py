# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks at -vvvv: no secret in any channel, and private files only.

The channels are the printout, the log, diffs, plans, reports and exports, the temporary folder
during the run and after it, and the command lines of all processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.modules.execution_paths import Result
from tests.netserver import NetServer
from tests.reliability import figures
from tests.reliability.canary_secrets import SPELLINGS, cores, found
from tests.reliability.fault_proxy import fault_proxy
from tests.reliability.test_secrets import APP, LOGIN, PASSWORD, PROXY, echo
from tests.reliability.workloads import add_users

ADMIN = "automation"
FILED = PASSWORD.replace("password", "in-a-file")
SECRETS = [PASSWORD, FILED, LOGIN, APP, PROXY]
WRITES = ("CreateExternalUser", "SetExternalUserInfo", "DeleteExternalUser")
NEEDLES = {
    spell(secret).encode("utf-8", "surrogatepass")
    for secret in SECRETS
    for spell in SPELLINGS.values()
} | {core.encode() for secret in SECRETS for core in cores(secret)}

TASKS = """
- hosts: localhost
  connection: local
  gather_facts: false
  environment: {environment}
  module_defaults:
    group/superoffice.crm.superoffice:
      url: "{{{{ url }}}}"
      auth_username: "{{{{ login }}}}"
      auth_password: "{{{{ password }}}}"
      app_token: "{{{{ app }}}}"
      retries: 0
  tasks:
    - superoffice.crm.superoffice_external_user:
        user_name: carla
        person_id: 1001
        role: Partner
        password: "{{{{ users_password }}}}"
      ignore_errors: true
    - superoffice.crm.superoffice_external_user:
        user_name: anna
        password: "{{{{ users_password }}}}"
        update_password: always
      ignore_errors: true
    - superoffice.crm.superoffice_external_users:
        users:
          - {{user_name: bob, password: "{{{{ users_password }}}}", update_password: always}}
        passwords: {{dora: "{{{{ users_password }}}}"}}
        src: ["{{{{ playbook_dir }}}}/users"]
        limits: {{password: null}}
      ignore_errors: true
    - superoffice.crm.superoffice_external_user_info:
      ignore_errors: true
    - superoffice.crm.superoffice_role_info:
      ignore_errors: true
    - superoffice.crm.superoffice_external_user:
        user_name: anna
        pasword: "{{{{ users_password }}}}"
      ignore_errors: true
    - superoffice.crm.superoffice_external_user:
        user_name: anna
        proxy: "http://relay:{{{{ proxy_password | urlencode | replace('/', '%2F') }}}}@127.0.0.1:9"
      ignore_errors: true
"""


class Watch:
    """Looks again and again at a temporary folder and at the command lines of all processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.looks = 0
        self.lines: set[bytes] = set()
        self.open_to_others: set[str] = set()
        self.exposed: set[str] = set()
        self._stop = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self.looks += 1
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.lines.add(process.read_bytes())
            for file, content in files_in(self.folder):
                if any(needle in content for needle in NEEDLES):
                    self._note(file)

    def _note(self, file: Path) -> None:
        """A module carries its arguments to its host in one file, as all modules do."""
        if not file.name.startswith("AnsiballZ_"):
            self.exposed.add(str(file))
        with contextlib.suppress(OSError):
            if stat.S_IMODE(file.parent.stat().st_mode) & 0o077:
                self.open_to_others.add(str(file))


def files_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for place, _folders, names in os.walk(folder):  # unlike rglob it bears folders that vanish
        for name in names:
            file = Path(place, name)
            with contextlib.suppress(OSError):
                if file.is_file():
                    yield file, file.read_bytes()


class Place:
    """A folder to run playbooks in, with everything that a run leaves behind."""

    def __init__(self, folder: Path, url: str) -> None:
        self.work, self.inputs, self.temporary = (
            folder / name for name in ("work", "inputs", "temporary")
        )
        for one in (self.work, self.inputs, self.temporary, folder / "home"):
            one.mkdir(mode=0o700)
        self.log = folder / "ansible.log"
        (self.work / "users").mkdir()
        definition = {"user_name": "chris", "person_id": 1002, "role": "Vendor", "password": FILED}
        self.definitions = self.work / "users" / "users.json"
        self.definitions.write_text(json.dumps({"users": [definition]}))
        (self.inputs / "variables.json").write_text(
            json.dumps({
                "url": url, "login": ADMIN, "password": LOGIN, "app": APP,
                "users_password": PASSWORD, "proxy_password": PROXY,
                "external_users_url": url, "external_users_auth_username": ADMIN,
                "external_users_auth_password": LOGIN, "external_users_app_token": APP,
                "external_users_retries": 0,
                "external_users_defaults": {"role": "Partner"},
                "external_users_passwords": {"anna": PASSWORD},
                "external_users_rotate_scope": "all",
                "external_users_limits": {"password": 100},
            })
        )  # fmt: skip
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOG_PATH": str(self.log),
            "ANSIBLE_LOCAL_TEMP": str(self.temporary / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.temporary / "remote"),
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
        }

    def run(self, play: str, *more: str) -> tuple[int, str, Watch]:
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")), play, "-vvvv", "--diff",
            "-e", f"@{self.inputs / 'variables.json'}", *more,
        ]  # fmt: skip
        watch = Watch(self.temporary)
        with watch.running():
            outcome = subprocess.run(
                command,
                cwd=self.work,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=180,
            )
        return outcome.returncode, outcome.stdout.decode("utf-8", "surrogateescape"), watch

    def assert_silent(self, printed: str, watch: Watch, kept: tuple[Path, ...] = ()) -> None:
        """Search all channels; `kept` are files that are there to hold passwords."""
        searched = 0
        log = self.log.read_text(encoding="utf-8", errors="surrogateescape")
        for text in (printed, log):
            assert found(text, SECRETS) == []
            assert not any(core in text for secret in SECRETS for core in cores(secret))
            searched += 1
        for file, content in [*files_in(self.work), *files_in(self.temporary)]:
            if file not in (self.definitions, *kept):
                assert not any(needle in content for needle in NEEDLES), file
                searched += 1
        assert watch.looks > 5
        assert not any(needle in line for line in watch.lines for needle in NEEDLES)
        assert watch.exposed == set()
        assert watch.open_to_others == set()
        figures.count("secrets: playbook runs at -vvvv")
        figures.count("secrets: scans of temporary files and command lines", watch.looks)
        figures.count("secrets: command lines seen", len(watch.lines))
        figures.count("secrets: searches (task x secret x spelling)", searched * len(NEEDLES))


@pytest.fixture
def server_with_users(server: NetServer) -> NetServer:
    add_users(server)
    server.tenant.change_user(ADMIN, password=LOGIN)
    return server


slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("execution_path", "responses", "check"),
    [
        pytest.param("in_process", "well", False, marks=slow),
        pytest.param("in_process", "well", True, marks=slow),
        pytest.param("in_process", "echoes writes", False, marks=slow),
        ("in_process", "echoes", False),
        pytest.param("module", "well", False, marks=slow),
        pytest.param("module", "well", True, marks=slow),
        pytest.param("module", "echoes writes", False, marks=slow),
        pytest.param("module", "echoes", False, marks=slow),
    ],
)
def test_modules_at_vvvv_reveal_no_secret(
    execution_path: str, responses: str, check: bool, server_with_users: NetServer, tmp_path: Path
) -> None:
    only = WRITES if responses == "echoes writes" else ()
    with fault_proxy(server_with_users.url) as service:
        if responses != "well":
            service.rule = echo(str, 500, only)
        place = Place(tmp_path, service.url)
        environment = "{SOME: thing}" if execution_path == "module" else "{}"
        (place.work / "play.yml").write_text(TASKS.format(environment=environment))
        _code, printed, watch = place.run("play.yml", *(["--check"] if check else []))
    assert "PLAY RECAP" in printed, printed
    assert ("AnsiballZ_superoffice" in printed) is (execution_path == "module")
    place.assert_silent(printed, watch)
    if responses == "echoes writes":
        for word in ("127.0.0.1", "CreateExternalUser", "HTTP 500", "carla", "'anna'"):
            assert word in printed
    if responses == "well" and not check:
        assert server_with_users.tenant.password_matches("anna", PASSWORD)
        assert server_with_users.tenant.password_matches("chris", FILED)


PLAYBOOKS = [
    pytest.param("plan", (), marks=slow),
    pytest.param("apply", (), marks=slow),
    pytest.param("apply", ("--check",), marks=slow),
    pytest.param("export", ("-e", "external_users_export_dir=exported"), marks=slow),
    pytest.param("review", (), marks=slow),
    ("rotate_passwords", ()),
    pytest.param("rotate_passwords", ("--check",), marks=slow),
    pytest.param("demo", (), marks=slow),
]


@pytest.mark.parametrize(("name", "more"), PLAYBOOKS)
def test_playbooks_at_vvvv_reveal_no_secret(
    name: str, more: tuple[str, ...], server_with_users: NetServer, tmp_path: Path
) -> None:
    place = Place(tmp_path, server_with_users.url)
    place.environment |= {
        "SUPEROFFICE_URL": server_with_users.url,
        "SUPEROFFICE_USERNAME": ADMIN,
        "SUPEROFFICE_PASSWORD": LOGIN,
    }
    code, printed, watch = place.run(f"superoffice.crm.{name}", *more)
    assert "PLAY RECAP" in printed, printed
    if name != "demo":  # which wants other users
        assert code == 0, printed
    kept = place.work / "passwords.yml"
    place.assert_silent(printed, watch, (kept,))
    generated = passwords_in(kept)
    for password in generated:
        assert password not in printed
        assert password not in place.log.read_text(encoding="utf-8")
    if name == "rotate_passwords" and not more:
        assert len(generated) == 3  # anna's is given
        figures.count("secrets: generated passwords looked for", len(generated))
    assert_private(place.work, {place.definitions})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plan", "apply", "rotate_passwords", "review", "export"])
@pytest.mark.parametrize("only", [WRITES, ()], ids=["writes", "everything"])
def test_playbooks_against_an_echoing_service_reveal_no_secret(
    only: tuple[str, ...], name: str, server_with_users: NetServer, tmp_path: Path
) -> None:
    with fault_proxy(server_with_users.url, echo(str, 500, only)) as echoing:
        place = Place(tmp_path, echoing.url)
        _code, printed, watch = place.run(
            f"superoffice.crm.{name}", "-e", "external_users_export_dir=exported"
        )
    assert "PLAY RECAP" in printed, printed
    place.assert_silent(printed, watch, (place.work / "passwords.yml",))
    assert_private(place.work, {place.definitions})


def passwords_in(file: Path) -> list[str]:
    if not file.exists():
        return []
    import yaml

    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [text for text in _texts(content) if len(text) == 24 and " " not in text]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def assert_private(folder: Path, inputs: set[Path]) -> None:
    """Whatever was written is for its owner only."""
    written = [path for path in folder.rglob("*") if path.is_file() and path not in inputs]
    for path in written:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        figures.count("files: written, with mode 0600")
    assert not [path for path in written if path.name.endswith((".tmp", "~"))]


# --- files that the collection writes


def write(tmp_path: Path, **options: Any) -> Result:
    from tests.modules.execution_paths import action

    result: Result = action("superoffice_files", {"folder": str(tmp_path / "out"), **options}).run(
        task_vars={}
    )
    return result


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..", ".", "", "a/..", "link/x"])
def test_nothing_is_written_outside_the_folder(name: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(outside)
    before = sorted(tmp_path.rglob("*"))
    result = write(tmp_path, files=[{"name": name, "text": "x"}])
    assert result["failed"] is True, result
    assert sorted(tmp_path.rglob("*")) == before
    figures.count("files: paths outside the folder, refused")


def test_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plan.json").symlink_to(victim)
    result = write(tmp_path, files=[{"name": "plan.json", "text": "new"}])
    assert not result.get("failed"), result
    assert victim.read_text() == "precious"
    assert (tmp_path / "out" / "plan.json").read_text() == "new"
    assert not (tmp_path / "out" / "plan.json").is_symlink()


def test_files_are_replaced_atomically(tmp_path: Path) -> None:
    texts = ["a" * 3_000_000, "b" * 3_000_000]
    write(tmp_path, files=[{"name": "report.txt", "text": texts[0]}])
    file = tmp_path / "out" / "report.txt"
    seen: list[str] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.append(file.read_text())
            assert stat.S_IMODE(file.stat().st_mode) == 0o600

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(12):
        write(tmp_path, files=[{"name": "report.txt", "text": texts[number % 2]}])
    time.sleep(0.05)
    stop.set()
    reader.join()
    assert len(seen) > 5
    assert set(seen) <= set(texts)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.txt"]
