# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked on the controller before a run, since it would only be noticed after the writes.

Each function returns sentences; none means that all is well.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from .atomic_file import parse_mode

PREFIX = "external_users_"
ROLE = Path(__file__).resolve().parents[2] / "roles" / "external_users"
# reports of 100,000 users
NEEDED_BYTES = 64 * 1024 * 1024


def problems_of_places(folders: Iterable[str], mode: object) -> Iterator[str]:
    """Say which folders cannot take files, by writing one, and whether the mode is none."""
    try:
        parse_mode(mode)
    except ValueError as error:
        yield f"external_users_file_mode {error}."
    for folder in dict.fromkeys(filter(None, folders)):
        path = Path(folder).expanduser()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                free = shutil.disk_usage(path).free
        except OSError as error:
            why = error.strerror
            yield f"{folder} cannot take reports: {why}. Set external_users_report_dir."
            continue
        if free < NEEDED_BYTES:
            yield f"{folder} has only {free // 2**20} MiB left for reports and journal."


def problems_of_variables(variables: Mapping[str, object]) -> Iterator[str]:
    """Say which variables are probably misspelled variables of the role.

    A misspelled limit would be no limit. Other variables with the prefix are the user's own.
    """
    known = known_variables()
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.92)
            if near:
                yield f"The variable {name} is unknown. Did you mean {near[0]}?"


def known_variables() -> set[str]:
    """Return the variables of the role: its options, its defaults and its own."""
    known = _options()
    for file in ("defaults", "vars"):
        known |= set(yaml.safe_load((ROLE / file / "main.yml").read_text(encoding="utf-8")))
    return known


def role_variables(message: str, kind: str) -> str:
    """Return a sentence with the role's variables for the options that a message is about.

    Options with common words as names are told by the kind of the error, others by their name.
    """
    words = set(re.findall(r"\w+", message)) - _COMMON_WORDS | set(_OPTIONS_OF_KIND.get(kind, ()))
    names = [name for name in sorted(_options()) if name.removeprefix(PREFIX) in words]
    return f" Variables of the role: {', '.join(names)}." if names else ""


# options whose names are words of ordinary sentences, or keys of a definition
_COMMON_WORDS = frozenset(
    "defaults journal language limits mode name only passwords plan protect src title users"
    " verify".split()
)
_OPTIONS_OF_KIND = {
    "file": ("src",),
    "journal": ("journal",),
    "limits": ("limits",),
    "plan": ("plan",),
}


def _options() -> set[str]:
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return {name for spec in specs["argument_specs"].values() for name in spec.get("options") or {}}


def problems_of_hosts(
    host: str,
    urls: Mapping[str, str],
    sources: Sequence[str],
    hosts: Iterable[str],
    *,
    prunes: bool,
) -> Iterator[str]:
    """Say where this host would read or prune what belongs to another one."""
    own = _normalized(urls.get(host) or os.environ.get("SUPEROFFICE_URL", ""))
    same = [
        other
        for other, url in urls.items()
        if other != host
        and own
        and _normalized(url or os.environ.get("SUPEROFFICE_URL", "")) == own
    ]
    if prunes and same:
        yield (
            f"{host} and {', '.join(sorted(same))} have one address, {own}: each would prune the"
            " users of the other. Set external_users_url for each, or use one host."
        )
    if host == "localhost":
        for source in sources:
            others = sorted(one for one in hosts if one != host and Path(source, one).is_dir())
            if others:
                yield (
                    f"{source} has folders of other hosts, {', '.join(others)}, whose users"
                    " would be taken for users of localhost. Run the play on those hosts, or set"
                    " external_users_src."
                )


def _normalized(url: str) -> str:
    text = url.strip().rstrip("/").lower()
    for pasted in ("/api/v1", "/api"):
        text = text.removesuffix(pasted)
    return text.rstrip("/")
