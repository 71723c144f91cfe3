# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the modules, and how checked options become values of ours.

Each option is documented in plugins/doc_fragments or in its module; ansible-test compares the two.
"""

from __future__ import annotations

import datetime
import os
import re
import typing
from collections.abc import Callable, Mapping, Sequence

from ansible.module_utils.errors import AnsibleFallbackNotFound

from ..client import urls
from ..client.authentication import (
    Authentication,
    Basic,
    Bearer,
    ExchangedBasic,
    SoTicket,
    Xsrf,
)
from ..client.cancellation import CancelToken
from ..client.errors import BadConnectionOption
from ..client.redaction import MASK
from ..client.settings import ConnectionSettings
from ..domain.entries import desired_user, parse_entry, require_string, type_name
from ..domain.model import DesiredUser, Secret
from ..domain.names import is_sendable
from ..domain.options import OPTIONS, Kind, Option
from ..engine.read import ReportProgress

Options = Mapping[str, typing.Any]
Spec = dict[str, dict[str, typing.Any]]

ENVIRONMENT = {
    "url": "SUPEROFFICE_URL",
    "auth_method": "SUPEROFFICE_AUTH_METHOD",
    "auth_username": "SUPEROFFICE_USERNAME",
    "auth_password": "SUPEROFFICE_PASSWORD",
    "auth_exchange_token": "SUPEROFFICE_AUTH_EXCHANGE_TOKEN",
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


class TaskContext(typing.NamedTuple):
    """How a task is run: whether it only predicts, who is told of progress, what stops it.

    `now` is the time in UTC that its definitions are read at.
    """

    check_mode: bool
    progress: ReportProgress
    cancel_token: CancelToken
    now: datetime.datetime


class Task(typing.NamedTuple):
    """What both execution paths need to know of a module: its options and its function.

    `run` takes the checked options, the check mode and a callback for the progress, and returns the
    result. `bulky` options are left out of the invocation that results repeat: they are long, and
    may hold secrets.
    """

    options: Spec
    run: Callable[[Options, TaskContext], dict[str, typing.Any]]
    required_one_of: tuple[tuple[str, ...], ...] = ()
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    bulky: tuple[str, ...] = ()

    def invocation(self, options: Options) -> dict[str, typing.Any]:
        """Return what results repeat of the options."""
        shown = {
            name: _size(value) if name in self.bulky else _SHOWN.get(name, _as_it_is)(value)
            for name, value in options.items()
            # what is no option of ours may well be a secret in the wrong place
            if name in self.argument_spec
        }
        return {"module_args": shown}

    def shown_arguments(self, arguments: Options) -> dict[str, typing.Any]:
        """Return the arguments of a task without secrets, as callbacks may show them."""
        secret = {
            name
            for option, rule in self.argument_spec.items()
            if rule.get("no_log")
            for name in (option, *rule.get("aliases", ()))
        }
        shown = self.invocation(arguments)["module_args"]
        return {name: MASK if name in secret else shown.get(name, MASK) for name in arguments}

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


LONGEST_TIMEOUT = 24 * 60 * 60
# these travel in headers, which hold one line of Latin-1
_HEADERS = ("auth_ticket", "auth_token", "auth_cookie", "xsrf_token", "app_token", "language")


def _as_it_is(value: typing.Any) -> typing.Any:
    return value


def _without_login(url: typing.Any) -> typing.Any:
    return urls.without_secrets(url) if isinstance(url, str) else url


# a login in the address is refused, and still not to be seen
_SHOWN: dict[str, Callable[[typing.Any], typing.Any]] = {"url": _without_login}


def _size(value: typing.Any) -> typing.Any:
    if isinstance(value, (list, dict)):
        return f"({len(value)} entries)"
    return None if value is None else "(given)"


_CREDENTIALS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("auth_method", "basic", ("auth_username", "auth_password")),
    ("auth_method", "soticket", ("auth_ticket",)),
    ("auth_method", "bearer", ("auth_token",)),
    ("auth_method", "xsrf", ("auth_cookie", "xsrf_token")),
)


def from_environment(variable: str, environ: Mapping[str, str] | None = None) -> str:
    """Return an environment variable as a fallback; one that is empty counts as not set."""
    value = (os.environ if environ is None else environ).get(variable)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def with_variables(names: Sequence[str]) -> str:
    """Return the names of connection options with their environment variables."""
    return f"{' and '.join(names)} ({', '.join(ENVIRONMENT[name] for name in names)})"


def settings_hint(names: Sequence[str]) -> str:
    """Return how missing connection options are set, as a sentence without its full stop."""
    return f"Set {with_variables(names)}; an environment variable that is empty counts as not set"


def connection_options() -> Spec:
    """Return the options that every module has."""
    options: Spec = {
        "url": {"type": "str", "required": True},
        "auth_method": {
            "type": "str",
            "default": "basic",
            "choices": ["basic", "soticket", "bearer", "xsrf"],
        },
        "auth_username": {"type": "str"},
        "auth_password": {"type": "str", "no_log": True},
        # no_log: whether to get a token, and not the token
        "auth_exchange_token": {"type": "bool", "default": False, "no_log": False},
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
        options[name]["fallback"] = (from_environment, [variable])
    return options


def user_options() -> Spec:
    """Return the options of one user, in the form of an argument spec."""
    return {option.name: _spec_of(option) for option in OPTIONS}


def _spec_of(option: Option) -> dict[str, typing.Any]:
    spec: dict[str, typing.Any] = {"type": _TYPES[option.kind]}
    if option.kind is Kind.NAMES:
        spec["elements"] = "str"
    if option.default is not None:
        spec["default"] = option.default
    if option.choices:
        spec["choices"] = list(option.choices)
    if "password" in option.name:
        spec["no_log"] = option.kind is Kind.SECRET
    return spec


_TYPES = {
    Kind.TEXT: "str",
    Kind.SECRET: "str",
    Kind.ID: "int",
    Kind.FLAG: "bool",
    Kind.NAMES: "list",
    Kind.CHOICE: "str",
    Kind.TIME: "str",
}


def connection_settings(options: Options) -> ConnectionSettings:
    """Turn the connection options into settings.

    Raises:
        BadConnectionOption: one of them cannot work.
    """
    if not 0 < options["timeout"] <= LONGEST_TIMEOUT:
        raise BadConnectionOption(
            f"timeout (SUPEROFFICE_TIMEOUT) must be more than 0 and at most {LONGEST_TIMEOUT}"
            " seconds"
        )
    if options["retries"] < 0:
        raise BadConnectionOption("retries (SUPEROFFICE_RETRIES) must be 0 or more")
    _check_texts(options)
    app_token = options["app_token"]
    return ConnectionSettings(
        root=urls.api_root(options["url"], allow_http=options["allow_http"]),
        authentication=_authentication(options),
        app_token=Secret(app_token) if app_token else None,
        language=options["language"] or "en",
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
        client_cert=options["client_cert"],
        client_key=options["client_key"],
        proxy=options["proxy"],
        timeout=options["timeout"],
        retries=options["retries"],
    )


def parse_user(options: Options) -> DesiredUser:
    """Turn the options of one user into a desired user; null is the same as not given.

    Raises:
        UserError: an option has an impossible value.
    """
    return desired_user(parse_entry({option.name: options[option.name] for option in OPTIONS}))


def _check_texts(options: Options) -> None:
    for name in _HEADERS:
        text = options[name] or ""
        if not text.isprintable() or text.encode("latin-1", "replace").decode("latin-1") != text:
            raise BadConnectionOption(
                f"{name} ({ENVIRONMENT[name]}) must be one line of plain text; it has a line break"
                " at its end, or other characters that cannot be sent"
            )
    for name in ("auth_username", "auth_password"):
        if not is_sendable(options[name] or ""):
            raise BadConnectionOption(
                f"{name} ({ENVIRONMENT[name]}) has characters that cannot be sent"
            )


def _authentication(options: Options) -> Authentication:
    method = options["auth_method"]
    # Ansible asks only whether they were given, and null is given
    for scheme, names in ((one[1], one[2]) for one in _CREDENTIALS):
        missing = [name for name in names if not options[name]]
        if method == scheme and missing:
            raise BadConnectionOption(
                f"auth_method {method} needs {' and '.join(missing)}, and got nothing or an empty"
                f" string. {settings_hint(missing)}"
            )
    if not options["auth_exchange_token"]:
        return _METHODS[method](options)
    if method != "basic":
        raise BadConnectionOption(
            "auth_exchange_token (SUPEROFFICE_AUTH_EXCHANGE_TOKEN) needs auth_method basic, not"
            f" {method}"
        )
    return ExchangedBasic(options["auth_username"], Secret(options["auth_password"]))


_METHODS: dict[str, Callable[[Options], Authentication]] = {
    "basic": lambda given: Basic(given["auth_username"], Secret(given["auth_password"])),
    "soticket": lambda given: SoTicket(Secret(given["auth_ticket"])),
    "bearer": lambda given: Bearer(Secret(given["auth_token"])),
    "xsrf": lambda given: Xsrf(Secret(given["auth_cookie"]), Secret(given["xsrf_token"])),
}


# what a template makes of a date within a list or a mapping, before ansible-core 2.19
_DATE = re.compile(r"\bdatetime\.date(?:time)?\(")


def refuse_other_types(spec: Mapping[str, typing.Any], arguments: Mapping[str, typing.Any]) -> None:
    """Refuse values that Ansible would convert to something else than was written.

    YAML makes 461 of `0715` and false of `off`, Python takes `1_000` for a number, and a list
    becomes a string with brackets. Ansible's validation of suboptions fails on what is no mapping.
    A list that a template turned into a string, because of a date in it, is explained. Holds on
    both execution paths.

    Raises:
        ValueError: an option has another type.
    """
    for name, value in arguments.items():
        rule = spec.get(name, {})
        if rule.get("type") in ("list", "dict") and isinstance(value, str) and _DATE.search(value):
            raise ValueError(
                f"{name} has a date without quotes, which ansible-core before 2.19 cannot pass"
                " through a template. Put the dates of the variable in quotes"
            )
        is_list = rule.get("type") == "list"
        if is_list and isinstance(value, (Mapping, bool, int, float)):
            raise ValueError(f"{name} must be a list, not {type_name(value)}")
        if is_list and isinstance(value, (list, tuple)):
            for item in value:
                _refuse_other_type(f"each of {name}", rule.get("elements"), rule, item)
        else:
            _refuse_other_type(name, rule.get("type"), rule, value)
        has_options = rule.get("type") == "dict" and "options" in rule
        if has_options and not isinstance(value, (Mapping, str, type(None))):
            raise ValueError(f"{name} must be a mapping, not {type_name(value)}")
        if isinstance(value, Mapping):
            _refuse_converted_items(name, value)
        if rule.get("elements") == "dict" and isinstance(value, (list, tuple)):
            for index, entry in enumerate(value):
                if isinstance(entry, Mapping):
                    _refuse_converted_items(f"{name}[{index}]", entry)
                    refuse_other_types(rule.get("options", {}), entry)


def _refuse_converted_items(where: str, mapping: Mapping[typing.Any, typing.Any]) -> None:
    """Refuse keys and dates of a mapping that would arrive as strings."""
    for key, value in mapping.items():
        if isinstance(key, (bool, int, float, datetime.date)):
            require_string(f"{where}: the key {key}", key)
        if isinstance(value, datetime.date) and key not in _TIMES:
            require_string(f"{where}: {key}", value)


def _refuse_other_type(name: str, kind: object, rule: Mapping[str, object], value: object) -> None:
    # a vaulted value is no string of Python's, and none of these
    others = (bool, int, float, Mapping, list, tuple, datetime.date)
    if kind in ("str", "path") and "choices" not in rule and isinstance(value, others):
        if not (name in _TIMES and isinstance(value, datetime.date)):
            require_string(name, value)
    elif kind == "int" and isinstance(value, (str, float)) and _is_other_number(value):
        raise ValueError(
            f"{name} must be a whole number, written in digits without separators or decimals"
        )


def _is_other_number(value: str | float) -> bool:
    """Tell whether a number is not written as a whole one: some versions of Ansible convert it."""
    if _WHOLE.fullmatch(str(value)):
        return False
    try:
        float(value)
    except ValueError:
        return False  # no number, which every version refuses
    return True


_TIMES = frozenset(option.name for option in OPTIONS if option.kind is Kind.TIME)
_WHOLE = re.compile(r"\s*[+-]?\d+\s*")
