# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the modules, and how checked options become values of ours.

Each option is documented in plugins/doc_fragments or in its module; ansible-test compares the two.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping

from ansible.module_utils.common.parameters import env_fallback

from ..netserver import address
from ..netserver.authentication import Authentication, Basic, Bearer, SoTicket, Xsrf
from ..netserver.errors import BadConnectionOption
from ..netserver.transport import Settings
from ..users.errors import UserError
from ..users.model import UNSET, DesiredUser, Secret, State, Unset, UpdatePassword

Options = Mapping[str, typing.Any]
Spec = dict[str, dict[str, typing.Any]]

ENVIRONMENT = {
    "url": "SUPEROFFICE_URL",
    "auth_method": "SUPEROFFICE_AUTH_METHOD",
    "auth_username": "SUPEROFFICE_USERNAME",
    "auth_password": "SUPEROFFICE_PASSWORD",
    "auth_ticket": "SUPEROFFICE_TICKET",
    "auth_token": "SUPEROFFICE_TOKEN",
    "auth_cookie": "SUPEROFFICE_COOKIE",
    "xsrf_token": "SUPEROFFICE_XSRF_TOKEN",
    "app_token": "SUPEROFFICE_APP_TOKEN",
    "language": "SUPEROFFICE_LANGUAGE",
    "validate_certs": "SUPEROFFICE_VALIDATE_CERTS",
    "ca_path": "SUPEROFFICE_CA_PATH",
    "client_cert": "SUPEROFFICE_CLIENT_CERT",
    "client_key": "SUPEROFFICE_CLIENT_KEY",
    "proxy": "SUPEROFFICE_PROXY",
    "allow_http": "SUPEROFFICE_ALLOW_HTTP",
    "timeout": "SUPEROFFICE_TIMEOUT",
    "retries": "SUPEROFFICE_RETRIES",
}


@dataclasses.dataclass(frozen=True)
class Task:
    """What both doors need to know of a module: its options, and what it does with them.

    `run` takes the checked options and whether nothing may be written, and returns the result.
    """

    options: Spec
    run: Callable[[Options, bool], dict[str, typing.Any]]
    required_one_of: tuple[tuple[str, ...], ...] = ()
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()

    @property
    def argument_spec(self) -> Spec:
        """The options of this module and those of the connection."""
        return {**connection_options(), **self.options}

    @property
    def rules(self) -> dict[str, typing.Any]:
        """How options depend on each other, in Ansible's words."""
        return {
            "required_one_of": [list(names) for names in self.required_one_of],
            "mutually_exclusive": [list(names) for names in self.mutually_exclusive],
            "required_if": [list(rule) for rule in _CREDENTIALS],
        }


_CREDENTIALS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("auth_method", "basic", ("auth_username", "auth_password")),
    ("auth_method", "soticket", ("auth_ticket",)),
    ("auth_method", "bearer", ("auth_token",)),
    ("auth_method", "xsrf", ("auth_cookie", "xsrf_token")),
)


def connection_options() -> Spec:
    """Return the options that every module has (interface 2)."""
    options: Spec = {
        "url": {"type": "str", "required": True},
        "auth_method": {
            "type": "str",
            "default": "basic",
            "choices": ["basic", "soticket", "bearer", "xsrf"],
        },
        "auth_username": {"type": "str"},
        "auth_password": {"type": "str", "no_log": True},
        "auth_ticket": {"type": "str", "no_log": True},
        "auth_token": {"type": "str", "no_log": True},
        "auth_cookie": {"type": "str", "no_log": True},
        "xsrf_token": {"type": "str", "no_log": True},
        "app_token": {"type": "str", "no_log": True},
        "language": {"type": "str", "default": "en"},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        # it may hold the login of the proxy
        "proxy": {"type": "str", "no_log": True},
        "allow_http": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 30.0},
        "retries": {"type": "int", "default": 4},
    }
    for name, variable in ENVIRONMENT.items():
        options[name]["fallback"] = (env_fallback, [variable])
    return options


def user_options() -> Spec:
    """Return the options of one user (interface 3), as the single and the bulk module have them."""
    return {
        "state": {"type": "str", "default": "present", "choices": [s.value for s in State]},
        "associate_id": {"type": "int"},
        "person_id": {"type": "int"},
        "user_name": {"type": "str"},
        "previous_user_names": {"type": "list", "elements": "str"},
        "password": {"type": "str", "no_log": True},
        "update_password": {
            "type": "str",
            "default": "on_create",
            "choices": [when.value for when in UpdatePassword],
            "no_log": False,
        },
        "generate_password": {"type": "bool", "default": False, "no_log": False},
        "role": {"type": "str"},
        "role_id": {"type": "int"},
        "is_active": {"type": "bool"},
    }


def connection_settings(options: Options) -> Settings:
    """Turn the connection options into settings.

    Raises:
        BadConnectionOption: one of them can not work.
    """
    if options["timeout"] <= 0:
        raise BadConnectionOption("timeout must be more than 0 seconds")
    if options["retries"] < 0:
        raise BadConnectionOption("retries must be 0 or more")
    app_token = options["app_token"]
    return Settings(
        root=address.api_root(options["url"], allow_http=options["allow_http"]),
        authentication=_authentication(options),
        app_token=Secret(app_token) if app_token else None,
        language=options["language"],
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
        client_cert=options["client_cert"],
        client_key=options["client_key"],
        proxy=options["proxy"],
        timeout=options["timeout"],
        retries=options["retries"],
    )


def desired_user(options: Options) -> DesiredUser:
    """Turn the options of one user into a value; null is the same as not given.

    Raises:
        UserError: an option can not be what it is.
    """
    password = options["password"]
    desired = DesiredUser(
        state=State(options["state"]),
        associate_id=_given(options["associate_id"]),
        person_id=_given(options["person_id"]),
        user_name=_given(options["user_name"]),
        previous_user_names=tuple(options["previous_user_names"] or ()),
        password=UNSET if password is None else Secret(password),
        update_password=UpdatePassword(options["update_password"]),
        generate_password=options["generate_password"],
        role=_given(options["role"]),
        role_id=_given(options["role_id"]),
        is_active=_given(options["is_active"]),
    )
    _check(desired)
    return desired


T = typing.TypeVar("T")


def _given(value: T | None) -> T | Unset:
    return UNSET if value is None else value


def _check(desired: DesiredUser) -> None:
    for option in ("associate_id", "person_id", "role_id"):
        value = getattr(desired, option)
        if value is not UNSET and not 0 < value < 2**31:
            raise UserError(
                "definition", f"{desired.subject}: {option} must be a positive id, not {value}."
            )
    for option, text in (
        ("user_name", desired.user_name),
        ("role", desired.role),
        *(("previous_user_names", name) for name in desired.previous_user_names),
    ):
        if isinstance(text, str) and not text.strip():
            raise UserError("definition", f"{desired.subject}: {option} must not be empty.")
    if desired.password == Secret(""):
        raise UserError("definition", f"{desired.subject}: password must not be empty.")
    if desired.password is not UNSET and desired.generate_password:
        raise UserError(
            "definition", f"{desired.subject}: give either password or generate_password, not both."
        )


def _authentication(options: Options) -> Authentication:
    method = options["auth_method"]
    if method == "soticket":
        return SoTicket(Secret(options["auth_ticket"]))
    if method == "bearer":
        return Bearer(Secret(options["auth_token"]))
    if method == "xsrf":
        return Xsrf(Secret(options["auth_cookie"]), Secret(options["xsrf_token"]))
    return Basic(options["auth_username"], Secret(options["auth_password"]))
