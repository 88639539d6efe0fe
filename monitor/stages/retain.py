"""Forget what is older than we may keep: texts and names go, times and counts stay.

Looking for it may take seconds in a long history; that is reading, and others go on writing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.store import edits, needs_triage, retention
from monitor.store.database import Database

PAGE = 500
LATEST_EDIT = timedelta(days=1)  # an edit that came before its message has waited long enough


def retain(
    database: Database, messages_for: timedelta, quarantine_for: timedelta, now: datetime
) -> int:
    """Blank old messages, page by page, and drop old quarantine; how many messages were blanked."""
    with database.write() as connection:
        edits.drop_quarantine(connection, now - quarantine_for)
        edits.drop_waiting_events(connection, now - LATEST_EDIT)
        needs_triage.drop(connection, now - needs_triage.KEPT)
    _forget_names(database, now - messages_for)
    return _forget_messages(database, now - messages_for, now)


def _forget_names(database: Database, before: datetime) -> None:
    last, full = 0, True
    while full:
        with database.read() as connection:
            page = retention.named_before(connection, before, last, PAGE)
        if page:
            with database.write() as connection:
                edits.forget_names(connection, page, before)
            last = page[-1]
        full = len(page) == PAGE


def _forget_messages(database: Database, before: datetime, now: datetime) -> int:
    blanked, last, full = 0, None, True
    while full:
        with database.read() as connection:
            page = retention.messages_before(connection, before, last, PAGE)
        if page:
            with database.write() as connection:
                edits.forget(connection, [row.id for row in page], now)
            last = page[-1].sent_at, page[-1].id
        blanked += len(page)
        full = len(page) == PAGE
    return blanked
