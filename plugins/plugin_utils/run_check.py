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
import stat
import tempfile
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from .atomic_file import parse_mode

PREFIX = "external_users_"
# what a misspelling differs in, and the length of names that only one may differ in
MOST_EDITS = 2
SHORT = 5
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


def problems_of_configuration() -> Iterator[str]:
    """Say whether Ansible ignores the `ansible.cfg` of the current folder.

    It does so where everybody may write to the folder. The inventory that the file names is lost
    with it, and so are limits and protections: the run would look like one on localhost.
    """
    folder = Path.cwd()
    file = folder / "ansible.cfg"
    is_writable = bool(folder.stat().st_mode & stat.S_IWOTH)
    if is_writable and file.exists() and not os.environ.get("ANSIBLE_CONFIG"):
        yield (
            f"Ansible ignores {file}, and the inventory that it names, because everybody may write"
            f" to its folder. Run chmod o-w {folder}, or set ANSIBLE_CONFIG to the file."
        )


def problems_of_variables(variables: Iterable[str]) -> Iterator[str]:
    """Say which variables are probably misspelled variables of the role.

    A misspelled limit would be no limit. Other variables are the user's own.
    """
    begin = len(PREFIX)
    candidates = [name for name in variables if _edits(name[:begin], PREFIX) <= MOST_EDITS]
    known = documented_variables()
    for name in sorted(set(candidates) - known - own_variables()):
        edits, near = min((_edits(name, one), one) for one in known)
        # of a short name, two other characters make another word
        if edits <= (MOST_EDITS if len(near) - begin > SHORT else 1):
            yield f"The variable {name} is unknown. Did you mean {near}?"


def _edits(name: str, known: str) -> int:
    """Return how many characters are wrong, missing or too many; case and hyphens do not count."""
    spelled = name.lower().replace("-", "_")
    matcher = difflib.SequenceMatcher(None, spelled, known, autojunk=False)
    common = sum(block.size for block in matcher.get_matching_blocks())
    return max(len(name), len(known)) - common


def documented_variables() -> set[str]:
    """Return the variables of the role and the playbooks that users set."""
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    return _options() | set(defaults) | _named_in(ROLE.parents[1].glob("playbooks/*.yml"))


def own_variables() -> set[str]:
    """Return all names that the role uses, such as those of its results."""
    return _named_in(ROLE.rglob("*.yml"))


def _named_in(files: Iterable[Path]) -> set[str]:
    texts = (file.read_text(encoding="utf-8") for file in files)
    return {name for text in texts for name in re.findall(rf"\b{PREFIX}\w+", text)}


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
    "existing": ("export_dir", "export_replace"),
    "file": ("src",),
    "journal": ("journal",),
    "limits": ("limits",),
    "plan": ("plan",),
}


def _options() -> set[str]:
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return {name for spec in specs["argument_specs"].values() for name in spec.get("options") or {}}


def problems_of_addresses(host: str, urls: Mapping[str, str]) -> Iterator[str]:
    """Say which hosts have the address of this one, whose users they would change as well."""
    own = _normalized(urls.get(host, ""))
    same = [other for other, url in urls.items() if other != host and _normalized(url) == own]
    if own and same:
        yield (
            f"{host} and {', '.join(sorted(same))} have one address, {own}: each would prune the"
            " users of the other, or change their passwords. Set external_users_url for each, or"
            " use one host."
        )


def problems_of_folders(host: str, sources: Iterable[str], hosts: Iterable[str]) -> Iterator[str]:
    """Say which folders of definitions contain those of another host."""
    names = {name.lower() for name in hosts} - {host.lower()}
    for source in dict.fromkeys(sources):
        folders = [
            str(Path(folder, name).relative_to(source))
            for folder, subfolders, _files in os.walk(source) if names
            for name in subfolders if name.lower() in names
        ]  # fmt: skip
        if folders:
            yield (
                f"{source} has folders of other hosts, {', '.join(sorted(folders))}, whose users"
                f" would be taken for users of {host}. Run the play on those hosts, or name another"
                " folder in external_users_src or external_users_export_dir."
            )


def _normalized(url: str) -> str:
    """Return an address in one spelling: host and path in lower case, no default port, no /api."""
    try:
        parts = urllib.parse.urlsplit(urllib.parse.unquote(url).strip().lower())
        port = parts.port
    except ValueError:
        return url.strip().lower()
    host = (parts.hostname or "").rstrip(".")
    shown = f"[{host}]" if ":" in host else host
    if port not in (None, {"http": 80, "https": 443}.get(parts.scheme)):
        shown += f":{port}"
    path = re.sub("/+", "/", parts.path).rstrip("/")
    for pasted in ("/api/v1", "/api"):
        path = path.removesuffix(pasted).rstrip("/")
    return f"{parts.scheme}://{shown}{path}" if shown else ""
