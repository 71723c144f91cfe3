# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modification flags travel: three spellings of one set."""

from __future__ import annotations

import itertools

from ansible_collections.superoffice.crm.plugins.module_utils.client.user_agent import (
    FlagSpelling,
    to_wire,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.fields import fields_of
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import Modification

SETS = [
    Modification(sum(numbers))
    for count in range(1, 5)
    for numbers in itertools.combinations((1, 2, 4, 8), count)
]


def test_flags_are_sent_as_names_sum_or_one_by_one() -> None:
    cases: list[tuple[Modification, str, int, list[str]]] = [
        (Modification.USER_NAME, "UserName", 1, ["UserName"]),
        (Modification.PASSWORD, "Password", 2, ["Password"]),
        (Modification.ROLE, "Role", 4, ["Role"]),
        (Modification.ACTIVE, "Active", 8, ["Active"]),
        (Modification.ROLE | Modification.ACTIVE, "Role, Active", 12, ["Role", "Active"]),
        (
            Modification.ACTIVE | Modification.USER_NAME,
            "UserName, Active",
            9,
            ["UserName", "Active"],
        ),
        (
            Modification.USER_NAME
            | Modification.PASSWORD
            | Modification.ROLE
            | Modification.ACTIVE,
            "UserName, Password, Role, Active",
            15,
            ["UserName", "Password", "Role", "Active"],
        ),
    ]
    for change, names, number, one_by_one in cases:
        assert list(to_wire(change, FlagSpelling.NAMES)) == [(names, change)]
        assert list(to_wire(change, FlagSpelling.INTEGER)) == [(number, change)]
        assert [flags for flags, _part in to_wire(change, FlagSpelling.ONE_BY_ONE)] == one_by_one


def test_every_spelling_sends_exactly_the_changed_flags() -> None:
    for spelling in FlagSpelling:
        for change in SETS:
            said = Modification.NONE
            for flags, part in to_wire(change, spelling):
                assert flags not in ("All", "Unknown", 0, "")
                assert not said & part
                said |= part
                wanted = {field.flag for field in fields_of(part)}
                assert (
                    flags == part.value
                    if isinstance(flags, int)
                    else set(flags.split(", ")) == wanted
                )
            assert said == change
