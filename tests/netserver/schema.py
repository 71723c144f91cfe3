# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of a tenant, reduced to what the calls need; named as in the vendor's database.

A `..._key` column has the form in which the text beside it compares (`comparison.py`).
"""

from __future__ import annotations

TABLES = """
CREATE TABLE IF NOT EXISTS contact (
    contact_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, department TEXT NOT NULL DEFAULT '',
    number TEXT NOT NULL DEFAULT '', orgnr TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS person (
    person_id INTEGER PRIMARY KEY AUTOINCREMENT,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '', person_number TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    contact_id INTEGER NOT NULL DEFAULT 0, retired INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS email (
    person_id INTEGER NOT NULL, rank INTEGER NOT NULL,
    address TEXT NOT NULL, address_key TEXT NOT NULL,
    PRIMARY KEY (person_id, rank)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS email_address ON email (address_key);
CREATE TABLE IF NOT EXISTS role (
    role_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, tooltip TEXT NOT NULL DEFAULT '',
    role_type INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, rank INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS usergroup (
    usergroup_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS associate (
    associate_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, name_key TEXT NOT NULL,
    user_name TEXT, user_name_key TEXT,
    type INTEGER NOT NULL, person_id INTEGER NOT NULL DEFAULT 0,
    role_id INTEGER NOT NULL, usergroup_id INTEGER NOT NULL DEFAULT 0,
    active INTEGER NOT NULL DEFAULT 1, deleted INTEGER NOT NULL DEFAULT 0,
    password BLOB, functional_rights TEXT NOT NULL DEFAULT '', tooltip TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS associate_name ON associate (name_key);
CREATE INDEX IF NOT EXISTS associate_user_name ON associate (user_name_key);
CREATE INDEX IF NOT EXISTS associate_login ON associate (COALESCE(user_name_key, name_key));
CREATE INDEX IF NOT EXISTS associate_person ON associate (person_id);
CREATE TABLE IF NOT EXISTS associate_history (
    associate_id INTEGER PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS history_name ON associate_history (name_key);
CREATE TABLE IF NOT EXISTS password_rules (
    min_characters INTEGER NOT NULL, min_numbers INTEGER NOT NULL, min_lowercase INTEGER NOT NULL,
    min_uppercase INTEGER NOT NULL, min_special INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS last_login (
    associate_id INTEGER PRIMARY KEY, time REAL NOT NULL
);
"""

# The order makes snapshots comparable. Logins are no change of state, so `last_login` is left out.
SNAPSHOT = (
    "contact",
    "person",
    "email",
    "role",
    "usergroup",
    "associate",
    "associate_history",
    "password_rules",
)

# key column, the column that it is derived from
KEYS = (
    ("associate", "name_key", "name"),
    ("associate", "user_name_key", "user_name"),
    ("associate_history", "name_key", "name"),
    ("email", "address_key", "address"),
)

LOGIN_KEY = "COALESCE(a.user_name_key, a.name_key)"

COMPANY = (
    "c.name || CASE WHEN COALESCE(c.department, '') = '' THEN '' ELSE ', ' || c.department END"
)

USER = f"""
SELECT a.associate_id, a.name, a.user_name, a.type, a.person_id, a.role_id, a.usergroup_id,
       a.active, a.deleted, a.tooltip, a.functional_rights, a.password IS NOT NULL AS has_password,
       p.first_name, p.last_name, p.title, p.email, p.person_number, p.contact_id, p.retired,
       p.hidden, c.name AS contact_name, c.department, {COMPANY} AS contact_full_name,
       r.name AS role_name, r.tooltip AS role_tooltip,
       r.role_type, r.deleted AS role_deleted, g.name AS group_name
FROM associate a
LEFT JOIN person p ON p.person_id = a.person_id
LEFT JOIN contact c ON c.contact_id = p.contact_id
LEFT JOIN role r ON r.role_id = a.role_id
LEFT JOIN usergroup g ON g.usergroup_id = a.usergroup_id
"""
