"""Bring a database to the tables of this version, look whether it is there, copy it. No queries of the desk."""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from monitor import assets
from monitor.store.database import Database, DatabaseTrouble

_CANNOT_WRITE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
)


def _alembic(database: Database) -> AlembicConfig:
    config = AlembicConfig(stdout=io.StringIO())  # it prints; only the command line may
    config.set_main_option("script_location", str(assets.path("alembic")).replace("%", "%%"))
    config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply what is missing, in one transaction; a half-done migration leaves nothing behind."""
    command.upgrade(_alembic(database), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take migrations back."""
    command.downgrade(_alembic(database), revision)


def differs(database: Database) -> str | None:
    """What the tables lack against the code (Alembic's own check), None when nothing."""
    try:
        command.check(_alembic(database))
    except CommandError as error:
        return str(error)
    return None


def revision(database: Database) -> str | None:
    """The revision that the database is at; None: no tables yet."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision that this version of the program needs."""
    script = ScriptDirectory(str(assets.path("alembic")))
    head = script.get_current_head()
    if head is None:
        raise DatabaseTrouble("alembic/: no migrations found. Install the program anew.")
    return head


def known() -> frozenset[str]:
    """Every revision that this version of the program knows."""
    script = ScriptDirectory(str(assets.path("alembic")))
    return frozenset(found.revision for found in script.walk_revisions())


def require_current(database: Database) -> None:
    """DatabaseTrouble unless the tables are those of this version."""
    found, wanted = revision(database), newest()
    if found == wanted:
        return
    if found is not None and found not in known():
        raise DatabaseTrouble(
            f"monitor.database: it was made by a newer version (revision {found}). Install that version again."
        )
    raise DatabaseTrouble(
        f"monitor.database: it is at revision {found or 'none'}, this version needs {wanted}. "
        "Run: monitor db upgrade"
    )


def backup(database: Database, target: Path) -> None:
    """Copy an SQLite database in use to `target`, readable by its owner only. DatabaseTrouble for PostgreSQL."""
    if not database.is_sqlite:
        raise DatabaseTrouble(
            "PostgreSQL is backed up with its own tools: pg_dump --format=custom."
        )
    if target.exists():
        raise DatabaseTrouble(f"{target}: exists already. Name a new file.")
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise DatabaseTrouble(f"{target}: cannot be written ({error.strerror}).") from error
    try:
        _copy(Path(str(database.engine.url.database)), target)
    except BaseException as error:
        target.unlink(missing_ok=True)  # half a copy would be taken for a backup one day
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _CANNOT_WRITE:
            raise DatabaseTrouble(
                f"{target}: cannot be written ({error}). Look at the room on its disk."
            ) from error
        raise


def _copy(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(source, timeout=30)) as theirs,
        contextlib.closing(sqlite3.connect(target)) as ours,
    ):
        theirs.backup(ours)


def troubles(database: Database) -> list[str]:
    """What is wrong with the tables or the file, one sentence each."""
    found = []
    difference = differs(database)
    if difference:
        found.append(f"The tables are not those of this version: {difference}")
    if database.is_sqlite:
        with database.engine.connect() as connection:
            answer = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
        if answer != "ok":
            found.append(f"{database.engine.url.database}: damaged ({answer}). Restore a backup.")
    return found
