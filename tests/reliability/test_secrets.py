# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret appears in a result, in any encoding in which the service echoes it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.reliability import figures
from tests.reliability.canary_secrets import SPELLINGS, Spelling, canary, cores, found
from tests.reliability.fault_proxy import ProxiedRequest, ProxiedResponse, Reply, fault_proxy
from tests.reliability.workloads import MANY, ONE, add_users

PASSWORD, LOGIN = canary("password"), canary("login")
PROXY = canary("proxy", latin=True)
TICKET, TOKEN = canary("ticket", latin=True), canary("token", latin=True)
COOKIE, XSRF = canary("cookie", latin=True).replace(";", ""), canary("xsrf", latin=True)
APP = canary("app-token", latin=True)
SECRETS = [PASSWORD, LOGIN, PROXY, TICKET, TOKEN, COOKIE, XSRF, APP]
JOINED = [f"automation:{LOGIN}", f"relay:{PROXY}"]

WAYS: dict[str, Result] = {
    "basic": {"auth_username": "automation", "auth_password": LOGIN},
    "soticket": {"auth_method": "soticket", "auth_ticket": TICKET},
    "bearer": {"auth_method": "bearer", "auth_token": TOKEN},
    "xsrf": {
        "auth_method": "xsrf",
        "auth_cookie": f"SuperOfficeSession={COOKIE}",
        "xsrf_token": XSRF,
    },
}
CREATE = {"person_id": 1001, "user_name": "carla", "role": "Partner", "password": PASSWORD}
SET = {"user_name": "anna", "password": PASSWORD, "update_password": "always"}
TASKS: dict[str, tuple[str, Result]] = {
    "create": (ONE, CREATE),
    "password": (ONE, SET),
    "many": (MANY, {"users": [CREATE, SET], "limits": {"password": None}}),
    "passwords": (
        MANY,
        {
            "users": [{k: v for k, v in one.items() if k != "password"} for one in (CREATE, SET)],
            "passwords": {"carla": PASSWORD, "anna": PASSWORD},
            "limits": {"password": None},
        },
    ),
    "info": ("superoffice_external_user_info", {}),
    "roles": ("superoffice_role_info", {}),
}


def echo(spell: Spelling, status: int, only: tuple[str, ...] = ()) -> Callable[..., Reply]:
    """A server that repeats what it was sent, spelled by `spell`, in an error object."""

    def rule(request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Reply:
        if only and request.operation not in only:
            return forward()
        sent = [f"{name}: {value}" for name, value in request.headers.items()]
        text = request.body.decode("utf-8", "replace")
        values = list(strings(json.loads(text))) if text.startswith("{") else []
        header = request.headers.get("Authorization", "")
        decoded = []
        for proof in (header, request.headers.get("Proxy-Authorization", "")):
            if proof.startswith("Basic "):
                raw = base64.b64decode(proof[6:])
                decoded.append(raw.decode("latin-1" if b"relay" in raw else "utf-8"))
        said = [spell(one) for one in [*values, *decoded, *request.headers.values()]]
        # one after the other, since only the beginning of a text is shown
        position = request.number % max(1, len(said))
        message = "\n".join([*said[position:], *said[:position], *sent, text])
        error = {"Error": True, "ErrorType": "SoException", "Message": message, "Request": text}
        return ProxiedResponse(
            status, {"Content-Type": "application/json"}, json.dumps(error).encode()
        )

    return rule


def strings(value: object) -> Any:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def assert_silent(shown: str) -> None:
    leaks = found(shown, [*SECRETS, *JOINED])
    leaks += [(s, "base64 inside") for s in SECRETS for core in cores(s) if core in shown]
    assert leaks == [], shown


WRITES = ("CreateExternalUser", "SetExternalUserInfo")
CHECKS = ("IsUserNameValidWithReason", "IsPasswordValidWithReason")


def combinations() -> list[Any]:
    rows = []
    for number, spelling in enumerate(SPELLINGS):
        for way in WAYS:
            for task in TASKS:
                quick = way == list(WAYS)[number % 4] and task == list(TASKS)[number % 6]
                marks = () if quick else (pytest.mark.slow,)
                rows.append(pytest.param(spelling, way, task, marks=marks))
    return rows


@pytest.mark.parametrize(("spelling", "way", "task"), combinations())
def test_echoed_read_is_masked(
    spelling: str, way: str, task: str, server: NetServer, connection: Result
) -> None:
    name, options = TASKS[task]
    spell = SPELLINGS[spelling]
    for status in (500, 400, 401, 200):
        for check in (False, True):
            with fault_proxy(server.url, echo(spell, status)) as everywhere:
                common = {"url": everywhere.url, "retries": 0, "app_token": APP, **WAYS[way]}
                result = run_in_process(name, {**common, **options}, check)
            assert result["failed"] is True
            shown = json.dumps(result) + json.dumps(result, ensure_ascii=False) + result["msg"]
            assert_silent(shown)
            # and yet it says what happened where
            where = ["Agents/User/GetAllRoles", "Archive/Role"]
            if status == 401:
                where = [f"Login to {everywhere.url} failed"]
            assert any(place in result["msg"] for place in where)
            assert result["error"]["operation"] in ("GetAllRoles", "Archive/Role")
            assert str(result["error"]["status"]) in result["msg"]
            figures.count("secrets: tasks against a server that repeats them")
            figures.count(
                "secrets: searches (task x secret x spelling)",
                len([*SECRETS, *JOINED]) * (len(SPELLINGS) + 3),
            )


@pytest.mark.parametrize(
    ("spelling", "only"),
    [pytest.param(one, WRITES, id=f"{one}-writes") for one in SPELLINGS]
    + [pytest.param(one, CHECKS, id=f"{one}-checks", marks=pytest.mark.slow) for one in SPELLINGS],
)
def test_echoed_write_is_masked(
    only: tuple[str, ...], spelling: str, server: NetServer, connection: Result
) -> None:
    for status, task in [(500, "create"), (400, "password"), (200, "many"), (503, "passwords")]:
        server.reset()
        add_users(server)
        name, options = TASKS[task]
        server.tenant.change_user("automation", password=LOGIN)
        with fault_proxy(server.url, echo(SPELLINGS[spelling], status, only)) as echoing:
            common = {"url": echoing.url, "retries": 0, **WAYS["basic"]}
            result = run_in_process(name, {**common, **options, "app_token": APP}, False)
        assert result["failed"] is True
        assert any(text in result["msg"] for text in ("carla", "anna", "external users"))
        assert_silent(json.dumps(result) + result["msg"])
        figures.count("secrets: tasks against a server that repeats them")


def test_reason_from_the_service_is_masked(server: NetServer, connection: Result) -> None:
    def rule(request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Reply:
        if request.operation != "IsUserNameValidWithReason":
            return forward()
        reason = f"Not by {request.headers['Authorization']} and {request.headers['SO-AppToken']}"
        return ProxiedResponse(200, {}, json.dumps({"Result": False, "Reason": reason}).encode())

    server.tenant.change_user("automation", password=LOGIN)
    with fault_proxy(server.url, rule) as talkative:
        options = {"url": talkative.url, **WAYS["basic"], "app_token": APP, **CREATE}
        result = run_in_process(ONE, options, False)
    assert "Not by" in result["msg"]
    assert_silent(json.dumps(result))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_proxy_login_is_masked(spelling: str, server: NetServer) -> None:
    with fault_proxy(server.url, echo(SPELLINGS[spelling], 502)) as proxy:
        options = {
            "url": "http://127.0.0.1:9/SuperOffice",
            "proxy": f"http://relay:{quote(PROXY, safe='')}@127.0.0.1:{proxy.port}",
            "retries": 0,
            **WAYS["basic"],
        }
        result = run_in_process(ONE, {**options, "user_name": "anna"}, False)
    assert "502" in result["msg"]
    assert_silent(json.dumps(result))
    nowhere = {**options, "proxy": str(options["proxy"]).replace(str(proxy.port), "9")}
    foreign = {**options, "proxy": f"http://relay:{quote(PASSWORD, safe='')}@127.0.0.1:9"}
    refused = run_in_process(ONE, {**foreign, "user_name": "anna"}, False)
    assert "proxy has characters that cannot be sent" in refused["msg"]
    assert_silent(json.dumps(refused))
    unreachable = run_in_process(ONE, {**nowhere, "user_name": "anna"}, False)
    assert "proxy" in unreachable["msg"]
    assert_silent(json.dumps(unreachable))


# --- in the wrong place

MISPLACED: list[tuple[str, Result]] = [
    (ONE, {"user_name": "anna", "pasword": PASSWORD}),
    (ONE, {"user_name": "anna", "password": [PASSWORD]}),
    (ONE, {"user_name": "anna", "password": {"a": PASSWORD}}),
    (ONE, {"user_name": "anna", "url": f"https://me:{quote(PASSWORD)}@crm.example.com/"}),
    (MANY, {"users": PASSWORD}),
    (MANY, {"users": [PASSWORD]}),
    (MANY, {"users": [{"user_name": "anna", "pasword": PASSWORD}]}),
    (MANY, {"users": [{"user_name": "anna", "password": [PASSWORD]}]}),
    (MANY, {"users": [{"user_name": "anna", "password": {"is": PASSWORD}}]}),
    (MANY, {"users": [{"user_name": "anna", "state": PASSWORD}]}),
    (MANY, {"users": [{"user_name": "anna", "password": PASSWORD}], "passwords": PASSWORD}),
    (MANY, {"users": [], "passwords": PASSWORD}),
    (MANY, {"users": [], "passwords": [PASSWORD]}),
    (MANY, {"users": [], "passwords": {"anna": {"is": PASSWORD}}}),
    (MANY, {"users": [], "defaults": PASSWORD}),
    (MANY, {"users": [], "defaults": {"password": PASSWORD}}),
    (MANY, {"users": [], "passwords": {"anna": PASSWORD}, "limits": {"delete": "x"}}),
    (MANY, {"users": [], "plan": {"format": 1, "password": PASSWORD}}),
    (MANY, {"users": [], "plan": [PASSWORD]}),
    (MANY, {"users": [], "passwords": {"anna": PASSWORD}, "concurrency": "many"}),
    (MANY, {"users": [], "passwords": {"anna": PASSWORD}, "prune": "all"}),
    (MANY, {"users": [], "passwords": {"anna": PASSWORD}, "max_failures": -1}),
    (MANY, {"users": [], "pasword": {"anna": PASSWORD}}),
    (MANY, {"passwords": {"anna": PASSWORD}}),
    (MANY, {"users": [{"user_name": "anna", "password": PASSWORD}], "url": None}),
]


def test_secret_in_a_wrong_option_is_masked(
    server: NetServer, connection: Result, subtests: pytest.Subtests
) -> None:
    for number in range(len(MISPLACED)):
        with subtests.test(number=number):
            name, options = MISPLACED[number]
            result = run_in_process(name, {**connection, **options}, False)
            assert_silent(json.dumps(result))
            figures.count("secrets: in a wrong option")


def test_invalid_files_do_not_reveal_passwords(
    tmp_path: Path, server: NetServer, connection: Result
) -> None:
    plain = "Canary-in-a-file-7"
    for number, text in enumerate([
        f"users: [{{user_name: a, password: *{plain} }}]",
        f"users: [{{user_name: a, password: !{plain} }}]",
        f"users: [{{user_name: a, password: &{plain} {plain}, x: y}}]",
        f"users: [{{user_name: a, password: [{plain}]}}]",
        f"users: [{{user_name: a, password: {plain}]",
        f"users: [{{user_name: a, password: '{plain}}}]",
        f"users: [{{user_name: a, password: {plain}, password: {plain}}}]",
        f"users:\n- user_name: a\n  password: {plain}: x: y\n",
        f"users:\n- user_name: a\n  password: @{plain}\n",
        f"users:\n- user_name: a\n  password: %{plain}\n",
        f"users:\n- user_name: a\n  password: `{plain}\n",
    ]):  # fmt: skip
        file = tmp_path / f"{number}.yml"
        file.write_text(text)
        result = run_in_process(MANY, {**connection, "src": [str(file)]}, True)
        assert result["failed"] is True
        assert plain not in json.dumps(result), text


def test_encrypted_client_key_is_refused(tmp_path: Path, connection: Result) -> None:
    key = tmp_path / "key.pem"
    body = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nQ2FuYXJ5LWluLWEta2V5\n"
    key.write_text(body)
    for options in ({"client_cert": str(key)}, {"client_cert": __file__, "client_key": str(key)}):
        result = run_in_process(ONE, {**connection, **options, "user_name": "anna"}, False)
        assert result["failed"] is True
        assert "passphrase" in result["msg"]
        assert "Q2FuYXJ5" not in json.dumps(result)
