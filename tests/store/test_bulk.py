"""Many rows at once mean the same on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from monitor.store.bulk import add_rows, change_rows, drop_rows, next_ids, put_rows
from monitor.store.database import Database
from monitor.store.tables import optouts, places, turns

NAMES = ("platform", "author_id", "at")
FOUND = sa.select(optouts.c.author_id, optouts.c.at).order_by(optouts.c.author_id)


def test_rows_that_are_there_are_left_alone_and_only_new_ones_are_counted(
    database: Database,
) -> None:
    with database.write() as connection:
        assert add_rows(connection, optouts, NAMES, [("reddit", "a", 1), ("reddit", "b", 2)]) == 2
        assert add_rows(connection, optouts, NAMES, [("reddit", "b", 9), ("reddit", "c", 3)]) == 1
        assert add_rows(connection, optouts, NAMES, []) == 0
        change_rows(connection, optouts, ("platform", "author_id"), ("at",), [(7, "reddit", "a")])
        drop_rows(connection, optouts, ("author_id",), [("c",)])
        found = connection.execute(FOUND).all()
    assert [(who, at.microsecond) for who, at in found] == [("a", 7), ("b", 2)]


def test_rows_that_are_put_replace_what_is_there_and_nothing_else(database: Database) -> None:
    keys = ("platform", "author_id")
    with database.write() as connection:
        put_rows(connection, optouts, keys, NAMES, [("reddit", "a", 1), ("reddit", "b", 2)])
        put_rows(connection, optouts, keys, NAMES, [("reddit", "b", 9), ("reddit", "c", 3)])
        put_rows(connection, optouts, keys, NAMES, [])
        found = connection.execute(FOUND).all()
    assert [(who, at.microsecond) for who, at in found] == [("a", 1), ("b", 9), ("c", 3)]


def test_what_is_too_long_for_its_column_is_refused_and_never_cut(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite keeps texts of any length")
    with pytest.raises(sa.exc.DataError), database.write() as connection:
        add_rows(connection, optouts, NAMES, [("reddit", "x" * 81, 1)])


def test_ids_taken_beforehand_are_nobody_elses(database: Database) -> None:
    names = ("platform", "key")
    with database.write() as connection:
        first = list(next_ids(connection, places, 3))
        rows = [("reddit", str(n), n) for n in first]
        assert add_rows(connection, places, (*names, "id"), rows) == 3
    with database.write() as connection:
        add_rows(connection, places, names, [("reddit", "later")])
        found = connection.execute(sa.select(places.c.id).where(places.c.key == "later"))
        assert found.scalar_one() not in first


def test_nothing_is_kept_when_one_row_breaks_a_rule(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        add_rows(connection, turns, ("case_id", "asked_at", "staff_at"), [(404, 1, None)])
    with database.read() as connection:
        assert connection.execute(sa.select(turns)).all() == []
