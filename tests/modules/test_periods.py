# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access for a period, in runs: periods are relative to the present time."""

from __future__ import annotations

import datetime
import re
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.release import __version__ as ansible_version

from tests.modules.conftest import Run
from tests.modules.test_relative_paths import play
from tests.netserver import NetServer

# templates make strings of lists with dates
BEFORE_2_19 = tuple(map(int, ansible_version.split(".")[:2])) < (2, 19)
PASSWORD = "Long-enough-1"


def day(offset: int) -> str:
    """Return a day from today, in UTC."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(days=offset)).date().isoformat()


def states(tenant: Any) -> dict[str, bool]:
    return {user.user_name: user.is_active for user in tenant.users()}


def test_access_begins_and_ends_by_its_period(bulk: Run, tenant: Any, writes: Any) -> None:
    people: dict[str, tuple[bool, dict[str, Any]]] = {
        "ended": (True, {"active_until": day(-2)}),
        "running": (False, {"active_from": day(-2), "active_until": day(2)}),
        "future": (True, {"active_from": day(2)}),
        "closed": (True, {"active_until": day(2), "is_active": False}),
        "open": (True, {"active_until": day(-2), "is_active": True}),
        "in sync": (True, {"active_until": day(2)}),
    }
    for name, (is_active, _period) in people.items():
        tenant.add_external_user(name, role_id=5, is_active=is_active)
    users = [{"user_name": name, **period} for name, (_active, period) in people.items()]
    users += [
        {"user_name": name, "person_id": tenant.add_person(), "role": "Partner",
         "password": PASSWORD, **period}
        for name, period in (("early", {"active_from": day(2)}), ("late", {"active_until": day(2)}))
    ]  # fmt: skip
    options: dict[str, Any] = {"users": users, "limits": {"deactivate": None}}
    predicted = bulk(**options, check=True)
    result = bulk(**options)
    assert predicted["diff"] == result["diff"]
    assert states(tenant) == {
        "ended": False, "running": True, "future": False, "closed": False, "open": False,
        "in sync": True, "early": False, "late": True,
    }  # fmt: skip
    assert result["summary"]["deactivated"] == 4
    assert bulk(**options)["changed"] is False
    assert len(writes()) == 7


def test_deactivations_of_ended_periods_count_for_the_limit(bulk: Run, tenant: Any) -> None:
    for number in range(10):
        tenant.add_external_user(f"user{number}", role_id=5)
    users = [{"user_name": f"user{number}"} for number in range(10)]
    result = bulk(users=users, defaults={"active_until": day(-1)})
    assert result["error"]["kind"] == "limits"
    assert "limits.deactivate" in result["msg"]
    assert all(states(tenant).values())


def test_single_module_knows_periods(user: Run, tenant: Any) -> None:
    tenant.add_external_user("anna", role_id=5)
    result = user(user_name="anna", active_until=day(-1))
    assert result["modification"] == ["Active"]
    assert result["diff"]["after"] == {"user_name": "anna", "is_active": False}
    assert user(user_name="anna", active_from=day(-1))["user"]["is_active"] is True
    assert states(tenant) == {"anna": True}
    refused = user(user_name="anna", active_from=day(0), active_until=day(-1))
    assert refused["error"]["kind"] == "definition"
    assert "ends before it begins" in refused["msg"]


def test_result_lists_what_ends_soon_and_what_has_ended(bulk: Run, tenant: Any) -> None:
    ends = {"week": 7, "tomorrow": 1, "far": 40, "past": -400, "yesterday": -1}
    ids = {name: tenant.add_external_user(name, role_id=5) for name in [*ends, "gone", "closed"]}
    users: list[dict[str, Any]] = [
        {"user_name": name, "active_until": day(offset), "owner": "Kari"}
        for name, offset in ends.items()
    ]
    users += [
        {"user_name": "gone", "state": "absent", "active_until": day(1)},
        {"user_name": "closed", "is_active": False, "active_until": day(1)},
    ]
    options: dict[str, Any] = {"users": users, "limits": {"deactivate": None, "delete": None}}
    planned = bulk(**options, check=True)
    applied = bulk(**options, plan=planned["plan"])
    for result in (planned, applied, bulk(**options)):
        assert [(one["user_name"], one["has_ended"]) for one in result["ending"]] == [
            ("tomorrow", False), ("week", False), ("yesterday", True), ("past", True),
        ]  # fmt: skip
        assert result["ending"][0]["active_until"] == day(1)
        assert result["ending"][0]["owner"] == "Kari"
        assert result["ending"][1]["associate_id"] == ids["week"]
    assert [one["user_name"] for one in bulk(**options, only=["past", "far"])["ending"]] == ["past"]
    assert bulk(users=[{"user_name": "far"}])["ending"] == []
    # whatever names the user
    person = tenant.add_person(email="eva@example.com", first_name="Eva", last_name="Berg")
    tenant.add_external_user("eva", person_id=person, role_id=5)
    by_email = {"person_email": "eva@example.com", "active_until": day(3)}
    for keys in (by_email, {"person_id": person, "active_until": day(3)}):
        [eva] = bulk(users=[keys])["ending"]
        assert (eva["user_name"], eva["person"]) == ("eva", "Eva Berg")


def test_plan_is_stale_once_a_period_has_ended(bulk: Run, tenant: Any, journal: Any) -> None:
    seconds = 6
    tenant.add_external_user("anna", role_id=5, is_active=False)
    tenant.add_external_user("bo", role_id=5)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    options: dict[str, Any] = {
        "users": [
            {"user_name": "anna", "active_until": end.isoformat(timespec="milliseconds")},
            {"user_name": "bo", "role": "Vendor"},
        ]
    }
    planned = bulk(**options, check=True)
    assert [row["action"] for row in planned["results"]] == ["modify", "modify"]
    wait = end - datetime.datetime.now(datetime.timezone.utc)
    time.sleep(max(0.0, wait.total_seconds()) + 0.1)
    for more in ({}, options):
        result = bulk(plan=planned["plan"], on_stale="skip", check=True, **more)
        assert result["summary"]["skipped"] == result["summary"]["modified"] == 1
        assert "its period has ended since" in result["results"][0]["error"]["msg"]
    result = bulk(plan=planned["plan"], **options)
    assert result["results"][0]["error"]["kind"] == "stale"
    assert states(tenant) == {"anna": False, "bo": True}
    # a plan that is made now closes it
    assert bulk(**options)["changed"] is False


@pytest.mark.parametrize("in_process", ["true", "false"])
def test_dates_of_yaml_and_of_templates_are_read_in_plays_and_files(
    in_process: str, server: NetServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPEROFFICE_IN_PROCESS", in_process)
    # a day in which it is another day here than in UTC must not matter
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    forms = {"date": day(-1), "time": f"{day(-1)} 23:59:59", "zone": f"{day(-2)}T07:00:00+01:00"}
    ends = {
        **{f"{place}-{form}": text for place in ("file", "play") for form, text in forms.items()},
        "template": "\"{{ '%Y-%m-%d' | strftime(now(utc=true).timestamp() - 86400, utc=true) }}\"",
        "today": day(0),
    }  # fmt: skip
    for name in ends:
        server.tenant.add_external_user(name, role_id=5)

    def lines(place: str) -> str:
        return "".join(
            f"  - user_name: {name}\n    active_until: {until}\n"
            for name, until in ends.items()
            if name.startswith("file") is (place == "file")
        )

    (tmp_path / "users.yml").write_text(f"users:\n{lines('file')}", encoding="utf-8")
    variables = tmp_path / "variables.yml"
    variables.write_text(f"people:\n{lines('play')}", encoding="utf-8")
    options: dict[str, Any] = {"limits": {"deactivate": None}, "vars_files": [str(variables)]}
    options |= {"src": ["users.yml"], "users": "{{ people }}"}
    output = play(tmp_path, server, "localhost", **options)
    if BEFORE_2_19:
        assert "Put the dates of the variable in quotes" in output
        quoted = re.sub(r"active_until: ([^\"\n]+)", r'active_until: "\1"', variables.read_text())
        variables.write_text(quoted)
        output = play(tmp_path, server, "localhost", **options)
    assert "changed=1" in output, output
    assert states(server.tenant) == {name: name == "today" for name in ends}
