"""Fetch a batch and store it with its cursor, judged at once where that is possible. It says nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from monitor.ports import Batch, Connector
from monitor.stages.assess import House
from monitor.stages.at_once import store_judged
from monitor.store import fetches, messages
from monitor.store.careful import save_one_by_one
from monitor.store.database import Database, is_passing

log = logging.getLogger(__name__)
LIMIT = 100


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one fetch brought. `complete` False: fetch again at once. `judged`: nothing is left to judge of it."""

    new: int
    events: int
    quarantined: int
    complete: bool
    gap: str | None
    judged: bool = False


def ingest(
    database: Database, connector: Connector, stream: str, now: datetime, limit: int = LIMIT, *,
    house: House | None = None,
) -> Ingested:  # fmt: skip
    """cursor -> fetch -> one transaction. Polling again is the acknowledgement. Raises Refusal.

    With a `house` the messages are judged in the same transaction, when nothing stands against it.
    """
    with database.read() as connection:
        cursor = fetches.cursor_of(connection, connector.account, stream)
    batch = connector.fetch(stream, cursor, limit)
    changed = (
        batch.next_cursor != cursor
        or batch.messages
        or batch.events
        or batch.quarantined
        or batch.gap
    )
    new, judged = 0, None
    if changed or batch.cost:
        if house is not None:
            judged = store_judged(house, connector.account, stream, batch, now)
        new = _save(database, connector.account, stream, batch, now) if judged is None else judged
    gap = batch.gap.reason if batch.gap else None
    return Ingested(
        new, len(batch.events), len(batch.quarantined), batch.complete, gap, judged is not None
    )


def _save(database: Database, account: str, stream: str, batch: Batch, now: datetime) -> int:
    try:
        with database.write() as connection:
            return messages.save_batch(connection, account, stream, batch, now)
    except Exception as error:
        if is_passing(error):
            raise
        log.exception(
            "a batch could not be stored; storing it one by one", extra={"account": account}
        )
    with database.write() as connection:
        return save_one_by_one(connection, account, stream, batch, now)
