# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `$filter` language: a grammar, and its translation to SQL typed by column.

Every column has a restriction type, and only the operators of that type; a wrong one is an error.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from .comparison import RULES
from .errors import QueryError
from .profile import Profile

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction (_OR conjunction)*
?conjunction: term (_AND term)*
?term: "(" disjunction ")" | comparison | function
comparison: NAME operator [value]
          | NAME operator "(" value ("," value)* ")" -> listing
operator: NAME | EQUALS
function: NAME "(" argument "," argument ")"
?argument: STRING -> text | NUMBER -> number | BOOLEAN -> boolean | column
column: NAME
?value: STRING -> text | NUMBER -> number | BOOLEAN -> boolean | BARE -> bare
_AND.3: /and(?![^\s()])/i
_OR.3: /or(?![^\s()])/i
EQUALS: "="
BOOLEAN.2: /(true|false)(?![^\s(),])/i
NUMBER.1: /[+-]?\d+(?![^\s(),])/
NAME: /[A-Za-z_][\w.\/]*/
BARE: /[^\s'"(),=]+/
STRING: /@STRING@/
%ignore /\s+/
"""
_STRINGS = {
    "escape": r"'(?:\\.|[^'\\])*'",
    # Only a quote can be escaped: any other backslash is an ordinary character.
    "literal": r"'(?:\\'|[^'\\]|\\(?!'))*'",
    "error": r"'(?:\\.|[^'\\])*'",
}


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of a provider.

    `sql` gives the value to compare and sort by; `fold` the same without case, where an index
    exists for it. `text` gives what is displayed, and sorted by, if that is something else;
    `by_id` sorts by the value nevertheless. A column that has several values in a row is filtered
    by `inner`, whose condition is put into `any_of`.
    """

    name: str
    type: str
    sql: str
    fold: str | None = None
    text: str | None = None
    orderable: bool = True
    by_id: bool = False
    list_name: str = ""
    any_of: str = ""
    inner: Column | None = None


@dataclasses.dataclass(frozen=True)
class Condition:
    """A piece of SQL with its parameters."""

    sql: str
    parameters: tuple[object, ...] = ()


# The bool columns that samples of the vendor restrict by an equals sign.
_SWITCHES = frozenset(("getallrows", "getnorows"))
_EQUAL = frozenset(("=", "eq", "equals"))
# Columns that are restricted by numbers.
_NUMBERED = frozenset(("int", "listAny", "userGroup"))
_INT = {
    "equals": "=", "=": "=", "eq": "=", "unequals": "<>", "ne": "<>", "greater": ">", "gt": ">",
    "less": "<", "lt": "<",
}  # fmt: skip
_DOUBTFUL_INT = {"le": "<=", "ge": ">="}
_STRING = {
    "begins": ("{}%", ""), "contains": ("%{}%", ""), "notbegins": ("{}%", "NOT "),
    "notcontains": ("%{}%", "NOT "),
}  # fmt: skip
_DOUBTFUL_STRING = {"ends": ("%{}", ""), "notends": ("%{}", "NOT ")}
_EXACT = {"is": "=", "=": "=", "eq": "=", "isnot": "<>"}
_FUNCTIONS = {"startswith": "{}%", "endswith": "%{}", "substringof": "%{}%"}
_LISTS = {"oneof": "IN", "notoneof": "NOT IN"}
_ASSOCIATES = {"associateisoneof": "IN", "associateisnotoneof": "NOT IN"}


def translate(text: str, columns: Mapping[str, Column], profile: Profile, caller: int) -> Condition:
    """Translate a filter for the columns of a provider; QueryError for an invalid one."""
    try:
        tree = _parser(profile.backslash).parse(text)
    except UnexpectedInput as exc:
        raise QueryError(f"Syntax error in $filter at position {exc.pos_in_stream}.") from exc
    try:
        result: Condition = _Translation(columns, profile, caller).transform(tree)
    except VisitError as exc:
        if isinstance(exc.orig_exc, QueryError):
            raise exc.orig_exc from exc
        raise
    return result


@functools.cache
def _parser(backslash: str) -> Lark:
    return Lark(_GRAMMAR.replace("@STRING@", _STRINGS[backslash]), parser="lalr")


@v_args(inline=True)
class _Translation(Transformer[Any, Condition]):
    def __init__(self, columns: Mapping[str, Column], profile: Profile, caller: int) -> None:
        super().__init__()
        self._columns = columns
        self._profile = profile
        self._caller = caller

    # --- values

    def bare(self, token: Token) -> _Bare:
        return _Bare(token)

    def text(self, token: Token) -> str:
        inner = token[1:-1]
        if self._profile.backslash == "literal":
            return inner.replace("\\'", "'")
        if self._profile.backslash == "error" and "\\" in inner.replace("\\'", ""):
            raise QueryError("A backslash in $filter may only stand before a quote.")
        rest = iter(inner)
        return "".join(next(rest) if character == "\\" else character for character in rest)

    def number(self, token: Token) -> int:
        value = int(token)
        if not -(2**31) <= value < 2**31:
            raise QueryError(f"{token} in $filter is not a 32-bit integer.")
        return value

    def boolean(self, token: Token) -> bool:
        return token.lower() == "true"

    def operator(self, token: Token) -> str:
        return str(token)

    def column(self, token: Token) -> Token:
        return token

    # --- structure

    def conjunction(self, *conditions: Condition) -> Condition:
        return _joined(" AND ", conditions)

    def disjunction(self, *conditions: Condition) -> Condition:
        return _joined(" OR ", conditions)

    # --- comparisons

    def comparison(self, name: Token, operator: str, value: object) -> Condition:
        column = self._columns.get(name.lower())
        if column is None:
            return self._unknown(name)
        word = operator.lower()
        if column.type == "bool":
            return self._bool(column, word, value)
        if column.type == "int":
            return self._int(column, word, value)
        if column.type == "string":
            return self._any(column, lambda one: self._string(one, word, _as_text(value)))
        if column.type in ("listAny", "userGroup") and word == "equals" and _is_int(value):
            return Condition(f"{column.sql} = ?", (value,))
        if column.type == "associate" and word == "currentassociate" and value is None:
            return Condition(f"{column.sql} = ?", (self._caller,))
        raise _refusal(column, operator)

    def listing(self, name: Token, operator: str, *values: object) -> Condition:
        column = self._columns.get(name.lower())
        if column is None:
            return self._unknown(name)
        word = operator.lower()
        if column.type == "string":
            values = tuple(map(_as_text, values))
        if word == "between" and column.type in ("int", "string") and len(values) == 2:
            return self._any(column, lambda one: self._between(one, values))
        if word == "in" and column.type == "string":
            return self._any(column, lambda one: self._in(one, values))
        if word == "in" and column.type in _NUMBERED and all(map(_is_int, values)):
            return Condition(f"{column.sql} IN ({_marks(values)})", values)
        operators = {"associate": _ASSOCIATES, "listAny": _LISTS, "userGroup": _LISTS}
        sql = operators.get(column.type, {}).get(word)
        if sql is None or not all(_is_int(value) for value in values):
            raise _refusal(column, operator)
        return Condition(f"{column.sql} {sql} ({_marks(values)})", values)

    def function(self, name: Token, first: object, second: object) -> Condition:
        pattern = _FUNCTIONS.get(name.lower())
        if pattern is None:
            raise QueryError(f"There is no function '{name}' in $filter.")
        # OData 3 puts the part first in substringof and the column first elsewhere.
        if isinstance(second, Token):
            first, second = second, first
        if not isinstance(first, Token) or isinstance(second, Token):
            raise QueryError(f"{name} in $filter takes a column and a text.")
        column = self._columns.get(first.lower())
        if column is None:
            return self._unknown(first)
        if column.type != "string" or not isinstance(second, str):
            raise _refusal(column, str(name))
        return self._any(column, lambda one: self._like(one, pattern, "", second))

    def _unknown(self, name: str) -> Condition:
        if self._profile.unknown_filter_column == "error":
            raise QueryError(f"There is no column '{name}' in this archive.")
        return Condition("1" if self._profile.unknown_filter_column == "ignore" else "0")

    def _any(self, column: Column, translate_one: Callable[[Column], Condition]) -> Condition:
        if column.inner is None:
            return translate_one(column)
        condition = translate_one(column.inner)
        return Condition(column.any_of.format(condition.sql), condition.parameters)

    def _bool(self, column: Column, word: str, value: object) -> Condition:
        if word == "set" and value is None:
            value = True
        known = word == "set" or (word in _EQUAL and column.name.lower() in _SWITCHES)
        if not known or not isinstance(value, bool):
            raise _refusal(column, word)
        return Condition(f"({column.sql}) = ?", (int(value),))

    def _int(self, column: Column, word: str, value: object) -> Condition:
        if word == "set" and value is None:
            value = True
        if word == "set" and isinstance(value, bool):
            return Condition(f"{column.sql} {'<>' if value else '='} 0")
        known = dict(_INT)
        if self._profile.doubtful_operators == "accept":
            known |= _DOUBTFUL_INT
        if word not in known or not _is_int(value):
            raise _refusal(column, word)
        return Condition(f"{column.sql} {known[word]} ?", (value,))

    def _string(self, column: Column, word: str, value: object) -> Condition:
        if not isinstance(value, str):
            raise _refusal(column, word)
        if word in _EXACT:
            sql, parameter = self._comparable(column, value)
            return Condition(f"{sql} {_EXACT[word]} ?", (parameter,))
        known = dict(_STRING)
        if self._profile.doubtful_operators == "accept":
            known |= _DOUBTFUL_STRING
        if word not in known:
            raise _refusal(column, word)
        pattern, negation = known[word]
        return self._like(column, pattern, negation, value)

    def _like(self, column: Column, pattern: str, negation: str, value: str) -> Condition:
        # GLOB minds case as the folded comparison needs it; LIKE folds ASCII only.
        sql, parameter = self._comparable(column, value)
        escaped = "".join(f"[{c}]" if c in "*?[" else c for c in parameter)
        glob = pattern.replace("%", "*").format(escaped)
        return Condition(f"COALESCE({sql}, '') {negation}GLOB ?", (glob,))

    def _between(self, column: Column, values: tuple[object, ...]) -> Condition:
        if column.type == "int" and all(_is_int(value) for value in values):
            return Condition(f"{column.sql} BETWEEN ? AND ?", values)
        if column.type == "string" and all(isinstance(value, str) for value in values):
            sql, _value = self._comparable(column, "")
            bounds = tuple(self._comparable(column, str(value))[1] for value in values)
            return Condition(f"{sql} BETWEEN ? AND ?", bounds)
        raise _refusal(column, "between")

    def _in(self, column: Column, values: tuple[object, ...]) -> Condition:
        if not all(isinstance(value, str) for value in values):
            raise _refusal(column, "in")
        sql, _value = self._comparable(column, "")
        wanted = tuple(self._comparable(column, str(value))[1] for value in values)
        return Condition(f"{sql} IN ({_marks(wanted)})", wanted)

    def _comparable(self, column: Column, value: str) -> tuple[str, str]:
        if self._profile.filter_case == "sensitive":
            return column.sql, value
        key = RULES[self._profile.name_comparison](value)
        return column.fold or f"fold({column.sql})", key


def _joined(word: str, conditions: tuple[Condition, ...]) -> Condition:
    sql = word.join(condition.sql for condition in conditions)
    parameters = tuple(p for condition in conditions for p in condition.parameters)
    return Condition(f"({sql})", parameters)


class _Bare(str):
    """A value without quotes."""

    __slots__ = ()


def _as_text(value: object) -> object:
    """Return the value for a text column, where quotes may be left out."""
    return str(value) if isinstance(value, _Bare) or _is_int(value) else value


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _marks(values: tuple[object, ...]) -> str:
    return ", ".join("?" * len(values))


def _refusal(column: Column, operator: str) -> QueryError:
    message = f"The operator '{operator}' does not belong to '{column.name}' ({column.type})"
    return QueryError(message + " with this value.")
