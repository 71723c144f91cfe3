# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The likeliest mistakes: each message names the subject, the reason, the setting, the next step.

A mistake is an entry of a table. It is made against an embedded server or a real socket, and
nothing may be written.
"""

from __future__ import annotations

import copy
import datetime
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from tests.gitops.hostile import HOSTILE, is_harmless_line
from tests.modules.conftest import ADMIN, Run
from tests.modules.execution_paths import Result, run_in_process
from tests.modules.http_proxy import http_proxy
from tests.netserver import NetServer

ANNA = {
    "user_name": "anna@example.com",
    "person_id": 1001,
    "role": "Partner",
    "generate_password": True,
}
CREDENTIALS = "auth_username and auth_password (SUPEROFFICE_USERNAME, SUPEROFFICE_PASSWORD)"
RIGHT = "needs the right to administer external users"
BULK = "superoffice_external_users"
CLERK_PASSWORD = "long-enough-Clerk-1"


class Mistake(NamedTuple):
    """What is wrong, and what the message has to say.

    `choices` are those of the server, `fault` is how it responds to every request.
    """

    says: list[str]
    kind: str = "definition"
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed
    environment: dict[str, str] = {}  # noqa: RUF012
    user: dict[str, Any] = {}  # noqa: RUF012
    choices: dict[str, str] = {}  # noqa: RUF012
    fault: dict[str, Any] = {}  # noqa: RUF012


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


CONNECTION = {
    "a host that does not exist": Mistake(
        ["https://crm.invalid/SuperOffice", "host name in url (SUPEROFFICE_URL)"], "unreachable",
        {"url": "https://crm.invalid/SuperOffice"},
    ),
    "a port where nothing listens": Mistake(
        ["Could not connect to", "Connection refused", "Check url (SUPEROFFICE_URL)", "is running"],
        "unreachable", {"url": f"http://127.0.0.1:{free_port()}/SuperOffice"},
    ),
    "a wrong path": Mistake(
        ["There is no SuperOffice WebAPI at", "/SuperOfice/api", "path in url (SUPEROFFICE_URL)"],
        "refused", {"url": "{origin}/SuperOfice"},
    ),
    "https where http is spoken": Mistake(
        ["does not speak TLS on this port", "url (SUPEROFFICE_URL)"], "tls",
        {"url": "https{host}/SuperOffice"},
    ),
    "plain http to another machine": Mistake(
        ["url 'http://crm.example.com/x' is plain http", "Use https", "SUPEROFFICE_ALLOW_HTTP"],
        "connection_option", {"url": "http://crm.example.com/x"},
    ),
    "an address without a scheme": Mistake(
        ["'crm.example.com' is not an address such as https://", "(SUPEROFFICE_URL)"],
        "connection_option", {"url": "crm.example.com"},
    ),
    "a wrong password": Mistake(
        ["Login to http", "failed (HTTP 401", f"Check {CREDENTIALS}"], "unauthorized",
        {"auth_password": "wrong-password"},
    ),
    "an empty password": Mistake(
        ["auth_method basic needs auth_password", "empty", "SUPEROFFICE_PASSWORD"],
        "connection_option", {"auth_password": ""},
    ),
    "an empty environment variable": Mistake(
        ["missing required arguments: url. Set url (SUPEROFFICE_URL)", "empty counts as not set"],
        "connection_option", {"url": None}, {"SUPEROFFICE_URL": ""},
    ),
    "no login at all": Mistake(
        ["auth_method is basic but", f"Set {CREDENTIALS}"], "connection_option",
        {"auth_username": None, "auth_password": None},
    ),
    "an environment variable of another type": Mistake(
        ["'timeout'", "Correct timeout (SUPEROFFICE_TIMEOUT)"], "connection_option", {},
        {"SUPEROFFICE_TIMEOUT": "30s"},
    ),
    "a ticket that is not given": Mistake(
        ["auth_ticket", "Set auth_ticket (SUPEROFFICE_TICKET)"], "connection_option",
        {"auth_method": "soticket"},
    ),
    "a CA file that does not exist": Mistake(
        ["ca_path '/nowhere/ca.pem' does not exist", "Set ca_path (SUPEROFFICE_CA_PATH)"],
        "connection_option", {"ca_path": "/nowhere/ca.pem"},
    ),
    "a proxy that does not listen": Mistake(
        ["through the proxy: Connection refused", "Check proxy (SUPEROFFICE_PROXY)", "NO_PROXY"],
        "unreachable", {"proxy": f"http://127.0.0.1:{free_port()}"},
    ),
    "a proxy that is no address": Mistake(
        ["proxy or url is not an address", "SUPEROFFICE_PROXY", "http://proxy.example.com:3128"],
        "connection_option", {"proxy": "proxy.example.com 3128"},
    ),
    "a login without the right": Mistake(
        ["could not be created", RIGHT, "Settings and maintenance"], "forbidden",
        {"auth_username": "clerk", "auth_password": CLERK_PASSWORD},
    ),
    "a login without the right, told as null": Mistake(
        ["could not be created", "lacks the right to administer external users"],
        "not_understood", {"auth_username": "clerk", "auth_password": CLERK_PASSWORD},
        choices={"missing_right": "null"},
    ),
    "a login without the right, told as an error of the server": Mistake(
        ["HTTP 500", RIGHT], "forbidden",
        {"auth_username": "clerk", "auth_password": CLERK_PASSWORD},
        choices={"missing_right": "500"},
    ),
    "no User agent": Mistake(
        ["The User agent is not available", f"The login {RIGHT}", "SuperOffice Online does not"],
        "user_agent", choices={"user_agent": "online-403"},
    ),
    "Windows authentication in IIS": Mistake(
        ["Windows authentication", "Enable anonymous authentication in IIS"], "unauthorized",
        choices={"challenge": "windows-only"},
    ),
    "a firewall": Mistake(
        ["HTTP 403", "web application firewall", "a right is not missing"], "blocked",
        fault={"kind": "status", "status": 403, "body": "<html>no</html>",
               "content_type": "text/html"},
    ),
    "a login page": Mistake(
        ["HTTP 200 with an HTML page instead of JSON", "Check that url (SUPEROFFICE_URL)"],
        "not_understood", fault={"kind": "html"},
    ),
    "a redirect": Mistake(
        ["to https://login.example.com/", "not followed", "Set url (SUPEROFFICE_URL)"], "redirect",
        fault={"kind": "redirect", "location": "https://login.example.com/"},
    ),
    "too many requests": Mistake(
        ["HTTP 429", "lower concurrency", "raise retries (SUPEROFFICE_RETRIES)"], "throttled",
        fault={"kind": "status", "status": 429, "retry_after": 0},
    ),
    "a service that restarts": Mistake(
        ["HTTP 503", "Try again later", "raise retries (SUPEROFFICE_RETRIES)"], "unavailable",
        fault={"kind": "status", "status": 503},
    ),
    "a service that does not respond": Mistake(
        ["got no response in 0.3 seconds", "Raise timeout (SUPEROFFICE_TIMEOUT)"], "timeout",
        {"timeout": 0.3}, fault={"kind": "delay", "seconds": 0.9},
    ),
    "a connection that is closed": Mistake(
        ["was lost during", "closed it without a response", "begin with https"],
        "connection_lost", fault={"kind": "drop_before"},
    ),
}  # fmt: skip

DEFINITIONS = {
    "a role with a typo": Mistake(
        ["'anna@example.com'", "'Parner' does not exist (did you mean 'Partner'?)", "'Vendor'"],
        "role", user={"role": "Parner"},
    ),
    "a deleted role": Mistake(
        ["the role 'Former partner' is deleted", "Possible roles"], "role",
        user={"role": "Former partner"},
    ),
    "a person who does not exist": Mistake(
        ["no person with the id 99999", "Give the person_id of an existing person"], "person",
        user={"person_id": 99999},
    ),
    "a person who is retired": Mistake(
        ["person 1003 is retired", "Take the person back"], "person", user={"person_id": 1003},
    ),
    "a person with another login": Mistake(
        ["person 1002 has the login 'bo@example.com'", "previous_user_names: ['bo@example.com']",
         "another person is meant, correct person_id"],
        "rename", user={"person_id": 1002},
    ),
    "a name that is taken": Mistake(
        ["person_id and user_name identify different users", "correct one of the keys"],
        "conflict", user={"user_name": "bo@example.com", "person_id": 1004},
    ),
    "a name of an employee": Mistake(
        ["not an external user", "not touched", "choose another"], "not_external",
        user={"user_name": "clerk", "person_id": None},
    ),
    "no password for a new user": Mistake(
        ["does not exist. To create it, set password or generate_password"], "not_found",
        user={"generate_password": None},
    ),
    "a weak password": Mistake(
        ["'anna@example.com'", "does not accept the password", "choose another"], "password",
        user={"generate_password": None, "password": "x"},
    ),
    "a key with a typo": Mistake(
        ["'anna@example.com'", "unknown option 'rolle' (did you mean 'role'?)"],
        user={"rolle": "Partner"},
    ),
    "a name without quotes": Mistake(
        ["user_name must be a string, not a number", "quotes"], user={"user_name": 4711},
    ),
    "an option with a typo": Mistake(
        ["Unsupported parameters", "limit (did you mean 'limits'?)"], options={"limit": {}},
    ),
    "a limit with a typo": Mistake(
        ["limits.delte (did you mean 'delete'?)"], options={"limits": {"delte": 1}},
    ),
    "a limit that is exceeded": Mistake(
        ["1 of 1 user", "would be deleted, the limit is", "Set limits.delete"], "limits",
        {"users": [{"user_name": "bo@example.com", "state": "absent"}], "limits": {"delete": 0}},
    ),
    "pruning without a scope": Mistake(
        ["prune_scope: is needed with prune", "prune_scope: all"], options={"prune": "delete"},
    ),
    "pruning everybody": Mistake(
        ["pruning would remove every user", "Set allow_empty=true"],
        options={"prune": "delete", "prune_scope": "all", "users": []},
    ),
    "an empty plan": Mistake(
        ["plan: is given, but empty", "Give the plan of a check run"], "plan", {"plan": ""},
    ),
    "a plan that is missing": Mistake(
        ["plan: is required", "SUPEROFFICE_PLAN_REQUIRED", "Make a plan"], "plan",
        {"plan_required": True},
    ),
    "a plan file that does not exist": Mistake(
        ["plan /nowhere/plan.json", "No such file", "superoffice.crm.plan"], "plan",
        {"plan": "/nowhere/plan.json"},
    ),
}  # fmt: skip

#           the file, its content, the option src, what the message says
FILES = {
    "a wrong folder": ("other/a.yml", "users: []", ["users: cannot be read", "No such", "Set src"]),
    "an empty folder": ("users/.keep", "", ["users: holds no .yml", "Set src"]),
    "an empty file": ("users/a.yml", "", ["a.yml: must be a mapping", "empty", "users: []"]),
    "a list": ("users/a.yml", "- user_name: bo\n", ["it is a list", "Write users: above it"]),
    "a key with a typo": ("users/a.yml", "user:\n  - user_name: b\n", ["did you mean 'users'?"]),
    "another kind of file": ("users/a.txt", "bo", ["is not a definition file", "leading dot"]),
    "an indentation": (
        "users/a.yml", "users:\n  - user_name: bo\n    role: x\n   is_active: true\n",
        ["a.yml:4: is not valid YAML", "check the indentation"],
    ),
    "a tab": ("users/a.yml", "users:\n\t- user_name: bo\n", ["a.yml:2:", "spaces", "tabs"]),
    "an open quote": (
        "users/a.yml", "users:\n  - user_name: 'bo\n    role: x\n",
        ["the quote that begins in line 2 is not closed"],
    ),
    "a colon": ("users/a.yml", "users:\n  - role: a: b\n", ["a.yml:2:", "': ' in quotes"]),
    "a key twice": ("users/a.yml", "users:\n  - role: a\n    role: b\n", ["a.yml:3: duplicate"]),
    "another encoding": ("users/a.yml", "users: [] # ø", ["is not UTF-8", "Save it as UTF-8"]),
    "a vaulted file": ("users/a.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162", ["vars_files", "options"]),
    "a vaulted password": (
        "users/a.yml", "users:\n  - user_name: bo\n    password: !vault |\n      $ANSIBLE_VAULT\n",
        ["a.yml:2", "opened only for variables", "option passwords"],
    ),
    "a template": (
        "users/a.yml", "users:\n  - user_name: bo\n    role: '{{ x }}'\n",
        ["a.yml:2", "role cannot be a template", "!unsafe"],
    ),
}  # fmt: skip


@pytest.fixture
def filled(server: NetServer) -> NetServer:
    """Anna has no login, Bo has one, Finn is retired, Eva has no login; a clerk has no right."""
    tenant = server.tenant
    for person_id, name in enumerate(("Anna", "Bo", "Finn", "Eva"), start=1001):
        tenant.add_person(first_name=name, person_id=person_id)
    tenant.retire_person(1003)
    tenant.add_external_user("bo@example.com", person_id=1002, role_id=tenant.role_id("Partner"))
    tenant.add_internal_user("clerk", password=CLERK_PASSWORD)
    return server


def make(mistake: Mistake, server: NetServer, connection: Result) -> Result:
    """Make a mistake, for real, and return the result."""
    user = {name: value for name, value in {**ANNA, **mistake.user}.items() if value is not None}
    places = {"origin": server.url.rpartition("/")[0], "host": server.url.removeprefix("http")}
    places["host"] = places["host"].rpartition("/")[0]
    given = {"users": [user], **connection, **mistake.options}
    options = {
        name: value.format(**places) if name == "url" and value else value
        for name, value in given.items()
        if value is not None
    }
    with server.using(**mistake.choices):
        if mistake.fault:
            fault = dict(mistake.fault)
            server.faults.add(fault.pop("kind"), operation="*", times=None, **fault)
        try:
            return run_in_process(BULK, options, False)
        finally:
            server.faults.clear()


def check(result: Result, mistake: Mistake) -> None:
    assert result["failed"] is True
    for words in mistake.says:
        assert words in result["msg"], result["msg"]
    assert result["error"]["kind"] == mistake.kind
    assert "Traceback" not in json.dumps(result)


@pytest.mark.parametrize("mistakes", [CONNECTION, DEFINITIONS], ids=["connection", "definitions"])
def test_each_mistake_is_told_with_reason_setting_and_next_step(
    mistakes: dict[str, Mistake],
    filled: NetServer,
    connection: Result,
    monkeypatch: pytest.MonkeyPatch,
    subtests: Any,
) -> None:
    before = filled.tenant.snapshot()
    for name, mistake in mistakes.items():
        with subtests.test(name), monkeypatch.context() as patch:
            for variable, value in mistake.environment.items():
                patch.setenv(variable, value)
            check(make(mistake, filled, connection), mistake)
            assert filled.tenant.snapshot() == before


def test_each_unusable_file_is_told_with_line_and_next_step(
    run: Run, tmp_path: Path, subtests: Any
) -> None:
    for number, (name, (path, text, says)) in enumerate(FILES.items()):
        with subtests.test(name):
            folder = tmp_path / str(number)
            file = folder / path
            file.parent.mkdir(parents=True)
            file.write_bytes(text.encode("latin-1"))
            result = run(BULK, src=[str(folder / "users")])
            assert result["failed"] is True
            for words in says:
                assert words in result["msg"], result["msg"]


def test_each_unusable_plan_is_told_with_the_next_step(
    filled: NetServer, run: Run, connection: Result, tmp_path: Path
) -> None:
    plan = run(BULK, check=True, users=[ANNA])["plan"]
    edited = copy.deepcopy(plan)
    edited["entries"][0]["after"]["role"] = "Vendor"
    empty = tmp_path / "plan.json"
    empty.write_text("")
    changed = [{**ANNA, "is_active": False}]
    with NetServer(admin=ADMIN) as other:
        elsewhere = {**connection, "url": other.url}
        results = {
            "its checksum differs). Make a new plan": run(BULK, users=[ANNA], plan=edited),
            "give what a check run returns in `plan`": run(BULK, users=[ANNA], plan={"a": 1}),
            "is an empty file. Give the plan": run(BULK, users=[ANNA], plan=str(empty)),
            "definition has changed since the plan was made. Make a new plan": run(
                BULK, users=changed, plan=plan
            ),
            f"this is {other.url}/api. Check url (SUPEROFFICE_URL), or make a plan": run_in_process(
                BULK, {**elsewhere, "users": [ANNA], "plan": plan}, False
            ),
        }
        assert other.journal.writes == []
    for words, result in results.items():
        assert result["failed"] is True
        assert words in result["msg"]
    assert filled.journal.writes == []


LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
#                      names of the certificate, is it known, more arguments, what the message says
CERTIFICATES: dict[str, tuple[str, bool, dict[str, Any], list[str]]] = {
    "of a stranger": ("127.0.0.1", False, {}, ["Set ca_path to your CA file", "SUPEROFFICE_CA_P"]),
    "expired": (
        "127.0.0.1", True,
        {"not_before": LONG_AGO, "not_after": LONG_AGO + datetime.timedelta(days=1)},
        ["certificate has expired", "Renew the certificate on the server"],
    ),
    "of another name": (
        "crm.example.com", True, {},
        # "mismatch"; older versions of urllib3 say "doesn't match"
        ["match", "Use a name in url (SUPEROFFICE_URL)"],
    ),
}  # fmt: skip


def test_each_unusable_certificate_is_told_with_its_own_remedy(
    connection: Result, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name, is_known, validity, says in CERTIFICATES.values():
        issued = authority.issue_cert(name, **validity)
        both = tmp_path / "server.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(str(both))
        with NetServer(admin=ADMIN, tls=(str(both), str(both))) as server:
            options = {**connection, "url": server.url}
            if is_known:
                options["ca_path"] = str(tmp_path / "ca.pem")
            result = run_in_process("superoffice_role_info", options, False)
            assert result["error"]["kind"] == "tls"
            for words in ["Could not establish a trusted TLS connection to", *says]:
                assert words in result["msg"], result["msg"]


def test_login_that_a_proxy_requires_is_told_for_http_and_https(
    filled: NetServer, connection: Result
) -> None:
    target = filled.url.split("/")[2]
    with http_proxy(target, login="me:secret") as proxy:
        for url in (filled.url, "https://crm.example.com/SuperOffice"):
            options = {**connection, "url": url, "proxy": f"http://{proxy.address}", "retries": 4}
            result = run_in_process("superoffice_role_info", options, False)
            assert "The proxy requires a login (HTTP 407" in result["msg"]
            assert "in proxy (SUPEROFFICE_PROXY), as in http://USER:PASSWORD@" in result["msg"]
            assert result["error"]["kind"] == "unreachable"
        assert len(proxy.requests) == 2  # repeating it would not help


#            variables of the role, what the play fails with
OF_THE_ROLE: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"external_users_url": ""}, ["Variables of the role: external_users_url."]),
    (
        {"external_users_auth_password": "wrong-password", "external_users_users": [ANNA]},
        ["Login to", "Variables of the role: external_users_auth_password, external_users_auth_us"],
    ),
    (
        {"external_users_users": [{"user_name": "bo@example.com", "state": "absent"}],
         "external_users_limits": {"delete": 0}},
        ["Rejected: 1 finding", "Set limits.delete", "Variables of the role: external_users_lim"],
    ),
    ({"external_users_limit": {}}, ["external_users_limit is unknown", "external_users_limits?"]),
    ({"external_users_src": "nowhere"}, ["nowhere: cannot be read", "external_users_src."]),
)  # fmt: skip


@pytest.mark.parametrize(("variables", "says"), OF_THE_ROLE)
def test_role_fails_with_the_reason_and_its_own_variables(
    variables: dict[str, Any], says: list[str], filled: NetServer, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "ANSIBLE_NOCOLOR": "1",
        "SUPEROFFICE_URL": filled.url,
        "SUPEROFFICE_USERNAME": ADMIN[0],
        "SUPEROFFICE_PASSWORD": ADMIN[1],
    }
    command = [sys.executable, "-m", "ansible", "playbook", "superoffice.crm.apply"]
    done = subprocess.run(
        [*command, "-e", json.dumps(variables)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2, done.stdout
    # the reason is in the block of text, once; the variables are in the message of the failed task
    shown = " ".join(done.stdout.split())
    for words in says:
        assert words in shown
    assert filled.journal.writes == []


def texts_for_people(value: Any) -> Iterator[str]:
    """Yield what Ansible prints of a result as text: messages, warnings, and the diff."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "diff":
                yield from strings_in(item)
            elif name in ("msg", "message", "where"):
                yield str(item)
            elif name == "warnings":
                yield from item
            else:
                yield from texts_for_people(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_for_people(item)


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings_in(item)
    elif isinstance(value, str):
        yield value


def hostile_tasks(run: Run, text: str, person: int) -> Iterator[dict[str, Any]]:
    bulk, single = "superoffice_external_users", "superoffice_external_user"
    new = {"user_name": text, "person_id": person, "role": text}
    prune: dict[str, Any] = {"prune": "deactivate", "prune_scope": {"companies": [text]}}
    yield run(bulk, users=[{"user_name": "anna"}], limits={"deactivate": 9}, **prune)
    yield run(bulk, users=[{"user_name": "anna"}], limits={"deactivate": 0}, **prune)
    yield run(bulk, users=[{"user_name": "anna", "owner": text}], check=True, **prune)
    yield run(bulk, users=[new, {text: text}], passwords={text: "Any-password-1"})
    yield run(bulk, src=[text.replace("\0", "")], only=[text], protect=[text])
    yield run(single, user_name="anna", is_active=False)
    yield run(single, **new)
    yield run(single, user_name="new", person_name=text, company=text)
    yield run(single, user_name="anna", state="absent", check=True)
    yield run(single, associate_id=1, user_name=text, unknown=text)
    yield run("superoffice_person_info", company=text)
    yield run("superoffice_external_user_info", role=text, url=f"http://127.0.0.1:1/{text}")


def test_nothing_of_others_is_more_than_text_in_a_message(
    server: NetServer, tenant: Any, run: Run, subtests: pytest.Subtests
) -> None:
    """The text is a name, a role, a company, a path, and what the service says."""
    for text in HOSTILE:
        known = text.encode("utf-8", "replace").decode().replace("\0", "")
        with subtests.test(text=text):
            server.reset()
            company = tenant.add_contact(known)
            person = tenant.add_person(last_name=known, contact_id=company)
            tenant.add_external_user("anna", role_id=5)
            tenant.add_external_user(known, person_id=person, role_id=5)
            body = json.dumps({"Error": True, "ErrorType": "SoException", "Message": known})
            for operation in ("SetExternalUserInfo", "CreateExternalUser"):
                server.faults.add("status", operation=operation, status=400, body=body, times=None)
            results = list(hostile_tasks(run, known, tenant.add_person()))
            assert sum(bool(result.get("failed")) for result in results) >= 6
            shown = [line for result in results for line in texts_for_people(result)]
            for line in "\n".join(shown).split("\n"):
                assert is_harmless_line(line), line


def test_long_names_and_messages_are_shortened_in_the_middle(
    server: NetServer, tenant: Any, run: Run
) -> None:
    name = f"begin-{'x' * 9000}-end"
    tenant.add_external_user(name, role_id=5)
    said = f"the reason {'y' * 50_000} the end"
    body = json.dumps({"Error": True, "ErrorType": "SoException", "Message": said})
    server.faults.add("status", operation="SetExternalUserInfo", status=400, body=body, times=None)
    single = run("superoffice_external_user", user_name=name, is_active=False)
    users = [{"user_name": name, "is_active": False}]
    bulk = run("superoffice_external_users", users=users)
    for message in (single["msg"], bulk["results"][0]["error"]["msg"]):
        assert len(message) <= 2100
        for part in ("External user 'begin-", "-end'", "the reason yyy", "the end", "Nothing was"):
            assert part in message
