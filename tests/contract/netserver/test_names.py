# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names are equal, by rule, and that every place of the service applies the same rule."""

from __future__ import annotations

import base64
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.netserver import NetServer
from tests.netserver.comparison import RULES

from .conftest import PASSWORD, Client

RULE_NAMES = ("exact", "simple", "sql-server", "accent-insensitive")
# a name, another, and the first of RULE_NAMES by which they are equal
PAIRS = [
    ("anna@x.example", "anna@x.example", "exact"),
    ("anna@x.example", "ANNA@x.example", "simple"),
    ("Жанна", "жАННА", "simple"),
    ("groß@x.example", "GROß@x.example", "simple"),
    ("groß@x.example", "gross@x.example", "sql-server"),
    ("Æsir", "aesir", "sql-server"),
    ("ﬁnn", "finn", "sql-server"),
    ("pa\u017fs", "pass", "sql-server"),
    ("\uff41nn\uff41", "anna", "sql-server"),
    ("e\u200d\u0301", "\u00e9", "sql-server"),
    ("\u01d0", "i", "accent-insensitive"),
    ("\u01ff", "o", "accent-insensitive"),
    ("anna", "anna  ", "sql-server"),
    ("an\u200bna", "anna", "sql-server"),
    ("zoë", "zoe\u0308", "sql-server"),
    ("zoë", "zoe", "accent-insensitive"),
    ("Øystein", "oystein", "accent-insensitive"),
    ("anna", "anne", None),
    ("anna", " anna", None),
    ("\u0131", "i", None),
]


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_equal_names(rule: str, subtests: pytest.Subtests) -> None:
    for one, other, first in PAIRS:
        with subtests.test(one=one, other=other):
            expected = first is not None and RULE_NAMES.index(rule) >= RULE_NAMES.index(first)
            assert (RULES[rule](one) == RULES[rule](other)) is expected


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@given(text=TEXT)
def test_keys_are_stable_and_normal_forms_are_equal_in_sql_server(text: str) -> None:
    for rule in RULES.values():
        assert rule(rule(text)) == rule(text)
    assert len(RULES["simple"](text)) == len(text)
    assert RULES["sql-server"](unicodedata.normalize("NFD", text)) == RULES["sql-server"](
        unicodedata.normalize("NFC", text)
    )


NAMES = st.lists(
    st.sampled_from([name for one, other, _first in PAIRS for name in (one, other)]),
    min_size=2, max_size=2,
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=NAMES, rule=st.sampled_from(RULE_NAMES))
def test_every_place_applies_the_rule(
    running_server: NetServer, names: list[str], rule: str
) -> None:
    stored, asked = names
    running_server.reset()
    client = Client(running_server)
    equal = RULES[rule](stored) == RULES[rule](asked)
    with running_server.using(name_comparison=rule):
        associate_id = client.create(stored).json()
        found = client.agent("GetUserFromName", {"UserName": asked}).json()
        assert (found or {}).get("AssociateId") == (associate_id if equal else None)
        rows = client.rows(filter=f"userName = '{asked}'")
        assert [row["PrimaryKey"] for row in rows] == [str(associate_id)] * equal
        credential = base64.b64encode(f"{asked}:{PASSWORD}".encode()).decode()
        client.session.auth = None
        headers = {"Authorization": f"Basic {credential}"}
        login = client.get("User/currentPrincipal", headers=headers)
        assert login.status_code == (200 if equal else 401)
        client.session.auth = running_server.admin
        assert client.create(asked).status_code == (400 if equal else 200)


def test_rule_can_change_while_users_are_there(server: NetServer, client: Client) -> None:
    server.tenant.add_external_user("groß")
    body = {"UserName": "GROSS"}
    for _time in range(2):
        assert client.agent("GetUserFromName", body).json() is None
        with server.using(name_comparison="sql-server"):
            assert client.agent("GetUserFromName", body).json()["UserName"] == "groß"
    with NetServer(profile={"name_comparison": "sql-server"}) as other:
        other.tenant.add_external_user("groß")
        other.reset()
        other.tenant.add_external_user("groß")
        assert Client(other).agent("GetUserFromName", body).json()["UserName"] == "groß"


def test_first_names_and_addresses_follow_the_rule(server: NetServer, client: Client) -> None:
    server.tenant.add_person(first_name="José", email="josé@x.example")
    text = "firstName = 'JOSE' and email/emailAddress eq 'Jose@x.example'"
    for rule in RULE_NAMES:
        with server.using(name_comparison=rule):
            assert len(client.rows("Person", filter=text)) == (rule == "accent-insensitive")
