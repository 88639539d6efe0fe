"""What an import asks of the store besides saving. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import Event
from monitor.store.tables import messages

_KEYS_A_QUERY = 300


def about_stored(connection: Connection, events: Sequence[Event]) -> tuple[Event, ...]:
    """Those events whose message is stored.

    A dump tells of many deletions of messages we never had.
    """
    known: set[tuple[str, str, str]] = set()
    m = messages.c
    for some in _chunks([(e.platform.value, e.place, e.native_id) for e in events]):
        query = sa.select(m.platform, m.place, m.native_id).where(
            sa.tuple_(m.platform, m.place, m.native_id).in_(some)
        )
        known |= {(row.platform, row.place, row.native_id) for row in connection.execute(query)}
    return tuple(e for e in events if (e.platform.value, e.place, e.native_id) in known)


def _chunks(keys: Sequence[tuple[str, str, str]]) -> Iterator[Sequence[tuple[str, str, str]]]:
    for start in range(0, len(keys), _KEYS_A_QUERY):
        yield keys[start : start + _KEYS_A_QUERY]
