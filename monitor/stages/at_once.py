"""Store a fetch that is judged already, in one transaction. What cannot be done so is left to ingest and assess.

The judge works before the transaction begins, so a slow one keeps no writer waiting. Messages take this way only
when nothing else waits to be judged: what came earlier is looked at first, and cases grow in the order of writing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from monitor.core.cases import Read
from monitor.core.messages import EventKind, Message
from monitor.ports import Batch
from monitor.stages.assess import House, decide, roles_of
from monitor.stages.faq import look_ahead
from monitor.store import edits, messages
from monitor.store.database import Connection, is_passing

log = logging.getLogger(__name__)
_CHANGES = (EventKind.EDITED, EventKind.DELETED, EventKind.MIGRATED)


class _Overtaken(Exception):
    """Somebody else has stored one of them meanwhile."""


def store_judged(
    house: House, account: str, stream: str, batch: Batch, now: datetime
) -> int | None:
    """How many messages were new. None: nothing is stored; store them first and judge them after."""
    if not batch.messages or any(m.edited_at or m.role for m in batch.messages):
        return None
    if any(event.kind in _CHANGES for event in batch.events):
        return None
    try:
        return _store_judged(house, account, stream, batch, now)
    except _Overtaken:
        return None
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("a batch could not be judged at once", extra={"account": account})
        return None


def _store_judged(
    house: House, account: str, stream: str, batch: Batch, now: datetime
) -> int | None:
    ordered = messages.in_one_order(batch.messages)
    keys = messages.keys_of(ordered)
    with house.database.read() as connection:
        if messages.anything_waits(connection):
            return None
        first = min(m.sent_at for m in ordered)
        is_newest = messages.is_newest(connection, first)
        known = frozenset() if is_newest else messages.known_among(connection, keys)
        fresh = [m for m in ordered if not known or messages.key_of(m) not in known]
        roles = roles_of(connection, house, fresh, keys)
    if not fresh:
        return None
    judged = [*zip(fresh, roles, house.judged(fresh), strict=True)]
    if house.faq is not None:
        look_ahead(house.faq, house.playbook, [Read(*one) for one in judged])
    seen_before = [m for m in ordered if known and messages.key_of(m) in known]
    keep = partial(_keep, account, stream, batch, seen_before, now)
    with house.database.write() as connection:
        if messages.anything_waits(connection) or edits.have_changed(connection, keys):
            raise _Overtaken
        ids = messages.next_ids(connection, len(judged))
        reads = [Read(*one, number) for one, number in zip(judged, ids, strict=True)]
        decide(connection, house, reads, now, keep)
    return len(fresh)


def _keep(account: str, stream: str, batch: Batch, known: Sequence[Message], now: datetime,
          connection: Connection, judged: Sequence[messages.Judged]) -> None:  # fmt: skip
    if not messages.save_judged(connection, account, stream, batch, judged, known, now):
        raise _Overtaken
