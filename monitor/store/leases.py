"""Who runs the desk: one process a database file, one leader an account on PostgreSQL. It elects; it never works."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from typing import IO

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.database import Database

_CLASS = 0x6D6F6E  # "mon": our advisory locks


class AlreadyRunning(Exception):
    """Somebody else holds the lease; the text says who as far as it can be known."""


class Lease:
    """Held until `close()`, or until the process dies, however it dies."""

    def __init__(self, file: IO[str] | None = None, connection: Connection | None = None) -> None:
        self._file = file
        self._connection = connection

    def holds(self) -> bool:
        """Is it still ours? A cut connection to PostgreSQL loses it."""
        if self._connection is None:
            return True
        try:
            self._connection.execute(sa.text("SELECT 1"))
        except sa.exc.DBAPIError:
            return False
        return True

    def close(self) -> None:
        """Let others lead."""
        if self._file is not None:
            self._file.close()
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()


def take(database: Database, accounts: Sequence[str]) -> Lease:
    """Lead these accounts. AlreadyRunning when another process does."""
    if database.is_sqlite:
        return _take_file(str(database.engine.url.database))
    return _take_advisory(database, accounts)


def _take_file(path: str) -> Lease:
    file = open(os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")  # noqa: PTH123, SIM115 - 0600 and kept open
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = file.read().strip() or "unknown"
        file.close()
        raise AlreadyRunning(
            f"{path}: another monitor (process {holder}) runs on this database. "
            "Stop it first, or name another database."
        ) from None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return Lease(file=file)


def _take_advisory(database: Database, accounts: Sequence[str]) -> Lease:
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    for account in sorted(accounts):
        lock = sa.func.pg_try_advisory_lock(_CLASS, sa.func.hashtext(account))
        if not connection.execute(sa.select(lock)).scalar_one():
            connection.invalidate()
            connection.close()
            raise AlreadyRunning(
                f"account {account}: another monitor leads it on this database. Stop that one first, "
                "or start this one with --standby to take over when it ends."
            )
    return Lease(connection=connection)
