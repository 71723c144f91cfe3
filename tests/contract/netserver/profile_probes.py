# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For every key of the profile table one question to the server, and each value's answer."""

from __future__ import annotations

import base64
import concurrent.futures
import socket
import time
from collections.abc import Callable

import requests

from tests.netserver import NetServer

from .conftest import PASSWORD, Client

USER = 101
NAME = "user00001@example.com"
SEED_PASSWORD = "Seed-password-00001"
Probe = Callable[[Client], object]


def status(response: requests.Response) -> int:
    return response.status_code


def shape(response: requests.Response) -> tuple[int, object]:
    """The status and the keys of an error, or the bare value."""
    if not response.content:
        return response.status_code, b""
    value = response.json()
    return response.status_code, tuple(value) if isinstance(value, dict) else value


def flags_taken(client: Client) -> object:
    tenant = client.server.tenant

    def taken(flags: object, role: int) -> bool:
        client.modify(USER, flags, RoleId=role, IsActive=False)
        after = tenant.user(USER)
        return after is not None and after.role_id == role

    return taken(12, 5), taken("Role", 6), taken("Role, Active", 2)


def void(client: Client) -> object:
    """Read the answer from the wire: a body after 204 is nothing that a client library shows."""
    token = base64.b64encode(":".join(client.server.admin).encode()).decode()
    host, port = client.server.root_url.removeprefix("http://").split(":")
    body = b'{"AssociateId": 101}'
    head = (
        "POST /SuperOffice/api/v1/Agents/User/DeleteExternalUser HTTP/1.1\r\nHost: x\r\n"
        f"Connection: close\r\nAuthorization: Basic {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    top, _blank, rest = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), rest


def error_of_agent(client: Client) -> object:
    return shape(client.modify(USER, "Role", RoleId=3))


def as_employee(client: Client) -> Client:
    client.server.tenant.add_internal_user("EMP", password=PASSWORD)
    other = Client(client.server)
    other.session.auth = ("EMP", PASSWORD)
    return other


def login(client: Client, name: str, password: str) -> requests.Response:
    other = Client(client.server)
    other.session.auth = (name, password)
    return other.get("User/currentPrincipal")


def inactive_login(client: Client) -> object:
    client.server.tenant.change_user(USER, is_active=False)
    return status(login(client, NAME, SEED_PASSWORD))


def external_login(client: Client) -> object:
    answer = login(client, NAME, SEED_PASSWORD)
    return answer.status_code, answer.headers["Content-Type"].split(";")[0]


def columns_after(client: Client, associate_id: int) -> object:
    row = client.server.tenant.live.user(associate_id)
    return None if row is None else (row["name"], row["user_name"])


def created_columns(client: Client) -> object:
    return columns_after(client, client.create("anna").json())


def renamed_columns(client: Client) -> object:
    client.modify(USER, "UserName", UserName="anna")
    return columns_after(client, USER)


def empty_user_name(client: Client) -> object:
    with client.server.using(name_column="name"):
        key = client.create("anna").json()
    row = next(r for r in client.rows(filter="getAllRows set true") if r["PrimaryKey"] == str(key))
    user = client.agent(f"GetUser?userId={key}").json()
    return user["Name"], user["UserName"], row["userName"]


def person_of_internal(client: Client) -> object:
    return status(client.create(PersonId=1))


def retired_person(client: Client) -> object:
    return status(client.create(PersonId=client.server.tenant.add_person(retired=True)))


def inactive_without_password(client: Client) -> object:
    return status(client.create(Password="", IsActive=False))


def wrong_role(client: Client) -> object:
    answer = client.modify(USER, "Role", RoleId=1)
    user = client.server.tenant.user(USER)
    assert user is not None
    return answer.status_code, user.role_id


def deleted_user(client: Client) -> object:
    client.delete(USER)
    user = client.server.tenant.user(USER)
    return None if user is None else (user.deleted, user.is_active)


def deleted_person(client: Client) -> object:
    client.delete(USER)
    return client.get("Person/1001").json()["Retired"]


def deleted_name(client: Client) -> object:
    client.delete(USER)
    return status(client.create(NAME))


def delete_again(client: Client) -> object:
    return shape(client.delete(99999))


def silently_ignored(client: Client) -> object:
    answer = client.modify(USER, 15, UserName="new", Password=PASSWORD, RoleId=5, IsActive=False)
    user = client.server.tenant.user(USER)
    assert answer.status_code == 204
    assert user is not None
    changed = {
        "user_name": user.user_name == "new",
        "password": client.server.tenant.password_matches(USER, PASSWORD),
        "role": user.role_id == 5,
        "active": not user.is_active,
    }
    return ",".join(name for name, done in changed.items() if not done)


def reads_after_write(client: Client) -> object:
    client.modify(USER, "Role", RoleId=5)
    path = f"GetUser?userId={USER}"
    return [client.agent(path).json()["Role"]["Id"] for _time in range(4)]


def throttled(client: Client) -> object:
    return {status(client.get("User/currentPrincipal")) for _time in range(8)}


def probe_login(server: NetServer) -> int:
    return status(Client(server).get("User/currentPrincipal"))


def at_once(client: Client) -> object:
    client.server.latency = 0.2
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(probe_login, [client.server] * 6))
    client.server.latency = 0.0
    return set(answers)


def locked_out(client: Client) -> object:
    for _time in range(3):
        login(client, NAME, "wrong")
    return status(login(client, NAME, SEED_PASSWORD))


def can_login(client: Client) -> object:
    client.server.tenant.change_user(USER, password=None)
    row = client.rows(filter=f"userName = '{NAME}'")[0]
    info = client.agent(f"GetUserInfo?userInfoId={USER}").json()
    return row["isActive"], row["canLogin"], info["CanLogon"]


def next_link(client: Client) -> object:
    link = client.archive(filter="getAllRows set true", top=1).json()["odata.nextLink"]
    if link is None:
        return None
    return link.partition("/SuperOffice")[0].replace(client.server.root_url, "(same)")


def filtered(client: Client, text: str) -> object:
    answer = client.archive(select="userName", filter=text)
    if answer.status_code != 200:
        return answer.status_code
    return [row["userName"] for row in answer.json()["value"]]


def backslash(client: Client) -> object:
    client.server.tenant.add_external_user("a\\b")
    return filtered(client, "userName = 'a\\\\b'"), filtered(client, "userName = 'a\\b'")


def unknown_column(client: Client) -> object:
    answer = client.archive(select="userName,nonsense", filter="getAllRows set true", top=1)
    if answer.status_code != 200:
        return answer.status_code
    return answer.json()["value"][0].get("nonsense", "left out")


def name_columns(client: Client) -> object:
    users = client.archive(select="fullName,contactFullName,personEmail", top=1)
    persons = client.archive("Person", select="fullName,personContact/department", top=1)
    columns = {*users.json()["value"][0], *persons.json()["value"][0]}
    return columns & {"fullName", "contactFullName", "personEmail", "personContact/department"}


def slim(client: Client, column: str, **headers: str) -> object:
    path = f"Archive/ExternalUsers?$select={column}&$filter=userName begins 'user00001'"
    return client.get(path, headers=headers).json()["value"][0][column]


def role_text(client: Client) -> object:
    client.server.tenant.change_user(USER, role_id=7)
    return slim(client, "role", **{"Accept-Language": "en"})


def full_role(client: Client) -> object:
    return client.rows(filter=f"userName = '{NAME}'", mode="Full")[0]["Column"]["role"]["RawValue"]


def wide(client: Client) -> object:
    answer = client.archive(filter="getAllRows set true", mode="Wide")
    if answer.status_code != 200:
        return answer.status_code
    return "Column" in answer.json()["value"][0]


def retired_listed(client: Client) -> object:
    client.server.tenant.change_user(USER, deleted=True)
    return len(client.rows(filter="getAllRows set true"))


def counted(client: Client) -> object:
    answer = client.archive(filter="getAllRows set true", inlineCount="True").json()
    return [key for key in answer if "count" in key] or ("value" in answer)


def malformed(client: Client) -> object:
    return shape(client.agent("GetUserFromName", {"UserName": 5}))


def unauthorized(client: Client) -> object:
    client.session.auth = None
    answer = client.get("User/currentPrincipal")
    kind = answer.headers["Content-Type"].split(";")[0]
    return answer.status_code, kind, bool(answer.content)


def bearer(client: Client) -> object:
    token = client.server.tenant.issue_token("system")
    client.session.auth = None
    return status(client.get("User/currentPrincipal", headers={"Authorization": f"Bearer {token}"}))


def stored_name(client: Client) -> object:
    user = client.server.tenant.user(client.create(" Anna ").json())
    return user.user_name if user else None


def weak_password(client: Client) -> object:
    return status(client.modify(USER, "Password", Password="weak"))


def second_user(client: Client) -> object:
    return status(client.create(PersonId=1001))


def empty_unused_password(client: Client) -> object:
    return status(client.modify(USER, "Role", RoleId=5, Password=""))


def unused_properties(client: Client) -> object:
    absent = client.modify(USER, "Role", RoleId=5)
    null = client.modify(USER, "Role", RoleId=5, Password=None, IsActive=None)
    return status(absent), status(null)


def rename_and_login(client: Client) -> object:
    client.modify(USER, "UserName", UserName="anna")
    return status(login(client, "anna", SEED_PASSWORD))


def generated(client: Client) -> object:
    value = client.agent("GenerateNewPasswordForExternalUser", {"AssociateName": NAME}).json()
    if value:
        return client.server.tenant.password_matches(USER, value)
    return value, client.server.tenant.mails


def query_limit(client: Client) -> object:
    return status(client.get("User/currentPrincipal?x=" + "y" * 200))


def compared_names(client: Client) -> str:
    """Return in which ways a name may differ and still be found."""
    client.server.tenant.add_external_user("Großé\uff21")
    ways = {
        "case": "gROßÉ\uff41", "sharp s": "Grossé\uff21", "width": "GroßéA",
        "normal form": "Große\u0301\uff21", "space": "Großé\uff21 ", "accent": "Große\uff21",
    }  # fmt: skip
    found = [
        way
        for way, name in ways.items()
        if client.agent("GetUserFromName", {"UserName": name}).json()
    ]
    # all places agree
    for way, name in ways.items():
        assert bool(client.rows(filter=f"userName = '{name}'")) is (way in found), way
        valid = client.agent("IsUserNameValid", {"Type": 3, "UserName": name}).json()
        assert valid is (way not in found), way
    return ",".join(found)


def unmanaged_user(client: Client) -> object:
    tenant = client.server.tenant
    tenant.add_internal_user("EMP2")
    tenant.add_internal_user("EMP", password=PASSWORD, functional_rights=["admin-extern-user"])
    other = Client(client.server)
    other.session.auth = ("EMP", PASSWORD)
    answer = other.agent("GetUserFromName", {"UserName": "EMP2"})
    assert other.agent("GetUserFromName", {"UserName": NAME}).json()["AssociateId"] == USER
    body = answer.json()
    return answer.status_code, body and body.get("Name", body.get("ErrorType"))


def created_ids(client: Client) -> object:
    return [client.create(f"new{number}").json() for number in range(3)]


def reused_id(client: Client) -> object:
    client.delete(102)
    return client.create().json()


def password_mail(client: Client) -> object:
    user = {"AssociateId": USER}
    types = client.agent("GetSupportedChangePasswordTypes", user).json()
    result = client.agent("SendChangePasswordEMail", user).json()
    assert client.server.journal.entries[-1].committed is result["Success"]
    return types, result["Success"], list(client.server.tenant.mails)


def login_cost(client: Client) -> object:
    """Return whether Basic and a token take 80 ms."""
    basic = client.get("User/currentToken")
    client.session.auth = None
    headers = {"Authorization": f"Bearer {basic.json()}"}
    token = client.get("User/currentPrincipal", headers=headers)
    return tuple(answer.elapsed.total_seconds() >= 0.08 for answer in (basic, token))


def with_token(client: Client) -> Callable[[], int]:
    token = client.get("User/currentToken").json()
    client.session.auth = None
    headers = {"Authorization": f"Bearer {token}"}
    return lambda: status(client.get("User/currentPrincipal", headers=headers))


def session_requests(client: Client) -> object:
    ask = with_token(client)
    return [ask() for _time in range(3)]


def session_seconds(client: Client) -> object:
    ask = with_token(client)
    first = ask()
    time.sleep(1.1)
    return first, ask()


def challenge(client: Client) -> object:
    """Return the status with and without a login, and how the 401 looks."""
    good = client.get("User/currentPrincipal")
    client.session.auth = ("system", "wrong")
    bad = client.get("User/currentPrincipal")
    kind = bad.headers["Content-Type"].split(";")[0]
    return good.status_code, bad.status_code, bad.headers["WWW-Authenticate"], kind


def firewall(client: Client) -> object:
    passing = [
        "userName = 'x'", "userName is 'x'", "userName begins 'x'", "personId = 1 or personId = 2",
        "assocName associateIsOneOf (1,2)", "role oneOf (2)", "getAllRows set true",
        "userName = 'o\\'brien'", "userName = 'oregon@x.example'", "getAllRows=true",
        "isActive set true and userName = 'x'", "userName begins 'x' and isActive set true",
    ]  # fmt: skip
    for text in passing:
        assert status(client.archive(filter=text)) == 200, text
    mails = "email/emailAddress eq 'a@x.example' or email/emailAddress eq 'b@x.example'"
    assert status(client.archive("Person", filter=mails)) == 200
    flagged = ["userName = 'x' or userName = 'X'", "personId = 1 or userName = 'x'",
               "userName in ('x')", "userName = 'and@x.example'", "userName is 'not'",
               "userName = 'x' and isActive set true"]  # fmt: skip
    answers = [client.archive(filter=text) for text in flagged]
    seen = {(a.status_code, a.headers["Content-Type"].split(";")[0]) for a in answers}
    assert len(seen) == 1
    return seen.pop()


def throttle_status(client: Client) -> object:
    with client.server.using(throttle=5):
        fast = throttled(client)
    with client.server.using(parallel=2):
        return fast, at_once(client)


def retry_after(client: Client) -> object:
    with client.server.using(throttle=2):
        answers = [client.get("User/currentPrincipal") for _time in range(6)]
    assert {answer.status_code for answer in answers} == {200, 429}
    return {answer.headers.get("Retry-After") for answer in answers}


def person_addresses(client: Client) -> object:
    """Return the rows that the second address, and both, find."""
    addresses = ["a@x.example", "b@x.example"]
    person = client.server.tenant.add_person(email=addresses)

    def found(text: str) -> list[tuple[str, int]]:
        rows = client.rows("Person", filter=text, select="personId,email/emailAddress")
        return [(row["email/emailAddress"], row["personId"] - person + 1) for row in rows]

    column = "email/emailAddress"
    both = f"{column} eq '{addresses[0]}' or {column} eq '{addresses[1]}'"
    return found(f"{column} = 'B@x.example'"), found(both)


def person_login_id(client: Client) -> object:
    column = "correspondingAssociate/associateDbId"
    return client.rows("Person", filter="personId = 1001", select=column)[0][column]


FULL_ERROR = ("Error", "ErrorType", "Message", "ErrorSource")
REST_ERROR = ("Error", "ErrorType", "ErrorMessage", "ErrorSource")
ASP_NET = ("Message", "ExceptionMessage", "ExceptionType", "StackTrace")
DETAIL = ("Message", "MessageDetail")

# key -> (probe, {value: what the client sees}); the first value is the default
TABLE: dict[str, tuple[Probe, dict[str, object]]] = {
    "flags": (flags_taken, {
        "any": (True, True, True), "names": (False, True, True),
        "integer": (True, False, False), "single": (False, True, False)}),
    "flags_refusal": (lambda c: shape(c.modify(USER, 16, RoleId=5)), {
        "message": (400, DETAIL), "object": (400, FULL_ERROR), "server-error": (500, FULL_ERROR),
        "null": (200, None), "ignored": (204, b"")}),
    "no_flags": (lambda c: (status(c.modify(
        USER, 0, UserName="x", Password=PASSWORD, RoleId=5, IsActive=True)),
        c.server.tenant.users()[0].role_id), {
        "refuse": (400, 2), "ignore": (204, 2), "all": (204, 5)}),
    "unused_properties": (unused_properties, {
        "optional": (204, 204), "required": (400, 400), "not-null": (204, 400)}),
    "empty_password": (empty_unused_password, {"accepted": 204, "refused": 400}),
    "unknown_properties": (lambda c: status(c.modify(USER, "Role", RoleId=5, Extra=1)), {
        "ignore": 204, "refuse": 400}),
    "void_reply": (void, {
        "empty-204": (204, b""), "null-204": (204, b"null"),
        "null-200": (200, b"null"), "empty-200": (200, b"")}),
    "errors": (error_of_agent, {
        "http": (400, FULL_ERROR), "errormessage": (400, REST_ERROR), "message": (400, DETAIL),
        "server-error": (500, FULL_ERROR), "null": (200, None), "object": (200, FULL_ERROR),
        "object-errormessage": (200, REST_ERROR), "asp-net": (500, ASP_NET)}),
    "malformed": (malformed, {"400": (400, DETAIL), "200": (200, DETAIL)}),
    "unknown_id": (lambda c: shape(c.agent("GetUser?userId=9")), {
        "null": (200, None), "http-404": (404, FULL_ERROR), "error": (400, FULL_ERROR)}),
    "missing_right": (lambda c: shape(as_employee(c).delete(USER)), {
        "403": (403, FULL_ERROR), "401": (401, FULL_ERROR), "400": (400, FULL_ERROR),
        "500": (500, FULL_ERROR), "null": (200, None), "object": (200, FULL_ERROR)}),
    "missing_right_error": (lambda c: as_employee(c).delete(USER).json()["ErrorType"], {
        "illegal-operation": "SoIllegalOperationException",
        "function-right": "SoFunctionRightException", "sentry": "SoSentryException"}),
    "unmanaged_user": (unmanaged_user, {
        "shown": (200, "EMP2"), "null": (200, None),
        "illegal-operation": (403, "SoIllegalOperationException"),
        "function-right": (403, "SoFunctionRightException"), "sentry": (403, "SoSentryException")}),
    "create_reply": (created_ids, {
        "integer": [104, 105, 106], "string": ["104", "105", "106"],
        "null-but-created": [None] * 3, "repeated-id": [104, 104, 104],
        "listed-id": [103, 104, 105]}),
    "generated_password": (generated, {
        "returned": True, "empty": ("", [USER]), "null": (None, [USER])}),
    "byte_order_mark": (lambda c: c.get("User/currentPrincipal").content[:3] == b"\xef\xbb\xbf", {
        "no": False, "yes": True}),
    "name_column": (created_columns, {
        "both": ("anna", "anna"), "name": ("anna", None), "username": ("EXT00104", "anna")}),
    "rename_column": (renamed_columns, {
        "both": ("anna", "anna"), "name": ("anna", NAME), "username": (NAME, "anna")}),
    "empty_user_name": (empty_user_name, {
        "derived": ("anna", "anna", "anna"), "null": ("anna", None, None)}),
    "name_comparison": (compared_names, {
        "simple": "case", "exact": "", "sql-server": "case,sharp s,width,normal form,space",
        "accent-insensitive": "case,sharp s,width,normal form,space,accent"}),
    "stored_case": (stored_name, {"kept": " Anna ", "upper": " ANNA ", "lower": " anna "}),
    "trim_names": (stored_name, {"no": " Anna ", "yes": "Anna"}),
    "rename_keeps_password": (rename_and_login, {"yes": 200, "no": 401}),
    "several_users_per_person": (second_user, {"allow": 200, "refuse": 400}),
    "internal_person": (person_of_internal, {"allow": 200, "refuse": 400}),
    "retired_person": (retired_person, {"allow": 200, "refuse": 400}),
    "wrong_role_type": (wrong_role, {
        "refuse": (400, 2), "accept": (204, 1), "ignore": (204, 2)}),
    "deleted_role": (lambda c: status(c.modify(USER, "Role", RoleId=9)), {
        "refuse": 400, "accept": 204}),
    "password_rules_apply": (weak_password, {"yes": 400, "no": 204}),
    "inactive_without_password": (inactive_without_password, {"refuse": 400, "allow": 200}),
    "delete": (deleted_user, {
        "remove": None, "retire": (True, False), "deactivate": (False, False)}),
    "delete_person": (deleted_person, {"keep": False, "retire": True}),
    "deleted_name": (deleted_name, {"free": 200, "kept": 400}),
    "delete_again": (delete_again, {"error": (400, FULL_ERROR), "null": (200, None),
                                    "ok": (204, b"")}),
    "id_reuse": (reused_id, {"no": 104, "yes": 102}),
    "password_mail": (password_mail, {
        "supported": (["Email", "Password"], True, [USER]),
        "not-supported": (["Password"], False, []), "fails": (["Email", "Password"], False, [])}),
    "silent_ignore": (silently_ignored, {
        "none": "", "role": "role", "active": "active", "user_name": "user_name",
        "password": "password"}),
    "read_lag": (reads_after_write, {"none": [5, 5, 5, 5], "2": [2, 2, 5, 5]}),
    "external_login": (external_login, {
        "allowed": (200, "application/json"), "refused": (401, "application/json"),
        "forbidden": (403, "application/json"), "html": (200, "text/html")}),
    "inactive_login": (inactive_login, {"401": 401, "403": 403}),
    "can_login": (can_login, {"same": (True, True, True), "different": (True, False, False)}),
    "bearer": (bearer, {"accepted": 200, "refused": 401}),
    "lockout": (locked_out, {"none": 200, "3": 401}),
    "login_milliseconds": (login_cost, {"none": (False, False), "80": (True, False)}),
    "session_requests": (session_requests, {"none": [200, 200, 200], "2": [200, 200, 401]}),
    "session_seconds": (session_seconds, {"none": (200, 200), "1": (200, 401)}),
    "challenge": (challenge, {
        "basic": (200, 401, 'Basic realm="SuperOffice"', "application/json"),
        "windows": (200, 401, "Negotiate, NTLM", "application/json"),
        "windows-only": (401, 401, "Negotiate, NTLM", "text/html")}),
    "firewall": (firewall, {"none": (200, "application/json"), "query": (403, "text/html")}),
    "unauthorized_body": (unauthorized, {
        "json": (401, "application/json", True), "html": (401, "text/html", True),
        "empty": (401, "application/json", False)}),
    "user_agent": (lambda c: shape(c.agent("GetUser?userId=9")), {
        "available": (200, None), "online-401": (401, FULL_ERROR),
        "online-403": (403, FULL_ERROR), "online-404": (404, FULL_ERROR),
        "online-object": (200, FULL_ERROR)}),
    "throttle": (throttled, {"none": {200}, "5": {200, 429}}),
    "parallel": (at_once, {"none": {200}, "2": {200, 503}}),
    "throttle_status": (throttle_status, {
        "usual": ({200, 429}, {200, 503}), "429": ({200, 429}, {200, 429}),
        "503": ({200, 503}, {200, 503})}),
    "retry_after": (retry_after, {"yes": {None, "1"}, "no": {None}}),
    "query_limit": (query_limit, {"none": 200, "100": 404}),
    "primary_key": (lambda c: c.rows(filter=f"userName = '{NAME}'")[0]["PrimaryKey"], {
        "string": "101", "number": 101}),
    "page_cap": (lambda c: len(c.rows(filter="getAllRows set true", top=3)), {
        "none": 3, "2": 2}),
    "default_page": (lambda c: len(c.rows(filter="getAllRows set true")), {"1000": 3, "2": 2}),
    "next_link": (next_link, {
        "absolute": "(same)", "internal-host": "http://netserver.internal:8080",
        "relative": "", "none": None}),
    "count_property": (counted, {
        "odata.count": ["odata.count"], "__count": ["__count"],
        "@odata.count": ["@odata.count"], "none": True, "error": False}),
    "default_order": (lambda c: c.rows(filter="getAllRows set true")[0]["PrimaryKey"], {
        "key": "101", "none": "103"}),
    "filter_case": (lambda c: filtered(c, f"userName = '{NAME.upper()}'"), {
        "insensitive": [NAME], "sensitive": []}),
    "missing_filter": (lambda c: [len(c.archive().json().get("value", "error"))], {
        "rows": [3], "empty": [0], "error": [5]}),
    "unknown_column": (unknown_column, {"ignore": "left out", "null": None, "error": 400}),
    "name_columns": (name_columns, {
        "served": {"fullName", "contactFullName", "personEmail", "personContact/department"},
        "missing": {"fullName"}}),
    "unknown_filter_column": (lambda c: filtered(c, f"x = 'y' and userName = '{NAME}'"), {
        "error": 400, "ignore": [NAME], "empty": []}),
    "backslash": (backslash, {
        "escape": (["a\\b"], []), "literal": ([], ["a\\b"]), "error": (400, 400)}),
    "doubtful_operators": (lambda c: filtered(c, "contactId le 1"), {
        "error": 400, "accept": []}),
    "archive_errors": (lambda c: filtered(c, "nonsense"), {"400": 400, "500": 500}),
    "wide_mode": (wide, {"full": True, "slim": False, "error": 400}),
    "entities": (lambda c: len(c.rows(filter="getAllRows set true")), {
        "users": 3, "everyone": 5}),
    "internal_listed": (lambda c: len(c.rows(filter="getAllRows set true", entities="all")), {
        "no": 3, "yes": 7}),
    "retired_listed": (retired_listed, {"yes": 3, "no": 2}),
    "person_addresses": (person_addresses, {
        "any": ([("a@x.example", 1)], [("a@x.example", 1)]),
        "rows": ([("b@x.example", 1)], [("a@x.example", 1), ("b@x.example", 1)]),
        "first": ([], [("a@x.example", 1)])}),
    "person_login_id": (person_login_id, {"number": 101, "name": NAME}),
    "dynamic_archive": (lambda c: status(c.archive("dynamic")), {
        "served": 200, "refused": 403, "missing": 404}),
    "deleted_roles": (lambda c: len(c.agent("GetAllRoles", {"RoleType": 1}).json()), {
        "listed": 6, "hidden": 5}),
    "role_text": (role_text, {
        "translated": "Supplier", "raw": 'NO:"Leverandør";US:"Supplier";GE:"Lieferant"',
        "id": "7", "tooltip": "Description of role 7"}),
    "role_raw_value": (full_role, {"id": 2, "text": "External user", "null": None}),
    "boolean_form": (lambda c: repr(slim(c, "isActive")), {
        "boolean": "True", "number": "1", "string": "'True'"}),
}  # fmt: skip
