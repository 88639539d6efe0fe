"""Run migrations for the program (attributes["engine"]) or the alembic command (-x url=...)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection

from monitor.store.database import open_database
from monitor.store.schema import metadata
from monitor.store.tables import Instant

LOCK = 0x6D6F6E69746F72  # "monitor": one migration at a time


def render_item(kind: str, thing: Any, _autogen: Any) -> str | bool:
    """Migrations name plain types, so that they outlive our classes."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.BigInteger()"
    return False


def _same_type(_context: Any, _column: Any, _found: Any, _wanted: Any, wanted: Any) -> bool | None:
    return False if isinstance(wanted, Instant) else None


def run(connection: Connection) -> None:
    """Migrate inside the caller's transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        compare_type=_same_type,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Foreign keys are off while SQLite's tables are rebuilt: a rebuild would delete all children."""
    engine = context.config.attributes.get("engine")
    if engine is None:
        url = context.get_x_argument(as_dictionary=True).get("url", "sqlite:///monitor.db")
        engine = open_database(url).engine
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF").close()
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                run(connection)
        finally:
            if connection.dialect.name == "sqlite":
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON").close()


main()
