"""What a fetch brings besides messages: where we are in a stream, gaps, what could not be read, what it cost.

No message is touched here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.ports import Batch, Quarantined
from monitor.store.bulk import put_rows
from monitor.store.edits import save_events
from monitor.store.reading import rows_of
from monitor.store.tables import cursors, gaps, micros, quarantine, spend
from monitor.store.upsert import add, put
from monitor.store.written import clean

_STREAM = ("account", "stream")
_AT = sa.select(cursors.c.cursor, cursors.c.fetched_at).where(
    cursors.c.account == sa.bindparam("account"), cursors.c.stream == sa.bindparam("stream")
)


def cursor_of(connection: Connection, account: str, stream: str) -> str | None:
    """Where we are in a stream."""
    rows = rows_of(connection, _AT, {"account": account, "stream": stream})
    return rows[0][0] if rows else None


def fetched_at(connection: Connection, account: str, stream: str) -> datetime | None:
    """When a stream was last fetched to its end."""
    rows = rows_of(connection, _AT, {"account": account, "stream": stream})
    return rows[0][1] if rows else None


def note_fetched(connection: Connection, account: str, stream: str, at: datetime) -> None:
    """A walk that keeps no cursor has ended."""
    row = {"account": account, "stream": stream, "cursor": None, "complete": True, "fetched_at": at}
    put(connection, cursors, [row], _STREAM)


def save_besides(
    connection: Connection, account: str, stream: str, batch: Batch, now: datetime
) -> None:
    """What a fetch brings besides messages and cursor."""
    save_events(connection, account, batch.events, now)
    set_aside(connection, account, stream, batch.quarantined, now)
    _save_gap(connection, account, stream, batch, now)
    if batch.cost:
        add_spend(connection, account, now, batch.cost)


def save_cursor(
    connection: Connection, account: str, stream: str, batch: Batch, now: datetime
) -> None:
    """Where the fetch has ended."""
    row = (account, stream, batch.next_cursor, batch.complete, micros(now))
    put_rows(connection, cursors, _STREAM, (*_STREAM, "cursor", "complete", "fetched_at"), [row])


def set_aside(
    connection: Connection, account: str, stream: str, found: Iterable[Quarantined], now: datetime
) -> None:
    """Keep what could not be read, with its reason, for a person to look at."""
    rows = [
        {"account": account, "stream": stream, "native_id": q.native_id[:200], "raw": clean(q.raw),
         "digest": hashlib.sha256(q.raw.encode("utf-8", "replace")).hexdigest(), "reason": q.reason, "at": now}
        for q in found
    ]  # fmt: skip
    add(connection, quarantine, rows)


def _save_gap(
    connection: Connection, account: str, stream: str, batch: Batch, now: datetime
) -> None:
    if batch.gap is None:
        return
    gap = batch.gap
    key = f"{account}:{stream}:{gap.since and gap.since.isoformat()}:{gap.until and gap.until.isoformat()}"
    row = {"key": key[:300], "account": account, "stream": stream, "since": gap.since, "until": gap.until,
           "reason": gap.reason, "at": now}  # fmt: skip
    add(connection, gaps, [row])


def add_spend(connection: Connection, account: str, now: datetime, dollars: float) -> None:
    """Count money spent on a platform, by UTC day."""
    day = f"{now:%Y-%m-%d}"
    add(connection, spend, [{"account": account, "day": day, "dollars": 0.0}])
    where = (spend.c.account == account, spend.c.day == day)
    connection.execute(sa.update(spend).where(*where).values(dollars=spend.c.dollars + dollars))


def spent_today(connection: Connection, now: datetime) -> dict[str, float]:
    """Dollars spent on `now`'s UTC day, by account; who has spent nothing is left out."""
    query = sa.select(spend.c.account, spend.c.dollars).order_by(spend.c.account)
    rows = connection.execute(query.where(spend.c.day == f"{now:%Y-%m-%d}", spend.c.dollars > 0))
    return {row.account: float(row.dollars) for row in rows}


def spent_on(connection: Connection, account: str, now: datetime) -> float:
    """Dollars spent on `now`'s UTC day."""
    where = (spend.c.account == account, spend.c.day == f"{now:%Y-%m-%d}")
    return connection.execute(sa.select(spend.c.dollars).where(*where)).scalar_one_or_none() or 0.0
