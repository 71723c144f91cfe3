# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behaviour that the vendor's documentation leaves open: one table of named choices.

A `Profile` has one value for every choice. The default is always the first value: the one that the
documentation makes most likely, or the stricter one where it says nothing.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

# as in plugins/module_utils/diagnosis/profile.py
PROFILE_VERSION = 1


class ProfileError(ValueError):
    """An unknown choice or value; the text is one sentence."""


class Choice(NamedTuple):
    """One row of the table; a choice that takes a number has the value `N`."""

    name: str
    default: str
    meaning: str
    values: dict[str, str]


def _choice(meaning: str, values: Mapping[str, str]) -> Any:
    """Describe a choice with fixed values; the first is the default."""
    metadata = {"meaning": meaning, "values": dict(values)}
    # pylint sees a field only in the class itself
    return dataclasses.field(  # pylint: disable=invalid-field-call
        default=next(iter(values)), metadata=metadata
    )


def _number(meaning: str, unit: str, default: str = "none") -> Any:
    """Describe a choice that takes a number above 0, or `none`."""
    values = {default: "The default.", "N": f"A number of {unit}, or none."}
    metadata = {"meaning": meaning, "values": values}
    return dataclasses.field(  # pylint: disable=invalid-field-call
        default=default, metadata=metadata
    )


@dataclasses.dataclass(frozen=True)
class Profile:
    """One value for every choice."""

    # --- how the modification flags travel
    flags: str = _choice("How ExternalUserInfoModification must be spelled.", {
        "any": "An integer, one name, or names joined by commas.",
        "names": "One name or names joined by commas; an integer is refused.",
        "integer": "An integer bitmask only.",
        "single": "One name only; combinations and integers are refused.",
    })  # fmt: skip
    flags_refusal: str = _choice("How a spelling of the flags is refused.", {
        "message": "400 with Message and MessageDetail, as for any malformed argument.",
        "object": "400 with an error object (Error, ErrorType, Message).",
        "server-error": "500 with an error object.",
        "null": "200 with null, and no change.",
        "ignored": "The response of success, and no change.",
    })  # fmt: skip
    no_flags: str = _choice("What the flags Unknown or 0 do.", {
        "refuse": "They are refused as a malformed argument.",
        "ignore": "Success, and no change.",
        "all": "They mean All.",
    })  # fmt: skip
    unused_properties: str = _choice("Whether properties are needed that no flag names.", {
        "optional": "Properties that no flag names may be left out or be null.",
        "required": "All six properties must be there, and not null.",
        "not-null": "They may be left out, but not be null.",
    })  # fmt: skip
    empty_password: str = _choice("An empty Password while the Password flag is not given.", {
        "accepted": "It is ignored.",
        "refused": "It is refused although no flag names it.",
    })  # fmt: skip
    unknown_properties: str = _choice("Properties in a body that the call does not know.", {
        "ignore": "They are ignored.",
        "refuse": "They are refused as a malformed argument.",
    })  # fmt: skip

    # --- responses
    void_reply: str = _choice("The response of a call without a result.", {
        "empty-204": "204 without a body.",
        "null-204": "204 followed by the text null, as the docs print it.",
        "null-200": "200 with null.",
        "empty-200": "200 with an empty body.",
    })  # fmt: skip
    errors: str = _choice("The response of an agent to a call that breaks a rule.", {
        "http": "400 with Error, ErrorType, Message, ErrorSource (recorded by the vendor).",
        "errormessage": "400 with ErrorMessage in place of Message (as REST).",
        "message": "400 with Message and MessageDetail only.",
        "server-error": "500 with the error object.",
        "null": "200 with null, as the docs say of agents.",
        "object": "200 with the error object.",
        "object-errormessage": "200 with the error object that says ErrorMessage.",
        "asp-net": "500 in the form of ASP.NET (ExceptionMessage), rights and archives too.",
    })  # fmt: skip
    malformed: str = _choice("The status of a malformed argument.", {
        "400": "400 with Message and MessageDetail.",
        "200": "200 with the same body.",
    })  # fmt: skip
    unknown_id: str = _choice("The response of an agent's reading call for an unknown id.", {
        "null": "200 with null.",
        "http-404": "404 with an error object.",
        "error": "As any refused call (key errors).",
    })  # fmt: skip
    missing_right: str = _choice("What a caller without the right gets from an agent.", {
        "403": "403 with an error object.",
        "401": "401 with an error object.",
        "400": "400 with an error object.",
        "500": "500 with an error object.",
        "null": "200 with null.",
        "object": "200 with an error object.",
    })  # fmt: skip
    missing_right_error: str = _choice("The ErrorType of a missing right.", {
        "illegal-operation": "SoIllegalOperationException.",
        "function-right": "SoFunctionRightException, as since NetServer 11.7.",
        "sentry": "SoSentryException.",
    })  # fmt: skip
    unmanaged_user: str = _choice("A look-up of a user that the caller may not manage.", {
        "shown": "It succeeds.",
        "null": "200 with null, as for an unknown user.",
        "illegal-operation": "SoIllegalOperationException, as for a missing right.",
        "function-right": "SoFunctionRightException.",
        "sentry": "SoSentryException.",
    })  # fmt: skip
    create_reply: str = _choice("The value of CreateExternalUser.", {
        "integer": "The new associate id as a number.",
        "string": "The id as a string.",
        "null-but-created": "null, although the user was created.",
        "repeated-id": "The id of the creation before.",
        "listed-id": "The id of a user that was there before.",
    })  # fmt: skip
    generated_password: str = _choice("The value of GenerateNewPasswordForExternalUser.", {
        "returned": "The new password.",
        "empty": "An empty string; the password is sent by e-mail.",
        "null": "null; the password is sent by e-mail.",
    })  # fmt: skip
    byte_order_mark: str = _choice("Whether JSON responses begin with a byte order mark.", {
        "no": "They do not.",
        "yes": "They do.",
    })  # fmt: skip

    # --- user names
    name_column: str = _choice("Which column CreateExternalUser.UserName fills.", {
        "both": "associate.name and associate.userName.",
        "name": "associate.name only.",
        "username": "associate.userName only; associate.name gets a made-up user id.",
    })  # fmt: skip
    rename_column: str = _choice("Which column a rename changes.", {
        "both": "Both.",
        "name": "associate.name only.",
        "username": "associate.userName only.",
    })  # fmt: skip
    empty_user_name: str = _choice("How an empty associate.userName reads.", {
        "derived": "As associate.name.",
        "null": "As null.",
    })  # fmt: skip
    name_comparison: str = _choice("When two names are equal: at login, in look-ups and filters.", {
        "simple": "One character compares with one character, without case.",
        "exact": "They are the same characters.",
        "sql-server": "As in SQL Server: ß is ss, width and case do not count, accents do.",
        "accent-insensitive": "As sql-server, and accents do not count.",
    })  # fmt: skip
    stored_case: str = _choice("How the case of a given user name is kept.", {
        "kept": "As given.",
        "upper": "In upper case, as credentials are.",
        "lower": "In lower case.",
    })  # fmt: skip
    trim_names: str = _choice("Spaces around a user name.", {
        "no": "They are part of the name.",
        "yes": "They are cut off.",
    })  # fmt: skip
    rename_keeps_password: str = _choice("Whether a rename keeps the password.", {
        "yes": "It does.",
        "no": "The credential is lost: the user has no password until one is set.",
    })  # fmt: skip

    # --- rules
    several_users_per_person: str = _choice("More than one external user for a person.", {
        "allow": "Allowed.",
        "refuse": "Refused.",
    })  # fmt: skip
    internal_person: str = _choice("An external user for the person of an internal user.", {
        "allow": "Allowed.",
        "refuse": "Refused.",
    })  # fmt: skip
    retired_person: str = _choice("An external user for a retired person.", {
        "allow": "Allowed.",
        "refuse": "Refused.",
    })  # fmt: skip
    wrong_role_type: str = _choice("A role that is not of type ExternalUser.", {
        "refuse": "The call is refused.",
        "accept": "The role is accepted.",
        "ignore": "Success, but the role stays (a new user gets the predefined one).",
    })  # fmt: skip
    deleted_role: str = _choice("A role that is soft-deleted.", {
        "refuse": "The call is refused.",
        "accept": "The role is accepted.",
    })  # fmt: skip
    password_rules_apply: str = _choice("Whether the password rules apply to external users.", {
        "yes": "They apply.",
        "no": "They do not apply; an empty password is still refused.",
    })  # fmt: skip
    inactive_without_password: str = _choice("An inactive user without a password.", {
        "refuse": "Refused.",
        "allow": "Allowed: the user has no password.",
    })  # fmt: skip
    delete: str = _choice("What DeleteExternalUser does.", {
        "remove": "The associate is gone; its name and id go to the history table.",
        "retire": "The associate stays, retired (deleted = 1) and inactive.",
        "deactivate": "The associate stays, inactive.",
    })  # fmt: skip
    delete_person: str = _choice("What DeleteExternalUser does to the person.", {
        "keep": "The person stays as it is.",
        "retire": "The person is retired.",
    })  # fmt: skip
    deleted_name: str = _choice("The name of a removed user.", {
        "free": "It is free at once.",
        "kept": "It stays taken.",
    })  # fmt: skip
    delete_again: str = _choice("DeleteExternalUser on an id that is not there.", {
        "error": "As any refused call (key errors).",
        "null": "200 with null.",
        "ok": "The response of success.",
    })  # fmt: skip
    id_reuse: str = _choice("The id of a removed user.", {
        "no": "It is never used again.",
        "yes": "The next new user gets it.",
    })  # fmt: skip
    password_mail: str = _choice("SendChangePasswordEMail.", {
        "supported": "It sends a mail if the person has an address.",
        "not-supported": "GetSupportedChangePasswordTypes lists Password only; nothing is sent.",
        "fails": "It is listed as supported, but returns Success = false.",
    })  # fmt: skip
    silent_ignore: str = _choice("A change that returns success and is not made.", {
        "none": "Every change is made.",
        "role": "The role is not changed.",
        "active": "The active state is not changed.",
        "user_name": "The user name is not changed.",
        "password": "The password is not changed.",
    })  # fmt: skip
    read_lag: str = _number("How many reads after a write still show the old state.", "reads")

    # --- login
    external_login: str = _choice("Login of external users to the web services.", {
        "allowed": "An active external user may log in.",
        "refused": "401 for any password.",
        "forbidden": "403, if the password is right.",
        "html": "200 with a login page, if the password is right.",
    })  # fmt: skip
    inactive_login: str = _choice("Login of an inactive user with the right password.", {
        "401": "401, as with a wrong password.",
        "403": "403.",
    })  # fmt: skip
    can_login: str = _choice("Whether canLogin and CanLogon may differ from isActive.", {
        "same": "They are the same.",
        "different": "They are also false for a user that has no password or is retired.",
    })  # fmt: skip
    bearer: str = _choice("Bearer tokens onsite.", {
        "accepted": "They are accepted.",
        "refused": "401.",
    })  # fmt: skip
    lockout: str = _number("After how many wrong passwords a name is locked.", "logins")
    login_milliseconds: str = _number(
        "What a login with Basic costs; requests with a ticket or token cost nothing.",
        "milliseconds",
    )
    session_requests: str = _number(
        "After how many requests a ticket, token or session ends.", "requests"
    )
    session_seconds: str = _number("How long a ticket, token or session is valid.", "seconds")
    challenge: str = _choice("WWW-Authenticate in a 401.", {
        "basic": "Basic.",
        "windows": "Negotiate, NTLM; Basic works nevertheless.",
        "windows-only": "Negotiate, NTLM with a page of the web server; Basic is refused.",
    })  # fmt: skip
    firewall: str = _choice("A web application firewall in front of the service.", {
        "none": "There is none.",
        "query": "It returns 403 with an HTML page for queries that look like SQL injection.",
    })  # fmt: skip
    unauthorized_body: str = _choice("The body of a 401.", {
        "json": "An error object.",
        "html": "A page of the web server.",
        "empty": "No body.",
    })  # fmt: skip
    user_agent: str = _choice("Whether the User agent is available.", {
        "available": "It is, as onsite.",
        "online-401": "401, as SuperOffice Online may return.",
        "online-403": "403.",
        "online-404": "404.",
        "online-object": "200 with an error object.",
    })  # fmt: skip
    throttle: str = _number("How many requests a second are served; more are refused.", "requests")
    parallel: str = _number("How many requests are served at once; more are refused.", "requests")
    throttle_status: str = _choice("The status of requests that are too many.", {
        "usual": "429 for too many a second, 503 for too many at once.",
        "429": "429 for both.",
        "503": "503 for both.",
    })  # fmt: skip
    retry_after: str = _choice("Retry-After in a reply to a request that is too many.", {
        "yes": "1 second.",
        "no": "It is not sent.",
    })  # fmt: skip
    query_limit: str = _number("How long a query may be (IIS: 2048); more gets 404.", "characters")

    # --- archives
    primary_key: str = _choice("PrimaryKey in Slim rows.", {
        "string": "A string.",
        "number": "A number, as the Swagger example shows.",
    })  # fmt: skip
    page_cap: str = _number("The largest page; a larger $top is cut.", "rows")
    default_page: str = _number("Rows of a page when $top is not given.", "rows", "1000")
    next_link: str = _choice("The form of odata.nextLink.", {
        "absolute": "The URL that the client used, with $skip moved on.",
        "internal-host": "The same with the server's internal host name, as behind a proxy.",
        "relative": "Path and query only.",
        "none": "Always null, even if there are more rows.",
    })  # fmt: skip
    count_property: str = _choice("Where $inlineCount puts the count.", {
        "odata.count": "In odata.count.",
        "__count": "In __count.",
        "@odata.count": "In @odata.count.",
        "none": "There is no count.",
        "error": "An error.",
    })  # fmt: skip
    default_order: str = _choice("The order of rows when none is asked for.", {
        "key": "By primary key.",
        "none": "None to rely on (here: by primary key, last first).",
    })  # fmt: skip
    filter_case: str = _choice("How $filter compares text columns.", {
        "insensitive": "As names compare (name_comparison).",
        "sensitive": "Character by character, with any name_comparison.",
    })  # fmt: skip
    missing_filter: str = _choice("A list without $filter.", {
        "rows": "All rows.",
        "empty": "No rows.",
        "error": "An error.",
    })  # fmt: skip
    unknown_column: str = _choice("A column in $select that does not exist.", {
        "ignore": "It is left out.",
        "null": "It is there with null.",
        "error": "An error.",
    })  # fmt: skip
    name_columns: str = _choice("Columns with names of companies and addresses of persons.", {
        "served": "As documented.",
        "missing": "contactFullName, personEmail and personContact/department are unknown.",
    })  # fmt: skip
    unknown_filter_column: str = _choice("A column in $filter that does not exist.", {
        "error": "An error.",
        "ignore": "The restriction is left out.",
        "empty": "The restriction matches nothing.",
    })  # fmt: skip
    backslash: str = _choice("A backslash in a string of $filter, but before a quote.", {
        "escape": "It makes the next character literal: two stand for one.",
        "literal": "It is an ordinary character, except before a quote.",
        "error": "An error.",
    })  # fmt: skip
    doubtful_operators: str = _choice("le, ge, ends, notEnds (some fail in samples).", {
        "error": "They are not known.",
        "accept": "They work.",
    })  # fmt: skip
    archive_errors: str = _choice("The status of a wrong archive query.", {
        "400": "400 with an error object.",
        "500": "500 with an error object.",
    })  # fmt: skip
    wide_mode: str = _choice("The undocumented $mode=Wide.", {
        "full": "As Full.",
        "slim": "As Slim.",
        "error": "An error.",
    })  # fmt: skip
    entities: str = _choice("What ExternalUsers lists without $entities.", {
        "users": "External users only.",
        "everyone": "Persons that could become users, too.",
    })  # fmt: skip
    internal_listed: str = _choice("Whether ExternalUsers lists internal users, too.", {
        "no": "It does not.",
        "yes": "It does.",
    })  # fmt: skip
    retired_listed: str = _choice("Whether ExternalUsers lists retired users.", {
        "yes": "It does.",
        "no": "It does not.",
    })  # fmt: skip
    person_addresses: str = _choice("A person with several addresses in the Person archive.", {
        "any": "One row with the first address; a filter looks at all of them.",
        "rows": "One row for each address.",
        "first": "One row; the other addresses are not found.",
    })  # fmt: skip
    person_login_id: str = _choice("correspondingAssociate/associateDbId in the Person archive.", {
        "number": "The associate id.",
        "name": "The name, as other associate columns.",
    })  # fmt: skip
    dynamic_archive: str = _choice("The archive dynamic, which has the last login.", {
        "served": "It is served.",
        "refused": "It is refused as a missing right.",
        "missing": "404.",
    })  # fmt: skip
    deleted_roles: str = _choice("Whether GetAllRoles lists soft-deleted roles.", {
        "listed": "It does, with Deleted = true.",
        "hidden": "It does not.",
    })  # fmt: skip
    role_text: str = _choice("The text of role in Slim rows.", {
        "translated": "In the language that the request asks for.",
        "raw": "As stored, multi-language or resource key.",
        "id": "The id as text.",
        "tooltip": "The description of the role.",
    })  # fmt: skip
    role_raw_value: str = _choice("RawValue of role in Full rows.", {
        "id": "The role id.",
        "text": "The text.",
        "null": "null.",
    })  # fmt: skip
    boolean_form: str = _choice("Booleans in Slim rows.", {
        "boolean": "true and false.",
        "number": "1 and 0.",
        "string": '"True" and "False".',
    })  # fmt: skip

    def limit(self, name: str) -> int | None:
        """Return the number behind a choice that takes one; None for `none`."""
        value: str = getattr(self, name)
        return None if value == "none" else int(value)

    def with_choices(self, choices: Mapping[str, object]) -> Profile:
        """Return a copy with other values, each of them checked."""
        checked = {name: check_choice(name, value) for name, value in choices.items()}
        return dataclasses.replace(self, **checked)


CHOICES = {
    field.name: Choice(
        field.name, str(field.default), field.metadata["meaning"], field.metadata["values"]
    )
    for field in dataclasses.fields(Profile)
}


def describe() -> list[Choice]:
    """Return the table."""
    return list(CHOICES.values())


def check_choice(name: str, value: object) -> str:
    """Return `value` as the table spells it, or raise ProfileError."""
    choice = CHOICES.get(name)
    if choice is None:
        raise ProfileError(f"There is no choice '{name}'{_nearest(name, list(CHOICES))}.")
    if isinstance(value, bool):
        value = "yes" if value else "no"
    text = "none" if value is None else str(value)
    if "N" not in choice.values:
        if text not in choice.values:
            hint = _nearest(text, list(choice.values))
            known = ", ".join(choice.values)
            raise ProfileError(f"'{text}' is not a value of '{name}' ({known}){hint}.")
    elif text != "none" and not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise ProfileError(
            f"'{text}' is not a value of '{name}': it takes a number above 0, or none."
        )
    return text


def _nearest(word: str, known: list[str]) -> str:
    found = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.4)
    return f"; did you mean '{found[0]}'" if found else ""


def load_profile(path: Path) -> dict[str, str]:
    """Read choices from a JSON file: an object of them, or an object that has one as `profile`.

    The latter is a diagnosis, as the module superoffice_installation_info returns it.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise ProfileError(f"Cannot read the profile {path}: {exc.strerror}.") from exc
    except ValueError as exc:
        raise ProfileError(f"The profile {path} is not JSON: {exc}.") from exc
    if isinstance(document, dict) and "profile" in document:
        document = document["profile"]
    if not isinstance(document, dict):
        raise ProfileError(f"The profile {path} is not a JSON object of choices.")
    version = document.pop("profile_version", PROFILE_VERSION)
    if version != PROFILE_VERSION:
        raise ProfileError(
            f"The profile {path} has the version {version!r}; this server knows {PROFILE_VERSION}."
        )
    unknown = [name for name in document if name not in CHOICES]
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        hint = _nearest(unknown[0], list(CHOICES)) if len(unknown) == 1 else ""
        raise ProfileError(f"The profile {path} has unknown choices: {names}{hint}.")
    try:
        return {name: check_choice(name, value) for name, value in document.items()}
    except ProfileError as exc:
        raise ProfileError(f"The profile {path} is wrong: {exc}") from exc
