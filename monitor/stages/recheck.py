"""Look again at what was stored: edited texts are updated, deleted ones forgotten. It fetches nothing new."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.ports import Connector, ItemState, Recheckable
from monitor.store import edits
from monitor.store.database import Database

PAGE = 100


def recheck(
    database: Database, connector: Connector, now: datetime, within: timedelta, after: int = 0
) -> int | None:
    """Look at the next page of messages younger than `within`, from id `after` on. The last id looked at; None at the
    end. Raises Refusal."""
    if not isinstance(connector, Recheckable):
        return None
    with database.read() as connection:
        rows = edits.ids_to_recheck(connection, connector.platform.value, now - within, PAGE, after)
    if not rows:
        return None
    by_native = {row.native_id: row for row in rows}
    found = connector.recheck(list(by_native))
    with database.write() as connection:
        for seen in found:
            row = by_native.get(seen.native_id)
            if row is None or seen.state is ItemState.LIVE:
                continue
            at = seen.edited_at or now
            edits.apply_recheck(
                connection, row.id, seen.text, at, deleted=seen.state is ItemState.DELETED
            )
    return int(rows[-1].id)
