# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Password hashes and the `password_rules` row."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import string


def hash_password(associate_id: int, password: str) -> bytes:
    """Hash fast, salted with the id.

    A slow hash protects a stolen database; this one holds made-up users, and creating 100,000 of
    them takes seconds. The salt is neither secret nor random, so that two runs end in equal states.
    """
    salt = associate_id.to_bytes(8, "big")
    return hashlib.blake2b(password.encode(), salt=salt, digest_size=16).digest()


@dataclasses.dataclass(frozen=True)
class PasswordRules:
    """One row of the table `password_rules`: the least number of characters of each kind."""

    min_characters: int = 8
    min_numbers: int = 1
    min_lowercase: int = 1
    min_uppercase: int = 1
    min_special: int = 0

    def violation(self, password: str) -> str | None:
        """Return the rule that `password` breaks, without the password; None if it is valid."""
        counts = (
            ("characters", self.min_characters, len(password)),
            ("numbers", self.min_numbers, sum(c.isdigit() for c in password)),
            ("lower-case letters", self.min_lowercase, sum(c.islower() for c in password)),
            ("upper-case letters", self.min_uppercase, sum(c.isupper() for c in password)),
            ("special characters", self.min_special, sum(not c.isalnum() for c in password)),
        )
        for what, least, found in counts:
            if found < least:
                return f"The password must have at least {least} {what}."
        return None

    def generate(self) -> str:
        """Make a password that satisfies the rules."""
        parts = [
            _choose(string.digits, max(2, self.min_numbers)),
            _choose(string.ascii_lowercase, max(4, self.min_lowercase)),
            _choose(string.ascii_uppercase, max(4, self.min_uppercase)),
            _choose("!#%*+-_", max(2, self.min_special)),
        ]
        missing = self.min_characters - sum(map(len, parts))
        parts.append(_choose(string.ascii_letters, max(0, missing)))
        characters = list("".join(parts))
        secrets.SystemRandom().shuffle(characters)
        return "".join(characters)


def _choose(alphabet: str, count: int) -> str:
    return "".join(secrets.choice(alphabet) for _position in range(count))
