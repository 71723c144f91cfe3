# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marks strings of the service as data, which Ansible never evaluates as templates."""

from __future__ import annotations

import typing

try:
    from ansible.utils.unsafe_proxy import wrap_var as as_data
except ImportError:  # removed after ansible-core 2.23, which trusts no string of a plugin anyway

    def as_data(v: typing.Any) -> typing.Any:
        """Return a value in which no string is evaluated as a template."""
        return v


__all__ = ["as_data"]
