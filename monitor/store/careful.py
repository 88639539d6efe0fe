"""Save a batch that could not be saved whole: one by one, and what cannot be stored is set aside with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import Event, Message
from monitor.ports import Batch, Quarantined
from monitor.store.edits import save_events
from monitor.store.messages import save_batch, save_messages
from monitor.store.written import clean

_LONGEST = 64 * 1024


def save_one_by_one(
    connection: Connection, account: str, stream: str, batch: Batch, now: datetime
) -> int:
    """Like save_batch(), slowly. One message that no database takes stops nobody behind it."""
    new = 0
    failed: list[Quarantined] = []
    ones: list[Message | Event] = [*batch.messages, *batch.events]
    for one in ones:
        try:
            with connection.begin_nested():
                new += _save(connection, account, stream, one, now)
        except (sa.exc.OperationalError, sa.exc.InterfaceError):
            raise  # the database itself is in trouble: the whole batch comes again
        except (sa.exc.StatementError, ValueError, TypeError) as error:
            failed.append(_unstorable(one, error))
    rest = replace(batch, messages=(), events=(), quarantined=(*batch.quarantined, *failed))
    save_batch(connection, account, stream, rest, now)
    return new


def _save(
    connection: Connection, account: str, stream: str, one: Message | Event, now: datetime
) -> int:
    if isinstance(one, Message):
        return save_messages(connection, account, stream, (one,), now, imported=False)
    save_events(connection, account, (one,), now)
    return 0


def _unstorable(one: Message | Event, error: Exception) -> Quarantined:
    why = type(getattr(error, "orig", None) or error).__name__
    return Quarantined(clean(one.native_id), repr(one)[:_LONGEST], f"could not be stored: {why}")
