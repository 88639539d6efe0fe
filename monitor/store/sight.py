"""Which places an account can read, by what the platform last told of its standing there; and when it could not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.tables import events, gaps
from monitor.store.upsert import add

NOTED_EVERY = timedelta(minutes=10)  # while it goes on


def last_told(connection: Connection) -> Sequence[Any]:
    """For each place the newest event about our standing there."""
    e = events.c
    newest = (
        sa.select(sa.func.max(e.id)).where(e.kind == "membership").group_by(e.account, e.platform, e.place)
    )  # fmt: skip
    query = sa.select(e.account, e.platform, e.place, e.at, e.details).where(e.id.in_(newest))
    return connection.execute(query.order_by(e.id)).all()


def blind(connection: Connection, account: str, place: str, name: str, since: datetime, why: str, now: datetime
          ) -> None:  # fmt: skip
    """Nothing could be read there since then, until now at least."""
    key = f"{_of(account, place)}{since.isoformat()}"
    row = {"key": key, "account": account, "stream": name[:200], "since": since, "until": now, "reason": why,
           "at": now}  # fmt: skip
    add(connection, gaps, [row])
    late = (gaps.c.key == key, gaps.c.until < now - NOTED_EVERY)
    connection.execute(sa.update(gaps).where(*late).values(until=now))


def sees_again(connection: Connection, account: str, place: str, at: datetime) -> bool:
    """The times without sight ended then at the latest; was there one at all?"""
    g = gaps.c
    mine = (g.key.startswith(_of(account, place), autoescape=True), g.since < at)
    newest = connection.execute(sa.select(sa.func.max(g.id)).where(*mine)).scalar_one_or_none()
    if newest is None:
        return False
    connection.execute(sa.update(gaps).where(g.id == newest, g.until != at).values(until=at))
    return True


def _of(account: str, place: str) -> str:
    return f"blind:{account}:{place}:"
