# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life cycle of a user with every profile of the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.modules.conftest import Run
from tests.modules.execution_paths import Result
from tests.netserver import NetServer
from tests.netserver.profile import describe

PASSWORD = "Correct-Horse-1"
NAME, LATER = "Anna@Example.com", "Berta@Example.com"
PROMISED = ("changed", "action", "modification", "password_status", "diff")
COUNTS = {
    "read_lag": ("1", "2"),
    "lockout": ("1",),
    "throttle": ("40",),
    "parallel": ("1",),
    "page_cap": ("1", "2"),
    "default_page": ("1",),
    "query_limit": ("2048",),
    "login_milliseconds": ("2",),
    "session_requests": ("1",),
    "session_seconds": ("1",),
}

LIFECYCLE: list[tuple[str, Result]] = [
    ("create", {"user_name": NAME, "password": PASSWORD, "role": "Partner"}),
    ("two flags", {"user_name": NAME, "role": "Vendor", "is_active": False}),
    ("one flag", {"user_name": NAME, "role": "Partner"}),
    ("password", {"user_name": NAME, "password": PASSWORD, "update_password": "when_changed"}),
    ("rename", {"user_name": LATER, "previous_user_names": [NAME]}),
    ("delete", {"state": "absent"}),
]

# the cases in which the service does not do what it is told, and what the task then says
NOT_GONE = "was deleted without an error from the service, but reading it back shows"
UNAVAILABLE = "The User agent is not available"
FAILING: dict[str, dict[str, str]] = {
    # reports success, and does nothing
    "silent_ignore=role": {"two flags": "role_id is 5 instead of 6"},
    "silent_ignore=active": {"two flags": "is_active is True instead of False"},
    "silent_ignore=user_name": {"rename": f"user_name is '{NAME}' instead of '{LATER}'"},
    # deletes by closing the login; the user stays
    "delete=deactivate": {"delete": NOT_GONE},
    # refuses the empty password that is sent where no flag names it
    "empty_password=refused": {
        "two flags": "'Password' must not be empty",
        "rename": "'Password' must not be empty",
    },
    # in front of the service, something refuses the login, or a query with a chain of comparisons
    "challenge=windows-only": {"create": "HTTP 401"},
    # there is nothing to work with
    **{
        f"user_agent=online-{form}": {"create": UNAVAILABLE}
        for form in ("401", "403", "404", "object")
    },
}


def choices() -> Iterator[Any]:
    for key, _default, _meaning, values in describe():
        for value in COUNTS.get(key) or list(values)[1:]:
            yield pytest.param({key: value}, id=f"{key}={value}")


def test_every_expected_failure_names_a_profile_value() -> None:
    assert set(FAILING) <= {choice.id for choice in choices()}


@pytest.mark.parametrize("dialect", [*choices()])
def test_lifecycle_succeeds_or_fails_with_the_expected_error(
    dialect: dict[str, str], user: Run, server: NetServer
) -> None:
    tenant = server.tenant
    person = tenant.add_person(first_name="Anna", last_name="Berg")
    failing = FAILING.get("=".join(*dialect.items()), {})
    with server.using(**dialect):
        for step, options in LIFECYCLE:
            declared = {"person_id": person, "retries": 4, **options}
            start = tenant.snapshot()
            predicted = user(check=True, **declared)
            assert tenant.snapshot() == start, step
            done = user(**declared)
            if step in failing:
                assert done["failed"] is True, step
                assert failing[step] in done["msg"], step
                if step == "create":
                    return
                continue
            mark, after = server.journal.mark(), tenant.snapshot()
            again = user(**declared)
            for result in (predicted, done, again):
                assert "failed" not in result, (step, result["msg"])
            for name in PROMISED:
                assert predicted[name] == done[name], (step, name)
            assert again["changed"] is False, step
            assert not [entry for entry in server.journal.since(mark) if entry.writes], step
            assert tenant.snapshot() == after
            assert as_declared(server, person, declared), step


def as_declared(server: NetServer, person: int, declared: Result) -> bool:
    """Tell whether the tenant holds what was declared."""
    users = [
        user for user in server.tenant.users() if user.person_id == person and not user.deleted
    ]
    if declared.get("state") == "absent":
        return not users
    [user] = users
    roles = {"Partner": 5, "Vendor": 6}
    return (
        # some services keep the login name, some that of the associate row
        # and some write it in another case
        declared["user_name"].lower() in (user.user_name.lower(), user.name.lower())
        and user.role_id == roles.get(declared.get("role", ""), user.role_id)
        and user.is_active is declared.get("is_active", user.is_active)
        and (
            server.profile.rename_keeps_password == "no"
            or server.tenant.password_matches(user.associate_id, PASSWORD)
        )
    )


# what real installations differ in, as far as the vendor's documentation and samples tell
READING: list[dict[str, str]] = [
    {},
    {"name_column": "name", "empty_user_name": "null", "filter_case": "sensitive"},
    {"name_column": "username", "filter_case": "sensitive", "name_comparison": "sql-server"},
    {"stored_case": "upper", "filter_case": "sensitive", "trim_names": "yes"},
    {"stored_case": "lower", "name_comparison": "accent-insensitive", "person_login_id": "name"},
    {"name_comparison": "exact", "person_addresses": "rows"},
    {"firewall": "query", "challenge": "windows", "query_limit": "2048"},
    {"errors": "asp-net", "unknown_id": "error", "name_columns": "missing"},
    *(
        {"unmanaged_user": form, "missing_right_error": form, "dynamic_archive": archive}
        for form, archive in (
            ("illegal-operation", "refused"), ("function-right", "missing"), ("sentry", "served"),
        )
    ),
    {"page_cap": "2", "next_link": "none", "primary_key": "number", "boolean_form": "string"},
    {"role_text": "raw", "deleted_roles": "hidden", "missing_filter": "error"},
    {"role_text": "id", "entities": "everyone", "default_order": "none", "count_property": "error"},
]  # fmt: skip


def other_values() -> Iterator[Any]:
    """Yield all choices that the modules can read users with, one by one."""
    # they create no users, have no User agent, or list users that are not external ones
    left_out = ("create_reply", "user_agent", "challenge=windows-only", "internal_listed")
    for choice in choices():
        if not choice.id.startswith(left_out) and choice.id != "page_cap=1":
            yield pytest.param(*choice.values, id=choice.id, marks=pytest.mark.slow)


@pytest.mark.parametrize("dialect", [*READING, *other_values()], ids=str)
def test_every_module_finds_the_same_users_with_every_profile(
    dialect: dict[str, str], run: Run, server: NetServer
) -> None:
    names = ["Anna.O'Hara@Example.com", "Bo-Erik", "\u00c5se M\u00fcller"]
    persons = [
        server.tenant.add_person(
            first_name="\u00c5se", last_name=f"O'Hara {n}", email=f"p{n}@x.example", contact_id=2
        )
        for n in range(len(names))
    ]
    new = {"role": "Partner", "password": PASSWORD}
    users = [
        {"user_name": name, "person_id": person, **new}
        for name, person in zip(names, persons, strict=True)
    ]

    def listed(**filters: Any) -> list[int]:
        result = good("superoffice_external_user_info", **filters)
        return [one["associate_id"] for one in result["users"]]

    def good(module: str, *, check: bool = False, **options: Any) -> Result:
        result = run(module, check=check, retries=4, **options)
        assert "failed" not in result, (module, options, result["msg"])
        return result

    with server.using(**dialect):
        # the service itself fills the columns
        assert good("superoffice_external_users", users=users)["summary"]["created"] == len(users)
        mark = server.journal.mark()
        for declared in (users, [{"user_name": name, "role": "Partner"} for name in names]):
            assert good("superoffice_external_users", users=declared)["changed"] is False
        everybody = listed()
        assert len(everybody) == len(users)
        for name, person in zip(names, persons, strict=True):
            spellings = [name]
            if server.profile.name_comparison != "exact":
                spellings += [name.lower(), name.upper()]
            for spelling in spellings:
                one = good("superoffice_external_user", check=True, user_name=spelling)
                assert one["changed"] is False
                key = one["user"]["associate_id"]
                assert listed(user_name=spelling) == [key]
            assert listed(user_name=f"{name[:4].upper()}*") == [key]
            assert listed(associate_id=key) == [key]
            assert listed(person_id=person, is_active=True) == [key]
            [found] = good("superoffice_person_info", person_id=person)["persons"]
            assert found["user"]["associate_id"] == key
        assert listed(user_name="nobody") == []
        assert sorted(listed(role="Partner", is_active=True)) == sorted(everybody)
        for filters in ({"email": "p1@x.example"}, {"name": "\u00c5se O'Hara 1"}):
            [found] = run("superoffice_person_info", retries=4, **filters)["persons"]
            assert found["person_id"] == persons[1]
        assert {5, 6} <= {one["role_id"] for one in good("superoffice_role_info")["roles"]}
        for definition in good("superoffice_external_user_info", format="definitions")["users"]:
            assert good("superoffice_external_user", **definition)["changed"] is False
        checks = good("superoffice_installation_info")["checks"]
        assert not [one for one in checks if one["status"] == "failed"], dialect
        assert [entry for entry in server.journal.since(mark) if entry.writes] == []


NAME_DIALECTS: list[dict[str, str]] = [
    {},
    {"backslash": "literal"},
    {"backslash": "error"},
    {"filter_case": "sensitive"},
    {"name_comparison": "exact"},
    {"name_column": "name"},
    {"name_column": "name", "empty_user_name": "null"},
    {"name_column": "username"},
    {"name_column": "username", "rename_column": "username"},
    {"unknown_id": "error", "errors": "server-error"},
    {"unknown_id": "error", "errors": "null"},
    {"archive_errors": "500"},
    {"query_limit": "2048"},
]
ODD = ["o'brien", "DOMAIN\\anna", "\\'", "Жанна"]


@pytest.mark.parametrize("dialect", NAME_DIALECTS, ids=str)
def test_unusual_names_work_with_every_name_profile(
    dialect: dict[str, str], user: Run, server: NetServer, subtests: pytest.Subtests
) -> None:
    for name in ODD:
        with subtests.test(name=name):
            server.reset()
            person = server.tenant.add_person()
            declared = {
                "person_id": person,
                "user_name": name,
                "password": PASSWORD,
                "role": "Partner",
            }
            with server.using(**dialect):
                created = user(**declared)
                assert "failed" not in created, created["msg"]
                assert created["action"] == "create"
                for keys in (declared, {"user_name": name}):
                    assert user(**keys)["changed"] is False
                renamed = user(user_name="plain", previous_user_names=[name])
                assert "failed" not in renamed, renamed["msg"]
                assert renamed["modification"] == ["UserName"]
                assert user(user_name="plain")["changed"] is False
                assert user(user_name="plain", state="absent")["action"] == "delete"
            assert server.tenant.users() == []


def test_password_lost_by_a_rename_is_set_by_when_changed(user: Run, server: NetServer) -> None:
    associate_id = server.tenant.add_external_user("anna", password=PASSWORD)
    declared = {"associate_id": associate_id, "user_name": "clara", "password": PASSWORD,
                "update_password": "when_changed"}  # fmt: skip
    with server.using(rename_keeps_password="no"):
        user(**declared)
        assert not server.tenant.user(associate_id).has_password  # type: ignore[union-attr]
        assert user(**declared)["password_status"] == "set"
        assert user(**declared)["changed"] is False
    assert server.tenant.password_matches(associate_id, PASSWORD)
