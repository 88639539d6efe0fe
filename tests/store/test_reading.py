"""What is asked of the driver itself says the same, and fails in the same words, as what SQLAlchemy asks."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.ports import Batch
from monitor.store.database import Database, is_passing
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.messages import save_batch
from monitor.store.reading import is_there, rows_of, run_for_each
from monitor.store.tables import Instant, messages, optouts
from monitor.testing import NOON, a_message

SINCE = sa.select(messages.c.native_id).where(
    messages.c.sent_at >= sa.bindparam("since", type_=Instant)
)
NOWHERE = sa.select(sa.column("x")).select_from(sa.table("nowhere"))


@pytest.fixture
def stored(database: Database) -> Database:
    found = (
        a_message("eins", id="1", mentions=("ann", "bob"), addressed=True),
        a_message("zwei", id="2"),
    )
    with database.write() as connection:
        save_batch(connection, "tg", "updates", Batch(found), NOON)
    return database


def test_rows_have_the_values_that_the_columns_types_say(stored: Database) -> None:
    with stored.read() as connection:
        everything = sa.select(messages).order_by(messages.c.id)
        found = rows_of(connection, everything)
        as_ever = connection.execute(everything).all()

    assert [tuple(row) for row in found] == [tuple(row) for row in as_ever]


def test_given_values_are_taken_as_their_types_say(stored: Database) -> None:
    with stored.read() as connection:
        query = sa.select(messages.c.id).select_from(
            keyed(dialect_of(connection), messages, "native_id")
        )
        assert len(rows_of(connection, query, wanted([("2",), ("3",)]))) == 1
        assert is_there(connection, SINCE, {"since": NOON - timedelta(days=999)})
        assert not is_there(connection, SINCE, {"since": NOON + timedelta(days=999)})


def test_what_a_statement_needs_must_be_given(stored: Database) -> None:
    with stored.read() as connection, pytest.raises((KeyError, sa.exc.StatementError)):
        rows_of(connection, SINCE)


def test_trouble_is_told_in_sqlalchemys_words(database: Database) -> None:
    with database.read() as connection, pytest.raises(sa.exc.DBAPIError, match="nowhere"):
        rows_of(connection, NOWHERE)


def test_a_row_that_is_refused_is_told_in_sqlalchemys_words_and_undoes_the_transaction(
    sqlite: Database,
) -> None:
    text = "INSERT INTO optouts (platform, author_id, at) VALUES (?, ?, ?)"
    with pytest.raises(sa.exc.IntegrityError), sqlite.write() as connection:
        run_for_each(connection, text, [("x", "a", 1), ("x", "b", None)])
    with sqlite.read() as connection:
        assert not is_there(connection, sa.select(optouts.c.author_id))


class Broken:
    """A driver whose file is damaged, or locked."""

    def __init__(self, code: int) -> None:
        self.code = code

    def execute(self, *_: Any) -> Any:
        error = sqlite3.OperationalError("something about the file")
        error.sqlite_errorcode = self.code
        raise error


@pytest.mark.parametrize(
    ("code", "is_damaged"), [(sqlite3.SQLITE_CORRUPT, True), (sqlite3.SQLITE_BUSY, False)]
)
def test_a_damaged_file_is_told_to_whoever_looks_after_it(
    sqlite: Database, code: int, is_damaged: bool
) -> None:
    with sqlite.read() as connection:
        real = connection.connection.dbapi_connection
        connection.connection.dbapi_connection = Broken(code)
        with pytest.raises(sa.exc.OperationalError) as told:
            rows_of(connection, sa.select(optouts.c.author_id))
        connection.connection.dbapi_connection = real

    assert is_passing(told.value)
    assert sqlite.damaged.is_set() is is_damaged


class Stopped(BaseException):
    """The process ends here."""


def test_what_a_broken_commit_has_left_behind_is_undone_before_the_next_transaction(
    sqlite: Database,
) -> None:
    def stop(_: sa.Connection) -> None:
        sa.event.remove(sqlite.engine, "commit", stop)
        raise Stopped

    sa.event.listen(sqlite.engine, "commit", stop)
    with pytest.raises(Stopped), sqlite.write() as connection:
        connection.execute(sa.insert(optouts).values(platform="x", author_id="a", at=NOON))

    with sqlite.write() as connection:
        assert not is_there(connection, sa.select(optouts.c.author_id))


def test_a_read_within_a_read_sees_its_own_snapshot(sqlite: Database) -> None:
    everybody = sa.select(optouts.c.author_id)
    with sqlite.read() as outer:
        assert not is_there(outer, everybody)
        with sqlite.write() as connection:
            connection.execute(sa.insert(optouts).values(platform="x", author_id="a", at=NOON))
        with sqlite.read() as inner:
            assert is_there(inner, everybody)
        assert not is_there(outer, everybody)


def test_a_closed_database_keeps_no_connection_that_was_still_in_use(sqlite: Database) -> None:
    with sqlite.read() as connection:
        sqlite.close()
        assert not is_there(connection, sa.select(optouts.c.author_id))

    assert connection.closed
