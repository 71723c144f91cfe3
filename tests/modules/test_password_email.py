# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail to a new user: requested once, after a creation that is certain, and never in doubt."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.superoffice.crm.plugins.module_utils.client.cancellation import CancelToken
from ansible_collections.superoffice.crm.plugins.module_utils.task.external_users import TASK
from ansible_collections.superoffice.crm.plugins.module_utils.task.runner import run_task

from tests.modules.conftest import Run

PASSWORD = "Long-enough-1"
TYPES, SEND = "GetSupportedChangePasswordTypes", "SendChangePasswordEMail"


@pytest.fixture
def new(tenant: Any) -> dict[str, Any]:
    """The options of a new user, whose person has an address."""
    return {
        "user_name": "anna", "person_id": tenant.add_person(email="anna@example.com"),
        "role": "Partner", "password": PASSWORD, "send_password_email": True,
    }  # fmt: skip


def calls(journal: Any) -> list[str]:
    return [entry.operation for entry in journal.entries if entry.operation in (TYPES, SEND)]


def test_new_user_gets_one_mail_and_an_existing_one_none(
    user: Run, tenant: Any, journal: Any, new: dict[str, Any]
) -> None:
    predicted = user(**new, check=True)
    assert "password_email" not in predicted
    assert calls(journal) == []
    created = user(**new)
    assert created["password_email"] == "sent"
    assert created["diff"] == predicted["diff"]
    assert created["diff"]["after"]["password_email"] == "(requested)"
    assert created["requests"]["mail"] == 2
    assert "warnings" not in created
    again = user(**{**new, "role": "Vendor", "password": "Another-1", "update_password": "always"})
    assert again["changed"] is True
    assert "password_email" not in again
    assert tenant.mails == [created["user"]["associate_id"]]
    assert calls(journal) == [TYPES, SEND]


# the persons' addresses, what the service does, the outcome, what the warning says
OUTCOMES: dict[str, tuple[str, dict[str, str], str, str, list[str]]] = {
    "no address": ("", {}, "not_supported", "may have no e-mail address", [TYPES]),
    "not offered": ("a@x.example", {"password_mail": "not-supported"}, "not_supported",
                    "offers no change of the password by e-mail", [TYPES]),
    "refused": ("a@x.example", {"password_mail": "fails"}, "failed",
                "The service did not send it: The mail could not be sent.", [TYPES, SEND]),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_the_service_cannot_send_is_a_warning_and_not_a_failure(
    case: str, user: Run, server: Any, tenant: Any, journal: Any, new: dict[str, Any]
) -> None:
    email, profile, status, told, expected = OUTCOMES[case]
    new["person_id"] = tenant.add_person(email=email)
    with server.using(**profile):
        result = user(**new)
    assert "failed" not in result, result["msg"]
    assert result["changed"] is True
    assert result["password_email"] == status
    [warning] = result["warnings"]
    assert warning.startswith("The password e-mail was not sent to 1 of the new users, anna:")
    assert told in warning
    assert ".." not in warning
    assert calls(journal) == expected
    assert tenant.mails == []


# the fault, its options, how often the call is sent, what is known
LOST: list[tuple[str, dict[str, Any], int, bool]] = [
    ("drop_after", {}, 1, True),
    ("drop_before", {}, 1, True),
    ("status", {"status": 502}, 1, True),
    ("status", {"status": 500}, 1, True),
    ("html", {}, 1, True),
    ("status", {"status": 403, "body": {"Error": True, "Message": "no right"}}, 1, False),
    ("status", {"status": 400, "body": {"Error": True, "Message": "no mail"}}, 1, False),
]


def test_a_mail_whose_response_is_lost_is_not_requested_again(
    user: Run, server: Any, tenant: Any, journal: Any, subtests: pytest.Subtests
) -> None:
    for number, (kind, options, times, is_unknown) in enumerate(LOST):
        with subtests.test(kind=kind, **options):
            name = f"user{number}"
            server.faults.add(kind, operation=SEND, times=None, **options)
            mark = len(calls(journal))
            person = tenant.add_person(email="a@x.example")
            result = user(
                user_name=name, person_id=person, role="Partner", password=PASSWORD,
                send_password_email=True, retries=2,
            )  # fmt: skip
            server.faults.clear()
            assert "failed" not in result, result["msg"]
            assert result["password_email"] == "failed"
            assert calls(journal)[mark:] == [TYPES, *[SEND] * times]
            told = "Whether the mail was sent is not known" in result["warnings"][0]
            assert told is is_unknown, result["warnings"]


def test_what_certainly_had_no_effect_is_sent_again(
    user: Run, server: Any, tenant: Any, journal: Any, new: dict[str, Any]
) -> None:
    server.faults.add("status", operation=TYPES, status=503)
    server.faults.add("status", operation=SEND, status=429)
    assert user(**new, retries=2)["password_email"] == "sent"
    assert len(tenant.mails) == 1
    assert calls(journal) == [TYPES, TYPES, SEND, SEND]


def test_a_user_that_the_service_does_not_know_yet_is_asked_for_again(
    user: Run, server: Any, tenant: Any, new: dict[str, Any]
) -> None:
    server.faults.add(
        "status", operation=TYPES, status=404,
        body={"Error": True, "ErrorType": "SoNotFoundException", "Message": "no such id"},
    )  # fmt: skip
    assert user(**new)["password_email"] == "sent"
    assert len(tenant.mails) == 1


def test_an_answer_that_is_no_list_is_no_consent(
    user: Run, server: Any, tenant: Any, journal: Any, new: dict[str, Any]
) -> None:
    server.faults.add("status", operation=TYPES, status=200, body={"Email": True})
    result = user(**new)
    assert result["password_email"] == "failed"
    assert calls(journal) == [TYPES]
    assert tenant.mails == []


def test_no_mail_where_the_creation_is_in_doubt(
    user: Run, server: Any, journal: Any, new: dict[str, Any]
) -> None:
    server.faults.add("drop_after", operation="CreateExternalUser")
    server.faults.add("status", operation="*ExternalUsers*", status=500, skip=2, times=None)
    result = user(**new)
    assert result["failed"] is True
    assert "password_email" not in result
    assert calls(journal) == []


def test_a_creation_whose_response_was_lost_and_that_was_found_gets_its_mail(
    user: Run, server: Any, tenant: Any, new: dict[str, Any]
) -> None:
    server.faults.add("drop_after", operation="CreateExternalUser")
    result = user(**new)
    assert "failed" not in result, result["msg"]
    assert result["password_email"] == "sent"
    assert tenant.mails == [result["user"]["associate_id"]]


def test_a_run_that_is_interrupted_while_a_mail_is_sent_says_so(
    connection: dict[str, Any], server: Any, tenant: Any, new: dict[str, Any]
) -> None:
    # the mail is sent, and its response waits
    server.faults.add("delay", operation=SEND, seconds=30.0, when="after")
    arguments = {**connection, "users": [new]}
    checked = ArgumentSpecValidator(TASK.argument_spec).validate(arguments)
    token, results = CancelToken(), []

    def task() -> None:
        options = checked.validated_parameters
        results.append(run_task(TASK, options, False, cancel_token=token))

    thread = threading.Thread(target=task)
    thread.start()
    deadline = time.monotonic() + 30
    while not tenant.mails and time.monotonic() < deadline:
        time.sleep(0.02)
    assert tenant.mails
    token.cancel()
    thread.join(5)
    assert not thread.is_alive()
    [result] = results
    assert result["error"]["kind"] in ("interrupted", "cancelled")
    [row] = result["results"]
    assert (row["status"], row["password_email"]) == ("created", "failed")
    assert "not known" in result["warnings"][0]
    assert [user.user_name for user in tenant.users()] == ["anna"]


def test_many_users_plan_rows_warnings_and_journal(
    bulk: Run, tenant: Any, journal: Any, tmp_path: Path
) -> None:
    names = [f"user{number:02}" for number in range(12)]
    addresses = {name: f"{name}@x.example" if name < "user01" else "" for name in names}
    users = [
        {"user_name": name, "person_id": tenant.add_person(email=addresses[name]),
         "role": "Partner", "generate_password": True, "send_password_email": name != "user11"}
        for name in names
    ]  # fmt: skip
    path = tmp_path / "journal.jsonl"
    planned = bulk(users=users, check=True)
    entries = {entry["user_name"]: entry for entry in planned["plan"]["entries"]}
    assert entries["user00"]["send_password_email"] is True
    assert "send_password_email" not in entries["user11"]
    assert not any("password_email" in row for row in planned["results"])
    # the plan alone says who gets a mail
    result = bulk(plan=planned["plan"], journal=str(path))
    assert "failed" not in result, result["msg"]
    rows = {row["user_name"]: row.get("password_email") for row in result["results"]}
    expected = dict.fromkeys(names, "not_supported") | {"user00": "sent", "user11": None}
    assert rows == expected
    assert len(tenant.mails) == 1
    [warning] = result["warnings"]
    assert "not sent to 10 of the new users, user01, user02" in warning
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    mails = [line["status"] for line in lines if line["event"] == "password_email"]
    assert sorted(mails) == sorted(["intent"] * 11 + ["not_supported"] * 10 + ["sent"])
    assert lines[-1]["event"] == "end"


def test_an_inactive_new_user_is_asked_for_as_any_other(
    user: Run, tenant: Any, new: dict[str, Any]
) -> None:
    assert user(**new, active_from="2999-01-01")["password_email"] == "sent"
    assert len(tenant.mails) == 1
