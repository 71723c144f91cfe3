# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions of users, collected from entries with everything that is wrong with them."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping

from .entries import Values, desired_user, parse_defaults, parse_entry, with_defaults
from .errors import UserError
from .findings import Finding, SourceLocation
from .model import UNSET, DesiredUser, Secret
from .names import name_key, plain_key

MOST_FINDINGS = 1000


class Definition(typing.NamedTuple):
    """A desired user, and where it is defined."""

    desired: DesiredUser
    location: SourceLocation


class DefinitionCollector:
    """Collects definitions and findings, list by list."""

    def __init__(
        self, defaults: Mapping[str, typing.Any], passwords: Mapping[str, Secret], source: str
    ) -> None:
        self.definitions: list[Definition] = []
        self.findings: list[Finding] = []
        self._passwords: dict[str, Secret] = {}
        self._unused_passwords: dict[str, str] = {}
        for name, secret in passwords.items():
            first = self._unused_passwords.setdefault(name_key(name), name)
            if first is not name:
                message = f"'{first}' and '{name}' are one name; names compare without case."
                self.findings.append(Finding("passwords", message, "duplicate"))
            self._passwords[name_key(name)] = secret
        self._defaults = self._parsed_defaults(defaults, source)

    @property
    def unused_passwords(self) -> list[str]:
        """The names that have a password and no definition."""
        return sorted(self._unused_passwords.values())

    def add(
        self,
        entries: Iterable[tuple[SourceLocation, object]],
        defaults: Mapping[str, typing.Any] | None = None,
        source: str = "",
    ) -> None:
        """Add the entries of one list, with the `defaults` of its file if it has some."""
        shared = {**self._defaults, **self._parsed_defaults(defaults or {}, source)}
        for location, entry in entries:
            if len(self.findings) >= MOST_FINDINGS:
                self._give_up(location)
                return
            try:
                values = with_defaults(parse_entry(entry), shared)
                if self._passwords:
                    self._add_password(values)
                self.definitions.append(Definition(desired_user(values), location))
            except UserError as error:
                self.findings.append(Finding(str(location), str(error), error.kind))

    def refuse_duplicates(self) -> None:
        """Report definitions that name the same user as another one by the same key."""
        seen: dict[tuple[str, object], SourceLocation] = {}
        kept = []
        for definition in self.definitions:
            keys = _keys(definition.desired)
            duplicates = [key for key in keys if key in seen]
            if not duplicates:
                for key in keys:
                    seen[key] = definition.location
                kept.append(definition)
                continue
            if len(self.findings) >= MOST_FINDINGS:
                self._give_up(definition.location)
                break
            option, _value = key = duplicates[0]
            shown = getattr(definition.desired, option)
            message = (
                f"{option} '{shown}' is that of {seen[key]} already; names compare without case."
                " Keep one of the two."
            )
            self.findings.append(Finding(str(definition.location), message, "duplicate"))
        self.definitions = kept

    def _give_up(self, location: SourceLocation) -> None:
        """Say, once, that there are more errors than anyone wants to read."""
        if len(self.findings) == MOST_FINDINGS:
            self.findings.append(Finding(str(location), "more errors are not listed."))

    def _add_password(self, values: Values) -> None:
        name = values.get("user_name")
        if not isinstance(name, str):
            return
        self._unused_passwords.pop(name_key(name), None)
        secret = self._passwords.get(name_key(name))
        if secret is None:
            return
        if values.get("password") is not None:
            raise UserError(
                "definition",
                f"External user '{name}': the password is given twice, here and in passwords.",
            )
        values["password"] = secret
        values["generate_password"] = False

    def _parsed_defaults(self, defaults: Mapping[str, typing.Any], source: str) -> Values:
        try:
            return parse_defaults(defaults)
        except UserError as error:
            where = f"{source}: defaults" if source else "defaults"
            self.findings.append(Finding(where, str(error)))
            return {}


def _keys(desired: DesiredUser) -> list[tuple[str, object]]:
    """Return what no second definition may name as well.

    One person may have several users, which their names tell apart.
    """
    keys: list[tuple[str, object]] = []
    if desired.associate_id is not UNSET:
        keys.append(("associate_id", desired.associate_id))
    if desired.user_name is not UNSET:
        keys.append(("user_name", name_key(desired.user_name)))
    elif desired.associate_id is not UNSET:
        return keys
    elif desired.person_id is not UNSET:
        keys.append(("person_id", desired.person_id))
    elif desired.person_email is not UNSET:
        keys.append(("person_email", plain_key(desired.person_email)))
    elif desired.person_name is not UNSET:
        company = "" if desired.company is UNSET else plain_key(desired.company)
        keys.append(("person_name", (plain_key(desired.person_name), company)))
    return keys
