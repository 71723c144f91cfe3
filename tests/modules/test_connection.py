# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection: schemes, headers, environment, TLS, proxies, redirects."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from tests.modules.conftest import ADMIN, Run
from tests.modules.execution_paths import Result, action, run_in_process
from tests.modules.http_proxy import http_proxy
from tests.netserver import NetServer
from tests.netserver.server import Tls

MODULE = "superoffice_external_user"


@pytest.fixture(autouse=True)
def anna(request: pytest.FixtureRequest) -> None:
    if "server" in request.fixturenames:
        server: NetServer = request.getfixturevalue("server")
        server.tenant.add_external_user("anna", role_id=7)


# --- who asks


def credentials(tenant: Any, scheme: str) -> Result:
    if scheme == "soticket":
        return {"auth_method": scheme, "auth_ticket": tenant.issue_ticket("automation")}
    if scheme == "bearer":
        return {"auth_method": scheme, "auth_token": tenant.issue_token("automation")}
    if scheme == "xsrf":
        cookie, token = tenant.issue_session("automation")
        return {"auth_method": scheme, "auth_cookie": cookie, "xsrf_token": token}
    return {"auth_method": scheme, "auth_username": ADMIN[0], "auth_password": ADMIN[1]}


@pytest.mark.parametrize("scheme", ["basic", "soticket", "bearer", "xsrf"])
def test_each_auth_method_reads_and_writes_without_revealing_secrets(
    scheme: str, server: NetServer, tenant: Any, journal: Any
) -> None:
    login = credentials(tenant, scheme)
    options = {"url": server.url, "user_name": "anna", "role": "Vendor", **login}
    result = run_in_process(MODULE, options, False)
    assert "failed" not in result, result["msg"]
    assert tenant.user("anna").role_id == 6
    assert {(entry.scheme, entry.login) for entry in journal.entries} == {(scheme, ADMIN[0])}
    shown = json.dumps(result)
    secrets = [
        value for name, value in login.items() if name not in ("auth_method", "auth_username")
    ]
    assert secrets
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize("scheme", ["soticket", "bearer", "xsrf"])
def test_rejected_credentials_are_reported(
    scheme: str, server: NetServer, tenant: Any, journal: Any
) -> None:
    login = credentials(tenant, scheme)
    tenant.expire_sessions()
    start = tenant.snapshot()
    options = {"url": server.url, "user_name": "anna", "role": "Vendor", **login}
    result = run_in_process(MODULE, options, False)
    assert result["error"]["kind"] == "unauthorized"
    assert "401" in result["msg"]
    assert tenant.snapshot() == start
    assert journal.writes == []


@pytest.mark.parametrize("scheme", ["basic", "soticket", "bearer", "xsrf"])
def test_application_token_is_sent_with_each_auth_method(
    scheme: str, user: Run, tenant: Any, journal: Any
) -> None:
    user(user_name="anna", app_token="application-token-1", **credentials(tenant, scheme))
    digests = {entry.app_token for entry in journal.entries}
    assert digests == {journal.digest("application-token-1")}


def test_no_application_token_is_sent_by_default(user: Run, journal: Any) -> None:
    user(user_name="anna")
    assert {entry.app_token for entry in journal.entries} == {None}


@pytest.mark.parametrize(
    ("given", "sent", "role"),
    [
        ({}, "en", "Supplier"),
        ({"language": "nb"}, "nb", "Leverandør"),
        ({"language": ""}, "en", "Supplier"),
    ],
)
def test_language_is_sent_in_both_headers(
    given: dict[str, str], sent: str, role: str, user: Run, journal: Any
) -> None:
    assert user(user_name="anna", **given)["user"]["role"] == role
    for entry in journal.entries:
        assert entry.headers["SO-Language"] == sent
        assert entry.headers["Accept-Language"] == sent
        assert entry.headers["User-Agent"].startswith("superoffice.crm/")


@pytest.mark.parametrize("end", ["", "/", "/api", "/api/", "/api/v1"])
def test_url_is_accepted_with_and_without_api_path(end: str, user: Run, server: NetServer) -> None:
    assert user(user_name="anna", url=server.url + end)["changed"] is False


# --- the environment


def as_environment(options: Result) -> dict[str, str]:
    short = {"auth_username": "USERNAME", "auth_password": "PASSWORD", "auth_ticket": "TICKET",
             "auth_token": "TOKEN", "auth_cookie": "COOKIE"}  # fmt: skip
    return {
        f"SUPEROFFICE_{short.get(name, name.upper())}": str(value)
        for name, value in options.items()
    }


@pytest.mark.parametrize("scheme", ["basic", "soticket", "bearer", "xsrf"])
def test_all_connection_options_are_read_from_the_environment(
    scheme: str, server: NetServer, tenant: Any, journal: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    options = {
        "url": server.url, **credentials(tenant, scheme), "app_token": "application-token-1",
        "language": "nb", "validate_certs": "no", "allow_http": "true", "timeout": "5",
        "retries": "0",
    }  # fmt: skip
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")  # ansible-core 2.21 leaves it out else
    for name, value in as_environment(options).items():
        monkeypatch.setenv(name, value)
    result = run_in_process(MODULE, {"user_name": "anna", "role": "Kunde"}, False)
    assert "failed" not in result, result["msg"]
    assert tenant.user("anna").role_id == 8
    assert {entry.scheme for entry in journal.entries} == {scheme}
    assert {entry.headers["SO-Language"] for entry in journal.entries} == {"nb"}
    arguments = result["invocation"]["module_args"]
    assert (arguments["timeout"], arguments["retries"]) == (5.0, 0)
    assert arguments["validate_certs"] is False
    for name, value in options.items():
        if name.startswith(("auth_p", "auth_t", "auth_c", "xsrf", "app_")):
            assert value not in json.dumps(result)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SUPEROFFICE_TIMEOUT", "soon", "timeout"),
        ("SUPEROFFICE_RETRIES", "often", "retries"),
        ("SUPEROFFICE_VALIDATE_CERTS", "perhaps", "validate_certs"),
        ("SUPEROFFICE_AUTH_METHOD", "ntlm", "auth_method"),
        ("SUPEROFFICE_CA_PATH", "/nowhere.pem", "ca_path"),
    ],
)
def test_invalid_environment_variable_is_refused_like_the_option(
    variable: str,
    value: str,
    said: str,
    connection: Result,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value)
    del connection["retries"]
    result = run_in_process(MODULE, {**connection, "user_name": "anna"}, False)
    assert result["failed"] is True
    assert said in result["msg"]


def test_option_overrides_the_environment(
    user: Run, journal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPEROFFICE_URL", "https://crm.invalid")
    monkeypatch.setenv("SUPEROFFICE_LANGUAGE", "de")
    assert user(user_name="anna", language="nb")["user"]["role"] == "Leverandør"


def test_task_environment_overrides_controller_environment(
    server: NetServer, connection: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPEROFFICE_URL", "https://crm.invalid")
    layers = [{"SUPEROFFICE_LANGUAGE": "de"}, as_environment({**connection, "language": "nb"})]
    plugin = action(MODULE, {"user_name": "anna"}, environment=layers)
    result = plugin.run(task_vars={})
    assert result["user"]["role"] == "Leverandør"
    assert server.admin[1] not in json.dumps(result)


# --- redirects, netrc


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed_and_names_its_target(
    status: int, user: Run, server: NetServer, tenant: Any, subtests: pytest.Subtests
) -> None:
    for operation in ["GetAllRoles", "SetExternalUserInfo"]:
        with subtests.test(operation=operation):
            start = tenant.snapshot()
            with NetServer() as elsewhere:
                target = elsewhere.url + "/login?ticket=secret-in-url"
                server.faults.add("redirect", operation=operation, status=status, location=target)
                result = user(user_name="anna", role="Vendor", retries=2)
                assert elsewhere.journal.entries == []
            assert result["error"]["kind"] == "redirect"
            assert result["error"]["status"] == status
            assert elsewhere.url + "/login" in result["msg"]
            assert "secret-in-url" not in result["msg"]
            assert tenant.snapshot() == start


@pytest.mark.parametrize("scheme", ["basic", "soticket", "bearer", "xsrf"])
def test_netrc_file_is_not_used(
    scheme: str, user: Run, tenant: Any, journal: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login RJ password wrong\ndefault login RJ password wrong\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert "failed" not in user(user_name="anna", **credentials(tenant, scheme))
    assert {(entry.scheme, entry.login) for entry in journal.entries} == {(scheme, ADMIN[0])}


def test_body_after_a_204_is_not_read_as_the_next_response(
    user: Run, server: NetServer, tenant: Any
) -> None:
    def alter(path: str, status: int, body: bytes) -> list[bytes]:
        if status != 204:
            return []
        return [b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", b"null"]

    with http_proxy(server.root_url.removeprefix("http://"), alter=alter) as proxy:
        url = f"http://{proxy.address}/SuperOffice"
        result = user(user_name="anna", role="Vendor", url=url)
    assert "failed" not in result, result["msg"]
    assert tenant.user("anna").role_id == 6


def test_spaces_and_plus_signs_are_percent_encoded(user: Run, server: NetServer) -> None:
    with http_proxy(server.root_url.removeprefix("http://")) as proxy:
        user(user_name="a b+c", state="absent", url=f"http://{proxy.address}/SuperOffice")
    queries = " ".join(path.partition("?")[2] for _method, path, _headers in proxy.requests)
    assert "a%20b%2Bc" in queries
    assert "+" not in queries


# --- proxies


def proxied(server: NetServer) -> str:
    return server.root_url.split("//")[1]


@pytest.mark.parametrize("how", ["option", "variable", "environment", "both"])
def test_requests_use_the_proxy(
    how: str, user: Run, server: NetServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_proxy(proxied(server)) as proxy:
        address = f"http://{proxy.address}"
        if how == "variable":
            monkeypatch.setenv("SUPEROFFICE_PROXY", address)
        elif how == "environment":
            monkeypatch.setenv("http_proxy", address)
        elif how == "both":
            monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
            monkeypatch.setenv("no_proxy", "crm.example.com")
        options = {"proxy": address} if how in ("option", "both") else {}
        url = "http://crm.example.com/SuperOffice"
        result = user(user_name="anna", role="Vendor", url=url, allow_http=True, **options)
    assert "failed" not in result, result["msg"]
    assert len(proxy.requests) == sum(result["requests"].values())
    assert all(
        path.startswith("http://crm.example.com/") for _method, path, _headers in proxy.requests
    )


def test_no_proxy_variable_is_respected(
    user: Run, server: NetServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert "failed" not in user(user_name="anna")


def test_proxy_login_is_sent_to_the_proxy_and_never_shown(user: Run, server: NetServer) -> None:
    wanted = "Basic " + base64.b64encode(b"me:proxy-secret-1").decode()
    with http_proxy(proxied(server), login=wanted) as proxy:
        good = user(user_name="anna", proxy=f"http://me:proxy-secret-1@{proxy.address}")
        bad = user(user_name="anna", proxy=f"http://me:proxy-secret-2@{proxy.address}")
    assert "failed" not in good, good["msg"]
    assert bad["failed"] is True
    assert "407" in bad["msg"]
    for text in (json.dumps(good), json.dumps(bad)):
        assert "proxy-secret" not in text


@pytest.mark.parametrize("login", ["", "me:proxy-secret-1@"])
def test_unreachable_proxy_is_reported_without_its_login(
    login: str, user: Run, tenant: Any
) -> None:
    result = user(user_name="anna", proxy=f"http://{login}127.0.0.1:9")
    assert result["error"]["kind"] == "unreachable"
    assert "proxy" in result["msg"]
    assert "proxy-secret" not in json.dumps(result)


# --- TLS


class Secure(NamedTuple):
    """Servers with certificates of an authority of our own."""

    plain: NetServer
    mutual: NetServer
    ca: str
    cert: str
    key: str
    both: str
    other_ca: str


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("tls")
    authority, stranger = trustme.CA(), trustme.CA()
    server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("client@example.com")
    paths = {name: str(folder / f"{name}.pem") for name in ("ca", "cert", "key", "both", "other")}
    authority.cert_pem.write_to_path(paths["ca"])
    stranger.cert_pem.write_to_path(paths["other"])
    client.cert_chain_pems[0].write_to_path(paths["cert"])
    client.private_key_pem.write_to_path(paths["key"])
    client.private_key_and_cert_chain_pem.write_to_path(paths["both"])
    server_cert, server_key = str(folder / "server.pem"), str(folder / "server-key.pem")
    server.cert_chain_pems[0].write_to_path(server_cert)
    server.private_key_pem.write_to_path(server_key)
    with (
        NetServer(users=1, admin=ADMIN, tls=Tls(server_cert, server_key)) as plain,
        NetServer(users=1, admin=ADMIN, tls=Tls(server_cert, server_key, paths["ca"])) as mutual,
    ):
        yield Secure(
            plain, mutual, paths["ca"], paths["cert"], paths["key"], paths["both"],
            paths["other"],
        )  # fmt: skip


@pytest.fixture
def over_tls() -> Run:
    def run(server: NetServer, **options: Any) -> Result:
        connection = {"auth_username": ADMIN[0], "auth_password": ADMIN[1], "retries": 0}
        server.reset()
        keys = {"url": server.url, "user_name": "user00001@example.com"}
        return run_in_process(MODULE, {**keys, **connection, **options}, False)

    return run


def test_certificate_of_a_known_ca_is_trusted(over_tls: Run, secure: Secure) -> None:
    assert over_tls(secure.plain, ca_path=secure.ca)["changed"] is False


def test_ca_is_read_from_requests_ca_bundle(
    over_tls: Run, secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", secure.ca)
    assert over_tls(secure.plain)["changed"] is False


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_ca_bundle_variable_without_file_is_reported(
    variable: str, over_tls: Run, secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(variable, "/nowhere/ca.pem")
    result = over_tls(secure.plain)
    assert result["error"]["kind"] == "connection_option"
    assert variable in result["msg"]
    assert "'/nowhere/ca.pem' does not exist" in result["msg"]


@pytest.mark.parametrize("ca", [None, "other_ca"])
def test_certificate_of_an_unknown_ca_is_refused_before_any_request(
    ca: str | None, over_tls: Run, secure: Secure
) -> None:
    options = {"ca_path": getattr(secure, ca)} if ca else {}
    result = over_tls(secure.plain, **options)
    assert result["error"]["kind"] == "tls"
    trusted = f"Could not establish a trusted TLS connection to {secure.plain.url}: "
    for fact in (trusted, "certificate", "Set ca_path to your CA file"):
        assert fact in result["msg"]
    assert secure.plain.journal.entries == []


def test_certificate_of_another_host_is_refused(over_tls: Run, secure: Secure) -> None:
    url = secure.plain.url.replace("127.0.0.1", "localhost")
    result = over_tls(secure.plain, url=url, ca_path=secure.ca)
    assert result["error"]["kind"] == "tls"
    assert secure.plain.journal.entries == []


def test_certificate_validation_can_be_disabled_without_a_warning(
    over_tls: Run, secure: Secure, recwarn: pytest.WarningsRecorder
) -> None:
    assert over_tls(secure.plain, validate_certs=False)["changed"] is False
    assert not [warning for warning in recwarn if "Unverified" in str(warning.message)]


def test_disabled_validation_overrides_the_environment(
    over_tls: Run, secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", secure.other_ca)
    assert over_tls(secure.plain, validate_certs=False)["changed"] is False


@pytest.mark.parametrize("form", ["two files", "one file"])
def test_client_certificate_is_sent(form: str, over_tls: Run, secure: Secure) -> None:
    options = {"client_cert": secure.both}
    if form == "two files":
        options = {"client_cert": secure.cert, "client_key": secure.key}
    result = over_tls(secure.mutual, ca_path=secure.ca, role="Vendor", **options)
    assert "failed" not in result, result["msg"]
    assert result["changed"] is True


def test_missing_client_certificate_is_reported(over_tls: Run, secure: Secure) -> None:
    result = over_tls(secure.mutual, ca_path=secure.ca)
    assert result["failed"] is True
    assert result["error"]["kind"] in ("tls", "connection_lost")
    assert secure.mutual.root_url in result["msg"]
    assert secure.mutual.journal.entries == []


@pytest.mark.parametrize("option", ["ca_path", "client_cert", "client_key"])
def test_invalid_certificate_file_is_reported(
    option: str, over_tls: Run, secure: Secure, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("this is no certificate\n")
    options = {"ca_path": secure.ca, "client_cert": secure.cert, "client_key": secure.key}
    result = over_tls(secure.mutual, **{**options, option: str(junk)})
    assert result["failed"] is True
    assert "Traceback" not in json.dumps(result)
    assert "client_cert" in result["msg"] or "ca_path" in result["msg"]
    assert secure.mutual.journal.entries == []


def test_tls_is_tunnelled_through_a_proxy(over_tls: Run, secure: Secure) -> None:
    with http_proxy(proxied(secure.plain)) as proxy:
        result = over_tls(
            secure.plain, ca_path=secure.ca, proxy=f"http://{proxy.address}", role="Vendor"
        )
    assert "failed" not in result, result["msg"]
    assert {method for method, _path, _headers in proxy.requests} == {"CONNECT"}
    assert len(proxy.requests) == 1


def test_proxy_that_requires_a_login_for_a_tunnel_is_reported(
    over_tls: Run, secure: Secure
) -> None:
    with http_proxy(proxied(secure.plain), login="Basic never") as proxy:
        result = over_tls(secure.plain, ca_path=secure.ca, proxy=f"http://{proxy.address}")
    assert result["error"]["kind"] == "unreachable"
    assert "proxy" in result["msg"]


def test_https_to_a_plain_server_is_reported(user: Run, server: NetServer) -> None:
    result = user(user_name="anna", url=server.url.replace("http://", "https://"))
    assert result["failed"] is True
    assert result["error"]["kind"] in ("tls", "connection_lost")
    assert "Traceback" not in json.dumps(result)


def test_http_to_a_tls_server_is_reported(over_tls: Run, secure: Secure) -> None:
    result = over_tls(secure.plain, url=secure.plain.url.replace("https://", "http://"))
    assert result["failed"] is True
    assert "Traceback" not in json.dumps(result)
    assert secure.plain.journal.entries == []


# --- responses to writes that are lost, or are not the service's


SINGLE = ("superoffice_external_user", {"user_name": "user00001@example.com", "role": "Vendor"})
BULK = ("superoffice_external_users", {"users": [SINGLE[1]], "preflight": "offline"})
GATEWAY_PAGE = "<html><body>The gateway says no</body></html>"


@pytest.mark.parametrize("task", [SINGLE, BULK], ids=["single", "bulk"])
def test_lost_response_behind_a_proxy_is_recovered_by_reading(
    task: tuple[str, Result], secure: Secure
) -> None:
    server = secure.plain
    server.reset()
    server.faults.add("drop_after", operation="SetExternalUserInfo")
    wanted = "Basic " + base64.b64encode(b"me:proxy-secret-1").decode()
    with http_proxy(proxied(server), login=wanted) as proxy:
        options = {
            "url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1],
            "ca_path": secure.ca, "proxy": f"http://me:proxy-secret-1@{proxy.address}",
        }  # fmt: skip
        result = run_in_process(task[0], {**options, **task[1]}, False)
    assert "failed" not in result, result["msg"]
    assert result["changed"] is True
    assert [entry.operation for entry in server.journal.writes] == ["SetExternalUserInfo"]


@pytest.mark.parametrize("status", [403, 429, 502, 503, 504])
@pytest.mark.parametrize("task", [SINGLE, BULK], ids=["single", "bulk"])
def test_gateway_error_page_after_a_write_leaves_the_effect_unknown(
    task: tuple[str, Result], status: int, secure: Secure
) -> None:
    server = secure.plain
    server.reset()
    server.faults.add(
        "status", operation="SetExternalUserInfo", status=status, retry_after=0, commit=True,
        body=GATEWAY_PAGE, content_type="text/html",
    )  # fmt: skip
    options = {
        "url": server.url, "auth_username": ADMIN[0], "auth_password": ADMIN[1],
        "ca_path": secure.ca,
    }  # fmt: skip
    result = run_in_process(task[0], {**options, **task[1]}, False)
    assert "failed" not in result, result["msg"]
    assert [entry.operation for entry in server.journal.writes] == ["SetExternalUserInfo"]
    after = server.tenant.user("user00001@example.com")
    assert after
    assert after.role_name == "Vendor"
