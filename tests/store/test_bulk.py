"""Many rows at once mean the same on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.store.bulk import add_rows, change_rows, drop_rows, next_ids, put_rows
from monitor.store.database import Database
from monitor.store.reading import rows_of
from monitor.store.tables import cases, messages, optouts, places, turns

NAMES = ("platform", "author_id", "at")
ODD = (
    "\n",
    "\t",
    '"',
    "\\",
    "\\n",
    "{",
    "}",
    ",",
    "NULL",
    "null",
    " ",
    "\x01",
    "\x7f",
    "é",
    "😀",
    "'",
    "",
)
TEXTS = st.none() | st.lists(
    st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=4,
).map("".join)
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


@given(found=st.lists(TEXTS, min_size=1, max_size=8))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_of_any_signs_come_back_as_they_were(
    database: Database, found: list[str | None]
) -> None:
    names = (
        "platform",
        "place",
        "native_id",
        "author_id",
        "author_kind",
        "text",
        "sent_at",
        "seen_at",
        "link",
    )
    rows = [("reddit", "r/x", str(at), "a", "person", one or "", 0, 0, one)
            for at, one in enumerate(found)]  # fmt: skip
    query = sa.select(messages.c.text, messages.c.link).order_by(messages.c.native_id)

    with pytest.raises(_Undo), database.write() as connection:  # noqa: PT012
        add_rows(connection, messages, names, rows)
        assert [tuple(row) for row in rows_of(connection, query)] == [(t or "", t) for t in found]
        raise _Undo


def test_numbers_yes_and_no_and_nothing_come_back_as_they_were(database: Database) -> None:
    names = ("key", "platform", "place", "author_id", "topic", "urgency", "language", "complexity",
             "opened_at", "burst_until", "last_turn_at", "imported", "staff_sure", "asked")  # fmt: skip
    said = [(True, 0.125, 2**62), (False, None, None), (True, 1e-7, -1)]
    with database.write() as connection:
        add_rows(connection, cases, names, [
            (str(at), "x", "x", "a", "account", 1, "en", "simple", 0, 0, 0, *values)
            for at, values in enumerate(said)])  # fmt: skip
        c = cases.c
        found = rows_of(connection, sa.select(c.imported, c.staff_sure, c.asked).order_by(c.key))
        assert [tuple(row) for row in found] == said


class _Undo(Exception):
    """Leaves the database as it was for the next example."""
