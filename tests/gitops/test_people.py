# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a spreadsheet of people to logins, and a year later from the review to fewer logins."""

from __future__ import annotations

import csv
import datetime
import io
import json
import typing
from typing import Any

import pytest

from tests.gitops.playbook import Workspace
from tests.netserver import NetServer

PEOPLE, ENDING = 40, 4
COMPANIES = (
    ("Nordic Trade", "Oslo"),
    ("Nordic Trade", "Bergen"),
    ("Fjord Software AS", ""),
    ("L'Or\u00e9al Norge", ""),
    ("H\u00f8yer & S\u00f8nner", ""),
    ("Contoso (UK) Ltd", "R&D"),
)
FIRST = ("Anna", "Bo", "\u00c5se", "Jim", "Mar\u00eda", "S\u00f8ren", "Eva", "Th\u00e9o")
LAST = ("Berg", "O'Hara", "M\u00fcller", "Lie", "N\u00fa\u00f1ez", "And", "Dahl")
DEFAULTS = {"role": "Partner", "generate_password": True, "send_password_email": True}
DAYS = 365
TODAY = datetime.datetime.now(datetime.timezone.utc)


class Guest(typing.NamedTuple):
    """A row of the spreadsheet, and the person that it means."""

    person_id: int
    name: str
    company: str
    emails: list[str]

    @property
    def user_name(self) -> str:
        return self.emails[0] if self.emails else f"guest{self.person_id}"


def guests(server: NetServer) -> list[Guest]:
    """Forty people of six companies: several addresses, none, namesakes, retired colleagues."""
    tenant = server.tenant
    companies = [tenant.add_contact(name, department=department) for name, department in COMPANIES]
    found = []
    for number in range(PEOPLE):
        first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
        place = number % len(COMPANIES)
        emails = [f"guest{number}@x.example", f"g{number}.private@y.example"]
        emails = [] if number % 8 == 7 else emails[: 1 + number % 2]
        person = tenant.add_person(
            first_name=first, last_name=last, email=emails, contact_id=companies[place]
        )
        company = ", ".join(part for part in COMPANIES[place] if part)
        found.append(Guest(person, f"{first} {last}", company, emails))
    # a retired colleague had the same address, and a namesake works elsewhere
    tenant.add_person(first_name="Old", email="guest0@x.example", retired=True)
    tenant.add_person(first_name="Th\u00e9o", last_name="Berg", contact_id=2)
    return found


def spreadsheet(people: list[Guest], days_passed: int = 0) -> bytes:
    """The list as a spreadsheet in Norway saves it, as it looks after some days.

    The clock cannot be moved: instead, all dates of the list are that much earlier.
    """
    text = io.StringIO()
    columns = ("user_name", "person_email", "person_name", "company", "owner", "active_until")
    rows = csv.DictWriter(text, columns, delimiter=";", lineterminator="\r\n")
    rows.writeheader()
    for number, guest in enumerate(people):
        end = TODAY + datetime.timedelta(days=(20 if number < ENDING else 3000) - days_passed)
        # the last address of the person, or else the name
        named = {"person_email": guest.emails[-1]} if guest.emails else {"person_name": guest.name}
        rows.writerow(
            {
                "user_name": guest.user_name,
                **named,
                "company": guest.company,
                "owner": "Kari Nordmann" if number % 10 else "",
                "active_until": end.date().isoformat(),
            }
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@pytest.fixture
def people(server: NetServer, here: Workspace) -> list[Guest]:
    found = guests(server)
    here.write("users/guests.csv", "")
    here.folder.joinpath("users/guests.csv").write_bytes(spreadsheet(found))
    return found


def plan_of(here: Workspace) -> dict[str, dict[str, Any]]:
    entries = json.loads(here.read("reports/plan.json"))["entries"]
    return {entry["user_name"]: entry for entry in entries}


def test_a_spreadsheet_becomes_logins_and_a_year_later_the_review_closes_some(
    server: NetServer, here: Workspace, people: list[Guest]
) -> None:
    tenant, options = server.tenant, {"external_users_defaults": DEFAULTS}
    before = tenant.snapshot()

    # a plan, with names and companies
    shown = here.ok("superoffice.crm.plan", **options)
    assert f"Plan: {PEOPLE} to create" in shown
    assert tenant.snapshot() == before
    planned = plan_of(here)
    assert {name: one["after"]["person_id"] for name, one in planned.items()} == {
        guest.user_name: guest.person_id for guest in people
    }
    assert {name: (one["person"], one["company"]) for name, one in planned.items()} == {
        guest.user_name: (guest.name, guest.company) for guest in people
    }
    report = here.read("reports/report.md")
    assert all(guest.user_name in report for guest in people)
    assert "S\u00f8ren" in report

    # the reviewed plan is applied, although an address has been given to somebody else meanwhile
    moved = people[-3]
    tenant.change_addresses(moved.person_id, ["new.address@x.example"])
    tenant.add_person(first_name="Some", last_name="Body", email=moved.emails)
    server.journal.clear()
    applied = here.ok("superoffice.crm.apply", external_users_plan="reports/plan.json", **options)
    users = {user.user_name: user for user in tenant.users()}
    assert {name: user.person_id for name, user in users.items() if name in planned} == {
        guest.user_name: guest.person_id for guest in people
    }
    assert all(users[guest.user_name].is_active for guest in people)
    mailed = sum(bool(guest.emails) for guest in people)
    assert len(tenant.mails) == server.journal.counts()["SendChangePasswordEMail"] == mailed
    assert f"not sent to {PEOPLE - mailed} of the new users" in " ".join(applied.split())
    states = [user["password_email"] for user in here.report()["installations"][0]["users"]]
    assert (states.count("sent"), states.count("not_supported")) == (mailed, PEOPLE - mailed)
    assert server.journal.counts()["CreateExternalUser"] == PEOPLE

    # the next plan is empty, costs no look-up, and says whose access ends soon
    server.journal.clear()
    assert "no changes" in here.ok("superoffice.crm.plan", **options).lower()
    assert server.journal.counts()["Archive/Person"] == 0
    ending = {guest.user_name for guest in people[:ENDING]}
    [installation] = here.report()["installations"]
    assert {one["user_name"] for one in installation["ending"]} == ending

    # a year later: the review finds who is not there any more, and the plan closes what ended
    here.folder.joinpath("users/guests.csv").write_bytes(spreadsheet(people, DAYS))
    for number, guest in enumerate(people):
        if number % 5:
            days = 300 if number % 7 == 0 else 3
            tenant.set_last_login(guest.user_name, TODAY - datetime.timedelta(days=days))
    tenant.retire_person(people[6].person_id)
    here.ok("superoffice.crm.review", external_users_review_unused_days=180, **options)
    logins = {
        one["user_name"]: one for one in json.loads(here.read("reports/review.json"))["logins"]
    }
    for number, guest in enumerate(people):
        issues = set(logins[guest.user_name]["issues"])
        expected = {
            "never_used": number % 5 == 0,
            "unused": number % 5 != 0 and number % 7 == 0,
            "without_owner": number % 10 == 0,
            "retired": number == 6,
        }
        assert issues == {issue for issue, is_there in expected.items() if is_there}, guest
        assert logins[guest.user_name]["company"] == guest.company
    assert f"{ENDING} to deactivate" in here.ok("superoffice.crm.plan", **options)
    assert {name: one["modification"] for name, one in plan_of(here).items()} == {
        name: ["Active"] for name in ending
    }
    here.ok("superoffice.crm.apply", external_users_plan="reports/plan.json", **options)
    active = {user.user_name for user in tenant.users() if user.is_active}
    assert {guest.user_name for guest in people} - active == ending
    assert "no changes" in here.ok("superoffice.crm.plan", **options).lower()


def test_a_row_that_means_nobody_or_two_people_stops_the_plan_with_its_line(
    server: NetServer, here: Workspace, people: list[Guest]
) -> None:
    here.folder.joinpath("users/guests.csv").write_bytes(
        spreadsheet(people).replace(b"guest4@x.example;;", b"guest4@x.exampel;;")
    )
    namesake = people[7]
    contact = next(
        number
        for number, one in enumerate(COMPANIES, 4)
        if ", ".join(filter(None, one)) == namesake.company
    )
    first, _space, last = namesake.name.partition(" ")
    server.tenant.add_person(first_name=first, last_name=last, contact_id=contact)
    before = server.tenant.snapshot()
    refused = here.play("superoffice.crm.plan", external_users_defaults=DEFAULTS)
    assert refused.code == 2
    assert "guests.csv:6" in refused.words
    assert "no person with the e-mail address 'guest4@x.exampel'" in refused.words
    assert "guests.csv:9" in refused.words
    assert f"2 persons have the name '{namesake.name}'" in refused.words
    assert server.tenant.snapshot() == before
