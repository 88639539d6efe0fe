"""INSERT ... ON CONFLICT for both databases. No table is named here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_postgres
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]


def _insert(connection: Connection, table: sa.Table) -> Any:
    return insert_sqlite(table) if connection.dialect.name == "sqlite" else insert_postgres(table)


def add(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert those that are not there yet, by any of the table's keys."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def add_returning(
    connection: Connection, table: sa.Table, rows: Sequence[Row], *columns: sa.Column[Any]
) -> Sequence[Any]:
    """Like add(); the rows that were new give back `columns`."""
    if not rows:
        return ()
    statement = _insert(connection, table).on_conflict_do_nothing().returning(*columns)
    return connection.execute(statement, rows).all()


def put(connection: Connection, table: sa.Table, rows: Sequence[Row], keys: Sequence[str]) -> None:
    """Insert, or replace the given columns of the row with the same `keys`."""
    if not rows:
        return
    statement = _insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(keys), set_=changed), rows
    )
