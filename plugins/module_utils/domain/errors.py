# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error of a definition that cannot be fulfilled."""

from __future__ import annotations


class UserError(Exception):
    """A definition that cannot be fulfilled; the text is one sentence for the person who wrote it.

    `kind` is the machine-readable reason: definition, conflict, ambiguous, not_found, role, person,
    user_name, password, rename, identity, not_applied.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
