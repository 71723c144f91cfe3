# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key of the profile table: what a client sees with each of its values.

No key and no value is left out, and no two values of a key look the same.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.netserver import NetServer
from tests.netserver.profile import ProfileError, check_choice, describe

from .conftest import Client
from .profile_probes import TABLE

CASES = [(key, value) for key, (_probe, answers) in TABLE.items() for value in answers]


@pytest.mark.parametrize(("key", "value"), CASES, ids=[f"{key}={value}" for key, value in CASES])
def test_value_shows(key: str, value: str, server: NetServer, client: Client) -> None:
    probe, answers = TABLE[key]
    with server.using(**{key: value}):
        assert probe(client) == answers[value]


@pytest.mark.parametrize("key", TABLE)
def test_values_differ(key: str) -> None:
    answers = [repr(answer) for answer in TABLE[key][1].values()]
    assert len(set(answers)) == len(answers)


def test_no_key_or_value_is_left_out() -> None:
    described = {choice.name: choice.values for choice in describe()}
    assert set(TABLE) == set(described)
    for key, values in described.items():
        wanted = {value for value in values if value != "N"}
        assert wanted <= set(TABLE[key][1]), key


def test_first_value_of_the_table_is_the_default(server: NetServer) -> None:
    for key, (_probe, answers) in TABLE.items():
        assert getattr(server.profile, key) == next(iter(answers)), key


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"flag": "any"}, ("'flag'", "'flags'")),
        ({"flags": "integers"}, ("'integers'", "'integer'")),
        ({"page_cap": "0"}, ("'page_cap'", "above 0")),
        ({"page_cap": -3}, ("'page_cap'", "above 0")),
        ({"flags": None}, ("'flags'", "any")),
    ],
)
def test_wrong_choice_is_one_sentence(choices: dict[str, Any], words: tuple[str, ...]) -> None:
    for key, value in choices.items():
        with pytest.raises(ProfileError) as caught:
            check_choice(key, value)
        message = str(caught.value)
        assert all(word in message for word in words)
        assert "\n" not in message


def test_using_ends_with_its_block(server: NetServer) -> None:
    before = server.profile
    with server.using(flags="integer"):
        assert server.profile.flags == "integer"
    assert server.profile is before
    with pytest.raises(ProfileError), server.using(flags="nonsense"):
        pass
    assert server.profile is before
