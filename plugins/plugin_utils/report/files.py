# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report or a review in the wanted formats, as the names and texts of files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ...module_utils.task.report_options import FORMATS
from .csv import review_to_csv, to_csv
from .document import document
from .html import review_to_html, to_html
from .junit import to_junit
from .markdown import LIMIT, to_markdown
from .model import Report, ReportError
from .review import Review, review_document
from .review_markdown import review_to_markdown


def files_of_report(
    report: Report, formats: Sequence[str], *, limit: int = LIMIT, drift_is_failure: bool = False
) -> dict[str, str]:
    """Return the texts of the files by name, in the order of the formats."""
    makers: dict[str, Callable[[], str]] = {
        "markdown": lambda: to_markdown(report, limit),
        "html": lambda: to_html(report),
        "json": lambda: _json(document(report)),
        "junit": lambda: to_junit(report, drift_is_failure=drift_is_failure),
        "csv": lambda: to_csv(report),
    }
    return {f"report.{FORMATS[one]}": makers[one]() for one in formats}


def files_of_review(review: Review, formats: Sequence[str], limit: int = LIMIT) -> dict[str, str]:
    """Return the texts of the files by name, in the order of the formats.

    Raises:
        ReportError: a format is not one for reviews.
    """
    makers: dict[str, Callable[[], str]] = {
        "markdown": lambda: review_to_markdown(review, limit),
        "html": lambda: review_to_html(review),
        "json": lambda: _json(review_document(review)),
        "csv": lambda: review_to_csv(review),
    }
    unknown = [one for one in formats if one not in makers]
    if unknown:
        raise ReportError(f"an access review has no format {unknown[0]}, only {', '.join(makers)}")
    return {f"review.{FORMATS[one]}": makers[one]() for one in formats}


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
