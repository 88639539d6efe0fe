"""Many rows in one statement, past SQLAlchemy's work on every value. No table is named here.

Values are the driver's own: Instants as microseconds (`tables.micros`), JSON as text. SQLite runs the same statement
for each row; PostgreSQL takes whole columns as arrays, which costs both ends a fraction of rows one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

Rows = Sequence[tuple[Any, ...]]
Names = tuple[str, ...]
_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


def add_rows(connection: Connection, table: sa.Table, names: Names, rows: Rows) -> int:
    """Insert rows of `names`, those that are there already (by any key) left alone; how many were new."""
    if not rows:
        return 0
    statement = _adding(connection.dialect.name, table, names)
    return connection.exec_driver_sql(statement, _given(connection, rows)).rowcount


def change_rows(
    connection: Connection, table: sa.Table, keys: Names, names: Names, rows: Rows
) -> None:
    """Update `names`; each row gives their values first, then those of `keys`."""
    if rows:
        statement = _changing(connection.dialect.name, table, keys, names)
        connection.exec_driver_sql(statement, _given(connection, rows))


def drop_rows(connection: Connection, table: sa.Table, keys: Names, rows: Rows) -> None:
    """Delete what has these keys."""
    if rows:
        statement = _dropping(connection.dialect.name, table, keys)
        connection.exec_driver_sql(statement, _given(connection, rows))


def next_ids(connection: Connection, table: sa.Table, count: int) -> range | list[int]:
    """Ids for rows that this transaction will insert itself. Ask for them inside of write()."""
    if connection.dialect.name == "sqlite":  # one writer, and it is us
        last = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}")  # noqa: S608
        first = last.scalar_one() + 1
        return range(first, first + count)
    sequence = f"nextval(pg_get_serial_sequence('{table.name}', 'id'))"
    query = f"SELECT {sequence} FROM generate_series(1, %s)"  # noqa: S608 - a table of ours
    return list(connection.exec_driver_sql(query, (count,)).scalars())


def _given(connection: Connection, rows: Rows) -> Any:
    if connection.dialect.name == "sqlite":
        return rows if isinstance(rows, list) else list(rows)
    return tuple(list(column) for column in zip(*rows, strict=True))


# The names below are those of our own tables and columns; values always travel as parameters.


@cache
def _adding(dialect: str, table: sa.Table, names: Names) -> str:
    columns = ", ".join(_quoted(table, name) for name in names)
    if dialect == "sqlite":
        marks = ", ".join("?" * len(names))
        return f"INSERT INTO {table.name} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    arrays = _arrays(table, names)
    return f"INSERT INTO {table.name} ({columns}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"  # noqa: S608


@cache
def _changing(dialect: str, table: sa.Table, keys: Names, names: Names) -> str:
    if dialect == "sqlite":
        values = ", ".join(f"{_quoted(table, name)} = ?" for name in names)
        where = " AND ".join(f"{_quoted(table, key)} = ?" for key in keys)
        return f"UPDATE {table.name} SET {values} WHERE {where}"  # noqa: S608
    values = ", ".join(f"{_quoted(table, name)} = new.{_quoted(table, name)}" for name in names)
    return (
        f"UPDATE {table.name} SET {values} FROM {_new(table, (*names, *keys))} {_same(table, keys)}"  # noqa: S608
    )


@cache
def _dropping(dialect: str, table: sa.Table, keys: Names) -> str:
    if dialect == "sqlite":
        where = " AND ".join(f"{_quoted(table, key)} = ?" for key in keys)
        return f"DELETE FROM {table.name} WHERE {where}"  # noqa: S608
    return f"DELETE FROM {table.name} USING {_new(table, keys)} {_same(table, keys)}"  # noqa: S608


def _new(table: sa.Table, names: Names) -> str:
    columns = ", ".join(_quoted(table, name) for name in names)
    return f"unnest({_arrays(table, names)}) AS new({columns})"


def _same(table: sa.Table, keys: Names) -> str:
    pairs = (f"{table.name}.{_quoted(table, key)} = new.{_quoted(table, key)}" for key in keys)
    return "WHERE " + " AND ".join(pairs)


def _arrays(table: sa.Table, names: Names) -> str:
    return ", ".join(f"%s::{_kind(table.c[name].type)}[]" for name in names)


def _kind(type_: sa.types.TypeEngine[Any]) -> str:
    # Not VARCHAR(80): a cast would cut what is too long, where the column itself refuses it.
    return "TEXT" if isinstance(type_, sa.String) else str(type_.compile(_POSTGRES))


def _quoted(table: sa.Table, name: str) -> str:
    return str(_POSTGRES.identifier_preparer.quote(table.c[name].name))
