"""What is older than we may keep, found page by page without holding anybody up. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.tables import cases, messages


def messages_before(
    connection: Connection, before: datetime, after: tuple[datetime, int] | None, limit: int
) -> Sequence[Any]:
    """(id, sent_at) of messages that still say something, the oldest first, behind (sent_at, id) `after`."""
    m = messages.c
    query = sa.select(m.id, m.sent_at).where(m.sent_at < before, m.deleted_at.is_(None))
    if after is not None:
        at, number = after
        query = query.where(
            m.sent_at >= at, sa.or_(m.sent_at > at, sa.and_(m.sent_at == at, m.id > number))
        )
    return connection.execute(query.order_by(m.sent_at, m.id).limit(limit)).all()


def named_before(connection: Connection, before: datetime, after: int, limit: int) -> Sequence[int]:
    """Cases behind id `after` that have been silent for so long and still name who asked."""
    c = cases.c
    named = sa.or_(c.author_name != "", c.author_handle != "")
    query = sa.select(c.id).where(c.id > after, c.last_turn_at < before, named)
    return list(connection.execute(query.order_by(c.id).limit(limit)).scalars())
