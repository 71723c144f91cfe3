# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of one user: what a task, an entry of a list and an editor's schema go by."""

from __future__ import annotations

import enum
import typing

from .model import State, UpdatePassword


class Kind(enum.Enum):
    """What a value has to be."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    ID = "id"
    FLAG = "true or false"
    NAMES = "list of texts"
    TIME = "date or time"
    CHOICE = "choice"


class Option(typing.NamedTuple):
    """An option of one user; `sharable` says that a default for many users makes sense."""

    name: str
    kind: Kind
    description: str
    default: typing.Any = None
    choices: tuple[str, ...] = ()
    sharable: bool = False


OPTIONS = (
    Option(
        "state",
        Kind.CHOICE,
        "Whether the user must exist.",
        default=State.PRESENT.value,
        choices=tuple(state.value for state in State),
        sharable=True,
    ),
    Option("associate_id", Kind.ID, "Id of the user; the key if it is given."),
    Option(
        "person_id",
        Kind.ID,
        "Id of the person whose login it is; the key if associate_id is not given, and needed to"
        " create a user.",
    ),
    Option(
        "user_name",
        Kind.TEXT,
        "Name with which the user logs in; the key if no id is given, else the name to have.",
    ),
    Option(
        "person_email",
        Kind.TEXT,
        "E-mail address of the person whose login it is; looked up if there is neither an id nor a"
        " user of this name.",
    ),
    Option(
        "person_name",
        Kind.TEXT,
        "Full name of the person whose login it is, instead of person_email; usually with company.",
    ),
    Option(
        "company",
        Kind.TEXT,
        "Company of the person, by its name alone or as 'name, department'; the person that is"
        " looked up must belong to it.",
        sharable=True,
    ),
    Option(
        "previous_user_names",
        Kind.NAMES,
        "Former names, under which the user is looked for if user_name is the key and not found.",
    ),
    Option("password", Kind.SECRET, "Password of the user; update_password says when it is set."),
    Option(
        "update_password",
        Kind.CHOICE,
        "When a password is set on a user that exists.",
        default=UpdatePassword.ON_CREATE.value,
        choices=tuple(when.value for when in UpdatePassword),
        sharable=True,
    ),
    Option(
        "generate_password",
        Kind.FLAG,
        "Whether a new user gets a random password.",
        default=False,
        sharable=True,
    ),
    Option(
        "send_password_email",
        Kind.FLAG,
        "Whether the service is asked to send a new user a mail with a link for choosing a"
        " password.",
        default=False,
        sharable=True,
    ),
    Option("role", Kind.TEXT, "Name of a role of the type ExternalUser.", sharable=True),
    Option("role_id", Kind.ID, "Id of the role, where its name is not unique.", sharable=True),
    Option("is_active", Kind.FLAG, "Whether the user can log in.", sharable=True),
    Option(
        "active_from",
        Kind.TIME,
        "From when the user can log in: a date, or an ISO 8601 time, in UTC unless it has an"
        " offset.",
        sharable=True,
    ),
    Option(
        "active_until",
        Kind.TIME,
        "Until when the user can log in: a date, which includes that day, or an ISO 8601 time, in"
        " UTC unless it has an offset.",
        sharable=True,
    ),
    Option(
        "owner",
        Kind.TEXT,
        "Who is responsible for the login. It is shown in reports and reviews, and never sent to"
        " the service.",
        sharable=True,
    ),
    Option(
        "description",
        Kind.TEXT,
        "Why the login exists. It is shown in reports, and never sent to the service.",
        sharable=True,
    ),
)

BY_NAME = {option.name: option for option in OPTIONS}
SHARABLE = {option.name: option for option in OPTIONS if option.sharable}
