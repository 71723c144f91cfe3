# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs against whom, and on what. They take turns, so that a busy minute hits them all."""

from __future__ import annotations

import collections
import dataclasses
import importlib.util
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import definitions, floor
from .definitions import Entry
from .embedded import ADMIN, asked, forget, serving
from .figures import Figures, Series, combined
from .measured import Failed, Measurement, clean_environment, run
from .raw import Phase

PLAYS = Path(__file__).parent / "plays"
COLLECTION = "ansible_collections.superoffice.crm.plugins"


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is measured, and by when.

    What would take minutes for all users is run on a sample. After `until` seconds of the whole
    run, a part begins no further round, and a part that is not about a goal does not begin.
    """

    users: int = 10_000
    changes: int = 1_000
    rounds: int = 4
    change_rounds: int = 2
    expert_rounds: int = 2
    expert_changes: int = 25
    naive: int = 20
    loop: int = 25
    loop_rounds: int = 2
    few: int = 400
    sizes: tuple[int, ...] = (1_000, 3_000, 10_000, 30_000, 100_000)
    until: tuple[int, ...] = (90, 210, 290, 400)


FULL = Scale()
QUICK = Scale(
    users=1_000,
    changes=100,
    rounds=1,
    change_rounds=1,
    expert_rounds=1,
    expert_changes=3,
    naive=3,
    loop=3,
    loop_rounds=1,
    few=100,
    sizes=(1_000, 3_000),
    until=(15, 25, 32, 38),
)
# what a loop is said to take for
LOOP = 100
# more than so many users in a variable are Ansible's to copy: they take minutes and gigabytes
MOST_IN_VARIABLE = 10_000
SYNC_LATENCIES = (0, 20)
CHANGE_LATENCIES = (20, 50)
AUTO_LATENCIES = (5, 50, 200)


class Competitors:
    """Measures, and collects the figures."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.scale = scale
        self.figures: Figures = collections.defaultdict(lambda: collections.defaultdict(Series))
        self._folder = folder
        self._began = time.monotonic()
        self._environment = clean_environment()
        command = shutil.which("ansible-playbook", path=str(Path(sys.executable).parent))
        if command is None:
            raise Failed("There is no ansible-playbook beside this Python.")
        self._ansible = command

    # --- users in sync, and one who is not

    def sync(self) -> None:
        """Users in sync at each latency, one change among them, and the alternatives at 0 ms."""
        users = self.scale.users
        now = self._write("sync.json", definitions.existing(users))
        # one run changes a user, the next one changes it back
        other = self._write("one.json", definitions.existing(users, changed=1))
        for latency in SYNC_LATENCIES:
            purpose = f"sync, {latency} ms"
            with serving(users, latency=latency) as url:
                for number in self._rounds(self.scale.rounds, 0):
                    self._say(purpose)
                    self._play(purpose, "empty", url)
                    self._raw(purpose, url, floor.of_sync(users))
                    self._bulk(purpose, "bulk", url, floor.of_sync(users), 0, src=now)
                    if latency:
                        one = floor.of_changes(users, definitions.existing(1))
                        self._bulk(f"one change, {latency} ms", "bulk", url, one, 1, src=other)
                        now, other = other, now
                    elif number < self.scale.expert_rounds:
                        self._play(purpose, "expert", url, src=now, there=users)
                if not latency:
                    self._play(purpose, "naive", url, src=now, sample=self.scale.naive)
            self._add_floor(purpose)
        self._stretch(self.figures["sync, 0 ms"], "naive", self.scale.naive, users)

    # --- many changes

    def changes(self) -> None:
        """Changes of many users at each latency, and by the best playbook at the highest one."""
        users, changes = self.scale.users, self.scale.changes
        entries = definitions.existing(users, changed=changes)
        back = self._write("sync.json", definitions.existing(users))
        for latency in CHANGE_LATENCIES:
            purpose = f"changes, {latency} ms"
            phases = floor.of_changes(users, entries[:changes])
            with serving(users, latency=latency) as url:
                for _number in self._rounds(self.scale.change_rounds, 1):
                    self._say(purpose)
                    self._play(purpose, "empty", url)
                    # it changes the users, and the module changes them back
                    self._raw(purpose, url, phases)
                    self._bulk(purpose, "bulk", url, phases, changes, src=back)
                if latency == CHANGE_LATENCIES[-1]:
                    self._expert(purpose, url)
            self._add_floor(purpose)

    def _expert(self, purpose: str, url: str) -> None:
        """Measure the best playbook with no change and with some; work out all of them."""
        users, some = self.scale.users, self.scale.expert_changes
        row = self.figures[purpose]
        for name, changed in (("expert, none", 0), ("expert", some)):
            src = self._write("few.json", definitions.existing(users, changed=changed))
            self._play(purpose, name, url, "expert", src=src, there=users)
        row["expert, all"] = combined(
            lambda none, more: none + max(more - none, 0.0) / some * self.scale.changes,
            *(row["expert, none"], row["expert"]),
            note=f"extrapolated from {some} changes",
        )

    # --- one user, and a loop over some

    def single(self) -> None:
        """One user in sync, and a loop over many such tasks, next to one request by `uri`."""
        loop = self.scale.loop
        src = self._write("loop.json", definitions.existing(loop))
        with serving(loop) as url:
            for purpose, sample, rounds in (
                ("one user", 1, self.scale.rounds),
                ("loop", loop, self.scale.loop_rounds),
            ):
                for _number in self._rounds(rounds, 2):
                    self._say(purpose)
                    variables = {"src": src, "sample": sample}
                    self._play(purpose, "empty", url)
                    self._play(purpose, "uri", url, "one_request", **variables)
                    self._play(purpose, "here", url, "single", as_module=False, **variables)
                    self._play(purpose, "module", url, "single", as_module=True, **variables)
        row = self.figures["loop"]
        for name in ("uri", "here", "module"):
            self._stretch(row, name, loop, LOOP)
        # a loop over all users who are in sync
        sync = self.figures.get("sync, 0 ms")
        if sync:
            for name in ("here", "module"):
                note = f"extrapolated from {loop} users"
                sync[f"{name}, all"] = self._stretched(row, name, loop, self.scale.users, note)

    # --- growth

    def growth(self) -> None:
        """Users in sync, in growing numbers, by every way to give the definitions."""
        largest = self.scale.sizes[-1]
        for size in self.scale.sizes:
            with serving(size) as url:
                purpose = f"growth, {size}"
                forms = [".json"]
                if size in (largest, MOST_IN_VARIABLE):
                    forms += [".yml", *([".csv"] if takes_csv() else [])]
                for number in self._rounds(2 if size == MOST_IN_VARIABLE else 1, 3):
                    for form in forms if number == 0 else forms[:1]:
                        self._say(f"{purpose}, {form}")
                        self._grown(purpose, url, size, form, passwords=False)
                        if size == largest:
                            self._grown(purpose, url, size, form, passwords=True)
                if size == MOST_IN_VARIABLE:
                    self._in_variable(purpose, url, size)

    def _grown(self, purpose: str, url: str, size: int, form: str, *, passwords: bool) -> None:
        entries = definitions.existing(size, passwords=passwords)
        src = self._write(f"growth{form}", entries)
        name = f"{FORMS[form]} file{' with passwords' if passwords else ''}"
        phases = floor.of_sync(size)
        self._bulk(purpose, name, url, phases, 0, is_watched=True, src=src)

    def _in_variable(self, purpose: str, url: str, size: int) -> None:
        variables = {
            "users": definitions.existing(size),
            "passwords": definitions.passwords(size),
        }
        path = self._folder / "variables.json"
        path.write_text(json.dumps(variables), encoding="utf-8")
        self._bulk(
            *(purpose, "variable with passwords", url, floor.of_sync(size), 0),
            extra=path,
            is_watched=True,
        )

    # --- options

    def options(self) -> None:
        """A number of requests that finds its level, logging in once, and creations."""
        few = self.scale.few
        there = self._write("there.json", definitions.existing(few, changed=few))
        back = self._write("back.json", definitions.existing(few))
        cases = [(f"auto, {latency} ms", latency, ()) for latency in AUTO_LATENCIES]
        for purpose, latency, choices in [*cases, ("auto, throttled", 50, ("parallel=4",))]:
            if self._is_late(purpose):
                return
            with serving(few, latency=latency, choices=choices) as url:
                self._bulk(purpose, "8", url, None, few, src=there)
                self._bulk(purpose, "auto", url, None, few, src=back, concurrency="auto")
        self._token()
        self._creations()

    def _token(self) -> None:
        changes = self.scale.changes
        there = self._write("there.json", definitions.existing(changes, changed=changes))
        back = self._write("back.json", definitions.existing(changes))
        for latency in SYNC_LATENCIES:
            purpose = f"login, {latency} ms"
            if self._is_late(purpose):
                return
            with serving(changes, latency=latency, choices=("login_milliseconds=5",)) as url:
                self._bulk(purpose, "password", url, None, changes, src=there)
                self._bulk(purpose, "token", url, None, changes, src=back, exchange=True)

    def _creations(self) -> None:
        users, count, latency = self.scale.users, self.scale.changes, CHANGE_LATENCIES[0]
        purpose = f"creations, {latency} ms"
        if self._is_late(purpose):
            return
        entries = definitions.new(users, count)
        src = self._write("creations.json", entries)
        phases = floor.of_creations(users, entries)
        with serving(users, persons=count, latency=latency) as url:
            self._play(purpose, "empty", url)
            self._raw(purpose, url, phases)
        with serving(users, persons=count, latency=latency) as url:
            self._bulk(purpose, "bulk", url, phases, count, src=src)
        self._add_floor(purpose)

    # --- the parts

    def _rounds(self, most: int, part: int) -> Iterator[int]:
        """Number the rounds; only the first one begins if the part has taken too long."""
        for number in range(most):
            if number and self._seconds() > self.scale.until[part]:
                return
            yield number

    def _is_late(self, purpose: str) -> bool:
        self._say(purpose)
        return self._seconds() > self.scale.until[-1]

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _say(self, what: str) -> None:
        sys.stderr.write(f"{self._seconds():6.0f} s  {what}\n")

    def _add_floor(self, purpose: str) -> None:
        row = self.figures[purpose]
        row["floor"] = combined(lambda empty, raw: empty + raw, row["empty"], row["raw"])
        row["floor"].requests = row["raw"].requests

    def _stretch(self, row: dict[str, Series], name: str, sample: int, users: int) -> None:
        """Work out how long a loop over many users takes, from one over a sample."""
        note = f"extrapolated from {sample} users"
        row[f"{name}, all"] = self._stretched(row, name, sample, users, note)

    def _stretched(
        self, row: dict[str, Series], name: str, sample: int, users: int, note: str
    ) -> Series:
        return combined(
            lambda none, some: none + (some - none) / sample * users,
            *(row["empty"], row[name]),
            note=note,
        )

    def _play(self, purpose: str, name: str, url: str, play: str = "", **variables: object) -> None:
        found = self._measure(play or name, url, None, is_watched=False, **variables)
        self.figures[purpose][name].seconds.append(found.seconds)

    def _bulk(
        self,
        purpose: str,
        name: str,
        url: str,
        phases: list[Phase] | None,
        changes: int,
        *,
        extra: Path | None = None,
        is_watched: bool = False,
        **variables: object,
    ) -> None:
        """Measure the bulk module; the server tells whether it did what it had to."""
        forget(url)
        play = "bulk_inline" if extra else "bulk"
        found = self._measure(play, url, extra, is_watched=is_watched, **variables)
        series = self.figures[purpose][name]
        series.seconds.append(found.seconds)
        if is_watched:
            series.megabytes.append(found.megabytes)
        series.requests, changed = asked(url)
        expected = floor.count(phases) if phases else series.requests
        if series.requests != expected:
            series.note = f"{series.requests} requests, the floor has {expected}"
        if changed != changes:
            raise Failed(
                f"{purpose}: {changed} changes instead of {changes}:\n{found.output[-2000:]}"
            )

    def _raw(self, purpose: str, url: str, phases: list[Phase]) -> None:
        series = self.figures[purpose]["raw"]
        series.seconds.append(floor.seconds(url, phases))
        series.requests = floor.count(phases)

    def _measure(
        self, play: str, url: str, extra: Path | None, /, *, is_watched: bool, **variables: object
    ) -> Measurement:
        given = {"url": url, "username": ADMIN[0], "password": ADMIN[1], **variables}
        command = [self._ansible, str(PLAYS / f"{play}.yml"), "-e", json.dumps(given, default=str)]
        if extra:
            command += ["-e", f"@{extra}"]
        return run(command, self._environment, self._folder, is_watched=is_watched)

    def _write(self, name: str, entries: list[Entry]) -> Path:
        return definitions.write(self._folder, name, entries)


FORMS = {".json": "JSON", ".yml": "YAML", ".csv": "CSV"}


def takes_csv() -> bool:
    """Tell whether the bulk module reads CSV files."""
    return importlib.util.find_spec(f"{COLLECTION}.module_utils.task.csv_source") is not None


PARTS: dict[str, Callable[[Competitors], None]] = {
    "sync": Competitors.sync,
    "changes": Competitors.changes,
    "single": Competitors.single,
    "growth": Competitors.growth,
    "options": Competitors.options,
}
