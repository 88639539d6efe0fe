"""INSERT ... ON CONFLICT for both databases. No table is named here.

Statements are built once: making one anew costs as much as running it for twenty rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_postgres
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]


def _insert(dialect: str, table: sa.Table) -> Any:
    return insert_sqlite(table) if dialect == "sqlite" else insert_postgres(table)


@cache
def _add(dialect: str, table: sa.Table, columns: tuple[sa.Column[Any], ...] = ()) -> Any:
    statement = _insert(dialect, table).on_conflict_do_nothing()
    if columns:
        return statement.returning(*columns)
    return statement.execution_options(preserve_rowcount=True)


@cache
def _put(dialect: str, table: sa.Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Any:
    statement = _insert(dialect, table)
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changed)


def add_from(dialect: str, table: sa.Table, columns: Sequence[str], query: sa.Select[Any]) -> Any:
    """The statement that adds what `query` gives, for `columns`; those that are there are left alone."""
    return _insert(dialect, table).from_select(list(columns), query).on_conflict_do_nothing()


def add(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> int:
    """Insert those that are not there yet, by any of the table's keys; how many."""
    if not rows:
        return 0
    return connection.execute(_add(connection.dialect.name, table), rows).rowcount


def add_returning(
    connection: Connection, table: sa.Table, rows: Sequence[Row], *columns: sa.Column[Any]
) -> Sequence[Any]:
    """Like add(); the rows that were new give back `columns`."""
    if not rows:
        return ()
    return connection.execute(_add(connection.dialect.name, table, columns), rows).all()


def put(connection: Connection, table: sa.Table, rows: Sequence[Row], keys: Sequence[str]) -> None:
    """Insert, or replace the given columns of the row with the same `keys`."""
    if not rows:
        return
    connection.execute(_put(connection.dialect.name, table, tuple(keys), tuple(rows[0])), rows)
