# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archive queries: from `$...` options to rows in Slim or Full form."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from .call import Call, may_manage_internal
from .errors import HttpError, MissingRight, QueryError
from .filter import Column, Condition, translate
from .providers import Provider, provider

_ALL = 2**31 - 1
_COUNTING = {"estimate", "true", "allpages"}
INTERNAL_HOST = "http://netserver.internal:8080"


@dataclasses.dataclass(frozen=True)
class ArchiveQuery:
    """One query, checked."""

    provider: Provider
    columns: tuple[Column | str, ...]
    condition: Condition
    order: str
    top: int
    skip: int


def run(call: Call, name: str, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the rows of an archive; `options` are the query arguments with lower-case names."""
    query = parse(call, name, options)
    mode = _mode(call, options)
    rows = fetch(call, query, extra=1)
    more = len(rows) > query.top
    rows = rows[: query.top]
    write_row = _full_rows(call, query) if mode == "full" else _slim_rows(call, query, options)
    response: dict[str, Any] = {
        "odata.metadata": f"{_base(call)}/api/v1/Archive/{query.provider.name}/$metadata",
        "odata.nextLink": _next_link(call, query, options) if more and query.top else None,
        "value": [write_row(row) for row in rows],
    }
    if options.get("$inlinecount", "").lower() in _COUNTING:
        if call.profile.count_property == "error":
            raise QueryError("The rows of this archive cannot be counted.")
        if call.profile.count_property != "none":
            response[call.profile.count_property] = count(call, query)
    return response


def parse(call: Call, name: str, options: Mapping[str, str]) -> ArchiveQuery:
    """Check the options of a query."""
    if name.lower() == "dynamic" and call.profile.dynamic_archive == "refused":
        raise MissingRight("The archive 'dynamic' is not available to this user.")
    wanted = _names(options.get("$entities", ""))
    entities = frozenset(entity.lower() for entity in wanted)
    profile = call.profile
    if profile.unmanaged_user != "shown" and not may_manage_internal(call.login):
        profile = profile.with_choices({"internal_listed": "no"})
    source = provider(name, profile, entities)
    if source is None:
        raise HttpError(404, f"There is no archive provider '{name}'.")
    unknown = entities - {entity.lower() for entity in source.entities}
    if unknown:
        raise QueryError(f"The archive has no entity '{sorted(unknown)[0]}'.")
    top = _count("$top", options, call.profile.limit("default_page") or _ALL)
    cap = call.profile.limit("page_cap")
    return ArchiveQuery(
        provider=source,
        columns=_selected(call, source, options.get("$select", "")),
        condition=_condition(call, source, options.get("$filter", "")),
        order=_order(call, source, options.get("$orderby", "")),
        top=min(top, cap) if cap else top,
        skip=_count("$skip", options, 0),
    )


def fetch(call: Call, query: ArchiveQuery, extra: int = 0) -> list[sqlite3.Row]:
    """Run a query; columns come as v0, v1, ... and displayed texts as t0, t1, ..."""
    values = [f"{query.provider.key} AS primary_key"]
    if query.provider.entity_sql:
        values.append(f"{query.provider.entity_sql} AS entity")
    for index, column in enumerate(query.columns):
        if isinstance(column, Column):
            values.append(f"{column.sql} AS v{index}")
            if column.text:
                values.append(f"{_text_sql(call, column)} AS t{index}")
    sql = (
        f"SELECT {', '.join(values)} FROM {query.provider.source}"
        f" WHERE {query.provider.where} AND {query.condition.sql}"
        f" ORDER BY {query.order} LIMIT ? OFFSET ?"
    )
    parameters = (*query.condition.parameters, query.top + extra, query.skip)
    return call.view.rows(sql, parameters)


def count(call: Call, query: ArchiveQuery) -> int:
    """Count all rows of a query, on all pages."""
    row = call.view.row(
        f"SELECT COUNT(*) AS n FROM {query.provider.source}"
        f" WHERE {query.provider.where} AND {query.condition.sql}",
        query.condition.parameters,
    )
    return int(row["n"]) if row else 0


def _text_sql(call: Call, column: Column) -> str:
    if column.list_name == "roles" and call.profile.role_text == "tooltip":
        return "r.tooltip"
    return column.text or column.sql


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _count(name: str, options: Mapping[str, str], default: int) -> int:
    text = options.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**31:
        raise QueryError(f"{name} must be a number that is not negative.")
    return int(text)


def _selected(call: Call, source: Provider, select: str) -> tuple[Column | str, ...]:
    names = _names(select)
    if not names:
        hidden = ("getallrows", "getnorows")
        return tuple(column for name, column in source.columns.items() if name not in hidden)
    chosen: list[Column | str] = []
    for name in names:
        column = source.columns.get(name.lower())
        if column is not None:
            # The response spells a column as the request did.
            chosen.append(dataclasses.replace(column, name=name))
        elif call.profile.unknown_column == "error":
            raise QueryError(f"There is no column '{name}' in this archive.")
        elif call.profile.unknown_column == "null":
            chosen.append(name)
    return tuple(chosen)


def _condition(call: Call, source: Provider, text: str) -> Condition:
    if text.strip():
        return translate(text, source.columns, call.profile, call.login.associate_id)
    if call.profile.missing_filter == "error":
        raise QueryError("An archive needs a restriction.")
    return Condition("1" if call.profile.missing_filter == "rows" else "0")


def _order(call: Call, source: Provider, text: str) -> str:
    terms = []
    for term in _names(text):
        name, _blank, direction = term.partition(" ")
        column = source.columns.get(name.lower())
        if column is None or not column.orderable or column.type == "-":
            raise QueryError(f"The archive cannot be ordered by '{name}'.")
        if direction.strip().lower() not in ("", "asc", "desc"):
            raise QueryError(f"'{direction.strip()}' is no direction of $orderBy.")
        terms.append(f"{_sort_key(column)} {direction.strip() or 'asc'}")
    direction = "desc" if call.profile.default_order == "none" and not terms else "asc"
    return ", ".join([*terms, f"{source.key} {direction}"])


def _sort_key(column: Column) -> str:
    if column.text and not column.by_id:
        return f"fold({column.text})"
    if column.type == "string":
        return column.fold or f"fold({column.sql})"
    # A bare number would be the position of a column to SQLite; a column keeps its index this way.
    return f"{column.sql} + 0" if column.sql.isdigit() else column.sql


def _mode(call: Call, options: Mapping[str, str]) -> str:
    mode = options.get("$mode", "").strip().lower() or "slim"
    if mode == "wide":
        mode = call.profile.wide_mode
    if mode not in ("slim", "full"):
        raise QueryError("$mode must be Slim or Full.")
    return mode


# --- rows


def _entity(source: Provider) -> Callable[[sqlite3.Row], str]:
    if source.entity_sql:
        return lambda row: str(row["entity"])
    return lambda row: source.entity


def _displayed(call: Call, column: Column, value: Any, text: Any) -> Any:
    """Return the text of a column that has one."""
    if column.list_name == "roles":
        if call.profile.role_text == "id":
            return str(value)
        if call.profile.role_text == "raw":
            return text or ""
    return call.text(text)


def _boolean(call: Call, options: Mapping[str, str]) -> Callable[[Any], object]:
    if options.get("$output", "").lower() == "display":
        return lambda value: "checked" if value else "unchecked"
    form = call.profile.boolean_form
    if form == "number":
        return lambda value: int(bool(value))
    return (lambda value: str(bool(value))) if form == "string" else bool


def _slim_rows(
    call: Call, query: ArchiveQuery, options: Mapping[str, str]
) -> Callable[[sqlite3.Row], dict[str, Any]]:
    key_type = str if call.profile.primary_key == "string" else int
    as_boolean = _boolean(call, options)
    entity_of = _entity(query.provider)
    translated = query.provider.name == "Role"

    def write_row(row: sqlite3.Row) -> dict[str, Any]:
        slim: dict[str, Any] = {
            "PrimaryKey": key_type(row["primary_key"]),
            "EntityName": entity_of(row),
        }
        for index, column in enumerate(query.columns):
            if isinstance(column, str):
                slim[column] = None
            elif column.text:
                slim[column.name] = _displayed(call, column, row[f"v{index}"], row[f"t{index}"])
            elif column.type == "bool":
                slim[column.name] = as_boolean(row[f"v{index}"])
            elif translated and column.type == "string":
                slim[column.name] = call.text(row[f"v{index}"])
            else:
                slim[column.name] = row[f"v{index}"]
        return slim

    return write_row


def _full_rows(call: Call, query: ArchiveQuery) -> Callable[[sqlite3.Row], dict[str, Any]]:
    def write_cell(row: sqlite3.Row, index: int, column: Column | str) -> object:
        if isinstance(column, str):
            return None
        raw = row[f"v{index}"]
        if column.type == "bool":
            raw = bool(raw)
        text = _displayed(call, column, raw, row[f"t{index}"]) if column.text else _plain(call, raw)
        if column.list_name == "roles":
            raw = {"id": raw, "text": text, "null": None}[call.profile.role_raw_value]
        return {"RawValue": raw, "DisplayValue": text, "LinkHint": "", "TooltipHint": ""}

    entity_of = _entity(query.provider)

    def write_row(row: sqlite3.Row) -> dict[str, Any]:
        cells = {
            column if isinstance(column, str) else column.name: write_cell(row, index, column)
            for index, column in enumerate(query.columns)
        }
        return {
            "PrimaryKey": row["primary_key"], "EntityName": entity_of(row),
            "StyleHint": "", "LinkHint": "", "TableRight": None, "Column": cells,
        }  # fmt: skip

    return write_row


def _plain(call: Call, value: Any) -> str | None:
    if isinstance(value, bool):
        return "True" if value else "False"
    return None if value is None else call.text(str(value))


# --- links


def _base(call: Call) -> str:
    """Return the URL of the site as this server writes it into links."""
    if call.profile.next_link == "internal-host":
        return INTERNAL_HOST + "/SuperOffice"
    return call.url


def _next_link(call: Call, query: ArchiveQuery, options: Mapping[str, str]) -> str | None:
    if call.profile.next_link == "none":
        return None
    moved = {**options, "$top": str(query.top), "$skip": str(query.skip + query.top)}
    arguments = "&".join(f"{name}={quote(value)}" for name, value in moved.items())
    path = f"/api/v1/Archive/{query.provider.name}?{arguments}"
    if call.profile.next_link == "relative":
        return "/SuperOffice" + path
    return _base(call) + path
