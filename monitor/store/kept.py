"""Connections that stay open between transactions: taking one from SQLAlchemy's pool and giving it back costs more than
a small read. It ends no transaction that it has not begun.
"""

from __future__ import annotations

import contextlib
import selectors
from collections import deque
from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection, Engine

_IDLE = 0  # of libpq: in no transaction
_Watch: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Kept:
    """Up to `most` of an engine; who finds none idle opens a further one, for once. Thread-safe."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine = engine
        self._most = most
        self._idle: deque[Connection] = deque()
        self._is_over = False

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction, committed when the block ends well."""
        connection = self._taken()
        try:
            with connection.begin():
                yield connection
        finally:
            self._give_back(connection)

    def _taken(self) -> Connection:
        with contextlib.suppress(IndexError):
            while not _is_alive(connection := self._idle.pop()):
                connection.invalidate()
                connection.close()
            return connection
        return self._engine.connect()

    def _give_back(self, connection: Connection) -> None:
        if self._is_over or len(self._idle) >= self._most or not _is_at_rest(connection):
            connection.close()  # the pool undoes what a commit has left behind that failed
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Those that are idle now; those in use as soon as their transaction is over."""
        self._is_over = True
        while self._idle:
            self._idle.pop().close()


def _is_at_rest(connection: Connection) -> bool:
    if connection.closed or connection.invalidated or connection.in_transaction():
        return False
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        return not driver.in_transaction
    return bool(driver.info.transaction_status == _IDLE)


def _is_alive(connection: Connection) -> bool:
    """A server that speaks unasked says goodbye."""
    if connection.dialect.name == "sqlite":
        return True
    driver: Any = connection.connection.dbapi_connection
    if driver.closed:
        return False
    with _Watch() as watch:
        watch.register(driver.fileno(), selectors.EVENT_READ)
        return not watch.select(0)
