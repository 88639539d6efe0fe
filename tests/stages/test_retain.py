"""What is too old is forgotten, whatever the pages and the ties, and nobody waits for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.stages.retain import retain
from monitor.store import tables
from monitor.store.database import Database

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW = NOW - 91 * DAY, NOW - 89 * DAY


def add(database: Database, number: int, at: datetime, **more: Any) -> None:
    case = {
        "key": f"k{number}", "platform": "telegram", "place": "-1001", "author_id": "7", "topic": "api",
        "urgency": 1, "language": "en", "complexity": "simple", "opened_at": at, "burst_until": at,
        "last_turn_at": at, "author_name": "Ann", "author_handle": "ann",
    }  # fmt: skip
    message = {
        "platform": "telegram", "place": "-1001", "native_id": str(number), "author_id": "7",
        "author_kind": "person", "author_name": "Ann", "text": "words", "sent_at": at, "seen_at": at,
        "state": "assessed",
    }  # fmt: skip
    with database.write() as connection:
        connection.execute(sa.insert(tables.cases).values(**case))
        connection.execute(sa.insert(tables.messages).values(**(message | more)))


def left(database: Database, table: sa.Table, column: str) -> list[str]:
    with database.read() as connection:
        found = connection.execute(sa.select(table.c[column]).order_by(table.c.id)).scalars()
        return [value for value in found if value]


@pytest.mark.parametrize("n", [0, 2, 3, 4, 7])
def test_every_old_text_and_name_goes_whatever_the_pages(
    database: Database, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    monkeypatch.setattr("monitor.stages.retain.PAGE", 3)
    for number in range(n):
        add(database, number, OLD)  # all of one instant
    add(database, 100, NEW)
    assert retain(database, 90 * DAY, 30 * DAY, NOW) == n
    assert left(database, tables.messages, "text") == ["words"]
    assert left(database, tables.cases, "author_name") == ["Ann"]
    assert retain(database, 90 * DAY, 30 * DAY, NOW) == 0


def test_history_imported_later_is_forgotten_too(database: Database) -> None:
    add(database, 1, OLD)
    assert retain(database, 90 * DAY, 30 * DAY, NOW) == 1
    add(database, 2, OLD - 300 * DAY, imported=True)
    assert retain(database, 90 * DAY, 30 * DAY, NOW) == 1
