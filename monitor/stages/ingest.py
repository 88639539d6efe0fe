"""Fetch a batch and store it with its cursor. It judges nothing and says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.ports import Connector
from monitor.store import messages
from monitor.store.database import Database

LIMIT = 100


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one fetch brought. `complete` False: fetch again at once."""

    new: int
    events: int
    quarantined: int
    complete: bool
    gap: str | None


def ingest(
    database: Database, connector: Connector, stream: str, now: datetime, limit: int = LIMIT
) -> Ingested:
    """cursor -> fetch -> one transaction. Polling again is the acknowledgement. Raises Refusal."""
    with database.read() as connection:
        cursor = messages.cursor_of(connection, connector.account, stream)
    batch = connector.fetch(stream, cursor, limit)
    changed = (
        batch.next_cursor != cursor
        or batch.messages
        or batch.events
        or batch.quarantined
        or batch.gap
    )
    new = 0
    if changed or batch.cost:
        with database.write() as connection:
            new = messages.save_batch(connection, connector.account, stream, batch, now)
    gap = batch.gap.reason if batch.gap else None
    return Ingested(new, len(batch.events), len(batch.quarantined), batch.complete, gap)
