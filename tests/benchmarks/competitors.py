# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs against whom, and on what. They take turns, so that a busy minute hits them all."""

from __future__ import annotations

import collections
import dataclasses
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import definitions, floor
from .definitions import Entry
from .embedded import ADMIN, asked, forget, serving
from .figures import Figures, Series, combined
from .measured import Failed, Measurement, clean_environment, run
from .raw import Phase

PLAYS = Path(__file__).parent / "plays"


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is measured. The slow ones run in the first `slow_rounds` only, on a `sample`.

    The slowest, the naive loop, runs in the first round only.
    """

    users: int = 10_000
    changes: int = 1_000
    rounds: int = 4
    slow_rounds: int = 2
    # what is quick for one user needs many of them to be told from noise
    sample: int = 10
    expert_sample: int = 50
    long_sample: int = 100
    loop: int = 100
    loop_rounds: int = 2
    latencies: tuple[int, ...] = (0, 50)
    sizes: tuple[int, ...] = (1_000, 3_000, 10_000, 30_000, 100_000)
    growth_rounds: int = 3


FULL = Scale()
QUICK = Scale(
    users=1_000,
    changes=100,
    rounds=1,
    slow_rounds=1,
    sample=3,
    expert_sample=3,
    long_sample=20,
    loop=5,
    loop_rounds=1,
    latencies=(0,),
    sizes=(1_000, 3_000),
    growth_rounds=1,
)
# more than so many users in a variable are Ansible's to copy: they take minutes and gigabytes
MOST_IN_VARIABLE = 30_000
# how definitions come to the module, and in which play
INPUTS = {
    "JSON file": ("bulk", ".json", False),
    "JSON file with passwords": ("bulk", ".json", True),
    "YAML file": ("bulk", ".yml", False),
    "variable": ("bulk_inline", ".json", False),
    "variable with passwords": ("bulk_inline", ".json", True),
}


class Competitors:
    """Measures, and collects the figures."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.scale = scale
        self.figures: Figures = collections.defaultdict(lambda: collections.defaultdict(Series))
        self._folder = folder
        self._environment = clean_environment()
        command = shutil.which("ansible-playbook", path=str(Path(sys.executable).parent))
        if command is None:
            raise Failed("There is no ansible-playbook beside this Python.")
        self._ansible = command

    # --- many users

    def many(self) -> None:
        """Users in sync, changes and creations, at each latency, by everybody."""
        users, changes = self.scale.users, self.scale.changes
        in_sync = definitions.existing(users)
        different = definitions.existing(users, changed=changes)
        new = definitions.new(users, changes)
        for number in range(self.scale.rounds):
            for latency in self.scale.latencies:
                self._in_sync(latency, in_sync, number)
                self._changes(latency, different, number)
                self._creations(latency, new, number)
        for latency in self.scale.latencies:
            self._work_out(latency)

    def _in_sync(self, latency: int, entries: list[Entry], number: int) -> None:
        purpose = f"sync, {latency} ms"
        _say(purpose)
        src = self._write("sync.json", entries)
        with serving(len(entries), latency=latency) as url:
            self._play(purpose, "empty", url)
            self._raw(purpose, url, floor.of_sync(len(entries)))
            self._bulk(purpose, "bulk", url, 0, src=src)
            if number < self.scale.slow_rounds:
                self._play(purpose, "expert", url, src=src, there=len(entries))
                self._singles(purpose, url, src)
            if number == 0:
                self._play(purpose, "naive", url, src=src, sample=self.scale.long_sample)

    def _changes(self, latency: int, entries: list[Entry], number: int) -> None:
        purpose = f"changes, {latency} ms"
        _say(purpose)
        users, changes = len(entries), self.scale.changes
        src = self._write("changes.json", entries)
        few = self._write("few.json", definitions.existing(users, changed=self.scale.expert_sample))
        with serving(users, latency=latency) as url:
            self._raw(purpose, url, floor.of_changes(users, entries[:changes]))
        with serving(users, latency=latency) as url:
            self._bulk(purpose, "bulk", url, changes, src=src)
        if number == 0:
            with serving(users, latency=latency) as url:
                self._play(purpose, "naive", url, src=src, sample=self.scale.long_sample)
        if number >= self.scale.slow_rounds:
            return
        with serving(users, latency=latency) as url:
            self._play(purpose, "expert", url, src=few, there=users)
        with serving(users, latency=latency) as url:
            self._singles(purpose, url, src)

    def _creations(self, latency: int, entries: list[Entry], number: int) -> None:
        purpose = f"creations, {latency} ms"
        _say(purpose)
        users, count = self.scale.users, len(entries)
        src = self._write("creations.json", entries)
        few = self._write("few.json", entries[: self.scale.expert_sample])
        options = {"persons": count, "latency": latency}
        with serving(users, **options) as url:
            self._raw(purpose, url, floor.of_creations(users, entries))
        with serving(users, **options) as url:
            self._bulk(purpose, "bulk", url, count, src=src)
        if number == 0:
            with serving(users, **options) as url:
                self._play(purpose, "naive", url, src=src, sample=self.scale.long_sample)
        if number >= self.scale.slow_rounds:
            return
        with serving(users, **options) as url:
            self._play(purpose, "expert", url, src=few, there=users)
        for execution_path in ("single, here", "single, module"):
            with serving(users, **options) as url:
                self._single(purpose, execution_path, url, src)

    def _singles(self, purpose: str, url: str, src: Path) -> None:
        """Loop over the single module on both execution paths, the second one for other users."""
        self._single(purpose, "single, here", url, src)
        entries = json.loads(src.read_text(encoding="utf-8"))["users"]
        others = self._write("others.json", entries[self.scale.long_sample :])
        self._single(purpose, "single, module", url, others)

    def _single(self, purpose: str, execution_path: str, url: str, src: Path) -> None:
        variables = {
            "src": src,
            "sample": self._sample(execution_path),
            "as_module": execution_path.endswith("module"),
        }
        self._play(purpose, execution_path, url, "single", **variables)

    def _sample(self, name: str) -> int:
        """How many users stand for all of them in a loop."""
        return self.scale.sample if name == "single, module" else self.scale.long_sample

    def _work_out(self, latency: int) -> None:
        """Put the floor together, and stretch samples to all users."""
        sync, changes, creations = (
            self.figures[f"{purpose}, {latency} ms"] for purpose in ("sync", "changes", "creations")
        )
        many = self.scale.changes
        for row in (sync, changes, creations):
            row["floor"] = combined(lambda empty, raw: empty + raw, sync["empty"], row["raw"])
        for name in ("naive", "single, here", "single, module"):
            self._stretch(name, self._sample(name), (sync, changes, creations))
        sync["expert, all"] = Series(sync["expert"].seconds)
        sample = self.scale.expert_sample
        note = f"writes extrapolated from {sample}"
        for row in (changes, creations):
            row["expert, all"] = combined(
                lambda none, some: none + max(some - none, 0.0) / sample * many,
                *(sync["expert"], row["expert"]),
                note=note,
            )

    def _stretch(self, name: str, sample: int, rows: tuple[dict[str, Series], ...]) -> None:
        """Work out how long a loop over all users takes, from one over a sample."""
        sync, changes, creations = rows
        users, many = self.scale.users, self.scale.changes
        note = f"extrapolated from {sample} users"
        empty, same = sync["empty"], sync[name]
        sync[f"{name}, all"] = combined(
            lambda none, some: none + (some - none) / sample * users, empty, same, note=note
        )
        # the others are in sync
        changes[f"{name}, all"] = combined(
            lambda none, some, other: (
                none + (some - none) / sample * (users - many) + (other - none) / sample * many
            ),
            *(empty, same, changes[name]),
            note=note,
        )
        creations[f"{name}, all"] = combined(
            lambda none, some: none + (some - none) / sample * many,
            *(empty, creations[name]),
            note=note,
        )

    # --- one user, and a loop over some

    def one(self) -> None:
        """One user in sync, and a loop over many such tasks, next to one request by `uri`."""
        src = self._write("one.json", definitions.existing(self.scale.loop))
        with serving(self.scale.loop) as url:
            for purpose, sample, rounds in (
                ("one user", 1, self.scale.rounds),
                (f"loop of {self.scale.loop}", self.scale.loop, self.scale.loop_rounds),
            ):
                for _number in range(rounds):
                    _say(purpose)
                    variables = {"src": src, "sample": sample}
                    self._play(purpose, "empty", url)
                    self._play(purpose, "uri", url, "one_request", **variables)
                    self._play(purpose, "single, here", url, "single", as_module=False, **variables)
                    self._play(
                        purpose, "single, module", url, "single", as_module=True, **variables
                    )

    # --- growth

    def growth(self) -> None:
        """Users in sync, in growing numbers, by every way to give the definitions."""
        for size in self.scale.sizes:
            with serving(size) as url:
                for _number in range(self.scale.growth_rounds):
                    _say(f"growth, {size}")
                    self._play(f"growth, {size}", "empty", url)
                    self._raw(f"growth, {size}", url, floor.of_sync(size))
                    for name, (play, suffix, has_passwords) in INPUTS.items():
                        if play == "bulk_inline" and size > MOST_IN_VARIABLE:
                            continue
                        self._grown(url, size, name, play, suffix, has_passwords=has_passwords)

    def _grown(
        self, url: str, size: int, name: str, play: str, suffix: str, *, has_passwords: bool
    ) -> None:
        purpose = f"growth, {size}"
        if play == "bulk":
            entries = definitions.existing(size, passwords=has_passwords)
            self._bulk(purpose, name, url, 0, src=self._write(f"growth{suffix}", entries))
            return
        variables: dict[str, object] = {"users": definitions.existing(size)}
        if has_passwords:
            variables["passwords"] = definitions.passwords(size)
        path = self._folder / "variables.json"
        path.write_text(json.dumps(variables), encoding="utf-8")
        self._bulk(purpose, name, url, 0, path)

    # --- the parts

    def _play(self, purpose: str, name: str, url: str, play: str = "", **variables: object) -> None:
        found = self._measure(play or name, url, None, **variables)
        series = self.figures[purpose][name]
        series.seconds.append(found.seconds)
        series.megabytes.append(found.megabytes)

    def _bulk(
        self,
        purpose: str,
        name: str,
        url: str,
        changes: int,
        extra: Path | None = None,
        /,
        **variables: object,
    ) -> None:
        """Measure the bulk module; the server tells whether it did what it had to."""
        forget(url)
        found = self._measure("bulk_inline" if extra else "bulk", url, extra, **variables)
        series = self.figures[purpose][name]
        series.seconds.append(found.seconds)
        series.megabytes.append(found.megabytes)
        series.requests, changed = asked(url)
        least = self.figures[purpose]["raw"].requests
        if (series.requests, changed) != (least, changes):
            raise Failed(
                f"{purpose}: {series.requests} requests and {changed} changes instead of"
                f" {least} and {changes}:\n{found.output[-2000:]}"
            )

    def _raw(self, purpose: str, url: str, phases: list[Phase]) -> None:
        series = self.figures[purpose]["raw"]
        series.seconds.append(floor.seconds(url, phases))
        series.requests = floor.count(phases)

    def _measure(
        self, play: str, url: str, extra: Path | None = None, /, **variables: object
    ) -> Measurement:
        given = {"url": url, "username": ADMIN[0], "password": ADMIN[1], **variables}
        command = [self._ansible, str(PLAYS / f"{play}.yml"), "-e", json.dumps(given, default=str)]
        if extra:
            command += ["-e", f"@{extra}"]
        return run(command, self._environment, self._folder)

    def _write(self, name: str, entries: list[Entry]) -> Path:
        return definitions.write(self._folder, name, entries)


_BEGAN = time.monotonic()


def _say(what: str) -> None:
    sys.stderr.write(f"{time.monotonic() - _BEGAN:6.0f} s  {what}\n")


PARTS: dict[str, Callable[[Competitors], None]] = {
    "many": Competitors.many,
    "one": Competitors.one,
    "growth": Competitors.growth,
}
