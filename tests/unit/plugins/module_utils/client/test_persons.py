# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains of addresses: short enough, and never two addresses together twice."""

from __future__ import annotations

import itertools
import math

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.client import archive
from ansible_collections.superoffice.crm.plugins.module_utils.client.persons import (
    crossed,
    email_is,
)

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

ADDRESSES = st.lists(
    st.text("ab'+\u00e5@.", min_size=1, max_size=150), min_size=1, max_size=120, unique=True
)


@given(ADDRESSES)
def test_each_address_is_alone_or_in_two_chains_with_different_others(
    addresses: list[str],
) -> None:
    chains = crossed(addresses)
    together = [pair for chain in chains for pair in itertools.combinations(sorted(chain), 2)]
    assert len(together) == len(set(together))
    for address in addresses:
        lengths = [len(chain) for chain in chains if address in chain]
        assert len(lengths) == 2 or 1 in lengths
    for chain in chains:
        assert archive.fits(archive.any_of(filter(None, map(email_is, chain))))
    assert len(chains) <= len(addresses)


def test_chains_are_few() -> None:
    for count in (30, 100, 400, 1000):
        chains = crossed([f"person{number:05d}@example.com" for number in range(count)])
        assert len(chains) <= max(2 * math.sqrt(count) + 2, 2 * count / 22 + 2)


def test_a_backslash_and_a_long_address_cannot_be_asked_for() -> None:
    assert email_is("a\\b@x.example") is None
    assert email_is("x" * 1600) is None
    assert email_is("o'hara@x.example") == "email/emailAddress eq 'o\\'hara@x.example'"
    assert crossed([]) == []
