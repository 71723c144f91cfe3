# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions in CSV, as spreadsheets write it: a header of option names, and a row per user."""

from __future__ import annotations

import array
import csv
import io
import re
from collections.abc import Iterator, Sequence

from ..domain.entries import TEMPLATE_MARK, UnsupportedValue, nearest
from ..domain.options import BY_NAME, Kind
from .file_errors import FileError

# comma first: where the header has one column only, it makes no difference
DELIMITERS = (",", ";", "\t")
BETWEEN_NAMES = "|"
_TEMPLATE = UnsupportedValue(
    "a template, which is not rendered in a file; to use it literally, write it in a YAML file and"
    " mark it with !unsafe"
)
# Excel's own mark of the delimiter; a program that adds empty columns adds them here as well
_MARK = re.compile(r'"?sep=(.)"?[,;\t]*', re.IGNORECASE)
# where a spreadsheet would see a formula, whatever it takes for the delimiter
_FORMULA = r"(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"
_AT_A_FORMULA = re.compile(rf"(^|[,;\t|\r\n])([\s\"']*){_FORMULA}")
_ESCAPED_FORMULA = re.compile(rf"(^|[,;\t|\r\n])([\s\"']*)'{_FORMULA}")
_PROBLEMS = {
    "unexpected end of data": "a quotation mark is opened and not closed",
    "field larger than field limit": "a quotation mark is opened and not closed, or a cell is too"
    " long",
    "expected after": "there is text after a closing quotation mark; in a quoted cell, a quotation"
    " mark is written twice",
    "NUL": "there is a NUL character; save the file as UTF-8",
}


def parse_csv(name: str, text: str) -> tuple[Iterator[object], Sequence[int]]:
    """Return the entries of a CSV text, which can be taken once, and the line of each.

    A row that does not fit the header is an unsupported value, so that all of them are reported.

    Raises:
        FileError: it is not valid CSV, or its header is not one of option names.
    """
    if not text.strip():
        raise FileError(f"{name}: is empty; its first row must have the names of options.")
    marked = _MARK.fullmatch(text.partition("\n")[0])
    if marked and marked.group(1) not in DELIMITERS:
        raise FileError(f"{name}:1: the delimiter must be a comma, a semicolon or a tab.")
    delimiter = marked.group(1) if marked else _delimiter(name, text)
    line, header = _header(name, text, delimiter, after=1 if marked else 0)
    columns = _columns(f"{name}:{line}", header)
    # the rows are read twice: entries that are held until they are parsed take more memory
    lines = array.array("l", (number for number, _row in _rows(name, text, delimiter, line)))
    rows = _rows(name, text, delimiter, line)
    return (_entry(row, columns) for _number, row in rows), lines


def escaped(cell: str) -> str:
    """Return a cell in which no spreadsheet finds a formula; `unescaped` reverses it."""
    return _AT_A_FORMULA.sub(r"\1\2'", cell)


def unescaped(cell: str) -> str:
    """Return a cell without the apostrophes that keep spreadsheets from finding a formula."""
    return _ESCAPED_FORMULA.sub(r"\1\2", cell) if "'" in cell else cell


def fits(value: object) -> bool:
    """Tell whether a string can be written into a cell and read back; other values can."""
    if not isinstance(value, str):
        return True
    return bool(value.strip()) and not TEMPLATE_MARK.search(value) and not {"\r", "\0"} & {*value}


def _delimiter(name: str, text: str) -> str:
    """Return the delimiter by which the header has the most names of options."""
    known = {}
    for delimiter in DELIMITERS:
        try:
            known[delimiter] = _known(_header(name, text, delimiter, after=0)[1])
        except FileError:  # a quoted name is followed by another delimiter
            known[delimiter] = 0
    return max(known, key=known.__getitem__)


def _header(name: str, text: str, delimiter: str, after: int) -> tuple[int, list[str]]:
    """Return the first row behind a line that is not empty, with its line."""
    for line, row in _rows(name, text, delimiter, after):
        return line, [cell.strip().lstrip("\ufeff").strip() for cell in row]
    raise FileError(f"{name}: is empty; its first row must have the names of options.")


def _known(header: Sequence[str]) -> int:
    return sum(cell in BY_NAME for cell in header)


def _columns(where: str, header: Sequence[str]) -> tuple[str | None, ...]:
    """Return the options that a header names, None for a column without a name.

    Nothing of a row that is no header is repeated.
    """
    if not _known(header):
        raise FileError(
            f"{where}: is not a header. The first row must have the names of options, such as"
            " user_name and role, with a comma, a semicolon or a tab between them."
        )
    names = [cell for cell in header if cell]
    unknown = [f"unknown option '{cell[:80]}'{nearest(cell, BY_NAME)}" for cell in names
               if cell not in BY_NAME]  # fmt: skip
    duplicates = [f"two columns '{cell}'" for cell in BY_NAME if names.count(cell) > 1]
    if unknown or duplicates:
        raise FileError(f"{where}: {'; '.join([*unknown, *duplicates])}.")
    return tuple(cell or None for cell in header)


def _rows(name: str, text: str, delimiter: str, after: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with its first line, from behind a line on."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if line > after and any(map(str.strip, row)):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        told = (why for part, why in _PROBLEMS.items() if part in str(error))
        problem = next(told, str(error))
        raise FileError(f"{name}:{line}: is not valid CSV: {problem}.") from error


def _entry(row: Sequence[str], columns: Sequence[str | None]) -> object:
    if any(map(str.strip, row[len(columns) :])):
        return UnsupportedValue(
            f"the row has {len(row)} cells, and the header {len(columns)}; put a cell that contains"
            " the delimiter in quotes"
        )
    entry: dict[str, object] = {}
    for position, (option, cell) in enumerate(zip(columns, row, strict=False)):
        if not cell or cell.isspace():
            continue
        if option is None:
            return UnsupportedValue(f"cell {position + 1} of the row is in a column without a name")
        entry[option] = _value(cell, BY_NAME[option].kind)
    return entry


def _value(cell: str, kind: Kind) -> object:
    if kind is Kind.SECRET:
        return cell
    text = unescaped(cell)
    if TEMPLATE_MARK.search(text):
        return _TEMPLATE
    if kind is Kind.NAMES:
        return [one.strip() for one in text.split(BETWEEN_NAMES)]
    return text if kind is Kind.TEXT else text.strip()
