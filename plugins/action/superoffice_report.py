# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the reports of a run on the controller, shows its outcome, and fails if the run did."""

from __future__ import annotations

import json
import os
import sys
import typing
from collections.abc import Callable, Mapping
from pathlib import Path

from ansible import constants as C  # noqa: N812 - as Ansible calls it
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.color import stringc

from ..module_utils.task.argument_errors import argument_failure, validation_message
from ..module_utils.task.arguments import ENVIRONMENT
from ..module_utils.task.report_options import ARGUMENT_SPEC
from ..plugin_utils.atomic_file import parse_mode, write_atomically
from ..plugin_utils.escaping import SHOWN_MESSAGE, for_terminal, shortened
from ..plugin_utils.plain_values import plain
from ..plugin_utils.relative_paths import shown_path
from ..plugin_utils.report.diagnosis import (
    diagnosis_document,
    diagnosis_headline,
    files_of_diagnosis,
)
from ..plugin_utils.report.files import files_of_report, files_of_review
from ..plugin_utils.report.model import Installation, Report, ReportError, report_of
from ..plugin_utils.report.review import review_from_document
from ..plugin_utils.report.terminal import (
    diagnosis_block,
    export_block,
    failure_block,
    review_block,
    run_block,
)
from ..plugin_utils.report.wording import failure_text, short_failure
from ..plugin_utils.run_check import (
    problems_of_addresses,
    problems_of_configuration,
    problems_of_folders,
    problems_of_places,
    problems_of_variables,
    role_variables,
)
from ..plugin_utils.terminal import wrapped

Values = dict[str, typing.Any]
_URL = "external_users_url"
# the width of a job without a terminal, as Ansible has it
WITHOUT_TERMINAL = 79
# known where Ansible loads the plugin; the process that runs the task never has a terminal
HAS_TERMINAL = sys.stdout.isatty()
# without a terminal a headline is one line, which can be searched for
ONE_LINE = 1000
# output for programs, which a text in between would break
MACHINE_CALLBACKS = {"json", "jsonl", "null"}


class ActionModule(ActionBase):
    """Writes reports and shows the outcome as one block of text."""

    # Private in ActionBase: it runs on the controller, also for hosts that cannot be reached.
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """Return which files were written; the result has failed if the run has."""
        result: Values = super().run(tmp, task_vars)
        self._task_vars: Values = task_vars or {}
        arguments = {name: plain(value) for name, value in self._task.args.items()}
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate(arguments)
        if checked.error_messages:
            failure = argument_failure(validation_message(self._task.action, checked))
            return {**result, **failure}
        options = checked.validated_parameters
        try:
            return {**result, "changed": False, **_MAKERS[options["kind"]](self, options)}
        except ReportError as error:
            hint = role_variables(str(error), "")
            return {**result, "failed": True, "msg": _sentence(f"{error}{hint}")}

    def _check(self, options: Values) -> Values:
        """Fail before the run where something would only be noticed after it."""
        variables = self._task_vars
        places = [options["folder"], options["all_folder"]]
        if options["plan_file"]:
            places.append(str(Path(options["plan_file"]).parent))
        host = options["host"]
        problems = [
            *problems_of_configuration(),
            *problems_of_variables(variables),
            *(problems_of_addresses(host, self._urls(host)) if options["prunes"] else ()),
            *problems_of_folders(host, options["src"], variables.get("groups", {}).get("all", ())),
            *problems_of_places(places, options["file_mode"]),
        ]
        if not problems:
            return {}
        text = " ".join([*problems, "Nothing was changed."])
        return {"failed": True, "msg": _sentence(text)}

    def _urls(self, host: str) -> dict[str, str]:
        """Return the address of each host of the play.

        A variable of the play or of the role has precedence over those of all hosts. Then its
        template is evaluated with the variables of each of them.
        """
        variables = self._task_vars
        own = variables.get(_URL)
        is_of_hosts = variables["hostvars"].raw_get(host).get(_URL) == own
        urls = {}
        for name in variables.get("ansible_play_hosts_all") or [host]:
            others = variables["hostvars"].raw_get(name)
            url = others.get(_URL) if is_of_hosts else own
            context = {**variables, **others, _URL: url}
            templar = self._templar.copy_with_new_env(available_variables=context)
            found = templar.template(url) if url else ""
            urls[name] = str(found or os.environ.get(ENVIRONMENT["url"], ""))
        return urls

    def _reading(self, options: Values) -> Values:
        """Fail if an info module has failed, with the variables to correct."""
        outcome = _mapping(options["result"])
        return self._not_done("", outcome, "") if outcome.get("msg") else {}

    def _run_report(self, options: Values) -> Values:
        report = _report(options, options["result"])
        one = report.installations[0]
        problems = [_sentence(problem) for problem in options["problems"]]
        written = _written(lambda: _write_run(report, one, options), problems)
        is_complete = options["set_stats"]
        is_failure = one.status in {"failed", "refused"}
        reasons = failure_text(one) if is_failure else ""
        kind = str((one.error or {}).get("kind") or "")
        hint = role_variables(reasons, kind).strip() if is_failure else ""
        text = run_block(
            one,
            written,
            self._width,
            self._paint,
            is_complete=is_complete,
            hint=hint,
            headline_width=0 if HAS_TERMINAL else ONE_LINE,
        )
        is_shown = self._show(text, problems)
        result: Values = {"written": written}
        if options["set_stats"] and not is_failure:
            # as ansible.builtin.set_stats returns it
            plans = {options["host"]: _mapping(options["result"]).get("plan")}
            result["ansible_stats"] = {
                "data": {
                    "external_users_plans": plans,
                    "external_users_status": {options["host"]: one.status},
                },
                "per_host": False,
                "aggregate": True,
            }
        if is_failure:
            # the reasons are on the screen already, unless the callback leaves no room for them
            told = short_failure(one) if is_shown else f"{reasons} {hint}".strip()
            return {"failed": True, "msg": _sentence(told), **_cause(one)}
        if options["fail_on_drift"] and one.drift:
            sentence = f"{one.name}: external users are out of sync."
            return {"failed": True, "msg": _sentence(sentence)}
        return _failure(problems, is_shown=is_shown) or result

    def _review_report(self, options: Values) -> Values:
        review = review_from_document(options["result"])
        if review is None:
            return self._not_done("Access review", options["result"], "the result is no review")
        problems: list[str] = []
        files = files_of_review(review, ["markdown", "html", "csv", "json"])
        written = _written(lambda: _write(options, options["folder"], files), problems)
        text = review_block(review, written, self._width, self._paint)
        is_shown = self._show(text, problems)
        return _failure(problems, is_shown=is_shown) or {"written": written}

    def _export_report(self, options: Values) -> Values:
        exported = _mapping(options["result"])
        if "written" not in exported:
            return self._not_done("Export", exported, "the result is no list of files")
        written, removed = (
            [shown_path(str(path)) for path in exported.get(name) or []]
            for name in ("written", "removed")
        )
        users, is_prediction = options["users"], bool(self._task.check_mode)
        self._show(
            export_block(
                users, written, removed, self._width, self._paint, is_prediction=is_prediction
            ),
            [],
        )
        return {"written": []}

    def _diagnosis_report(self, options: Values) -> Values:
        try:
            document = diagnosis_document(options["result"])
        except ReportError as error:
            return self._not_done("Diagnosis", options["result"], str(error))
        problems: list[str] = []
        files = files_of_diagnosis(document)
        written = _written(lambda: _write(options, options["folder"], files), problems)
        installation = _mapping(_mapping(options["result"]).get("installation"))
        address = str(installation.get("address") or "")
        text = diagnosis_block(document, address, written, self._width, self._paint)
        is_shown = self._show(text, problems)
        if document["summary"]["failed"]:
            return {"failed": True, "msg": diagnosis_headline(document), "written": written}
        return _failure(problems, is_shown=is_shown) or {"written": written}

    def _not_done(self, what: str, result: object, otherwise: str) -> Values:
        """Tell why an earlier task failed, once and as text."""
        values = _mapping(result)
        reason = str(values.get("msg") or otherwise)
        hint = role_variables(reason, str(_mapping(values.get("error")).get("kind") or ""))
        failed = f"{what} failed" if what else "Failed"
        text = failure_block(f"{failed}: {reason}{hint}", self._width, self._paint)
        is_shown = self._show(text, [])
        told = f"{failed}, for the reason above." if is_shown else f"{reason}{hint}"
        error = {"error": values["error"]} if values.get("error") else {}
        return {"failed": True, "msg": _sentence(told), **error}

    @property
    def _width(self) -> int:
        columns = typing.cast("int | None", self._display.columns)
        return columns or WITHOUT_TERMINAL

    def _paint(self, text: str, color: str) -> str:
        return str(stringc(text, C.COLOR_CODES.get(color) and color)) if color else text

    def _show(self, text: str, problems: list[str]) -> bool:
        """Show a block of text; return whether the callback leaves room for it."""
        callback = str(C.config.get_config_value("DEFAULT_STDOUT_CALLBACK"))
        if callback.rpartition(".")[2] in MACHINE_CALLBACKS:
            return False
        width = self._width
        lines = [line for problem in problems for line in ["", *wrapped(problem, width, "", "")]]
        self._display.display(
            "\n".join([text.rstrip("\n"), *(self._paint(one, "red") for one in lines)])
        )
        return True


_MAKERS: dict[str, Callable[[ActionModule, Values], Values]] = {
    "check": ActionModule._check,  # noqa: SLF001
    "read": ActionModule._reading,  # noqa: SLF001
    "run": ActionModule._run_report,  # noqa: SLF001
    "review": ActionModule._review_report,  # noqa: SLF001
    "export": ActionModule._export_report,  # noqa: SLF001
    "diagnosis": ActionModule._diagnosis_report,  # noqa: SLF001
}


def _report(options: Values, results: object) -> Report:
    names = ("mode", "name", "title", "generated_at", "run_url", "base_dir")
    return report_of(
        results, plan=_plan(options["plan"]), **{name: options[name] for name in names}
    )


def _plan(plan: object) -> object:
    """Return the plan that a run was given, None if it cannot be read: the run has said so."""
    if not isinstance(plan, str):
        return plan
    try:
        return json.loads(Path(plan).expanduser().read_text(encoding="utf-8")) if plan else None
    except (OSError, ValueError):
        return None


def _write_run(report: Report, one: Installation, options: Values) -> list[str]:
    formats, is_alarm = options["formats"], options["fail_on_drift"]
    files = files_of_report(report, formats, drift_is_failure=is_alarm)
    written = _write(options, options["folder"], files)
    if options["plan_file"]:
        path = Path(options["plan_file"]).expanduser()
        if one.status in {"failed", "refused"}:
            # no plan of an earlier run stays behind; one that was given is not ours to delete
            if not options["keep_plan"]:
                path.unlink(missing_ok=True)
        else:
            text = _json(_mapping(options["result"]).get("plan"))
            written += _write(options, str(path.parent), {path.name: text})
    if options["all_folder"] and options["all_results"]:
        everything = _report({**options, "plan": None}, options["all_results"])
        files = files_of_report(everything, formats, drift_is_failure=is_alarm)
        written += _write(options, options["all_folder"], files)
    return written


def _write(options: Values, folder: str, files: Mapping[str, str]) -> list[str]:
    if not folder:
        return []
    try:
        mode = parse_mode(options["file_mode"])
    except ValueError as error:
        raise ValueError(f"file_mode {error}") from error
    target = Path(folder).expanduser()
    # a new folder is for its owner only; an existing one is left as it is
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in files.items():
        write_atomically(target / name, text, mode)
    return [shown_path(str(target / name)) for name in files]


def _written(write: Callable[[], list[str]], problems: list[str]) -> list[str]:
    """Return what was written; that it could not be is told after the outcome, and not instead."""
    try:
        return write()
    except OSError as error:
        path = error.filename2 or error.filename
        reason = f"{shown_path(str(path))}: {error.strerror}." if path else str(error)
    except ValueError as error:
        reason = str(error)
    problems.append(_sentence(f"The reports could not be written: {reason}"))
    return []


def _sentence(text: str) -> str:
    return for_terminal(shortened(text, SHOWN_MESSAGE))


def _cause(one: Installation) -> Values:
    return {"error": dict(one.error)} if one.error else {}


def _failure(problems: list[str], *, is_shown: bool) -> Values:
    if not problems:
        return {}
    return {"failed": True, "msg": "Failed, for the reason above." if is_shown else problems[0]}


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _mapping(value: object) -> Values:
    return value if isinstance(value, dict) else {}
