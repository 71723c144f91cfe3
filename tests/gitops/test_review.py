# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access review: from one read, who is outside git, who is inactive, who has which role."""

from __future__ import annotations

import csv
import datetime
import io
import json
from typing import Any

import yaml

from tests.gitops.playbook import Workspace
from tests.gitops.rendering import cells
from tests.gitops.sample_data import settled
from tests.netserver import NetServer

DEFINITIONS = """
users:
  # found by a former name, by an id, by a person
  - user_name: anna.renamed@fjord.example
    previous_user_names: [{0[user_name]}]
  - associate_id: {id}
  - person_id: {2[person_id]}
  - user_name: nobody@fjord.example
  - user_name: left@fjord.example
    state: absent
  - user_name: {3[user_name]}
    rolle: Partner
"""


def operations(here: Workspace, server: NetServer, playbook: str, **variables: str) -> list[str]:
    """What a playbook asks of the service."""
    server.journal.clear()
    here.ok(playbook, **variables)
    return [entry.operation for entry in server.journal.entries]


def test_the_review(here: Workspace, server: NetServer) -> None:
    users = settled(server, 40)
    lonely = server.tenant.add_person(first_name="Lone", last_name="Wolf", contact_id=0)
    server.tenant.add_external_user("=lonely", person_id=lonely, role_id=5)
    second = next(
        u.associate_id for u in server.tenant.users() if u.user_name == users[1]["user_name"]
    )
    one_read = operations(here, server, "superoffice.crm.export")
    before = server.tenant.snapshot()
    here.folder.joinpath("users/users.yml").unlink()
    here.write("users/all.yml", DEFINITIONS.format(*users[:4], id=second))
    found = operations(here, server, "superoffice.crm.review", external_users_name="fjord")
    # the same read, the last logins and the persons
    further = [one for one in found if one not in one_read]
    assert [one for one in found if one in one_read] == one_read
    assert set(further) == {"Archive/dynamic", "Archive/Person"}
    assert len(further) <= 3
    assert server.tenant.snapshot() == before

    review = json.loads(here.read("reports/review.json"))
    in_git = {login["user_name"] for login in review["logins"] if login["in_git"]}
    assert in_git == {users[number]["user_name"] for number in (0, 1, 2)}
    inactive = sum(not user["is_active"] for user in users)
    assert review["summary"] == {
        "total": 41,
        "active": 41 - inactive,
        "inactive": inactive,
        "outside": 38,
        "retired": 0,
        "never_used": 41 - inactive,
        "unused": 0,
        "without_owner": 3,
        "without_company": 1,
        "missing": 1,
        "roles": 3,
    }
    partners = [user for user in server.tenant.users() if user.role_name == "Partner"]
    row = next(one for one in review["roles"] if one["role"] == "Partner")
    assert (row["total"], row["active"]) == (len(partners), sum(u.is_active for u in partners))
    assert ["nobody@fjord.example" in one["definition"] for one in review["missing"]] == [True]
    assert "did you mean 'role'" in review["findings"][0]["message"]

    markdown = here.read("reports/review.md")
    assert "Logins without a definition (38)" in markdown
    assert any(row[0] == "=lonely" for row in cells(markdown))
    rows = list(csv.DictReader(io.StringIO(here.read("reports/review.csv"))))
    assert len(rows) == 41
    assert {row["user_name"] for row in rows if row["in_git"] == "yes"} == in_git
    assert [row["company"] for row in rows if row["user_name"] == "'=lonely"] == [""]
    assert {here.mode(f"reports/review.{kind}") for kind in ("md", "csv", "json")} == {0o600}


def test_a_long_review_is_bounded_and_counts_what_it_leaves_out(server: NetServer) -> None:
    from ansible_collections.superoffice.crm.plugins.filter.external_users_report import (
        external_users_report as report,
    )
    from ansible_collections.superoffice.crm.plugins.filter.external_users_review import (
        external_users_review as review,
    )

    users = [
        {
            "associate_id": number,
            "person_id": number,
            "user_name": f"user{number:05}@example.com",
            "role": "Partner" if number % 2 else "Vendor",
            "role_id": 5,
            "is_active": number % 10 > 0,
        }
        for number in range(1, 10_001)
    ]
    text = report(review(users), "markdown")
    assert len(text) <= 65_536
    left = [line for line in text.splitlines() if line.endswith("are not shown here._")]
    assert len(left) == 2
    hidden = [int(line.strip("_").split(" ")[0].replace(",", "")) for line in left]
    # two roles are listed as well
    assert len(cells(text)) - 2 - 1 + sum(hidden) == 10_000 + 1_000
    # long lists are folded, and columns that would be empty are left out
    assert text.count("<details><summary>Show ") == text.count("</details>") == 2
    assert (
        "<details><summary>Show 10,000</summary>\n\n| Login | Role | Active | Associate id |"
        in text
    )


YEAR_AGO = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=365)
YESTERDAY = YEAR_AGO + datetime.timedelta(days=364)


def test_the_review_finds_logins_that_nobody_needs(here: Workspace, server: NetServer) -> None:
    tenant = server.tenant
    oslo = tenant.add_contact("Nordic Trade", department="Oslo")
    names = ("used", "unused", "never", "idle", "left")
    persons = {name: tenant.add_person(first_name=name, contact_id=oslo) for name in names}
    for name in names:
        tenant.add_external_user(name, persons[name], role_id=5, is_active=name != "idle")
    for name, moment in (("used", YESTERDAY), ("unused", YEAR_AGO), ("left", YESTERDAY)):
        tenant.set_last_login(name, moment)
    tenant.retire_person(persons["left"])
    about = {"owner": "kari@ours.example", "description": "Order portal"}
    users = [{"user_name": name, **(about if name != "never" else {})} for name in names]
    here.write("users/all.yml", yaml.safe_dump({"users": users}))
    here.ok("superoffice.crm.review", external_users_review_unused_days="200")

    review = json.loads(here.read("reports/review.json"))
    assert {one["user_name"]: one["issues"] for one in review["logins"]} == {
        "used": [],
        "unused": ["unused"],
        "never": ["never_used", "without_owner"],
        "idle": ["inactive"],
        "left": ["retired"],
    }
    used = next(one for one in review["logins"] if one["user_name"] == "used")
    assert used["last_login"] == f"{YESTERDAY:%Y-%m-%dT%H:%M:%S}Z"
    assert (used["owner"], used["description"]) == tuple(about.values())
    assert (used["person"], used["company"]) == ("used Person", "Nordic Trade, Oslo")
    markdown = here.read("reports/review.md")
    for title in (
        "Logins of retired persons (1)",
        "Active logins that were never used (1)",
        "Active logins that were unused for 200 days (1)",
        "Logins with a definition that names no owner (1)",
    ):
        assert title in markdown
    assert "Logins without a definition (" not in markdown
    rows = {
        row["user_name"]: row
        for row in csv.DictReader(io.StringIO(here.read("reports/review.csv")))
    }
    assert rows["left"]["issues"] == "person is retired"
    assert (rows["left"]["retired"], rows["never"]["last_login"]) == ("yes", "never")
    assert rows["unused"]["issues"] == "unused for 200 days"
    assert "Order portal" in here.read("reports/review.html")


def test_what_is_not_known_is_not_judged(here: Workspace, server: NetServer) -> None:
    server.tenant.add_external_users({"user_name": f"u{number}"} for number in range(201))
    with server.using(dynamic_archive="refused"):
        here.ok("superoffice.crm.review")
    review = json.loads(here.read("reports/review.json"))
    assert review["summary"]["never_used"] == review["summary"]["unused"] == 0
    assert {
        row["last_login"] for row in csv.DictReader(io.StringIO(here.read("reports/review.csv")))
    } == {""}


def test_a_definition_that_names_the_person_belongs_to_its_login() -> None:
    from ansible_collections.superoffice.crm.plugins.filter.external_users_review import (
        external_users_review as review,
    )

    def user(number: int, email: str, full_name: str, company: str) -> dict[str, Any]:
        about = {
            "email": email,
            "full_name": full_name,
            "company": company,
            "company_name": company,
        }
        role = {"role": "Partner", "role_id": 5, "is_active": True, "company_id": number}
        return {
            "associate_id": number,
            "person_id": 10 + number,
            "user_name": f"u{number}",
            **role,
            **about,
        }

    users = [
        user(1, "anna@x.example", "Anna Berg", "Nordic"),
        user(2, "bo@x.example", "Bo Dahl", "Nordic"),
        user(3, "bo@y.example", "Bo Dahl", "Fjord"),
        user(4, "eva@x.example", "Eva Ek", "Fjord"),
        {**user(5, "eva@x.example", "Eva Ek", "Fjord"), "person_retired": True},
    ]
    definitions = [
        {"person_email": "Anna@X.example", "role": "Partner"},
        {"person_name": "Bo Dahl", "company": "fjord"},
        {"person_email": "eva@x.example"},
        {"person_name": "Bo Dahl"},
        {"person_email": "nobody@x.example"},
    ]
    found = review(users, definitions=definitions)
    assert [one["where"] for one in found["logins"]] == ["users[0]", "", "users[1]", "users[2]", ""]
    assert {one["where"] for one in found["missing"]} == {"users[3]", "users[4]"}
