"""Look into what may have been said: ask the platform, or leave it to a person.

It never repeats what may stand in public already.
"""

from __future__ import annotations

import logging
from typing import Any

from monitor.ports import (
    Post,
    Refusal,
    Searchable,
)
from monitor.stages.outbox import REPEATED, Outbox
from monitor.stages.receipts import sent
from monitor.store import deliveries
from monitor.store import doubts as store

log = logging.getLogger(__name__)

LOOKS = 3  # how often a platform is asked for a post in doubt before it counts as absent


def recover(outbox: Outbox) -> None:
    """What a crash interrupted becomes a doubt; every doubt that has settled is looked into."""
    now = outbox.clock()
    with outbox.database.read() as connection:
        cut = store.interrupted(connection, outbox.account, now - outbox.settle)
    if cut:
        with outbox.database.write() as connection:
            for row in cut:
                store.into_doubt(
                    connection, row.id, row.token, now, "interrupted while it was being sent"
                )
    with outbox.database.read() as connection:
        doubts = store.doubts(connection, outbox.account, now)
    for row in doubts:
        _look_into(outbox, row)


def _look_into(outbox: Outbox, row: Any) -> None:
    if not isinstance(outbox.connector, Searchable):
        _without_asking(outbox, row)
        return
    try:
        receipt = outbox.connector.find(_asked_for(row))
    except Refusal as refusal:
        log.info("cannot ask yet", extra={"account": outbox.account, "reason": refusal.reason})
        with outbox.database.write() as connection:
            store.looked(
                connection,
                row.id,
                outbox.clock() + (refusal.retry_after or outbox.settle),
                asked=False,
            )
        return
    if receipt is not None:
        sent(outbox, row, receipt)
        return
    _absent(outbox, row)


def _asked_for(row: Any) -> Post:
    return Post(row.key, row.kind, row.place, row.text, row.thread, row.reply_to, row.subject,
                claimed_at=row.claimed_at, link=row.link)  # fmt: skip


def _absent(outbox: Outbox, row: Any) -> None:
    """The platform does not show it. After enough looks it surely was not taken, and goes out once more."""
    now = outbox.clock()
    with outbox.database.write() as connection:
        if row.looks + 1 < LOOKS:
            store.looked(connection, row.id, now + outbox.settle)
        elif row.repeat:
            deliveries.set_state(
                connection, row.id, row.token, deliveries.HELD, "not found after a second try"
            )
        else:
            deliveries.requeue(
                connection, row.id, row.token, now, "not found at the platform", repeat=True
            )


def _without_asking(outbox: Outbox, row: Any) -> None:
    """Nobody can be asked: an alert or mail is repeated once, marked; anything public waits for a person."""
    repeatable = row.kind in REPEATED or getattr(outbox.connector, "repeatable", False)
    with outbox.database.write() as connection:
        if repeatable and not row.repeat:
            deliveries.requeue(
                connection, row.id, row.token, outbox.clock(), row.reason, repeat=True
            )
        else:
            deliveries.set_state(connection, row.id, row.token, deliveries.HELD, row.reason)
