"""Forget what is older than we may keep: texts and names go, times and counts stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.store import edits
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
        edits.forget_names(connection, now - messages_for)
    blanked = 0
    while True:
        with database.write() as connection:
            page = edits.forget_before(connection, now - messages_for, now, PAGE)
        blanked += page
        if page < PAGE:
            return blanked
