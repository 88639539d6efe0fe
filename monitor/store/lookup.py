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
    """The parameter that `keyed` statements expect, each key once and in order: a list of what keys end with, under
    what they begin with."""
    return {"keys": written(_nested(sorted(set(keys))))}


def _nested(keys: Sequence[tuple[Any, ...]]) -> Any:
    if keys and len(keys[0]) == 1:
        return [key[0] for key in keys]
    found: dict[Any, Any] = {}
    for *path, before, last in keys:
        level = found
        for one in path:
            level = level.setdefault(one, {})
        level.setdefault(before, []).append(last)
    return found


class _KeysFirst(sa.Join):
    """A join that starts from the keys. SQLite would start from an index of NULLs, which are most rows."""

    inherit_cache = True


@compiles(_KeysFirst, "sqlite")
def _cross_join(element: _KeysFirst, compiler: Any, **options: Any) -> str:
    joined: str = compiler.visit_join(element, **options)
    left, _, right = joined.rpartition(" JOIN ")
    return f"{left} CROSS JOIN {right}"  # SQLite keeps the order of a cross join


@cache
def keyed(dialect: str, table: sa.Table, *names: str) -> sa.FromClause:
    """`table` where its columns `names` (texts or numbers) are one of the wanted keys; goes with wanted()."""
    levels: list[sa.TableValuedAlias] = []
    for depth in range(1, len(names) + 1):
        of = levels[-1].c.value if levels else _KEYS
        each = _in_sqlite if dialect == "sqlite" else _in_postgres
        levels.append(each(of, depth == len(names), f"wanted{depth}"))
    keys: sa.FromClause = levels[0]
    for level in levels[1:]:
        keys = _KeysFirst(keys, level, sa.true())
    parts = [*(level.c.key for level in levels[:-1]), levels[-1].c.value]
    pairs = zip((table.c[name] for name in names), parts, strict=True)
    return _KeysFirst(keys, table, sa.and_(*(c == _as(c, part, dialect) for c, part in pairs)))


def _in_sqlite(of: Any, _is_last: bool, name: str) -> sa.TableValuedAlias:
    return sa.func.json_each(of).table_valued("key", "value", name=name)


def _in_postgres(of: Any, is_last: bool, name: str) -> sa.TableValuedAlias:
    whole = sa.cast(of, JSONB)
    if is_last:  # of no keys at all there is no list
        listed = sa.func.nullif(whole, sa.literal_column("'{}'::jsonb"))
        return sa.func.jsonb_array_elements_text(listed).table_valued("value", name=name)
    columns = sa.column("key", sa.Text), sa.column("value", JSONB)
    return sa.func.jsonb_each(whole).table_valued(*columns, name=name)


def _as(column: sa.Column[Any], part: Any, dialect: str) -> Any:
    if dialect != "sqlite" and isinstance(column.type, sa.Integer):
        return sa.cast(part, sa.BigInteger)
    return part


def dialect_of(connection: Connection) -> str:
    """By which the statements differ: sqlite or postgresql."""
    return connection.dialect.name
