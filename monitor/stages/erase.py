"""Forget one author for good: page by page, so that nobody waits for it. What is left are times and counts."""

from __future__ import annotations

from datetime import datetime

from monitor.store import erasure
from monitor.store.database import Database
from monitor.store.erasure import Found

PAGE = 50  # messages in one transaction


def erase(database: Database, platform: str, author: str, now: datetime) -> Found:
    """What there was. Again is nothing; broken off, the next call does the rest."""
    with database.read() as connection:
        before = erasure.found(connection, platform, author)
        numbers = erasure.messages_of(connection, platform, author)
    for at in range(0, len(numbers), PAGE):
        with database.write() as connection:
            erasure.forget_messages(connection, numbers[at : at + PAGE], now)
    with database.write() as connection:
        erasure.forget_rest(connection, platform, author)
    return before
