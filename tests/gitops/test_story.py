# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a spreadsheet of people to logins with owners and ends; a year later they are cleaned up."""

from __future__ import annotations

import datetime
import json

from tests.gitops.playbook import Workspace
from tests.netserver import NetServer

COMPANIES = ("Fjord AS", "Nordlys AS", "Contoso Ltd", "Åsgård AS", "Brüning GmbH", "Sjø AS")
HEADER = "user_name;person_email;person_name;company;role;owner;active_until;send_password_email"
TODAY = datetime.datetime.now(datetime.timezone.utc)


def day(offset: int) -> str:
    return (TODAY + datetime.timedelta(days=offset)).date().isoformat()


def spreadsheet(people: list[dict[str, str]], ends: dict[str, str]) -> str:
    """Return the people as Excel in Norway writes them."""
    rows = [
        ";".join(
            [
                one["user_name"],
                one["email"],
                *(["", ""] if one["email"] else [one["name"], one["company"]]),
                "Partner",
                "Kari Nordmann" if one["company"].endswith("AS") else "Ola Nordmann",
                ends.get(one["user_name"], ""),
                "TRUE",
            ]
        )
        for one in people
    ]
    return "\ufeff" + "".join(f"{line};;\r\n" for line in [HEADER, *rows, ";" * 7])


def test_a_spreadsheet_becomes_logins_that_end_when_they_should(
    here: Workspace, server: NetServer
) -> None:
    tenant = server.tenant
    ids = {name: tenant.add_contact(name) for name in COMPANIES}
    people = []
    for number in range(40):
        company = COMPANIES[number % 6]
        # every eighth has no e-mail address
        email = "" if number % 8 == 7 else f"person{number:02}@x.example"
        name = f"Ånna{number:02} Berg"
        first, _space, last = name.partition(" ")
        tenant.add_person(first_name=first, last_name=last, email=email, contact_id=ids[company])
        people.append(
            {"user_name": f"login{number:02}", "email": email, "name": name, "company": company}
        )
    ending = {one["user_name"]: day(20) for one in people[:10]}
    here.write("users/people.csv", spreadsheet(people, ending))
    defaults = {"generate_password": True}

    # a plan with names, of which nothing is written yet
    output = here.ok("superoffice.crm.plan", external_users_defaults=defaults)
    assert "40 to create" in output
    assert "The access of 10 users ends within 30 days." in output
    planned = {user["user_name"]: user for user in here.report()["installations"][0]["users"]}
    assert planned["login07"].items() >= {
        "person": "Ånna07 Berg", "company": "Nordlys AS", "owner": "Kari Nordmann",
        "password_email": "requested", "status": "created",
    }.items()  # fmt: skip
    assert not server.journal.writes

    # exactly that plan, with mails to all who have an address
    output = here.ok(
        "superoffice.crm.apply",
        external_users_defaults=defaults,
        external_users_plan="reports/plan.json",
    )
    assert len(tenant.users()) == 40
    assert all(user.is_active for user in tenant.users())
    assert len(tenant.mails) == 35
    assert "not sent to 5 of the new users" in " ".join(output.split())
    applied = here.report()["installations"][0]
    mails = [user["password_email"] for user in applied["users"]]
    assert (mails.count("sent"), mails.count("not_supported")) == (35, 5)

    # a year later: the review finds who does not use the login
    for number, user in enumerate(tenant.users()):
        if number % 4:
            tenant.set_last_login(user.user_name, TODAY - datetime.timedelta(days=number * 10))
    here.write("users/people.csv", spreadsheet(people, dict.fromkeys(ending, day(-1))))
    here.ok(
        "superoffice.crm.review",
        external_users_defaults=defaults,
        external_users_review_unused_days="200",
    )
    review = json.loads(here.read("reports/review.json"))
    issues = {login["user_name"]: login["issues"] for login in review["logins"]}
    assert issues["login08"] == ["never_used"]
    assert issues["login09"] == []
    assert issues["login39"] == ["unused"]
    login = next(one for one in review["logins"] if one["user_name"] == "login00")
    assert (login["owner"], login["active_until"]) == ("Kari Nordmann", day(-1))

    # and the plan closes what ended, within a limit that has to be meant
    outcome = here.play("superoffice.crm.plan", external_users_defaults=defaults)
    assert outcome.task_failed("10 of 40")
    options = {
        "external_users_defaults": defaults,
        "external_users_limits": {"deactivate": 10},
    }
    assert "10 to deactivate" in here.ok("superoffice.crm.plan", **options)
    assert f"access: until {day(-1)}" in here.read("reports/report.md").replace("`", "")
    here.ok("superoffice.crm.apply", external_users_plan="reports/plan.json", **options)
    inactive = {user.user_name for user in tenant.users() if not user.is_active}
    assert inactive == set(ending)
    closed = here.report()["installations"][0]["ending"]
    assert {one["user_name"] for one in closed if one["has_ended"]} == set(ending)
    assert closed[0]["person"].endswith(" Berg")
    assert len(tenant.mails) == 35
