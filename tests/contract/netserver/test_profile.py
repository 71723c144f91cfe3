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


@pytest.mark.parametrize("key", TABLE)
def test_each_value_shows(key: str, server: NetServer, subtests: pytest.Subtests) -> None:
    probe, answers = TABLE[key]
    for value, expected in answers.items():
        server.reset()
        with subtests.test(value=value), server.using(**{key: value}):
            # a client of its own: cookies and open connections are part of what a value decides
            assert probe(Client(server)) == expected


def test_no_two_values_of_a_key_look_the_same() -> None:
    for key, (_probe, answers) in TABLE.items():
        assert len(set(map(repr, answers.values()))) == len(answers), key


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
