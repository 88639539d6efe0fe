"""Change what was said: edit it, take it back, pin it; where nothing can be edited, say it anew beneath. One account's
changes, in the thread that sends for it. It never decides what is changed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from monitor.core.messages import Platform
from monitor.core.triage import Delivery, Kind, priority
from monitor.ports import Editable, Pinning, Receipt, Refusal, Rejected, Revocable
from monitor.stages.broadcast_post import scopes_of
from monitor.stages.outbox import Outbox
from monitor.store import broadcast as store
from monitor.store import deliveries, edits
from monitor.store.database import is_passing

log = logging.getLogger(__name__)
SOON = timedelta(seconds=5)
TRIES = 20
UNKNOWN = "it is not known whether it was said there; look, and change it by hand"


class _Cannot(Exception):
    """The platform has no such thing; the text says what to do."""


def retouching(outbox: Outbox) -> Callable[[], datetime | None]:
    """Make the changes that may be made now. When to come again."""

    def look() -> datetime | None:
        with outbox.database.read() as connection:
            rows = store.due(connection, outbox.account, outbox.clock())
        for row in rows:
            _look_at(outbox, row)
        if not rows:
            with outbox.database.read() as connection:
                return store.next_due(connection, outbox.account)
        return outbox.clock()  # more may be due

    return look


def _look_at(outbox: Outbox, row: Any) -> None:
    now = outbox.clock()
    match row.said:
        case "queued":
            _before_it_is_said(outbox, row, now)
        case "sending" | "in_doubt":
            _later(outbox, row, now + SOON, "it is just being said")
        case "rejected" | "cancelled":
            _settle(outbox, row, "spared", "it was not said there")
        case "sent" if row.native_id:
            _paced(outbox, row, now)
        case _:
            _settle(outbox, row, "failed", UNKNOWN)


def _before_it_is_said(outbox: Outbox, row: Any, now: datetime) -> None:
    """Nothing has gone out yet: what goes out is changed."""
    with outbox.database.write() as connection:
        if row.act == "edit":
            done = store.reword(connection, row.delivery_id, row.text)
        else:
            done = row.act == "delete" and store.spare(connection, row.delivery_id, "taken back")
        if done:
            store.settle(connection, row.id, "done")
        else:
            store.later(connection, row.id, now + SOON, "it is not said yet", tried=False)


def _paced(outbox: Outbox, row: Any, now: datetime) -> None:
    scopes = scopes_of(row.account, row.platform, row.place)
    free_at = outbox.pacer.free_at(scopes, now, urgent=True)
    if free_at > now:
        _later(outbox, row, free_at, row.reason)
        return
    if row.act == "edit" and not isinstance(outbox.connector, Editable):
        _say_anew(outbox, row, now)
        return
    outbox.pacer.spend(scopes, now)
    _try(outbox, row, now)


def _try(outbox: Outbox, row: Any, now: datetime) -> None:
    """Doing any of these twice is doing it once: what is uncertain is done again."""
    try:
        _change(outbox, row)
    except _Cannot as error:
        _settle(outbox, row, "failed", str(error))
    except Rejected as refusal:
        _refused(outbox, row, refusal, now)
    except Refusal as refusal:
        _again(outbox, row, refusal.reason, refusal.retry_after, now)
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("a post could not be changed", extra={"retouch": row.id})
        _again(outbox, row, f"unexpected {type(error).__name__}", None, now)
    else:
        _settle(outbox, row, "done")


def _change(outbox: Outbox, row: Any) -> None:
    connector, receipt = outbox.connector, Receipt(row.native_id, row.sent_at, row.posted_link)
    match row.act:
        case "edit" if isinstance(connector, Editable):
            connector.edit(receipt, row.place, row.text)
        case "delete" if isinstance(connector, Revocable):
            connector.delete(receipt, row.place)
        case "pin" if isinstance(connector, Pinning):
            connector.pin(row.place, row.native_id)
        case "unpin" if isinstance(connector, Pinning):
            connector.unpin(row.place, row.native_id)
        case _:
            raise _Cannot(f"{Platform(row.platform).shown} cannot do that; do it by hand")


def _refused(outbox: Outbox, row: Any, refusal: Rejected, now: datetime) -> None:
    if refusal.moved_to in (None, row.place):
        _settle(outbox, row, "failed", refusal.reason)
        return
    with outbox.database.write() as connection:
        edits.move_place(connection, row.platform, row.place, str(refusal.moved_to), now)
        store.settle(
            connection, row.id, "failed", "the group has moved; its old posts cannot be reached"
        )


def _again(
    outbox: Outbox, row: Any, reason: str, retry_after: timedelta | None, now: datetime
) -> None:
    if row.attempts + 1 >= TRIES:
        _settle(outbox, row, "failed", reason)
    else:
        back_off = timedelta(seconds=min(300.0, 2.0 ** min(row.attempts, 9)))
        _later(outbox, row, now + (retry_after or back_off), reason, tried=True)


def _say_anew(outbox: Outbox, row: Any, now: datetime) -> None:
    """An ordinary delivery, under what it corrects."""
    key = f"announce:{row.name}{store.LATER}{row.broadcast_id}:{row.account}:{row.place}"
    anew = Delivery(
        key, Kind.ANNOUNCEMENT, row.account, Platform(row.platform), row.place, row.text,
        priority(Kind.ANNOUNCEMENT), now, None, row.thread, row.native_id,
    )  # fmt: skip
    with outbox.database.write() as connection:
        deliveries.queue(connection, [anew], {}, now)
        store.settle(connection, row.id, "instead", instead=key)


def _later(outbox: Outbox, row: Any, at: datetime, reason: str, *, tried: bool = False) -> None:
    with outbox.database.write() as connection:
        store.later(connection, row.id, at, reason, tried=tried)


def _settle(outbox: Outbox, row: Any, state: str, reason: str = "") -> None:
    with outbox.database.write() as connection:
        store.settle(connection, row.id, state, reason)
        if state == "done" and row.act == "edit":
            store.reads(connection, row.delivery_id, row.text)
    log.info(
        "changed",
        extra={"act": row.act, "account": outbox.account, "place": row.place, "state": state},
    )
