"""The two ways into the database: read() and write(). It knows engines and locks, never a question."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from monitor.store.kept import Kept
from monitor.store.reading import is_damaged, run

log = logging.getLogger(__name__)
READERS = 4  # connections for reading that stay open; SQLAlchemy's pool has fifteen or more in all
WRITERS = 3  # the same for writing, where there may be several
_LONGEST_CLAIM = "60s"
_KEEPALIVE = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "
    f"-c idle_in_transaction_session_timeout={_LONGEST_CLAIM} -c random_page_cost=1.1"
)


__all__ = ["Connection", "Database", "DatabaseTrouble", "is_damaged", "is_passing", "open_database"]


class DatabaseTrouble(Exception):
    """The database cannot be used; the text says what, where and what to do."""


class Database:
    """An open database. Thread-safe. `write()` is not re-entrant; nothing slow happens inside it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.damaged = threading.Event()  # set when SQLite has found its file broken
        if self.is_sqlite:
            sa.event.listen(engine, "handle_error", self._note_damage)
            engine.update_execution_options(when_damaged=self.damaged.set)
        snapshots = engine.execution_options(**self._reading())
        self._readers = Kept(snapshots, READERS)
        self._writers = Kept(engine, 1 if self.is_sqlite else WRITERS)
        self._writing = threading.Lock()
        self._mine = threading.local()

    @property
    def is_sqlite(self) -> bool:
        """One file, one machine."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot."""
        with self._readers.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed when the block ends well. RuntimeError inside another write()."""
        with self._not_inside_another(), self._one_writer(), self._writers.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _not_inside_another(self) -> Iterator[None]:
        if getattr(self._mine, "writes", False):
            raise RuntimeError("write() inside write(): two transactions where one was meant")
        self._mine.writes = True
        try:
            yield
        finally:
            self._mine.writes = False

    def _note_damage(self, trouble: sa.engine.ExceptionContext) -> None:
        if is_damaged(trouble.original_exception):
            self.damaged.set()

    @property
    def damage(self) -> str:
        """What to tell about a broken file."""
        return (
            f"{self.engine.url.database}: the database is damaged. Move it away and put a backup in its "
            "place (monitor db backup makes them)."
        )

    def _one_writer(self) -> contextlib.AbstractContextManager[object]:
        # SQLite's busy handler is an unfair sleep loop; a lock of our own is fair and 4 x quicker.
        return self._writing if self.is_sqlite else contextlib.nullcontext()

    def _reading(self) -> dict[str, Any]:
        return {"reads_only": True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}

    def close(self) -> None:
        """Give the connections back."""
        for kept in (self._readers, self._writers):
            kept.close()
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open `url` (sqlite:///FILE or postgresql://...). DatabaseTrouble says in a sentence why not."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite(parsed))
    if parsed.get_backend_name() == "postgresql":
        return Database(_postgres(parsed))
    raise DatabaseTrouble(
        f"monitor.database: {parsed.get_backend_name()!r} is not supported. "
        "Use sqlite:///FILE or postgresql://HOST/NAME."
    )


def missing_file(url: str) -> Path | None:
    """The file of an SQLite database that nobody has made yet. DatabaseTrouble."""
    parsed = _parse(url)
    path = Path(parsed.database or "")
    return path if parsed.get_backend_name() == "sqlite" and not path.exists() else None


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except sa.exc.ArgumentError:
        raise DatabaseTrouble(
            "monitor.database: not a database URL. Use sqlite:///FILE or postgresql://HOST/NAME."
        ) from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseTrouble(
            "monitor.database: a database in memory would lose everything. Name a file."
        )
    path = Path(url.database)
    _make_private(path)
    _adapt_nothing()
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _adapt_nothing() -> None:
    """What the driver takes as it is, without a search. For want of an adapter it words an error for each None and each
    True, and drops it: a third of what it costs to insert a message."""
    sqlite3.register_adapter(type(None), {}.get)  # type: ignore[arg-type] # gives None and is no Python
    sqlite3.register_adapter(bool, int)


def _make_private(path: Path) -> None:
    """0600 for the file: it holds what people wrote. The -wal and -shm files inherit it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.close(descriptor)
        path.chmod(0o600)
    except OSError as error:
        raise DatabaseTrouble(
            f"{path}: the database cannot be opened ({error.strerror}). Check the folder and its rights."
        ) from error
    with path.open("rb") as file:
        begins = file.read(15)
    if begins and begins != b"SQLite format 3":
        raise DatabaseTrouble(
            f"{path}: not an SQLite database. Name another file or restore a backup."
        )


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the begin hook decides how a transaction starts
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a power cut must not undo the claim of something already said
        "busy_timeout=30000",
        "foreign_keys=ON",
        "wal_autocheckpoint=4000",  # pages (16 MB): what is written again and again is copied home less often
        "cache_size=-65536",  # with the default cache a duplicate check at 10^7 rows costs 5 x as much
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("reads_only"):
        # Locks nothing and so never fails: SQLAlchemy need not put its trouble into words.
        connection.connection.dbapi_connection.execute("BEGIN")  # type: ignore[union-attr]
    else:
        run(connection, "BEGIN IMMEDIATE", ())


def _postgres(url: URL) -> Engine:
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    try:
        return sa.create_engine(
            url,
            pool_size=8,
            max_overflow=8 + READERS + WRITERS,  # those that stay open take a place each
            pool_pre_ping=True,
            connect_args={"options": _KEEPALIVE, "connect_timeout": 10},
        )
    except ModuleNotFoundError:
        raise DatabaseTrouble(
            "monitor.database: PostgreSQL needs its driver. Install it: pip install 'response-desk[postgres]'."
        ) from None


@contextlib.contextmanager
def writing(where: Database | Connection) -> Iterator[Connection]:
    """A transaction of its own in a database, or a part of the one that runs on the connection: undone alone when
    it fails."""
    if isinstance(where, Database):
        with where.write() as connection:
            yield connection
        return
    with where.begin_nested():
        yield where


def is_passing(error: BaseException) -> bool:
    """Trouble of the database itself (restarting, locked, disk full): told once where it happens, tried again.

    A broken file is told by whoever looks at `Database.damaged`, and ends the program: no batch is to blame for it.
    """
    if isinstance(error, sa.exc.DatabaseError) and is_damaged(error):
        return True
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        log.warning("the database does not answer", extra={"reason": str(error.orig).strip()[:300]})
        return True
    return False
