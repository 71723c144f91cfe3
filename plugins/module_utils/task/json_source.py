# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions in JSON."""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Iterator

from ..domain.entries import TEMPLATE_MARK, UnsupportedValue
from .file_errors import FileError

# far more than there are options
LARGEST_MAPPING = 100
_GAP = re.compile(r"[ \t\r\n,]*")
_TEMPLATE = UnsupportedValue(
    "a template, which is not rendered in a file; to use it literally, write it in a YAML file and"
    " mark it with !unsafe"
)


def parse_json(name: str, text: str) -> object:
    """Return the content of a JSON text; texts that are templates become unsupported values.

    Raises:
        FileError: it is not valid JSON, or has a duplicate key.
    """
    try:
        return json.loads(text, object_pairs_hook=_mapping)
    except json.JSONDecodeError as error:
        raise FileError(f"{name}:{error.lineno}: is not valid JSON: {error.msg}.") from error
    except RecursionError as error:
        raise FileError(f"{name}: is nested too deeply.") from error
    except ValueError as error:
        raise FileError(f"{name}: {error}.") from error


def lines_of_users(text: str) -> Iterator[int]:
    """Yield the line of each entry of the list `users`, as far as it can be told."""
    decoder = json.JSONDecoder()
    start = text.find("[", text.find('"users"'))
    line, counted = 1, 0
    position = start + 1
    while start >= 0:
        position = _GAP.match(text, position).end()  # type: ignore[union-attr]
        if position >= len(text) or text[position] == "]":
            return
        line += text.count("\n", counted, position)
        counted = position
        yield line
        try:
            _value, position = decoder.raw_decode(text, position)
        except ValueError:
            return


def _mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > LARGEST_MAPPING:
        raise ValueError(f"a mapping has more than {LARGEST_MAPPING} keys")
    result = {key: _value(key, value) for key, value in pairs}
    if len(result) < len(pairs):
        names = collections.Counter(key for key, _value in pairs)
        [(duplicate, _count)] = names.most_common(1)
        raise ValueError(f"duplicate key '{duplicate[:80]}'")
    return result


def _value(key: str, value: object) -> object:
    if isinstance(value, str):
        is_template = key != "password" and TEMPLATE_MARK.search(value)
        return _TEMPLATE if is_template else value
    if isinstance(value, list) and any(isinstance(item, str) for item in value):
        return [_value(key, item) for item in value]
    return value
