"""Rows by many keys at once: exactly those, whatever signs the keys are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import sqlalchemy as sa

from monitor.ports import Batch
from monitor.store.database import Database
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.messages import save_batch
from monitor.store.reading import rows_of
from monitor.store.tables import messages, slot_of
from monitor.testing import NOON, a_message

ODD = ('"', "\\", "\n", "\x01", "é", "😀", "a/b", "it's", "%", "$[0]", "a.b", "{}", "[]", "1")


def found(database: Database, names: tuple[str, ...], keys: list[tuple[object, ...]]) -> list[int]:
    with database.read() as connection:
        query = sa.select(messages.c.id).select_from(
            keyed(dialect_of(connection), messages, *names)
        )
        return sorted(row[0] for row in rows_of(connection, query, wanted(keys)))


def store(database: Database, *, places: tuple[str, ...], ids: tuple[str, ...]) -> None:
    written = [replace(a_message("x", id=i), place=p) for p, i in product(places, ids)]
    with database.write() as connection:
        save_batch(connection, "tg", "updates", Batch(tuple(written)), NOON)


def test_keys_may_be_made_of_any_signs(database: Database) -> None:
    store(database, places=ODD, ids=ODD)
    names = ("platform", "place", "native_id")

    for place, number in product(ODD, ODD):
        assert len(found(database, names, [("telegram", place, number)])) == 1
    every = [("telegram", place, number) for place, number in product(ODD, ODD)]
    assert len(found(database, names, every)) == len(ODD) ** 2


def test_a_row_is_found_only_by_all_parts_of_one_key(database: Database) -> None:
    store(database, places=("a", "b"), ids=("1", "2"))
    names = ("platform", "place", "native_id")

    crossed = found(database, names, [("telegram", "a", "1"), ("telegram", "b", "2")])

    assert len(crossed) == 2
    assert found(database, names, [("reddit", "a", "1"), ("telegram", "a", "3")]) == []
    assert len(found(database, ("platform", "place"), [("telegram", "b")])) == 2


def test_a_key_that_is_named_twice_finds_its_row_once(database: Database) -> None:
    store(database, places=("a",), ids=("1",))

    assert len(found(database, ("native_id",), [("1",), ("1",)])) == 1
    assert len(found(database, ("place", "native_id"), [("a", "1"), ("a", "1")])) == 1


def test_no_keys_find_nothing(database: Database) -> None:
    store(database, places=("a",), ids=("1",))

    for names in (("id",), ("platform", "place"), ("platform", "place", "native_id")):
        assert found(database, names, []) == []


def test_numbers_are_keys_as_well(database: Database) -> None:
    store(database, places=("a",), ids=("1",))
    first = a_message("x", id="1")
    slot = slot_of(first.sent_at)

    assert len(found(database, ("slot", "author_id"), [(slot, first.author.id)])) == 1
    assert found(database, ("slot", "author_id"), [(slot + 1, first.author.id)]) == []
    assert len(found(database, ("id",), [(1,), (7,)])) == 1


def test_a_slot_is_ten_minutes_on_both_sides_of_the_database(database: Database) -> None:
    begin = NOON.replace(minute=10, second=0, microsecond=0)
    sent = [begin, begin + timedelta(minutes=10, microseconds=-1), begin + timedelta(minutes=10)]
    written = [replace(a_message("x", id=str(i)), sent_at=at) for i, at in enumerate(sent)]
    with database.write() as connection:
        save_batch(connection, "tg", "updates", Batch(tuple(written)), begin)

    with database.read() as connection:
        stored = connection.execute(
            sa.select(messages.c.slot).order_by(messages.c.sent_at)
        ).scalars()
        assert list(stored) == [slot_of(at) for at in sent]
    assert slot_of(sent[0]) == slot_of(sent[1]) == slot_of(sent[2]) - 1
