"""Recorded Reddit and X traffic through the real PRAW and tweepy into the store: everything once, nothing aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.ports import Batch
from monitor.store.database import Database
from monitor.store.fetches import cursor_of
from monitor.store.messages import save_batch
from monitor.store.tables import messages, quarantine, sightings
from monitor.testing import NOON
from tests.connectors import replay_reddit, replay_twitter


@pytest.fixture(scope="module")
def reddit(shared: Path) -> list[tuple[str, Batch]]:
    """What the connector made of recorded Reddit."""
    return list(replay_reddit.recorded_batches(shared))


@pytest.fixture(scope="module")
def x(shared: Path) -> list[tuple[str, Batch]]:
    """What the connector made of recorded X."""
    return list(replay_twitter.recorded_batches(shared))


def store(database: Database, account: str, batches: Iterable[tuple[str, Batch]]) -> int:
    """As ingest does; how many were new."""
    new = 0
    for stream, batch in batches:
        with database.write() as connection:
            new += save_batch(connection, account, stream, batch, NOON)
    return new


def stored(database: Database) -> Counter[tuple[str, str, str]]:
    """Natural keys in the table."""
    c = messages.c
    with database.read() as connection:
        rows = connection.execute(sa.select(c.platform, c.place, c.native_id)).all()
    return Counter((row.platform, row.place, row.native_id) for row in rows)


def count(database: Database, table: sa.Table) -> int:
    """Rows in a table."""
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_every_recorded_reddit_message_is_stored_once_and_none_is_set_aside(
    database: Database, reddit: list[tuple[str, Batch]], shared: Path
) -> None:
    content = replay_reddit.recorded_content(shared)
    meant = {name for things in content.streams.values() for name in things} | set(content.letters)
    new = store(database, "rd", reddit)
    found = stored(database)
    assert {native for _, _, native in found} == meant
    assert set(found.values()) == {1}
    assert new == len(meant) > 2900
    assert count(database, quarantine) == 0


def test_every_recorded_x_post_is_stored_once_and_none_is_set_aside(
    database: Database, x: list[tuple[str, Batch]]
) -> None:
    meant = {m.native_id for _, batch in x for m in batch.messages}
    assert store(database, "x", x) == len(meant) == 20
    assert Counter(native for _, _, native in stored(database)) == Counter(dict.fromkeys(meant, 1))
    assert count(database, quarantine) == 0


def test_the_same_traffic_again_changes_nothing(
    database: Database, reddit: list[tuple[str, Batch]]
) -> None:
    store(database, "rd", reddit)
    before, seen = stored(database), count(database, sightings)
    assert store(database, "rd", reddit) == 0
    assert (stored(database), count(database, sightings)) == (before, seen)
    last = {stream: batch.next_cursor for stream, batch in reddit}
    with database.read() as connection:
        assert {stream: cursor_of(connection, "rd", stream) for stream in last} == last
