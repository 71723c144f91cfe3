# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's enums: names, numbers, and how the three kinds of "type" relate."""

from __future__ import annotations

USER_TYPES = {
    "Unknown": 0,
    "InternalAssociate": 1,
    "ResourceAssociate": 2,
    "ExternalAssociate": 3,
    "AnonymousAssociate": 4,
    "SystemAssociate": 5,
}

ROLE_TYPES = {"Employee": 0, "ExternalUser": 1, "Anonymous": 2, "System": 3}
ROLE_TYPE_NAMES = {number: name for name, number in ROLE_TYPES.items()}

# The numbers of associate.type in the database are bits, not a sequence.
ASSOCIATE_TYPES = {"Employee": 0, "Resource": 1, "ExternalPerson": 4, "Anonymous": 7, "System": 13}
ASSOCIATE_TYPE_NAMES = {number: name for name, number in ASSOCIATE_TYPES.items()}
EXTERNAL = ASSOCIATE_TYPES["ExternalPerson"]
SYSTEM = ASSOCIATE_TYPES["System"]

USER_TYPE_OF_ASSOCIATE = {
    0: "InternalAssociate",
    1: "ResourceAssociate",
    4: "ExternalAssociate",
    7: "AnonymousAssociate",
    13: "SystemAssociate",
}
ROLE_TYPE_OF_ASSOCIATE = {0: 0, 1: 0, 4: 1, 7: 2, 13: 3}

MODIFICATION_FLAGS = {"Unknown": 0, "UserName": 1, "Password": 2, "Role": 4, "Active": 8, "All": 15}
