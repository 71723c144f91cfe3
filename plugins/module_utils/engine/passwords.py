# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random passwords that the password rules of any service should accept."""

from __future__ import annotations

import secrets
import string

from ..domain.model import Secret

LENGTH = 24
# no quotes, backslashes, colons or spaces: a person will copy it from a terminal
SPECIAL = "!#%+-=?@_"
ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, SPECIAL)


def generate_password() -> Secret:
    """Return a random password with several characters of every kind."""
    source = secrets.SystemRandom()
    characters = [source.choice(alphabet) for alphabet in 2 * ALPHABETS]
    characters += source.choices("".join(ALPHABETS), k=LENGTH - len(characters))
    source.shuffle(characters)
    return Secret("".join(characters))
