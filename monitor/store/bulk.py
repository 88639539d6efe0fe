"""Many rows in one statement, past SQLAlchemy's work on every value. No table is named here.

Values are the driver's own: Instants as microseconds (`tables.micros`), JSON as text. SQLite runs the same statement
for each row; PostgreSQL takes whole columns as arrays, which costs both ends a fraction of rows one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from monitor.core.jsons import written
from monitor.store.reading import rows_of, run, run_for_each

Rows = Sequence[tuple[Any, ...]]
Names = tuple[str, ...]
_ESCAPED = re.compile(
    r"\\[a-z]"
)  # what JSON does not write as it is, besides quotes and backslashes
_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


def add_rows(connection: Connection, table: sa.Table, names: Names, rows: Rows) -> int:
    """Insert rows of `names`, those that are there already (by any key) left alone; how many were new."""
    if not rows:
        return 0
    return _run(connection, _adding(connection.dialect.name, table, names), rows)


def put_rows(
    connection: Connection, table: sa.Table, keys: Names, names: Names, rows: Rows
) -> None:
    """Insert rows of `names`, or replace what a row with the same `keys` says of the others."""
    if rows:
        _run(connection, _putting(connection.dialect.name, table, keys, names), rows)


def change_rows(
    connection: Connection, table: sa.Table, keys: Names, names: Names, rows: Rows
) -> None:
    """Update `names`; each row gives their values first, then those of `keys`."""
    if rows:
        _run(connection, _changing(connection.dialect.name, table, keys, names), rows)


def drop_rows(connection: Connection, table: sa.Table, keys: Names, rows: Rows) -> None:
    """Delete what has these keys."""
    if rows:
        _run(connection, _dropping(connection.dialect.name, table, keys), rows)


def next_ids(connection: Connection, table: sa.Table, count: int) -> range | list[int]:
    """Ids for rows that this transaction will insert itself. Ask for them inside of write()."""
    if connection.dialect.name == "sqlite":  # one writer, and it is us
        ((last,),) = rows_of(connection, _last(table))
        return range(last + 1, last + 1 + count)
    sequence = f"nextval(pg_get_serial_sequence('{table.name}', 'id'))"
    query = f"SELECT {sequence} FROM generate_series(1, %s)"  # noqa: S608 - a table of ours
    return [number for (number,) in run(connection, query, (count,))]


@cache
def _last(table: sa.Table) -> sa.Select[Any]:
    return sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))


def _run(connection: Connection, statement: str, rows: Rows) -> int:
    if connection.dialect.name == "sqlite":
        return run_for_each(connection, statement, rows)
    columns = tuple(map(_array, zip(*rows, strict=True)))
    changed: int = run(connection, statement, columns).rowcount
    return changed


def _array(values: Sequence[Any]) -> str:
    """As PostgreSQL reads an array. The driver would look at each value several times, in Python."""
    text = written(values)
    if _ESCAPED.search(text):
        text = f"[{','.join(map(_element, values))}]"
    return f"{{{text[1:-1]}}}"  # but for a few escapes it is a list of JSON in other brackets


def _element(value: Any) -> str:
    if not isinstance(value, str):
        return written(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# The names below are those of our own tables and columns; values always travel as parameters.


@cache
def _adding(dialect: str, table: sa.Table, names: Names) -> str:
    return f"{_inserting(dialect, table, names)} ON CONFLICT DO NOTHING"


@cache
def _putting(dialect: str, table: sa.Table, keys: Names, names: Names) -> str:
    where = ", ".join(_quoted(table, key) for key in keys)
    columns = (_quoted(table, name) for name in names if name not in keys)
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns)
    return f"{_inserting(dialect, table, names)} ON CONFLICT ({where}) DO UPDATE SET {changed}"


def _inserting(dialect: str, table: sa.Table, names: Names) -> str:
    columns = ", ".join(_quoted(table, name) for name in names)
    if dialect == "sqlite":
        return f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    return f"INSERT INTO {table.name} ({columns}) SELECT * FROM unnest({_arrays(table, names)})"  # noqa: S608


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
