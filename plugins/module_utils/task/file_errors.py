# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error of a file that cannot be read as definitions."""

from __future__ import annotations


class FileError(Exception):
    """A file that cannot be read as definitions; the text names file and line."""
