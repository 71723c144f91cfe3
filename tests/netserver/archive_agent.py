# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Archive agent: the same archives, asked for by POST."""

from __future__ import annotations

import re
from typing import Any

from . import archive
from .binding import INVALID, Argument
from .call import Call
from .errors import BadArgument, NotFound
from .filter import Column
from .providers import NAMES, Provider, provider
from .user_agent import AgentMethod

_TYPED = re.compile(r"^\[[A-Z]+:(.*)\]$", re.DOTALL)
_WITHOUT_QUOTES = ("int", "bool", "listAny", "userGroup", "associate")
_LIST_OPERATORS = frozenset(
    "oneof notoneof associateisoneof associateisnotoneof between in".split()
)


def _strings(name: str, value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadArgument(INVALID, f"'{name}' must be an array of strings.")
    return value


def _by_columns(call: Call, **given: Any) -> object:
    columns = _strings("Columns", given["columns"])
    entities = _strings("Entities", given["entities"])
    source = _provider(call, given["provider_name"], entities)
    options = {
        "$select": ",".join(columns),
        "$orderby": _order_text(given["sort_order"]),
        "$filter": _filter_text(source, given["restriction"]),
        "$entities": ",".join(entities),
    }
    return _items(call, source, options, given["page"], given["page_size"])


def _by_columns_2(call: Call, **given: Any) -> object:
    entities = (given["entities"] or "").split(",")
    source = _provider(call, given["provider_name"], entities)
    options = {
        "$select": given["columns"] or "",
        "$orderby": given["sort_order"] or "",
        "$filter": given["restrictions"] or "",
        "$entities": given["entities"] or "",
    }
    return _items(call, source, options, given["page"], given["page_size"])


def _provider(call: Call, name: str | None, entities: list[str]) -> Provider:
    asked = frozenset(entity.strip().lower() for entity in entities if entity.strip())
    source = provider(name or "", call.profile, asked)
    if source is None:
        raise NotFound(f"Archive provider '{name}' not found")
    return source


def _items(
    call: Call, source: Provider, options: dict[str, str], page: int, size: int
) -> list[dict[str, Any]]:
    size = max(size, 0)
    # A negative page is a number of rows to skip.
    skip = -page if page < 0 else page * size
    paging = {"$top": str(size), "$skip": str(skip)}
    query = archive.parse(call, source.name, {**options, **paging})
    return [_item(call, query, row) for row in archive.fetch(call, query)]


def _item(call: Call, query: archive.ArchiveQuery, row: Any) -> dict[str, Any]:
    data = {}
    for index, column in enumerate(query.columns):
        if isinstance(column, Column):
            text = row[f"t{index}"] if column.text else None
            display = _display(call, column, row[f"v{index}"], text)
            data[column.name] = {"DisplayValue": display, "TooltipHint": "", "LinkHint": ""}
    return {
        "EntityName": query.provider.entity, "PrimaryKey": row["primary_key"],
        "ColumnData": data, "LinkHint": "", "StyleHint": "", "TableRight": None,
        "FieldProperties": None,
    }  # fmt: skip


def _display(call: Call, column: Column, value: Any, text: str | None) -> str | None:
    """Spell a value; numbers and booleans carry their type, texts do not."""
    if column.text:
        return call.text(text)
    if column.type == "bool":
        return f"[B:{bool(value)}]"
    if column.type == "int":
        return f"[I:{value}]"
    return None if value is None else str(value)


def _order_text(order: object) -> str:
    if order is None:
        return ""
    if not isinstance(order, list):
        raise BadArgument(INVALID, "'SortOrder' must be an array.")
    terms = []
    for term in order:
        given = _properties("SortOrder", term)
        terms.append(f"{given.get('name')} {given.get('direction') or 'ASC'}")
    return ",".join(terms)


def _properties(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadArgument(INVALID, f"'{name}' must be an array of objects.")
    return {str(key).lower(): item for key, item in value.items()}


def _filter_text(source: Provider, restrictions: object) -> str:
    """Write an array of restrictions in the language of $filter."""
    if restrictions is None:
        return ""
    if not isinstance(restrictions, list):
        raise BadArgument(INVALID, "'Restriction' must be an array.")
    text = ""
    active = [_properties("Restriction", item) for item in restrictions]
    active = [item for item in active if item.get("isactive", True) is not False]
    for index, item in enumerate(active):
        brackets = item.get("interparenthesis") or 0
        text += "(" * max(brackets, 0) + _comparison(source, item) + ")" * max(-brackets, 0)
        if index < len(active) - 1:
            text += " or " if str(item.get("interoperator") or "And").lower() == "or" else " and "
    return text


def _comparison(source: Provider, item: dict[str, Any]) -> str:
    name, operator = str(item.get("name")), str(item.get("operator"))
    column = source.columns.get(name.lower())
    plain = column is not None and column.type in _WITHOUT_QUOTES
    values = [_value(value, plain) for value in _strings("Values", item.get("values"))]
    if operator.lower() in _LIST_OPERATORS or len(values) > 1:
        return f"{name} {operator} ({', '.join(values)})"
    return f"{name} {operator} {values[0] if values else ''}"


def _value(value: str, plain: bool) -> str:
    typed = _TYPED.match(value)
    text = typed.group(1) if typed else value
    if plain:
        return {"1": "true", "0": "false"}.get(text, text) if typed is None else text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _provider_names(call: Call) -> list[str]:
    return list(NAMES)


_PAGING = (Argument("Page", "int"), Argument("PageSize", "int"))
_NAME = Argument("ProviderName", "string")
_ALL = (
    AgentMethod("GetArchiveListByColumns", _by_columns, (
        _NAME, Argument("Columns", "any"), Argument("SortOrder", "any"),
        Argument("Restriction", "any"), Argument("Entities", "any"), *_PAGING,
    )),
    AgentMethod("GetArchiveListByColumns2", _by_columns_2, (
        _NAME, Argument("Columns", "string"), Argument("SortOrder", "string"),
        Argument("Restrictions", "string"), Argument("Entities", "string"), *_PAGING,
    )),
    AgentMethod("GetProviderNames", _provider_names, ()),
)  # fmt: skip
METHODS = {method.name.lower(): method for method in _ALL}
