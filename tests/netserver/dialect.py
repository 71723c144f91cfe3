# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation leaves open, as one table: key, values, default, section of the facts.

A `Dialect` is one choice for every open question. The default (always the first value) is what the
documents make most likely, and the stricter one where they say nothing.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

_YES_NO = ("yes", "no")


class DialectError(ValueError):
    """A key or a value that does not exist; the text is one sentence with the nearest known one."""


def _choice(section: str, question: str, values: Mapping[str, str]) -> Any:
    """Describe a key with fixed values; the first is the default."""
    metadata = {"section": section, "question": question, "values": dict(values)}
    # pylint sees a field only in the class itself
    return dataclasses.field(  # pylint: disable=invalid-field-call
        default=next(iter(values)), metadata=metadata
    )


def _number(section: str, question: str, default: str, unit: str) -> Any:
    """Describe a key that takes a count, or `none`."""
    metadata = {"section": section, "question": question, "values": {}, "unit": unit}
    return dataclasses.field(  # pylint: disable=invalid-field-call
        default=default, metadata=metadata
    )


@dataclasses.dataclass(frozen=True)
class Dialect:
    """One answer to every open question."""

    # --- how the modification flags travel
    flags: str = _choice("1.5", "How ExternalUserInfoModification must be spelled.", {
        "any": "An integer, one name, or names joined by commas.",
        "names": "One name or names joined by commas; an integer is refused.",
        "integer": "An integer bitmask only.",
        "single": "One name only; combinations and integers are refused.",
    })  # fmt: skip
    flags_refusal: str = _choice("6.2", "How a spelling of the flags is refused.", {
        "message": "400 with Message and MessageDetail, as for any malformed argument.",
        "object": "400 with an error object (Error, ErrorType, Message).",
        "server-error": "500 with an error object.",
        "null": "200 with null, and nothing done.",
        "ignored": "The ordinary reply of success, and nothing done.",
    })  # fmt: skip
    no_flags: str = _choice("13", "What the flags Unknown or 0 do.", {
        "refuse": "They are refused as a malformed argument.",
        "ignore": "Success, and nothing is changed.",
        "all": "They mean All.",
    })  # fmt: skip
    unused_properties: str = _choice("13", "Whether properties are needed that no flag names.", {
        "optional": "Properties that no flag names may be left out or be null.",
        "required": "All six properties must be there, and not null.",
        "not-null": "They may be left out, but not be null.",
    })  # fmt: skip
    empty_password: str = _choice("13", "An empty Password while the Password flag is not given.", {
        "accepted": "It is not looked at.",
        "refused": "It is refused although no flag names it.",
    })  # fmt: skip
    unknown_properties: str = _choice("1.1", "Properties in a body that the call does not know.", {
        "ignore": "They are ignored.",
        "refuse": "They are refused as a malformed argument.",
    })  # fmt: skip

    # --- replies
    void_reply: str = _choice("1.2", "What a call without a result answers.", {
        "empty-204": "204 without a body.",
        "null-204": "204 followed by the text null, as the docs print it.",
        "null-200": "200 with null.",
        "empty-200": "200 with an empty body.",
    })  # fmt: skip
    errors: str = _choice("6.2", "How an agent call that a rule refuses answers.", {
        "http": "400 with Error, ErrorType, Message, ErrorSource (recorded by the vendor).",
        "errormessage": "400 with ErrorMessage in place of Message (as REST).",
        "message": "400 with Message and MessageDetail only.",
        "server-error": "500 with the error object.",
        "null": "200 with null, as the docs say of agents.",
        "object": "200 with the error object.",
        "object-errormessage": "200 with the error object that says ErrorMessage.",
    })  # fmt: skip
    malformed: str = _choice("13", "The status of a malformed argument.", {
        "400": "400 with Message and MessageDetail.",
        "200": "200 with the same body.",
    })  # fmt: skip
    unknown_id: str = _choice("6.2", "What an agent's reading call answers for an unknown id.", {
        "null": "200 with null.",
        "http-404": "404 with an error object.",
        "error": "As any refused call (key errors).",
    })  # fmt: skip
    missing_right: str = _choice("13", "What a caller without the right gets from an agent.", {
        "403": "403 with an error object.",
        "401": "401 with an error object.",
        "400": "400 with an error object.",
        "500": "500 with an error object.",
        "null": "200 with null.",
        "object": "200 with an error object.",
    })  # fmt: skip
    create_reply: str = _choice("1.2", "What CreateExternalUser answers.", {
        "integer": "The new associate id as a number.",
        "string": "The id as a string.",
        "null-but-created": "null, although the user was created.",
    })  # fmt: skip
    generated_password: str = _choice("1.2", "What GenerateNewPasswordForExternalUser answers.", {
        "returned": "The new password.",
        "empty": "An empty string; the password went by e-mail.",
        "null": "null; the password went by e-mail.",
    })  # fmt: skip
    byte_order_mark: str = _choice("1.1", "Whether JSON replies begin with a byte order mark.", {
        "no": "They do not.",
        "yes": "They do.",
    })  # fmt: skip

    # --- user names
    name_column: str = _choice("13", "Which column CreateExternalUser.UserName fills.", {
        "both": "associate.name and associate.userName.",
        "name": "associate.name only.",
        "username": "associate.userName only; associate.name gets a made-up user id.",
    })  # fmt: skip
    rename_column: str = _choice("13", "Which column a rename changes.", {
        "both": "Both.",
        "name": "associate.name only.",
        "username": "associate.userName only.",
    })  # fmt: skip
    empty_user_name: str = _choice("12", "How an empty associate.userName reads.", {
        "derived": "As associate.name.",
        "null": "As null.",
    })  # fmt: skip
    name_case: str = _choice("8", "Whether user names that differ only by case are the same.", {
        "insensitive": "They are the same.",
        "sensitive": "They are different.",
    })  # fmt: skip
    stored_case: str = _choice("2.3", "How the case of a given user name is kept.", {
        "kept": "As given.",
        "upper": "In upper case, as credentials are.",
        "lower": "In lower case.",
    })  # fmt: skip
    trim_names: str = _choice("8", "What happens to blanks around a user name.", {
        "no": "They belong to the name.",
        "yes": "They are cut off.",
    })  # fmt: skip
    rename_keeps_password: str = _choice("13", "Whether a rename keeps the password.", {
        "yes": "It does.",
        "no": "The credential is lost: the user has no password until one is set.",
    })  # fmt: skip

    # --- rules
    several_users_per_person: str = _choice("13", "More than one external user for a person.", {
        "allow": "Allowed.",
        "refuse": "Refused.",
    })  # fmt: skip
    internal_person: str = _choice("13", "An external user for the person of an internal user.", {
        "allow": "Allowed.",
        "refuse": "Refused.",
    })  # fmt: skip
    retired_person: str = _choice("13", "An external user for a retired person.", {
        "allow": "Allowed.",
        "refuse": "Refused.",
    })  # fmt: skip
    wrong_role_type: str = _choice("7", "A role that is not of type ExternalUser.", {
        "refuse": "The call is refused.",
        "accept": "The role is taken.",
        "ignore": "Success, but the role stays (a new user gets the predefined one).",
    })  # fmt: skip
    deleted_role: str = _choice("13", "A role that is soft-deleted.", {
        "refuse": "The call is refused.",
        "accept": "The role is taken.",
    })  # fmt: skip
    password_rules_apply: str = _choice("13", "Whether password_rules hold for external users.", {
        "yes": "They hold.",
        "no": "They do not; an empty password is still refused.",
    })  # fmt: skip
    inactive_without_password: str = _choice("13", "An inactive user without a password.", {
        "refuse": "Refused.",
        "allow": "Allowed: the user has no password.",
    })  # fmt: skip
    delete: str = _choice("13", "What DeleteExternalUser does.", {
        "remove": "The associate is gone; its name and id go to the history table.",
        "retire": "The associate stays, retired (deleted = 1) and inactive.",
        "deactivate": "The associate stays, inactive.",
    })  # fmt: skip
    delete_person: str = _choice("13", "What DeleteExternalUser does to the person.", {
        "keep": "Nothing.",
        "retire": "The person is retired.",
    })  # fmt: skip
    deleted_name: str = _choice("13", "The name of a removed user.", {
        "free": "It can be used again at once.",
        "kept": "It stays taken.",
    })  # fmt: skip
    delete_again: str = _choice("13", "DeleteExternalUser on an id that is not there.", {
        "error": "As any refused call (key errors).",
        "null": "200 with null.",
        "ok": "The ordinary reply of success.",
    })  # fmt: skip
    silent_ignore: str = _choice("12", "A change that is answered with success and not made.", {
        "none": "Every change is made.",
        "role": "The role is not changed.",
        "active": "The active state is not changed.",
        "user_name": "The user name is not changed.",
        "password": "The password is not changed.",
    })  # fmt: skip
    read_lag: str = _number(
        "12", "How many reads after a write still show the old state.", "none", "reads"
    )

    # --- login
    external_login: str = _choice("5.2", "Login of external users to the web services.", {
        "allowed": "An active external user may log in.",
        "refused": "401, whatever the password.",
        "forbidden": "403, if the password is right.",
        "html": "200 with a login page, if the password is right.",
    })  # fmt: skip
    inactive_login: str = _choice("13", "Login of an inactive user with the right password.", {
        "401": "401, as with a wrong password.",
        "403": "403.",
    })  # fmt: skip
    can_login: str = _choice("13", "Whether canLogin and CanLogon may differ from isActive.", {
        "same": "They are the same.",
        "different": "They are also false for a user that has no password or is retired.",
    })  # fmt: skip
    bearer: str = _choice("13", "Bearer tokens onsite.", {
        "accepted": "They are accepted.",
        "refused": "401.",
    })  # fmt: skip
    lockout: str = _number(
        "8", "After how many wrong passwords a name is locked.", "none", "logins"
    )
    unauthorized_body: str = _choice("5.2", "The body of a 401.", {
        "json": "An error object.",
        "html": "A page of the web server.",
        "empty": "Nothing.",
    })  # fmt: skip
    user_agent: str = _choice("5.3", "Whether the User agent is to be had.", {
        "available": "It is, as onsite.",
        "online-401": "401, as SuperOffice Online may answer.",
        "online-403": "403.",
        "online-404": "404.",
        "online-object": "200 with an error object.",
    })  # fmt: skip
    throttle: str = _number(
        "13", "How many requests a second are served; more get 429.", "none", "requests"
    )
    parallel: str = _number(
        "13", "How many requests are served at once; more get 503.", "none", "requests"
    )
    query_limit: str = _number(
        "13",
        "How long a query may be (IIS: 2048); more gets 404.",
        "none",
        "characters",
    )

    # --- archives
    primary_key: str = _choice("3.2", "PrimaryKey in Slim rows.", {
        "string": "A string.",
        "number": "A number, as the Swagger example shows.",
    })  # fmt: skip
    page_cap: str = _number("13", "The most rows a page has, whatever $top says.", "none", "rows")
    default_page: str = _number("3.6", "Rows of a page when $top is not given.", "1000", "rows")
    next_link: str = _choice("3.6", "The form of odata.nextLink.", {
        "absolute": "The URL that the client used, with $skip moved on.",
        "internal-host": "The same with the server's internal host name, as behind a proxy.",
        "relative": "Path and query only.",
        "none": "Always null, even if there are more rows.",
    })  # fmt: skip
    count_property: str = _choice("13", "Where $inlineCount puts the count.", {
        "odata.count": "In odata.count.",
        "__count": "In __count.",
        "@odata.count": "In @odata.count.",
    })  # fmt: skip
    default_order: str = _choice("3.6", "The order of rows when none is asked for.", {
        "key": "By primary key.",
        "none": "None to rely on (here: by primary key, last first).",
    })  # fmt: skip
    filter_case: str = _choice("3.5", "Case in string comparisons of $filter.", {
        "insensitive": "It does not matter.",
        "sensitive": "It matters.",
    })  # fmt: skip
    missing_filter: str = _choice("13", "A list without $filter.", {
        "rows": "All rows.",
        "empty": "No rows.",
        "error": "An error.",
    })  # fmt: skip
    unknown_column: str = _choice("13", "A column in $select that does not exist.", {
        "ignore": "It is left out.",
        "null": "It is there with null.",
        "error": "An error.",
    })  # fmt: skip
    unknown_filter_column: str = _choice("13", "A column in $filter that does not exist.", {
        "error": "An error.",
        "ignore": "The restriction is left out.",
        "empty": "The restriction matches nothing.",
    })  # fmt: skip
    backslash: str = _choice("3.5", "A backslash in a string of $filter, but before a quote.", {
        "escape": "It makes the next character literal: two stand for one.",
        "literal": "It stands for itself; only before a quote it escapes.",
        "error": "An error.",
    })  # fmt: skip
    doubtful_operators: str = _choice("3.5", "le, ge, ends, notEnds (some fail in samples).", {
        "error": "They are not known.",
        "accept": "They work.",
    })  # fmt: skip
    archive_errors: str = _choice("6.1", "The status of a wrong archive query.", {
        "400": "400 with an error object.",
        "500": "500 with an error object.",
    })  # fmt: skip
    wide_mode: str = _choice("3.2", "The undocumented $mode=Wide.", {
        "full": "As Full.",
        "slim": "As Slim.",
        "error": "An error.",
    })  # fmt: skip
    entities: str = _choice("3.3", "What ExternalUsers lists without $entities.", {
        "users": "External users only.",
        "everyone": "Persons that could become users, too.",
    })  # fmt: skip
    internal_listed: str = _choice("3.3", "Whether ExternalUsers lists internal users, too.", {
        "no": "It does not.",
        "yes": "It does.",
    })  # fmt: skip
    retired_listed: str = _choice("13", "Whether ExternalUsers lists retired users.", {
        "yes": "It does.",
        "no": "It does not.",
    })  # fmt: skip
    deleted_roles: str = _choice("13", "Whether GetAllRoles lists soft-deleted roles.", {
        "listed": "It does, with Deleted = true.",
        "hidden": "It does not.",
    })  # fmt: skip
    role_text: str = _choice("3.2", "The text of role in Slim rows.", {
        "translated": "In the language that the request asks for.",
        "raw": "As stored, multi-language or resource key.",
        "id": "The id as text.",
        "tooltip": "The description of the role.",
    })  # fmt: skip
    role_raw_value: str = _choice("3.2", "RawValue of role in Full rows.", {
        "id": "The role id.",
        "text": "The text.",
        "null": "null.",
    })  # fmt: skip
    boolean_form: str = _choice("3.2", "Booleans in Slim rows.", {
        "boolean": "true and false.",
        "number": "1 and 0.",
        "string": '"True" and "False".',
    })  # fmt: skip

    def limit(self, key: str) -> int | None:
        """Return the count behind a numeric key; None for `none`."""
        value: str = getattr(self, key)
        return None if value == "none" else int(value)

    def with_choices(self, choices: Mapping[str, object]) -> Dialect:
        """Return a copy with other choices, each of them checked."""
        checked = {key: check_choice(key, value) for key, value in choices.items()}
        return dataclasses.replace(self, **checked)


_FIELDS = {field.name: field for field in dataclasses.fields(Dialect)}


def check_choice(key: str, value: object) -> str:
    """Return `value` as the table spells it, or raise a sentence with the nearest known one."""
    field = _FIELDS.get(key)
    if field is None:
        raise DialectError(f"There is no dialect key '{key}'{_nearest(key, list(_FIELDS))}.")
    if isinstance(value, bool):
        value = _YES_NO[0] if value else _YES_NO[1]
    text = "none" if value is None else str(value)
    values = field.metadata["values"]
    if values:
        if text not in values:
            hint = _nearest(text, list(values))
            known = ", ".join(values)
            raise DialectError(f"'{text}' is no value of '{key}' ({known}){hint}.")
    elif text != "none" and not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise DialectError(f"'{text}' is no value of '{key}': it takes a count above 0, or none.")
    return text


def _nearest(word: str, known: list[str]) -> str:
    found = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.4)
    return f"; did you mean '{found[0]}'?"[:-1] if found else ""


def describe() -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Yield key, section, question and values (default first) of every open question."""
    for name, field in _FIELDS.items():
        values = dict(field.metadata["values"])
        if not values:
            unit = field.metadata["unit"]
            values = {str(field.default): "The default.", "N": f"A count of {unit}, or none."}
        yield name, field.metadata["section"], field.metadata["question"], values
