#!/usr/bin/env bash
# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The hook of .pre-commit-hooks.yaml; needs Python 3.10 or newer with PyYAML, and no Ansible.
exec python3 "$(dirname "${BASH_SOURCE[0]}")/check_definitions.py" "$@"
