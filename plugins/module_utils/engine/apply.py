# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying a plan: wave by wave, in parallel, until too many users have failed.

An interruption stops further writes at once. What was in flight then is reported as unknown.
"""

from __future__ import annotations

import threading
import time
import typing
from collections.abc import Sequence

from ..client.errors import Cancelled, NetServerError, Unauthorized
from ..domain.errors import UserError
from ..domain.plan import Action, Step
from ..domain.user_index import UserIndex
from .failure import Failure, failure_of
from .freshness import appeared
from .journal import Journal
from .login_refusals import LoginRefusals
from .parallel import FailureBudget, in_parallel
from .password_email import INTERRUPTED, is_wanted, send_password_email
from .preflight import Plan, records_of
from .run_context import RunContext
from .step_result import StepResult
from .write import write_step

# how long an interrupted run waits for what was in flight to say how it ended
GRACE_SECONDS = 2.0


class Applied(typing.NamedTuple):
    """Results by the key of the step, what interrupted the run, if anything did, and warnings."""

    results: dict[int, StepResult]
    interruption: BaseException | None = None
    warnings: tuple[str, ...] = ()


def apply(run: RunContext, plan: Plan, journal: Journal | None) -> Applied:
    """Apply the steps of a plan.

    An exception that a signal handler raises in this thread, such as that of the task keyword
    `timeout`, does not leave this function: it is returned with the results.
    """
    worker = _Worker(run, plan, journal)
    try:
        for wave in plan.order.waves:
            steps = worker.still_meant(wave)
            in_parallel(worker.apply_step, steps, run.options.concurrency)
    except BaseException as error:  # noqa: BLE001 - returned; the caller decides
        run.client.cancel()
        return Applied(worker.results_after_interruption(), error, worker.warnings)
    interruption = interrupted() if run.client.is_cancelled else None
    return Applied(worker.results, interruption, worker.warnings)


def interrupted() -> Cancelled:
    """Return the reason of a run that was cancelled without an exception."""
    return Cancelled("The run was interrupted")


class _Worker:
    """Applies steps, from several threads."""

    def __init__(self, run: RunContext, plan: Plan, journal: Journal | None) -> None:
        self._run = run
        self._needs = plan.order.needs
        self._total = len(plan.order.steps)
        self._journal = journal
        self._budget = FailureBudget(run.options.max_failures)
        self._ids = _KnownIds(run.state.users)
        self._login_ended = False
        self._refusals = LoginRefusals(run.client)
        self._started: dict[int, Step] = {}
        self.results: dict[int, StepResult] = {}

    def still_meant(self, wave: Sequence[Step]) -> list[Step]:
        """Return a wave without creations and deletions that mean somebody else by now.

        Other writes may have taken minutes. Without such writes the plan was validated just before.
        """
        if not self._started or self._run.client.is_cancelled:
            return list(wave)
        refused = {**self._with_new_logins(wave), **self._with_reused_ids(wave)}
        for step in wave:
            if step.key in refused:
                failure = failure_of(refused[step.key])
                self.results[step.key] = StepResult(step, failure=failure, started=True)
                self._budget.charge()
        return [step for step in wave if step.key not in refused]

    def _with_new_logins(self, wave: Sequence[Step]) -> dict[int, UserError | NetServerError]:
        """Return why creations are refused: the persons have got a login, or that is not known."""
        created = [step for step in wave if step.action is Action.CREATE]
        try:
            changed = appeared(self._run, created, own=self._ids.taken)
        except NetServerError as error:
            return dict.fromkeys([step.key for step in created], error)
        return {step.key: UserError("conflict", message) for step, message in changed}

    def _with_reused_ids(self, wave: Sequence[Step]) -> dict[int, UserError]:
        """Return why deletions are refused: the id is that of another person by now."""
        deleted = [step for step in wave if step.action is Action.DELETE]
        ids = [step.associate_id for step in deleted if step.associate_id is not None]
        try:
            records = records_of(self._run, ids) if ids else {}
        except NetServerError:
            return {}  # the deletions will meet the same error, or succeed
        return {
            step.key: UserError(
                "identity",
                f"{step.subject} was not deleted: its associate id is that of another user by now."
                " Run the task again.",
            )
            for step in deleted
            if (record := records.get(step.associate_id or 0))
            and step.before
            and record.person_id not in (0, step.before.person_id)
        }

    def apply_step(self, step: Step) -> None:
        """Write one step, unless there is a reason to skip it."""
        skipped = self._reason_to_skip(step)
        if skipped:
            self.results[step.key] = StepResult(step, user=step.before, skipped=skipped)
            return
        if self._journal:
            self._journal.intent(step)
        self._started[step.key] = step
        result = self._ids.check(self._refusals.write(step, self._write))
        if self._journal:
            self._note(result, self._journal)
        if is_wanted(result):
            result = self._with_mail(result)
        if result.failure:
            self._budget.charge()
            if result.failure.kind == Unauthorized.kind:
                # the login has ended for all users
                self._login_ended = True
        self.results[step.key] = result
        self._run.progress("write", len(self.results), self._total)

    def _note(self, result: StepResult, journal: Journal) -> None:
        """Note an outcome; one that the journal cannot take is known all the same."""
        try:
            journal.outcome(result)
        except UserError:
            self.results[result.step.key] = result
            raise

    def _write(self, step: Step) -> StepResult:
        return write_step(self._run.client, self._run.state.roles, step)

    def _with_mail(self, result: StepResult) -> StepResult:
        """Request the mail to a new user; if the run is interrupted meanwhile, that is said."""
        self.results[result.step.key] = result._replace(password_email=INTERRUPTED)
        if self._journal:
            self._journal.mail(result.step, "intent")
        mail = send_password_email(self._run.client, result.written_id or 0)
        if self._journal:
            self._journal.mail(result.step, mail.status)
        return result._replace(password_email=mail)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever started the run has to know, beside the results."""
        return (self._refusals.warning,) if self._refusals.warning else ()

    def results_after_interruption(self) -> dict[int, StepResult]:
        """Return the results, after a short wait for those steps that are in flight."""
        deadline = time.monotonic() + GRACE_SECONDS
        while self._started.keys() - self.results.keys() and time.monotonic() < deadline:
            time.sleep(0.02)
        for key in self._started.keys() - self.results.keys():
            step = self._started[key]
            message = (
                f"{step.subject}: the run was interrupted while this user was being changed."
                " Whether the change took effect is not known; run the task again, it reads the"
                " user first."
            )
            failure = Failure(message, "interrupted")
            self.results[key] = StepResult(
                step, True, step.before, failure, started=True, is_unknown=True
            )
        return dict(self.results)

    def _reason_to_skip(self, step: Step) -> str:
        if self._run.client.is_cancelled:
            return "the run was interrupted"
        needed = self._needs.get(step.key)
        if needed is not None and not (needed in self.results and self.results[needed].succeeded):
            return "the user that still has its new name could not be changed"
        if self._login_ended:
            return "the service refused the login"
        return "too many users failed" if self._budget.is_spent else ""


class _KnownIds:
    """Notices a created user with the id of another one: what the service did is not known then.

    A service may use the id of a user again that the run has deleted.
    """

    def __init__(self, users: UserIndex) -> None:
        self.taken: set[int | None] = {user.associate_id for user in users}
        self._lock = threading.Lock()

    def check(self, result: StepResult) -> StepResult:
        """Return the result, or a failed one if its id belongs to another user."""
        step = result.step
        if not result.succeeded or step.action not in (Action.CREATE, Action.DELETE):
            return result
        if result.user is None:
            with self._lock:
                self.taken.discard(step.associate_id)
            return result
        associate_id = result.user.associate_id
        with self._lock:
            is_known = associate_id in self.taken
            self.taken.add(associate_id)
        if not is_known:
            return result
        error = UserError(
            "identity",
            f"{result.step.subject}: the response to its creation has associate id"
            f" {associate_id}, which is that of another user. Whether it exists is not known; look"
            " it up in Settings and maintenance before you run the task again.",
        )
        return result._replace(user=None, failure=failure_of(error), is_unknown=True)
