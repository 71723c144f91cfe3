# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marks what comes from outside as data, which Ansible never takes for a template."""

from __future__ import annotations

import typing

try:
    from ansible.utils.unsafe_proxy import wrap_var as as_data
except ImportError:  # ansible-core from 2.23 on trusts no text that a plugin returns

    def as_data(v: typing.Any) -> typing.Any:
        """Return a value of which no text is a template."""
        return v


__all__ = ["as_data"]
