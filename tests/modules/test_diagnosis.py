# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""superoffice_installation_info: checks, their advice, the profile, and its imitation."""

from __future__ import annotations

import contextlib
import email.utils
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import trustme
from ansible_collections.superoffice.crm.plugins.module_utils.diagnosis import profile, run
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.diagnosis import (
    diagnosis_document,
    files_of_diagnosis,
)
from ansible_collections.superoffice.crm.plugins.plugin_utils.report.model import ReportError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.modules.conftest import ADMIN
from tests.modules.execution_paths import Result, run_in_process
from tests.netserver import NetServer
from tests.netserver.profile import CHOICES, PROFILE_VERSION, check_choice, load_profile
from tests.netserver.server import Tls
from tests.reliability.fault_proxy import ProxiedRequest, ProxiedResponse, fault_proxy

MODULE = "superoffice_installation_info"
READING = {"api", "api/v1", "GetAllRoles", "GetUser", "GetUserInfoList", "GetUserFromName"}
READING |= {"IsUserNameValidWithReason", "IsPasswordValidWithReason"}
READING |= {"GetSupportedChangePasswordTypes", "User/currentPrincipal", "User/currentToken"}
PASSWORD = "Password-of-a-Login-1"
MOST_REQUESTS = 40


@pytest.fixture(scope="module")
def running() -> Iterator[NetServer]:
    with NetServer(users=5, persons=2, admin=ADMIN) as server:
        yield server


@pytest.fixture
def server(running: NetServer) -> Iterator[NetServer]:
    yield running
    running.reset()


def diagnosed(server: NetServer, **options: Any) -> Result:
    connection = {"url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    result = run_in_process(MODULE, {**connection, "retries": 0, **options}, False)
    assert "failed" not in result, result
    return result


def statuses(result: Result) -> dict[str, str]:
    return {check["name"]: check["status"] for check in result["checks"]}


def choices_of(result: Result) -> dict[str, str]:
    found = dict(result["profile"])
    assert found.pop("profile_version") == PROFILE_VERSION
    return found


def test_a_usual_installation_passes_and_is_only_read(server: NetServer) -> None:
    before = server.tenant.snapshot()
    result = diagnosed(server)
    found = statuses(result)
    assert set(found.values()) == {"passed", "skipped"}
    assert [name for name, status in found.items() if status == "skipped"] == [
        "retired_users",
        "flags",
    ]
    assert server.tenant.snapshot() == before
    assert server.journal.writes == []
    operations = {entry.operation for entry in server.journal.entries}
    assert {one for one in operations if not one.startswith("Archive/")} <= READING
    assert sum(result["requests"].values()) == len(server.journal.entries) <= MOST_REQUESTS
    assert result["installation"] == {"address": server.url, "version": "11.13.9000.1"}
    assert result["login"] == {
        "name": ADMIN[0],
        "type": "SystemAssociate",
        "may_manage_external_users": True,
    }


def test_checks_have_different_names_and_know_their_needs() -> None:
    names = [check.name for check in run.all_checks()]
    assert len(set(names)) == len(names)
    for position, check in enumerate(run.all_checks()):
        assert set(check.needs) <= set(names[:position]), check.name


# --- each check fails where its assumption does not hold, and its advice repairs that

Rule = Callable[[ProxiedRequest, Callable[[], ProxiedResponse]], Any]


class Case:
    """What is wrong with an installation: how it comes about, what the check says of it."""

    def __init__(
        self,
        words: str,
        *,
        status: str = "warning",
        choices: dict[str, str] | None = None,
        fault: tuple[str, str, dict[str, Any]] | None = None,
        change: Callable[[NetServer], object] | None = None,
        options: Result | None = None,
        proxy: Callable[[ProxiedResponse], None] | None = None,
        after: Callable[[Any], bool] | None = None,
    ) -> None:
        self.words, self.status = words, status
        self.choices, self.fault, self.change = choices, fault, change
        self.options, self.proxy, self.after = options, proxy, after

    @contextlib.contextmanager
    def broken(self, server: NetServer) -> Iterator[Result]:
        """Make it wrong, and yield the options of the task."""
        options = dict(self.options or {})
        if self.choices:
            server.choose(**self.choices)
        if self.change:
            self.change(server)
        if self.fault:
            kind, operation, more = self.fault
            skip = more.pop("skip", 0) if "skip" in more else 0
            if self.after:
                skip = requests_before(server, operation, self.after)
            server.faults.add(kind, operation=operation, skip=skip, **more)
        if self.proxy is None:
            yield options
            return
        alter = self.proxy

        def rule(_request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Any:
            response = forward()
            alter(response)
            return response

        with fault_proxy(server.url, rule) as proxy:
            yield {**options, "url": proxy.url}


def requests_before(server: NetServer, operation: str, is_meant: Callable[[Any], bool]) -> int:
    """Return how many requests for an operation come before the one that is meant."""
    mark = server.journal.mark()
    diagnosed(server)
    entries = [one for one in server.journal.since(mark) if one.operation == operation]
    return next(number for number, one in enumerate(entries) if is_meant(one))


def aged(response: ProxiedResponse) -> None:
    response.headers["Age"] = "120"


def with_cookie(response: ProxiedResponse) -> None:
    response.headers["Set-Cookie"] = "Server=secret-node-of-acme; path=/"


def late(response: ProxiedResponse) -> None:
    headers = {name: value for name, value in response.headers.items() if name.lower() != "date"}
    response.headers.clear()
    response.headers.update(headers, Date=email.utils.formatdate(time.time() - 900, usegmt=True))


def add_employee(server: NetServer) -> None:
    server.tenant.add_internal_user("EMPLOYEE", password=PASSWORD)


def add_external(server: NetServer) -> None:
    server.tenant.add_external_user("outside", role_id=5, password=PASSWORD)


def double_role(server: NetServer) -> None:
    server.tenant.add_role("Partner", "ExternalUser")


def other_name(server: NetServer) -> None:
    server.tenant.update_associate(103, name="EXT103")


def is_lookup(text: str) -> Callable[[Any], bool]:
    return lambda entry: text in str(entry.query)


EMPTY: dict[str, Any] = {"times": None}
OTHER_USER = json.dumps({"AssociateId": 7, "Name": "x", "UserName": "x", "Type": 3})
CASES: dict[str, list[Case]] = {
    "address": [Case("Set url", status="failed", options={"url": "/Wrong"})],
    "version": [
        Case("in its place", fault=("garbage", "api", {"body": "{}"})),
        # the WebAPI responds all the same
        Case("in its place", fault=("status", "api", {"status": 404})),
    ],
    "login_scheme": [Case("anonymous authentication in IIS", choices={"challenge": "windows"})],
    "login": [
        Case("auth_password", status="failed", options={"auth_password": "wrong-Password-1"}),
        Case("anonymous authentication", status="failed", choices={"challenge": "windows-only"}),
    ],
    "rights": [
        Case("Allow administration of external users", change=add_employee,
             options={"auth_username": "EMPLOYEE", "auth_password": PASSWORD}),
        Case("a system user", status="failed", change=add_external,
             options={"auth_username": "outside", "auth_password": PASSWORD}),
    ],
    "user_agent": [
        Case("onsite installation", status="failed", choices={"user_agent": value})
        for value in ("online-401", "online-403", "online-404", "online-object")
    ],
    "roles": [
        Case("role_id", change=double_role),
        Case("Create a role", status="failed", fault=("garbage", "GetAllRoles", {"body": "[]"})),
    ],
    "users": [
        Case("may read the archive", status="failed",
             fault=("status", "Archive/ExternalUsers", {"status": 403, "times": None})),
    ],
    "columns": [
        Case("diagnosis.md", choices={"name_columns": "missing"}),
        Case("diagnosis.md", choices={"name_columns": "missing", "unknown_column": "error",
                                      "count_property": "error"}),
        Case("log of the service", status="failed", after=is_lookup("canLogin"),
             fault=("drop_before", "Archive/ExternalUsers", {})),
    ],
    "paging": [
        Case("query string", status="failed", after=is_lookup("'$skip': '1'"),
             fault=("empty_page", "Archive/ExternalUsers", {})),
    ],
    "role_texts": [Case("performance.md", choices={"role_text": "id"})],
    "key": [
        Case("Do not change users", status="failed", fault=("garbage", "GetUser", {"body": body}))
        for body in ("null", OTHER_USER)
    ],
    "names": [
        Case("in the case", choices={"name_comparison": "exact"}),
        Case("associate_id", status="failed", fault=("garbage", "GetUserFromName",
                                                     {"body": "null", "times": None})),
    ],
    "filters": [
        Case("query string", status="failed", after=is_lookup("USER00001"),
             fault=("empty_page", "Archive/ExternalUsers", {"times": 2})),
    ],
    "escaping": [
        Case("backslash", status="failed",
             after=lambda entry: "x\\'y" in str(entry.query.get("$filter")),
             fault=("status", "Archive/ExternalUsers", {"status": 400})),
    ],
    "errors": [
        Case("diagnosis.md",
             fault=("garbage", "GetSupportedChangePasswordTypes", {"body": '{"odd": 1}'})),
        Case("proxy", status="failed", after=is_lookup("'x'"),
             fault=("garbage", "GetUser", {"body": "null"})),
    ],
    "unknown_ids": [
        Case("diagnosis.md", status="failed", after=is_lookup("2147483647"),
             fault=("status", "GetUser", {"status": 500})),
    ],
    "own_user": [Case("prune_scope", choices={"internal_listed": "yes"})],
    "validation": [
        Case("administer external users", status="failed",
             fault=("status", "IsUserNameValidWithReason", {"status": 403})),
        Case("first write", fault=("garbage", "IsUserNameValidWithReason", {"body": "null"})),
        Case("first write", fault=("status", "Is*ValidWithReason",
                                   {"status": 404, "body": "{}", "times": None})),
    ],
    "persons": [
        Case("may see all persons", status="failed", fault=("empty_page", "Archive/Person", {})),
        Case("person_id", status="failed",
             fault=("empty_page", "Archive/Person", {"skip": 1})),
    ],
    "last_login": [
        Case("archive 'dynamic'", choices={"dynamic_archive": value})
        for value in ("missing", "refused")
    ],
    "login_names": [Case("userName in definitions", change=other_name)],
    "query_length": [Case("maxQueryString", status="failed", choices={"query_limit": "1100"})],
    "firewall": [
        Case("942100", choices={"firewall": "query"}),
        *(
            Case("942100", after=is_lookup("or userN"), fault=(kind, "Archive/ExternalUsers", how))
            for kind, how in (
                ("status", {"status": 419, "body": "<html>", "times": None}),
                ("html", {"times": None}),
                ("redirect", {"times": None}),
                ("drop_before", {"times": None}),
            )
        ),
    ],
    "retired_users": [
        Case("log of the service", status="failed", after=is_lookup("deleted = 1"),
             fault=("status", "Archive/dynamic", {"status": 400})),
    ],
    "password_mail": [Case("outgoing mail", choices={"password_mail": "not-supported"})],
    "tokens": [Case("auth_exchange_token", choices={"bearer": "refused"})],
    "unknown_columns": [Case("queries of your own", choices={"unknown_filter_column": "ignore"})],
    "trimming": [
        Case("log of the service", status="failed",
             fault=("status", "IsUserNameValidWithReason", {"status": 400, "skip": 1})),
    ],
    "defaults": [
        Case("log of the service", status="failed",
             after=lambda entry: "$orderBy" not in entry.query and "'3'" in str(entry.query),
             fault=("drop_before", "Archive/ExternalUsers", {})),
    ],
    "forms": [
        Case("log of the service", status="failed", after=is_lookup("Wide"),
             fault=("drop_before", "Archive/ExternalUsers", {})),
    ],
    "properties": [
        Case("log of the service", status="failed",
             fault=("drop_before", "GetAllRoles", {"skip": 1})),
    ],
    "proxy": [Case("cache", proxy=aged), Case("load balancer", proxy=with_cookie)],
    "clock": [Case("NTP", proxy=late)],
    "latency": [
        Case("concurrency", options={"retries": 1},
             fault=("status", "GetUserInfoList", {"status": 429, "retry_after": 0})),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "status"), [("userName", "passed"), ("isActive", "failed")])
def test_one_column_with_the_login_name_is_enough(
    name: str, status: str, server: NetServer
) -> None:
    columns = {"PrimaryKey": "1", "personId": 1, "userName": "a", "assocName": "a", "role": "x",
               "isActive": True}  # fmt: skip
    page = json.dumps({"value": [{key: columns[key] for key in columns if key != name}]})
    server.faults.add("garbage", operation="Archive/ExternalUsers", body=page)
    assert statuses(diagnosed(server))["users"] == status


def test_service_that_refuses_nothing_does_not_tell_the_form_of_errors(server: NetServer) -> None:
    server.faults.add("garbage", operation="GetSupportedChangePasswordTypes", body='["Email"]')
    result = diagnosed(server)
    assert statuses(result)["errors"] == "skipped"
    assert "errors" not in result["profile"]


def test_last_logins_do_not_need_the_names_of_the_table(server: NetServer) -> None:
    server.faults.add("status", operation="Archive/dynamic", status=400, times=1)
    result = diagnosed(server)
    assert statuses(result)["last_login"] == "passed"
    assert result["profile"]["dynamic_archive"] == "served"


def test_ids_may_be_strings(server: NetServer) -> None:
    first = min(user.associate_id for user in server.tenant.users() if user.is_external)
    body = json.dumps({"AssociateId": str(first)})
    server.faults.add("garbage", operation="GetUserFromName", body=body, times=None)
    assert statuses(diagnosed(server))["names"] == "passed"


@pytest.mark.parametrize("empty", ["null", "derived"])
def test_installation_whose_column_user_name_is_empty_has_no_failed_check(empty: str) -> None:
    choices = {"name_column": "name", "empty_user_name": empty}
    with NetServer(users=3, admin=ADMIN, profile=choices) as server:
        assert "failed" not in statuses(diagnosed(server)).values()


@pytest.mark.parametrize(
    "name", [check.name for check in run.all_checks() if check.name not in ("tls", "flags")]
)
def test_a_check_fails_where_its_assumption_does_not_hold(name: str, server: NetServer) -> None:
    for case in CASES[name]:
        with case.broken(server) as options:
            if options.get("url", "").startswith("/"):
                options["url"] = server.url + options["url"]
            found = {check["name"]: check for check in diagnosed(server, **options)["checks"]}
        assert found[name]["status"] == case.status, found[name]
        assert case.words in found[name]["remedy"], found[name]
        assert found[name]["detail"].endswith((".", "examined"))
        server.reset()
        repaired = statuses(diagnosed(server))
        assert repaired[name] in ("passed", "skipped"), (name, repaired[name])


def test_an_untrusted_certificate_fails_until_ca_path_is_set(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, key, ca = (tmp_path / name for name in ("cert.pem", "key.pem", "ca.pem"))
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    with NetServer(users=2, admin=ADMIN, tls=Tls(certificate, key)) as server:
        result = diagnosed(server)
        first = result["checks"][0]
        assert (first["name"], first["status"]) == ("tls", "failed")
        assert "ca_path" in first["remedy"]
        assert "127.0.0.1" not in json.dumps(result["checks"])
        assert {check["status"] for check in result["checks"][1:]} == {"skipped"}
        assert statuses(diagnosed(server, ca_path=str(ca)))["tls"] == "passed"
        unchecked = diagnosed(server, validate_certs=False)["checks"][0]
        assert unchecked["status"] == "warning"
        assert "validate_certs" in unchecked["remedy"]


@pytest.mark.parametrize("method", ["soticket", "bearer", "xsrf"])
def test_any_method_of_authentication_is_examined(method: str, server: NetServer) -> None:
    tenant, name = server.tenant, ADMIN[0]
    cookie, token = tenant.issue_session(name)
    credentials: dict[str, Result] = {
        "soticket": {"auth_ticket": tenant.issue_ticket(name)},
        "bearer": {"auth_token": tenant.issue_token(name)},
        "xsrf": {"auth_cookie": cookie, "xsrf_token": token},
    }
    options = {"auth_method": method, **credentials[method]}
    result = diagnosed(server, **options)
    assert "failed" not in statuses(result).values()
    text = json.dumps(result)
    assert not [one for one in credentials[method].values() if one in text]
    tenant.expire_sessions()
    check = next(c for c in diagnosed(server, **options)["checks"] if c["name"] == "login")
    assert check["status"] == "failed"
    assert "expire" in check["remedy"]


def test_an_unreachable_address_fails_and_the_rest_is_skipped(server: NetServer) -> None:
    result = diagnosed(server, url="http://127.0.0.1:9/SuperOffice")
    found = statuses(result)
    assert found.pop("address") == "failed"
    assert found.pop("tls") == "passed"
    assert set(found.values()) == {"skipped"}
    assert result["installation"]["version"] is None
    assert result["login"]["name"] is None


def test_an_installation_without_users_is_examined_as_far_as_possible(server: NetServer) -> None:
    for user in server.tenant.users():
        if user.is_external:
            server.tenant.remove_user(user.associate_id)
    found = diagnosed(server)
    assert "failed" not in statuses(found).values()
    assert "Create an external user" in next(
        check["remedy"] for check in found["checks"] if check["name"] == "key"
    )


# --- few requests


@pytest.mark.parametrize("choices", [
    {},
    {"page_cap": "100", "next_link": "none"},
    {"page_cap": "1", "filter_case": "sensitive", "name_comparison": "accent-insensitive",
     "wide_mode": "error", "query_limit": "600", "dynamic_archive": "refused"},
])  # fmt: skip
def test_many_users_need_at_most_forty_requests(choices: dict[str, str]) -> None:
    with NetServer(users=2500, admin=ADMIN, profile=choices) as server:
        result = diagnosed(server, retries=4)
        assert sum(result["requests"].values()) == len(server.journal.entries) <= MOST_REQUESTS
        if "page_cap" in choices:
            assert result["profile"]["page_cap"] == choices["page_cap"]


def test_a_service_that_is_overloaded_gets_no_more_than_forty_requests(server: NetServer) -> None:
    server.faults.add("status", operation="*", status=503, retry_after=0, skip=7, times=None)
    result = diagnosed(server, retries=4)
    assert len(server.journal.entries) <= MOST_REQUESTS
    assert "failed" in statuses(result).values()


# --- the profile

TIMED = {"throttle", "parallel", "login_milliseconds", "session_requests", "session_seconds"}
NUMBERS = {
    "page_cap": ("none", "1", "2", "3", "500"),
    "query_limit": ("none", "600", "1100", "1800", "2048", "3000"),
    "default_page": ("1000", "2", "none"),
    "lockout": ("none", "1"),
    "read_lag": ("none", "2"),
}
VALUES = {
    name: NUMBERS.get(name) or tuple(choice.values)
    for name, choice in CHOICES.items()
    # name_column decides on names when users are created, before the diagnosis
    if name not in TIMED | {"name_column"}
}
# what ends a diagnosis early, or hides most of it: less often
SELDOM = ("user_agent", "challenge", "query_limit", "errors")


@st.composite
def random_choices(draw: st.DrawFn) -> dict[str, str]:
    """Draw a few choices, or all of them."""
    names = (
        sorted(VALUES) if draw(st.booleans()) else draw(st.lists(st.sampled_from(sorted(VALUES))))
    )
    chosen = {name: draw(st.sampled_from(VALUES[name])) for name in names}
    for name in SELDOM:
        if draw(st.integers(0, 3)):
            chosen.pop(name, None)
    return chosen


def prepared(server: NetServer, choices: dict[str, str]) -> None:
    """Reset a server, and give it a login with the right to administer external users only."""
    server.reset()
    server.tenant.add_internal_user(
        "MANAGER", password=PASSWORD, functional_rights=("admin-extern-user",)
    )
    server.choose(**choices)


def imitate(server: NetServer, examples: int, login: str) -> None:
    options: Result = {}
    if login == "manager":
        options = {"auth_username": "MANAGER", "auth_password": PASSWORD}

    # to shrink an example takes longer than to understand it
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.generate),
    )
    @given(choices=random_choices())
    def compare(choices: dict[str, str]) -> None:
        prepared(server, choices)
        found = choices_of(diagnosed(server, **options))
        assert len(server.journal.entries) <= MOST_REQUESTS
        prepared(server, found)
        assert choices_of(diagnosed(server, **options)) == found
        for name, value in found.items():
            assert check_choice(name, value) == value

    compare()


@pytest.mark.parametrize("login", ["system", "manager"])
def test_the_imitation_of_a_profile_has_the_same_profile(login: str, server: NetServer) -> None:
    imitate(server, 15, login)


@pytest.mark.slow
@pytest.mark.parametrize("login", ["system", "manager"])
def test_the_imitation_of_many_profiles_has_the_same_profile(login: str, server: NetServer) -> None:
    imitate(server, 300, login)


# values that a client cannot tell from another one, and the one that it reports
ALIKE = {("password_mail", "fails"): "supported", ("role_text", "raw"): "translated"}


@pytest.mark.slow
def test_each_choice_of_a_profile_is_told_apart(server: NetServer) -> None:
    for name, values in profile.CHOICES.items():
        if name in profile.PROBED or name in ("unmanaged_user", "missing_right"):
            continue
        for value in NUMBERS.get(name) or values:
            choices = {name: value}
            if name == "missing_right_error":
                choices["dynamic_archive"] = "refused"
            if name == "empty_user_name":
                choices["name_column"] = "name"
            if name == "unknown_id" and value == "error":
                choices["errors"] = "http"
            if name in ("name_column", "empty_user_name"):
                with NetServer(users=3, admin=ADMIN, profile=choices) as other:
                    found = choices_of(diagnosed(other)).get(name)
                assert found == value
                continue
            prepared(server, choices)
            if name == "retired_listed":
                server.tenant.change_user(105, deleted=True)
            if name == "can_login":
                server.tenant.update_associate(103, password=None)
            if name == "person_addresses":
                server.tenant.change_addresses(1001, ["a@example.com", "b@example.com"])
            found = choices_of(diagnosed(server)).get(name)
            if profile.NUMBER in values:
                continue
            assert found == ALIKE.get((name, value), value), (name, value)


def test_the_table_of_the_profile_is_that_of_the_server() -> None:
    assert profile.VERSION == PROFILE_VERSION
    for name, values in profile.CHOICES.items():
        for value in values:
            assert value in CHOICES[name].values, (name, value)


def test_a_server_imitates_a_diagnosis(tmp_path: Path) -> None:
    with NetServer(users=3, admin=ADMIN, profile={"errors": "null", "page_cap": "2"}) as server:
        result = diagnosed(server)
    for content in (result, {"profile": result["profile"]}, result["profile"]):
        file = tmp_path / "diagnosis.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        assert load_profile(file) == choices_of(result)


# --- probe_user

PROBED = "anna@example.com"


@pytest.fixture
def probed(server: NetServer) -> NetServer:
    """A server with users who may be written to, and users who may not."""
    tenant = server.tenant
    tenant.add_external_user(PROBED, role_id=5, password=PASSWORD)
    tenant.add_external_user("inactive@example.com", role_id=5, is_active=False)
    retired = tenant.add_external_user("retired@example.com", role_id=5)
    tenant.change_user(retired, deleted=True)
    tenant.add_external_user("former@example.com", role_id=9)
    server.journal.clear()
    return server


def flags_of(result: Result) -> dict[str, Any]:
    return next(check for check in result["checks"] if check["name"] == "flags")


def written_flags(server: NetServer) -> list[Any]:
    return [entry.argument("ExternalUserInfoModification") for entry in server.journal.writes]


@pytest.mark.parametrize(("choices", "learned", "sent"), [
    ({}, {"flags": "any"}, ["Role, Active", 12]),
    ({"flags": "names"}, {"flags_refusal": "message"}, ["Role, Active", 12]),
    ({"flags": "integer", "flags_refusal": "object"}, {}, ["Role, Active", 12]),
    ({"flags": "single", "flags_refusal": "server-error"}, {}, ["Role, Active", 12, "Active"]),
    ({"flags": "single", "flags_refusal": "null", "void_reply": "null-204"}, {},
     ["Role, Active", 12, "Active"]),
    ({"flags": "names", "malformed": "200", "void_reply": "empty-200"}, {}, ["Role, Active", 12]),
    # where both are answered alike, a client cannot tell them apart
    ({"flags": "integer", "flags_refusal": "ignored"}, {"flags": "any"}, ["Role, Active", 12]),
    ({"flags_refusal": "null", "void_reply": "null-200"}, {"flags": "any"},
     ["Role, Active", 12, "Active"]),
])  # fmt: skip
def test_a_probe_learns_the_spelling_of_flags_and_changes_nothing(
    choices: dict[str, str], learned: dict[str, str], sent: list[Any], probed: NetServer
) -> None:
    probed.choose(**choices)
    before = probed.tenant.snapshot()
    result = diagnosed(probed, probe_user=PROBED.upper())
    assert result["changed"] is False
    assert flags_of(result)["status"] == "passed"
    assert written_flags(probed) == sent
    user = probed.tenant.user(PROBED)
    assert user is not None
    assert {entry.argument("AssociateId") for entry in probed.journal.writes} == {user.associate_id}
    assert probed.tenant.snapshot() == before
    assert probed.tenant.password_matches(PROBED, PASSWORD)
    expected = {name: value for name, value in choices.items() if name in profile.PROBED}
    for name, value in {**expected, **learned}.items():
        if (name, value) not in {("flags_refusal", "ignored")} and not (
            name == "flags_refusal" and choices.get("void_reply") == "null-200"
        ):
            assert result["profile"][name] == value
    found = choices_of(result)
    probed.choose(**found)
    assert choices_of(diagnosed(probed, probe_user=PROBED)) == found


@pytest.mark.parametrize(("name", "protect", "reason"), [
    ("nobody@example.com", [], "no user with the name"),
    ("RJ", [], "not an external user"),
    (ADMIN[0], [], "the calling login"),
    ("inactive@example.com", [], "inactive"),
    ("retired@example.com", [], "retired"),
    ("former@example.com", [], "role"),
    (PROBED, ["ANNA*"], "protected"),
    (PROBED, ["änna@example.com"], "protected"),
])  # fmt: skip
def test_a_probe_refuses_any_other_user(
    name: str, protect: list[str], reason: str, probed: NetServer
) -> None:
    result = diagnosed(probed, probe_user=name, protect=protect)
    check = flags_of(result)
    assert check["status"] == "failed"
    assert reason in check["detail"]
    assert "Nothing was written" in check["detail"]
    assert probed.journal.writes == []
    assert not set(profile.PROBED) & set(result["profile"])


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "truncate", "html"])
@pytest.mark.parametrize("skip", [0, 1])
def test_an_interrupted_probe_changes_nothing_and_says_so(
    fault: str, skip: int, probed: NetServer
) -> None:
    probed.choose(void_reply="null-200")
    before = probed.tenant.snapshot()
    probed.faults.add(fault, operation="SetExternalUserInfo", skip=skip)
    check = flags_of(diagnosed(probed, probe_user=PROBED))
    assert check["status"] == "failed"
    assert "nothing changed" in check["detail"]
    assert len(probed.journal.writes) <= skip + 1
    assert probed.tenant.snapshot() == before


def test_a_probe_notices_what_somebody_else_changes_meanwhile(probed: NetServer) -> None:
    def interfere(_number: int, operation: str) -> None:
        if operation == "GetUser" and probed.journal.writes:
            probed.tenant.change_user(PROBED, role_id=6)

    probed.before_request(interfere)
    check = flags_of(diagnosed(probed, probe_user=PROBED))
    assert check["status"] == "failed"
    assert "role_id" in check["detail"]
    assert "Settings and maintenance" in check["remedy"]


def test_a_probe_without_the_right_to_write_fails(probed: NetServer) -> None:
    probed.tenant.add_internal_user("EMPLOYEE", password=PASSWORD)
    options = {"auth_username": "EMPLOYEE", "auth_password": PASSWORD}
    check = flags_of(diagnosed(probed, probe_user=PROBED, **options))
    assert check["status"] == "failed"
    assert "administer external users" in check["remedy"]
    assert probed.journal.committed == []


def test_check_mode_probes_nobody(probed: NetServer) -> None:
    connection = {"url": probed.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}
    result = run_in_process(MODULE, {**connection, "probe_user": PROBED}, True)
    assert flags_of(result)["status"] == "skipped"
    assert probed.journal.writes == []
    without = run_in_process(MODULE, connection, False)
    assert [check["name"] for check in result["checks"]] == [c["name"] for c in without["checks"]]
    assert result["profile"] == without["profile"]


# --- what a bug report may contain

CANARY = "zebra"
SECRET = "Zebra-long-enough-secret-1"


def test_files_for_a_bug_report_contain_no_names_addresses_and_secrets() -> None:
    with NetServer(admin=("zebra-automation", SECRET)) as server:
        tenant = server.tenant
        company = tenant.add_contact("Zebra Trade", department="Zebra Oslo")
        role = tenant.add_role("Zebra partner", "ExternalUser", tooltip="Zebra description")
        for number in range(3):
            person = tenant.add_person(
                first_name="Zebra", last_name=f"Zebrason {number}", contact_id=company,
                email=[f"zebra{number}@zebra.example", f"second{number}@zebra.example"],
            )  # fmt: skip
            tenant.add_external_user(f"zebra{number}@zebra.example", role_id=role, person_id=person)
        options = {
            "url": server.url,
            "auth_username": "zebra-automation",
            "auth_password": SECRET,
            "app_token": f"{SECRET}-token",
            "retries": 0,
        }
        shown: list[str] = []

        def note(expected: str, **more: Any) -> None:
            result = run_in_process(MODULE, {**options, **more}, False)
            assert "failed" not in result, result
            assert expected in statuses(result).values()
            document = diagnosis_document(result)
            jsonschema.validate(document, profile.json_schema())
            shown.extend([*files_of_diagnosis(document).values(), json.dumps(result["checks"])])
            assert SECRET not in json.dumps(result)

        note("passed")
        operations = {entry.operation for entry in server.journal.entries}
        for operation in sorted(operations):
            for status in (200, 403, 500):
                server.faults.clear()
                server.faults.add("echo", operation=operation, status=status, times=None)
                note("passed")
        server.faults.clear()
        server.faults.add("redirect", operation="*", location="http://zebra.example/x", times=None)
        note("passed")
        server.faults.clear()
        note("passed", auth_password=f"{SECRET}-wrong")
        note("passed", probe_user="zebra1@zebra.example")
        note("passed", probe_user="zebra9@zebra.example")

        def rule(_request: ProxiedRequest, forward: Callable[[], ProxiedResponse]) -> Any:
            response = forward()
            response.headers.update(
                {"Server": "zebra-node-1", "Via": "1.1 zebra.internal", "X-Cache": "zebra"},
                **{"Set-Cookie": "zebra-pool=zebra", "WWW-Authenticate": "Basic realm=zebra"},
            )
            return response

        with fault_proxy(server.url, rule) as proxy:
            note("passed", url=proxy.url)
        note("passed", url="http://127.0.0.1:9/zebra")
        text = "\n".join(shown)
        assert [line for line in text.splitlines() if CANARY in line.lower()] == []
        assert "127.0.0.1" not in text


def test_a_diagnosis_of_an_unknown_form_is_refused() -> None:
    results: list[Any] = [{}, {"failed": True, "msg": "No url.", "checks": []}, None, []]
    for result in results:
        with pytest.raises(ReportError):
            diagnosis_document(result)
