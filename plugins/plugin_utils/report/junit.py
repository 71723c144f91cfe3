# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as JUnit XML, which every CI system shows as a list of tests."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ..escaping import SHOWN_LINES, for_xml
from . import wording
from .model import CHANGES, Installation, Report, User


def to_junit(report: Report, *, drift_is_failure: bool = False) -> str:
    """Return a test suite for each installation, and in it a test case for each user it lists.

    A failed or skipped user is one; a user that is out of sync is a failure if `drift_is_failure`.
    All users that are in sync and not listed share one test case, so that no suite is empty.
    """
    root = ET.Element("testsuites", name=for_xml(report.title))
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for one in report.installations:
        suite = _suite(one, drift_is_failure=drift_is_failure)
        if report.generated_at:
            suite.set("timestamp", for_xml(report.generated_at))
        root.append(suite)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
    for name, count in totals.items():
        root.set(name, str(count))
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(one: Installation, *, drift_is_failure: bool) -> ET.Element:
    suite = ET.Element("testsuite", name=for_xml(one.name))
    listed = [_user(user, one, drift_is_failure=drift_is_failure) for user in one.users]
    unlisted = one.summary["unchanged"] - sum(user.status == "unchanged" for user in one.users)
    if one.findings:
        for finding in one.findings:
            case = _case(one, finding["where"] or finding["kind"] or "plan")
            _verdict(case, "error", finding["kind"], finding["message"])
            listed.append(case)
    elif one.message and not one.has_failed_rows:
        case = _case(one, "run")
        _verdict(case, "error", str((one.error or {}).get("kind") or "failed"), one.message)
        listed.append(case)
    if unlisted > 0 or not listed:
        listed.append(_case(one, f"{max(unlisted, 0)} users are in sync"))
    suite.extend(listed)
    kinds = {"tests": None, "failures": "failure", "errors": "error", "skipped": "skipped"}
    for name, tag in kinds.items():
        count = sum(tag is None or case.find(tag) is not None for case in listed)
        suite.set(name, str(count))
    suite.set("time", "0")
    return suite


def _user(user: User, one: Installation, *, drift_is_failure: bool) -> ET.Element:
    case = _case(one, wording.title(user))
    told = f"{wording.action(user, one)}: {_told(user)}"
    if user.person:
        told = f"{told} ({user.person})"
    if user.status == "failed":
        kind = str((user.error or {}).get("kind") or "failed")
        person = f"\nPerson: {user.person}" if user.person else ""
        _verdict(case, "failure", kind, f"{user.problem}{person}" if user.problem else told)
    elif user.status == "skipped":
        ET.SubElement(case, "skipped", message=for_xml(user.problem or told))
    elif user.status in CHANGES and drift_is_failure:
        _verdict(case, "failure", "drift", told)
    elif user.status in CHANGES:
        ET.SubElement(case, "system-out").text = _lines(told)
    return case


def _case(one: Installation, name: str) -> ET.Element:
    return ET.Element("testcase", classname=for_xml(one.name), name=for_xml(name), time="0")


def _verdict(case: ET.Element, tag: str, kind: str, text: str) -> None:
    first = text.splitlines()[0] if text else ""
    verdict = ET.SubElement(case, tag, message=for_xml(first), type=for_xml(kind))
    verdict.text = _lines(text)


def _lines(text: str) -> str:
    return "\n".join(for_xml(line) for line in text.splitlines()[:SHOWN_LINES])


def _told(user: User) -> str:
    planned = ", ".join(f"{one.field} {one.before} -> {one.after}" for one in user.changes)
    found = ", ".join(f"{one.field} {one.after}" for one in wording.found_changes(user))
    return f"{planned}; found {found}" if found else planned
