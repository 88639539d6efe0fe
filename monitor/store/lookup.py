"""Rows by many keys at once. The keys travel as one JSON text, so that the statement is always the same.

A list of a hundred tuples in an IN is a new statement for every length of it, and SQLite reads the whole
table for one. It asks only for keys; what the rows mean is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles

from monitor.core.jsons import written

_KEYS = sa.bindparam("keys", type_=sa.Text)


def wanted(keys: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    """The parameter that `keyed` statements expect, each key once and in order."""
    found: list[Any] = sorted(set(keys))
    if found and len(found[0]) == 1:
        found = [key[0] for key in found]
    return {"keys": written(found)}


class _KeysFirst(sa.Join):
    """A join that starts from the keys. SQLite would start from an index of NULLs, which are most rows."""

    inherit_cache = True


@compiles(_KeysFirst, "sqlite")
def _cross_join(element: _KeysFirst, compiler: Any, **options: Any) -> str:
    joined: str = compiler.visit_join(element, **options)
    return joined.replace(" JOIN ", " CROSS JOIN ", 1)  # SQLite keeps the order of a cross join


@cache
def keyed(dialect: str, table: sa.Table, *names: str) -> sa.FromClause:
    """`table` where its columns `names` (texts or numbers) are one of the wanted keys; goes with wanted()."""
    columns = [table.c[name] for name in names]
    each, parts = (_in_sqlite if dialect == "sqlite" else _in_postgres)(columns)
    pairs = zip(columns, parts, strict=True)
    return _KeysFirst(each, table, sa.and_(*(column == part for column, part in pairs)))


_Parts = tuple[sa.TableValuedAlias, list[sa.ColumnElement[Any]]]


def _in_sqlite(columns: Sequence[sa.Column[Any]]) -> _Parts:
    each = sa.func.json_each(_KEYS).table_valued("value", name="wanted")
    if len(columns) == 1:
        return each, [each.c.value]
    places = (sa.text(f"'$[{at}]'") for at in range(len(columns)))
    return each, [sa.func.json_extract(each.c.value, place) for place in places]


def _in_postgres(columns: Sequence[sa.Column[Any]]) -> _Parts:
    # One level: of lists within lists PostgreSQL expects a hundred times more rows, and would rather read whole tables.
    keys = sa.cast(_KEYS, JSONB)
    if len(columns) == 1:
        each = sa.func.jsonb_array_elements_text(keys).table_valued("value", name="wanted")
        return each, [_as(columns[0], each.c.value)]
    value = sa.column("value", JSONB)
    each = sa.func.jsonb_array_elements(keys).table_valued(value, name="wanted")
    return each, [_as(column, each.c.value[at].astext) for at, column in enumerate(columns)]


def _as(column: sa.Column[Any], text: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    return sa.cast(text, sa.BigInteger) if isinstance(column.type, sa.Integer) else text


def dialect_of(connection: Connection) -> str:
    """By which the statements differ: sqlite or postgresql."""
    return connection.dialect.name
