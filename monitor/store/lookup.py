"""Rows by many keys at once. The keys travel as one JSON text, so that the statement is always the same.

A list of a hundred tuples in an IN is a new statement for every length of it, and SQLite reads the whole
table for one. It asks only for keys; what the rows mean is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    return {"keys": written(sorted(set(keys)))}


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
    parts: list[sa.ColumnElement[Any]]
    if dialect == "sqlite":
        each = sa.func.json_each(_KEYS).table_valued("value", name="wanted")
        parts = [
            sa.func.json_extract(each.c.value, sa.text(f"'$[{i}]'")) for i in range(len(names))
        ]
    else:
        column = sa.column("value", JSONB)
        each = sa.func.jsonb_array_elements(sa.cast(_KEYS, JSONB)).table_valued(
            column, name="wanted"
        )
        parts = [_as(table.c[name], each.c.value[i].astext) for i, name in enumerate(names)]
    pairs = zip(names, parts, strict=True)
    return _KeysFirst(each, table, sa.and_(*(table.c[name] == part for name, part in pairs)))


def _as(column: sa.Column[Any], text: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    return sa.cast(text, sa.BigInteger) if isinstance(column.type, sa.Integer) else text


def dialect_of(connection: Connection) -> str:
    """By which the statements differ: sqlite or postgresql."""
    return connection.dialect.name
